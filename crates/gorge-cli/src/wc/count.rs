//! Counts lines, words, characters and bytes of what passes by.
//!
//! Always true:
//! * A line is a newline; a last line without one does not count.
//! * A word is counted where it begins: at a printable character that follows a
//!   space or the beginning, with any number of characters of class
//!   [`Class::Other`] between.
//! * Bytes that are no character count as bytes and as nothing else.
//! * The result does not depend on how the input was cut into pieces.
//!
//! ASCII is looked at sixty-four bytes at a time (see `marks`), one bit for each byte:
//!
//! ```text
//!   bytes          t  h  e     c  a \0  t         the first byte is the lowest bit
//!   print          x  x  x  .  x  x  .  x
//!   inside         x  x  x  .  x  x  x  x        print, and what neither begins nor ends
//!                                                a word but comes after one has begun
//!   inside << 1    ?  x  x  x  .  x  x  x        ? = inside a word before
//!   word begins    x  .  .  .  x  .  .  .        print and not (inside << 1)
//! ```

use super::charset::{Charset, Wide};
use super::class::Class;
use super::marks::{BLOCK, Marks};
use std::ops::AddAssign;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Newlines.
    pub(crate) lines: u64,
    /// Runs of characters between white space.
    pub(crate) words: u64,
    /// Characters of the locale's charset.
    pub(crate) chars: u64,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.lines += more.lines;
        self.words += more.words;
        self.chars += more.chars;
        self.bytes += more.bytes;
    }
}

/// A count under way.
#[derive(Debug)]
pub(crate) struct Counter<'a> {
    charset: &'a Charset,
    /// Whether words or characters are wanted, which takes a closer look.
    closely: bool,
    counts: Counts,
    in_word: bool,
    /// The beginning of a character whose rest is yet to come.
    pending: Vec<u8>,
}

impl<'a> Counter<'a> {
    /// Begins a count. Words and characters are counted only if `closely`.
    pub(crate) fn new(charset: &'a Charset, closely: bool) -> Self {
        Self { charset, closely, counts: Counts::default(), in_word: false, pending: Vec::new() }
    }

