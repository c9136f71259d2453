//! Files can be made at once by as many goroutines. Each of them blocks in the file
//! system as an ordinary program does, and the others go on; a failure is a value
//! that the caller gets from `join`.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::go;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

fn create(path: &Path) -> Result<(), String> {
    let content = format!("this is {}\n", path.display());
    fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn create_all(folder: &Path, number: usize) -> Vec<Result<(), String>> {
    let paths = (1..=number).map(|n| folder.join(format!("file-{n}")));
    let writers: Vec<_> = paths.map(|path: PathBuf| go(move || create(&path))).collect();
    writers
        .into_iter()
        .map(|writer| writer.join().unwrap_or_else(|lost| Err(lost.to_string())))
        .collect()
}

fn whole(path: PathBuf) -> bool {
    fs::read_to_string(&path).is_ok_and(|text| text == format!("this is {}\n", path.display()))
}

fn main() {
    let folder = env::temp_dir().join(format!("gorge-create-files-{}", process::id()));
    if let Err(error) = fs::create_dir(&folder) {
        return println!("cannot make {}: {error}", folder.display());
    }
    let made = create_all(&folder, 50).into_iter().filter(Result::is_ok).count();
    let whole = (1..=50).filter(|n| whole(folder.join(format!("file-{n}")))).count();
    println!("made: {made}");
    println!("whole: {whole}");
    for unwritable in [folder.join("nowhere"), "/proc".into()] {
        for error in create_all(&unwritable, 1).into_iter().filter_map(Result::err) {
            println!("{error}");
        }
    }
    _ = fs::remove_dir_all(&folder);
}

pub(crate) const PROGRAM: Program = Program {
    name: "create-files",
    source: Source { path: file!(), text: include_str!("create_files.rs") },
    shows: "all files there, each with its content; an unusable folder is an error that names the file",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    for label in ["made: ", "whole: "] {
        ensure(run.number(label)? == 50.0, || format!("{label:?} was to be 50"))?;
    }
    let errors: Vec<&str> = run.texts().skip(2).collect();
    let [nowhere, unwritable] = errors[..] else {
        return Err(format!("two errors were expected, not {errors:?}"));
    };
    for (error, file) in [(nowhere, "nowhere/file-1: "), (unwritable, " /proc/file-1: ")] {
        let names = error.starts_with("cannot write ") && error.contains(file);
        ensure(names, || format!("an error that names {file:?} was expected, not {error:?}"))?;
    }
    Ok(())
}
