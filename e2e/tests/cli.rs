//! The `ferrohsm` command against the built server: the whole life cycle as a customer types it.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ferrohsm_e2e::server::{Server, binary};
use ferrohsm_e2e::tools::shell;
use serde_json::Value;

/// A place with an HSM in it.
struct Site {
    work: tempfile::TempDir,
}

impl Site {
    fn path(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    fn password(&self, name: &str, password: &str) -> String {
        std::fs::write(self.path(name), format!("{password}\n")).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    fn ferrohsm(&self, arguments: &[&str]) -> Output {
        Command::new(binary("ferrohsm"))
            .args(["--dir", "hsm"])
            .args(arguments)
            .current_dir(self.work.path())
            .env_remove("FERROHSM_USER")
            .env_remove("FERROHSM_CONFIG")
            .output()
            .unwrap()
    }

    /// What a command gives to programs.
    fn data(&self, arguments: &[&str]) -> Value {
        let output = self.ferrohsm(&[&["--json"], arguments].concat());
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}: {value}");
        assert_eq!(value["error_code"], 0);
        value["data"].clone()
    }

    /// The exit code and the status of a command that is refused.
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.ferrohsm(&[&["--json"], arguments].concat());
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let status = value["data"]["status"].as_str().unwrap().to_owned();
        (output.status.code().unwrap(), status)
    }
}

