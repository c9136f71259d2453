//! A channel of channels can be read as one. The bridge takes one channel after the
//! other and passes on what is in it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, runtime, select, time};
use std::time::Duration;

fn bridge(done: &Receiver<()>, channels: Receiver<Receiver<u32>>) -> Receiver<u32> {
    let (out, values) = channel(0);
    let done = done.clone();
    go(move || {
        for channel in channels {
            for value in channel {
                select! {
                    send(out, value) -> _ => {}
                    recv(done) -> _ => return,
                }
            }
        }
    });
    values
}

fn one_channel_each(
    numbers: impl Iterator<Item = u32> + Send + 'static,
) -> Receiver<Receiver<u32>> {
    let (out, channels) = channel(0);
    go(move || {
        numbers.into_iter().try_for_each(|number| {
            let (single, channel) = channel(1);
            _ = single.send(number);
            out.send(channel)
        })
    });
    channels
}

fn main() {
    let (stop, done) = channel(0);
    let numbers: Vec<u32> = bridge(&done, one_channel_each(0..10)).iter().collect();
    println!("{numbers:?}");
    let endless = bridge(&done, one_channel_each(0..));
    println!("one of endlessly many: {:?}", endless.recv());
    stop.close();
    time::sleep(Duration::from_secs(1));
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "bridge",
    source: Source { path: file!(), text: include_str!("bridge.rs") },
    shows: "0 to 9 in order; no goroutine left behind after done",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&[
        "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]",
        "one of endlessly many: Ok(0)",
        "goroutines left: 1",
    ])
}
