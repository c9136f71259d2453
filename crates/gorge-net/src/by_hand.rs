//! Moving bytes through this program: by reading and writing.

use std::io::{self, Read, Write};

/// Bytes copied at once.
const CHUNK: usize = 64 * 1024;

/// Copies by reading and writing.
#[track_caller]
pub(crate) fn by_hand<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
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
