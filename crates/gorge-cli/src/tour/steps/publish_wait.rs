//! A channel that carries nothing can still say "done". The sending half lives in
//! the goroutine and is dropped with it; a channel whose last sender is gone is
//! closed, and that wakes everyone who waits on it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, sync::WaitGroup, time};
use std::time::Duration;

fn publish(text: &'static str, delay: Duration) -> Receiver<()> {
    let (done, wait) = channel(0);
    go(move || {
        time::sleep(delay);
        println!("BREAKING NEWS: {text}");
        drop(done);
    });
    wait
}

fn main() {
    let published = publish("a close is heard by all", Duration::from_secs(120));
    let readers = WaitGroup::new();
    for reader in 1..=3 {
        let published = published.clone();
        readers.go(move || {
            _ = published.recv();
            println!("reader {reader} has heard");
        });
    }
    println!("waiting for the news");
    _ = published.recv();
    readers.wait();
    println!("time to leave");
}

pub(crate) const PROGRAM: Program = Program {
    name: "publish-wait",
    source: Source { path: file!(), text: include_str!("publish_wait.rs") },
    shows: "everyone who waits is released by the close, none before",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let heard = ["reader 1 has heard", "reader 2 has heard", "reader 3 has heard"];
    let news = ["waiting for the news", "BREAKING NEWS: a close is heard by all", "time to leave"];
    run.printed_in_any_order(&[&heard[..], &news[..]].concat())?;
    run.printed_once_at(0.0, news[0])?;
    run.printed_once_at(120.0, news[1])?;
    heard.iter().try_for_each(|line| run.printed_once_at(120.0, line))?;
    run.printed_once_at(120.0, news[2])
}
