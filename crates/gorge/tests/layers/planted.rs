//! Disorders planted on purpose: each must be found, and its clean twin must pass.

use crate::circle::{circles, explain};
use crate::manifest::{Manifest, without_reason};
use crate::policy::Policy;
use crate::source::Graph;
use std::path::Path;

const POLICY: &str = "
0 base            # the ground
1 middle -> base
2 top    -> middle
";

fn policy() -> Policy {
    Policy::parse(POLICY).unwrap_or_else(|complaints| panic!("{complaints:?}"))
}

fn manifest(name: &str, rest: &str) -> Manifest {
    let text = format!("[package]\nname = \"{name}\"\n{rest}");
    Manifest::parse(&Path::new(name).join("Cargo.toml"), &text)
}

/// The complaints about one manifest among others that are in order.
fn complaints(odd: Manifest) -> Vec<String> {
    let mut manifests = vec![
        manifest("base", ""),
        manifest("middle", "[dependencies]\nbase.workspace = true\nserde = \"1\""),
        manifest("top", "[dependencies]\nmiddle = { path = \"../middle\" }"),
    ];
    manifests.retain(|manifest| manifest.name != odd.name);
    manifests.push(odd);
    policy().complaints(&manifests)
}

/// The circles of a crate given as file names and texts; the first file is the root.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let read = |path: &Path| {
        files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| text.to_string())
    };
    let graph = Graph::read(Path::new(files[0].0), &read).unwrap();
    circles(&graph).iter().map(|circle| explain("planted", circle, Path::new(""))).collect()
}

#[track_caller]
fn assert_clean(files: &[(&str, &str)]) {
    assert_eq!(found(files), Vec::<String>::new());
}

/// One circle, in which all of these lines are blamed.
#[track_caller]
fn assert_blames(files: &[(&str, &str)], lines: &[&str]) {
    let found = found(files);
    assert_eq!(found.len(), 1, "{found:?}");
    for line in lines {
        assert!(found[0].contains(line), "{line} is not in\n{}", found[0]);
    }
}

#[test]
fn order_is_passed() {
    assert_eq!(complaints(manifest("base", "")), Vec::<String>::new());
}

#[test]
fn an_upward_arrow() {
    let up = complaints(manifest("base", "[dependencies]\nserde = \"1\"\ntop.workspace = true"));
    assert_eq!(
        up,
        ["base/Cargo.toml:5: base (level 0) uses top (level 2): arrows point down only"]
    );
}

#[test]
fn an_arrow_for_one_target_or_under_another_name() {
    let up = complaints(manifest(
        "base",
        "[target.'cfg(unix)'.dependencies]\nother = { package = \"middle\", path = \"..\" }",
    ));
    assert_eq!(
        up,
        ["base/Cargo.toml:4: base (level 0) uses middle (level 1): arrows point down only"]
    );
    assert_eq!(
        complaints(manifest("base", "[build-dependencies.top]\npath = \"../top\"")).len(),
        1
    );
}

#[test]
fn development_dependencies_may_point_anywhere() {
    let odd = manifest("base", "[dev-dependencies]\ntop.workspace = true");
    assert_eq!(complaints(odd), Vec::<String>::new());
}

#[test]
fn a_downward_arrow_that_is_not_allowed() {
    let over = complaints(manifest("top", "[dependencies]\nbase = { path = \"../base\" }"));
    assert_eq!(over, ["top/Cargo.toml:4: top uses base, which layers.dag does not allow"]);
}

#[test]
fn a_crate_without_a_level_and_a_level_without_a_crate() {
    let told = policy().complaints(&[manifest("base", ""), manifest("new", "")]).join("\n");
    assert!(told.contains("new has no line in layers.dag"), "{told}");
    assert!(told.contains("there is no crate middle"), "{told}");
}

#[test]
fn a_policy_that_itself_points_up() {
    for (text, complaint) in [
        ("0 a -> b\n1 b", "a (level 0) may use b (level 1)"),
        ("0 a\n1 b -> c\n1 c", "b (level 1) may use c (level 1)"),
        ("0 a -> b", "which has no line of its own"),
        ("0 a\n1 a", "layers.dag:2: this crate has a line already"),
        ("a b", "the level is not a number"),
        ("a", "a level and a crate are expected"),
    ] {
        let told = Policy::parse(text).map(|_| ()).expect_err(text).join("\n");
        assert!(told.contains(complaint), "{text:?}: {told}");
    }
}

#[test]
fn a_dependency_without_a_reason() {
    let manifests = [
        manifest("base", ""),
        manifest("top", "[dependencies]\nbase = \"1\"\nlibc = \"1\"\nserde = \"1\""),
    ];
    let rationale =
        "# R\n\n| `serde` | elsewhere |\n\n## Dependencies\n\n| `libc` | system |\n\n## Z\n";
    let told = without_reason(&manifests, rationale);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("top/Cargo.toml:6: serde has no row"), "{told:?}");
}

