//! The handles themselves: nil, conversions, iteration, errors, what they print.

use std::collections::HashSet;
use std::error::Error;

use gorge::{
    Chan, Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError, channel, go,
};

#[gorge::test]
fn nil_never_has_nor_takes_anything() {
    let (tx, rx, c) = (Sender::nil(), Receiver::<u8>::nil(), Chan::<u8>::default());
    assert!(tx.is_nil() && rx.is_nil() && c.is_nil());
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(c.try_send(1), Err(1));
    assert_eq!(c.try_recv(), Err(TryRecvError::Empty));
    assert_eq!((tx.len(), tx.capacity(), rx.len(), rx.capacity()), (0, 0, 0, 0));
    assert_eq!((c.len(), c.cap()), (0, 0));
    assert!(!tx.is_closed() && !tx.close());
    let short = std::time::Duration::from_millis(1);
    assert_eq!(rx.recv_timeout(short), Err(RecvTimeoutError::Timeout));
    assert_eq!(tx.send_timeout(1, short), Err(SendTimeoutError::Timeout(1)));
    drop((tx.clone(), rx.clone(), c.clone(), c.sender(), c.receiver(), c.split()));
}

#[gorge::test]
fn two_way_channels_convert() {
    let c = Chan::new(4);
    let tx: Sender<i32> = (&c).into();
    let rx: Receiver<i32> = Receiver::from(&c);
    tx.send(1).unwrap();
    assert_eq!(c.recv(), 1);
    c.send(2);
    assert_eq!(rx.recv(), Ok(2));
    assert!(tx.same_channel(&c.sender()) && rx.same_channel(&c.receiver()));
    assert!(!rx.same_channel(&Receiver::nil()));
    let (tx2, rx2) = c.split();
    tx2.send(3).unwrap();
    drop((tx, tx2));
    assert_eq!(rx2.recv(), Ok(3));
    assert_eq!(rx.recv(), Err(RecvError), "closed by the last sender");
    assert!(Sender::from(Chan::<u8>::new(1)).is_closed(), "its receiving side is gone");
}

#[gorge::test]
fn two_way_channels_compare() {
    let (a, b) = (Chan::<u8>::new(0), Chan::new(0));
    assert!(a == a.clone() && a != b && Chan::<u8>::nil() == Chan::nil());
    let set: HashSet<_> = [a.clone(), b, a.clone()].into();
    assert_eq!(set.len(), 2);
}

#[gorge::test]
fn iterating() {
    let (tx, rx) = channel(0);
    let sender = go(move || (0..5).for_each(|n| tx.send(n).unwrap()));
    let mut seen = Vec::new();
    for n in &rx {
        seen.push(n);
    }
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    assert_eq!(rx.iter().next(), None, "it has ended");
    assert_eq!(rx.into_iter().next(), None);
    sender.join().unwrap();

    let c = Chan::new(3);
    (1..=3).for_each(|n| c.send(n));
    c.close();
    assert_eq!((&c).into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    let mut rest = c.iter();
    assert_eq!((rest.next(), rest.next()), (None, None));

    let (tx, rx) = channel(3);
    assert_eq!(rx.try_iter().count(), 0);
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert_eq!(rx.try_iter().sum::<i32>(), 3);
}

#[test]
fn errors_say_what_was_tried_on_what() {
    let shown = |error: &dyn Error| error.to_string();
    assert_eq!(shown(&SendError(1)), "sending on a closed channel");
    assert_eq!(shown(&TrySendError::Full(1)), "sending on a full channel");
    assert_eq!(shown(&TrySendError::Closed(1)), "sending on a closed channel");
    assert_eq!(shown(&SendTimeoutError::Timeout(1)), "timeout while sending on a full channel");
    assert_eq!(shown(&SendTimeoutError::Closed(1)), "sending on a closed channel");
    assert_eq!(shown(&RecvError), "receiving on an empty and closed channel");
    assert_eq!(shown(&TryRecvError::Empty), "receiving on an empty channel");
    assert_eq!(shown(&TryRecvError::Closed), "receiving on an empty and closed channel");
    let timeout = "timeout while receiving on an empty channel";
    assert_eq!(shown(&RecvTimeoutError::Timeout), timeout);
    assert_eq!(TrySendError::from(SendError(1)), TrySendError::Closed(1));
    assert_eq!(SendTimeoutError::from(SendError(1)), SendTimeoutError::Closed(1));
    assert_eq!(TryRecvError::from(RecvError), TryRecvError::Closed);
    assert_eq!(RecvTimeoutError::from(RecvError), RecvTimeoutError::Closed);
    // Without `Debug` of the value: `unwrap` works for every value.
    struct Plain;
    assert_eq!(format!("{:?}", SendError(Plain)), "SendError(..)");
    assert_eq!(format!("{:?}", TrySendError::Full(Plain)), "Full(..)");
    assert_eq!(format!("{:?}", SendTimeoutError::Closed(Plain)), "Closed(..)");
}

#[test]
fn handles_print_their_state() {
    let (tx, rx) = channel(3);
    tx.send(1).unwrap();
    for shown in [format!("{tx:?}"), format!("{rx:?}")] {
        assert!(shown.contains("len: 1, cap: 3, closed: false"), "{shown}");
    }
    assert_eq!(format!("{:?}", Sender::<u8>::nil()), "Sender(nil)");
    assert_eq!(format!("{:?}", Chan::<u8>::nil()), "Chan(nil)");
}

#[test]
fn handles_cross_threads_and_panics() {
    fn is<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    is::<Sender<std::cell::Cell<u8>>>();
    is::<Receiver<Box<dyn Send>>>();
    is::<Chan<u8>>();
}
