//! Atomics of code that loom does not run: `std`'s.
//!
//! Built with `--cfg gorge_delays` they stand still for a moment now and then, before or after an operation, as a thread does that the system
//! stops there. So tests meet interleavings that take a busy machine years to show; see CONTRIBUTING.md, "Delays".

#[cfg(not(gorge_delays))]
pub use core::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};
pub use core::sync::atomic::{Ordering, compiler_fence, fence};
#[cfg(gorge_delays)]
pub use delayed::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};

#[cfg(gorge_delays)]
mod delayed {
    use core::ops::Deref;
    use core::sync::atomic::{self, Ordering};
    use std::sync::OnceLock;
    use std::time::Duration;

    /// Stands still for up to [`MOST`], or lets others go first, once in so many operations as `GORGE_DELAYS` says.
    fn delay() {
        // One counter for all, and no thread-local: this is called while one goroutine is left for another.
        static CALLS: atomic::AtomicU64 = atomic::AtomicU64::new(0);
        static ONE_IN: OnceLock<u64> = OnceLock::new();
        let one_in = ONE_IN.get_or_init(|| {
            std::env::var("GORGE_DELAYS")
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or(1000)
                .max(1)
        });
        let chance = mixed(CALLS.fetch_add(1, Ordering::Relaxed));
        if !chance.is_multiple_of(*one_in) {
            return;
        }
        match (chance >> 40) % 4 {
            0 => std::thread::yield_now(),
            _ => std::thread::sleep(Duration::from_micros((chance >> 42) % MOST)),
        }
    }

    /// In microseconds.
    const MOST: u64 = 300;

    /// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    fn mixed(n: u64) -> u64 {
        let n = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    fn delayed<T>(operation: impl FnOnce() -> T) -> T {
        delay();
        let result = operation();
        delay();
        result
    }

    macro_rules! forwards {
        ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
            #[doc = concat!("As `std`'s `", stringify!($name), "`.")]
            pub fn $name(&self $(, $argument: $kind)*) -> $result {
                delayed(|| self.0.$name($($argument),*))
            }
        )*};
    }

    /// What all have. (What is not here is reached through [`Deref`], without delays.)
    macro_rules! basics {
        ([$($generic:tt)*] $name:ty, $std:ty, $value:ty) => {
            impl $($generic)* $name {
                /// A new one with this value.
                pub const fn new(value: $value) -> Self {
                    Self(<$std>::new(value))
                }

                /// Takes the value out.
                pub fn into_inner(self) -> $value {
                    self.0.into_inner()
                }

                /// The value; nobody else has a reference.
                pub fn get_mut(&mut self) -> &mut $value {
                    self.0.get_mut()
                }

                forwards! {
                    load(order: Ordering) -> $value;
                    store(value: $value, order: Ordering) -> ();
                    swap(value: $value, order: Ordering) -> $value;
                    compare_exchange(old: $value, new: $value, done: Ordering, not: Ordering) -> Result<$value, $value>;
                    compare_exchange_weak(old: $value, new: $value, done: Ordering, not: Ordering) -> Result<$value, $value>;
                    fetch_update(done: Ordering, not: Ordering, f: impl FnMut($value) -> Option<$value>) -> Result<$value, $value>;
                }
            }

            impl $($generic)* Deref for $name {
                type Target = $std;

                fn deref(&self) -> &$std {
                    &self.0
                }
            }

            impl $($generic)* From<$value> for $name {
                fn from(value: $value) -> Self {
                    Self::new(value)
                }
            }
        };
    }

    macro_rules! integers {
        ($($name:ident: $value:ty,)*) => {$(
            #[doc = concat!("`std`'s `", stringify!($name), "`, with delays.")]
            #[derive(Debug, Default)]
            #[repr(transparent)]
            pub struct $name(atomic::$name);

            basics!([] $name, atomic::$name, $value);

            impl $name {
                forwards! {
                    fetch_add(value: $value, order: Ordering) -> $value;
                    fetch_sub(value: $value, order: Ordering) -> $value;
                    fetch_and(value: $value, order: Ordering) -> $value;
                    fetch_or(value: $value, order: Ordering) -> $value;
                    fetch_xor(value: $value, order: Ordering) -> $value;
                    fetch_max(value: $value, order: Ordering) -> $value;
                    fetch_min(value: $value, order: Ordering) -> $value;
                }
            }
        )*};
    }

    integers! {
        AtomicU8: u8,
        AtomicU16: u16,
        AtomicU32: u32,
        AtomicU64: u64,
        AtomicUsize: usize,
        AtomicI32: i32,
        AtomicI64: i64,
        AtomicIsize: isize,
    }

    /// `std`'s `AtomicBool`, with delays.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct AtomicBool(atomic::AtomicBool);

    basics!([] AtomicBool, atomic::AtomicBool, bool);

    impl AtomicBool {
        forwards! {
            fetch_and(value: bool, order: Ordering) -> bool;
            fetch_or(value: bool, order: Ordering) -> bool;
            fetch_xor(value: bool, order: Ordering) -> bool;
        }
    }

    /// `std`'s `AtomicPtr`, with delays.
    #[derive(Debug)]
    #[repr(transparent)]
    pub struct AtomicPtr<T>(atomic::AtomicPtr<T>);

    basics!([<T>] AtomicPtr<T>, atomic::AtomicPtr<T>, *mut T);

    impl<T> Default for AtomicPtr<T> {
        fn default() -> Self {
            Self::new(core::ptr::null_mut())
        }
    }
}
