//! The systems Gorge can be measured against, and how their programs are built.
//!
//! Their sources are the directory `peers` of this project, a workspace apart.
//! What is built goes into one directory of its own, so that nothing of it ever
//! comes near the project's own artefacts.

use super::contestant::Contestant;
use super::{child, go_toolchain, names};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The peers' names, in the order of the table's columns.
pub(crate) const PEERS: &[&str] =
    &["go", "tokio", "may", "crossbeam", "kanal", "locks", "rayon", "shuttle", "loom"];

/// The peers in `list`: names between commas, or `all`.
///
/// # Errors
///
/// A name that is no peer's: the line to show.
pub(crate) fn select(list: &str) -> Result<Vec<&'static str>, String> {
    let mut selected = Vec::new();
    for word in list.split(',').map(str::trim) {
        match PEERS.iter().find(|peer| **peer == word) {
            Some(peer) => selected.push(*peer),
            None if word == "all" => selected.extend(PEERS),
            None => {
                let allowed = PEERS.iter().copied().chain(["all"]);
                return Err(names::unknown("peer", word, allowed));
            }
        }
    }
    Ok(PEERS.iter().copied().filter(|peer| selected.contains(peer)).collect())
}

/// Where the peers' sources are and where they are built.
#[derive(Debug)]
pub(crate) struct Workshop {
    sources: PathBuf,
    built: PathBuf,
}

/// How long a compiler may take.
const PATIENCE: Duration = Duration::from_secs(900);

impl Workshop {
    /// The one in or above the working directory, else the one that this
    /// program was built beside.
    ///
    /// # Errors
    ///
    /// There is none: what to do about it.
    pub(crate) fn find() -> Result<Workshop, String> {
        let here = env::current_dir().unwrap_or_default();
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let root = here
            .ancestors()
            .chain(beside)
            .find(|root| root.join("peers/go/main.go").is_file())
            .ok_or("no sources of peers: run this in the source tree of Gorge")?;
        let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| root.join("target"));
        let built = env::current_dir().unwrap_or_default().join(target).join("peers");
        Ok(Workshop { sources: root.join("peers"), built })
    }

    /// Builds `peer` and asks it what it can measure.
    ///
    /// # Errors
    ///
    /// The line to show instead of its figures.
    pub(crate) fn build(&self, peer: &'static str) -> Result<Contestant, String> {
        let program = match peer {
            "go" => self.build_go()?,
            _ => self.build_rust(peer)?,
        };
        Contestant::ask(peer, vec![program.into()])
    }

    fn build_rust(&self, peer: &str) -> Result<PathBuf, String> {
        let package = format!("peer-{peer}");
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--release", "--locked", "--package", &package]);
        cargo.arg("--manifest-path").arg(self.sources.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(&self.built);
        child::output(&mut cargo, PATIENCE).map_err(|why| format!("cannot be built: {why}"))?;
        Ok(self.built.join("release").join(package))
    }

    fn build_go(&self) -> Result<PathBuf, String> {
        let go = go_toolchain::find_or_install(&self.built.join("go-toolchain"))?;
        let program = self.built.join("peer-go");
        let mut build = Command::new(go);
        build.args(["build", "-o"]).arg(&program).arg(".");
        build.current_dir(self.sources.join("go"));
        build.env("GOCACHE", self.built.join("go-cache")).env("GOPATH", self.built.join("go-path"));
        build.env("GOTOOLCHAIN", "local").env("GOFLAGS", "-buildvcs=false").env("GOWORK", "off");
        child::output(&mut build, PATIENCE).map_err(|why| format!("cannot be built: {why}"))?;
        Ok(program)
    }
}
