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
            let Some((start, end)) = bounds(range) else { continue };
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

/// `7f00-8000`, as the kernel writes it.
fn bounds(range: &str) -> Option<(usize, usize)> {
    let (start, end) = range.split_once('-')?;
    let parse = |text: &str| usize::from_str_radix(text, 16).ok();
    parse(start).zip(parse(end))
}

/// What nobody uses of the stacks of threads that wait in the kernel, and of that of the caller, which is
/// in use from `here` upwards; and the stacks of workers, of which one address each is given: nothing of
/// goroutines lies there.
///
/// Left out are stacks with no page in front that nobody may touch: these might be part of
/// something larger.
pub(super) fn unused_stacks(here: usize, workers: &[usize]) -> Vec<Range<usize>> {
    let ends = stack_ends(here);
    let Ok(maps) = read_to_string("/proc/self/maps") else { return Vec::new() };
    let mut guard = 0;
    let mut unused = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        let Some((start, end)) = bounds(range) else { continue };
        if rights.starts_with("---") {
            guard = end;
            continue;
        }
        let is_stack = guard == start || line.ends_with("[stack]");
        let lowest = ends.iter().filter(|at| (start..end).contains(*at)).min();
        if is_stack && workers.iter().any(|at| (start..end).contains(at)) {
            unused.push(start..end);
        } else if is_stack && let Some(&lowest) = lowest {
            unused.push(start..lowest);
        }
    }
    unused
}

/// Below what is used without having been taken (the red zone).
const BELOW: usize = 128;

fn stack_ends(here: usize) -> Vec<usize> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return vec![here - BELOW] };
    let end = |task: std::fs::DirEntry| {
        // Of one that waits: what it waits in, six arguments, stack, place.
        let text = read_to_string(task.path().join("syscall")).ok()?;
        let stack = text.split_whitespace().nth(7)?.strip_prefix("0x")?;
        usize::from_str_radix(stack, 16).ok()?.checked_sub(BELOW)
    };
    tasks.flatten().filter_map(end).chain([here - BELOW]).collect()
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
    fn what_is_used_of_stacks_is_not_below() {
        let here = 0_usize;
        let at = &raw const here as usize;
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || {
            let there = 0_usize;
            tell.send(&raw const there as usize).unwrap();
            ends.recv().unwrap_err();
            std::hint::black_box(there);
        });
        let there = told.recv().unwrap();
        let unused = unused_stacks(at, &[]);
        assert!(!unused.iter().any(|range| range.contains(&at) || range.contains(&there)));
        assert!(unused.iter().any(|range| range.contains(&(at - (1 << 16)))), "{unused:x?} {at:x}");
        drop(end);
        other.join().unwrap();
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
