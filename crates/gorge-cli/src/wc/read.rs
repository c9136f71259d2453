//! Reads one input through and counts it. This blocks the way any program
//! blocks: that the other goroutines go on is the runtime's affair.

use super::charset::Charset;
use super::count::{Counter, Counts};
use crate::out;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// What was found; nothing if it could not even be opened.
    pub(crate) counts: Option<Counts>,
    /// Why there is not more.
    pub(crate) error: Option<String>,
}

impl Counted {
    /// Nothing could be counted.
    pub(crate) fn failed(error: &io::Error) -> Self {
        Self { counts: None, error: Some(out::reason(error)) }
    }
}

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Only the size is wanted: most files need not be read for it.
    Size,
    /// Lines and bytes.
    Lines,
    /// Words or characters too.
    Closely,
}

/// Counts a file to its end, or as far as it can be read, by way of `buffer`; adds what it reads to `read`
/// while it goes on.
pub(crate) fn count(
    file: &mut File,
    look: Look,
    charset: &Charset,
    read: &AtomicU64,
    buffer: &mut [u8],
) -> Counted {
    let mut counter = Counter::new(charset, look == Look::Closely);
    let mut skipped = 0;
    if look == Look::Size {
        match skip(file) {
            Skipped::All(bytes) => {
                let counts = Counts { bytes, ..Counts::default() };
                return Counted { counts: Some(counts), error: None };
            }
            Skipped::Most(bytes) => skipped = bytes,
        }
    }
    let error = loop {
        match file.read(buffer) {
            Ok(0) => break None,
            Ok(n) => {
                read.fetch_add(n as u64, Relaxed);
                counter.add(&buffer[..n]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Some(out::reason(&error)),
        }
    };
    let mut counts = counter.finish();
    counts.bytes += skipped;
    Counted { counts: Some(counts), error }
}

enum Skipped {
    /// The size is known.
    All(u64),
    /// So many bytes were passed over; the rest must be read.
    Most(u64),
}

/// Finds out the size of what is left of `file` without reading more of it than
/// necessary. The kernel's own files claim sizes that are zero or whole pages,
/// so there the end is read.
fn skip(file: &mut File) -> Skipped {
    let Ok(meta) = file.metadata() else { return Skipped::Most(0) };
    let Ok(here) = file.stream_position() else { return Skipped::Most(0) };
    if !meta.is_file() {
        return Skipped::Most(0);
    }
    let size = meta.len();
    if size % 4096 != 0 {
        return Skipped::All(size.saturating_sub(here));
    }
    let near_the_end = size - size % (meta.blksize() + 1);
    if here < near_the_end && file.seek(SeekFrom::Start(near_the_end)).is_ok() {
        return Skipped::Most(near_the_end - here);
    }
    Skipped::Most(0)
}