#[test]
fn two_modules_that_use_each_other() {
    assert_blames(
        &[
            ("src/lib.rs", "mod a;\nmod b;"),
            ("src/a.rs", "use std::fmt;\nuse crate::b::B;\npub struct A;"),
            ("src/b.rs", "pub struct B;\n\nuse super::a::A;"),
        ],
        &[
            "crate::a -> crate::b\n        src/a.rs:2: use crate::b::B;",
            "crate::b -> crate::a\n        src/b.rs:3: use super::a::A;",
        ],
    );
    assert_clean(&[
        ("src/lib.rs", "mod a;\nmod b;\npub use a::A;"),
        ("src/a.rs", "use crate::b::B;\npub struct A;"),
        ("src/b.rs", "pub struct B;"),
    ]);
}

#[test]
fn a_circle_of_three_through_files_and_inline_modules() {
    assert_blames(
        &[
            ("src/lib.rs", "mod a;\nmod b { pub(in crate::b) mod inner; }\nmod c;"),
            ("src/a.rs", "use crate::{\n    b::inner::{X, Y},\n    d,\n};"),
            ("src/b/inner.rs", "use crate::c::d::{self, D};"),
            ("src/c/mod.rs", "mod d;"),
            ("src/c/d.rs", "use super::super::a::*;"),
        ],
        &[
            "src/a.rs:2: b::inner::{X, Y},",
            "src/b/inner.rs:1: use crate::c::d::{self, D};",
            "src/c/d.rs:1: use super::super::a::*;",
        ],
    );
}

#[test]
fn a_child_that_uses_its_parent_which_uses_it() {
    assert_blames(
        &[
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod child;\npub use child::Part;\npub struct A;"),
            ("src/a/child.rs", "use super::A;\npub struct Part;"),
        ],
        &["src/a.rs:2: pub use child::Part;", "src/a/child.rs:1: use super::A;"],
    );
}

#[test]
fn a_name_taken_from_the_root_that_has_it_from_a_module() {
    assert_blames(
        &[
            ("src/lib.rs", "mod a;\nmod b;\npub use a::A;"),
            ("src/a.rs", "use crate::b::B;\npub struct A;"),
            ("src/b.rs", "use crate::A;\npub struct B;"),
        ],
        &["src/b.rs:1: use crate::A;", "crate -> crate::a"],
    );
}

#[test]
fn paths_without_a_use() {
    let with = |b: &str| {
        found(&[
            ("src/lib.rs", "mod a;\nmod b;"),
            ("src/a.rs", "use crate::b::B;\npub struct A;"),
            ("src/b.rs", b),
        ])
        .len()
    };
    assert_eq!(with("pub struct B(crate::a::A);"), 1, "in a type");
    assert_eq!(with("fn f() { super::a::g(); }"), 1, "in an expression");
    assert_eq!(with("fn f() { println!(\"{}\", [crate::a::g()]); }"), 1, "in a macro call");
    assert_eq!(with("fn f() { use crate::a::g; }"), 1, "in a function's own use");
    assert_eq!(with("pub(in crate::a) struct B; impl B { pub(super) fn f() {} }"), 0, "visibility");
    assert_eq!(with("macro_rules! m { () => { $crate::a::g() } }"), 0, "$crate");
    assert_eq!(
        with("fn f() { ::a::g(); other::a::g(); println!(\"\", other::a::g()) }"),
        0,
        "others"
    );
    assert_eq!(with("/// See [`crate::a::A`].\npub struct B;"), 0, "documentation");
}

#[test]
fn what_only_tests_see_is_left_out() {
    let with = |b: &str| {
        found(&[
            ("src/lib.rs", "mod a;\nmod b;"),
            ("src/a.rs", "use crate::b::B;\npub struct A;"),
            ("src/b.rs", b),
        ])
        .len()
    };
    assert_eq!(with("#[cfg(test)]\nmod tests { use crate::a::A; }"), 0);
    assert_eq!(with("#[cfg(all(test, unix))]\nuse crate::a::A;"), 0);
    assert_eq!(with("#[cfg(any(test, loom))]\nuse crate::a::A;"), 1);
    assert_eq!(with("#[cfg(not(test))]\nuse crate::a::A;"), 1);
    assert_eq!(with("struct B; impl B { #[cfg(test)] fn f() { crate::a::g() } }"), 0);
}

#[test]
fn modules_at_another_path() {
    let root = "
mod a;
#[cfg(x)] #[path = \"x/mod.rs\"] mod os;
#[cfg(y)] #[path = \"y/mod.rs\"] mod os;
";
    assert_blames(
        &[
            ("src/lib.rs", root),
            ("src/a.rs", "use crate::os::part::f;"),
            ("src/x/mod.rs", "pub fn f() {}"),
            ("src/y/mod.rs", "mod part;"),
            ("src/y/part.rs", "use crate::a;"),
        ],
        &["src/a.rs:1: use crate::os::part::f;", "src/y/part.rs:1: use crate::a;"],
    );
}

#[test]
fn two_circles_are_both_told() {
    let files = [
        ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
        ("src/a.rs", "use crate::b::X;"),
        ("src/b.rs", "use crate::a::X;"),
        ("src/c.rs", "use crate::d::X;"),
        ("src/d.rs", "use crate::c::X; use crate::a::X;"),
    ];
    assert_eq!(found(&files).len(), 2);
}
