//! docs/soundness.md names tests, and they are there: each that it names is a test, and each of its answers names one.

use std::fs;
use std::path::{Path, PathBuf};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the crates")
}

/// The words of a text between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What a word between backquotes says of tests.
#[derive(Debug, PartialEq)]
enum Named {
    /// A test in this file, or all that are in it.
    Test(PathBuf, Option<String>),
    /// A file or folder of tests.
    Place(PathBuf),
}

/// The tests that `text` names; `file::test` stands below `suite` if no path goes before it, `::test` is in the
/// file named last.
fn named(text: &str, crates: &Path) -> Vec<Named> {
    let suite = crates.join("gorge-coro/tests/suite");
    let (mut found, mut last) = (Vec::new(), PathBuf::new());
    for word in quoted(text) {
        let (file, test) = match word.split_once("::") {
            Some(("", test)) if !last.as_os_str().is_empty() => (last.clone(), Some(test)),
            Some((file, test)) if file.contains("/tests/") => (crates.join(file), Some(test)),
            Some((file, test)) if suite.join(file).with_extension("rs").exists() => {
                (suite.join(file).with_extension("rs"), Some(test))
            }
            None if word.contains("/tests/") && !word.starts_with("crates/") => {
                (crates.join(word), None)
            }
            _ => continue,
        };
        last.clone_from(&file);
        found.push(match test {
            None => Named::Place(file),
            Some("*") => Named::Test(file, None),
            Some(test) => Named::Test(file, Some(test.to_owned())),
        });
    }
    found
}

/// Whether it is there, and a test.
fn is_there(named: &Named) -> bool {
    match named {
        Named::Place(path) => path.exists(),
        Named::Test(file, test) => {
            let text = fs::read_to_string(file).unwrap_or_default();
            let of_that_name = |test: &str| {
                let (before, _) = text.split_once(&format!("fn {test}()"))?;
                let attributes = before.rsplit("\n\n").next()?;
                Some(attributes.lines().any(|line| line.trim() == "#[test]"))
            };
            match test {
                None => text.contains("#[test]"),
                Some(test) => of_that_name(test) == Some(true),
            }
        }
    }
}

#[test]
fn every_test_that_it_names_is_there() {
    let text = fs::read_to_string(crates().join("../docs/soundness.md")).expect("the document");
    let named = named(&text, &crates());
    assert!(named.len() > 50, "only {} were found", named.len());
    let gone: Vec<_> = named.iter().filter(|named| !is_there(named)).collect();
    assert!(gone.is_empty(), "named and not there: {gone:#?}");
}

#[test]
fn every_answer_names_a_test() {
    let text = fs::read_to_string(crates().join("../docs/soundness.md")).expect("the document");
    let answers = || text.split("\n\n").filter(|part| part.starts_with("**"));
    assert!(answers().count() > 20);
    let without: Vec<_> = answers().filter(|part| named(part, &crates()).is_empty()).collect();
    assert!(without.is_empty(), "no test is named in: {without:#?}");
}

#[test]
fn what_is_not_there_is_noticed() {
    let text = "`stress::all_at_once`, `stress::nothing`, `::fiction`, `gorge/tests/soundness.rs::named`, \
                `gorge/tests/nowhere`, `thread::current`, `fallbacks::*`";
    let named = named(text, &crates());
    let there: Vec<bool> = named.iter().map(is_there).collect();
    assert_eq!(there, [true, false, false, false, false, true]);
}
