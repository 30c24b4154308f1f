//! What `make publish` leaves in build/repository, the builds that get it from there, and what docs/getting.md says of both.
#![allow(clippy::unwrap_used)] // in tests a failure is the point

use std::path::PathBuf;

use ferrohsm_e2e::server::Server;
use ferrohsm_e2e::tools::{assert_shown, attempt, commands, maven, published, root, shell};

const DOCUMENT: &str = "docs/getting.md";
const SAMPLE: &str = "samples/maven-and-gradle/README.md";

fn repository() -> PathBuf {
    published().join("org/ferrohsm")
}

/// A copy of the sources in another folder, with the binaries that are built already.
fn copy_of_the_sources() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().display();
    shell(
        &root(),
        &format!(
            "git ls-files -z --cached --others --exclude-standard |
                 tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C {to}
             ln -s \"$PWD/target\" {to}/target
             if [ -d build/natives ]; then mkdir {to}/build && cp -r build/natives {to}/build; fi"
        ),
    );
    copy
}

/// What is published, by name.
const MODULES: [&str; 5] = [
    "ferrohsm-bom",
    "ferrohsm-junit",
    "ferrohsm-provider",
    "ferrohsm-server-linux-x86_64",
    "ferrohsm-spring-boot-starter",
];

/// Each published module's name and folder.
fn modules() -> impl Iterator<Item = (&'static str, PathBuf)> {
    let folder = |name: &str| repository().join(name).join(env!("CARGO_PKG_VERSION"));
    MODULES.into_iter().map(move |name| (name, folder(name)))
}

#[test]
fn all_modules_are_published_and_documented() {
    let mut names: Vec<_> = repository()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, MODULES);
    let document = std::fs::read_to_string(root().join(DOCUMENT)).unwrap();
    for name in MODULES {
        assert!(document.contains(&format!("\n| `{name}` |")), "{name}");
    }
    let version = concat!("`Cargo.toml` says, `", env!("CARGO_PKG_VERSION"), "`");
    assert!(document.contains(version));
}

