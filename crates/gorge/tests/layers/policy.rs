//! `layers.dag`: one line for each crate, with its level and the crates that it may use.
//!
//! Invariant: in a parsed policy every arrow leads to a lower level; so no circle is possible, and
//! a manifest that keeps to the policy points down.

use crate::manifest::Manifest;
use std::collections::BTreeMap;

/// What `layers.dag` says of one crate.
pub(crate) struct Layer {
    pub(crate) level: u32,
    pub(crate) may_use: Vec<String>,
}

/// `layers.dag`, read.
pub(crate) struct Policy {
    pub(crate) layers: BTreeMap<String, Layer>,
}

impl Policy {
    /// Reads lines of `LEVEL CRATE [-> CRATE...]`; `#` begins a comment. Complaints, if the lines
    /// are malformed or do not themselves point down.
    pub(crate) fn parse(text: &str) -> Result<Policy, Vec<String>> {
        let (mut layers, mut complaints) = (BTreeMap::new(), Vec::new());
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let mut complain = |what: &str| {
                complaints.push(format!("layers.dag:{}: {what}: {line}", number + 1));
            };
            let (left, right) = line.split_once("->").unwrap_or((line, ""));
            let Some((level, name)) = left.trim().split_once(char::is_whitespace) else {
                complain("a level and a crate are expected");
                continue;
            };
            let Ok(level) = level.parse() else {
                complain("the level is not a number");
                continue;
            };
            let may_use = right.split_whitespace().map(str::to_owned).collect();
            if layers.insert(name.trim().to_owned(), Layer { level, may_use }).is_some() {
                complain("this crate has a line already");
            }
        }
        for (name, layer) in &layers {
            for used in &layer.may_use {
                match layers.get(used) {
                    None => complaints.push(format!(
                        "layers.dag: {name} may use {used}, which has no line of its own"
                    )),
                    Some(below) if below.level >= layer.level => complaints.push(format!(
                        "layers.dag: {name} (level {}) may use {used} (level {}): arrows point \
                         down only",
                        layer.level, below.level
                    )),
                    Some(_) => {}
                }
            }
        }
        if complaints.is_empty() { Ok(Policy { layers }) } else { Err(complaints) }
    }

    /// What the manifests do that the policy does not allow.
    pub(crate) fn complaints(&self, manifests: &[Manifest]) -> Vec<String> {
        let mut complaints = Vec::new();
        for manifest in manifests {
            let Some(layer) = self.layers.get(&manifest.name) else {
                complaints.push(format!(
                    "{}: {} has no line in layers.dag: give it a level",
                    manifest.path, manifest.name
                ));
                continue;
            };
            for arrow in &manifest.dependencies {
                let Some(used) = self.layers.get(&arrow.name) else { continue };
                if used.level >= layer.level {
                    complaints.push(format!(
                        "{}:{}: {} (level {}) uses {} (level {}): arrows point down only",
                        manifest.path,
                        arrow.line,
                        manifest.name,
                        layer.level,
                        arrow.name,
                        used.level
                    ));
                } else if !layer.may_use.contains(&arrow.name) {
                    complaints.push(format!(
                        "{}:{}: {} uses {}, which layers.dag does not allow",
                        manifest.path, arrow.line, manifest.name, arrow.name
                    ));
                }
            }
        }
        for name in self.layers.keys() {
            if !manifests.iter().any(|manifest| manifest.name == *name) {
                complaints.push(format!("layers.dag: there is no crate {name}"));
            }
        }
        complaints
    }
}
