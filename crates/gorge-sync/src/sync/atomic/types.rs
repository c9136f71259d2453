//! The types: each a shell around that of `std`.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{self as std_atomic, Ordering};

use gorge_base::probe;

use super::told;

/// What all types have: made, read, written, exchanged.
macro_rules! shell {
    ($(#[$doc:meta])* $name:ident $(<$T:ident>)?, $value:ty, $inner:ty) => {
        $(#[$doc])*
        #[repr(transparent)]
        pub struct $name $(<$T>)? (pub(super) $inner);

        impl $(<$T>)? $name $(<$T>)? {
            /// A variable with this value.
            #[must_use]
            pub const fn new(value: $value) -> Self {
                $name(<$inner>::new(value))
            }

            #[inline(always)]
            fn address(&self) -> usize {
                std::ptr::from_ref(self).addr()
            }

            /// The value.
            #[inline(always)]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                if probe::any() {
                    return told::load(self.address(), order, Location::caller(), || {
                        self.0.load(order)
                    });
                }
                self.0.load(order)
            }

            /// Gives it the value `value`.
            #[inline(always)]
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                if probe::any() {
                    return told::store(self.address(), order, Location::caller(), || {
                        self.0.store(value, order);
                    });
                }
                self.0.store(value, order);
            }

            operations!($value; swap: "Gives it the value `value`; the one before.");

            exchanges! { $value;
                compare_exchange: "Gives it the value `new` if it has the value `current`; the one before, as an error if it was another.",
                compare_exchange_weak: "As [`compare_exchange`](Self::compare_exchange), but may fail for nothing."
            }

            /// Gives it what `f` makes of its value, again and again until nobody
            /// came between; the value before.
            ///
            /// # Errors
            /// With the value, if `f` wants no other.
            #[inline(always)]
            #[track_caller]
            pub fn fetch_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut now = self.load(fetch_order);
                while let Some(next) = f(now) {
                    match self.compare_exchange_weak(now, next, set_order, fetch_order) {
                        Ok(before) => return Ok(before),
                        Err(other) => now = other,
                    }
                }
                Err(now)
            }

            /// The value itself: nobody else has the variable.
            pub fn get_mut(&mut self) -> &mut $value {
                self.0.get_mut()
            }

            /// The value.
            pub fn into_inner(self) -> $value {
                // By way of a load, since there is something to do on dropping.
                self.0.load(Ordering::Relaxed)
            }
        }

        impl $(<$T>)? From<$value> for $name $(<$T>)? {
            fn from(value: $value) -> Self {
                $name::new(value)
            }
        }

        impl $(<$T>)? Default for $name $(<$T>)? {
            fn default() -> Self {
                $name(<$inner>::default())
            }
        }

        impl $(<$T>)? fmt::Debug for $name $(<$T>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl $(<$T>)? Drop for $name $(<$T>)? {
            #[inline(always)]
            fn drop(&mut self) {
                probe::gone(self.address(), size_of::<Self>());
            }
        }
    };
}

/// Writing where it has a certain value.
macro_rules! exchanges {
    ($value:ty; $($exchange:ident: $doc:literal),*) => {$(
        #[doc = $doc]
        ///
        /// # Errors
        /// With the value that it had, and has.
        #[inline(always)]
        #[track_caller]
        pub fn $exchange(
            &self,
            current: $value,
            new: $value,
            success: Ordering,
            failure: Ordering,
        ) -> Result<$value, $value> {
            let exchange = || self.0.$exchange(current, new, success, failure);
            if probe::any() {
                let orders = (success, failure);
                return told::try_update(self.address(), orders, Location::caller(), exchange);
            }
            exchange()
        }
    )*};
}

/// Reading and writing at once.
macro_rules! operations {
    ($value:ty; $($operation:ident: $doc:literal),*) => {$(
        #[doc = $doc]
        #[inline(always)]
        #[track_caller]
        pub fn $operation(&self, value: $value, order: Ordering) -> $value {
            if probe::any() {
                return told::update(self.address(), order, Location::caller(), || {
                    self.0.$operation(value, order)
                });
            }
            self.0.$operation(value, order)
        }
    )*};
}

macro_rules! number {
    ($name:ident, $value:ty) => {
        shell! {
            #[doc = concat!("A variable of [`", stringify!($value), "`].")]
            $name, $value, std_atomic::$name
        }

        impl $name {
            operations! { $value;
                fetch_add: "Adds, wrapping around; the value before.",
                fetch_sub: "Subtracts, wrapping around; the value before.",
                fetch_and: "Keeps only these bits; the value before.",
                fetch_nand: "Keeps only these bits and inverts all; the value before.",
                fetch_or: "Sets these bits; the value before.",
                fetch_xor: "Inverts these bits; the value before.",
                fetch_max: "Raises it to `value`, if it is less; the value before.",
                fetch_min: "Lowers it to `value`, if it is more; the value before."
            }
        }
    };
}

number!(AtomicI8, i8);
number!(AtomicI16, i16);
number!(AtomicI32, i32);
number!(AtomicI64, i64);
number!(AtomicIsize, isize);
number!(AtomicU8, u8);
number!(AtomicU16, u16);
number!(AtomicU32, u32);
number!(AtomicU64, u64);
number!(AtomicUsize, usize);

shell! {
    /// A variable of [`bool`].
    AtomicBool, bool, std_atomic::AtomicBool
}

impl AtomicBool {
    operations! { bool;
        fetch_and: "Both; the value before.",
        fetch_nand: "Not both; the value before.",
        fetch_or: "One or both; the value before.",
        fetch_xor: "One but not both; the value before."
    }

    /// Inverts it; the value before.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::atomic::{AtomicBool, Ordering::SeqCst};
    ///
    /// let flag = AtomicBool::new(true);
    /// assert!(flag.fetch_not(SeqCst)); // what it was
    /// assert!(!flag.load(SeqCst));
    /// ```
    #[inline(always)]
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

shell! {
    /// A variable of a pointer.
    AtomicPtr<T>, *mut T, std_atomic::AtomicPtr<T>
}
