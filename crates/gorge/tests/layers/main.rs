//! The house is built as `layers.dag` at the root says.
//!
//! Promise: three kinds of disorder fail here, with the line that is to blame.
//! * a crate that depends on a crate it may not use, or that `layers.dag` does not know ([`policy`]);
//! * a dependency from outside without a reason in `docs/rationale.md` ([`manifest`]);
//! * modules of one crate that import each other in a circle ([`circle`]).
//!
//! `GORGE_DRAW=1` prints the graph in the language of Graphviz ([`draw`]). That each of the
//! disorders is found is itself tested, on planted ones ([`planted`]).

mod circle;
mod draw;
mod manifest;
mod planted;
mod policy;
mod source;

use manifest::Manifest;
use policy::Policy;
use std::io::Write;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    let facade = Path::new(env!("CARGO_MANIFEST_DIR"));
    facade.ancestors().nth(2).expect("the facade lies in crates/gorge").to_owned()
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn policy() -> Policy {
    let text = read(&root().join("layers.dag")).expect("layers.dag lies at the root");
    Policy::parse(&text).unwrap_or_else(|complaints| panic!("{}", complaints.join("\n")))
}

/// The manifests of all crates, in order of their names.
fn manifests() -> Vec<Manifest> {
    let crates = std::fs::read_dir(root().join("crates")).expect("crates lie in crates/");
    let mut paths: Vec<_> = crates.map(|entry| entry.unwrap().path().join("Cargo.toml")).collect();
    paths.sort();
    let found = paths.iter().filter_map(|path| {
        let shown = path.strip_prefix(root()).unwrap_or(path);
        Some(Manifest::parse(shown, &read(path)?))
    });
    found.collect()
}

/// The module graphs of all crates (a library and its programs are one each), under a name.
fn graphs() -> Vec<(String, source::Graph)> {
    let mut graphs = Vec::new();
    for manifest in manifests() {
        for file in ["src/lib.rs", "src/main.rs"] {
            let path = root().join("crates").join(&manifest.name).join(file);
            if path.exists() {
                let graph = source::Graph::read(&path, &read)
                    .unwrap_or_else(|complaint| panic!("{}: {complaint}", manifest.name));
                graphs.push((manifest.name.clone(), graph));
            }
        }
    }
    graphs
}

fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n\n"));
}

#[test]
fn crates_point_down_only() {
    assert_none(policy().complaints(&manifests()));
}

#[test]
fn every_dependency_has_a_reason() {
    let rationale = read(&root().join("docs/rationale.md")).expect("docs/rationale.md exists");
    assert_none(manifest::without_reason(&manifests(), &rationale));
}

#[test]
fn modules_import_in_no_circle() {
    let graphs = graphs();
    assert!(graphs.len() >= 5, "only {} crates found: looking in the wrong place", graphs.len());
    let complaints = graphs.iter().flat_map(|(name, graph)| {
        let circles = circle::circles(graph);
        circles.into_iter().map(move |circle| circle::explain(name, &circle, &root()))
    });
    assert_none(complaints.collect());
}

#[test]
fn drawing() {
    let drawn = draw::dot(&policy(), &manifests(), &graphs());
    assert!(drawn.starts_with("digraph") && drawn.ends_with("}\n"));
    if std::env::var_os("GORGE_DRAW").is_some_and(|value| value != "0") {
        // To the real standard output, which the test harness does not hold back.
        let mut out = std::io::stdout().lock();
        write!(out, "\n{drawn}").and_then(|()| out.flush()).expect("printing the graph");
    }
}
