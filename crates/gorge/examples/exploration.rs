//! How many schedules a second are explored on this machine, and how soon a bug is found:
//! `cargo run --release -p gorge --example exploration [SCHEDULES]`.

use std::time::{Duration, Instant};

use gorge::testing::{Explore, explore};

#[path = "../tests/testing/programs.rs"]
mod programs;
use programs::{dine, ping, two_of_six};

fn measured(name: &str, exploration: Explore, program: fn()) {
    let began = Instant::now();
    let explored = exploration.run(program);
    let per_second = explored.schedules as f64 / began.elapsed().as_secs_f64();
    println!("{name:<32} {:>9} schedules, {per_second:>9.0} per second", explored.schedules);
}

fn main() {
    let schedules = std::env::args()
        .nth(1)
        .map_or(20_000, |text| text.parse().expect("the argument is a number of schedules"));
    measured("ping, random", explore().random(schedules), ping);
    measured("ping, pct", explore().pct(3, schedules), ping);
    measured("ping, random, races not looked for", explore().random(schedules).races(false), ping);
    measured("ping, exhaustive", explore().exhaustive(), ping);
    measured("philosophers, random", explore().random(schedules), || dine(false));
    measured("philosophers, exhaustive", explore().exhaustive(), || dine(false));
    for (name, exploration) in [
        ("mixed", explore().schedules(1_000_000)),
        ("pct 2", explore().pct(2, 1_000_000)),
        ("random", explore().random(1_000_000)),
    ] {
        let (mut time, mut runs) = (Duration::ZERO, 0);
        for seed in 0..20 {
            let began = Instant::now();
            runs += exploration.clone().seed(seed).check(two_of_six).unwrap_err().schedules;
            time += began.elapsed();
        }
        println!(
            "two of six, {name}: found after {} runs and {:?}, with shrinking",
            runs / 20,
            time / 20
        );
    }
}
