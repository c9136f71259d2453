//! What the book shows of a program's end is what the program prints: the programs of the chapter on
//! debugging are built and run, and their outputs compared.
#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that are shown with their outputs.
fn programs(chapter: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for part in chapter.split("```rust,no_run\n").skip(1) {
        let (code, rest) = part.split_once("```").expect("an end of the code");
        let output = rest.split_once("```text\n").and_then(|(_, rest)| rest.split_once("```"));
        found.push((code, output.expect("an output").0));
    }
    found
}

/// Builds `code` as the binary of a crate `shop`, against the library that this test was built with.
fn build(code: &str, folder: &Path) -> PathBuf {
    let here = std::env::current_exe().expect("a path");
    let libraries = here.parent().expect("the folder of libraries");
    let is_facade = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("libgorge-") && name.ends_with(".rlib")
    };
    let entries = fs::read_dir(libraries).expect("libraries");
    let mut facades: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_facade).collect();
    // Older ones may lie about; the newest is the one of this build.
    facades.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok());
    let facade = facades.pop().expect("the library");
    let (source, binary) = (folder.join("src/main.rs"), folder.join("shop"));
    fs::create_dir_all(folder.join("src")).expect("a folder");
    fs::write(&source, code).expect("a file");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(folder).args(["--edition=2024", "--crate-name=shop", "-Cdebuginfo=1"]);
    rustc.arg("--extern").arg(format!("gorge={}", facade.display()));
    rustc.arg("-L").arg(format!("dependency={}", libraries.display()));
    let status = rustc.arg("-o").arg(&binary).arg("src/main.rs").status().expect("rustc");
    assert!(status.success(), "{code}");
    binary
}

/// Without what differs from run to run: addresses, offsets in functions, where the folder is.
fn bare(text: &str, folder: &Path) -> String {
    let mut bare = String::new();
    let text = text.replace(&format!("{}/", folder.display()), "");
    for (n, part) in text.trim().split("0x").enumerate() {
        let rest =
            if n == 0 { part } else { part.trim_start_matches(|c: char| c.is_ascii_hexdigit()) };
        bare.push_str(if n == 0 { "" } else { "0x" });
        bare.push_str(rest);
    }
    bare
}

#[test]
fn the_outputs_in_the_chapter_on_debugging_are_real() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src/debugging.md");
    let chapter = fs::read_to_string(book).expect("the chapter");
    let ends = [("GORGE_DEADLOCK", "0", 2), ("GORGE_LEAKS", "1", 0), ("GORGE_RACE", "1", 66)];
    let programs = programs(&chapter);
    assert_eq!(programs.len(), ends.len());
    for (n, ((code, expected), (name, value, status))) in programs.into_iter().zip(ends).enumerate()
    {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shown-{n}"));
        let mut program = Command::new(build(code, &folder));
        let program = program.env(name, value).env("GORGE_MODE", "fibers").env("GOMAXPROCS", "1");
        let program = program.env("RUST_BACKTRACE", "0");
        let mut run = || {
            let run = program.output().expect("a run");
            let printed = [run.stdout, run.stderr].concat();
            let printed = bare(&String::from_utf8_lossy(&printed), &folder);
            assert_eq!(run.status.code(), Some(status), "{printed}");
            printed
        };
        // Who comes first (to the answer, to the variable) is up to the machine: a goroutine whose thread is stopped loses
        // its processor. So another run may show it; if the output is not real, none does.
        let expected = bare(expected, &folder);
        let mut others = Vec::new();
        while others.len() < 50 && others.last() != Some(&expected) {
            others.push(run());
        }
        assert_eq!(others.last(), Some(&expected), "others: {others:#?}");
    }
}
