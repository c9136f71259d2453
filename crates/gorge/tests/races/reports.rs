//! What a race looks like, and how the program ends.

use gorge::race::Shared;
use gorge::{Builder, go, run};

use super::ending::{Case, Ended};

/// Runs `program` with `GORGE_RACE` set to `options`.
fn with(options: &str, program: fn()) {
    // SAFETY: called on the main thread, of a program that has no other yet.
    unsafe { std::env::set_var("GORGE_RACE", options) };
    run(program);
}

static COUNTER: Shared<u32> = Shared::new(0);

#[inline(never)]
fn increment() {
    COUNTER.update(|n| n + 1);
}

/// Two goroutines, and nothing between them.
fn two_increments() {
    let other = go(increment);
    increment();
    other.join().expect("it only counts");
}

/// The lines of the report, without what differs from run to run.
fn lines(ended: &Ended) -> Vec<String> {
    let tidy = |line: &str| {
        let words = line.split(' ').map(|word| {
            if word.starts_with("0x") {
                return "ADDRESS";
            }
            if word.starts_with("+0x") {
                return "+OFFSET";
            }
            word.split_once("tests/").map_or(word, |(_, file)| file)
        });
        words.collect::<Vec<_>>().join(" ")
    };
    ended.err.lines().map(tidy).collect()
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "the_report_is_gos",
        program: || with("1", two_increments),
        check: |ended| {
            assert_eq!(ended.status, Some(66), "{ended}");
            ended.says(&[
                "==================\nWARNING: DATA RACE\n",
                " at 0x",
                " by ",
                "reports::increment()\n      ",
                "tests/races/reports.rs:19 +0x",
                "\n\nPrevious ",
                " at 0x",
                "reports::increment()\n      ",
                "tests/races/reports.rs:19 +0x",
                "\n\nGoroutine ",
                ") created at:\n",
                "reports::two_increments()\n      ",
                "tests/races/reports.rs:24 +0x",
                "\n==================\n",
                "Found ",
                " data race(s)\n",
            ]);
            let lines = lines(ended);
            assert!(lines.iter().any(|line| line.contains("by main goroutine:")), "{ended}");
            assert!(lines.iter().any(|line| line.contains("by goroutine ")), "{ended}");
            assert!(lines.last().is_some_and(|line| line.starts_with("Found ")), "{ended}");
        },
    },
    Case { name: "off_it_says_nothing", program: || run(two_increments), check: Ended::well },
    Case {
        name: "halt_on_error",
        program: || {
            with("halt_on_error=1", || {
                two_increments();
                println!("it went on");
            });
        },
        check: |ended| {
            assert_eq!(ended.status, Some(66), "{ended}");
            assert!(ended.err.contains("DATA RACE") && !ended.out.contains("went on"), "{ended}");
        },
    },
    Case {
        name: "the_status_can_be_chosen",
        program: || with("exitcode=7", two_increments),
        check: |ended| assert_eq!(ended.status, Some(7), "{ended}"),
    },
    Case {
        name: "a_suppressed_race_is_none",
        program: || with("suppress=reports::incre*", two_increments),
        check: Ended::well,
    },
    Case {
        name: "another_status_stays",
        program: || {
            with("1", || {
                two_increments();
                std::process::exit(3);
            });
        },
        check: |ended| assert_eq!(ended.status, Some(3), "{ended}"),
    },
    Case {
        name: "nonsense_is_said_to_be_that",
        program: || with("maybe", || ()),
        check: |ended| {
            ended.dead();
            ended.says(&["gorge: GORGE_RACE: maybe: must be 0, 1, or any of halt_on_error=1"]);
        },
    },
    Case {
        name: "one_place_is_told_once",
        program: || {
            with("1", || {
                gorge::scope(|s| {
                    for _ in 0..10 {
                        s.go(|| COUNTER.set(1));
                    }
                });
            });
        },
        check: |ended| {
            ended.says(&["Found 1 data race(s)\n"]);
            assert_eq!(ended.err.matches("WARNING: DATA RACE").count(), 1, "{ended}");
        },
    },
    Case {
        name: "a_plain_thread_may_be_in_it",
        program: || {
            // SAFETY: the program has no other thread yet.
            unsafe { std::env::set_var("GORGE_RACE", "1") };
            let named = Builder::new().name("writer").go(|| COUNTER.set(1)).expect("started");
            let thread = std::thread::Builder::new().name("poller".to_owned());
            let thread = thread.spawn(|| COUNTER.get()).expect("started");
            let _ = (thread.join(), named.join());
        },
        check: |ended| {
            assert_eq!(ended.status, Some(66), "{ended}");
            ended.says(&["thread \"poller\"", "Found 1 data race(s)\n"]);
        },
    },
];
