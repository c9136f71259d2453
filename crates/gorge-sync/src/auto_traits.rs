//! Who may go to another thread, be shared with one, or be used after a panic: held for every type, and what must
//! not be so is held too. All of it is decided when this is compiled.

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::MutexGuard as Bound;

use crate::chan::{Chan, Receiver, RecvArm, RecvFuture, SendArm, SendFuture, Sender};
use crate::race::Shared;
use crate::select::{Select, When};
use crate::sync::*;
use crate::time::{AfterFunc, Ticker, Timer};

/// Goes to other threads, and is not shared: as a `Cell`.
type Goes = Cell<u8>;
/// Is shared, and does not go to other threads.
type Shares = Bound<'static, u8>;
/// Neither.
type Stays = Rc<u8>;

macro_rules! is {
    ($($t:ty: $($bound:ident)+;)*) => {$(
        const _: () = {
            const fn holds<T: ?Sized $(+ $bound)+>() {}
            holds::<$t>();
        };
    )*};
}

/// Two ways to the same function, if it is so: then this is not compiled.
macro_rules! is_not {
    ($($t:ty: $($bound:ident)+;)*) => {$($(
        const _: fn() = || {
            trait Way<Number> {
                fn walk() {}
            }
            struct Second;
            impl<T: ?Sized> Way<()> for T {}
            impl<T: ?Sized + $bound> Way<Second> for T {}
            let _ = <$t as Way<_>>::walk;
        };
    )+)*};
}

is! {
    Goes: Send; Shares: Sync;
    Sender<Goes>: Send Sync; Receiver<Goes>: Send Sync; Chan<Goes>: Send Sync;
    RecvFuture<'static, Goes>: Send; SendFuture<'static, Goes>: Send;
    RecvArm<'static, Goes>: Send; SendArm<'static, Goes>: Send;
    When<Locking<'static, Goes>>: Send;
    Mutex<Goes>: Send Sync; PoisonMutex<Goes>: Send Sync;
    MutexGuard<'static, Goes>: Send; MutexGuard<'static, Shares>: Sync;
    MappedMutexGuard<'static, Goes>: Send; MappedMutexGuard<'static, Shares>: Sync;
    Locking<'static, Goes>: Send Sync;
    RwLock<Goes>: Send; RwLock<u8>: Sync;
    RwLockReadGuard<'static, Shares>: Send Sync;
    RwLockWriteGuard<'static, u8>: Send; RwLockWriteGuard<'static, Shares>: Sync;
    MappedRwLockWriteGuard<'static, Goes>: Send; MappedRwLockWriteGuard<'static, Shares>: Sync;
    Reading<'static, u8>: Send Sync; Writing<'static, u8>: Send Sync;
    OnceLock<Goes>: Send; OnceLock<u8>: Sync; LazyLock<u8>: Send Sync; LazyLock<u8, Goes>: Sync;
    Pool<Goes>: Send Sync; Pooled<'static, Goes>: Send; Map<u8, u8>: Send Sync; Map<u8, Goes>: Send;
    Shared<Goes>: Send Sync;
    Permits<'static>: Send Sync; OwnedPermits: Send Sync; Acquiring<'static>: Send Sync;
    Barrier: Send Sync; Condvar: Send Sync; Event: Send Sync; EventCount: Send Sync; Latch: Send Sync;
    Once: Send Sync; Semaphore: Send Sync; WaitGroup: Send Sync;
    EventSet<'static>: Send Sync; LatchOpen<'static>: Send Sync; GroupDone<'static>: Send Sync;
    Timer: Send Sync; Ticker: Send Sync; AfterFunc: Send Sync;
}

is_not! {
    Goes: Sync; Shares: Send; Stays: Send Sync;
    Sender<Stays>: Send Sync; Receiver<Shares>: Send Sync; Chan<Shares>: Send Sync;
    RecvFuture<'static, Shares>: Send; SendFuture<'static, Shares>: Send;
    RecvArm<'static, Shares>: Send; SendArm<'static, Shares>: Send; RecvArm<'static, u8>: Sync;
    When<Locking<'static, Shares>>: Send; Select<'static, ()>: Send Sync;
    Mutex<Shares>: Send Sync; PoisonMutex<Shares>: Send Sync;
    MutexGuard<'static, Goes>: Sync; MutexGuard<'static, Shares>: Send;
    MappedMutexGuard<'static, Goes>: Sync; MappedMutexGuard<'static, Shares>: Send;
    Locking<'static, Shares>: Send Sync;
    RwLock<Goes>: Sync; RwLock<Shares>: Send Sync;
    RwLockReadGuard<'static, Goes>: Send Sync;
    RwLockWriteGuard<'static, Goes>: Send Sync; RwLockWriteGuard<'static, Shares>: Send;
    MappedRwLockWriteGuard<'static, Goes>: Sync; MappedRwLockWriteGuard<'static, Shares>: Send;
    Reading<'static, Goes>: Send Sync; Writing<'static, Goes>: Send Sync; Writing<'static, Shares>: Send Sync;
    OnceLock<Goes>: Sync; OnceLock<Shares>: Send Sync; LazyLock<Goes>: Sync; LazyLock<Shares>: Send Sync;
    Map<u8, Goes>: Sync; Map<Shares, u8>: Send Sync; Shared<Shares>: Send Sync;
}

is! {
    Sender<Goes>: UnwindSafe RefUnwindSafe; Receiver<Goes>: UnwindSafe RefUnwindSafe;
    WaitGroup: UnwindSafe RefUnwindSafe; Once: UnwindSafe RefUnwindSafe; Condvar: UnwindSafe RefUnwindSafe;
    Barrier: UnwindSafe RefUnwindSafe; Semaphore: UnwindSafe RefUnwindSafe; Event: UnwindSafe RefUnwindSafe;
    Latch: UnwindSafe RefUnwindSafe; EventCount: UnwindSafe RefUnwindSafe;
    PoisonMutex<Goes>: UnwindSafe RefUnwindSafe;
    OnceLock<u8>: UnwindSafe RefUnwindSafe; LazyLock<u8>: UnwindSafe RefUnwindSafe;
    Mutex<u8>: UnwindSafe; RwLock<u8>: UnwindSafe;
}

is_not! {
    Mutex<u8>: RefUnwindSafe; RwLock<u8>: RefUnwindSafe; OnceLock<Goes>: RefUnwindSafe;
}
