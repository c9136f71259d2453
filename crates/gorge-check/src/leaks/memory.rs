//! The memory of this process, read without touching it: what is unmapped
//! meanwhile is passed over.

use std::fs::{File, read_to_string};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Read at a time.
const PIECE: usize = 1 << 18;

pub(super) struct Memory {
    file: File,
    piece: Vec<u8>,
}

impl Memory {
    pub(super) fn open() -> std::io::Result<Memory> {
        Ok(Memory { file: File::open("/proc/self/mem")?, piece: vec![0; PIECE] })
    }

    /// Where it reads to.
    fn own(&self) -> Range<usize> {
        let start = self.piece.as_ptr() as usize;
        start..start + PIECE
    }

    /// All that can be written, but for `others` and our own.
    pub(super) fn writable(&self, others: &[Range<usize>]) -> std::io::Result<Vec<Range<usize>>> {
        let mut others: Vec<_> = others.iter().cloned().chain([self.own()]).collect();
        others.sort_by_key(|range| range.start);
        let mut ranges = Vec::new();
        for line in read_to_string("/proc/self/maps")?.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            let name = words.nth(3).unwrap_or_default();
            if !rights.starts_with("rw") || name.starts_with("/dev/") || name == "[vvar]" {
                continue;
            }
            let parse = |text: &str| usize::from_str_radix(text, 16).ok();
            let Some((start, end)) = range.split_once('-') else { continue };
            let (Some(start), Some(end)) = (parse(start), parse(end)) else { continue };
            cut(start..end, &others, &mut ranges);
        }
        Ok(ranges)
    }

    /// Calls `f` with every word in `range`.
    pub(super) fn words(&mut self, range: &Range<usize>, f: &mut impl FnMut(usize)) {
        let mut at = range.start.next_multiple_of(8);
        while at < range.end {
            let bytes = PIECE.min(range.end - at);
            let read = self.file.read_at(&mut self.piece[..bytes], at as u64).unwrap_or(0);
            for word in self.piece[..read].chunks_exact(8) {
                f(usize::from_ne_bytes(word.try_into().expect("eight bytes")));
            }
            // What cannot be read is left out by pages.
            at += if read == 0 { 4096 - at % 4096 } else { read.next_multiple_of(8) };
        }
    }
}

/// What is left of `range` without `others`, which are in order.
fn cut(range: Range<usize>, others: &[Range<usize>], into: &mut Vec<Range<usize>>) {
    let mut start = range.start;
    let first = others.partition_point(|other| other.end <= start);
    for other in &others[first..] {
        if other.start >= range.end {
            break;
        }
        if start < other.start {
            into.push(start..other.start);
        }
        start = start.max(other.end);
    }
    if start < range.end {
        into.push(start..range.end);
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.piece.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_cut_out() {
        let mut left = Vec::new();
        cut(10..100, &[0..5, 5..20, 30..40, 40..50, 90..200], &mut left);
        assert_eq!(left, [20..30, 50..90]);
        left.clear();
        cut(10..20, &[0..10, 20..30], &mut left);
        assert_eq!(left.first(), Some(&(10..20)));
    }

    #[test]
    fn words_are_found() {
        let mut memory = Memory::open().unwrap();
        let words = [3_usize, 0x1234_5678, 4];
        let start = words.as_ptr() as usize;
        let mut seen = Vec::new();
        memory.words(&(start..start + 24), &mut |word| seen.push(word));
        assert_eq!(seen, words);
        memory.words(&(4096..8192), &mut |_| unreachable!("nothing is there"));
        assert!(memory.writable(&[]).unwrap().iter().any(|range| range.contains(&start)));
    }
}
