//! What is to be counted, and how: the part that all ways of counting share.
//!
//! Always true: what is counted together (see [`Work::units`]) is counted by one
//! goroutine, one input after the other.

use super::charset::Charset;
use super::inputs::{Input, Source};
use super::read::{self, Counted, Look};
use gorge::sync::Pool;
use std::sync::atomic::AtomicU64;

/// Bytes read at a time: what a processor's own cache holds beside other things.
const BUFFER: usize = 128 * 1024;

/// Everything there is to count.
#[derive(Debug)]
pub(crate) struct Work {
    /// In the order of the rows.
    pub(crate) inputs: Vec<Input>,
    /// Bytes read so far, for whoever shows progress.
    pub(crate) read: AtomicU64,
    look: Look,
    charset: Charset,
    buffers: Pool<Vec<u8>>,
}

/// What became of inputs that belong together, with their numbers.
pub(crate) type Unit = Vec<(usize, Counted)>;

impl Work {
    pub(crate) fn new(inputs: Vec<Input>, look: Look, charset: Charset) -> Self {
        let buffers = Pool::<_, fn() -> _>::new(|| vec![0; BUFFER]);
        Self { inputs, read: AtomicU64::new(0), look, charset, buffers }
    }

    /// The first input of each unit. An input is a unit by itself, but standard input is
    /// read from one end to the other however often it is named.
    pub(crate) fn units(&self) -> impl Iterator<Item = usize> + use<'_> {
        let first = self.inputs.iter().position(Input::is_stdin);
        let begins = move |n: &usize| !self.inputs[*n].is_stdin() || Some(*n) == first;
        (0..self.inputs.len()).filter(begins)
    }

    /// Counts the unit that begins with this input.
    pub(crate) fn count(&self, first: usize) -> Unit {
        let mut buffer = self.buffers.borrow();
        let inputs = &self.inputs;
        let last = if inputs[first].is_stdin() { inputs.len() } else { first + 1 };
        let unit = (first..last).filter(|n| *n == first || inputs[*n].is_stdin());
        unit.map(|n| (n, self.one(&inputs[n].source, &mut buffer))).collect()
    }

    fn one(&self, source: &Source, buffer: &mut [u8]) -> Counted {
        match source.open() {
            Ok(file) => read::count(file, self.look, &self.charset, &self.read, buffer),
            Err(error) => Counted::failed(&error),
        }
    }
}
