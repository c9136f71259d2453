//! What happens, told to whoever listens: the words between the primitives and
//! the tools.
//!
//! A primitive says what it is about to do and what it did; a tool (the
//! explorer of schedules, the race detector, the watcher of locks) installs a
//! listener. Neither knows the other. When nobody listens, saying costs one load
//! of a word that never changes and a branch that is always predicted.
//!
//! | said | when | the listener may |
//! |---|---|---|
//! | [`point`] | before an operation, no lock held | run others before it returns |
//! | [`acquire`], [`release`], [`release_empty`], [`passes`], [`access`] | where the order of the effects is decided | take locks of its own |
//! | [`meets`], [`passes_for`] | on behalf of one who waits, before it is made ready | take locks of its own |
//! | [`starts`], [`begins`], [`ends`] | at the ends of a goroutine's life | take locks of its own |
//! | [`waits`], [`queues`], [`goes_on`], [`holds`], [`lets_go`], [`signals`] | by the one who waits, holds or signals | take locks of its own |
//! | [`let_in`] | on behalf of one who waits, before it is made ready | take locks of its own |
//! | [`gives`] | by who may hand something over to others | take locks of its own |
//! | [`keeps`], [`travels`] | about an object, by anybody | take locks of its own |
//! | [`shared`] | before a shared variable is used, no lock held | begin to listen |
//!
//! "May take locks of its own": briefly; it is often called with a lock of the
//! object held, or inside scheduler code, where nothing of Gorge may be used.
//!
//! A listener that panics is not called again, and the program goes on without it; that is said. (But for points: there
//! a listener may unwind its caller on purpose.)
//!
//! An object is known by its address, which may be used again when the object
//! has been dropped: [`gone`] says so. Who waits, starts or ends is known by the
//! address of its record, which the scheduler never unmaps, but uses again after the end.

mod listen;
mod listeners;
mod tell;
mod words;

pub use listen::{
    any, held, listen_to_holds, listen_to_order, listen_to_points, listen_to_shared, order, points,
    shared, started, tell_failures, tell_holds, tell_order, tell_points,
};
pub use listeners::{Holds, Order, Points};
pub use tell::{
    access, acquire, begins, ends, gives, goes_on, gone, holds, keeps, let_in, lets_go, meets,
    passes, passes_for, point, queues, release, release_empty, replaces, signals, starts, travels,
    waits, waits_for_permits,
};
pub use words::{Hold, Op, Place};

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::panic::Location;
    use std::sync::Mutex;

    struct Ear(Mutex<Vec<(Op, usize)>>);

    impl Points for Ear {
        fn point(&self, op: Op, object: usize, _: Place) {
            self.0.lock().unwrap().push((op, object));
        }
    }

    #[test]
    fn only_who_listens_is_told() {
        static EAR: Ear = Ear(Mutex::new(Vec::new()));
        let here = Location::caller();
        point(Op::Send, 1, here);
        assert!(listen_to_points(&EAR) && !listen_to_points(&EAR));
        point(Op::Send, 2, here);
        acquire(3); // nobody listens to this
        tell_points(false);
        point(Op::Send, 4, here);
        tell_points(true);
        point(Op::Close, 5, here);
        assert_eq!(*EAR.0.lock().unwrap(), [(Op::Send, 2), (Op::Close, 5)]);
    }
}
