//! What the guide in docs/ has people type, and the error messages that it explains. Its pages say which other tests read them.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::path::Path;

use ferrohsm_e2e::server::{Server, binary};
use ferrohsm_e2e::tools::{
    assert_shown, attempt, block, blocks, commands, maven, path_with, provider_jar, published,
    root, shell, tracked,
};

/// Shell text that finds the built `ferrohsm`, and the HSM of that client configuration.
fn using(config: &Path, text: &str) -> String {
    let (config, path) = (
        config.display(),
        path_with(binary("ferrohsm").parent().unwrap()),
    );
    format!("export FERROHSM_CONFIG='{config}' PATH='{path}'\n{text}")
}

#[test]
fn the_tools_work_as_the_guide_has_them() {
    const DOCUMENT: &str = "docs/tools.md";
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let (server, _) = Server::dev(&hsm, &[]);
    std::fs::copy(provider_jar(), folder.path().join("ferrohsm-provider.jar")).unwrap();
    let typed: String = ["keytool", "jarsigner", "ferrohsm"]
        .map(|section| commands(DOCUMENT, section))
        .concat();
    let printed = shell(folder.path(), &using(&hsm.join("client.toml"), &typed));
    for wanted in ["signing, ", "jar verified.", "never-extractable   true"] {
        assert!(printed.contains(wanted), "{wanted}\n{printed}");
    }
    let first_look = commands("docs/troubleshooting.md", "Is the HSM there?");
    assert!(shell(&hsm, &using(Path::new("unused"), &first_look)).contains("crypto-user"));
    assert!(server.stop().success());
}

/// A project from nothing but the page: a pom.xml of its pieces, and its test.
#[test]
fn a_first_test_in_a_project_of_its_own() {
    const DOCUMENT: &str = "docs/start.md";
    let repository = format!("file://{}", published().display());
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
    let (mvn, _alone) = maven();
    let typed = commands(DOCUMENT, "Your first test").replace("mvn", &mvn);
    let printed = shell(folder.path(), &typed);
    assert!(printed.contains("Tests run: 1, Failures: 0"), "{printed}");
    assert!(
        printed.contains(block(DOCUMENT, "Your first test", "text").trim()),
        "{printed}"
    );
}

/// The README's test runs the sample; the page's pieces are the sample's.
#[test]
fn an_application_needs_what_the_sample_has() {
    const SECTION: &str = "Your Spring Boot application";
    for (language, file) in [
        ("xml", "pom.xml"),
        ("properties", "src/main/resources/application.properties"),
    ] {
        let file = format!("samples/spring-boot-https/{file}");
        assert_shown("docs/start.md", SECTION, language, &file);
    }
}

#[test]
fn a_copy_put_back_is_the_same_hsm() {
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let config = hsm.join("client.toml");
    let run = |text: &str| {
        let here = text
            .replace("/var/lib/ferrohsm", hsm.to_str().unwrap())
            .replace("/var/backups", folder.path().to_str().unwrap());
        shell(folder.path(), &using(&config, &here))
    };
    let typed = blocks("docs/lifecycle.md", "Copies", "sh");
    let [copy, back] = &typed[..] else {
        panic!("{typed:?}");
    };
    let made = |label: &str| {
        format!("ferrohsm key generate-symmetric aes --key-length-bytes 32 --label {label}")
    };

    let (server, _) = Server::dev(&hsm, &[]);
    run(&made("kept"));
    assert!(server.stop().success());
    run(copy);
    let (server, _) = Server::dev(&hsm, &[]);
    run(&made("too-late"));
    assert!(server.stop().success());
    run(back);
    let (server, ready) = Server::dev(&hsm, &[]);
    assert_eq!(ready["config"], config.to_str().unwrap());
    let list = run("ferrohsm key list");
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
    std::fs::copy(provider_jar(), folder.path().join("provider.jar")).unwrap();
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
        let (success, printed) = attempt(folder.path(), &using(&hsm.join("client.toml"), wrong));
        assert!(!success, "{wrong}: {printed}");
        printed
    });
    assert!(server.stop().success());
    said.concat()
}

#[test]
fn every_message_in_the_guide_is_one_that_something_says() {
    // Messages of others are here if a test of ours expects them.
    let sources = tracked(&[
        "*/src/*.rs",
        "cli/*.rs",
        "java/*/src/main/*.java",
        "java/provider/src/test/*.java",
        "java/spring-boot-starter/src/test/*.java",
    ]);
    let mut texts: Vec<String> = sources.iter().map(|source| literals(source)).collect();
    assert!(texts.len() > 100);
    texts.push(said_by_the_jdk());

    let document = std::fs::read_to_string(root().join("docs/troubleshooting.md")).unwrap();
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
