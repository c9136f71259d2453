//! A ball on a channel without a buffer is always with one player. Who misses it
//! closes the channel, and that is how the other one learns of the victory.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, sync::WaitGroup};
use std::hash::{BuildHasher, RandomState};

fn misses() -> bool {
    RandomState::new().hash_one(()).is_multiple_of(13)
}

fn play(name: &str, court: &Chan<u32>) {
    while let (ball, true) = court.recv_ok() {
        if misses() {
            println!("{name} misses");
            court.close();
            return;
        }
        println!("{name} hits {ball}");
        court.send(ball + 1);
    }
    println!("{name} wins");
}

fn main() {
    let court = Chan::new(0);
    let players = WaitGroup::new();
    for name in ["Amélie", "Serena"] {
        let court = court.clone();
        players.go(move || play(name, &court));
    }
    court.send(1);
    players.wait();
    println!("game over");
}

pub(crate) const PROGRAM: Program = Program {
    name: "tennis",
    source: Source { path: file!(), text: include_str!("tennis.rs") },
    shows: "hits in turn, one winner, both end",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let [rally @ .., miss, win, over] = &run.lines[..] else {
        return Err("a game was expected".to_owned());
    };
    let names = ["Amélie", "Serena"];
    let first = names.iter().position(|name| run.lines[0].text.starts_with(name)).unwrap_or(0);
    let player = |turn: usize| names[(first + turn) % 2];
    for (turn, line) in rally.iter().enumerate() {
        let expected = format!("{} hits {}", player(turn), turn + 1);
        ensure(line.text == expected, || {
            format!("{expected:?} was expected, not {:?}", line.text)
        })?;
    }
    let turn = rally.len();
    let end = [format!("{} misses", player(turn)), format!("{} wins", player(turn + 1))];
    let seen = [&miss.text, &win.text];
    ensure(seen == [&end[0], &end[1]], || format!("{end:?} was expected, not {seen:?}"))?;
    ensure(over.text == "game over", || "the game was to be over".to_owned())
}
