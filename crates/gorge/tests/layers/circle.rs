//! Circles of arrows between modules, and how to tell of them.

use crate::source::{Arrow, Graph, Name};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// A way from a module back to itself: each step is a module and an arrow to the next one.
pub(crate) type Circle = Vec<(Name, Arrow)>;

/// Circles of the graph, the shortest through their modules, no two with a module in common. Empty
/// exactly when the graph has no circle.
pub(crate) fn circles(graph: &Graph) -> Vec<Circle> {
    let mut candidates: Vec<Circle> =
        graph.modules.keys().filter_map(|module| shortest(graph, module)).collect();
    candidates.sort_by_key(Vec::len);
    let mut told = BTreeSet::new();
    candidates.retain(|circle| {
        let new = circle.iter().all(|(module, _)| !told.contains(module));
        if new {
            told.extend(circle.iter().map(|(module, _)| module.clone()));
        }
        new
    });
    candidates
}

/// The shortest way from `start` back to itself.
fn shortest(graph: &Graph, start: &Name) -> Option<Circle> {
    let mut came_by: BTreeMap<&Name, (&Name, &Arrow)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(module) = queue.pop_front() {
        for arrow in &graph.modules[module] {
            if came_by.contains_key(&arrow.to) {
                continue;
            }
            came_by.insert(&arrow.to, (module, arrow));
            if arrow.to == *start {
                return Some(way_back(&came_by, start));
            }
            queue.push_back(&arrow.to);
        }
    }
    None
}

fn way_back(came_by: &BTreeMap<&Name, (&Name, &Arrow)>, start: &Name) -> Circle {
    let mut circle = Circle::new();
    let mut at = start;
    loop {
        let (before, arrow) = came_by[at];
        circle.push((before.clone(), arrow.clone()));
        at = before;
        if at == start {
            circle.reverse();
            return circle;
        }
    }
}

/// How a module is called.
pub(crate) fn shown(module: &Name) -> String {
    ["crate"].into_iter().chain(module.iter().map(String::as_str)).collect::<Vec<_>>().join("::")
}

/// The circle with the line to blame for each step; files are shown relative to `root`.
pub(crate) fn explain(name: &str, circle: &Circle, root: &Path) -> String {
    let mut told = format!("{name}: modules import each other in a circle:");
    for (module, arrow) in circle {
        let file = arrow.file.strip_prefix(root).unwrap_or(&arrow.file).display();
        told += &format!("\n    {} -> {}", shown(module), shown(&arrow.to));
        told += &format!("\n        {file}:{}: {}", arrow.line, arrow.text);
    }
    told + "\n    One of them has to go: import a name from the module that defines it, or move what\n    \
            both need into a module below both."
}
