//! Counts lines, words, characters and bytes of what passes by.
//!
//! Always true:
//! * A line is a newline; a last line without one does not count.
//! * A word is counted where it begins: at a printable character that follows a
//!   space or the beginning, with any number of characters of class
//!   [`Class::Other`] between.
//! * Bytes that are no character count as bytes and as nothing else.
//! * The result does not depend on how the input was cut into pieces.
//!
//! Text that is all ASCII is looked at eight bytes at a time, as one number:
//!
//! ```text
//!   bytes          t  h  e     c  a  t  ,        a number, first byte lowest
//!   print          x  x  x  .  x  x  x  x        one bit in each byte
//!   print << 8     ?  x  x  x  .  x  x  x        ? = inside a word before
//!   word begins    x  .  .  .  x  .  .  .        print and not (print << 8)
//! ```

use super::charset::{Charset, Wide};
use super::class::Class;
use std::ops::AddAssign;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Newlines.
    pub(crate) lines: u64,
    /// Runs of characters between white space.
    pub(crate) words: u64,
    /// Characters of the locale's charset.
    pub(crate) chars: u64,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.lines += more.lines;
        self.words += more.words;
        self.chars += more.chars;
        self.bytes += more.bytes;
    }
}

/// A count under way.
#[derive(Debug)]
pub(crate) struct Counter<'a> {
    charset: &'a Charset,
    /// Whether words or characters are wanted, which takes a closer look.
    closely: bool,
    counts: Counts,
    in_word: bool,
    /// The beginning of a character whose rest is yet to come.
    pending: Vec<u8>,
}

impl<'a> Counter<'a> {
    /// Begins a count. Words and characters are counted only if `closely`.
    pub(crate) fn new(charset: &'a Charset, closely: bool) -> Self {
        Self { charset, closely, counts: Counts::default(), in_word: false, pending: Vec::new() }
    }

    /// Counts the next piece.
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.counts.bytes += piece.len() as u64;
        self.counts.lines += memchr::memchr_iter(b'\n', piece).count() as u64;
        if !self.closely {
            return;
        }
        match self.charset {
            Charset::Bytes(classes) => {
                self.counts.chars += piece.len() as u64;
                self.blocks(piece, |counter, rest| {
                    counter.class(classes[usize::from(rest[0])]);
                    1
                });
            }
            Charset::Utf8(wide) => {
                let piece = self.finish_pending(wide, piece);
                self.blocks(piece, |counter, rest| counter.character(wide, rest));
            }
        }
    }

    /// Ends the count.
    pub(crate) fn finish(self) -> Counts {
        self.counts
    }

    /// Goes through `piece`: eight bytes at once where they are plain ASCII,
    /// else as `one` does it, which says how many bytes it took.
    #[inline]
    fn blocks(&mut self, piece: &[u8], one: impl Fn(&mut Self, &[u8]) -> usize) {
        let utf8 = matches!(self.charset, Charset::Utf8(_));
        let mut at = 0;
        while at < piece.len() {
            if let Some(block) = piece[at..].first_chunk::<8>()
                && let Some(begins) = plain(u64::from_le_bytes(*block), &mut self.in_word)
            {
                self.counts.words += begins;
                if utf8 {
                    self.counts.chars += 8;
                }
                at += 8;
            } else {
                // Where one byte is not plain, the next ones are likely not to be.
                let end = piece.len().min(at + 8);
                while at < end {
                    at += one(self, &piece[at..]);
                }
            }
        }
    }

    /// Counts the first character of `rest` and says how long it is.
    #[inline]
    fn character(&mut self, wide: &Wide, rest: &[u8]) -> usize {
        match decode(rest) {
            Decoded::Character(character, length) => {
                self.counts.chars += 1;
                self.class(if character < 0x80 {
                    ascii(character as u8)
                } else {
                    wide.class(character)
                });
                length
            }
            Decoded::Invalid => 1,
            Decoded::Incomplete => {
                self.pending.extend_from_slice(rest);
                rest.len()
            }
        }
    }

    #[inline]
    fn class(&mut self, class: Class) {
        // Without branches: in binary data they could not be predicted.
        let (print, space) = (class == Class::Print, class == Class::Space);
        self.counts.words += u64::from(print & !self.in_word);
        self.in_word = print | (self.in_word & !space);
    }

    /// Completes a character that began in an earlier piece, and gives back
    /// what follows it.
    fn finish_pending<'p>(&mut self, wide: &Wide, mut piece: &'p [u8]) -> &'p [u8] {
        while !self.pending.is_empty() {
            let mut begun = std::mem::take(&mut self.pending);
            if let Decoded::Incomplete = decode(&begun) {
                let Some((&next, rest)) = piece.split_first() else {
                    self.pending = begun;
                    break;
                };
                begun.push(next);
                piece = rest;
            }
            if let Decoded::Incomplete = decode(&begun) {
                self.pending = begun;
            } else {
                let taken = self.character(wide, &begun);
                self.pending = begun.split_off(taken);
            }
        }
        piece
    }
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const TOPS: u64 = ONES << 7;

