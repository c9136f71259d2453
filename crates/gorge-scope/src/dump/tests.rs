//! The form of a dump, from data put together by hand.

use std::time::{Duration, Instant};

use super::*;
use crate::info::Created;

/// Frames by number: 10 is in `app::f10` at line 10, and so on, from 500 without line; 1 to 9 are
/// Gorge's; 0 has no symbol.
struct Table;

impl Symbols for Table {
    fn resolve(&mut self, address: usize) -> Vec<Frame> {
        let function = match address {
            0 => String::new(),
            1..10 => format!("gorge_sched::g{address}"),
            _ => format!("app::f{address}"),
        };
        vec![Frame { function, site: (1..500).contains(&address).then(|| site(address as u32)) }]
    }
}

fn site(line: u32) -> Site {
    Site { file: "/src/main.rs".to_owned(), line }
}

fn waiting(number: u64, reason: &str, at: u32, stack: &[usize]) -> GoroutineInfo {
    GoroutineInfo {
        who: Who::Goroutine(number),
        name: None,
        status: Status::Waiting { reason: reason.to_owned(), since: Duration::ZERO },
        locked: false,
        at: Some(site(at)),
        stack: stack.to_vec(),
        created: (number > 1).then(|| Created {
            by: Some(1),
            function: Some("app::main".to_owned()),
            site: Some(site(99)),
        }),
    }
}

fn dump(infos: Vec<GoroutineInfo>) -> String {
    let mut text = String::new();
    let all = infos.into_iter().map(|info| (info.clone(), info.stack)).collect();
    let mut page = Page { symbols: &mut Table, all_frames: false };
    write_all(&mut text, all, Vec::clone, &mut page).unwrap();
    text
}

#[test]
fn the_main_goroutine_first_and_the_rest_by_number() {
    let text = dump(vec![
        waiting(20, "chan send", 12, &[1, 2, 12, 13, 3]),
        waiting(7, "select (no cases)", 14, &[1, 14, 3]),
        waiting(1, "chan receive", 10, &[1, 10, 11]),
    ]);
    assert_eq!(
        text,
        "\
goroutine 1 [chan receive]:
app::f10(...)
\t/src/main.rs:10
app::f11(...)
\t/src/main.rs:11

goroutine 7 [select (no cases)]:
app::f14(...)
\t/src/main.rs:14
created by app::main in goroutine 1
\t/src/main.rs:99

goroutine 20 [chan send]:
app::f12(...)
\t/src/main.rs:12
app::f13(...)
\t/src/main.rs:13
created by app::main in goroutine 1
\t/src/main.rs:99
"
    );
}

#[test]
fn the_brackets_tell_minutes_threads_and_names() {
    let mut info = waiting(7, "chan receive", 10, &[10]);
    info.status =
        Status::Waiting { reason: "chan receive".to_owned(), since: Duration::from_secs(150) };
    info.locked = true;
    info.name = Some("resizer".to_owned());
    let text = dump(vec![info.clone()]);
    assert!(
        text.starts_with("goroutine 7 \"resizer\" [chan receive, 2 minutes, locked to thread]:\n"),
        "{text}"
    );

    info.status = Status::Running;
    info.locked = false;
    info.who = Who::Thread("main".to_owned());
    info.name = None;
    info.created = None;
    assert!(dump(vec![info]).starts_with("thread \"main\" [running]:\n"));
}

#[test]
fn without_symbols_the_blocking_call_is_still_named() {
    for stack in [&[0_usize][..], &[1, 2], &[]] {
        let text = dump(vec![waiting(1, "sleep", 10, stack)]);
        assert_eq!(text, "goroutine 1 [sleep]:\nblocked at\n\t/src/main.rs:10\n");
    }
    // With names only, it is in the first function.
    let text = dump(vec![waiting(1, "sleep", 10, &[1, 500, 501])]);
    assert_eq!(text, "goroutine 1 [sleep]:\napp::f500(...)\n\t/src/main.rs:10\napp::f501(...)\n");
    // If not even that is known, whatever there is.
    let mut info = waiting(1, "sleep", 10, &[1]);
    info.at = None;
    assert_eq!(dump(vec![info]), "goroutine 1 [sleep]:\ngorge_sched::g1(...)\n\t/src/main.rs:1\n");
}

#[test]
fn a_running_stack_is_out_of_reach() {
    let mut info = waiting(2, "", 10, &[]);
    info.status = Status::Running;
    info.at = None;
    let text = dump(vec![info]);
    assert!(
        text.starts_with(
            "goroutine 2 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated"
        ),
        "{text}"
    );
}

#[test]
fn an_unknown_creator_leaves_its_place() {
    let mut info = waiting(5, "sleep", 10, &[10]);
    info.created = Some(Created { by: None, function: None, site: Some(site(3)) });
    assert!(dump(vec![info.clone()]).ends_with("created\n\t/src/main.rs:3\n"));
    info.created = Some(Created { by: Some(4), function: None, site: Some(site(3)) });
    assert!(dump(vec![info]).ends_with("created in goroutine 4\n\t/src/main.rs:3\n"));
}

#[test]
fn a_hundred_thousand_are_folded_and_quick() {
    let mut infos: Vec<_> =
        (2..=100_001).map(|n| waiting(n, "chan receive", 12, &[1, 12, 13])).collect();
    infos.push(waiting(1, "chan receive", 12, &[1, 12, 13]));
    infos.push(waiting(200_000, "chan send", 12, &[1, 12, 13]));
    infos.extend((300_000..=300_010).map(|number| {
        let mut info = waiting(number, "", 0, &[]);
        info.status = Status::Runnable;
        info.at = None;
        info
    }));
    let start = Instant::now();
    let text = dump(infos);
    assert!(text.len() < 2000, "{text}");
    assert!(
        text.contains(
            "... and 99999 more at the same place: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ...\n"
        )
    );
    assert!(text.contains("... and 10 more at the same place: "));
    for head in ["goroutine 1 [", "goroutine 2 [", "goroutine 200000 [", "goroutine 300000 ["] {
        assert!(text.contains(head), "{text}");
    }
    println!("{:?}", start.elapsed());
}

#[test]
fn a_thousand_are_told_one_by_one() {
    let text = dump((1..=1000).map(|n| waiting(n, "sleep", 12, &[1, 12])).collect());
    assert_eq!(text.matches("goroutine 1000 [sleep]").count(), 1);
    assert_eq!(text.matches("[sleep]:").count(), 1000);
}
