//! docs/cli.md is what `--help` says. `FERROHSM_WRITE_DOCS=1 cargo test --release -p ferrohsm-cli` writes it.

use clap::CommandFactory;

use crate::arguments::Arguments;

fn describe(command: &mut clap::Command, path: &str, out: &mut String) {
    let options_are_known = path.contains(' ');
    let mut shown = command.clone().mut_args(|argument| {
        let hide = options_are_known && argument.is_global_set();
        argument.hide(hide)
    });
    let help = shown.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    out.push_str(&format!(
        "## `{path}`\n\n```text\n{}\n```\n\n",
        lines.join("\n").trim()
    ));
    for child in command.get_subcommands_mut() {
        if child.get_name() != "help" {
            let path = format!("{path} {}", child.get_name());
            describe(child, &path, out);
        }
    }
}

#[test]
fn the_document_is_the_help() {
    let mut command = Arguments::command().term_width(110);
    command.build();
    let mut text =
        "# The ferrohsm command\n\nWhat `--help` says. The options of `ferrohsm` itself work with every command and are shown once.\n\n"
            .to_owned();
    describe(&mut command, "ferrohsm", &mut text);
    let text = text.trim_end().to_owned() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
    if std::env::var_os("FERROHSM_WRITE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "docs/cli.md is not what --help says: FERROHSM_WRITE_DOCS=1 cargo test --release -p ferrohsm-cli"
    );
}
