//! docs/tomcat.md, done to a Tomcat as Apache distributes it.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use ferrohsm_e2e::server::{PATIENCE, Server};
use ferrohsm_e2e::tools::{block, commands, provider_jar, root, shell};

const DOCUMENT: &str = "docs/tomcat.md";
const TOMCAT: &str = "org.apache.tomcat:tomcat:11.0.14:tar.gz";

/// A Tomcat that runs; killed when dropped.
struct Tomcat {
    child: Child,
    log: String,
}

impl Tomcat {
    /// Starts it and waits until it says that it has started.
    fn start(home: &Path, jdk: &str) -> Tomcat {
        let log = home.join("log");
        let file = File::create(&log).unwrap();
        let mut tomcat = Tomcat {
            child: Command::new(home.join("bin/catalina.sh"))
                .arg("run")
                .env("CATALINA_HOME", home)
                .env_remove("CATALINA_BASE")
                .env("JAVA_HOME", jdk)
                .stdout(file.try_clone().unwrap())
                .stderr(file)
                .spawn()
                .unwrap(),
            log: String::new(),
        };
        let end = Instant::now() + PATIENCE;
        while !tomcat.log.contains("Server startup in") {
            tomcat.log = std::fs::read_to_string(&log).unwrap();
            assert!(tomcat.child.try_wait().unwrap().is_none(), "{}", tomcat.log);
            assert!(Instant::now() < end, "{}", tomcat.log);
            std::thread::sleep(Duration::from_millis(50));
        }
        tomcat
    }

    /// Where it serves HTTPS, as the log has it: `Starting ProtocolHandler ["https-jsse-nio-auto-2-41017"]`.
    fn port(&self) -> &str {
        let starting = self
            .log
            .split("Starting ProtocolHandler [\"https-jsse-nio-auto-");
        let name = starting.last().unwrap().split('"').next().unwrap();
        name.split_once('-')
            .unwrap_or_else(|| panic!("{}", self.log))
            .1
    }
}

impl Drop for Tomcat {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tomcat's folder, made as the page says but for the ports, beside an HSM in `hsm`.
fn set_up(folder: &Path) -> PathBuf {
    let repository = root().join("target/m2");
    shell(
        folder,
        &format!(
            "mvn -q -B -Dmaven.repo.local={} dependency:copy -Dartifact={TOMCAT} -DoutputDirectory=.
             tar -xf tomcat-*.tar.gz && mv apache-tomcat-* tomcat
             cp {} .",
            repository.display(),
            provider_jar().display()
        ),
    );
    let home = folder.join("tomcat");
    let config = folder.join("hsm/client.toml");
    let typed = commands(DOCUMENT, "The provider")
        .replace("/etc/ferrohsm/client.toml", config.to_str().unwrap());
    shell(
        folder,
        &format!("export CATALINA_HOME={}\n{typed}", home.display()),
    );

    let connector = block(DOCUMENT, "The Connector", "xml");
    assert!(connector.contains("port=\"8443\""));
    let path = home.join("conf/server.xml");
    let text = std::fs::read_to_string(&path)
        .unwrap()
        .replace("</Service>", &(connector + "</Service>"))
        .replace("port=\"8005\"", "port=\"-1\"")
        .replace("port=\"8080\"", "port=\"0\"")
        .replace("port=\"8443\"", "port=\"0\"");
    std::fs::write(&path, text).unwrap();
    let page = r#"<%@ page import="java.security.*" %><%
        KeyStore store = KeyStore.getInstance("FERROHSM");
        store.load(null, null);
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign((PrivateKey) store.getKey("web", null));
        signature.sign();
        out.print("signed by " + signature.getProvider().getName());
    %>"#;
    std::fs::write(home.join("webapps/ROOT/sign.jsp"), page).unwrap();
    home
}

#[test]
fn it_serves_https_with_a_key_of_the_hsm() {
    let folder = tempfile::tempdir().unwrap();
    let (server, _) = Server::dev(&folder.path().join("hsm"), &[]);
    let home = set_up(folder.path());
    shell(
        folder.path(),
        "hsm=(-J-cp -Jferrohsm-provider.jar -J-Dferrohsm.config=hsm/client.toml
             -addprovider FerroHSM -providerName FerroHSM -storetype FERROHSM -keystore NONE -storepass unused)
         keytool -genkeypair \"${hsm[@]}\" -alias web -keyalg EC -groupname secp256r1 -keypass unused \
             -dname CN=localhost -ext SAN=dns:localhost
         keytool -exportcert \"${hsm[@]}\" -alias web -rfc -file web.pem",
    );
    let jdks = shell(
        &root(),
        ". scripts/jdks.sh; jdk_between 17 17; jdk_between 21 99",
    );
    let jdks: Vec<&str> = jdks.lines().filter(|jdk| !jdk.is_empty()).collect();
    for &jdk in &jdks {
        let tomcat = Tomcat::start(&home, jdk);
        let ask = format!(
            "curl --silent --show-error --cacert web.pem https://localhost:{}/sign.jsp",
            tomcat.port()
        );
        assert_eq!(
            shell(folder.path(), &ask),
            "signed by FerroHSM",
            "{}",
            tomcat.log
        );
        assert!(!tomcat.log.contains("restricted method"), "{}", tomcat.log);
    }

    // The number of the provider must be the next one.
    let list = home.join("conf/ferrohsm.security");
    let text = std::fs::read_to_string(&list).unwrap();
    assert!(text.contains(".13="));
    std::fs::write(&list, text.replace(".13=", ".14=")).unwrap();
    let tomcat = Tomcat::start(&home, jdks[0]);
    assert!(tomcat.log.contains("FERROHSM not found"), "{}", tomcat.log);
    drop(tomcat);
    assert!(server.stop().success());
}
