//! The server links AWS-LC and no ring, the clients ring and no AWS-LC: two TLS providers in one process make rustls guess.

use std::path::{Path, PathBuf};

fn artefact(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/release")
        .join(name)
}

/// Looks in the whole file, so in its symbol table too: release artefacts are not stripped.
fn contains(file: &Path, needle: &str) -> bool {
    let bytes = std::fs::read(file)
        .unwrap_or_else(|error| panic!("{}: {error}: build first (make build)", file.display()));
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn the_server_has_aws_lc_and_no_ring() {
    let server = artefact("hsm-server");
    assert!(
        contains(&server, "aws_lc_"),
        "the search finds nothing: is the binary stripped?"
    );
    assert!(!contains(&server, "ring_core_"));
}

#[test]
fn the_clients_have_ring_and_no_aws_lc() {
    for name in ["libferrohsm_jni.so", "ferrohsm"] {
        let client = artefact(name);
        assert!(
            contains(&client, "ring_core_"),
            "{name}: the search finds nothing: is it stripped?"
        );
        assert!(!contains(&client, "aws_lc_"), "{name}");
    }
}
