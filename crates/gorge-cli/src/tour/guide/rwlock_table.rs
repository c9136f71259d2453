//! With a lock for reading and writing, readers do not wait for each other. This table
//! holds one against a plain lock: a writer that locks five times, beside more and more
//! readers that lock once each (up to 256 where each must be an operating system's
//! thread).

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::runtime::{self, gosched};
use gorge::sync::{Mutex, RwLock, WaitGroup};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn time<L: Send + Sync + 'static>(readers: u32, lock: L, write: fn(&L), read: fn(&L)) -> Duration {
    let (lock, all, begun) = (Arc::new(lock), WaitGroup::new(), Instant::now());
    let writer = lock.clone();
    all.go(move || {
        for _ in 0..5 {
            write(&writer);
            gosched();
        }
    });
    for _ in 0..readers {
        let lock = lock.clone();
        all.go(move || read(&lock));
    }
    all.wait();
    begun.elapsed()
}

fn main() {
    let threads = runtime::mode() == runtime::Mode::Thread;
    println!("{:>7}  {:>12}  {:>12}", "readers", "RwLock", "Mutex");
    for power in 0..20 {
        let readers = 1 << if threads { power.min(8) } else { power };
        let lock = RwLock::new(());
        let shared = time(readers, lock, |lock| drop(lock.write()), |lock| drop(lock.read()));
        let lock = Mutex::new(());
        let alone = time(readers, lock, |lock| drop(lock.lock()), |lock| drop(lock.lock()));
        println!("{readers:>7}  {shared:>12.1?}  {alone:>12.1?}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "rwlock-table",
    source: Source { path: file!(), text: include_str!("rwlock_table.rs") },
    shows: "a table of 20 rows, both locks",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let rows: Vec<Vec<&str>> =
        run.texts().skip(1).map(|row| row.split_whitespace().collect()).collect();
    ensure(rows.len() == 20, || format!("20 rows were expected, not {}", rows.len()))?;
    let most = if runtime::mode() == runtime::Mode::Thread { 8 } else { 19 };
    (0..).zip(&rows).try_for_each(|(power, row)| {
        let readers = 1_u32 << most.min(power);
        let complete = row.len() == 3 && row[0].parse() == Ok(readers) && row[2].ends_with('s');
        ensure(complete, || format!("{readers} readers and two times were expected, not {row:?}"))
    })
}
