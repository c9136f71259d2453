//! Which bytes make a character, and which characters make a word: the answers
//! of the environment's locale, as wc(1) gets them.
//!
//! Always true:
//! * A character is [`Class::Space`], [`Class::Print`] or [`Class::Other`]. Spaces
//!   end a word, printable characters begin one or go on with it, and the
//!   others (control characters, unassigned ones) do neither.
//! * The ASCII half is the same in every charset: spaces are 9 to 13 and 32,
//!   printable are 33 to 126. [`super::count`] relies on it for its fast path.
//! * A charset is either UTF-8 or one byte to a character. The East Asian
//!   multi-byte charsets are read as if they were UTF-8.

use std::sync::OnceLock;

/// What a character does to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Ends a word.
    Space,
    /// Begins a word, or goes on with it.
    Print,
    /// Neither begins nor ends a word.
    Other,
}

/// The character set of a locale, with the classes of its characters.
#[derive(Debug)]
pub(crate) enum Charset {
    /// UTF-8.
    Utf8(Wide),
    /// One byte is one character.
    Bytes(Box<[Class; 256]>),
}

/// The classes of the characters of a UTF-8 locale.
#[derive(Debug)]
pub(crate) struct Wide {
    locale: Locale,
    no_break: bool,
    /// The classes of the first 65,536, filled in when the first character
    /// beyond ASCII is met: most source trees have few, and some none.
    plane: OnceLock<Box<[Class]>>,
}

impl Charset {
    /// What `LC_ALL`, `LC_CTYPE` and `LANG` ask for (the C locale when they
    /// ask for something that is not installed).
    pub(crate) fn of_environment() -> Self {
        let no_break = std::env::var_os("POSIXLY_CORRECT").is_none();
        Self::of(Locale::named(c""), no_break)
    }

    fn of(locale: Locale, no_break: bool) -> Self {
        let codeset = locale.codeset();
        if codeset == "UTF-8" || !locale.single_byte() {
            return Self::Utf8(Wide { locale, no_break, plane: OnceLock::new() });
        }
        let no_break = no_break && codeset.starts_with("ISO-8859-");
        let mut classes = Box::new([Class::Other; 256]);
        for (byte, class) in (0..=255).zip(classes.iter_mut()) {
            *class = if no_break && byte == 0xa0 { Class::Space } else { locale.byte(byte) };
        }
        Self::Bytes(classes)
    }

    /// UTF-8 wherever the tests run.
    #[cfg(test)]
    pub(crate) fn utf8() -> Self {
        Self::of(Locale::named(c"C.UTF-8"), true)
    }

    /// The C locale: every byte a character, none beyond ASCII printable.
    #[cfg(test)]
    pub(crate) fn c() -> Self {
        Self::of(Locale::named(c"C"), true)
    }
}

impl Wide {
    /// The class of the character with this number.
    #[inline]
    pub(crate) fn class(&self, character: u32) -> Class {
        let plane = self.plane.get_or_init(|| (0..0x1_0000).map(|c| self.look_up(c)).collect());
        match plane.get(character as usize) {
            Some(&class) => class,
            None => self.look_up(character),
        }
    }

    fn look_up(&self, character: u32) -> Class {
        match character {
            // Spaces at which a line must not be broken separate words all
            // the same, though the C library does not call them spaces.
            0x00a0 | 0x2007 | 0x202f | 0x2060 if self.no_break => Class::Space,
            _ => self.locale.wide(character),
        }
    }
}

pub(crate) use system::Locale;

/// The C library's tables.
#[cfg(target_env = "gnu")]
mod system {
    use super::Class;
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
    use super::Class;
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