#[test]
fn each_module_has_what_maven_central_demands() {
    for (name, folder) in modules() {
        let stem = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
        let pom = std::fs::read_to_string(folder.join(format!("{stem}.pom"))).unwrap();
        for element in [
            "<groupId>org.ferrohsm<",
            &format!("<artifactId>{name}<"),
            "<name>",
            "<description>",
            "<url>",
            "<license><name>Apache-2.0<",
            "<license><name>MIT<",
            "<developer><name>",
            "<connection>scm:git:",
            "<developerConnection>scm:git:",
        ] {
            assert!(pom.contains(element), "{name}: no {element}\n{pom}");
        }
        if pom.contains("<packaging>jar<") {
            for ending in [".jar", "-sources.jar", "-javadoc.jar"] {
                let jar = folder.join(format!("{stem}{ending}"));
                assert!(jar.exists(), "{}", jar.display());
            }
        }
        shell(
            &folder,
            "for file in *.jar *.pom; do
                 [ -f \"$file\" ] || continue
                 for kind in md5 sha1 sha256 sha512; do
                     echo \"$(cat \"$file.$kind\")  $file\" | ${kind}sum --check --status || { echo \"$file.$kind\"; exit 1; }
                 done
             done",
        );
    }
}

#[test]
fn the_bill_of_materials_names_every_other_module() {
    let version = env!("CARGO_PKG_VERSION");
    let folder = repository().join("ferrohsm-bom").join(version);
    let pom = std::fs::read_to_string(folder.join(format!("ferrohsm-bom-{version}.pom"))).unwrap();
    for name in MODULES {
        let line = format!("<artifactId>{name}</artifactId><version>{version}</version>");
        assert_eq!(pom.contains(&line), name != "ferrohsm-bom", "{name}\n{pom}");
    }
}

#[test]
fn another_build_in_another_folder_gives_the_same_bytes() {
    let copy = copy_of_the_sources();
    shell(
        copy.path(),
        "scripts/gradle publish -x cargoServer -x cargoClients",
    );
    let ours = repository();
    let theirs = copy.path().join("build/repository/org/ferrohsm");
    let difference = format!("diff -r {} {}", ours.display(), theirs.display());
    shell(&root(), &difference);
}

#[test]
fn nothing_published_tells_where_it_was_built() {
    let unpacked = tempfile::tempdir().unwrap();
    let script = format!(
        "find {} -name '*.jar' | while read -r jar; do
             mkdir \"${{jar##*/}}\"; unzip -q \"$jar\" -d \"${{jar##*/}}\"
         done
         found=0; grep -rlaF -e {}/ -e \"${{CARGO_HOME:-$HOME/.cargo}}/\" . || found=$?
         [ $found = 1 ]",
        repository().display(),
        root().display()
    );
    let (clean, printed) = attempt(unpacked.path(), &script);
    assert!(
        clean,
        "{printed}\nmachine paths in the files above; if they are binaries that were built before scripts/rustc-wrapper: make clean"
    );
}

#[test]
fn a_key_signs_what_is_published() {
    let copy = copy_of_the_sources();
    let publish = commands(DOCUMENT, "Making the repository")
        .lines()
        .find(|line| line.contains("signingKey"))
        .unwrap()
        .replace("gradle publish", "gradle :ferrohsm-bom:publish");
    shell(
        copy.path(),
        &format!(
            "export GNUPGHOME=$PWD/gnupg; mkdir -m 700 gnupg
             trap 'gpgconf --kill gpg-agent' EXIT
             gpg --batch --quiet --passphrase '' --quick-generate-key releases@example.com ed25519 sign
             {publish}
             cd build/repository/org/ferrohsm/ferrohsm-bom/*
             gpg --batch --quiet --verify *.pom.asc *.pom"
        ),
    );
}

/// Runs the commands of the sample's README under a heading, in a copy of the sample, and gives what they print.
fn sample(section: &str, before: &str, edit: impl Fn(String) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    let hsm = folder.path().join("hsm");
    let (server, _) = Server::dev(&hsm, &[]);
    let text = commands(SAMPLE, section).replace("/tmp/hsm", hsm.to_str().unwrap());
    let copied = format!("cp -r samples/maven-and-gradle {}", folder.path().display());
    shell(&root(), &copied);
    let output = shell(
        &folder.path().join("maven-and-gradle"),
        &format!("{before}\n{}", edit(text)),
    );
    assert!(server.stop().success());
    output
}

#[test]
fn maven_builds_the_sample() {
    let (mvn, _alone) = maven();
    let output = sample("With Maven", "", |text| text.replace("mvn", &mvn));
    assert!(output.contains("Verified OK"), "{output}");
}

#[test]
fn gradle_builds_the_sample() {
    let before = format!(
        ". {}/scripts/jdks.sh; export JAVA_HOME=$(jdk_between 17 17)
         gradle() {{ command \"${{GRADLE:-gradle}}\" --no-daemon -Prepository={} \"$@\"; }}",
        root().display(),
        published().display()
    );
    let output = sample("With Gradle", &before, |text| text);
    assert!(output.contains("Verified OK"), "{output}");
}

#[test]
fn the_server_can_be_taken_from_its_jar() {
    let folder = tempfile::tempdir().unwrap();
    let text = commands(DOCUMENT, "The HSM without building it");
    let (taken, started) = text.trim().rsplit_once('\n').unwrap();
    let taken = taken.replace("/opt/ferrohsm/repository", published().to_str().unwrap());
    shell(folder.path(), &taken);
    assert_eq!(started, "./hsm-server dev --dir /tmp/hsm");
    // With its input at an end, a throwaway HSM ends as soon as it is ready.
    let line = shell(
        folder.path(),
        "./hsm-server dev --throwaway --dir hsm </dev/null",
    );
    assert!(line.contains("\"ready\":true"), "{line}");
}

/// What the document tells people to put into their builds is what the sample has.
#[test]
fn the_document_shows_the_sample() {
    for (section, language, build) in [
        ("Maven", "xml", "pom.xml"),
        ("Gradle", "groovy", "build.gradle"),
    ] {
        let build = format!("samples/maven-and-gradle/{build}");
        assert_shown(DOCUMENT, section, language, &build);
    }
    assert!(commands(DOCUMENT, "Making the repository").starts_with("make publish\n"));
}

/// The platforms that the document says can be cross-compiled are those that scripts/natives knows.
#[test]
fn the_document_names_the_platforms_that_the_script_builds() {
    let documented = commands(DOCUMENT, "Other platforms");
    let script = std::fs::read_to_string(root().join("scripts/natives")).unwrap();
    let mut known: Vec<&str> = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix('[')?.split_once("]=\""))
        .map(|(platform, _)| platform)
        .collect();
    known.sort_unstable();
    assert_eq!(
        documented.trim(),
        format!("scripts/natives {}", known.join(" "))
    );
}
