//! The server links AWS-LC and no ring, the clients ring and no AWS-LC: two TLS providers in one process make rustls guess.

use std::path::Path;

use ferrohsm_e2e::server::binary;

/// Looks in the whole file, so in its symbol table too: release artefacts are not stripped.
fn contains(file: &Path, needle: &str) -> bool {
    let bytes = std::fs::read(file).expect("a readable file");
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn the_server_has_aws_lc_and_no_ring() {
    let server = binary("hsm-server");
    assert!(
        contains(&server, "aws_lc_"),
        "the search finds nothing: is the binary stripped?"
    );
    assert!(!contains(&server, "ring_core_"));
}

#[test]
fn the_clients_have_ring_and_no_aws_lc() {
    for name in ["libferrohsm_jni.so", "ferrohsm"] {
        let client = binary(name);
        assert!(
            contains(&client, "ring_core_"),
            "{name}: the search finds nothing: is it stripped?"
        );
        assert!(!contains(&client, "aws_lc_"), "{name}");
    }
}
