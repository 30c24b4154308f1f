//! docs/CAPABILITIES.md is what the mechanisms table and the lists of other providers in `capabilities/` make it.
//! `FERROHSM_WRITE_DOCS=1 cargo test --release -p ferrohsm-protocol --test capabilities` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use ferrohsm_protocol::mechanisms::{JcaService, MECHANISMS, MechanismRow};

const CLOUDHSM: &str = include_str!("capabilities/cloudhsm.txt");
const SUN_PKCS11: &str = include_str!("capabilities/sunpkcs11.txt");
const PKCS11: &str = include_str!("capabilities/pkcs11.txt");

const HEAD: &str = "# Capabilities

What the Java provider offers, service by service. This page is made from the mechanisms table
(`crates/protocol/src/mechanisms.rs`) and the lists in `crates/protocol/tests/capabilities/`; do not edit it.

* **Also**: other names that find the service. Names are not case-sensitive.
* **Mechanism**: the name in `allowed-mechanisms`, the command line and the audit log.
* **FIPS**: whether a cluster in FIPS mode offers it.
* **CloudHSM**: the name in the JCE provider of AWS CloudHSM (Client SDK 5.18), if it has it. **SunPKCS11**: likewise in
  the JDK's PKCS#11 provider (JDK 25), on a token that has the mechanism.

Both have a KeyStore, as we do (`FERROHSM`). RSA keys have 2048 to 4096 bits in steps of 256, in both modes, as in CloudHSM.
";

/// The lines of a list, without comments.
fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.starts_with('#'))
}

fn engine(service: &JcaService) -> String {
    format!("{:?}", service.engine)
}

/// Whether `theirs` ("Engine name") is this service.
fn is_called(service: &JcaService, theirs: &str) -> bool {
    theirs
        .split_once(' ')
        .is_some_and(|(their_engine, their_name)| {
            their_engine == engine(service)
                && std::iter::once(&service.name)
                    .chain(service.aliases)
                    .any(|name| name.eq_ignore_ascii_case(their_name))
        })
}

/// The names under which a list has this service; empty if it has not.
fn names_in(list: &'static str, service: &JcaService) -> String {
    let names: Vec<_> = lines(list)
        .filter(|theirs| is_called(service, theirs))
        .filter_map(|theirs| theirs.split_once(' '))
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        "no".to_owned()
    } else {
        names.join(", ")
    }
}

fn pkcs11_name(row: &MechanismRow) -> String {
    if row.key_type.is_none() && row.ckm == 0 {
        return "C_GenerateRandom".to_owned();
    }
    lines(PKCS11)
        .filter_map(|line| line.split_once(' '))
        .find(|(number, _)| u64::from_str_radix(&number[2..], 16) == Ok(row.ckm))
        .map_or_else(|| format!("{:#X}", row.ckm), |(_, name)| name.to_owned())
}

fn line(row: &MechanismRow, service: &JcaService) -> String {
    let aliases: Vec<_> = service
        .aliases
        .iter()
        .filter(|alias| !alias.starts_with("OID."))
        .map(|alias| format!("`{alias}`"))
        .collect();
    let uses: Vec<_> = row
        .uses
        .iter()
        .map(|usage| format!("{usage:?}").to_lowercase())
        .collect();
    format!(
        "| `{}` | {} | {} | {} | {} | {} | {} | {} |",
        service.name,
        aliases.join(", "),
        row.name,
        pkcs11_name(row),
        if row.fips { "yes" } else { "no" },
        uses.join(", "),
        names_in(CLOUDHSM, service),
        names_in(SUN_PKCS11, service)
    )
}

fn services() -> impl Iterator<Item = (&'static MechanismRow, &'static JcaService)> {
    MECHANISMS
        .iter()
        .flat_map(|row| row.jca.iter().map(move |service| (row, service)))
}

/// What CloudHSM has and we have not.
fn lacking() -> Vec<&'static str> {
    lines(CLOUDHSM)
        .filter(|theirs| !services().any(|(_, service)| is_called(service, theirs)))
        .collect()
}

fn page() -> String {
    let mut engines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (row, service) in services() {
        engines
            .entry(engine(service))
            .or_default()
            .push(line(row, service));
    }
    let mut page = HEAD.to_owned();
    for (engine, lines) in engines {
        let _ = write!(
            page,
            "\n## {engine}\n\n| name | also | mechanism | PKCS#11 | FIPS | uses | CloudHSM | SunPKCS11 |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n{}\n",
            lines.join("\n")
        );
    }
    let without: Vec<_> = MECHANISMS
        .iter()
        .filter(|row| row.jca.is_empty())
        .map(|row| format!("* {} ({})\n", row.name, pkcs11_name(row)))
        .collect();
    if !without.is_empty() {
        let _ = write!(
            page,
            "\n## Mechanisms without a JCA service of their own\n\n{}",
            without.concat()
        );
    }
    let lacking = lacking();
    if !lacking.is_empty() {
        let _ = write!(page, "\n## What CloudHSM has and we lack\n\n");
        for theirs in lacking {
            let _ = writeln!(page, "* {theirs}");
        }
    }
    page
}

#[test]
fn the_committed_page_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CAPABILITIES.md");
    if std::env::var_os("FERROHSM_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page(),
        "docs/CAPABILITIES.md is not what the tables say: run FERROHSM_WRITE_DOCS=1 cargo test --release \
         -p ferrohsm-protocol --test capabilities"
    );
}

#[test]
fn lists_of_others_name_an_engine_and_each_service_once() {
    for list in [CLOUDHSM, SUN_PKCS11] {
        let mut seen = std::collections::HashSet::new();
        for line in lines(list) {
            assert!(line.split_once(' ').is_some(), "{line}");
            assert!(seen.insert(line), "{line} twice");
        }
    }
}
