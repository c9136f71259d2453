//! A goroutine offers numbers, hears a signal, gives up after a while. If it
//! forgets to return on the signal, only the time-out ends it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, select, sync::WaitGroup};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

fn below(limit: u64) -> u64 {
    RandomState::new().hash_one(()) % limit
}

fn generate(numbers: &Sender<u64>, end: &Receiver<()>, returns: bool) {
    loop {
        select! {
            send(numbers, below(10)) -> _ => {}
            recv(end) -> _ => {
                println!("told to end");
                if returns {
                    return;
                }
            }
            timeout(Duration::from_secs(4)) => {
                println!("given up");
                return;
            }
        }
    }
}

fn five_numbers(generator_returns: bool) {
    let (numbers_in, numbers) = channel(0);
    let (end, end_out) = channel(0);
    let generator = WaitGroup::new();
    generator.go(move || generate(&numbers_in, &end_out, generator_returns));
    let small = numbers.iter().take(5).filter(|n| *n < 10).count();
    println!("numbers below ten: {small}");
    _ = end.send(());
    generator.wait();
    println!("the generator has ended");
    drop((end, numbers));
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-gen",
    source: Source { path: file!(), text: include_str!("select_gen.rs") },
    shows: "five numbers, the end at once; four seconds later when `return` is forgotten",
    scenes: &[
        Scene::titled("it returns when told", || five_numbers(true), at_once),
        Scene::titled("the return is forgotten", || five_numbers(false), later),
    ],
};

fn at_once(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "numbers below ten: 5"),
        (0.0, "told to end"),
        (0.0, "the generator has ended"),
    ])
}

fn later(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "numbers below ten: 5"),
        (0.0, "told to end"),
        (4.0, "given up"),
        (4.0, "the generator has ended"),
    ])
}
