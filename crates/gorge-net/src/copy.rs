//! Moving bytes from one end to another.

use std::io::{self, Read, Write};

/// Bytes copied at once.
const CHUNK: usize = 64 * 1024;

/// Copies until the end of `reader`, and says how many bytes.
///
/// As [`std::io::copy`], with a buffer of 64 KiB. (That of `std` hands blocking file descriptors
/// to the kernel, but not those of other types.)
///
/// # Blocking
/// As reading and writing do.
///
/// # Errors
/// Those of reading and writing.
///
/// # Examples
/// ```
/// let mut to = Vec::new();
/// let bytes = gorge::io::copy(&mut "good day".as_bytes(), &mut to).unwrap();
/// assert_eq!((bytes, &to[..]), (8, &b"good day"[..]));
/// ```
#[track_caller]
pub fn copy<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
where
    R: Read + ?Sized,
    W: Write + ?Sized,
{
    let mut buffer = vec![0; CHUNK];
    let mut copied = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(n) => {
                writer.write_all(&buffer[..n])?;
                copied += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
