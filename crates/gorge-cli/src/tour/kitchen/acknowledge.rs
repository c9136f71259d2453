//! An answer can come back on the channel that the question went out on. Each baker has
//! one, so the acknowledgement reaches the one it is for.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, select, sync::WaitGroup, time};
use std::time::Duration;

fn make(flavour: &str, table: &Chan<String>) {
    for number in 1..=3 {
        table.send(format!("{flavour} cake {number}"));
        println!("{flavour} baker hears: {}", table.recv());
    }
}

fn pack(strawberry: &Chan<String>, chocolate: &Chan<String>) {
    loop {
        select! {
            recv(strawberry) -> cake => strawberry.send(thanks(cake.ok())),
            recv(chocolate) -> cake => chocolate.send(thanks(cake.ok())),
            timeout(Duration::from_secs(1)) => return println!("no more cakes"),
        }
    }
}

fn thanks(cake: Option<String>) -> String {
    format!("{} is packed", cake.unwrap_or_default())
}

fn main() {
    let tables = [Chan::new(0), Chan::new(0)];
    let bakers = WaitGroup::new();
    for (flavour, table) in ["strawberry", "chocolate"].into_iter().zip(tables.clone()) {
        bakers.go(move || make(flavour, &table));
    }
    let [strawberry, chocolate] = &tables;
    pack(strawberry, chocolate);
    bakers.wait();
    time::sleep(Duration::from_secs(1));
}

pub(crate) const PROGRAM: Program = Program {
    name: "acknowledge",
    source: Source { path: file!(), text: include_str!("acknowledge.rs") },
    shows: "each baker gets its own acknowledgements, in order",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    for flavour in ["strawberry", "chocolate"] {
        let baker = format!("{flavour} baker hears: ");
        let heard: Vec<&str> = run.texts().filter_map(|line| line.strip_prefix(&baker)).collect();
        let expected: Vec<String> =
            (1..=3).map(|n| format!("{flavour} cake {n} is packed")).collect();
        ensure(heard == expected, || format!("{expected:?} was expected, not {heard:?}"))?;
    }
    ensure(run.lines.len() == 7, || format!("7 lines were expected, not {}", run.lines.len()))
}
