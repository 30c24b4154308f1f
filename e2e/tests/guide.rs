//! What the guide in docs/ has people type, and the error messages that it explains. Its pages say which other tests read them.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::path::{Path, PathBuf};
use std::process::Command;

use ferrohsm_e2e::server::{Server, binary};
use ferrohsm_e2e::tools::{block, blocks, commands, maven, root};

const JAR: &str = "java/provider/build/libs/ferrohsm-provider.jar";

/// Runs shell text in a folder, with the HSM of that client configuration: whether it succeeded, and what it printed.
fn run(folder: &Path, config: &Path, text: &str) -> (bool, String) {
    let path = format!(
        "{}:{}",
        binary("ferrohsm").parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{text}")])
        .current_dir(folder)
        .env("PATH", path)
        .env("FERROHSM_CONFIG", config)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), printed)
}

fn succeed(folder: &Path, config: &Path, text: &str) -> String {
    let (success, printed) = run(folder, config, text);
    assert!(success, "{text}\n{printed}");
    printed
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_tools_work_as_the_guide_has_them() {
    const DOCUMENT: &str = "docs/tools.md";
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let (server, _) = Server::dev(&hsm, &[]);
    std::fs::copy(
        root().join(JAR),
        folder.path().join("ferrohsm-provider.jar"),
    )
    .unwrap();
    let typed: String = ["keytool", "jarsigner", "ferrohsm"]
        .map(|section| commands(DOCUMENT, section))
        .concat();
    let printed = succeed(folder.path(), &hsm.join("client.toml"), &typed);
    for wanted in ["signing, ", "jar verified.", "never-extractable   true"] {
        assert!(printed.contains(wanted), "{wanted}\n{printed}");
    }
    let first_look = commands("docs/troubleshooting.md", "Is the HSM there?");
    assert!(succeed(&hsm, Path::new("unused"), &first_look).contains("crypto-user"));
    assert!(server.stop().success());
}

/// A project from nothing but the page: a pom.xml of its pieces, and its test.
#[test]
fn a_first_test_in_a_project_of_its_own() {
    const DOCUMENT: &str = "docs/start.md";
    let repository = format!("file://{}", root().join("build/repository").display());
    let pom = format!(
        "<project>
           <modelVersion>4.0.0</modelVersion>
           <groupId>example</groupId><artifactId>first</artifactId><version>1</version>
           <properties>
             <maven.compiler.release>17</maven.compiler.release>
             <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
           </properties>
           {}
           <dependencies>
             {}
             <dependency>
               <groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>6.1.3</version><scope>test</scope>
             </dependency>
           </dependencies>
           <build><plugins>
             <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.13.0</version></plugin>
             <plugin><artifactId>maven-surefire-plugin</artifactId><version>3.5.4</version></plugin>
           </plugins></build>
         </project>",
        block(DOCUMENT, "The repository", "xml").replace("file:///opt/ferrohsm/repository", &repository),
        block(DOCUMENT, "Your first test", "xml"),
    );
    let folder = tempfile::tempdir().unwrap();
    let tests = folder.path().join("src/test/java/example");
    std::fs::create_dir_all(&tests).unwrap();
    std::fs::write(folder.path().join("pom.xml"), pom).unwrap();
    std::fs::write(
        tests.join("FirstTest.java"),
        block(DOCUMENT, "Your first test", "java"),
    )
    .unwrap();
    let typed = commands(DOCUMENT, "Your first test").replace("mvn", &maven());
    // The HSM's binary is extracted there.
    let cache = format!("export XDG_CACHE_HOME={}\n", folder.path().display());
    let printed = succeed(folder.path(), Path::new("unused"), &(cache + &typed));
    assert!(printed.contains("Tests run: 1, Failures: 0"), "{printed}");
    assert!(
        printed.contains(block(DOCUMENT, "Your first test", "text").trim()),
        "{printed}"
    );
}

/// The README's test runs the sample; the page's lines are the sample's.
#[test]
fn an_application_needs_what_the_sample_has() {
    const SECTION: &str = "Your Spring Boot application";
    for (language, file) in [
        ("xml", "pom.xml"),
        ("properties", "src/main/resources/application.properties"),
    ] {
        let sample = read(&format!("samples/spring-boot-https/{file}"));
        for line in block("docs/start.md", SECTION, language).lines() {
            assert!(sample.lines().any(|ours| ours == line), "{line}");
        }
    }
}

#[test]
fn a_copy_put_back_is_the_same_hsm() {
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let config = hsm.join("client.toml");
    let here = |text: &str| {
        text.replace("/var/lib/ferrohsm", hsm.to_str().unwrap())
            .replace("/var/backups", folder.path().to_str().unwrap())
    };
    let typed = blocks("docs/lifecycle.md", "Copies", "sh");
    let [copy, back] = &typed[..] else {
        panic!("{typed:?}");
    };
    let made = |label: &str| {
        format!("ferrohsm key generate-symmetric aes --key-length-bytes 32 --label {label}")
    };

    let (server, _) = Server::dev(&hsm, &[]);
    succeed(folder.path(), &config, &made("kept"));
    assert!(server.stop().success());
    succeed(folder.path(), &config, &here(copy));
    let (server, _) = Server::dev(&hsm, &[]);
    succeed(folder.path(), &config, &made("too-late"));
    assert!(server.stop().success());
    succeed(folder.path(), &config, &here(back));
    let (server, ready) = Server::dev(&hsm, &[]);
    assert_eq!(ready["config"], config.to_str().unwrap());
    let list = succeed(folder.path(), &config, "ferrohsm key list");
    assert!(
        list.contains("kept") && !list.contains("too-late"),
        "{list}"
    );
    assert!(server.stop().success());
}

/// The code spans in the first cells of a document's tables.
fn messages(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    for row in document.lines().filter_map(|line| line.strip_prefix("| ")) {
        let cell = row.split(" | ").next().unwrap_or_default();
        let mut rest = cell;
        while let Some(start) = rest.find('`') {
            let ticks = rest[start..]
                .chars()
                .take_while(|&tick| tick == '`')
                .count();
            let (text, after) = rest[start + ticks..]
                .split_once(&"`".repeat(ticks))
                .unwrap_or_else(|| panic!("an open code span: {cell}"));
            found.push(text.trim().to_owned());
            rest = after;
        }
    }
    found
}

/// A source file's text with its string literals whole: Rust's line continuations and Java's concatenations are taken out.
fn literals(source: &Path) -> String {
    let text = std::fs::read_to_string(source).unwrap();
    let whole: String = text
        .split("\\\n")
        .enumerate()
        .map(|(at, piece)| if at == 0 { piece } else { piece.trim_start() })
        .collect();
    let words: Vec<&str> = whole.split_whitespace().collect();
    words.join(" ").replace("\" + \"", "").replace("\\\"", "\"")
}

/// Whether the parts stand in the text in this order, each soon after the one before.
fn follow(text: &str, parts: &[&str]) -> bool {
    const NEAR: usize = 300;
    let Some((first, others)) = parts.split_first() else {
        return true;
    };
    text.match_indices(first).any(|(at, _)| {
        let after = &text[at + first.len()..];
        let end = after.char_indices().map(|(at, _)| at).find(|&at| at > NEAR);
        follow(&after[..end.unwrap_or(after.len())], others)
    })
}

/// What keytool and the JVM say when the provider is not there, or not used as it must be.
fn said_by_the_jdk() -> String {
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let (server, _) = Server::dev(&hsm, &[]);
    std::fs::copy(root().join(JAR), folder.path().join("provider.jar")).unwrap();
    let program = r#"
        import java.security.*;
        class Wrong {
            public static void main(String[] none) throws Exception {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", new org.ferrohsm.provider.FerroHsmProvider());
                PrivateKey key = generator.generateKeyPair().getPrivate();
                try {
                    Signature.getInstance("SHA256withECDSA").initSign(key);
                } catch (InvalidKeyException e) {
                    System.out.println(e.getMessage());
                }
                System.out.println(((java.security.interfaces.ECPrivateKey) key).getS());
            }
        }"#;
    std::fs::write(folder.path().join("Wrong.java"), program).unwrap();
    let said = [
        "keytool -list -addprovider FerroHSM -storetype FERROHSM -keystore NONE -storepass unused",
        "keytool -list -storetype FERROHSM -keystore NONE -storepass unused",
        "keytool -list -J-cp -Jprovider.jar -providerName FerroHSM -storetype FERROHSM -keystore NONE -storepass unused",
        "keytool -list -J-cp -Jprovider.jar -addprovider FerroHSM -storetype FERROHSM -storepass unused -J-Duser.home=$PWD",
        "java -cp provider.jar Wrong.java",
    ]
    .map(|wrong| {
        let (success, printed) = run(folder.path(), &hsm.join("client.toml"), wrong);
        assert!(!success, "{wrong}: {printed}");
        printed
    });
    assert!(server.stop().success());
    said.concat()
}

#[test]
fn every_message_in_the_guide_is_one_that_something_says() {
    // Messages of others are here if a test of ours expects them.
    let sources = Command::new("git")
        .args([
            "ls-files",
            "*/src/*.rs",
            "cli/*.rs",
            "java/*/src/main/*.java",
        ])
        .args([
            "java/provider/src/test/*.java",
            "java/spring-boot-starter/src/test/*.java",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let mut texts: Vec<String> = String::from_utf8(sources.stdout)
        .unwrap()
        .lines()
        .map(|name| literals(&root().join(PathBuf::from(name))))
        .collect();
    assert!(texts.len() > 100);
    texts.push(said_by_the_jdk());

    let document = read("docs/troubleshooting.md");
    let messages = messages(&document);
    assert!(messages.len() > 70, "{messages:#?}");
    let unsaid: Vec<&String> = messages
        .iter()
        .filter(|message| {
            let parts: Vec<&str> = message.split('…').filter(|part| !part.is_empty()).collect();
            let telling = parts.iter().any(|part| part.len() >= 12);
            !telling || !texts.iter().any(|text| follow(text, &parts))
        })
        .collect();
    assert!(unsaid.is_empty(), "{unsaid:#?}");
}

#[test]
fn messages_are_found_as_they_are_said() {
    let table = "| message | do |\n| `one … two`, ``run `x` `` | `not this` |\ntext `nor this`\n";
    assert_eq!(messages(table), ["one … two", "run `x`"]);
    assert!(follow("say one 5 two", &["one ", " two"]));
    assert!(!follow("say two 5 one", &["one ", " two"]));
    let far = format!("one {}two", "x".repeat(400));
    assert!(!follow(&far, &["one ", "two"]));
}
