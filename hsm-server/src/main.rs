//! The `hsm-server` command. What it does lives in the library.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use hsm_server::policy::Mode;
use hsm_server::seal::SealConfig;
use hsm_server::setup::{self, Opening};
use hsm_server::{crypto, dev, logins, serve};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

/// One HSM of a FerroHSM cluster.
#[derive(Parser)]
#[command(
    name = "hsm-server",
    disable_version_flag = true,
    arg_required_else_help = true
)]
struct Arguments {
    /// Print the versions of the server and of its cryptographic module.
    #[arg(long)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Set up a new HSM of a new cluster.
    Init {
        /// Data directory; made if it is missing.
        #[arg(long)]
        dir: PathBuf,
        /// What protects the master key: key-file:PATH, passphrase, or systemd:NAME.
        #[arg(long, value_parser = parse_seal)]
        seal: SealConfig,
        /// Whether the cluster refuses what FIPS does not approve; chosen once.
        #[arg(long, value_enum, default_value = "fips")]
        mode: ModeArgument,
    },
    /// Serve the HSM of a data directory.
    Run {
        /// Data directory.
        #[arg(long)]
        dir: PathBuf,
        /// Address for clients. Without it only the Unix socket in the data directory is served.
        #[arg(long)]
        listen: Option<SocketAddr>,
        /// How long a login is good before the client must show its password again, in seconds.
        #[arg(long, default_value_t = logins::LIFETIME_DEFAULT.as_secs(), value_parser = clap::value_parser!(u64).range(1..=30 * 24 * 60 * 60))]
        login_lifetime: u64,
        /// Turn on triple DES, which NIST disallows since 2024. The same on every HSM of a cluster; never in FIPS mode.
        #[arg(long)]
        legacy_des3: bool,
    },
    /// Serve a throwaway HSM on loopback, made on first use with everything a client needs. Never for production.
    Dev {
        /// Directory for all of it; made if it is missing.
        #[arg(long)]
        dir: PathBuf,
        /// A loopback address; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Mode of the cluster when it is made.
        #[arg(long, value_enum)]
        mode: Option<ModeArgument>,
        /// As for run.
        #[arg(long, default_value_t = logins::LIFETIME_DEFAULT.as_secs(), value_parser = clap::value_parser!(u64).range(1..=30 * 24 * 60 * 60))]
        login_lifetime: u64,
        /// Turn on triple DES, which NIST disallows since 2024. The same on every HSM of a cluster; never in FIPS mode.
        #[arg(long)]
        legacy_des3: bool,
        /// A further crypto user, with a client configuration DIR/users/NAME.toml; may be given several times.
        #[arg(long = "user", value_name = "NAME")]
        users: Vec<String>,
        /// For tests, which may be killed: end when standard input closes, and delete DIR. DIR must be new or empty, or have
        /// been made so.
        #[arg(long)]
        throwaway: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeArgument {
    Fips,
    NonFips,
}

impl From<ModeArgument> for Mode {
    fn from(mode: ModeArgument) -> Mode {
        match mode {
            ModeArgument::Fips => Mode::Fips,
            ModeArgument::NonFips => Mode::NonFips,
        }
    }
}

fn parse_seal(text: &str) -> Result<SealConfig, String> {
    match text.split_once(':') {
        Some(("key-file", path)) if !path.is_empty() => {
            // The server may be started elsewhere later.
            let path = std::path::absolute(path).map_err(|error| error.to_string())?;
            Ok(SealConfig::KeyFile { path })
        }
        Some(("systemd", name)) if !name.is_empty() => {
            Ok(SealConfig::SystemdCredential { name: name.into() })
        }
        None if text == "passphrase" => Ok(SealConfig::Passphrase {}),
        _ => Err("a seal is key-file:PATH, passphrase, or systemd:NAME".into()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.version {
        println!("{}", version());
        return ExitCode::SUCCESS;
    }
    let filter = EnvFilter::try_from_env("FERROHSM_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let result = match arguments.command {
        None => Err("no command: see `hsm-server --help`".into()),
        Some(Command::Init { dir, seal, mode }) => init(&dir, &seal, mode.into()),
        Some(Command::Run {
            dir,
            listen,
            login_lifetime,
            legacy_des3,
        }) => run(
            &dir,
            listen,
            Duration::from_secs(login_lifetime),
            legacy_des3,
        ),
        Some(Command::Dev {
            dir,
            listen,
            mode,
            login_lifetime,
            legacy_des3,
            users,
            throwaway,
        }) => {
            let options = dev::Options {
                directory: &dir,
                listen,
                mode: mode.map(Mode::from),
                login_lifetime: Duration::from_secs(login_lifetime),
                legacy_des3,
                users: &users,
                throwaway,
            };
            dev::run(&options).map_err(text)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hsm-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn init(dir: &Path, seal: &SealConfig, mode: Mode) -> Result<(), String> {
    let passphrase = passphrase_for(seal)?;
    let credentials = credentials_directory();
    let opening = Opening {
        directory: dir,
        dev: false,
        passphrase: passphrase.as_deref().map(String::as_str),
        credentials_directory: credentials.as_deref(),
        legacy_des3: false,
    };
    setup::init(opening, seal, mode).map_err(text)?;
    println!(
        "set up in {}: start it with `hsm-server run --dir {}`, then initialize the cluster",
        dir.display(),
        dir.display()
    );
    Ok(())
}

fn run(
    dir: &Path,
    listen: Option<SocketAddr>,
    login_lifetime: Duration,
    legacy_des3: bool,
) -> Result<(), String> {
    let passphrase = passphrase_for(&setup::read_seal(dir).map_err(text)?)?;
    let credentials = credentials_directory();
    let opening = Opening {
        directory: dir,
        dev: false,
        passphrase: passphrase.as_deref().map(String::as_str),
        credentials_directory: credentials.as_deref(),
        legacy_des3,
    };
    let hsm = setup::open(opening, login_lifetime).map_err(text)?;
    drop(passphrase);
    tracing::info!(module = %crypto::module(), state = hsm.cluster.state().as_str_name(), "HSM opened");
    let on_listening = |address: SocketAddr| {
        // Standard output may be closed; the log has the address too.
        let _ = writeln!(
            io::stdout(),
            "{}",
            serde_json::json!({ "listening": address.to_string() })
        );
        Ok(())
    };
    serve::serve(&hsm, listen, on_listening).map_err(text)
}

/// One line from standard input, if the seal needs a passphrase.
fn passphrase_for(seal: &SealConfig) -> Result<Option<Zeroizing<String>>, String> {
    if !matches!(seal, SealConfig::Passphrase {}) {
        return Ok(None);
    }
    // Long enough that reading does not move it and leave a copy.
    let mut line = Zeroizing::new(String::with_capacity(4096));
    let hidden = hide_typing();
    let read = io::stdin().lock().read_line(&mut line);
    if let Some(shown) = hidden {
        eprintln!();
        // The terminal took these modes before.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &shown);
    }
    read.map_err(|error| format!("reading the passphrase: {error}"))?;
    while line.ends_with(['\n', '\r']) {
        line.pop();
    }
    Ok(Some(line))
}

/// If standard input is a terminal: asks for the passphrase and turns echo off. Gives the modes to restore.
fn hide_typing() -> Option<Termios> {
    let shown = tcgetattr(io::stdin()).ok()?;
    eprint!("Passphrase of the seal: ");
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(io::stdin(), OptionalActions::Now, &hidden).ok()?;
    Some(shown)
}

fn credentials_directory() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

fn version() -> String {
    let module = crypto::module();
    let fips = if module.fips {
        "in FIPS mode"
    } else {
        "not in FIPS mode"
    };
    format!(
        "hsm-server {} ({module}, {fips})",
        env!("CARGO_PKG_VERSION")
    )
}

fn text(error: impl Display) -> String {
    error.to_string()
}