fn init(directory: &Path) {
    let seal = format!("key-file:{}", directory.with_extension("key").display());
    let status = Command::new(binary("hsm-server"))
        .args(["init", "--seal", &seal, "--dir"])
        .arg(directory)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_cluster_from_nothing_to_keys() {
    let site = Site {
        work: tempfile::tempdir().unwrap(),
    };
    init(&site.path("hsm"));
    let server = Server::run(&site.path("hsm"), &[]);

    assert_eq!(
        site.data(&["cluster", "hsm-info"])["state"],
        "UNINITIALIZED"
    );
    let id = site.data(&["cluster", "hsm-info"])["cluster-id"]
        .as_str()
        .unwrap()
        .to_owned();
    let csr = format!("{id}_ClusterCsr.csr");
    assert!(
        site.ferrohsm(&["cluster", "csr", "--out", &csr])
            .status
            .success()
    );
    shell(
        site.work.path(),
        &format!(
            "openssl genrsa -out CustomerRoot.key 2048\n\
             openssl req -new -x509 -days 365 -key CustomerRoot.key -out CustomerRoot.crt\n\
             openssl x509 -req -days 365 -in {csr} -CA CustomerRoot.crt -CAkey CustomerRoot.key -CAcreateserial \
             -out Signed.crt"
        ),
    );
    let initialize = |certificate: &'static str| {
        [
            "cluster",
            "initialize",
            "--signed-certificate",
            certificate,
            "--trust-anchor",
            "CustomerRoot.crt",
        ]
    };
    let wrong = site.refused(&initialize("CustomerRoot.crt"));
    assert_eq!(wrong, (1, "CERTIFICATE_REFUSED".to_owned()));
    assert_eq!(site.data(&initialize("Signed.crt"))["state"], "INITIALIZED");

    let admin = site.password("admin.txt", "correct horse");
    let activated = site.data(&["--password-file", &admin, "cluster", "activate"]);
    assert_eq!(activated["username"], "admin");
    let as_admin = ["--user", "admin", "--password-file", admin.as_str()];
    let admin_data = |arguments: &[&str]| site.data(&[&as_admin[..], arguments].concat());

    let app = site.password("app.txt", "battery staple");
    admin_data(&[
        "user",
        "create",
        "--username",
        "app",
        "--role",
        "crypto-user",
        "--new-password-file",
        &app,
    ]);
    let anchor = admin_data(&[
        "cluster",
        "mtls",
        "register-trust-anchor",
        "CustomerRoot.crt",
        "--for-user",
        "app",
    ]);
    let listed = admin_data(&["cluster", "mtls", "list"]);
    assert_eq!(listed["trust-anchors"][0]["id"], anchor["id"]);
    assert_eq!(admin_data(&["barrier", "rotate"])["data-key"], 2);
    assert_eq!(admin_data(&["login"])["role"], "admin");
    admin_data(&[
        "cluster",
        "mtls",
        "deregister",
        anchor["id"].as_str().unwrap(),
    ]);

    let as_app = ["--user", "app", "--password-file", app.as_str()];
    let app_data = |arguments: &[&str]| site.data(&[&as_app[..], arguments].concat());
    let aes = app_data(&[
        "key",
        "generate-symmetric",
        "aes",
        "--label",
        "a",
        "--key-length-bytes",
        "32",
    ]);
    assert_eq!(aes["attributes"]["extractable"], false);
    let pair = app_data(&[
        "key",
        "generate-asymmetric-pair",
        "ec",
        "--private-label",
        "b",
        "--curve",
        "secp256r1",
    ]);
    assert_eq!(pair["public-attributes"]["label"], "b");
    let filter = format!("key-reference={}", pair["key-reference"].as_str().unwrap());
    assert_eq!(
        app_data(&["key", "show", "--filter", &filter])["attributes"]["label"],
        "b"
    );
    assert_eq!(app_data(&["key", "list"])["total-key-count"], 2);
    app_data(&[
        "key",
        "set-attribute",
        "--filter",
        "attr.label=a",
        "--name",
        "label",
        "--value",
        "c",
    ]);
    app_data(&["key", "delete", "--filter", "attr.label=c"]);
    assert_eq!(
        app_data(&["key", "list", "--filter", "attr.key-type=aes"])["total-key-count"],
        0
    );
    // A wrapping key that the admin trusts, of whom the owner says which one it is.
    let wrapping = app_data(&[
        "key",
        "generate-symmetric",
        "aes",
        "--label",
        "wrapping",
        "--key-length-bytes",
        "32",
        "--attributes",
        "encrypt=false",
        "decrypt=false",
        "sign=false",
        "verify=false",
        "unwrap-template=wrap-with-trusted=true",
    ]);
    assert_eq!(wrapping["class"], "secret-key");
    assert_eq!(wrapping["key-length-bytes"], 32);
    assert_eq!(
        wrapping["attributes"]["check-value"]
            .as_str()
            .unwrap()
            .len(),
        8
    );
    assert_eq!(pair["class"], "private-key");
    assert_eq!(pair["ec-point"].as_str().unwrap().len(), 2 + 130);
    let filter = format!(
        "key-reference={}",
        wrapping["key-reference"].as_str().unwrap()
    );
    let trust = [
        "key",
        "set-attribute",
        "--filter",
        &filter,
        "--name",
        "trusted",
        "--value",
        "true",
    ];
    let refused = site.refused(&[&as_app[..], &trust].concat());
    assert_eq!(refused, (3, "PERMISSION_DENIED".to_owned()));
    let told = admin_data(&trust);
    assert_eq!(told["trusted"], true);
    assert_eq!(told["bytes-alone"], serde_json::json!([]));
    let shown = app_data(&["key", "show", "--filter", &filter]);
    assert_eq!(shown["attributes"]["trusted"], true);
    assert_eq!(
        shown["attributes"]["unwrap-template"]["wrap-with-trusted"],
        true
    );
    app_data(&["key", "delete", "--filter", &filter]);
    let missing =
        site.refused(&[&as_app[..], &["key", "show", "--filter", "attr.label=a"]].concat());
    assert_eq!(missing, (1, "KEY_NOT_FOUND".to_owned()));

    let forbidden = site.refused(&[&as_app[..], &["barrier", "rotate"]].concat());
    assert_eq!(forbidden, (3, "PERMISSION_DENIED".to_owned()));
    let wrong = site.password("wrong.txt", "wrong horse");
    let refused = site.refused(&["--user", "app", "--password-file", &wrong, "login"]);
    assert_eq!(refused, (3, "LOGIN_FAILED".to_owned()));
    assert_eq!(
        admin_data(&["user", "list"])["users"][1]["failed-logins"],
        1
    );
    admin_data(&["user", "unlock", "--username", "app"]);

    let new = site.password("new.txt", "another staple");
    app_data(&["user", "change-password", "--new-password-file", &new]);
    assert_eq!(
        site.data(&["--user", "app", "--password-file", &new, "login"])["role"],
        "crypto-user"
    );
    let owns = site.refused(&[&as_admin[..], &["user", "delete", "--username", "app"]].concat());
    assert_eq!(owns, (1, "USER_OWNS_KEYS".to_owned()));

    assert!(server.stop().success());
    // The socket went with the server.
    assert_eq!(site.refused(&["cluster", "hsm-info"]).0, 2);
}
