//! The command `usher`: the server, its worker, and what an operator does at the command line.

mod adapters;
mod commands;
mod duration;
mod formats;
mod runtime;
mod settings;
mod stdout;
mod telemetry;
#[cfg(test)]
mod testing;
mod wiring;

use std::{env, io, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

use crate::{
    adapters::{
        key_file::new_key,
        system::{OsEntropy, SystemClock},
    },
    commands::{audit, check, export, import, invite, key, migrate, reset, task, tenant},
    runtime::serve,
    settings::{BadSettings, Settings},
    wiring::Wired,
};

/// Invites people into your product: by mail, one or a hundred thousand.
///
/// Without a command it serves. Every setting has a default; see docs/configuration.md.
#[derive(Parser)]
#[command(name = "usher", version)]
struct Cli {
    /// A file with settings that differ from the defaults
    #[arg(long, global = true, value_name = "PATH", env = "USHER_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the APIs and the pages, send the letters and run the tasks (the default)
    Serve,
    /// Send the letters and run the tasks only
    Worker,
    /// Bring the database up to date
    Migrate,
    /// Look whether everything is in place: settings, database, mail server, public URL
    Check(check::CheckArgs),
    /// Invite people
    Invite(invite::args::InviteArgs),
    /// List, watch and end tasks, and tell what their rows came to
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Make a user invitable again: without password, authority, sessions, keys and invitations
    Reset(reset::ResetArgs),
    /// Tell what was done, by whom, and to whom, newest first
    Audit(audit::AuditArgs),
    /// Show a tenant, and say where its invitations may lead
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Make, list and revoke client ids and secrets for the APIs
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Print a new key for the keyring
    Keyring,
    /// Insert or update profiles, organizations, roles or users by their ids
    Import(import::ImportArgs),
    /// Write profiles, organizations, roles or users to standard output, one JSON object a line
    Export(export::ExportArgs),
}

fn main() -> ExitCode {
    // Only the first call counts, and this is it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = Cli::parse();
    match start(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Whoever stopped reading does not want to hear of it.
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
    // A command's answer is its output; its log is for trouble.
    let level = match command {
        Command::Serve | Command::Worker => &settings.log.level,
        _ => "warn",
    };
    let filter = telemetry::filter(level).map_err(anyhow::Error::msg)?;
    telemetry::start(filter, settings.log.format);

    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("cannot start")?;
    let done = runtime.block_on(run(command, settings));
    // What still runs was given its time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    done
}

/// Carries a command out; `false` when something was refused or is not in place.
async fn run(command: Command, settings: Settings) -> anyhow::Result<bool> {
    match command {
        Command::Serve => return Box::pin(serve::serve(settings)).await.map(|()| true),
        Command::Worker => return Box::pin(serve::work(settings)).await.map(|()| true),
        Command::Check(args) => return Box::pin(check::run(&settings, args)).await,
        Command::Migrate => return migrate::run(&settings).await.map(|()| true),
        _ => {}
    }
    let wired = Wired::new(&settings).await?;
    if wired.founded.credential.is_some() {
        eprintln!("{}", serve::welcome(&settings, &wired)?);
    }
    let done = match command {
        Command::Invite(args) => invite::run(&wired, args, settings.worker.tasks_at_once).await,
        Command::Task(command) => task::run(&wired, command).await,
        Command::Reset(args) => reset::run(&wired, args).await.map(|()| true),
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
