//! Counting, against plain words in the source and against itself cut up
//! differently. The comparison with the real wc(1) is in `tests/wc`.

use super::*;

fn count(charset: &Charset, pieces: &[&[u8]]) -> Counts {
    let mut counter = Counter::new(charset, true);
    for piece in pieces {
        counter.add(piece);
    }
    counter.finish()
}

fn words(text: &[u8]) -> u64 {
    count(&Charset::utf8(), &[text]).words
}

#[test]
fn words_are_runs_between_white_space() {
    assert_eq!(words(b""), 0);
    assert_eq!(words(b"   \n\t "), 0);
    assert_eq!(words(b"one"), 1);
    assert_eq!(words(b"  one two\nthree\r\x0b\x0cfour  "), 4);
    assert_eq!(words(b"seven by seven by seven by seven by se"), 9);
}

#[test]
fn no_break_spaces_separate_words() {
    assert_eq!(words("a\u{a0}b\u{2007}c\u{202f}d\u{2060}e\u{2003}f\u{3000}g".as_bytes()), 7);
}

#[test]
fn control_characters_neither_begin_nor_end_a_word() {
    assert_eq!(words(b"\x01 \x02 \x7f"), 0);
    assert_eq!(words(b"a\x01b \x01c\x00 d"), 3);
}

#[test]
fn bytes_that_are_no_character_count_as_bytes_only() {
    let counts = count(&Charset::utf8(), &[b"\xff\xfe a\x80b \xc0\x80 \xed\xa0\x80 \xe2\x80"]);
    assert_eq!(counts, Counts { lines: 0, words: 1, chars: 6, bytes: 16 });
}

#[test]
fn in_the_c_locale_a_byte_is_a_character_and_only_ascii_is_printable() {
    let counts = count(&Charset::c(), &["a — ü b\n".as_bytes()]);
    assert_eq!(counts, Counts { lines: 1, words: 2, chars: 11, bytes: 11 });
}

#[test]
fn a_last_line_without_a_newline_is_not_a_line() {
    assert_eq!(count(&Charset::utf8(), &[b"one\ntwo"]).lines, 1);
}

/// However the input is cut, also in the middle of a character.
#[test]
fn the_pieces_do_not_matter() {
    let mut rng = xorshift(0x9e37_79b9_7f4a_7c15);
    for charset in [Charset::utf8(), Charset::c()] {
        for _ in 0..2_000 {
            let text: Vec<u8> =
                (0..rng() % 60).flat_map(|_| TRICKY[rng() % TRICKY.len()].to_vec()).collect();
            let whole = count(&charset, &[&text]);
            let one_by_one: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(count(&charset, &one_by_one), whole, "{text:x?}");
            let cut = if text.is_empty() { 0 } else { rng() % text.len() };
            assert_eq!(count(&charset, &[&text[..cut], &text[cut..]]), whole, "{text:x?} at {cut}");
        }
    }
}

/// Many at once is the same as one by one, wherever words begin and end.
#[test]
fn a_block_at_once_is_the_same_as_one_by_one() {
    let mut rng = xorshift(42);
    for charset in [Charset::utf8(), Charset::c()] {
        for _ in 0..20_000 {
            let length = 1 + rng() % 150;
            let text: Vec<u8> = (0..length)
                .map(|_| match rng() % 8 {
                    0 => b' ',
                    1 => b'\n',
                    2 => (rng() % 0x80) as u8,
                    3 if rng().is_multiple_of(8) => (rng() % 0x100) as u8,
                    _ => b'a' + (rng() % 26) as u8,
                })
                .collect();
            let one_by_one: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(count(&charset, &[&text]), count(&charset, &one_by_one), "{text:x?}");
        }
    }
}

/// Pieces that have tripped up a wc before.
const TRICKY: [&[u8]; 22] = [
    b"word",
    b"a",
    b" ",
    b"\n",
    b"\t\r\n",
    b"\x0b\x0c",
    b"\x00",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc2\xa0",
    b"\xe2\x80",
    b"\xe2\x80\x94",
    b"\xe3\x80\x80",
    b"\xf0\x9f\xa6\x80",
    b"\xf0\x9f",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"eightful",
];

/// Random numbers, the same ones in every run.
fn xorshift(mut state: u64) -> impl FnMut() -> usize {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize
    }
}
