//! What was seen of one scene, and the questions a check may ask about it. Every
//! answer but yes says what was expected and what was there instead.

use super::source::Source;
use std::collections::BTreeMap;
use std::time::Duration;

/// What became of a check: nothing to say, or what was different.
pub type Verdict = Result<(), String>;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with a status.
    Status(i32),
    /// By a signal.
    Signal(i32),
    /// Not by itself: it was stopped after this long.
    Stopped(Duration),
}

/// A printed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, since the scene began.
    pub at: Duration,
    /// What.
    pub text: String,
}

/// A scene as it was seen from outside.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it printed.
    pub lines: Vec<Line>,
    /// What it had to say on standard error.
    pub errors: String,
    /// How it ended.
    pub end: End,
    /// How late a line may be: nothing on a virtual clock.
    pub slack: Duration,
    /// The file of the program.
    pub source: Source,
}

impl Run {
    /// It ended as a program does whose main returns.
    pub(crate) fn ended_well(&self) -> Verdict {
        self.ended(End::Status(0))?;
        match self.errors.lines().next() {
            None => Ok(()),
            Some(line) => Err(format!("standard error was to be empty, but says {line:?}")),
        }
    }

    pub(crate) fn ended(&self, end: End) -> Verdict {
        if self.end == end {
            return Ok(());
        }
        let why = self
            .errors
            .lines()
            .find(|line| !line.is_empty())
            .unwrap_or("nothing on standard error");
        Err(format!(
            "was to end with {}, but ended with {} ({why})",
            in_short(end),
            in_short(self.end)
        ))
    }

    /// It printed these lines, in this order, and no others.
    pub(crate) fn printed(&self, expected: &[&str]) -> Verdict {
        let seen: Vec<&str> = self.texts().collect();
        let differs = expected.iter().zip(&seen).position(|(expected, seen)| expected != seen);
        match differs {
            Some(n) => {
                Err(format!("line {} was to be {:?}, but is {:?}", n + 1, expected[n], seen[n]))
            }
            None if seen.len() < expected.len() => Err(format!(
                "line {} was to be {:?}, but there is none",
                seen.len() + 1,
                expected[seen.len()]
            )),
            None if seen.len() > expected.len() => Err(format!(
                "only {} lines were expected, but then came {:?}",
                expected.len(),
                seen[expected.len()]
            )),
            None => Ok(()),
        }
    }

    /// It printed these lines in some order, and no others.
    pub(crate) fn printed_in_any_order<T: AsRef<str>>(&self, expected: &[T]) -> Verdict {
        let mut balance: BTreeMap<&str, i32> = BTreeMap::new();
        expected.iter().for_each(|line| *balance.entry(line.as_ref()).or_default() += 1);
        self.texts().for_each(|line| *balance.entry(line).or_default() -= 1);
        match balance.into_iter().find(|(_, n)| *n != 0) {
            None => Ok(()),
            Some((line, n)) if n > 0 => Err(format!("{line:?} was expected {n} more times")),
            Some((line, n)) => Err(format!("{line:?} came {} times more often than expected", -n)),
        }
    }

    /// It printed these lines in this order, each so many seconds after the
    /// beginning.
    pub(crate) fn printed_at(&self, expected: &[(f64, &str)]) -> Verdict {
        let texts: Vec<&str> = expected.iter().map(|(_, text)| *text).collect();
        self.printed(&texts)?;
        self.lines.iter().zip(expected).try_for_each(|(line, (at, _))| self.on_time(line, *at))
    }

    /// This line was printed once, so many seconds after the beginning.
    pub(crate) fn printed_once_at(&self, at: f64, text: &str) -> Verdict {
        let found: Vec<&Line> = self.lines.iter().filter(|line| line.text == text).collect();
        match found[..] {
            [line] => self.on_time(line, at),
            _ => Err(format!("{text:?} was expected once, but came {} times", found.len())),
        }
    }

