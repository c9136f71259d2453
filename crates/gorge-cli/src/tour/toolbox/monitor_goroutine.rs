//! One goroutine owns the value; the others send it messages. There is nothing to
//! lock, because there is nobody else who could touch it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go, select, sync::WaitGroup};

fn monitor(set: Receiver<i32>, get: Sender<i32>) {
    let mut value = 0;
    loop {
        select! {
            recv(set) -> new => match new {
                Ok(new) => {
                    value = new;
                    println!("set to {value}");
                }
                Err(_) => return,
            },
            send(get, value) -> _ => {}
        }
    }
}

fn main() {
    let (set, set_out) = channel(0);
    let (get_in, get) = channel(0);
    go(move || monitor(set_out, get_in));
    let setters = WaitGroup::new();
    for value in 1..=8 {
        let set = set.clone();
        setters.go(move || _ = set.send(value));
    }
    setters.wait();
    println!("read: {}", get.recv().unwrap_or_default());
    drop(set);
}

pub(crate) const PROGRAM: Program = Program {
    name: "monitor-goroutine",
    source: Source { path: file!(), text: include_str!("monitor_goroutine.rs") },
    shows: "the last value read is the last value set",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let values: Vec<&str> = run.texts().filter_map(|line| line.strip_prefix("set to ")).collect();
    ensure(values.len() == 8, || format!("8 values were to be set, not {}", values.len()))?;
    let read = run.texts().last().and_then(|line| line.strip_prefix("read: "));
    let last = values.last().copied();
    ensure(read == last, || format!("{last:?} was to be read, not {read:?}"))
}
