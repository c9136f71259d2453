//! Two commands held against each other, and what they are tried on.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) const GORGE: &str = env!("CARGO_BIN_EXE_gorge");
pub(crate) const OPTIONS: [&[&str]; 9] = [
    &[],
    &["-l"],
    &["-w"],
    &["-c"],
    &["-m"],
    &["-mlw"],
    &["-cm"],
    &["-lwcm"],
    &["--chars", "--lines"],
];

/// A folder of this test that goes when it ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gorge-wc-{test}-{}", std::process::id()));
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    pub(crate) fn file(&self, name: impl AsRef<Path>, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Either command, in a locale, on paths, with standard input from a file.
pub(crate) fn count(
    command: &[&str],
    locale: &str,
    options: &[&str],
    paths: &[PathBuf],
    stdin: Option<&Path>,
) -> Output {
    let mut run = Command::new(command[0]);
    run.args(&command[1..]).args(options).args(paths).env("LC_ALL", locale);
    run.stdin(match stdin {
        Some(path) => Stdio::from(File::open(path).expect("standard input")),
        None => Stdio::null(),
    });
    run.output().expect("it can be started")
}

/// Both, which must agree on every byte and on the status.
pub(crate) fn same(locale: &str, options: &[&str], paths: &[PathBuf], stdin: Option<&Path>) {
    let theirs = count(&["wc"], locale, options, paths, stdin);
    let ours = count(&[GORGE, "wc"], locale, options, paths, stdin);
    agree(&format!("{locale} {options:?}"), &theirs, &ours);
}

/// As [`same`], of what may change by itself, and does not all the time.
pub(crate) fn still_same(locale: &str, options: &[&str], paths: &[PathBuf], stdin: Option<&Path>) {
    for _ in 0..50 {
        let theirs = count(&["wc"], locale, options, paths, stdin);
        let ours = count(&[GORGE, "wc"], locale, options, paths, stdin);
        if count(&["wc"], locale, options, paths, stdin).stdout == theirs.stdout {
            return agree(&format!("{locale} {options:?}"), &theirs, &ours);
        }
    }
    panic!("{paths:?} {stdin:?} changes all the time");
}

pub(crate) fn agree(what: &str, theirs: &Output, ours: &Output) {
    let lines =
        |text: &[u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    for (theirs, ours) in lines(&theirs.stdout).into_iter().zip(lines(&ours.stdout)) {
        let show = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        assert_eq!(show(&ours), show(&theirs), "{what}");
    }
    assert_eq!(ours.stdout.len(), theirs.stdout.len(), "{what}");
    let prefixed = String::from_utf8_lossy(&theirs.stderr).replace("wc: ", "gorge wc: ");
    assert_eq!(String::from_utf8_lossy(&ours.stderr), prefixed, "{what}");
    assert_eq!(ours.status.code(), theirs.status.code(), "{what}");
}

/// Whether the wc of this machine takes control characters for no part of a
/// word, as ours does.
pub(crate) fn same_rule_for_words() -> bool {
    let folder = Folder::new("rule");
    let path = folder.file("control", b"\x01 \x02");
    let counted = count(&["wc"], "C.UTF-8", &["-w"], &[path], None);
    counted.stdout.starts_with(b"0 ")
}

/// Random numbers, the same ones in every run.
pub(crate) fn xorshift(mut state: u64) -> impl FnMut() -> usize {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize
    }
}

pub(crate) const CLEAN: [&[u8]; 14] = [
    b"word",
    b"a",
    b" ",
    b"\n",
    b"\t",
    b"\r\n",
    b"\x0b",
    b"\x0c",
    "\u{a0}".as_bytes(),
    "\u{2007}".as_bytes(),
    "\u{2060}".as_bytes(),
    "\u{3000}".as_bytes(),
    "\u{1f980}".as_bytes(),
    "eightful\u{2028}\u{2014}".as_bytes(),
];

pub(crate) const DIRTY: [&[u8]; 14] = [
    b"\x00",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc2",
    b"\xe2\x80",
    b"\xf0\x9f",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    "\u{85}".as_bytes(),
    "\u{e0001}\u{200b}\u{ad}".as_bytes(),
];

/// The paths of the regular files below, in the order that `sort` gives.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut ahead = vec![folder.to_path_buf()];
    while let Some(folder) = ahead.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            match entry.file_type().expect("a type") {
                kind if kind.is_dir() => ahead.push(entry.path()),
                kind if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    found
}

/// A folder is counted as `wc` counts the files below it.
pub(crate) fn same_below(folder: &Path, locale: &str, options: &[&str]) {
    let theirs = count(&["wc"], locale, options, &files_below(folder), None);
    let ours = count(&[GORGE, "wc"], locale, options, &[folder.to_path_buf()], None);
    agree(&format!("{} {locale} {options:?}", folder.display()), &theirs, &ours);
}
