//! What the documents tell an operator to type, with the real `ferrohsm` and openssl, from nothing to a login over TLS.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ferrohsm_e2e::server::{Server, binary};
use ferrohsm_e2e::tools::{block, commands, path_with, shell};
use serde_json::Value;

struct Operator {
    work: tempfile::TempDir,
}

impl Operator {
    fn hsm(&self) -> PathBuf {
        self.work.path().join("hsm")
    }

    fn folder(&self) -> PathBuf {
        self.work.path().join("folder")
    }

    /// Runs a command line of a document in the folder, with the built `ferrohsm` first in the path.
    fn types(&self, script: &str) {
        let path = path_with(binary("ferrohsm").parent().unwrap());
        let script = script.replace("/var/lib/ferrohsm", self.hsm().to_str().unwrap());
        shell(&self.folder(), &format!("PATH='{path}'\n{script}"));
    }

    /// A command of `ferrohsm`: its exit code and JSON.
    fn ferrohsm(&self, arguments: &str) -> (i32, Value) {
        let output = Command::new(binary("ferrohsm"))
            .arg("--json")
            .args(arguments.split(' '))
            .current_dir(self.folder())
            .env_remove("FERROHSM_USER")
            .env_remove("FERROHSM_PASSWORD")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(if output.stdout.is_empty() {
            &output.stderr
        } else {
            &output.stdout
        })
        .into_owned();
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{arguments}: {error}: {text}"));
        (output.status.code().unwrap(), json)
    }

    fn info(&self, target: &str) -> Value {
        let (code, json) = self.ferrohsm(&format!("{target} cluster hsm-info"));
        assert_eq!(code, 0, "{json}");
        json["data"].clone()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder().join(name), text).unwrap();
    }
}

fn init(directory: &Path) {
    let seal = format!("key-file:{}", directory.with_extension("key").display());
    let text = directory.to_str().unwrap();
    assert!(
        Server::start(&["init", "--dir", text, "--seal", &seal])
            .wait()
            .success()
    );
}

#[test]
fn from_nothing_to_a_login() {
    let operator = Operator {
        work: tempfile::tempdir().unwrap(),
    };
    std::fs::create_dir(operator.folder()).unwrap();
    init(&operator.hsm());
    let server = Server::run(&operator.hsm(), &[]);
    let local = format!("--dir {}", operator.hsm().display());
    let info = operator.info(&local);
    assert_eq!(info["state"], "UNINITIALIZED");
    let id = info["cluster-id"].as_str().unwrap();

    operator.write("admin.password", "an officer's password\n");
    operator.write("payments.password", "an application's password\n");
    operator.write("wrong.password", "something else\n");
    operator.types(&format!(
        "ferrohsm --dir /var/lib/ferrohsm cluster csr --out {id}_ClusterCsr.csr"
    ));
    let (code, early) = operator.ferrohsm(&format!(
        "{local} --password-file admin.password cluster activate"
    ));
    assert_ne!(code, 0, "{early}");
    operator.types(
        &"openssl genrsa -out CustomerRoot.key 2048
          openssl req -new -x509 -days 365 -key CustomerRoot.key -out CustomerRoot.crt
          openssl x509 -req -days 365 -in ID_ClusterCsr.csr -CA CustomerRoot.crt -CAkey CustomerRoot.key -CAcreateserial -out ID_CustomerHsmCertificate.crt
          ferrohsm --dir /var/lib/ferrohsm cluster initialize --signed-certificate ID_CustomerHsmCertificate.crt --trust-anchor CustomerRoot.crt
          ferrohsm --dir /var/lib/ferrohsm --password-file admin.password cluster activate"
            .replace("ID", id),
    );
    assert_eq!(operator.info(&local)["state"], "ACTIVE");

    let document = "docs/mtls.md";
    operator.types(&commands(document, "Making a client certificate"));
    operator.types(&commands(document, "Registering the authority"));
    let address = server.listening().to_string();
    let config = block(document, "Using it", "toml")
        .replace("hsm1.example.com:2223", &address)
        .replace("00112233445566778899aabbccddeeff", id);
    operator.write("client.toml", &config);
    operator.types(&commands(document, "Using it"));

    let payments = "--config client.toml --user payments";
    let (code, reply) = operator.ferrohsm(&format!(
        "{payments} --password-file payments.password login"
    ));
    assert_eq!(
        (code, &reply["error_code"]),
        (0, &Value::from(0)),
        "{reply}"
    );
    let (code, reply) =
        operator.ferrohsm(&format!("{payments} --password-file wrong.password login"));
    assert_eq!(
        (code, reply["data"]["status"].as_str()),
        (3, Some("LOGIN_FAILED")),
        "{reply}"
    );
    let (code, reply) = operator.ferrohsm(&format!(
        "{payments} --password-file payments.password user unlock --username admin"
    ));
    assert_eq!(
        (code, reply["data"]["status"].as_str()),
        (3, Some("PERMISSION_DENIED")),
        "{reply}"
    );

    refuse_other_clusters(&operator, &config, id);

    // A year later.
    let end = |target: &str| {
        operator.info(target)["certificate-not-after"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let old_end = end(&local);
    operator.types(
        &"openssl req -new -x509 -days 730 -key CustomerRoot.key -out CustomerRoot.crt
          ferrohsm --dir /var/lib/ferrohsm cluster csr --out ID_ClusterCsr.csr
          openssl x509 -req -days 730 -in ID_ClusterCsr.csr -CA CustomerRoot.crt -CAkey CustomerRoot.key -CAcreateserial -out ID_CustomerHsmCertificate.crt
          ferrohsm --config client.toml --user admin --password-file admin.password cluster renew-certificate --signed-certificate ID_CustomerHsmCertificate.crt --trust-anchor CustomerRoot.crt"
            .replace("ID", id),
    );
    assert!(end("--config client.toml") > old_end);

    let admin = format!("{local} --user admin --password-file admin.password");
    let (_, anchors) = operator.ferrohsm(&format!("{admin} cluster mtls list"));
    let anchor = anchors["data"]["trust-anchors"][0]["id"].as_str().unwrap();
    assert_eq!(
        operator
            .ferrohsm(&format!("{admin} cluster mtls deregister {anchor}"))
            .0,
        0
    );
    let (code, reply) = operator.ferrohsm("--config client.toml cluster hsm-info");
    assert_eq!(code, 4, "{reply}");
    assert!(server.stop().success());

    // Nobody waits for an HSM that is not there.
    operator.write("client.toml", &format!("timeout-ms = 60000\n{config}"));
    let started = Instant::now();
    let (code, reply) = operator.ferrohsm("--config client.toml cluster hsm-info");
    assert_eq!(
        (code, reply["data"]["status"].as_str()),
        (4, Some("UNREACHABLE")),
        "{reply}"
    );
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// The client takes the HSM for no other cluster, and under no other root.
fn refuse_other_clusters(operator: &Operator, config: &str, id: &str) {
    operator.types("openssl req -newkey rsa:2048 -nodes -x509 -days 9 -subj /CN=Other -keyout Other.key -out Other.crt");
    for wrong in [
        config.replace(id, &"0".repeat(32)),
        config.replace("CustomerRoot.crt", "Other.crt"),
    ] {
        operator.write("wrong.toml", &wrong);
        let (code, reply) = operator.ferrohsm("--config wrong.toml cluster hsm-info");
        assert_eq!(
            (code, reply["data"]["status"].as_str()),
            (4, Some("SERVER_UNTRUSTED")),
            "{reply}"
        );
    }
}
