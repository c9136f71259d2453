//! A select may stop waiting after a while. `timeout` is an arm that gets ready by
//! itself; a value that comes first wins, and the time-out is forgotten.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, select, time};
use std::time::Duration;

fn wait_for(news: &Receiver<&str>) {
    select! {
        recv(news) -> text => println!("news: {}", text.unwrap_or("none, ever")),
        timeout(Duration::from_secs(60)) => println!("no news in a minute"),
    }
}

fn main() {
    let (agency, news) = channel(0);
    wait_for(&news);
    go(move || {
        time::sleep(Duration::from_secs(30));
        agency.send("the minute was not over")
    });
    wait_for(&news);
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-timeout",
    source: Source { path: file!(), text: include_str!("select_timeout.rs") },
    shows: "the time-out after a minute of silence, the news after half a minute",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(60.0, "no news in a minute"), (90.0, "news: the minute was not over")])
}
