//! At most `gomaxprocs` goroutines run at the same time. It begins as the number of
//! processors that the process may use, or as the environment variable `GOMAXPROCS`
//! says; set at run time, it gives back what it was before. Zero only asks.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::runtime::{gomaxprocs, num_cpu};

fn ask() {
    println!("processors: {}", num_cpu());
    println!("GOMAXPROCS: {}", gomaxprocs(0));
}

fn set() {
    let before = gomaxprocs(3);
    println!("as before: {}", before == num_cpu());
    println!("GOMAXPROCS: {}", gomaxprocs(0));
}

pub(crate) const PROGRAM: Program = Program {
    name: "maxprocs",
    source: Source { path: file!(), text: include_str!("maxprocs.rs") },
    shows: "the processors allowed; 100 when the environment says so; 3 after it was set to 3",
    scenes: &[
        Scene { environment: &[("GOMAXPROCS", "")], ..Scene::titled("by itself", ask, as_many) },
        Scene {
            environment: &[("GOMAXPROCS", "100")],
            ..Scene::titled("GOMAXPROCS=100", ask, hundred)
        },
        Scene {
            environment: &[("GOMAXPROCS", "")],
            ..Scene::titled("set at run time", set, three)
        },
    ],
};

fn as_many(run: &Run) -> Verdict {
    run.ended_well()?;
    let allowed = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    run.printed(&[&format!("processors: {allowed}"), &format!("GOMAXPROCS: {allowed}")])
}

fn hundred(run: &Run) -> Verdict {
    run.ended_well()?;
    ensure(run.number("GOMAXPROCS: ")? == 100.0, || "GOMAXPROCS was to be 100".to_owned())
}

fn three(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["as before: true", "GOMAXPROCS: 3"])
}
