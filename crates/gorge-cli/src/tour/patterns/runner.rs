//! A runner gives its tasks so much time together, and hears an interrupt. The limit also
//! holds for a task that never returns: it is left behind, and the program goes on.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context;
use gorge::patterns::Runner;
use gorge::runtime::gosched;
use gorge::signal::{self, Signal};
use gorge::{channel, go, select, time};
use std::time::Duration;

fn runner(limit: u64) -> Runner {
    let (tell, interrupted) = channel(1);
    let signals = signal::on([Signal::INTERRUPT]);
    go(move || signals.recv().map(|_| tell.try_send(())));
    Runner::new(Duration::from_secs(limit)).interrupt_on(interrupted)
}

fn start(runner: Runner) {
    match runner.start(&context::background()) {
        Ok(()) => println!("done"),
        Err(error) => println!("{error}"),
    }
}

fn in_time() {
    let mut runner = runner(4);
    for _ in 0..3 {
        runner.add(|_, n| time::sleep(Duration::from_secs(n as u64)));
    }
    start(runner);
}

fn too_slow() {
    let mut runner = runner(3);
    for _ in 0..3 {
        runner.add(|_, n| time::sleep(Duration::from_secs(2 * n as u64)));
    }
    start(runner);
}

fn never_returns() {
    let mut runner = runner(3);
    runner.add(|_, _| select! {});
    start(runner);
}

fn interrupted() {
    let mut runner = runner(3);
    runner.add(|ctx, _| {
        if let Err(error) = Signal::INTERRUPT.raise() {
            println!("no signal: {error}");
        }
        while ctx.err().is_none() {
            gosched();
        }
    });
    runner.add(|_, _| println!("not reached"));
    start(runner);
}

pub(crate) const PROGRAM: Program = Program {
    name: "runner",
    source: Source { path: file!(), text: include_str!("runner.rs") },
    shows: "done after 3 of 4 s; a timeout, also when a task never returns; a real interrupt",
    scenes: &[
        Scene::titled("in time", in_time, done),
        Scene::titled("too slow", too_slow, timed_out),
        Scene::titled("a task that never returns", never_returns, timed_out),
        Scene::titled("Ctrl-C", interrupted, was_interrupted),
    ],
};

fn done(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(3.0, "done")])
}

fn timed_out(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(3.0, "received timeout")])
}

fn was_interrupted(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(0.0, "received interrupt")])
}
