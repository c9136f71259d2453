//! Guards of parts: what all guards give that have a lock alone.

/// Gives `$guard` the functions that make a `$mapped` of it. Both have the fields `raw`, `value` and `_borrow`, and unlock
/// when they are dropped.
macro_rules! parts {
    ($guard:ident => $mapped:ident, $whole:literal, $example:literal) => {
        impl<'a, T: ?Sized> $guard<'a, T> {
            #[doc = concat!("A guard of a part of the ", $whole, ".")]
            ///
            /// An associated function, so that it hides no method of the value.
            ///
            /// # Examples
            /// ```
            #[doc = $example]
            /// ```
            pub fn map<U: ?Sized>(
                guard: Self,
                part: impl FnOnce(&mut T) -> &mut U,
            ) -> $mapped<'a, U> {
                let mut guard = guard;
                let value = NonNull::from(part(&mut guard));
                $mapped { raw: ManuallyDrop::new(guard).raw, value, _borrow: PhantomData }
            }

            /// As [`map`](Self::map), for a part that may not be there: then gives the guard back.
            ///
            /// # Errors
            /// The guard itself, when `part` gives `None`.
            pub fn try_map<U: ?Sized>(
                guard: Self,
                part: impl FnOnce(&mut T) -> Option<&mut U>,
            ) -> Result<$mapped<'a, U>, Self> {
                let mut guard = guard;
                let Some(value) = part(&mut guard).map(NonNull::from) else { return Err(guard) };
                Ok($mapped { raw: ManuallyDrop::new(guard).raw, value, _borrow: PhantomData })
            }
        }
    };
}

pub(super) use parts;
