//! A worker can also give a sign before each unit of work. The channel has room for one
//! sign, so that the worker need not wait for anybody to see it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, select};

fn worker(units: u32) -> (Receiver<()>, Receiver<u32>) {
    let (heart, heartbeat) = channel(1);
    let (out, values) = channel(0);
    go(move || {
        for unit in 1..=units {
            select! {
                send(heart, ()) -> _ => {}
                default => {}
            }
            _ = out.send(unit);
        }
    });
    (heartbeat, values)
}

fn main() {
    let (heartbeat, values) = worker(5);
    loop {
        _ = heartbeat.recv();
        println!("about to work");
        match values.recv() {
            Ok(value) => println!("value {value}"),
            Err(_) => return println!("no more work"),
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "heartbeat-per-unit",
    source: Source { path: file!(), text: include_str!("heartbeat_per_unit.rs") },
    shows: "one sign before each unit of work",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let units = (1..=5).flat_map(|n| ["about to work".to_owned(), format!("value {n}")]);
    let mut lines: Vec<String> = units.collect();
    lines.extend(["about to work".to_owned(), "no more work".to_owned()]);
    run.printed(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}
