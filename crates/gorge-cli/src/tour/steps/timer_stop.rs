//! A timer that is no longer needed can be stopped. When the news comes first, the
//! timer leaves nothing behind: no tick on its channel, nothing in the runtime.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, runtime, select, time, time::Timer};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn main() {
    let (agency, news) = channel(0);
    go(move || {
        time::sleep(HOUR / 2);
        agency.send("nothing happened")
    });
    let timer = Timer::new(HOUR);
    select! {
        recv(news) -> text => {
            println!("news: {text:?}");
            println!("stopped in time: {}", timer.stop());
        }
        recv(timer.chan()) -> _ => println!("no news in an hour"),
    }
    time::sleep(HOUR);
    println!("a tick was left behind: {}", timer.chan().try_recv().is_ok());
    println!("timers left: {}", runtime::num_timers());
}

pub(crate) const PROGRAM: Program = Program {
    name: "timer-stop",
    source: Source { path: file!(), text: include_str!("timer_stop.rs") },
    shows: "the news, no tick afterwards, no timer left",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (1800.0, "news: Ok(\"nothing happened\")"),
        (1800.0, "stopped in time: true"),
        (5400.0, "a tick was left behind: false"),
        (5400.0, "timers left: 0"),
    ])
}
