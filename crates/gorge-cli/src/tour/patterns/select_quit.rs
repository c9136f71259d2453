//! A select offers a number and listens for the end at the same time. Whichever the
//! other side is ready for happens.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go, select};

fn fibonacci(numbers: &Sender<u64>, quit: &Receiver<()>) {
    let (mut x, mut y) = (1, 1);
    loop {
        select! {
            send(numbers, x) -> _ => (x, y) = (y, x + y),
            recv(quit) -> _ => return println!("quit"),
        }
    }
}

fn main() {
    let (numbers_in, numbers) = channel(0);
    let (quit, asked_to_quit) = channel(0);
    let (held, numbers) = (numbers.clone(), numbers);
    go(move || {
        numbers.iter().take(10).for_each(|number| println!("{number}"));
        quit.send(())
    });
    fibonacci(&numbers_in, &asked_to_quit);
    drop(held);
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-quit",
    source: Source { path: file!(), text: include_str!("select_quit.rs") },
    shows: "ten numbers, then `quit`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["1", "1", "2", "3", "5", "8", "13", "21", "34", "55", "quit"])
}
