//! Constructors that are `const` in ordinary builds, so that locks can be
//! statics. Loom's words cannot be made in a `const`; there they are plain functions.

macro_rules! const_unless_loom {
    ($(#[$attr:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$attr])*
        $vis const fn $($rest)*
        #[cfg(loom)]
        $(#[$attr])*
        $vis fn $($rest)*
    };
}
