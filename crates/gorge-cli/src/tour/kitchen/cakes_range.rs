//! The packer need not know how many cakes there will be. The baker's end of the
//! channel goes home with the baker; that closes the channel, and the packer's loop is
//! over.

use crate::tour::program::{Program, Scene};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go};

fn make(table: Sender<u32>, count: u32) {
    for number in 1..=count {
        println!("made cake {number}");
        _ = table.send(number);
    }
}

fn pack(table: Receiver<u32>) {
    for cake in table {
        println!("packed cake {cake}");
    }
}

fn main() {
    let (put, take) = channel(0);
    go(move || make(put, 3));
    _ = go(move || pack(take)).join();
}

pub(crate) const PROGRAM: Program = Program {
    name: "cakes-range",
    source: Source { path: file!(), text: include_str!("cakes_range.rs") },
    shows: "three cakes, then the loop ends by itself",
    scenes: &[Scene::only(main, super::cakes_loop::check)],
};
