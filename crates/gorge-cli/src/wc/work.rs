//! What is to be counted, and how: the part that all ways of counting share.
//!
//! Always true: what is counted together (see [`Work::units`]) is counted by one
//! goroutine, one input after the other.

use super::charset::Charset;
use super::count::Counts;
use super::files::Files;
use super::inputs::{Input, Size, Source};
use super::read::{self, Counted, Look};
use super::split::Split;
use gorge::sync::Pool;
use std::fs::File;
use std::sync::atomic::AtomicU64;

/// Bytes read at a time: what a processor's own cache holds beside other things.
const BUFFER: usize = 128 * 1024;

/// Bytes that are worth a unit: a fraction of a millisecond.
const UNIT: u64 = 512 * 1024;

/// As many bytes as could be counted while a file is opened.
const OPENING: u64 = 16 * 1024;

/// Everything there is to count.
#[derive(Debug)]
pub(crate) struct Work {
    /// In the order of the rows.
    pub(crate) inputs: Vec<Input>,
    /// Bytes read so far, for whoever shows progress.
    pub(crate) read: AtomicU64,
    look: Look,
    charset: Charset,
    files: Files,
    buffers: Pool<Vec<u8>>,
}

/// What became of inputs that belong together, with their numbers.
pub(crate) type Unit = Vec<(usize, Counted)>;

impl Work {
    pub(crate) fn new(inputs: Vec<Input>, look: Look, charset: Charset) -> Self {
        let buffers = Pool::<_, fn() -> _>::new(|| vec![0; BUFFER]);
        let files = Files::default();
        Self { inputs, read: AtomicU64::new(0), look, charset, files, buffers }
    }

    /// All inputs, divided into what one goroutine counts at a time: small files that follow each
    /// other together, others alone. Standard input is read from one end to the other however
    /// often it is named, so all of it is one unit.
    pub(crate) fn units(&self) -> Vec<Vec<usize>> {
        let mut units: Vec<Vec<usize>> = Vec::new();
        let mut typed = Vec::new();
        let mut room = None;
        for (number, input) in self.inputs.iter().enumerate() {
            if input.is_stdin() {
                typed.push(number);
                room = None;
                continue;
            }
            let bytes = match input.size {
                Size::Regular(bytes) => bytes + OPENING,
                Size::Unknown => OPENING,
                Size::Endless => UNIT,
            };
            match (room.filter(|room| bytes <= *room), units.last_mut()) {
                (Some(left), Some(unit)) => {
                    unit.push(number);
                    room = Some(left - bytes);
                }
                _ => {
                    units.push(vec![number]);
                    room = Some(UNIT.saturating_sub(bytes));
                }
            }
        }
        if !typed.is_empty() {
            // First, because whoever types should not have to wait.
            units.insert(0, typed);
        }
        units
    }

    /// Counts these inputs, one after the other.
    pub(crate) fn count(&self, unit: &[usize]) -> Unit {
        let mut buffer = self.buffers.borrow();
        unit.iter().map(|&n| (n, self.one(&self.inputs[n].source, &mut buffer))).collect()
    }

    fn one(&self, source: &Source, buffer: &mut [u8]) -> Counted {
        let count = |file: &mut File| match self.split(source, file) {
            Some(counts) => Counted { counts: Some(counts), error: None },
            None => read::count(file, self.look, &self.charset, &self.read, buffer),
        };
        self.files.with(|| source.open(), count).unwrap_or_else(|error| Counted::failed(&error))
    }

    /// What a large file has, counted on all processors.
    fn split(&self, source: &Source, file: &File) -> Option<Counts> {
        let closely = self.look == Look::Closely;
        if !matches!(source, Source::File(_)) || self.look == Look::Size {
            return None;
        }
        Split::of(file, &self.charset, closely, &self.read, &self.buffers)?.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: Option<&str>, size: Size) -> Input {
        let source = match name {
            None => Source::Stdin,
            Some(name) => Source::File(name.into()),
        };
        Input { name: name.map(Into::into), source, size }
    }

    #[test]
    fn every_input_is_in_one_unit_and_standard_input_in_one_alone() {
        let small = || input(Some("small"), Size::Regular(1_000));
        let mut inputs: Vec<Input> = (0..100).map(|_| small()).collect();
        inputs.insert(3, input(None, Size::Endless));
        inputs.insert(50, input(Some("pipe"), Size::Endless));
        inputs.insert(60, input(Some("gone"), Size::Unknown));
        inputs.push(input(None, Size::Endless));
        inputs.push(input(Some("large"), Size::Regular(u64::MAX / 2)));
        inputs.push(small());
        let work = Work::new(inputs, Look::Size, Charset::c());
        let units = work.units();
        assert_eq!(units[0], [3, 103]);
        assert!(units.contains(&vec![50]) && units.contains(&vec![104]), "{units:?}");
        assert!(units.len() < 12, "{units:?}");
        let mut all = units.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..106));
    }
}
