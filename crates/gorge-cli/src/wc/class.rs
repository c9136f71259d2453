//! The three kinds of characters there are to who counts words.

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
