//! `gorge wc` against the wc(1) of this machine, on files made to trip it up and
//! on files that are just there.
//!
//! What a control character or a byte that is no character does to a word has
//! changed in GNU wc 9.5. The comparisons of words in such files are left out
//! where the newer rule holds.

mod compare;
mod tree;

use compare::{
    CLEAN, DIRTY, Folder, GORGE, OPTIONS, count, same, same_below, same_rule_for_words, still_same,
    xorshift,
};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn texts(folder: &Folder, pieces: &[&[u8]], seed: u64) -> Vec<PathBuf> {
    let mut rng = xorshift(seed);
    let text = |_| (0..rng() % 90).flat_map(|_| pieces[rng() % pieces.len()].to_vec()).collect();
    let texts: Vec<Vec<u8>> = (0..120).map(text).collect();
    texts.iter().enumerate().map(|(n, text)| folder.file(format!("{seed}-{n}"), text)).collect()
}

#[test]
fn tricky_texts() {
    let folder = Folder::new("tricky");
    let paths = texts(&folder, &CLEAN, 1);
    for options in OPTIONS {
        same("C.UTF-8", options, &paths, None);
        same("C.UTF-8", options, &paths[..1], None);
    }
    let everything = [&CLEAN[..], &DIRTY[..]].concat();
    let paths = texts(&folder, &everything, 2);
    let same_rule = same_rule_for_words();
    for options in OPTIONS
        .into_iter()
        .filter(|options| same_rule || matches!(options, [one] if !one.contains('w')))
    {
        same("C.UTF-8", options, &paths, None);
        same("C", options, &paths, None);
        same("no-such-locale", options, &paths, None);
    }
}

#[test]
fn every_character_there_is() {
    if !same_rule_for_words() {
        return;
    }
    let folder = Folder::new("characters");
    let all: Vec<String> = (0..=0x10_ffff).filter_map(char::from_u32).map(String::from).collect();
    let paths = [
        folder.file("words", all.join(" ").as_bytes()),
        folder.file("one", all.concat().as_bytes()),
    ];
    same("C.UTF-8", &["-lwcm"], &paths, None);
    same("C", &["-lwcm"], &paths, None);
}

#[test]
fn empty_files_and_files_without_a_last_newline() {
    let folder = Folder::new("empty");
    let files: [&[u8]; 5] = [b"", b"\n", b"no newline", b"one\ntwo", b"\0"];
    let paths: Vec<PathBuf> =
        (0..).zip(files).map(|(n, text)| folder.file(n.to_string(), text)).collect();
    for options in OPTIONS {
        same("C.UTF-8", options, &paths, None);
        for path in &paths {
            same("C.UTF-8", options, std::slice::from_ref(path), None);
            same("C.UTF-8", options, &[], Some(path));
        }
    }
}

/// Counted in parts, which no row shows.
#[test]
fn one_large_file() {
    let folder = Folder::new("large");
    let mut text = "one two\nthr\u{e9}e \u{3000}four".repeat(700_000).into_bytes();
    text.truncate(17_000_001); // above what is counted in parts
    let large = folder.file("large", &text);
    same("C.UTF-8", &["-lw"], std::slice::from_ref(&large), None);
}

#[test]
fn standard_input() {
    let folder = Folder::new("stdin");
    let text = folder.file("text", "one two\nthr\u{e9}e\n".repeat(1_000).as_bytes());
    let dash = || PathBuf::from("-");
    for options in OPTIONS {
        same("C.UTF-8", options, &[], Some(&text));
        same("C.UTF-8", options, &[dash()], Some(&text));
        same("C.UTF-8", options, &[text.clone(), dash(), dash()], Some(&text));
        same("C.UTF-8", options, &[dash(), PathBuf::from("/dev/null")], None);
    }
    let mut pipe = Command::new(GORGE);
    let mut pipe =
        pipe.arg("wc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gorge");
    let mut stdin = pipe.stdin.take().expect("a pipe");
    stdin.write_all(b"one two\nthree").expect("a reader");
    drop(stdin);
    let output = pipe.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "      1       3      13\n");
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_counted() {
    let folder = Folder::new("unreadable");
    let here = folder.file("here", b"some text\n");
    let gone = folder.0.join("gone");
    let below = here.join("not-a-folder");
    for options in OPTIONS {
        same("C.UTF-8", options, std::slice::from_ref(&gone), None);
        same("C.UTF-8", options, &[gone.clone(), here.clone()], None);
        same("C.UTF-8", options, &[here.clone(), gone.clone(), below.clone(), here.clone()], None);
    }
    // It can be opened, but not read: the counts so far are a row all the same.
    let mut failing = vec![PathBuf::from("/proc/self/mem"), here.clone()];
    same("C.UTF-8", &["-l"], &failing, None);
    failing.pop();
    same("C.UTF-8", &[], &failing, None);
}

#[test]
fn names_are_shown_as_gnu_programs_show_them() {
    let folder = Folder::new("names");
    let names = [
        &b"plain"[..],
        b"with space",
        b"a'b",
        b"a'b\"c",
        b"a'b $c",
        b"a\nb",
        b"a\n\tb",
        b"\na",
        b"a\n",
        b"'\n'",
        b"a\xffb",
        b"a\x01b",
        b"#a",
        b"a#b",
        b"~a",
        b"a~",
        b"{",
        b"a{b",
        b"a=b",
        b"a:b",
        b"a\\b",
        "\u{e9}".as_bytes(),
    ];
    for name in names {
        let there = folder.file(OsString::from_vec(name.to_vec()), b"x\n");
        let gone = PathBuf::from(OsString::from_vec([&b"gone-"[..], name].concat()));
        same("C.UTF-8", &[], &[there.clone(), gone], None);
        same(
            "C.UTF-8",
            &[],
            &[PathBuf::from(OsString::from_vec([name, b"-gone"].concat())), there],
            None,
        );
    }
}

