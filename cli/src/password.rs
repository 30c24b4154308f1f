//! Passwords: from a file, standard input or the terminal, never from an argument that others can see.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::PathBuf;

use ferrohsm_client::Result;
use zeroize::Zeroizing;

use crate::usage;

/// Longer than any password an HSM accepts.
const MAX_LINE_BYTES: u64 = 4096;

/// Where a password comes from.
#[derive(Clone)]
pub enum Source {
    File(PathBuf),
    StandardInput,
    Terminal,
}

impl Source {
    /// Whether a person is asked.
    pub fn asks(&self) -> bool {
        matches!(self, Source::Terminal)
    }

    /// The password: the first line, without its end.
    pub fn read(&self, prompt: &str) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Source::File(path) => {
                let file = File::open(path)
                    .map_err(|error| usage(format!("{}: {error}", path.display())))?;
                first_line(BufReader::new(file))
                    .map_err(|error| usage(format!("{}: {error}", path.display())))
            }
            Source::StandardInput => first_line(std::io::stdin().lock())
                .map_err(|error| usage(format!("standard input: {error}"))),
            Source::Terminal => ask(prompt),
        }
    }

    /// A new password; a person types it twice.
    pub fn read_new(&self, prompt: &str) -> Result<Zeroizing<Vec<u8>>> {
        let password = self.read(prompt)?;
        if self.asks() && *ask("Once more: ")? != *password {
            return Err(usage("the two passwords differ: nothing was changed"));
        }
        Ok(password)
    }
}

fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>> {
    if !std::io::stdin().is_terminal() {
        return Err(usage(
            "no terminal to ask for the password: use --password-file, --password-stdin or --new-password-file",
        ));
    }
    let password = rpassword::prompt_password(prompt)
        .map_err(|error| usage(format!("cannot ask for the password: {error}")))?;
    Ok(Zeroizing::new(password.into_bytes()))
}

fn first_line(input: impl BufRead) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // As large as it may get, so that no copy is left behind by growing.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE_BYTES as usize));
    input.take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    if line.is_empty() {
        return Err(std::io::Error::other("its first line is empty"));
    }
    Ok(line)
}
