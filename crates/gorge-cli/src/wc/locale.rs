//! What the C library knows of the environment's locale: the name of its charset,
//! and which characters are spaces and which can be seen.

pub(crate) use system::Locale;

/// The C library's tables.
#[cfg(target_env = "gnu")]
mod system {
    use crate::wc::class::Class;
    use std::ffi::{CStr, c_int};

    /// A locale of the C library, never freed: there is one to a process.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Locale(libc::locale_t);

    // SAFETY: a locale object is constant once made, and POSIX lets any number
    // of threads use one at once as long as nobody frees it; nobody does.
    unsafe impl Send for Locale {}
    // SAFETY: as above.
    unsafe impl Sync for Locale {}

    unsafe extern "C" {
        fn iswprint_l(character: u32, locale: libc::locale_t) -> c_int;
        fn iswspace_l(character: u32, locale: libc::locale_t) -> c_int;
        fn isprint_l(byte: c_int, locale: libc::locale_t) -> c_int;
        fn isspace_l(byte: c_int, locale: libc::locale_t) -> c_int;
    }

    impl Locale {
        /// The locale of that name, or else the C locale.
        pub(crate) fn named(name: &CStr) -> Self {
            let make = |name: &CStr| {
                // SAFETY: the name ends in a nul, and no locale is modified.
                unsafe { libc::newlocale(libc::LC_CTYPE_MASK, name.as_ptr(), std::ptr::null_mut()) }
            };
            let locale = make(name);
            Self(if locale.is_null() { make(c"C") } else { locale })
        }

        pub(crate) fn codeset(self) -> String {
            // SAFETY: the locale is alive; the answer is a string with a nul,
            // valid until the locale is changed, which nobody does.
            let name = unsafe { CStr::from_ptr(libc::nl_langinfo_l(libc::CODESET, self.0)) };
            name.to_string_lossy().into_owned()
        }

        pub(crate) fn single_byte(self) -> bool {
            const ONE_BYTE: [&str; 5] =
                ["ANSI_X3.4-1968", "ISO-8859-", "KOI8-", "CP125", "TIS-620"];
            let codeset = self.codeset();
            ONE_BYTE.iter().any(|start| codeset.starts_with(start))
        }

        pub(crate) fn wide(self, character: u32) -> Class {
            // SAFETY: the locale is alive, and any number may be asked about.
            let (print, space) =
                unsafe { (iswprint_l(character, self.0), iswspace_l(character, self.0)) };
            class(print != 0, space != 0)
        }

        pub(crate) fn byte(self, byte: u8) -> Class {
            // The C library calls the blanks below 32 unprintable; for wc(1)
            // they end words all the same.
            if (9..=13).contains(&byte) {
                return Class::Space;
            }
            // SAFETY: the locale is alive, and a byte is within the tables.
            let (print, space) =
                unsafe { (isprint_l(byte.into(), self.0), isspace_l(byte.into(), self.0)) };
            class(print != 0, space != 0)
        }
    }

    fn class(print: bool, space: bool) -> Class {
        match (print, space) {
            (false, _) => Class::Other,
            (true, true) => Class::Space,
            (true, false) => Class::Print,
        }
    }
}

/// Without those tables: UTF-8, and what the standard library knows.
#[cfg(not(target_env = "gnu"))]
mod system {
    use crate::wc::class::Class;
    use std::ffi::CStr;

    /// Nothing to hold: there is one answer.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Locale;

    impl Locale {
        pub(crate) fn named(_: &CStr) -> Self {
            Self
        }

        pub(crate) fn codeset(self) -> String {
            "UTF-8".to_owned()
        }

        pub(crate) fn single_byte(self) -> bool {
            false
        }

        pub(crate) fn wide(self, character: u32) -> Class {
            match char::from_u32(character) {
                None => Class::Other,
                Some(c) if c.is_control() => Class::Other,
                Some(c) if c.is_whitespace() => Class::Space,
                Some(_) => Class::Print,
            }
        }

        pub(crate) fn byte(self, byte: u8) -> Class {
            match byte {
                9..=13 | 32 => Class::Space,
                33..=126 => Class::Print,
                _ => Class::Other,
            }
        }
    }
}
