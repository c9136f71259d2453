//! A report has the form that Go gives it: held against what the real one has printed (`go.txt`, by `go.go`) about
//! the same two races, line by line.

use std::time::Duration;

use gorge::race::Shared;
use gorge::{go, time};

use super::ending::Case;

const GO: &str = include_str!("go.txt");

static COUNTER: Shared<i32> = Shared::new(0);
static TOTAL: Shared<i32> = Shared::new(0);

#[inline(never)]
fn increment() {
    COUNTER.update(|n| n + 1);
}

#[inline(never)]
fn set(n: i32) {
    TOTAL.set(n);
}

/// One after the other, kept apart by time, which orders nothing.
fn program() {
    let a_while = || time::sleep(Duration::from_millis(20));
    go(increment).detach();
    a_while();
    increment();
    go(|| set(1)).detach();
    a_while();
    go(|| {
        set(2);
        time::sleep(Duration::from_millis(50));
    })
    .detach();
    a_while();
}

/// The report without what differs between programs: what the frames are, addresses, and how goroutines are
/// numbered.
fn form(report: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for line in report.lines() {
        let known = |word: &str| {
            let (word, stop) = word.strip_suffix(':').map_or((word, ""), |word| (word, ":"));
            if let Some(digits) = word.strip_prefix("0x") {
                assert!(digits.len() == 12, "an address has twelve digits: {line}");
                return format!("ADDRESS{stop}");
            }
            let Ok(number) = word.parse::<u64>() else { return format!("{word}{stop}") };
            let at = numbers.iter().position(|known| *known == number).unwrap_or_else(|| {
                numbers.push(number);
                numbers.len() - 1
            });
            format!("NUMBER {at}{stop}")
        };
        let tidy = match line.strip_prefix("  ") {
            None if line.starts_with("Found ") => line.to_owned(),
            None => line.split(' ').map(known).collect::<Vec<_>>().join(" "),
            Some(frame) => match frame.strip_prefix("    ") {
                None if frame.ends_with("()") => "a function".to_owned(),
                Some(site) if is_site(site) => "its place".to_owned(),
                _ => line.to_owned(),
            },
        };
        // How deep a stack is is up to the language.
        let frame = |line: &String| line == "a function" || line == "its place";
        let inner = lines.len() > 2 && frame(&tidy) && lines[lines.len() - 2..].iter().all(frame);
        if !inner {
            lines.push(tidy);
        }
    }
    lines
}

/// `file:line +0xoffset`.
fn is_site(site: &str) -> bool {
    let number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let Some((place, offset)) = site.split_once(" +0x") else { return false };
    let Some((file, line)) = place.rsplit_once(':') else { return false };
    !file.is_empty() && number(line) && number(offset)
}

pub(crate) const CASES: &[Case] = &[Case {
    name: "the_form_is_that_of_the_real_go",
    program: || {
        // SAFETY: the program has no other thread yet.
        unsafe { std::env::set_var("GORGE_RACE", "1") };
        gorge::runtime::use_virtual_clock();
        gorge::run(program);
    },
    check: |ended| {
        assert_eq!(form(&ended.err), form(GO), "{ended}");
        assert_eq!(ended.status, Some(66), "{ended}");
        assert!(form(GO).len() > 30 && form(GO).contains(&"its place".to_owned()));
    },
}];
