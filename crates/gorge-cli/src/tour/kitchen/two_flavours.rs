//! Two bakers may share one channel. The packer gets the cakes of both, in whatever
//! order they come, and is done when both bakers are.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Sender, channel, go};

fn make(flavour: &str, count: u32, table: Sender<String>) {
    for number in 1..=count {
        _ = table.send(format!("{flavour} cake {number}"));
    }
}

fn main() {
    let (put, take) = channel(0);
    let second = put.clone();
    go(move || make("strawberry", 3, put));
    go(move || make("chocolate", 2, second));
    for cake in take {
        println!("packed {cake}");
    }
    println!("both have finished");
}

pub(crate) const PROGRAM: Program = Program {
    name: "two-flavours",
    source: Source { path: file!(), text: include_str!("two_flavours.rs") },
    shows: "every cake of both, once, and each baker's in order",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let of = |flavour: &str| -> Vec<&str> {
        run.texts().filter_map(|line| line.strip_prefix("packed ")?.strip_prefix(flavour)).collect()
    };
    let (strawberry, chocolate) = (of("strawberry cake "), of("chocolate cake "));
    ensure(strawberry == ["1", "2", "3"], || format!("strawberry cakes: {strawberry:?}"))?;
    ensure(chocolate == ["1", "2"], || format!("chocolate cakes: {chocolate:?}"))?;
    ensure(run.lines.len() == 6, || format!("6 lines were expected, not {}", run.lines.len()))?;
    ensure(run.texts().last() == Some("both have finished"), || "both were to finish".to_owned())
}
