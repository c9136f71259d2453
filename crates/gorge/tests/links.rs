//! Every relative link of the documents leads to a file that is there, and every chapter of the
//! book stands in its table of contents.

use std::fs;
use std::path::{Path, PathBuf};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The documents in a folder and below it.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            documents(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

/// What stands between `](` and `)`, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every second part stands between backquotes.
        let prose: String = line.split('`').step_by(2).collect();
        for part in prose.split("](").skip(1) {
            links.extend(part.split_once(')').map(|(link, _)| link.to_owned()));
        }
    }
    links
}

/// The links of `text`, a document in `folder`, that lead nowhere.
fn broken(text: &str, folder: &Path) -> Vec<String> {
    let relative = |link: &String| !link.contains("://") && !link.starts_with('#');
    let leads_nowhere = |link: &String| {
        let path = link.split('#').next().unwrap_or_default();
        !folder.join(path).exists()
    };
    links(text).into_iter().filter(relative).filter(leads_nowhere).collect()
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut all = Vec::new();
    for name in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "peers/README.md"]
    {
        all.push(project().join(name));
    }
    documents(&project().join("docs"), &mut all);
    documents(&project().join("crates"), &mut all);
    let folder = |path: &PathBuf| path.parent().expect("a folder").to_path_buf();
    let wrong: Vec<String> = all
        .iter()
        .flat_map(|path| {
            let name = path.display();
            broken(&read(path), &folder(path))
                .into_iter()
                .map(move |link| format!("{name}: {link}"))
        })
        .collect();
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn what_a_chapter_includes_is_there() {
    let book = project().join("docs/book/src");
    let mut chapters = Vec::new();
    documents(&book, &mut chapters);
    for chapter in chapters {
        for line in read(&chapter).lines() {
            let included =
                line.strip_prefix("{{#include ").and_then(|line| line.strip_suffix("}}"));
            if let Some(path) = included {
                assert!(book.join(path).exists(), "{}: {path}", chapter.display());
            }
        }
    }
}

#[test]
fn every_chapter_is_in_the_table_of_contents() {
    let book = project().join("docs/book/src");
    let contents = links(&read(&book.join("SUMMARY.md")));
    let mut chapters = Vec::new();
    documents(&book, &mut chapters);
    for chapter in chapters {
        let name = chapter.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(name == "SUMMARY.md" || contents.contains(&name), "{name} cannot be reached");
    }
}

#[test]
fn a_broken_link_is_noticed() {
    let here = project();
    assert_eq!(broken("see [this](docs/nowhere.md)", &here), ["docs/nowhere.md"]);
    assert_eq!(broken("see [this](README.md#top), [that](https://example.org)", &here), [""; 0]);
    assert_eq!(broken("```\n[code](nowhere)\n```\n and `[code](nowhere)`", &here), [""; 0]);
}
