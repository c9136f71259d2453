//! A case of a select is switched off by making its channel nil. The timer does so after
//! a second; whoever sends then waits for ever, which no deadlock report shows while the
//! program goes on, but a dump of all goroutines does.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, runtime, select, sync::WaitGroup, time};
use std::time::Duration;

fn add(mut numbers: Receiver<u32>, summed: WaitGroup) {
    let mut sum = 0;
    let timer = time::Timer::new(Duration::from_secs(1));
    loop {
        select! {
            recv(numbers) -> n => sum += n.unwrap_or(0),
            recv(timer.chan()) -> _ => {
                println!("sum: {sum}");
                // The channel is kept, so that it stays open; nobody listens to it.
                let _kept = std::mem::replace(&mut numbers, Receiver::nil());
                summed.done();
                select! { recv(numbers) -> _ => {} }
            }
        }
    }
}

fn main() {
    let (out, numbers) = channel(0);
    let summed = WaitGroup::new();
    summed.add(1);
    let done = summed.clone();
    go(move || add(numbers, done));
    go(move || {
        loop {
            time::sleep(Duration::from_millis(15));
            _ = out.send(1);
        }
    });
    summed.wait();
    time::sleep(Duration::from_secs(1));
    let dump = runtime::stack(true);
    let waits = dump.lines().filter(|line| line.contains("[chan send"));
    println!("left waiting: {}", waits.count());
}

pub(crate) const PROGRAM: Program = Program {
    name: "nil-channel-sum",
    source: Source { path: file!(), text: include_str!("nil_channel_sum.rs") },
    shows: "the sum once, after a second; then a sender that waits for ever, seen in a dump",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(1.0, "sum: 66"), (2.0, "left waiting: 1")])?;
    ensure(run.lines.len() == 2, || "the sum was to be printed once".to_owned())
}
