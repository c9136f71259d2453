//! Whatever users can name is shown in an example that runs.
//!
//! A type, a function, a trait, a macro and a method has an example of its own, or is used by an example in
//! the same file: one of its type, mostly. Trait implementations need none, nor does what an implementation
//! must or may have. And every function says when it waits, panics and fails: see `sections`.

mod items;
mod sections;

use std::fs;
use std::path::{Path, PathBuf};

use items::Kind;

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
    for (path, file) in files_for_users() {
        let shown = items::examples(&file);
        for item in items::items(&file) {
            if NOT_PASSED_ON.contains(&item.name.as_str()) {
                continue;
            }
            seen += 1;
            if !item.example && !item.is_shown_in(&shown) {
                without.push(format!("{}: {}", place(&path, item.line), item.told()));
            }
        }
    }
    assert!(seen > 500, "only {seen} items were found");
    let number = without.len();
    assert!(number == 0, "{number} of {seen} without an example:\n{}", without.join("\n"));
}

#[test]
fn every_function_says_when_it_waits_panics_and_fails() {
    let (mut lacking, mut seen) = (Vec::new(), 0);
    for (path, file) in files_for_users() {
        let (functions, some) = sections::lacking(&file);
        seen += functions;
        for function in some {
            if NOT_PASSED_ON.contains(&function.told.as_str()) {
                continue;
            }
            let place = place(&path, function.line);
            lacking.push(format!("{place}: {} {:?}", function.told, function.sections));
        }
    }
    assert!(seen > 500, "only {seen} functions were found");
    let number = lacking.len();
    assert!(number == 0, "{number} of {seen} lack sections:\n{}", lacking.join("\n"));
}

/// The sources with what users can name.
fn files_for_users() -> Vec<(PathBuf, syn::File)> {
    let not_for_users = NOT_FOR_USERS.map(|path| root().join("crates").join(path));
    let paths = FOR_USERS.into_iter().chain(PASSED_ON).flat_map(sources);
    let paths = paths.filter(|path| !not_for_users.iter().any(|not| path.starts_with(not)));
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source");
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            (path, file)
        })
        .collect()
}

fn place(path: &Path, line: usize) -> String {
    let root = root();
    format!("{}:{line}", path.strip_prefix(root).unwrap_or(path).display())
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

#[test]
fn which_functions_wait_panic_and_fail() {
    let source = r#"
        pub fn fails() -> io::Result<()> { Ok(()) }
        /// # Errors
        /// Never.
        pub fn fails_and_says_so() -> Option<Result<u8, ()>> { None }
        pub fn panics() { inner(); }
        fn inner() { assert!(true); }
        pub fn does_not() { debug_assert!(true); }
        pub struct One;
        impl One {
            /// # Blocking
            /// For ever.
            pub fn wait(&self) -> Option<u8> { None }
            pub fn wait_timeout(&self) { self.deep(); }
            fn deep(&self) { Self::deeper(); }
            fn deeper() { panic!(); }
            pub fn by_hand(&self) { self.parking(); }
            fn parking(&self) { self.parker.park(); }
            pub fn waits_not(&self) {}
        }
        pub trait Two { fn recv(&self); }
    "#;
    let file = syn::parse_file(source).expect("a source");
    let (number, lacking) = sections::lacking(&file);
    let lacking: Vec<String> =
        lacking.iter().map(|one| format!("{} {:?}", one.told, one.sections)).collect();
    let expected = [
        "fails [Errors]",
        "panics [Panics]",
        "One::wait_timeout [Blocking, Panics]",
        "One::by_hand [Blocking]",
        "Two::recv [Blocking]",
    ];
    assert_eq!((number, lacking), (9, expected.map(str::to_owned).to_vec()));
}
