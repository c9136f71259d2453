//! The table: one row for each input, its columns as wide as wc(1) makes them.
//!
//! Always true: lines, words, characters, bytes, in that order whatever the
//! order of the options, each right-aligned in the same width, one space between.

use super::count::Counts;
use super::inputs::{Input, Size};
use super::quote;
use std::ffi::OsStr;

/// Which counts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// `-l`
    pub(crate) lines: bool,
    /// `-w`
    pub(crate) words: bool,
    /// `-m`
    pub(crate) chars: bool,
    /// `-c`
    pub(crate) bytes: bool,
}

impl Columns {
    fn number(self) -> usize {
        [self.lines, self.words, self.chars, self.bytes].into_iter().filter(|&shown| shown).count()
    }
}

/// The layout of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    columns: Columns,
    /// Every byte is a character.
    one_byte: bool,
    width: usize,
}

impl Table {
    /// A table for these inputs: wide enough for the number of bytes of all
    /// regular files together, and for seven digits if there is anything else
    /// among them. A single number stands alone.
    pub(crate) fn new(columns: Columns, one_byte: bool, inputs: &[Input]) -> Self {
        let mut bytes = 0_u64;
        let mut least = 1;
        for input in inputs {
            match input.size {
                Size::Regular(size) => bytes = bytes.saturating_add(size),
                Size::Endless => least = 7,
                Size::Unknown => {}
            }
        }
        let digits = bytes.checked_ilog10().map_or(1, |log| log as usize + 1);
        let alone = inputs.len() == 1 && columns.number() == 1;
        Self { columns, one_byte, width: if alone { 1 } else { digits.max(least) } }
    }

    /// One row, with the newline.
    pub(crate) fn row(&self, counts: &Counts, name: Option<&OsStr>) -> Vec<u8> {
        let Columns { lines, words, chars, bytes } = self.columns;
        let numbers = [
            (lines, counts.lines),
            (words, counts.words),
            (chars, if self.one_byte { counts.bytes } else { counts.chars }),
            (bytes, counts.bytes),
        ];
        let shown: Vec<String> = numbers
            .into_iter()
            .filter(|(shown, _)| *shown)
            .map(|(_, number)| format!("{number:>width$}", width = self.width))
            .collect();
        let mut row = shown.join(" ").into_bytes();
        if let Some(name) = name {
            row.push(b' ');
            row.extend_from_slice(&quote::in_table(name));
        }
        row.push(b'\n');
        row
    }
}
