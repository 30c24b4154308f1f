//! House rules that a reviewer should not have to check by hand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ferrohsm_e2e::tools::{root, tracked};

const LONGEST_FILE_LINES: usize = 600;

#[test]
fn no_source_file_is_over_600_lines() {
    let lines = |file: &PathBuf| {
        std::fs::read_to_string(file)
            .expect("source is UTF-8")
            .lines()
            .count()
    };
    let mut files = tracked(&["*.rs", "*.java", "*.gradle", "*.sh", "*.proto"]);
    files.retain(|file| lines(file) > LONGEST_FILE_LINES);
    assert!(files.is_empty(), "{files:#?}");
}

/// A document without its blocks of code.
fn prose(document: &Path) -> String {
    let text = std::fs::read_to_string(document).expect("documents are UTF-8");
    text.split("\n```").step_by(2).collect()
}

/// What GitHub makes of the headings of a document, to link to.
fn anchors(document: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in prose(document).lines() {
        let text = line.trim_start_matches('#');
        if text.len() == line.len() || !text.starts_with(' ') {
            continue;
        }
        let anchor: String = text
            .trim()
            .to_lowercase()
            .replace(' ', "-")
            .chars()
            .filter(|&c| c.is_alphanumeric() || c == '-' || c == '_')
            .collect();
        let again = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone())
            .chain(again)
            .find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for document in tracked(&["*.md"]) {
        let folder = document.parent().expect("a file has a folder");
        let text = prose(&document);
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if path.contains("://") {
                continue;
            }
            let target = if path.is_empty() {
                document.clone()
            } else {
                folder.join(path)
            };
            let there = target.exists()
                && (anchor.is_empty() || target.is_file() && anchors(&target).contains(anchor));
            if !there {
                dead.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn headings_are_linked_as_github_does_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("a.md");
    let text = "# What's `it`, then?\n\n## One\n```sh\n# no heading\n```\n## One\n#none\n";
    std::fs::write(&document, text).expect("written");
    let wanted = ["one", "one-1", "whats-it-then"].map(str::to_owned);
    assert_eq!(anchors(&document), BTreeSet::from(wanted));
}

/// The versions that a text gives to artifacts of FerroHSM, for Maven and as `org.ferrohsm:NAME:VERSION`.
fn versions(text: &str) -> Vec<&str> {
    let of_maven = text
        .split("<artifactId>ferrohsm-")
        .skip(1)
        .filter_map(|rest| {
            let (_, after) = rest.split_once("</artifactId>")?;
            let version = after.trim_start().strip_prefix("<version>")?;
            version.split('<').next()
        });
    let of_gradle = text.split("org.ferrohsm:").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c));
        rest[..end.unwrap_or(rest.len())].split(':').nth(1)
    });
    of_maven.chain(of_gradle).collect()
}

#[test]
fn documents_have_the_version_that_is_built() {
    let mut found = 0;
    for document in tracked(&["*.md"]) {
        let text = std::fs::read_to_string(&document).expect("documents are UTF-8");
        for version in versions(&text) {
            assert_eq!(version, env!("CARGO_PKG_VERSION"), "{}", document.display());
            found += 1;
        }
    }
    assert!(found > 5, "{found}");
}

#[test]
fn versions_are_found_for_maven_and_gradle() {
    let text = "<artifactId>other</artifactId> <version>9</version>
        <artifactId>ferrohsm-junit</artifactId>\n  <version>1.2</version>
        <artifactId>ferrohsm-provider</artifactId> <scope>test</scope> <version>9</version>
        `org.ferrohsm:ferrohsm-bom`, 'org.ferrohsm:ferrohsm-junit:3.4' and `org.ferrohsm:ferrohsm-provider:5.6:linux`";
    assert_eq!(versions(text), ["1.2", "3.4", "5.6"]);
}

#[test]
fn every_dependency_is_explained() {
    let explained =
        std::fs::read_to_string(root().join("docs/dependencies.md")).expect("docs/dependencies.md");
    let mut missing = BTreeSet::new();
    for manifest in tracked(&["*Cargo.toml"]) {
        let text = std::fs::read_to_string(manifest).expect("manifests are UTF-8");
        let mut within = false;
        for line in text.lines() {
            if let Some(section) = line.strip_prefix('[') {
                within = section.contains("dependencies");
            } else if within && let Some((name, _)) = line.split_once(['=', '.', ' ']) {
                let ours = name.starts_with("ferrohsm-") || line.contains("path = ");
                let skip = ours || name.starts_with('#') || name.is_empty();
                if !skip && !explained.contains(&format!("`{name}`")) {
                    missing.insert(name.to_owned());
                }
            }
        }
    }
    assert!(
        missing.is_empty(),
        "docs/dependencies.md says nothing of {missing:?}"
    );
}