    /// The line with that number, from 0, which must be one of these: where either may win.
    pub(crate) fn one_of(&self, number: usize, allowed: &[&'static str]) -> Result<&str, String> {
        let text = self.texts().nth(number).unwrap_or_default();
        ensure(allowed.contains(&text), || format!("{text:?} was to be one of {allowed:?}"))?;
        Ok(text)
    }

    fn on_time(&self, line: &Line, seconds: f64) -> Verdict {
        let expected = Duration::from_secs_f64(seconds);
        let Line { at, text } = line;
        let late = at.saturating_sub(expected);
        if *at >= expected && late <= self.slack {
            return Ok(());
        }
        Err(format!(
            "{text:?} was to come after {}, but came after {}",
            in_words(expected),
            in_words(*at)
        ))
    }

    /// The runtime ended it because no goroutine could ever run again, and its
    /// report has goroutine 1 waiting for that reason at that code.
    pub(crate) fn deadlocked(&self, reason: &str, code: &str) -> Verdict {
        self.ended(End::Status(2))?;
        let headline = "fatal error: all goroutines are asleep - deadlock!";
        if self.errors.lines().next() != Some(headline) {
            return Err(format!("the report was to begin with {headline:?}"));
        }
        self.at(reason, code)
    }

    /// A panic with this text ended it, and goroutine 1 was at that code.
    pub(crate) fn panicked(&self, text: &str, code: &str) -> Verdict {
        self.ended(End::Status(2))?;
        let said = self.errors.lines().any(|line| line == format!("panic: {text}"));
        ensure(said, || format!("a panic was expected that says {text:?}"))?;
        self.at("running", code)
    }

    /// The report has goroutine 1 in that state at that code.
    fn at(&self, state: &str, code: &str) -> Verdict {
        let Some(number) = self.source.line_of(code) else {
            return Err(format!("there is not exactly one line with {code:?} in the program"));
        };
        let path = self.source.path;
        let place = format!("{}:{number}", path.rsplit('/').next().unwrap_or(path));
        let goroutine = self.goroutine(1).ok_or("the report says nothing about goroutine 1")?;
        let is = |end: &str| goroutine.starts_with(&format!("goroutine 1 [{state}{end}"));
        if !is("]") && !is(",") {
            let header = goroutine.lines().next().unwrap_or_default();
            return Err(format!("\"goroutine 1 [{state}]\" was expected, not {header:?}"));
        }
        let mut frames = goroutine.lines().map(|line| line.split(" +0x").next().unwrap_or(line));
        if !frames.any(|frame| frame.trim_end().ends_with(&place)) {
            return Err(format!("goroutine 1 was to be at {place}, which is not in the report"));
        }
        Ok(())
    }

    /// What the report says about one goroutine.
    pub(crate) fn goroutine(&self, number: u64) -> Option<&str> {
        let header = format!("goroutine {number} [");
        let mut begin = 0;
        while !self.errors[begin..].starts_with(&header) {
            begin += self.errors[begin..].find('\n')? + 1;
        }
        let rest = &self.errors[begin..];
        Some(&rest[..rest.find("\n\n").unwrap_or(rest.len())])
    }

    /// The number that follows this label on a line of its own.
    pub(crate) fn number(&self, label: &str) -> Result<f64, String> {
        let rest = self.texts().find_map(|line| line.strip_prefix(label));
        let number = rest.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| format!("a line with {label:?} and a number was expected"))
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.text.as_str())
    }
}

/// Fails with these words unless `condition` holds.
pub(crate) fn ensure(condition: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if condition { Ok(()) } else { Err(otherwise()) }
}

/// The end of a process in few words: `exit status 2`.
pub fn in_short(end: End) -> String {
    match end {
        End::Status(status) => format!("exit status {status}"),
        End::Signal(signal) => format!("signal {signal}"),
        End::Stopped(after) => format!("no end within {}", in_words(after)),
    }
}

/// A length of time in few words: `5 s`, `1.5 s`, `20 ms`, `2 min`.
pub(crate) fn in_words(time: Duration) -> String {
    match time.as_secs_f64() {
        0.0 => "0 s".to_owned(),
        s if s < 0.001 => "<1 ms".to_owned(),
        s if s < 1.0 => format!("{} ms", (s * 1000.0).round()),
        s if s < 60.0 => format!("{} s", (s * 1000.0).round() / 1000.0),
        s if s < 3600.0 => format!("{} min", (s / 60.0 * 1000.0).round() / 1000.0),
        s => format!("{} h", (s / 3600.0 * 1000.0).round() / 1000.0),
    }
}
