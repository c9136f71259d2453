//! What is asked, and what must come back.
//!
//! Invariant: all answers of one server have the same length, so the length of the first tells when the
//! others are complete. (HTTP's date always takes 29 bytes.)

use crate::bench::measure::MESSAGE;

/// What a server is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Question {
    /// Some bytes, to be sent back.
    Echo,
    /// A request of HTTP/1.1, to be answered with [`HELLO`].
    Http,
}

/// The body of an answer over HTTP, as in the row "plaintext" of TechEmpower's benchmarks.
pub(crate) const HELLO: &str = "Hello, World!";

/// The byte that an echo consists of.
const BYTE: u8 = 7;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const STATUS: &[u8] = b"HTTP/1.1 200 OK\r\n";

impl Question {
    /// What is sent.
    pub(super) fn request(self) -> &'static [u8] {
        match self {
            Question::Echo => &[BYTE; MESSAGE],
            Question::Http => REQUEST,
        }
    }

    /// How long the answer is of which `there` is the beginning, if that can be told already.
    pub(super) fn length(self, there: &[u8]) -> Option<usize> {
        if self == Question::Echo {
            return Some(MESSAGE);
        }
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(there).ok()? else { return None };
        let named =
            |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case("content-length");
        let length = response.headers.iter().find(named)?;
        Some(head + std::str::from_utf8(length.value).ok()?.parse::<usize>().ok()?)
    }

    /// Whether `piece` belongs to an answer of `length` bytes, `before` of which have come already.
    pub(super) fn is_answered_by(self, piece: &[u8], before: usize, length: usize) -> bool {
        let fits = before + piece.len() <= length;
        let right = match self {
            Question::Echo => piece.iter().all(|byte| *byte == BYTE),
            Question::Http => {
                let begins = before > 0 || piece.iter().zip(STATUS).all(|(a, b)| a == b);
                let whole = before + piece.len() == length;
                let end = HELLO.bytes().rev().zip(piece.iter().rev());
                begins && (!whole || end.into_iter().all(|(a, b)| a == *b))
            }
        };
        fits && right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\ndate: x\r\n\r\nHello, World!";

    #[test]
    fn the_length_of_an_answer_is_known_when_its_head_is_there() {
        let head = ANSWER.len() - HELLO.len();
        let length = |n| Question::Http.length(&ANSWER.as_bytes()[..n]);
        assert_eq!((length(0), length(head - 1)), (None, None));
        assert_eq!((length(head), length(ANSWER.len())), (Some(ANSWER.len()), Some(ANSWER.len())));
        assert_eq!(Question::Http.length(b"HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(Question::Echo.length(b""), Some(MESSAGE));
    }

    #[test]
    fn an_answer_comes_in_pieces_and_nothing_else_passes() {
        let right = |text: &str| {
            let (a, b) = text.as_bytes().split_at(20);
            let length = ANSWER.len();
            [
                Question::Http.is_answered_by(text.as_bytes(), 0, length),
                Question::Http.is_answered_by(a, 0, length)
                    && Question::Http.is_answered_by(b, 20, length),
            ]
        };
        assert_eq!(right(ANSWER), [true; 2]);
        assert_eq!(right(&ANSWER.replace("200", "500")), [false; 2]);
        assert_eq!(right(&ANSWER.replace("World!", "world!")), [false; 2]);
        assert_eq!(right(&format!("{ANSWER}!")), [false; 2]);
        assert!(Question::Echo.is_answered_by(&[BYTE; 3], MESSAGE - 3, MESSAGE));
        assert!(!Question::Echo.is_answered_by(&[BYTE; 3], MESSAGE - 2, MESSAGE));
        assert!(!Question::Echo.is_answered_by(&[BYTE, 8], 0, MESSAGE));
    }
}