/// If all eight bytes are ASCII spaces or printable ASCII characters: how many
/// words begin among them.
#[inline]
fn plain(block: u64, in_word: &mut bool) -> Option<u64> {
    if block & TOPS != 0 {
        return None;
    }
    // The top bit of each byte that is at least `least`: no sum is over 255,
    // so no byte carries into the next.
    let at_least = |least: u64| block.wrapping_add(ONES * (0x80 - least)) & TOPS;
    let (low_space, above) = (at_least(9) & !at_least(14), at_least(0x20));
    let print = at_least(0x21) & !at_least(0x7f);
    let space = low_space | (above & !at_least(0x21));
    if print | space != TOPS {
        return None;
    }
    let begins = print & !(print << 8 | u64::from(*in_word) << 7);
    *in_word = print >> 63 != 0;
    Some((begins >> 7).wrapping_mul(ONES) >> 56)
}

/// The class of an ASCII character, the same in every charset.
#[inline]
fn ascii(byte: u8) -> Class {
    const CLASSES: [Class; 256] = {
        let mut classes = [Class::Other; 256];
        let mut byte = 0;
        while byte < 256 {
            classes[byte] = match byte as u8 {
                9..=13 | b' ' => Class::Space,
                b'!'..=b'~' => Class::Print,
                _ => Class::Other,
            };
            byte += 1;
        }
        classes
    };
    CLASSES[usize::from(byte)]
}

enum Decoded {
    /// A character and its length in bytes.
    Character(u32, usize),
    /// The first byte begins no character.
    Invalid,
    /// So far so good, but the end is missing.
    Incomplete,
}

/// The first character of `bytes` as the GNU C library decodes UTF-8: the
/// original scheme with up to six bytes, without needlessly long forms and
/// without surrogates.
#[inline]
fn decode(bytes: &[u8]) -> Decoded {
    let first = bytes[0];
    let (length, least) = match first {
        0..=0x7f => return Decoded::Character(first.into(), 1),
        0xc2..=0xdf => (2, 0x80),
        0xe0..=0xef => (3, 0x800),
        0xf0..=0xf7 => (4, 0x1_0000),
        0xf8..=0xfb => (5, 0x20_0000),
        0xfc..=0xfd => (6, 0x400_0000),
        _ => return Decoded::Invalid,
    };
    let mut character = u32::from(first) & (0x7f >> length);
    for at in 1..length {
        match bytes.get(at) {
            None => return Decoded::Incomplete,
            Some(&next) if next & 0xc0 == 0x80 => {
                character = character << 6 | u32::from(next & 0x3f)
            }
            Some(_) => return Decoded::Invalid,
        }
    }
    if character < least || (0xd800..=0xdfff).contains(&character) {
        return Decoded::Invalid;
    }
    Decoded::Character(character, length)
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
