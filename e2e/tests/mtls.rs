//! Who may open a TLS connection, with the real openssl as the other side and the commands of docs/mtls.md.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ferrohsm_e2e::frames::{Frames, request_id};
use ferrohsm_e2e::server::{PATIENCE, Server};
use ferrohsm_e2e::tools::{OpensslClient, commands, shell};
use ferrohsm_protocol::Status;
use ferrohsm_protocol::messages::{
    ClusterActivateRequest, ClusterCsrRequest, ClusterInfoRequest, CreateUserRequest,
    DeregisterTrustAnchorRequest, ListTrustAnchorsRequest, RegisterTrustAnchorRequest,
    ResumeRequest, Role, TrustAnchorInfo,
};

const PASSWORD: &str = "a long password";

/// An ACTIVE cluster with the users admin, app and other, and a folder with the client certificate of docs/mtls.md.
struct Site {
    work: tempfile::TempDir,
    cluster_id: String,
}

impl Site {
    fn new() -> Site {
        let work = tempfile::tempdir().unwrap();
        let (hsm, customer) = (work.path().join("hsm"), work.path().join("customer"));
        std::fs::create_dir(&customer).unwrap();
        let seal = format!("key-file:{}", work.path().join("seal.key").display());
        let init = Server::start(&["init", "--dir", hsm.to_str().unwrap(), "--seal", &seal]);
        assert!(init.wait().success());
        let server = Server::run(&hsm, &[]);
        let mut local = Frames::local(&hsm);
        let csr = local.call(&ClusterCsrRequest {}).unwrap().csr_pem;
        std::fs::write(customer.join("cluster.csr"), csr).unwrap();
        shell(
            &customer,
            "openssl req -newkey rsa:2048 -nodes -x509 -days 365 -subj /CN=Root -keyout root.key -out root.crt
             openssl x509 -req -days 365 -in cluster.csr -CA root.crt -CAkey root.key -CAcreateserial -out cluster.crt",
        );
        let read = |name| std::fs::read_to_string(customer.join(name)).unwrap();
        local
            .call(&ferrohsm_protocol::messages::ClusterInitializeRequest {
                signed_certificate_pem: read("cluster.crt"),
                trust_anchor_pem: read("root.crt"),
            })
            .unwrap();
        local
            .call(&ClusterActivateRequest {
                user: "admin".into(),
                password: PASSWORD.into(),
            })
            .unwrap();
        local.login("admin", PASSWORD).unwrap();
        for name in ["app", "other"] {
            let request_id = request_id();
            let role = Role::CryptoUser.into();
            local
                .call(&CreateUserRequest {
                    request_id,
                    name: name.into(),
                    role,
                    password: PASSWORD.into(),
                })
                .unwrap();
        }
        shell(
            &customer,
            &commands("docs/mtls.md", "Making a client certificate"),
        );
        let info = local.call(&ClusterInfoRequest {}).unwrap();
        let cluster_id = info
            .cluster_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert!(server.stop().success());
        Site { work, cluster_id }
    }

    fn hsm(&self) -> PathBuf {
        self.work.path().join("hsm")
    }

    fn customer(&self) -> PathBuf {
        self.work.path().join("customer")
    }

    fn register(&self, authority: &str, users: &[&str]) -> Result<TrustAnchorInfo, Status> {
        let mut local = Frames::local(&self.hsm());
        local.login("admin", PASSWORD).unwrap();
        let certificate_pem = std::fs::read_to_string(self.customer().join(authority)).unwrap();
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        let request_id = request_id();
        local
            .call(&RegisterTrustAnchorRequest {
                request_id,
                certificate_pem,
                users,
            })
            .map(|reply| reply.anchor.unwrap())
            .map_err(|refused| refused.status)
    }

    fn deregister(&self, id: &str) {
        let mut local = Frames::local(&self.hsm());
        local.login("admin", PASSWORD).unwrap();
        let request_id = request_id();
        local
            .call(&DeregisterTrustAnchorRequest {
                request_id,
                id: id.into(),
            })
            .unwrap();
    }

