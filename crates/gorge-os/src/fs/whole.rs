//! Whole files at once.

use std::io::{self, Read, Write};
use std::path::Path;

use gorge_sched::blocking;

use super::file::File;

/// As [`std`'s](std::fs::read).
///
/// # Blocking
/// Until all is read: a regular file in the system, what can be waited for parks (`[IO wait]`).
///
/// # Errors
/// Those of the system.
///
/// # Examples
/// ```
/// use gorge::fs;
///
/// let folder = std::env::temp_dir().join(format!("gorge-doc-whole-{}", std::process::id()));
/// std::fs::create_dir(&folder)?;
/// let (one, other) = (folder.join("one"), folder.join("other"));
/// fs::write(&one, "good day")?;
/// assert_eq!(fs::copy(&one, &other)?, 8);
/// assert_eq!(fs::read(&one)?, b"good day");
/// assert_eq!(fs::read_to_string(&other)?, "good day");
/// fs::remove_dir_all(&folder)?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// As [`std`'s](std::fs::read_to_string).
///
/// # Errors
/// Those of the system; [`InvalidData`](io::ErrorKind::InvalidData) if it is not UTF-8.
#[track_caller]
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// As [`std`'s](std::fs::write).
///
/// # Blocking
/// Until all is written: a regular file in the system, what can be waited for parks (`[IO wait]`).
///
/// # Errors
/// Those of the system.
#[track_caller]
pub fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    File::create(path)?.write_all(contents.as_ref())
}

/// As [`std`'s](std::fs::copy); the processor is given away.
///
/// # Errors
/// Those of the system.
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    blocking(|| std::fs::copy(from, to))
}

/// As [`std`'s](std::fs::remove_dir_all); the processor is given away.
///
/// # Errors
/// Those of the system.
pub fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    blocking(|| std::fs::remove_dir_all(path))
}
