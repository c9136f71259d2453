//! The packer need not know how many cakes there will be. The baker's end of the
//! channel goes home with the baker; that closes the channel, and the packer's loop is
//! over.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
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
    scenes: &[Scene::only(main, check)],
};

/// Each cake is made and packed once, and no cake before the one in front of it
/// has left the table.
fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let lines: Vec<String> =
        (1..=3).flat_map(|n| [format!("made cake {n}"), format!("packed cake {n}")]).collect();
    run.printed_in_any_order(&lines)?;
    let place = |line: &str| run.texts().position(|seen| seen == line);
    (1..=3).try_for_each(|n| {
        let (made, packed) = (place(&format!("made cake {n}")), place(&format!("packed cake {n}")));
        ensure(made < packed, || format!("cake {n} was packed before it was made"))
    })
}
