//! From nothing to an ACTIVE cluster, with the customer's own commands.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::path::Path;
use std::time::{Duration, Instant};

use ferrohsm_e2e::frames::{Frames, request_id};
use ferrohsm_e2e::server::{PATIENCE, Server, binary};
use ferrohsm_e2e::tools::shell;
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{
    ClusterActivateRequest, ClusterCsrRequest, ClusterInfoRequest, ClusterInitializeRequest,
    ClusterState, ListUsersRequest, RenewCertificateRequest, Role,
};

/// CloudHSM's documented commands; `ID` stands for the cluster id.
const COMMANDS: &str = r"
openssl genrsa -out CustomerRoot.key 2048
openssl req -new -x509 -days 365 -key CustomerRoot.key -out CustomerRoot.crt
openssl x509 -req -days 365 -in ID_ClusterCsr.csr   \
                              -CA CustomerRoot.crt    \
                              -CAkey CustomerRoot.key \
                              -CAcreateserial         \
                              -out ID_CustomerHsmCertificate.crt
";

fn init(directory: &Path, options: &[&str]) -> std::process::Output {
    let seal = format!("key-file:{}", directory.with_extension("key").display());
    std::process::Command::new(binary("hsm-server"))
        .args(["init", "--seal", &seal, "--dir"])
        .arg(directory)
        .args(options)
        .output()
        .expect("hsm-server")
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).expect(name)
}

fn state(directory: &Path) -> ClusterState {
    Frames::local(directory)
        .call(&ClusterInfoRequest {})
        .expect("info")
        .state()
}

fn initialize(directory: &Path, certificate: &str, root: &str) -> Result<(), String> {
    let request = ClusterInitializeRequest {
        signed_certificate_pem: certificate.into(),
        trust_anchor_pem: root.into(),
    };
    match Frames::local(directory).call(&request) {
        Ok(_) => Ok(()),
        Err(refused) => {
            assert_eq!(refused.status, Status::CertificateRefused);
            Err(refused.message)
        }
    }
}

#[test]
fn the_documented_commands_make_a_cluster() {
    let work = tempfile::tempdir().unwrap();
    let (hsm, customer) = (work.path().join("hsm"), work.path().join("customer"));
    std::fs::create_dir(&customer).unwrap();
    assert!(init(&hsm, &[]).status.success());
    let again = init(&hsm, &[]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("set up already"));

    let server = Server::run(&hsm, &[]);
    let mut local = Frames::local(&hsm);
    let info = local.call(&ClusterInfoRequest {}).unwrap();
    assert_eq!(
        (info.state(), info.mode.as_str(), info.dev),
        (ClusterState::Uninitialized, "FIPS", false)
    );
    assert_eq!(
        local.login("admin", "password").unwrap_err().status,
        Status::WrongClusterState
    );
    let early = ClusterActivateRequest {
        user: String::new(),
        password: b"first password".to_vec(),
    };
    assert_eq!(
        local.call(&early).unwrap_err().status,
        Status::WrongClusterState
    );

    let id: String = info
        .cluster_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let csr = local.call(&ClusterCsrRequest {}).unwrap().csr_pem;
    std::fs::write(customer.join(format!("{id}_ClusterCsr.csr")), csr).unwrap();
    shell(
        &customer,
        &format!("openssl req -verify -noout -subject -in {id}_ClusterCsr.csr | grep {id}"),
    );
    shell(&customer, &COMMANDS.replace("ID", &id));
    let certificate = read(&customer, &format!("{id}_CustomerHsmCertificate.crt"));
    initialize(&hsm, &certificate, &read(&customer, "CustomerRoot.crt")).unwrap();
    assert_eq!(state(&hsm), ClusterState::Initialized);

    // Not even a power cut takes a step back.
    server.kill();
    let server = Server::run(&hsm, &[]);
    assert_eq!(state(&hsm), ClusterState::Initialized);
    let mut local = Frames::local(&hsm);
    let weak = ClusterActivateRequest {
        user: String::new(),
        password: b"admin".to_vec(),
    };
    assert_eq!(
        local.call(&weak).unwrap_err().status,
        Status::PasswordRefused
    );
    assert_eq!(local.call(&early).unwrap().user, "admin");
    assert_eq!(
        local.call(&early).unwrap_err().status,
        Status::WrongClusterState
    );
    server.kill();

    let server = Server::run(&hsm, &[]);
    let mut local = Frames::local(&hsm);
    assert_eq!(
        local.login("Admin", "first password").unwrap().role(),
        Role::CryptoOfficer
    );
    assert_eq!(local.call(&ListUsersRequest {}).unwrap().users.len(), 1);
    assert_eq!(
        local.call(&ClusterInfoRequest {}).unwrap().state(),
        ClusterState::Active
    );

    // A year later: the same root key, the same CSR, a new certificate.
    let end = local
        .call(&ClusterInfoRequest {})
        .unwrap()
        .certificate_not_after_unix_s;
    let csr = local.call(&ClusterCsrRequest {}).unwrap().csr_pem;
    std::fs::write(customer.join(format!("{id}_ClusterCsr.csr")), csr).unwrap();
    let renew = COMMANDS
        .replace("ID", &id)
        .replace("-days 365", "-days 730")
        .replace("openssl genrsa", "true genrsa");
    shell(&customer, &renew);
    let renewed = local.call(&RenewCertificateRequest {
        request_id: request_id(),
        signed_certificate_pem: read(&customer, &format!("{id}_CustomerHsmCertificate.crt")),
        trust_anchor_pem: read(&customer, "CustomerRoot.crt"),
    });
    assert!(renewed.unwrap().not_after_unix_s > end + 300 * 24 * 3600);
    assert!(server.stop().success());
    assert!(!hsm.join("hsm.sock").exists());
}

