//! Gorge's own rows, and the child process that measures them.
//!
//! The child talks as the peers' programs do (see [`super::contestant`]), with
//! nothing but the public interface of `gorge`: what is measured is what a
//! user's program gets.

mod channels;
mod checked;
mod crowd;
mod echo;
mod explored;
mod flow;
mod goroutines;
mod keeping;
mod late;
mod locks;
mod select;
mod serve;
mod together;
mod waits;

use super::contestant::Contestant;
use super::measure::{ASKED, Figure, Job, OUTPUT, WAITS, again, timed};
use super::report::GORGE;
use crate::out;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

/// A work: its name, how many operations it does at a time, and the function
/// that does some and says how long they took.
struct Work {
    name: &'static str,
    unit: u64,
    run: fn(u64) -> Duration,
}

const fn work(name: &'static str, run: fn(u64) -> Duration) -> Work {
    Work { name, unit: 1, run }
}

const WORKS: &[Work] = &[
    Work { name: "spawn", unit: goroutines::BATCH, run: goroutines::spawn },
    work("yield", goroutines::yields),
    work("ping-pong", channels::ping_pong),
    work("stream", channels::stream),
    work("uncontended", channels::uncontended),
    work("select-2-ready", select::ready_2),
    work("select-8-ready", select::ready_8),
    work("select-2-blocking", select::blocking_2),
    work("select-8-blocking", select::blocking_8),
    work("select-1-default", select::default_1),
    work("select-2-default", select::default_2),
    work("mutex-alone", locks::mutex),
    work("mutex-4", locks::mutex_4),
    work("mutex-64", locks::mutex_64),
    work("rwlock", locks::rwlock),
    Work { name: "once", unit: ASKED, run: locks::once },
    work("semaphore", locks::semaphore),
    work("pool", keeping::pool),
    work("map-read", keeping::map_read_mostly),
    work("map-write", keeping::map_disjoint),
    Work { name: "group", unit: flow::GROUP, run: flow::group },
    Work { name: "context-tree", unit: flow::TREE, run: flow::tree },
    Work { name: "echo-64", unit: 64, run: echo::echo_64 },
    Work { name: "echo-400", unit: 400, run: echo::echo_400 },
    work("explore-ping", explored::random_ping),
    work("explore-mutex", explored::random_count),
    work("explore-all-mutex", explored::all_counts),
    work("explore-all-dine", explored::all_dinners),
    Work { name: "convolve", unit: OUTPUT as u64, run: flow::convolve },
];

/// The work that yields four figures at once.
const CROWD: &str = "million";

/// Gorge, as one of the systems that take part.
///
/// # Errors
///
/// This program cannot call itself.
pub(crate) fn contestant() -> Result<Contestant, String> {
    let program = env::current_exe().map_err(|why| format!("cannot find this program: {why}"))?;
    Contestant::ask(GORGE, vec![program.into(), "bench".into(), "--child".into()])
}

/// The child's whole program.
pub(crate) fn main(words: &[String]) -> ExitCode {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let figures = match &words[..] {
        ["list"] => {
            let names =
                WORKS.iter().map(|work| work.name).chain([CROWD, late::BLOCKING, late::COMPUTING]);
            let names = names.chain(WAITS);
            names.for_each(|name| println!(r#"{{"row":"{name}","variant":"","note":""}}"#));
            for (kind, note, _) in serve::KINDS {
                println!(r#"{{"serves":"{kind}","note":"{note}"}}"#);
            }
            return ExitCode::SUCCESS;
        }
        ["serve", kind, _procs] => match serve::KINDS.iter().find(|(served, ..)| served == kind) {
            Some((.., serve)) => {
                gorge::run(serve);
                return ExitCode::SUCCESS;
            }
            None => None,
        },
        ["run", name, "", job @ ..] => Job::parse(job).and_then(|job| run(name, job)),
        _ => None,
    };
    let Some(figures) = figures else {
        out::complain("gorge bench", b"--child is for this program itself");
        return ExitCode::from(2);
    };
    figures.iter().for_each(|figure| println!("{figure}"));
    ExitCode::SUCCESS
}

fn run(name: &str, job: Job) -> Option<Vec<Figure>> {
    if name == CROWD {
        return Some(gorge::run(move || {
            let mut figures = crowd::park_and_wake(job.crowd);
            figures.extend(again(crowd::park_and_wake(job.crowd)));
            figures
        }));
    }
    if let Some(row) = WAITS.into_iter().find(|&row| row == name) {
        return Some(gorge::run(move || vec![waits::longest(row, &job)]));
    }
    if name == late::BLOCKING {
        return Some(gorge::run(move || late::blocking(&job)));
    }
    if name == late::COMPUTING {
        return Some(gorge::run(move || late::hogs(&job)));
    }
    let work = WORKS.iter().find(|work| work.name == name)?;
    Some(gorge::run(move || vec![timed(work.name, &job, work.unit, work.run)]))
}
