//! A pipeline over files: find them, read them, count their words, print the longest; each stage is at work while
//! the next one is.
//!
//! `cargo run --release -p gorge --example file_pipeline [FOLDER]`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gorge::context;
use gorge::patterns::{Generator, fan_out, generate, merge};

/// The files below `folder`, one after the other as they are found.
fn files_below(folder: PathBuf) -> Generator<PathBuf> {
    Generator::new(move |found| {
        let mut ahead = vec![folder];
        while let Some(folder) = ahead.pop() {
            // A folder that cannot be read has no files for us.
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => ahead.push(entry.path()),
                    Ok(kind) if kind.is_file() && !found.give(entry.path()) => return,
                    _ => {}
                }
            }
        }
    })
}

fn count_words(path: &Path) -> io::Result<usize> {
    let bytes = fs::read(path)?; // blocks, and the other goroutines go on
    Ok(String::from_utf8_lossy(&bytes).split_whitespace().count())
}

#[gorge::main]
fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
    let ctx = context::background();
    let files = generate(&ctx, files_below(folder.into()));
    let workers = fan_out(&ctx, files, 8, |path: PathBuf| {
        let words = count_words(&path);
        (path, words)
    });
    let counted = merge(&ctx, workers.expect("eight is not none"));

    let (mut files, mut words, mut longest) = (0, 0, (0, PathBuf::new()));
    for (path, number) in counted {
        match number {
            Ok(number) => {
                files += 1;
                words += number;
                longest = longest.max((number, path));
            }
            Err(error) => eprintln!("{}: {error}", path.display()),
        }
    }
    println!("{words} words in {files} files; most, {}, in {}", longest.0, longest.1.display());
    assert!(files > 0, "there is at least this file");
}