    /// Counts the next piece.
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.counts.bytes += piece.len() as u64;
        self.counts.lines += bytecount::count(piece, b'\n') as u64;
        if !self.closely {
            return;
        }
        match self.charset {
            Charset::Bytes(classes) => {
                let harmless = classes[128..].iter().all(|class| *class == Class::Other);
                self.blocks(piece, harmless, |counter, rest| {
                    counter.counts.chars += 1;
                    counter.class(classes[usize::from(rest[0])]);
                    1
                });
            }
            Charset::Utf8(wide) => {
                let piece = self.finish_pending(wide, piece);
                self.blocks(piece, false, |counter, rest| counter.character(wide, rest));
            }
        }
    }

    /// Ends the count.
    pub(crate) fn finish(self) -> Counts {
        self.counts
    }

    /// Goes through `piece`: many bytes at once where they are ASCII (or `harmless`: what is not
    /// ASCII neither begins nor ends a word, and is a character each), else as `one` does it, which
    /// says how many bytes it took.
    #[inline]
    fn blocks(&mut self, piece: &[u8], harmless: bool, one: impl Fn(&mut Self, &[u8]) -> usize) {
        let mut at = 0;
        while at < piece.len() {
            let rest = &piece[at..];
            let marks = match rest.first_chunk() {
                Some(block) => Marks::of(block),
                None => {
                    let mut block = [0; BLOCK];
                    block[..rest.len()].copy_from_slice(rest);
                    Marks::of(&block)
                }
            };
            let plain = if harmless { BLOCK } else { marks.high.trailing_zeros() as usize };
            let plain = plain.min(rest.len());
            if plain > 0 {
                self.plain(marks, plain);
                at += plain;
            }
            if plain < BLOCK {
                // Where one byte is not plain, the next ones are likely not to be.
                let end = piece.len().min(at + 16);
                while at < end {
                    at += one(self, &piece[at..]);
                }
            }
        }
    }

    /// Counts the first `number` bytes of a block, at least one, of which each is a character.
    #[inline]
    fn plain(&mut self, marks: Marks, number: usize) {
        let these = u64::MAX >> (BLOCK - number);
        let (print, before) = (marks.print & these, u64::from(self.in_word));
        let other = !(marks.print | marks.space) & these;
        // Adding the first bit of a run of ones turns the whole run over.
        let first = other & (print << 1 | before);
        let inside = print | (other & (other ^ other.wrapping_add(first)));
        let begins = print & !(inside << 1 | before);
        self.counts.words += u64::from(begins.count_ones());
        self.counts.chars += number as u64;
        self.in_word = inside >> (number - 1) & 1 != 0;
    }

    /// Counts the first character of `rest` and says how long it is.
    #[inline]
    fn character(&mut self, wide: &Wide, rest: &[u8]) -> usize {
        match decode(rest) {
            Decoded::Character(character, length) => {
                self.counts.chars += 1;
                self.class(if character < 0x80 {
                    ascii(character as u8)
                } else {
                    wide.class(character)
                });
                length
            }
            Decoded::Invalid => 1,
            Decoded::Incomplete => {
                self.pending.extend_from_slice(rest);
                rest.len()
            }
        }
    }

    #[inline]
    fn class(&mut self, class: Class) {
        // Without branches: in binary data they could not be predicted.
        let (print, space) = (class == Class::Print, class == Class::Space);
        self.counts.words += u64::from(print & !self.in_word);
        self.in_word = print | (self.in_word & !space);
    }

    /// Completes a character that began in an earlier piece, and gives back
    /// what follows it.
    fn finish_pending<'p>(&mut self, wide: &Wide, mut piece: &'p [u8]) -> &'p [u8] {
        while !self.pending.is_empty() {
            let mut begun = std::mem::take(&mut self.pending);
            if let Decoded::Incomplete = decode(&begun) {
                let Some((&next, rest)) = piece.split_first() else {
                    self.pending = begun;
                    break;
                };
                begun.push(next);
                piece = rest;
            }
            if let Decoded::Incomplete = decode(&begun) {
                self.pending = begun;
            } else {
                let taken = self.character(wide, &begun);
                self.pending = begun.split_off(taken);
            }
        }
        piece
    }
}

/// The class of an ASCII character, the same in every charset.
#[inline]
fn ascii(byte: u8) -> Class {
    const CLASSES: [Class; 256] = {
        let mut classes = [Class::Other; 256];
        let mut byte = 0;
        while byte < 256 {
            classes[byte] = match byte as u8 {
                9..=13 | b' ' => Class::Space,
                b'!'..=b'~' => Class::Print,
                _ => Class::Other,
            };
            byte += 1;
        }
        classes
    };
    CLASSES[usize::from(byte)]
}

enum Decoded {
    /// A character and its length in bytes.
    Character(u32, usize),
    /// The first byte begins no character.
    Invalid,
    /// So far so good, but the end is missing.
    Incomplete,
}

/// The first character of `bytes` as the GNU C library decodes UTF-8: the
/// original scheme with up to six bytes, without needlessly long forms and
/// without surrogates.
#[inline]
fn decode(bytes: &[u8]) -> Decoded {
    let first = bytes[0];
    let (length, least) = match first {
        0..=0x7f => return Decoded::Character(first.into(), 1),
        0xc2..=0xdf => (2, 0x80),
        0xe0..=0xef => (3, 0x800),
        0xf0..=0xf7 => (4, 0x1_0000),
        0xf8..=0xfb => (5, 0x20_0000),
        0xfc..=0xfd => (6, 0x400_0000),
        _ => return Decoded::Invalid,
    };
    let mut character = u32::from(first) & (0x7f >> length);
    for at in 1..length {
        match bytes.get(at) {
            None => return Decoded::Incomplete,
            Some(&next) if next & 0xc0 == 0x80 => {
                character = character << 6 | u32::from(next & 0x3f)
            }
            Some(_) => return Decoded::Invalid,
        }
    }
    if character < least || (0xd800..=0xdfff).contains(&character) {
        return Decoded::Invalid;
    }
    Decoded::Character(character, length)
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
