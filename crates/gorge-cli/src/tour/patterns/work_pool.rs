//! A pool without a queue takes work when somebody is free. `run` returns when a
//! worker has taken the task over, `shut_down` when all have finished.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Sender, channel, sync::WaitGroup, time};
use std::time::Duration;

type Task = Box<dyn FnOnce() + Send>;

struct Pool {
    tasks: Sender<Task>,
    workers: WaitGroup,
}

impl Pool {
    fn new(size: usize) -> Self {
        let (tasks, taken) = channel::<Task>(0);
        let workers = WaitGroup::new();
        for _ in 0..size {
            let taken = taken.clone();
            workers.go(move || taken.iter().for_each(|task| task()));
        }
        Self { tasks, workers }
    }

    fn run(&self, task: impl FnOnce() + Send + 'static) {
        _ = self.tasks.send(Box::new(task));
    }

    fn shut_down(self) {
        drop(self.tasks);
        self.workers.wait();
    }
}

fn main() {
    let pool = Pool::new(2);
    for n in 1..=5 {
        pool.run(move || time::sleep(Duration::from_secs(1)));
        println!("task {n} was taken");
    }
    pool.shut_down();
    println!("all have finished");
}

pub(crate) const PROGRAM: Program = Program {
    name: "work-pool",
    source: Source { path: file!(), text: include_str!("work_pool.rs") },
    shows: "two tasks at a time, each taken when a worker is free; the end after the last",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "task 1 was taken"),
        (0.0, "task 2 was taken"),
        (1.0, "task 3 was taken"),
        (1.0, "task 4 was taken"),
        (2.0, "task 5 was taken"),
        (3.0, "all have finished"),
    ])
}
