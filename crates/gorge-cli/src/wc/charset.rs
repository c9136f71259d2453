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

use super::class::Class;
use super::locale::Locale;
use std::sync::OnceLock;

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
