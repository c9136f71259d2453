//! A case of a select is switched off by making its channel nil. The timer does so after
//! a second, and then both wait for ever, the one for nobody and the other for the one.
//! No deadlock report shows that while the program goes on, but `GORGE_LEAKS=1` does.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{End, Run, Verdict, ensure};
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
    println!("left behind: {}", runtime::num_goroutine() - 1);
}

pub(crate) const PROGRAM: Program = Program {
    name: "nil-channel-sum",
    source: Source { path: file!(), text: include_str!("nil_channel_sum.rs") },
    shows: "the sum once, after a second; then both are reported as leaked",
    scenes: &[Scene { environment: &[("GORGE_LEAKS", "1")], ..Scene::only(main, check) }],
};

fn check(run: &Run) -> Verdict {
    run.ended(End::Status(0))?;
    run.printed_at(&[(1.0, "sum: 66"), (2.0, "left behind: 2")])?;
    if runtime::mode() == runtime::Mode::Thread {
        return Ok(()); // leaks are not looked for there
    }
    for part in ["2 goroutines leaked", "[chan receive (nil chan)]", "[chan send]", "created by"] {
        ensure(run.errors.contains(part), || format!("the report was to say {part:?}"))?;
    }
    Ok(())
}
