//! The same counts by five ways of sharing them. Over a channel, in memory under a lock,
//! behind a semaphore that lets four at a time through, through a file, by a pool of
//! workers; the command `gorge wc --via` is made of the same.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::{Mutex, Semaphore};
use gorge::{channel, context, patterns, scope};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{array, env, fs, io, process};

/// Lines, words, bytes.
type Counts = [usize; 3];

fn count(file: &Path) -> Counts {
    let text = fs::read_to_string(file).unwrap_or_default();
    [text.lines().count(), text.split_whitespace().count(), text.len()]
}

/// The first three numbers of a line.
fn read(line: &str) -> Counts {
    let mut numbers = line.split_whitespace().map_while(|number| number.parse().ok());
    array::from_fn(|_| numbers.next().unwrap_or(0))
}

fn add(a: Counts, b: Counts) -> Counts {
    array::from_fn(|n| a[n] + b[n])
}

fn by_channel(files: &[PathBuf]) -> Counts {
    let (tx, counts) = channel(files.len());
    scope(|s| files.iter().for_each(|file| drop(s.go(|| tx.send(count(file))))));
    counts.iter().take(files.len()).fold([0; 3], add)
}

fn in_memory(files: &[PathBuf]) -> Counts {
    let total = Mutex::new([0; 3]);
    let one = |file| {
        let (counts, mut total) = (count(file), total.lock());
        *total = add(*total, counts);
    };
    scope(|s| files.iter().for_each(|file| drop(s.go(|| one(file)))));
    total.into_inner()
}

fn by_semaphore(files: &[PathBuf]) -> Counts {
    let (places, mut counts) = (Semaphore::new(4), vec![[0; 3]; files.len()]);
    scope(|s| {
        for (file, counts) in files.iter().zip(&mut counts) {
            let place = places.acquire(1);
            s.go(move || (*counts = count(file), drop(place)));
        }
    });
    counts.into_iter().fold([0; 3], add)
}

fn by_file(files: &[PathBuf], saved: &Path) -> io::Result<Counts> {
    let file = Mutex::new(fs::File::create(saved)?);
    let save = |[l, w, b]: Counts| writeln!(file.lock(), "{l} {w} {b}");
    scope(|s| files.iter().for_each(|file| drop(s.go(|| save(count(file))))));
    Ok(fs::read_to_string(saved)?.lines().map(read).fold([0; 3], add))
}

fn by_pool(files: &[PathBuf]) -> Counts {
    let (ctx, files) = (context::background(), files.to_vec());
    patterns::as_they_come(&ctx, 4, files, |f| count(&f)).into_iter().flatten().fold([0; 3], add)
}

fn by_wc(files: &[PathBuf]) -> io::Result<Counts> {
    let said = process::Command::new("wc").args(files).output()?.stdout;
    Ok(String::from_utf8_lossy(&said).lines().last().map(read).unwrap_or_default())
}

fn main() {
    let folder = env::temp_dir().join(format!("gorge-tour-wc-{}", process::id()));
    let files: Vec<PathBuf> = (1..=20).map(|n| folder.join(format!("{n}"))).collect();
    let made = fs::create_dir(&folder);
    (1..).zip(&files).for_each(|(n, file)| _ = fs::write(file, "one two three\n".repeat(n)));
    println!("channel:   {:?} total", by_channel(&files));
    println!("memory:    {:?} total", in_memory(&files));
    println!("semaphore: {:?} total", by_semaphore(&files));
    println!("file:      {:?} total", by_file(&files, &folder.join("saved")).unwrap_or_default());
    println!("pool:      {:?} total", by_pool(&files));
    println!("wc(1):     {:?} total", by_wc(&files).unwrap_or_default());
    _ = made.and_then(|()| fs::remove_dir_all(&folder));
}

pub(crate) const PROGRAM: Program = Program {
    name: "wc",
    source: Source { path: file!(), text: include_str!("wc.rs") },
    shows: "the same lines, words and bytes five times, and from wc(1)",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let total = "[210, 630, 2940] total";
    let ways = ["channel:  ", "memory:   ", "semaphore:", "file:     ", "pool:     ", "wc(1):    "];
    let lines = ways.map(|way| format!("{way} {total}"));
    run.printed(&lines.each_ref().map(String::as_str))
}
