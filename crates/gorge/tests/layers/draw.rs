//! The house in the language of Graphviz: crates by level, their modules inside.

use crate::circle::shown;
use crate::manifest::Manifest;
use crate::policy::Policy;
use crate::source::Graph;
use std::collections::BTreeSet;
use std::fmt::Write;

/// One box for each crate, its modules in it, an arrow for each use.
pub(crate) fn dot(policy: &Policy, manifests: &[Manifest], graphs: &[(String, Graph)]) -> String {
    let mut lines = BTreeSet::new();
    let mut out = String::from("digraph gorge {\n  compound=true; node [shape=box];\n");
    for manifest in manifests {
        let name = &manifest.name;
        let level = policy.layers.get(name).map_or(0, |layer| layer.level);
        let _ = writeln!(out, "  subgraph \"cluster {name}\" {{\n    label=\"{level} {name}\";");
        let _ = writeln!(out, "    \"{name}\";");
        let own = graphs.iter().filter(|(other, _)| other == name);
        for (module, arrows) in own.flat_map(|(_, graph)| &graph.modules) {
            let from = shown(module).replacen("crate", name, 1);
            let _ = writeln!(out, "    \"{from}\";");
            for arrow in arrows {
                let to = shown(&arrow.to).replacen("crate", name, 1);
                lines.insert(format!("  \"{from}\" -> \"{to}\";\n"));
            }
        }
        out += "  }\n";
        for arrow in manifest.dependencies.iter().filter(|d| policy.layers.contains_key(&d.name)) {
            lines.insert(format!(
                "  \"{name}\" -> \"{to}\" [ltail=\"cluster {name}\" lhead=\"cluster {to}\" style=bold];\n",
                to = arrow.name
            ));
        }
    }
    out.extend(lines);
    out + "}\n"
}
