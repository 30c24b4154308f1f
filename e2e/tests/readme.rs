//! What the README tells a newcomer to type, in its order, and the sample that `make demo` runs.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ferrohsm_e2e::server::Server;
use ferrohsm_e2e::tools::{
    assert_shown, block, blocks, commands, maven, path_with, provider_jar, root, shell,
};

const README: &str = "README.md";

/// Shell text that runs in the top folder, with all that it starts; killed when dropped.
struct Terminal {
    bash: Child,
}

impl Terminal {
    fn open(text: &str) -> Terminal {
        let bash = Command::new("bash")
            .args(["-euc", &format!("exec 2>&1\n{text}")])
            .current_dir(root())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Terminal { bash }
    }

    /// What it prints until a line has this in it, or until it ends.
    fn read_to(&mut self, wanted: &str) -> String {
        let mut text = String::new();
        for line in BufReader::new(self.bash.stdout.as_mut().unwrap()).lines() {
            let line = line.unwrap();
            text = text + &line + "\n";
            if line.contains(wanted) {
                break;
            }
        }
        text
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Fails only if all of it has ended already.
        let group = format!("-{}", self.bash.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.bash.wait();
    }
}

/// A copy of a sample, for what Maven makes in it.
fn copy(sample: &str, folder: &Path) -> String {
    let to = folder.join("sample").to_str().unwrap().to_owned();
    shell(
        &root(),
        &format!("mkdir {to}; cp -r {sample}/pom.xml {sample}/src {to}"),
    );
    to
}

#[test]
fn a_spring_boot_application_serves_https() {
    const SECTION: &str = "An HTTPS server whose key is in the HSM";
    const PROPERTIES: &str = "src/main/resources/application.properties";
    let typed = blocks(README, SECTION, "sh");
    let [hsm, application, curl] = &typed[..] else {
        panic!("{typed:?}");
    };
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("hsm");
    assert_eq!(hsm, "target/release/hsm-server dev --dir /tmp/hsm\n");
    let (server, _) = Server::dev(&directory, &[]);

    // Elsewhere than in /tmp/hsm, and on a free port.
    let here = |text: &str| text.replace("/tmp/hsm", directory.to_str().unwrap());
    let sample = copy("samples/spring-boot-https", folder.path());
    let file = format!("samples/spring-boot-https/{PROPERTIES}");
    assert_shown(README, SECTION, "properties", &file);
    let properties = format!("{sample}/{PROPERTIES}");
    let text = std::fs::read_to_string(&properties).unwrap();
    assert!(text.contains("server.port=8443\n") && curl.contains(":8443/"));
    std::fs::write(&properties, here(&text).replace("8443", "0")).unwrap();

    let (mvn, _alone) = maven();
    let application = here(application)
        .replace("samples/spring-boot-https", &sample)
        .replace("mvn", &mvn);
    let mut terminal = Terminal::open(&application);
    let started = terminal.read_to("Tomcat started on port ");
    let port = started
        .rsplit_once("started on port ")
        .and_then(|(_, rest)| rest.split_once(' '))
        .unwrap_or_else(|| panic!("{started}"))
        .0;
    let mut other = Terminal::open(&here(curl).replace("8443", port));
    let wanted = block(README, SECTION, "text");
    let page = other.read_to(wanted.trim_end());
    assert!(page.contains(&wanted), "{page}");
    drop(terminal);
    assert!(server.stop().success());
}

#[test]
fn a_junit_test_has_an_hsm_of_its_own() {
    const SECTION: &str = "A JUnit test with an HSM of its own";
    const PAGE: &str = "samples/junit/README.md";
    const CLASS: &str = "samples/junit/src/test/java/example/TokenSignerTest.java";
    let folder = tempfile::tempdir().unwrap();
    let sample = copy("samples/junit", folder.path());
    let typed = commands(README, SECTION);
    // The sample's own page has one run it from its folder.
    assert_eq!(
        commands(PAGE, "Run it"),
        typed.replace("-f samples/junit ", "")
    );
    let (mvn, _alone) = maven();
    let typed = typed.replace("samples/junit", &sample).replace("mvn", &mvn);
    let mut terminal = Terminal::open(&typed);
    let text = terminal.read_to("BUILD SUCCESS");
    for line in block(README, SECTION, "text").lines() {
        assert!(
            text.lines().any(|printed| printed == line),
            "{line}\n{text}"
        );
    }
    assert_shown(README, SECTION, "java", CLASS);
    assert_shown(PAGE, "The test", "java", CLASS);
}

#[test]
fn a_java_program_signs() {
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let (server, _) = Server::dev(&hsm, &[]);
    let text = block(README, "Your own programs", "java");
    let (imports, body): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("import "));
    let program = format!(
        "{}
         class Try {{
             public static void main(String[] none) throws Exception {{
                 byte[] data = {{1, 2, 3}};
                 {}
                 signature.initVerify(pair.getPublic());
                 signature.update(data);
                 if (!signature.verify(signed) || pair.getPrivate().getEncoded() != null) throw new Exception();
             }}
         }}",
        imports.join("\n"),
        body.join("\n")
    );
    std::fs::write(folder.path().join("Try.java"), program).unwrap();
    shell(
        folder.path(),
        &format!(
            "java -cp {} -Dferrohsm.config={}/client.toml Try.java",
            provider_jar().display(),
            hsm.display()
        ),
    );
    assert!(server.stop().success());
}

#[test]
fn the_demo_runs() {
    let text = shell(&root(), "samples/hello-hsm/run");
    for sign_of_success in [
        "rsa: Verified OK",
        "ec: Verified OK",
        "My private key is not in this JVM",
        "web, ",
    ] {
        assert!(
            text.contains(sign_of_success),
            "{sign_of_success:?} is missing: {text}"
        );
    }
}

#[test]
fn the_demo_fails_when_a_step_fails() {
    let folder = tempfile::tempdir().unwrap();
    // A curl that finds nothing stands first in the path.
    std::fs::write(folder.path().join("curl"), "#!/bin/sh\nexit 22\n").unwrap();
    shell(folder.path(), "chmod +x curl");
    let output = Command::new(root().join("samples/hello-hsm/run"))
        .env("PATH", path_with(folder.path()))
        .output()
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("FAILED at: curl asks for a page"),
        "{errors}"
    );
}
