//! A queue that is closed is still worked off. What is in the buffer is received
//! by whoever is free, and then the workers go home.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, sync::WaitGroup, time};
use std::time::Duration;

fn work(worker: u64, tasks: &Receiver<u64>) {
    for task in tasks {
        println!("worker {worker}: task {task} started");
        time::sleep(Duration::from_millis(10 * (task % 3 + 1)));
        println!("worker {worker}: task {task} completed");
    }
    println!("worker {worker}: shutting down");
}

fn main() {
    let (queue, tasks) = channel(10);
    let workers = WaitGroup::new();
    for worker in 1..=4 {
        let tasks = tasks.clone();
        workers.go(move || work(worker, &tasks));
    }
    for task in 1..=10 {
        _ = queue.send(task);
    }
    queue.close();
    workers.wait();
}

pub(crate) const PROGRAM: Program = Program {
    name: "task-workers",
    source: Source { path: file!(), text: include_str!("task_workers.rs") },
    shows: "every task started and completed once, all four shut down",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let without_worker = |line: &str| line.split_once(": ").map(|(_, what)| what.to_owned());
    let mut seen: Vec<String> = run.texts().filter_map(without_worker).collect();
    let ends = (1..=4).map(|n| format!("worker {n}: shutting down"));
    ends.into_iter().try_for_each(|line| {
        ensure(run.texts().any(|seen| seen == line), || format!("{line:?} was expected"))
    })?;
    let tasks = (1..=10).flat_map(|n| [format!("task {n} started"), format!("task {n} completed")]);
    let mut expected: Vec<String> = tasks.collect();
    for worker in 1..=4 {
        let mut own = run.texts().filter_map(|l| l.strip_prefix(&format!("worker {worker}: ")));
        while let Some(task) = own.next().and_then(|line| line.strip_suffix(" started")) {
            let next = own.next().and_then(|line| line.strip_suffix(" completed"));
            ensure(next == Some(task), || format!("{task} was to be completed after its start"))?;
        }
    }
    expected.extend((0..4).map(|_| "shutting down".to_owned()));
    seen.sort();
    expected.sort();
    ensure(seen == expected, || "each task was to be started and completed once".to_owned())
}
