//! A schedule as a short text: where it differs from the plain one.
//!
//! A run is a list of decisions; 0 always means the plain thing: who runs goes
//! on, or the first in line does; and nothing fires early. So a schedule is told
//! by its other decisions: how many plain ones come before, which one is taken, and a
//! digit of what the program had done until then, so that a program that does
//! something else is noticed.
//!
//! ```text
//!   g1  4 1 q   7 2 B   -  1f  xy
//!    |  | | |           |   |   `-- two digits of all that happened
//!    |  | | `- a digit  |   `------ decisions in all
//!    |  | `- the second of the possibilities
//!    |  `- after four plain decisions
//!    `- version
//! ```
//!
//! Numbers are written in digits of base 62, of which the upper half says that another follows.

/// A point at which there was more than one possibility, and what was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Decision {
    /// Which of the possibilities; 0 is the plain one.
    pub(crate) taken: u32,
    /// What the program had done until then, and how many possibilities there were.
    pub(crate) print: u64,
}

/// What a text says: the decisions that are not plain, and how it ends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Script {
    /// Where, what, and a digit of the print.
    pub(crate) turns: Vec<(usize, u32, u8)>,
    pub(crate) len: usize,
    pub(crate) print: [u8; 2],
}

const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HALF: u64 = 31;
const START: &str = "g1";

impl Script {
    pub(crate) fn of(decisions: &[Decision]) -> Script {
        let turns = decisions.iter().enumerate().filter(|(_, decision)| decision.taken != 0);
        let print = decisions.last().map_or(0, |last| last.print);
        Script {
            turns: turns.map(|(at, d)| (at, d.taken, digit_of(d.print))).collect(),
            len: decisions.len(),
            print: [digit_of(print >> 8), digit_of(print >> 16)],
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Script, String> {
        let wrong = || format!("{text:?} is not a schedule; one begins with {START:?}");
        let mut rest = text.trim().strip_prefix(START).ok_or_else(wrong)?.bytes().peekable();
        let mut script = Script::default();
        let mut at = 0;
        loop {
            if rest.peek() == Some(&b'-') {
                rest.next();
                break;
            }
            let plain = number(&mut rest).and_then(|n| usize::try_from(n).ok());
            at = plain.and_then(|plain| plain.checked_add(at)).ok_or_else(wrong)?;
            let taken = number(&mut rest).ok_or_else(wrong)?;
            let print = rest.next().filter(u8::is_ascii_alphanumeric).ok_or_else(wrong)?;
            script.turns.push((at, u32::try_from(taken).map_err(|_| wrong())?, print));
            at = at.checked_add(1).ok_or_else(wrong)?;
        }
        script.len = number(&mut rest).ok_or_else(wrong)? as usize;
        for digit in &mut script.print {
            *digit = rest.next().filter(u8::is_ascii_alphanumeric).ok_or_else(wrong)?;
        }
        if rest.next().is_some() {
            return Err(wrong());
        }
        Ok(script)
    }
}

impl std::fmt::Display for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = START.to_owned();
        let mut next = 0;
        for &(at, taken, print) in &self.turns {
            write_number(&mut text, (at - next) as u64);
            write_number(&mut text, u64::from(taken));
            text.push(char::from(print));
            next = at + 1;
        }
        text.push('-');
        write_number(&mut text, self.len as u64);
        text.extend(self.print.map(char::from));
        f.write_str(&text)
    }
}

/// One digit of a print.
pub(crate) fn digit_of(print: u64) -> u8 {
    DIGITS[((print ^ (print >> 32)) % 62) as usize]
}

fn write_number(text: &mut String, mut n: u64) {
    while n >= HALF {
        text.push(char::from(DIGITS[(HALF + n % HALF) as usize]));
        n /= HALF;
    }
    text.push(char::from(DIGITS[n as usize]));
}

fn number(digits: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut n = 0u64;
    let mut unit = 1u64;
    loop {
        let byte = digits.next()?;
        let digit = DIGITS.iter().position(|d| *d == byte)? as u64;
        n = n.checked_add(unit.checked_mul(digit % HALF)?)?;
        if digit < HALF {
            return Some(n);
        }
        unit = unit.checked_mul(HALF)?;
    }
}

/// Something that happened, mixed into what happened before.
pub(crate) fn mix(print: u64, what: u64) -> u64 {
    (print.rotate_left(5) ^ what).wrapping_mul(0x517c_c1b7_2722_0a95)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let mut decisions = Vec::new();
        let mut print = 1;
        for n in 0..5000_u32 {
            print = mix(print, u64::from(n));
            let taken = match n {
                3 | 4 | 1000 | 4998 => n % 7 + 1,
                _ => 0,
            };
            decisions.push(Decision { taken, print });
        }
        let script = Script::of(&decisions);
        let text = script.to_string();
        assert_eq!(Script::parse(&text), Ok(script), "{text}");
        assert!(text.len() < 30, "{text}");
        assert_eq!(Script::parse(&Script::of(&[]).to_string()), Ok(Script::of(&[])));
    }

    #[test]
    fn what_is_no_schedule() {
        for text in ["", "g", "g1", "g1-", "g1-1", "g1-1a", "g1-1abc", "g2-1ab", "g11-1ab", "g1#"] {
            assert!(Script::parse(text).is_err(), "{text}");
        }
        assert!(Script::parse("g1-0ab").is_ok());
        // The largest number there is, and one more decision.
        let mut most = START.to_owned();
        write_number(&mut most, u64::MAX);
        assert!(Script::parse(&format!("{most}11-0ab")).is_err());
    }
}
