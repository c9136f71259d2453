//! A tree with files of every kind, counted in every way: 1,300 of them, and more than ten thousand with
//! `GORGE_STRESS=1`.

use crate::compare::{
    CLEAN, DIRTY, Folder, GORGE, agree, files_below, same_rule_for_words, xorshift,
};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const WAYS: [&str; 5] = ["channel", "shared", "semaphore", "pool", "lines-to-file"];

/// Somebody for whom permissions hold, should the tests run as root.
const NOBODY: u32 = 65_534;

struct Tree {
    folder: Folder,
    root: bool,
}

impl Tree {
    fn new(test: &str, files: usize) -> Self {
        let folder = Folder::new(test);
        let mut rng = xorshift(7);
        let dirty: Vec<&[u8]> = CLEAN.iter().chain(&DIRTY).copied().collect();
        for n in 0..files {
            let text: Vec<u8> = match n % 8 {
                0 => Vec::new(),
                1 => (0..rng() % 3_000).map(|_| rng() as u8).collect(),
                2 => (0..rng() % 300).flat_map(|_| dirty[rng() % dirty.len()].to_vec()).collect(),
                3 => (0..rng() % 300).flat_map(|_| CLEAN[rng() % CLEAN.len()].to_vec()).collect(),
                4 => format!("file {n}, without an end").into_bytes(),
                _ => format!("file {n}\n").repeat(rng() % 200).into_bytes(),
            };
            let path = folder.file(format!("tree/{:02}/{:02}/{n}", n % 13, n % 7), &text);
            if n % 100 == 99 {
                fs::set_permissions(&path, Permissions::from_mode(0o000)).expect("permissions");
            }
            if n % 50 == 49 {
                symlink(&path, path.with_extension("link")).expect("a link");
                symlink("nowhere", path.with_extension("gone")).expect("a link");
            }
        }
        let deep: PathBuf = ["deep"; 150].iter().collect();
        folder.file(Path::new("tree").join(deep).join("down"), b"so many folders\n");
        let root = fs::metadata(&folder.0).expect("a folder").uid() == 0;
        // Where nobody may run it too.
        fs::copy(GORGE, folder.0.join("gorge")).expect("a copy");
        Self { folder, root }
    }

    fn path(&self) -> PathBuf {
        self.folder.0.join("tree")
    }

    fn run(&self, command: &str, arguments: &[&str], paths: &[PathBuf]) -> Output {
        let mut run = Command::new(command);
        run.args(arguments).args(paths).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        if self.root {
            run.uid(NOBODY).gid(NOBODY);
        }
        run.output().expect("it can be started")
    }
}

#[test]
fn a_tree_of_every_kind_in_every_way() {
    let stress = std::env::var_os("GORGE_STRESS").is_some();
    let many = if stress { 10_400 } else { 1_300 };
    let tree = Tree::new("tree", many);
    let gorge = tree.folder.0.join("gorge");
    let gorge = gorge.to_str().expect("a path in UTF-8");
    let files = files_below(&tree.path());
    assert!(files.len() > many);
    let options = if same_rule_for_words() { "-lwcm" } else { "-lcm" };
    let theirs = tree.run("wc", &[options], &files);
    assert_eq!(theirs.status.code(), Some(1), "some cannot be read");
    for way in WAYS {
        let ours = tree.run(gorge, &["wc", options, "--via", way], &[tree.path()]);
        agree(way, &theirs, &ours);
    }
}

/// Few open files: who gets none waits for another to be closed.
#[test]
fn few_files_may_be_open() {
    let tree = Tree::new("open", 400);
    let gorge = tree.folder.0.join("gorge");
    let gorge = gorge.to_str().expect("a path in UTF-8");
    let theirs = tree.run("wc", &["-lc"], &files_below(&tree.path()));
    for way in WAYS {
        let limited = "ulimit -n 8; exec \"$0\" wc -lc --via \"$@\"";
        let ours = tree.run("sh", &["-c", limited, gorge, way], &[tree.path()]);
        agree(way, &theirs, &ours);
    }
}

/// No thread can be had: it says which limit to raise, and that is all.
#[test]
fn no_threads_may_be_started() {
    let tree = Tree::new("threads", 1);
    if !tree.root {
        return; // the limit counts what else runs of this user
    }
    let mut run = Command::new(tree.folder.0.join("gorge"));
    run.args(["wc", "-l"]).arg(tree.path()).uid(NOBODY).gid(NOBODY);
    if std::env::var_os("GORGE_MODE").is_some_and(|mode| mode == "fibers") {
        run.env("GORGE_MODE", "auto"); // who insists on fibers is told that they cannot be tried
    }
    let one = rustix::process::Rlimit { current: Some(1), maximum: Some(1) };
    // SAFETY: a plain system call between fork and exec.
    unsafe {
        run.pre_exec(move || {
            Ok(rustix::process::setrlimit(rustix::process::Resource::Nproc, one)?)
        });
    }
    let output = run.output().expect("it can be started");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("no thread") && text.contains("raise `ulimit -u`"), "{text}");
    assert!(text.lines().count() == 1 && output.stdout.is_empty(), "{text}");
}

#[test]
fn every_way_gives_the_same_for_few_inputs() {
    let tree = Tree::new("few", 100);
    let gorge = tree.folder.0.join("gorge");
    let gorge = gorge.to_str().expect("a path in UTF-8");
    let mut files = files_below(&tree.path());
    files.truncate(10);
    files.push("-".into());
    files.push("/no/such/file".into());
    files.push("-".into());
    for paths in [&files[..], &files[..1], &files[10..11], &files[11..12], &[]] {
        let theirs = tree.run("wc", &["-lc"], paths);
        for way in WAYS {
            agree(way, &theirs, &tree.run(gorge, &["wc", "-lc", "--via", way], paths));
        }
    }
}

#[test]
fn counts_that_cannot_be_kept_in_a_file() {
    let mut run = Command::new(GORGE);
    run.args(["wc", "--via", "lines-to-file", "/dev/null"]).env("TMPDIR", "/no/such/folder");
    let output = run.output().expect("it can be started");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    let expected = "gorge wc: cannot keep the counts in a file: No such file or directory\n";
    assert_eq!(text, expected);
    assert!(output.stdout.is_empty(), "no rows");
}