#[test]
fn folders_are_counted_as_the_files_below_them() {
    let folder = Folder::new("folders");
    for name in ["a/b", "a.b", "a/b.c", "a b", "a/.hidden", "a/d/e/f/g", "z", "a-", "a/d.e"] {
        folder.file(name, format!("{name}\n").as_bytes());
    }
    fs::create_dir(folder.0.join("empty")).expect("a folder");
    std::os::unix::fs::symlink(&folder.0, folder.0.join("a/loop")).expect("a link");
    std::os::unix::fs::symlink("../z", folder.0.join("a/link")).expect("a link");
    for options in OPTIONS {
        same_below(&folder.0, "C.UTF-8", options);
        same_below(&folder.0.join("a/d/e"), "C.UTF-8", options);
    }
    let empty = count(&[GORGE, "wc"], "C", &[], &[folder.0.join("empty")], None);
    assert_eq!(String::from_utf8_lossy(&empty.stdout), "0 0 0 total\n");
    let link = folder.0.join("a/link");
    same("C", &[], &[link, folder.0.join("z")], None);
}

#[test]
fn this_source_tree() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the crates");
    for options in [&["-lwcm"][..], &["-c"], &["-l"]] {
        same_below(crates, "C.UTF-8", options);
        same_below(crates, "C", options);
    }
}

#[test]
fn the_system_s_headers_and_this_program() {
    let include = Path::new("/usr/include/linux");
    if include.is_dir() {
        same_below(include, "C.UTF-8", &["-lwcm"]);
    }
    if same_rule_for_words() {
        same("C.UTF-8", &["-lwcm"], &[GORGE.into()], None);
        same("C", &["-lwcm"], &[GORGE.into()], None);
    }
}

#[test]
fn sizes_that_are_not_what_they_seem() {
    let folder = Folder::new("sizes");
    let page = folder.file("page", &[b'x'; 8192]);
    let kernel = [
        "/proc/version",
        "/proc/cpuinfo",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/dev/null",
    ];
    let mut paths: Vec<PathBuf> =
        kernel.iter().map(PathBuf::from).filter(|path| path.exists()).collect();
    paths.push(page.clone());
    for path in paths {
        still_same("C", &["-c"], std::slice::from_ref(&path), None);
        still_same("C", &["-lc"], std::slice::from_ref(&path), None);
        still_same("C", &["-c"], &[], Some(&path));
    }
    // Of standard input only what is left of it counts.
    for start in [0, 1, 100, 8192, 9000] {
        let left = |command: &[&str]| {
            let mut file = File::open(&page).expect("a file");
            std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(start)).expect("a position");
            let mut run = Command::new(command[0]);
            run.args(&command[1..]).arg("-c").stdin(file).output().expect("it can be started")
        };
        let expected = format!("{}\n", 8192_u64.saturating_sub(start));
        assert_eq!(String::from_utf8_lossy(&left(&[GORGE, "wc"]).stdout), expected, "from {start}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let output =
        Command::new(GORGE).args(["wc", "/dev/null"]).stdout(full).output().expect("gorge");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text, "gorge wc: write error: No space left on device\n");
}

#[test]
fn a_reader_who_leaves_ends_it_quietly() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the crates");
    let mut command = Command::new(GORGE);
    // Who reads has left before anything is written (all of it may have room), also where a process that another test
    // has just forked holds the end that reads.
    let (reader, writer) = UnixStream::pair().expect("a pair");
    reader.shutdown(Shutdown::Both).expect("it is open");
    let command = command.arg("wc").arg(crates).stdout(OwnedFd::from(writer));
    let output = command.output().expect("it can be started");
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// A terminal: the end a program holds, and the end that sees what it shows.
fn terminal() -> (File, File) {
    let (mut ours, mut theirs) = (0, 0);
    let null = std::ptr::null_mut();
    // SAFETY: both numbers may be written to; the rest is left out.
    let status = unsafe { libc::openpty(&mut ours, &mut theirs, null, null.cast(), null.cast()) };
    assert_eq!(status, 0, "a terminal");
    // SAFETY: two open descriptors that belong to nobody yet.
    unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) }
}

/// Whoever waits for more than a second on a terminal sees how far it is; the
/// input ends only when that has been seen.
#[test]
fn progress_on_a_terminal() {
    let (mut ours, theirs) = terminal();
    let begun = Instant::now();
    let mut command = Command::new(GORGE);
    let command = command.args(["wc", "/dev/null", "-"]).env("TERM", "xterm").stderr(theirs);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gorge");
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("1/2 files") {
        let mut piece = [0; 1024];
        let n = ours.read(&mut piece).expect("a terminal that somebody holds");
        seen.extend_from_slice(&piece[..n]);
    }
    assert!(begun.elapsed() >= Duration::from_secs(1), "nothing is shown in the first second");
    drop(child.stdin.take());
    let output = child.wait_with_output().expect("it ends");
    let rows = "      0       0       0 /dev/null\n      0       0       0 -\n      0       0       0 total\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), rows);
}
