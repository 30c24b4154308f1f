//! The `ferrohsm` command: administers clusters, users and keys.

mod arguments;
mod attributes;
mod cluster;
mod connect;
#[cfg(test)]
mod documentation;
mod key;
mod login;
mod output;
mod password;
mod user;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use connect::Connection;
use ferrohsm_client::{Error, Result};
use ferrohsm_protocol::Status;
use output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("FERROHSM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let json = arguments.json;
    match run(arguments) {
        Ok(output) => output.print(json),
        Err(error) => {
            output::print_error(&error, json);
            exit_code(error.status)
        }
    }
}

fn run(arguments: Arguments) -> Result<Output> {
    let connection = Connection::new(&arguments.target)?;
    let result = match arguments.command {
        Command::Cluster(command) => cluster::run(&connection, command),
        Command::Barrier(command) => cluster::run_barrier(&connection, &command),
        Command::User(command) => user::run(&connection, command),
        Command::Key(command) => key::run(&connection, command),
        Command::Login => login::run(&connection),
    };
    // The login ends with the command. If that fails it ends when it expires.
    if let Err(error) = connection.client.logout() {
        tracing::warn!(%error, "logout failed");
    }
    result
}

/// The exit codes that `--help` names.
fn exit_code(status: Status) -> ExitCode {
    ExitCode::from(match status {
        Status::ConfigurationInvalid => 2,
        Status::NotLoggedIn
        | Status::LoginFailed
        | Status::UserLocked
        | Status::TokenExpired
        | Status::TokenInvalid
        | Status::PermissionDenied => 3,
        Status::Unreachable
        | Status::Timeout
        | Status::ConnectionLost
        | Status::ServerUntrusted
        | Status::ShuttingDown
        | Status::Busy => 4,
        _ => 1,
    })
}

/// An error in what the user gave.
fn usage(message: impl Into<String>) -> Error {
    Error::new(Status::ConfigurationInvalid, message)
}
