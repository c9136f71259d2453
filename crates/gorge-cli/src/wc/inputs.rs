//! What there is to count: the arguments, with every directory replaced by the
//! files below it.
//!
//! Always true:
//! * The order is the arguments' order; within a directory it is the order of
//!   the paths' bytes, so `gorge wc DIR` is `wc` on `find DIR -type f | sort`.
//! * Below a directory only regular files are taken. Symbolic links found there
//!   are not followed (so no loop, and nothing twice), pipes and devices are not
//!   opened. A link or a pipe given as an argument is.
//! * What cannot be looked at is an input too: its failure is reported in its
//!   turn.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One thing to count.
#[derive(Debug)]
pub(crate) struct Input {
    /// The name to print, if one was given.
    pub(crate) name: Option<OsString>,
    /// Where its bytes are.
    pub(crate) source: Source,
    /// What is known of its size before it is read.
    pub(crate) size: Size,
}

/// Where the bytes are.
#[derive(Debug)]
pub(crate) enum Source {
    /// On standard input.
    Stdin,
    /// In a file.
    File(PathBuf),
    /// Nowhere: a directory that could not be read.
    Failed(io::Error),
}

impl Source {
    /// Opens it for reading.
    pub(crate) fn open(&self) -> io::Result<File> {
        match self {
            Self::Stdin => stdin(),
            Self::File(path) => File::open(path),
            Self::Failed(why) => Err(same(why)),
        }
    }
}

/// What looking at an input without opening it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// A regular file of so many bytes.
    Regular(u64),
    /// A pipe, a device: it is as long as it is.
    Endless,
    /// It could not be looked at.
    Unknown,
}

impl Size {
    fn of(found: &io::Result<Metadata>) -> Self {
        match found {
            Ok(meta) if meta.is_file() => Self::Regular(meta.len()),
            Ok(_) => Self::Endless,
            Err(_) => Self::Unknown,
        }
    }
}

impl Input {
    fn stdin(name: Option<OsString>) -> Self {
        let size = Size::of(&stdin().and_then(|file| file.metadata()));
        Self { name, source: Source::Stdin, size }
    }

    fn file(path: PathBuf, size: Size) -> Self {
        Self { name: Some(path.clone().into()), source: Source::File(path), size }
    }

    /// Whether its bytes come from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        matches!(self.source, Source::Stdin)
    }

    fn failed(path: PathBuf, why: io::Error) -> Self {
        Self { name: Some(path.into()), source: Source::Failed(why), size: Size::Unknown }
    }
}

/// Everything the arguments stand for, with or without directories among them.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// In the order they are to be printed.
    pub(crate) list: Vec<Input>,
    /// Whether any argument was a directory.
    pub(crate) directories: bool,
}

/// Lists what the arguments stand for; without any, that is standard input.
pub(crate) fn list(paths: &[OsString]) -> Inputs {
    let mut inputs = Inputs::default();
    if paths.is_empty() {
        inputs.list.push(Input::stdin(None));
    }
    for path in paths {
        if path == "-" {
            inputs.list.push(Input::stdin(Some(path.clone())));
            continue;
        }
        let found = fs::metadata(path);
        if found.as_ref().is_ok_and(Metadata::is_dir) {
            inputs.directories = true;
            walk(path.into(), &mut inputs.list);
        } else {
            inputs.list.push(Input::file(path.into(), Size::of(&found)));
        }
    }
    inputs
}

/// Adds the regular files below `top`. Directories wait on a list of their
/// own, not on the stack: they may be nested deeply.
fn walk(top: PathBuf, list: &mut Vec<Input>) {
    let mut ahead = vec![Found::Directory(top)];
    while let Some(next) = ahead.pop() {
        match next {
            Found::File(path) => {
                let size = Size::of(&fs::symlink_metadata(&path));
                list.push(Input::file(path, size));
            }
            Found::Directory(path) => match entries(&path) {
                Ok(found) => ahead.extend(found.into_iter().rev()),
                Err(why) => list.push(Input::failed(path, why)),
            },
        }
    }
}

enum Found {
    File(PathBuf),
    Directory(PathBuf),
}

/// The files and directories in `directory`, in the order of their paths: a
/// directory counts with the slash that follows its name there.
fn entries(directory: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let mut key = entry.file_name().as_bytes().to_vec();
        if kind.is_dir() {
            key.push(b'/');
            found.push((key, Found::Directory(join(directory, &entry.file_name()))));
        } else if kind.is_file() {
            found.push((key, Found::File(join(directory, &entry.file_name()))));
        }
    }
    found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

/// `directory/name`, with the directory as it was written.
fn join(directory: &Path, name: &OsStr) -> PathBuf {
    directory.join(name)
}

/// Standard input, without a buffer in between that would keep what one
/// reading leaves over from the next.
fn stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// The same error again; [`io::Error`] cannot be cloned.
fn same(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