#[test]
fn certificates_that_do_not_fit_are_refused() {
    let work = tempfile::tempdir().unwrap();
    let (hsm, customer) = (work.path().join("hsm"), work.path().join("customer"));
    std::fs::create_dir(&customer).unwrap();
    assert!(init(&hsm, &["--mode", "non-fips"]).status.success());
    let server = Server::run(&hsm, &[]);
    let csr = Frames::local(&hsm)
        .call(&ClusterCsrRequest {})
        .unwrap()
        .csr_pem;
    std::fs::write(customer.join("cluster.csr"), csr).unwrap();
    let sign = |root: &str, csr: &str, days: u32| {
        shell(
            &customer,
            &format!(
                "openssl x509 -req -days {days} -in {csr}.csr -CA {root}.crt -CAkey {root}.key -CAcreateserial -out {csr}.crt"
            ),
        );
        read(&customer, &format!("{csr}.crt"))
    };
    for root in ["right", "wrong"] {
        shell(
            &customer,
            &format!(
                "openssl req -newkey rsa:2048 -nodes -x509 -days 365 -subj /CN=Root -keyout {root}.key -out {root}.crt"
            ),
        );
    }
    let (right, wrong) = (read(&customer, "right.crt"), read(&customer, "wrong.crt"));
    let refusal = |certificate: &str, root: &str| initialize(&hsm, certificate, root).unwrap_err();

    let certificate = sign("right", "cluster", 365);
    assert!(refusal(&certificate, &wrong).contains("was not signed by this root"));
    assert!(refusal(&right, &right).contains("another key than the CSR's"));
    assert!(refusal("hello", &right).contains("no PEM block"));
    assert!(refusal(&read(&customer, "right.key"), &right).contains("PRIVATE KEY"));

    shell(
        &customer,
        "openssl req -newkey rsa:2048 -nodes -subj /CN=other -keyout other.key -out other.csr",
    );
    assert!(refusal(&sign("right", "other", 365), &right).contains("another key than the CSR's"));

    let expired = sign("right", "cluster", 0);
    // It ends in the second in which it was made.
    let end = Instant::now() + PATIENCE;
    loop {
        match initialize(&hsm, &expired, &wrong) {
            Err(reason) if reason.contains("expired") => break,
            Err(reason) => assert!(
                reason.contains("was not signed") && Instant::now() < end,
                "{reason}"
            ),
            Ok(()) => panic!("an expired certificate was taken"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }

    assert_eq!(state(&hsm), ClusterState::Uninitialized);
    initialize(&hsm, &certificate, &right).unwrap();
    assert_eq!(state(&hsm), ClusterState::Initialized);
    assert!(server.stop().success());
}

#[test]
fn a_dev_hsm_goes_on_where_it_was() {
    let work = tempfile::tempdir().unwrap();
    let directory = work.path().join("dev");
    let (server, ready) = Server::dev(&directory, &["--mode", "non-fips"]);
    assert_eq!(ready["ready"], true);
    let address = ready["address"].as_str().unwrap();
    assert!(address.starts_with("127.0.0.1:"));
    assert_eq!(
        ready["config"].as_str().unwrap(),
        directory.join("client.toml").to_str().unwrap()
    );
    let config = read(&directory, "client.toml");
    for line in [
        &format!("addresses = [\"{address}\"]"),
        "dev = true",
        "user = \"app\"",
        "# A DEV cluster",
    ] {
        assert!(config.contains(line), "{config}");
    }
    let info = Frames::local(&directory)
        .call(&ClusterInfoRequest {})
        .unwrap();
    assert_eq!(
        (info.state(), info.mode.as_str(), info.dev),
        (ClusterState::Active, "NON_FIPS", true)
    );
    assert_eq!(info.users, 2);
    for file in [
        "client.toml",
        "admin.toml",
        "client.key",
        "seal.key",
        "passwords.toml",
    ] {
        use std::os::unix::fs::PermissionsExt;
        let mode = directory
            .join(file)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }

    // One directory, one HSM.
    let second = std::process::Command::new(binary("hsm-server"))
        .args(["dev", "--dir"])
        .arg(&directory)
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another hsm-server"));
    assert!(server.stop().success());

    let (server, _) = Server::dev(&directory, &[]);
    let same = Frames::local(&directory)
        .call(&ClusterInfoRequest {})
        .unwrap();
    assert_eq!(
        (same.cluster_id, same.hsm_id, same.users),
        (info.cluster_id, info.hsm_id, 2)
    );
    let line_of = |text: &str, key: &str| {
        text.lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        line_of(&read(&directory, "client.toml"), "password"),
        line_of(&config, "password")
    );
    assert!(server.stop().success());

    for (arguments, reason) in [
        (["dev", "--mode", "fips"], "NON_FIPS"),
        (["dev", "--listen", "0.0.0.0:0"], "loopback only"),
        (
            ["run", "--listen", "127.0.0.1:0"],
            "inside the data directory",
        ),
    ] {
        let output = std::process::Command::new(binary("hsm-server"))
            .args(arguments)
            .arg("--dir")
            .arg(&directory)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(reason),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
