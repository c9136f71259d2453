//! A long-running worker can give signs of life at an interval. A pulse that nobody
//! listens to is not waited for: the select with a default drops it. A worker that has
//! gone silent is noticed by whoever listens.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::time::{self, Ticker};
use gorge::{Receiver, channel, go, select};
use std::time::Duration;

fn worker(pulse: Duration, results: u32) -> (Receiver<()>, Receiver<u32>) {
    let (heart, heartbeat) = channel(0);
    let (out, values) = channel(0);
    go(move || {
        let (beat, work) = (Ticker::new(pulse), Ticker::new(2 * pulse));
        let mut done = 0;
        while done < results {
            select! {
                recv(beat.chan()) -> _ => select! {
                    send(heart, ()) -> _ => {}
                    default => {}
                },
                recv(work.chan()) -> _ => {
                    done += 1;
                    _ = out.send(done);
                }
            }
        }
        time::sleep(60 * pulse); // stuck, with both channels open
    });
    (heartbeat, values)
}

fn main() {
    let (heartbeat, values) = worker(Duration::from_secs(1), 3);
    time::sleep(Duration::from_millis(1_500)); // nobody listens to the first pulse
    loop {
        select! {
            recv(heartbeat) -> _ => println!("pulse"),
            recv(values) -> value => println!("value {value:?}"),
            timeout(Duration::from_secs(2)) => return println!("the worker is not healthy"),
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "heartbeat-interval",
    source: Source { path: file!(), text: include_str!("heartbeat_interval.rs") },
    shows: "pulses at the interval, none waited for; the silent worker is noticed",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    for (n, seconds) in [(1, 2.0), (2, 4.0), (3, 6.0)] {
        run.printed_once_at(seconds, &format!("value Ok({n})"))?;
    }
    let pulses: Vec<u64> =
        run.lines.iter().filter(|l| l.text == "pulse").map(|l| l.at.as_secs()).collect();
    // Each even second has a value too, and while that is printed nobody
    // listens to a pulse.
    let alone = [3, 5].iter().all(|second| pulses.contains(second));
    ensure(alone && pulses.is_sorted_by(|a, b| a < b), || {
        format!("a pulse was expected each second, not at {pulses:?}")
    })?;
    run.printed_once_at(8.0, "the worker is not healthy")
}
