//! The command `usher`: the server, the worker, and the tools of an operator.

mod adapters;
mod commands;
mod duration;
mod formats;
mod private_file;
mod runtime;
mod settings;
mod stdout;
mod telemetry;
#[cfg(test)]
mod testing;
mod wiring;

use std::{
    env,
    io::{self, IsTerminal as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

use crate::{
    adapters::{
        key_file::new_key,
        system::{OsEntropy, SystemClock},
    },
    commands::{
        audit, check, confirm, export, import, invitation, invite, key, migrate, reset, task,
        tenant,
    },
    runtime::{greeting, serve, worker},
    settings::{Settings, rules::BadSettings},
    wiring::Wired,
};

/// Invites people into your product: by mail, one or a hundred thousand.
///
/// Without a command it serves. Every setting has a default; docs/configuration.md lists them.
#[derive(Parser)]
#[command(name = "usher", version)]
struct Cli {
    /// A file with the settings that differ from the defaults
    #[arg(long, global = true, value_name = "PATH", env = "USHER_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the APIs and the pages, send the letters and run the tasks (the default)
    Serve,
    /// Only send the letters and run the tasks
    Worker,
    /// Bring the database up to date
    Migrate,
    /// Check whether everything is in place: settings, public URL, database, mail server
    Check(check::CheckArgs),
    /// Invite people
    Invite(invite::args::InviteArgs),
    /// Show invitations and what became of their letters
    #[command(subcommand)]
    Invitation(invitation::InvitationCommand),
    /// List, show, watch and cancel tasks, and write the results of their rows
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Take password, authority, sessions, keys and invitations from a user, who can then be invited again
    Reset(reset::ResetArgs),
    /// Mail a user a link by which they prove that their address is theirs
    Confirm(confirm::ConfirmArgs),
    /// Print what was done, by whom, and to whom, the newest first
    Audit(audit::AuditArgs),
    /// Show a tenant, change where its invitations may lead, and invite its administrators
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Make, list and revoke client ids and secrets for the APIs
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Print a new key for the keyring
    Keyring,
    /// Insert or update profiles, organizations, roles or users by their ids
    Import(import::ImportArgs),
    /// Write profiles, organizations, roles or users, one JSON object a line
    Export(export::ExportArgs),
}

fn main() -> ExitCode {
    // It fails only if a provider is installed already, and this is the first call.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = Cli::parse();
    match start(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody reads the output any more, so an error is of no use.
            let is_pipe = |it: &io::Error| it.kind() == io::ErrorKind::BrokenPipe;
            if !error.downcast_ref().is_some_and(is_pipe) {
                eprintln!("usher: {error:#}");
            }
            ExitCode::from(if error.is::<BadSettings>() { 2 } else { 1 })
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<bool> {
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Keyring = command {
        return Ok(stdout::line(new_key(&SystemClock, &OsEntropy).reveal()).map(|()| true)?);
    }
    let environment = env::vars_os().filter_map(|(it, value)| {
        Some((it.into_string().ok()?, value.to_string_lossy().into_owned()))
    });
    let settings = Settings::load(cli.config.as_deref(), environment)?;
    // Other commands answer on standard output, and log only what goes wrong.
    let level = match command {
        Command::Serve | Command::Worker => &settings.log.level,
        _ => "warn",
    };
    let filter = telemetry::filter(level).map_err(anyhow::Error::msg)?;
    telemetry::start(filter, settings.log.format);

    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("cannot start the threads of the runtime")?;
    let done = runtime.block_on(run(command, settings));
    // What still runs had until the end of `http.shutdown`.
    runtime.shutdown_timeout(Duration::from_millis(100));
    done
}

/// Runs a command; `false` when something was refused or is not in place.
async fn run(command: Command, settings: Settings) -> anyhow::Result<bool> {
    match command {
        Command::Serve => return Box::pin(serve::run(settings)).await.map(|()| true),
        Command::Worker => return Box::pin(worker::run(settings)).await.map(|()| true),
        Command::Check(args) => return Box::pin(check::run(&settings, args)).await,
        Command::Migrate => return migrate::run(&settings).await.map(|()| true),
        _ => {}
    }
    let wired = Wired::new(settings).await?;
    let first_steps = greeting::announce_first_steps(&wired, io::stderr().is_terminal())?;
    if !first_steps.is_empty() {
        eprintln!("{first_steps}");
    }
    let done = match command {
        Command::Invite(args) => invite::run(&wired, args).await,
        Command::Invitation(command) => invitation::run(&wired, command).await.map(|()| true),
        Command::Task(command) => task::run(&wired, command).await,
        Command::Reset(args) => reset::run(&wired, args).await.map(|()| true),
        Command::Confirm(args) => confirm::run(&wired, args).await.map(|()| true),
        Command::Audit(args) => audit::run(&wired, args).await.map(|()| true),
        Command::Tenant(command) => tenant::run(&wired, command).await.map(|()| true),
        Command::Key(command) => key::run(&wired, command).await.map(|()| true),
        Command::Import(args) => import::run(&wired, args).await,
        Command::Export(args) => export::run(&wired, args).await.map(|()| true),
        _ => Ok(true),
    };
    wired.close().await;
    done
}
