//! Whatever users can name is shown in an example that runs.
//!
//! A type, a function, a trait, a macro and a method has an example of its own, or is used by an example in
//! the same file: one of its type, mostly. Trait implementations need none, nor does what an implementation
//! must or may have.

mod items;

use std::fs;
use std::path::{Path, PathBuf};

use items::{Item, Kind};

/// Whatever is public in them is for users, but for [`NOT_FOR_USERS`].
const FOR_USERS: [&str; 8] = [
    "gorge/src",
    "gorge-sync/src",
    "gorge-flow/src",
    "gorge-net/src",
    "gorge-os/src",
    "gorge-async/src",
    "gorge-check/src",
    "gorge-macros/src",
];

/// Files of the crates below with what the facade passes on.
const PASSED_ON: [&str; 11] = [
    "gorge-scope/src/lib.rs",
    "gorge-sched/src/runtime/blocking.rs",
    "gorge-sched/src/runtime/boot.rs",
    "gorge-sched/src/runtime/error.rs",
    "gorge-sched/src/runtime/joined.rs",
    "gorge-sched/src/runtime/own.rs",
    "gorge-sched/src/runtime/pinned.rs",
    "gorge-sched/src/runtime/procs.rs",
    "gorge-sched/src/runtime/scope.rs",
    "gorge-sched/src/runtime/spawn.rs",
    "gorge-sched/src/runtime/timers.rs",
];

/// What other crates or the expansions of macros need, and a feature that is off by default.
const NOT_FOR_USERS: [&str; 11] = [
    "gorge-async/src/hyper.rs",
    "gorge-check/src/lib.rs",
    "gorge-check/src/test.rs",
    "gorge-sync/src/chan/arm.rs",
    "gorge-sync/src/chan/future/recv.rs",
    "gorge-sync/src/chan/future/send.rs",
    "gorge-sync/src/chan/held.rs",
    "gorge-sync/src/macros.rs",
    "gorge-sync/src/select/arms.rs",
    "gorge-sync/src/wait",
    "gorge/src/start.rs",
];

/// What stands in those files all the same, for other crates.
const NOT_PASSED_ON: [&str; 6] =
    ["below", "from_payload", "in_goroutine", "install", "others_run", "random"];

#[test]
fn every_public_item_is_shown_in_an_example() {
    let mut without = Vec::new();
    let mut seen = 0;
    let not_for_users = NOT_FOR_USERS.map(|path| root().join("crates").join(path));
    for path in FOR_USERS.into_iter().chain(PASSED_ON).flat_map(sources) {
        if not_for_users.iter().any(|not| path.starts_with(not)) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let shown = items::examples(&file);
        for item in items::items(&file) {
            if NOT_PASSED_ON.contains(&item.name.as_str()) {
                continue;
            }
            seen += 1;
            if !item.example && !item.is_shown_in(&shown) {
                without.push(format!("{}: {}", place(&path, &item), item.told()));
            }
        }
    }
    assert!(seen > 500, "only {seen} items were found");
    let number = without.len();
    assert!(number == 0, "{number} of {seen} without an example:\n{}", without.join("\n"));
}

fn place(path: &Path, item: &Item) -> String {
    let root = root();
    format!("{}:{}", path.strip_prefix(root).unwrap_or(path).display(), item.line)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project")
}

/// The sources in a folder, without those of tests; or the one that it is.
fn sources(name: &str) -> Vec<PathBuf> {
    let path = root().join("crates").join(name);
    if path.is_file() {
        return vec![path];
    }
    let (mut found, mut folders) = (Vec::new(), vec![path]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if stem.ends_with("tests") || stem == "fake" || stem == "model" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_is_shown_and_what_is_not() {
    let source = r#"
        //! ```
        //! one();
        //! ```
        pub fn one() {}
        /// ```text
        /// two()
        /// ```
        pub fn two() {}
        /// ```no_run
        /// other();
        /// ```
        pub fn three() {}
        fn hidden() {}
        #[doc(hidden)]
        pub fn also_hidden() {}
        pub struct Four;
        impl Four {
            /// ```
            /// Four.five();
            /// ```
            pub fn five(&self) {}
            pub fn six(&self) {}
            fn seven(&self) {}
        }
        impl Drop for Four { fn drop(&mut self) {} }
        #[cfg(test)]
        mod tests { pub fn eight() {} }
        /// Twelve is no example of Four.
        #[macro_export]
        macro_rules! nine { () => {}; }
    "#;
    let file = syn::parse_file(source).expect("a source");
    let shown = items::examples(&file);
    let without: Vec<String> = items::items(&file)
        .into_iter()
        .filter(|item| !item.example && !item.is_shown_in(&shown))
        .map(|item| item.told())
        .collect();
    assert_eq!(without, ["fn two", "fn Four::six", "macro nine"]);
    assert_eq!(items::items(&file)[0].kind, Kind::Function);
}
