//! A select takes from whichever baker has a cake. Each baker has a channel here.
//! A closed one would be ready for ever; `None` in its place takes it out of the
//! select.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, select};

fn bakery(flavour: &'static str, count: u32) -> Option<Receiver<String>> {
    let (put, take) = channel(0);
    go(move || (1..=count).try_for_each(|n| put.send(format!("{flavour} cake {n}"))));
    Some(take)
}

fn main() {
    let mut strawberry = bakery("strawberry", 3);
    let mut chocolate = bakery("chocolate", 3);
    while strawberry.is_some() || chocolate.is_some() {
        select! {
            recv(strawberry) -> cake => match cake {
                Ok(cake) => println!("packed {cake}"),
                Err(_) => {
                    println!("no more strawberry cakes");
                    strawberry = None;
                }
            },
            recv(chocolate) -> cake => match cake {
                Ok(cake) => println!("packed {cake}"),
                Err(_) => {
                    println!("no more chocolate cakes");
                    chocolate = None;
                }
            },
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "two-flavours-select",
    source: Source { path: file!(), text: include_str!("two_flavours_select.rs") },
    shows: "every cake of both, once; both ends noticed, each after its last cake",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    for flavour in ["strawberry", "chocolate"] {
        let seen: Vec<&str> = run.texts().filter(|line| line.contains(flavour)).collect();
        let mut expected: Vec<String> =
            (1..=3).map(|n| format!("packed {flavour} cake {n}")).collect();
        expected.push(format!("no more {flavour} cakes"));
        ensure(seen == expected, || format!("{expected:?} was expected, not {seen:?}"))?;
    }
    ensure(run.lines.len() == 8, || format!("8 lines were expected, not {}", run.lines.len()))
}
