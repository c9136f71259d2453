//! Moving bytes from one end to another.

use std::io::{self, Read, Write};

use crate::by_hand::by_hand;
use crate::forward::forward;
use crate::tcp::TcpStream;

/// Copies until the end of `reader`, and says how many bytes.
///
/// As [`std::io::copy`], with a buffer of 64 KiB; from one [`TcpStream`] to another, or from and to references to
/// them, the kernel moves the bytes ([`forward`]). (That of `std` hands blocking file
/// descriptors to the kernel, but not those of other types.)
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
///
/// # Compared with Go
/// `io.Copy`, which finds out in the same way.
#[track_caller]
pub fn copy<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
where
    R: Read + ?Sized,
    W: Write + ?Sized,
{
    match (connection(reader), connection(writer)) {
        (Some(from), Some(to)) => forward(from, to),
        _ => by_hand(reader, writer),
    }
}

/// The connection that `end` is, or refers to.
fn connection<T: ?Sized>(end: &T) -> Option<&TcpStream> {
    let (what, address) = (typeid::of::<T>(), std::ptr::from_ref(end));
    if what == typeid::of::<TcpStream>() {
        // SAFETY: `T` is this type, which has no lifetimes; the borrow is as long.
        return Some(unsafe { &*address.cast::<TcpStream>() });
    }
    if what == typeid::of::<&TcpStream>() || what == typeid::of::<&mut TcpStream>() {
        // SAFETY: `T` is a reference to this type, for a lifetime that we do not know but which lasts as
        // long as `end` is borrowed; no longer is it used, and nobody uses a `&mut` meanwhile.
        return Some(unsafe { *address.cast::<&TcpStream>() });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::connection;
    use crate::tcp::{TcpListener, TcpStream};

    #[test]
    fn connections_are_told_from_other_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let address = std::ptr::from_ref(&stream);
        let same = |found: Option<&TcpStream>| found.is_some_and(|f| std::ptr::eq(f, address));
        assert!(same(connection(&stream)));
        assert!(same(connection(&&stream)));
        assert!(same(connection(&&mut stream)));
        assert!(connection(&listener).is_none());
        assert!(connection("text").is_none());
        assert!(connection(&&&stream).is_none(), "no harm, but not looked for");
        let dynamic: &mut dyn std::io::Read = &mut stream;
        assert!(connection(dynamic).is_none());
    }
}
