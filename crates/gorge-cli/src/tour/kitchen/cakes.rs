//! Make one, pack one: there is no room for a second cake. The channel has no
//! buffer, so each pair of goroutines meets at it and is done.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go, time};
use std::time::Duration;

fn make(table: &Chan<u32>, number: u32) {
    println!("made cake {number}");
    table.send(number);
}

fn pack(table: &Chan<u32>) {
    println!("packed cake {}", table.recv());
}

fn main() {
    let table = Chan::new(0);
    for number in 1..=3 {
        let (baker, packer) = (table.clone(), table.clone());
        go(move || make(&baker, number));
        go(move || pack(&packer));
        time::sleep(Duration::from_secs(1));
        println!("cakes on the table: {}", table.len());
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "cakes",
    source: Source { path: file!(), text: include_str!("cakes.rs") },
    shows: "one cake made and packed each second, none ever on the channel",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines = Vec::new();
    for number in 1..=3_u32 {
        let begin = f64::from(number - 1);
        lines.push((begin, format!("made cake {number}")));
        lines.push((begin, format!("packed cake {number}")));
        lines.push((begin + 1.0, "cakes on the table: 0".to_owned()));
    }
    let lines: Vec<(f64, &str)> = lines.iter().map(|(at, line)| (*at, line.as_str())).collect();
    run.printed_at(&lines)
}
