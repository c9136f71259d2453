//! One large file, counted by several goroutines at once.
//!
//! ```text
//!   file     aaa\n aaa aaa\n aa|aaa\n a aa aaaa a|aa aa\n aaa
//!   counted  111111111111111111111111222222222222222222223333
//! ```
//!
//! Always true:
//! * A part begins behind the first newline at or behind its nominal beginning, and ends where the next
//!   one begins. What follows a newline does not depend on what comes before it: no word and no
//!   character goes on across it. So the counts of the parts add up to those of the file.
//! * Part 0 begins at the beginning, and the last one ends at the end of the file, wherever that is by then.
//! * Whatever goes wrong, nothing is counted, and the file is to be read from its beginning to the error.

use super::charset::Charset;
use super::count::{Counter, Counts};
use gorge::sync::{Mutex, Pool};
use gorge::{runtime, scope};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes of a part: some milliseconds, so that all processors end at about the same time.
const PART: u64 = 4 * 1024 * 1024;

/// Bytes in which the next newline is likely to be.
const LINE: u64 = 4096;

/// Files of fewer bytes are not worth it.
const LARGE: u64 = 4 * PART;

/// How one file is looked at by several.
#[derive(Debug)]
pub(crate) struct Split<'a> {
    file: &'a File,
    charset: &'a Charset,
    closely: bool,
    read: &'a AtomicU64,
    buffers: &'a Pool<Vec<u8>>,
    /// Bytes of a part.
    part: u64,
    parts: u64,
}

impl<'a> Split<'a> {
    /// For a file that is large, regular and new to its reader, when there is more than one processor.
    pub(crate) fn of(
        file: &'a File,
        charset: &'a Charset,
        closely: bool,
        read: &'a AtomicU64,
        buffers: &'a Pool<Vec<u8>>,
    ) -> Option<Self> {
        let meta = file.metadata().ok().filter(|meta| meta.is_file() && meta.len() >= LARGE)?;
        let (part, parts) = (PART, meta.len().div_ceil(PART));
        let split = Self { file, charset, closely, read, buffers, part, parts };
        (runtime::gomaxprocs(0) > 1).then_some(split)
    }

    /// Counts the file; `None` if that did not go well.
    pub(crate) fn count(&self) -> Option<Counts> {
        let next = AtomicU64::new(0);
        let (total, read) = (Mutex::new(Some(Counts::default())), AtomicU64::new(0));
        scope(|s| {
            for _ in 0..runtime::gomaxprocs(0) {
                s.go(|| {
                    let mut buffer = self.buffers.borrow();
                    loop {
                        let part = next.fetch_add(1, Relaxed);
                        if part >= self.parts || total.lock().is_none() {
                            return;
                        }
                        let counts = self.part(part, &mut buffer, &read);
                        let mut total = total.lock();
                        match (counts, total.as_mut()) {
                            (Ok(counts), Some(total)) => *total += counts,
                            _ => *total = None,
                        }
                    }
                });
            }
        });
        let total = total.into_inner();
        if total.is_none() {
            self.read.fetch_sub(read.into_inner(), Relaxed); // it will be read again
        }
        total
    }

    /// Counts from behind the first newline at or behind the nominal beginning of a part to behind
    /// that of its end; adds to `all` what it has read.
    fn part(&self, part: u64, buffer: &mut [u8], all: &AtomicU64) -> io::Result<Counts> {
        let mut counter = Counter::new(self.charset, self.closely);
        let end = if part + 1 == self.parts { u64::MAX } else { (part + 1) * self.part };
        let mut at = part * self.part;
        let mut begun = part == 0;
        while begun || at < end {
            let piece = self.piece(buffer, at, end)?;
            if piece.is_empty() {
                break; // the end of the file
            }
            // From here on a newline is the last one of this part.
            let closing = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
            let closing = closing.min(piece.len());
            at += piece.len() as u64;
            let from = match begun {
                true => 0,
                false => match memchr::memchr(b'\n', &piece[..closing]) {
                    Some(newline) => newline + 1,
                    None => continue,
                },
            };
            begun = true;
            let newline = memchr::memchr(b'\n', &piece[closing..]);
            let mine = &piece[from..newline.map_or(piece.len(), |newline| closing + newline + 1)];
            counter.add(mine);
            self.read.fetch_add(mine.len() as u64, Relaxed);
            all.fetch_add(mine.len() as u64, Relaxed);
            if newline.is_some() {
                break;
            }
        }
        Ok(counter.finish())
    }

    /// What stands at a place; not much more than up to `end`, unless it begins there.
    fn piece<'b>(&self, buffer: &'b mut [u8], at: u64, end: u64) -> io::Result<&'b [u8]> {
        let most = usize::try_from((end.saturating_sub(at)).saturating_add(LINE));
        let room = if at < end { most.unwrap_or(usize::MAX) } else { usize::MAX };
        let room = room.min(buffer.len());
        loop {
            match self.file.read_at(&mut buffer[..room], at) {
                Ok(n) => return Ok(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Words, spaces, newlines, and characters of several bytes, whole and broken.
    const TRICKY: [&[u8]; 8] =
        [b"word", b" ", b"\n", b"\n\n", b"\xe3\x80\x80", b"\xf0\x9f", b"\xc2\xa0", b"\x00"];

    #[test]
    fn parts_of_any_size_add_up() {
        let path = std::env::temp_dir().join(format!("gorge-wc-split-{}", std::process::id()));
        let (mut state, charset) = (88_172_645_463_325_252_u64, Charset::utf8());
        let mut below = |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize % n
        };
        let buffers = Pool::<_, fn() -> _>::new(|| vec![0; 7]);
        for round in 0..300 {
            // In every third text there are no newlines.
            let tricky = if round % 3 == 0 { &TRICKY[..2] } else { &TRICKY };
            let text: Vec<u8> =
                (0..below(80)).flat_map(|_| tricky[below(tricky.len())].to_vec()).collect();
            File::create(&path).and_then(|mut file| file.write_all(&text)).expect("a file");
            let file = File::open(&path).expect("the file");
            let mut whole = Counter::new(&charset, true);
            whole.add(&text);
            let (whole, part) = (whole.finish(), 1 + below(20) as u64);
            let (parts, read) = ((text.len() as u64).div_ceil(part).max(1), AtomicU64::new(0));
            let (charset, read, buffers) = (&charset, &read, &buffers);
            let split = Split { file: &file, charset, closely: true, read, buffers, part, parts };
            assert_eq!(split.count(), Some(whole), "{text:x?} in parts of {part}");
            assert_eq!(read.load(Relaxed), text.len() as u64);
        }
        std::fs::remove_file(&path).expect("the file");
        let folder = File::open("/").expect("a folder");
        let (read, part) = (AtomicU64::new(0), PART);
        let (charset, read, buffers) = (&charset, &read, &buffers);
        let failing =
            Split { file: &folder, charset, closely: true, read, buffers, part, parts: 2 };
        assert_eq!(failing.count(), None);
    }
}