    /// Openssl as the client. It cannot check the HSM's certificate: the cluster certificate that the documented
    /// command makes is X.509 v1, which it takes for no CA. How FerroHSM's clients check it is tested in crates/protocol.
    fn connect(
        &self,
        address: SocketAddr,
        certificate: &str,
    ) -> std::io::Result<Frames<OpensslClient>> {
        let arguments = format!("-cert {certificate}.crt -key {certificate}.key");
        Frames::new(OpensslClient::connect(
            &self.customer(),
            address,
            &arguments,
        ))
    }
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_listener_opens_with_the_first_anchor_and_its_connections_go_with_it() {
    let site = Site::new();
    let server = Server::run(&site.hsm(), &[]);
    let anchor = site.register("ClientCa.crt", &[]).unwrap();
    assert_eq!(
        site.register("ClientCa.crt", &[]).unwrap_err(),
        Status::AnchorExists
    );
    let address = server.listening();
    let mut client = site.connect(address, "client").unwrap();
    client.login("app", PASSWORD).unwrap();
    client.call(&ClusterInfoRequest {}).unwrap();

    site.deregister(&anchor.id);
    // The connection that was open is cut; nobody sent anything on it.
    let cut = Instant::now();
    wait_until("the connection stays open", || {
        client.exchange(&ClusterInfoRequest {}).is_err()
    });
    assert!(cut.elapsed() < Duration::from_secs(10));
    assert!(site.connect(address, "client").is_err());
    let mut local = Frames::local(&site.hsm());
    local.login("admin", PASSWORD).unwrap();
    assert!(
        local
            .call(&ListTrustAnchorsRequest {})
            .unwrap()
            .anchors
            .is_empty()
    );
    assert!(server.stop().success());
}

#[test]
fn only_clients_with_a_proper_certificate_come_in() {
    let site = Site::new();
    let customer = site.customer();
    let server = Server::run(&site.hsm(), &[]);
    site.register("ClientCa.crt", &[]).unwrap();
    let address = server.listening();
    shell(
        &customer,
        "openssl req -newkey rsa:2048 -nodes -x509 -days 1 -subj '/CN=FerroHSM clients' -keyout ForeignCa.key -out ForeignCa.crt
         cp client.key foreign.key
         openssl x509 -req -days 365 -in client.csr -CA ForeignCa.crt -CAkey ForeignCa.key -CAcreateserial -extfile client.ext -out foreign.crt
         cp client.key v1.key
         openssl x509 -req -days 365 -in client.csr -CA ClientCa.crt -CAkey ClientCa.key -out v1.crt
         cp client.key server.key
         printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' > server.ext
         openssl x509 -req -days 365 -in client.csr -CA ClientCa.crt -CAkey ClientCa.key -extfile server.ext -out server.crt
         cp client.key expired.key
         openssl x509 -req -days 0 -in client.csr -CA ClientCa.crt -CAkey ClientCa.key -extfile client.ext -out expired.crt",
    );
    site.connect(address, "client").unwrap();
    for name in ["foreign", "v1", "server"] {
        assert!(site.connect(address, name).is_err(), "{name}");
    }
    wait_until("an expired certificate is admitted", || {
        site.connect(address, "expired").is_err()
    });
    for arguments in [
        "",
        "-cert client.crt -key client.key -tls1_2",
        "-cert client.crt -key client.key -tls1_1",
    ] {
        assert!(
            Frames::new(OpensslClient::connect(&customer, address, arguments)).is_err(),
            "{arguments}"
        );
    }
    site.connect(address, "client").unwrap();
    drop(server);
}

#[test]
fn an_anchor_can_be_for_some_users_only() {
    let site = Site::new();
    let server = Server::run(&site.hsm(), &[]);
    site.register("ClientCa.crt", &["App"]).unwrap();
    let address = server.listening();
    let mut client = site.connect(address, "client").unwrap();
    assert_eq!(
        client.login("other", PASSWORD).unwrap_err().status,
        Status::PermissionDenied
    );
    assert_eq!(
        client.login("admin", PASSWORD).unwrap_err().status,
        Status::PermissionDenied
    );
    client.login("APP", PASSWORD).unwrap();
    drop(server);
}

#[test]
fn a_token_outlives_the_server_and_serves_its_certificate_key_only() {
    let site = Site::new();
    let server = Server::run(&site.hsm(), &[]);
    site.register("ClientCa.crt", &[]).unwrap();
    let address = server.listening();
    shell(
        &site.customer(),
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out second.key
         openssl req -new -key second.key -subj /CN=payments -out second.csr
         openssl x509 -req -days 365 -in second.csr -CA ClientCa.crt -CAkey ClientCa.key -extfile client.ext -out second.crt
         cp client.key renewed.key
         openssl x509 -req -days 9 -in client.csr -CA ClientCa.crt -CAkey ClientCa.key -extfile client.ext -out renewed.crt",
    );
    let token = site
        .connect(address, "client")
        .unwrap()
        .login("app", PASSWORD)
        .unwrap()
        .token;
    server.kill();

    let server = Server::run(&site.hsm(), &["--login-lifetime", "2"]);
    let address = server.listening();
    let resume = |certificate: &str, token: &[u8]| {
        let mut client = site.connect(address, certificate).unwrap();
        client
            .call(&ResumeRequest {
                token: token.to_vec(),
            })
            .map_err(|refused| refused.status)
    };
    assert_eq!(resume("client", &token).unwrap().user, "app");
    // A new certificate for the same key is the same client; another key is not.
    resume("renewed", &token).unwrap();
    assert_eq!(resume("second", &token).unwrap_err(), Status::TokenInvalid);
    let mut local = Frames::local(&site.hsm());
    let over_socket = local.call(&ResumeRequest {
        token: token.clone(),
    });
    assert_eq!(over_socket.unwrap_err().status, Status::TokenInvalid);

    let short = site
        .connect(address, "client")
        .unwrap()
        .login("app", PASSWORD)
        .unwrap();
    assert!(short.expires_in_ms <= 2000);
    wait_until("the token never expires", || {
        resume("client", &short.token) == Err(Status::TokenExpired)
    });
    drop(server);
}

/// `openssl x509` shows that the HSM's leaf is what the documents say.
#[test]
fn the_hsm_presents_a_leaf_of_its_own() {
    let site = Site::new();
    let server = Server::run(&site.hsm(), &[]);
    site.register("ClientCa.crt", &[]).unwrap();
    let address = server.listening();
    let leaf = |directory: &Path| {
        let script = format!(
            "openssl s_client -connect {address} -cert client.crt -key client.key </dev/null 2>/dev/null | openssl x509 -noout -text"
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(directory)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = leaf(&site.customer());
    for part in [
        "Version: 3",
        "TLS Web Server Authentication",
        &format!("DNS:{}.ferrohsm.internal", site.cluster_id),
    ] {
        assert!(text.contains(part), "{text}");
    }
    drop(server);
}
