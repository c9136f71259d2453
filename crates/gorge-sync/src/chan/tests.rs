use super::line::{Line, MAX_CAPACITY};
use super::{Chan, Core, channel};

/// Out of line, the fast paths would not be fast; the sizes are what the
/// drawings say.
#[test]
fn sizes() {
    assert_eq!(size_of::<Line>(), 64);
    assert_eq!(size_of::<Core<[u8; 1000]>>(), 64);
    assert_eq!(size_of::<Chan<String>>(), size_of::<usize>());
}

#[test]
fn the_buffer_turns_around_its_end() {
    let line = Line::new(3, std::ptr::null_mut(), false);
    assert!(line.has_room() && !line.may_receive());
    assert_eq!([line.grow(), line.grow()], [0, 1]);
    assert_eq!(line.shrink(), 0);
    assert_eq!([line.grow(), line.grow()], [2, 0]);
    assert!(!line.has_room() && line.may_receive() && !line.may_send());
    assert_eq!(line.advance(), 1, "the front becomes the end of the full buffer");
    assert_eq!([line.shrink(), line.shrink(), line.shrink()], [2, 0, 1]);
    assert_eq!(line.len(), 0);
}

#[test]
fn a_closed_channel_has_no_room_and_keeps_its_length() {
    let line = Line::new(3, std::ptr::null_mut(), false);
    line.grow();
    line.set_closed();
    assert_eq!((line.len(), line.is_closed(), line.has_room()), (1, true, false));
    assert!(line.may_send() && line.may_receive(), "neither waits");
    line.shrink();
    assert_eq!((line.len(), line.is_closed()), (0, true));
}

#[test]
fn the_largest_capacity() {
    let (tx, rx) = channel::<()>(MAX_CAPACITY);
    assert_eq!(tx.capacity(), MAX_CAPACITY);
    tx.send(()).unwrap();
    assert_eq!(rx.recv(), Ok(()));
}
