//! A context can carry values down to whoever is called. The key is a type of its own:
//! nobody finds a value by accident, and what is found has the right type.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, Context, Key};

struct Secret;
impl Key for Secret {
    type Value = String;
}

struct NotThere;
impl Key for NotThere {
    type Value = String;
}

fn search<K: Key<Value = String>>(ctx: &Context) {
    match ctx.value::<K>() {
        Some(value) => println!("found: {value}"),
        None => println!("not found"),
    }
}

fn main() {
    let ctx = context::with_value::<Secret>(&context::background(), "my secret".to_owned());
    search::<Secret>(&ctx);
    search::<NotThere>(&ctx);
    search::<Secret>(&context::todo());
}

pub(crate) const PROGRAM: Program = Program {
    name: "context-values",
    source: Source { path: file!(), text: include_str!("context_values.rs") },
    shows: "found; not there; not there in an empty one",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["found: my secret", "not found", "not found"])
}
