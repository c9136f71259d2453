//! The same cakes with one baker and one packer, each with a loop. What they print is
//! not the order of what happens on the channel: between the sending and the printing
//! the other one may be quicker.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go};

fn make(table: &Sender<u32>) {
    for number in 1..=3 {
        println!("made cake {number}");
        _ = table.send(number);
    }
}

fn pack(table: &Receiver<u32>) {
    for _ in 1..=3 {
        println!("packed cake {}", table.recv().unwrap_or_default());
    }
}

fn main() {
    let (put, take) = channel(0);
    go(move || make(&put));
    _ = go(move || pack(&take)).join();
}

pub(crate) const PROGRAM: Program = Program {
    name: "cakes-loop",
    source: Source { path: file!(), text: include_str!("cakes_loop.rs") },
    shows: "three cakes, each made before it is packed",
    scenes: &[Scene::only(main, check)],
};

/// Each cake is made and packed once, and no cake before the one in front of it
/// has left the table.
pub(super) fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let lines: Vec<String> =
        (1..=3).flat_map(|n| [format!("made cake {n}"), format!("packed cake {n}")]).collect();
    run.printed_in_any_order(&lines)?;
    let place = |line: &str| run.texts().position(|seen| seen == line);
    (1..=3).try_for_each(|n| {
        let (made, packed) = (place(&format!("made cake {n}")), place(&format!("packed cake {n}")));
        ensure(made < packed, || format!("cake {n} was packed before it was made"))?;
        // Whoever has made cake n + 2 has put n + 1 on the table, which was taken by
        // one who had packed n.
        let later = place(&format!("made cake {}", n + 2));
        ensure(later.is_none_or(|later| packed < Some(later)), || {
            format!("cake {n} was still on the table when cake {} was made", n + 2)
        })
    })
}
