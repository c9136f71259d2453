//! Ask ten handlers and take the quickest answer. The done channel calls the
//! others off; a handler that is no longer needed does not wait.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, select, sync::WaitGroup};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

fn handle(id: u32, result: &Sender<u32>, done: &Receiver<()>) {
    let load = Duration::from_millis(1_000 + RandomState::new().hash_one(id) % 4_000);
    select! {
        recv(done) -> _ => return println!("handler {id} was called off"),
        timeout(load) => {}
    }
    select! {
        recv(done) -> _ => println!("handler {id} was too late"),
        send(result, id) -> _ => println!("handler {id} answered"),
    }
}

fn main() {
    let (result, answer) = channel(0);
    let (cancel, done) = channel(0);
    let handlers = WaitGroup::new();
    for id in 0..10 {
        let (result, done) = (result.clone(), done.clone());
        handlers.go(move || handle(id, &result, &done));
    }
    let first = answer.recv();
    cancel.close();
    handlers.wait();
    println!("the answer came from {first:?}");
}

pub(crate) const PROGRAM: Program = Program {
    name: "replicated-requests",
    source: Source { path: file!(), text: include_str!("replicated_requests.rs") },
    shows: "one answer; the other nine are called off",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let answers: Vec<&str> = run.texts().filter(|line| line.ends_with(" answered")).collect();
    let [answer] = answers[..] else {
        return Err(format!("one answer was expected, not {answers:?}"));
    };
    let off = |line: &&str| line.ends_with("was called off") || line.ends_with("was too late");
    let called_off = run.texts().filter(off).count();
    ensure(called_off == 9, || format!("nine were to be called off, not {called_off}"))?;
    let id = answer.trim_start_matches("handler ").trim_end_matches(" answered");
    let last = run.lines.last().map(|line| (line.text.clone(), line.at));
    let (text, at) = last.unwrap_or_default();
    ensure(text == format!("the answer came from Ok({id})"), || {
        format!("{text:?} is not {id}'s answer")
    })?;
    ensure(at <= Duration::from_secs(5) + run.slack, || {
        "the answer was to come within 5 s".to_owned()
    })
}
