//! What a crate's `Cargo.toml` says it depends on.
//!
//! Ordinary and build dependencies count, for every target; development dependencies do not: they
//! reach nobody who uses the crate.

use std::path::Path;

/// A crate of the workspace and its dependencies.
pub(crate) struct Manifest {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency and the line that names it.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) line: usize,
}

impl Manifest {
    /// Reads a manifest; `path` is how complaints call it.
    pub(crate) fn parse(path: &Path, text: &str) -> Manifest {
        let path = path.display().to_string();
        let table: toml::Table =
            text.parse().unwrap_or_else(|error| panic!("{path} is not a manifest: {error}"));
        let name = table["package"]["name"].as_str().expect("a package has a name").to_owned();
        let mut dependencies = Vec::new();
        collect(&table, text, &mut dependencies);
        for (_, target) in tables(&table, "target") {
            collect(target, text, &mut dependencies);
        }
        Manifest { path, name, dependencies }
    }
}

fn collect(table: &toml::Table, text: &str, dependencies: &mut Vec<Dependency>) {
    for section in ["dependencies", "build-dependencies"] {
        for (key, value) in
            table.get(section).and_then(|section| section.as_table()).into_iter().flatten()
        {
            let renamed = value.get("package").and_then(|package| package.as_str());
            dependencies.push(Dependency {
                name: renamed.unwrap_or(key).to_owned(),
                line: line_of(text, key),
            });
        }
    }
}

/// The tables within the table `name`.
fn tables<'a>(
    table: &'a toml::Table,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a toml::Table)> {
    let inner = table.get(name).and_then(|inner| inner.as_table()).into_iter().flatten();
    inner.filter_map(|(key, value)| Some((key, value.as_table()?)))
}

/// The line on which a dependency is named: `key = ..`, `key.workspace = ..`, `[dependencies.key]`.
fn line_of(text: &str, key: &str) -> usize {
    let named = |line: &str| {
        let end = line.strip_prefix(key).map(str::trim_start);
        end.is_some_and(|end| end.starts_with(['=', '.']))
            || line.ends_with(&format!("ependencies.{key}]"))
    };
    text.lines().position(|line| named(line.trim())).map_or(1, |index| index + 1)
}

/// Dependencies from outside the workspace that the section "Dependencies" of the rationale does
/// not give a row (``| `name` | reason |``).
pub(crate) fn without_reason(manifests: &[Manifest], rationale: &str) -> Vec<String> {
    let inside = |name: &str| manifests.iter().any(|manifest| manifest.name == name);
    let section = rationale.split("\n## ").find(|section| section.starts_with("Dependencies"));
    let explained = |name: &str| {
        let row = format!("| `{name}` |");
        section.is_some_and(|section| section.lines().any(|line| line.starts_with(&row)))
    };
    let mut complaints = Vec::new();
    for manifest in manifests {
        for Dependency { name, line } in &manifest.dependencies {
            if !inside(name) && !explained(name) {
                complaints.push(format!(
                    "{}:{line}: {name} has no row in docs/rationale.md, section \"Dependencies\": \
                     say there what it is for and why it earns its place",
                    manifest.path
                ));
            }
        }
    }
    complaints
}
