//! `usher invite --csv`: invites those in a file, by a task of any length.

use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use clap::Args;
use indicatif::ProgressBar;
use tokio::signal;
use usher_application::{Row, Submission};
use usher_domain::{Caller, Lane, OrganizationId, Refusal, Task, TaskId};

use crate::{
    commands::{
        import,
        invite::InviteArgs,
        progress_bar::Meter,
        task::{Table, create, each_row, shown, succeeded, tell},
    },
    formats::invite_csv::{Sheet, Wanted},
    stdout,
    wiring::Wired,
};

#[derive(Args)]
pub(super) struct FileArgs {
    /// Invite those in this file, by a task; `-` is standard input. Its header names the columns:
    /// email, user or username, and name, organization, roles, message, locale, ttl, redirect and
    /// label.KEY
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Say what would become of each row, and invite nobody
    #[arg(long, requires = "csv")]
    dry_run: bool,
    /// Print the task's id and leave the work to the running server
    #[arg(long, requires = "csv", conflicts_with = "result")]
    detach: bool,
    /// Write what each row came to into this file, as CSV
    #[arg(long, requires = "csv", value_name = "FILE")]
    result: Option<PathBuf>,
}

/// How long to wait for a slice that somebody else runs.
const PAUSE: Duration = Duration::from_millis(250);

/// Takes the file on, and works along with whoever else runs tasks until all of it is done. `false`
/// when a row failed, or when it is not known yet.
pub(super) async fn run(
    wired: &Wired,
    caller: &Caller,
    args: &InviteArgs,
    path: &Path,
    organization: Option<OrganizationId>,
    tasks_at_once: usize,
) -> anyhow::Result<bool> {
    let mut submission = wired.usher.submit.open(caller, args.file.dry_run)?;
    let mut reader = Reader { wired, caller, args, organization, known: HashMap::new() };
    let read = reader.read(path, &mut submission).await;
    read.with_context(|| format!("{}: nothing was submitted", path.display()))?;
    let result = args.file.result.as_deref().map(|it| table(it, path)).transpose()?;
    let task = submission.submit().await?;
    if args.file.detach {
        let told = if args.json { shown(&task).to_string() } else { task.id.to_string() };
        return Ok(stdout::line(told).map(|()| true)?);
    }
    let id = task.id;
    let left = || format!("task {id} is left to the running server: usher task watch {id}");
    let task = tokio::select! {
        done = work(wired, caller, id, tasks_at_once) => done.with_context(left)?,
        _ = signal::ctrl_c() => {
            eprintln!("{}", left());
            return Ok(false);
        }
    };
    let reported = report(wired, &task, path, result).await;
    reported.with_context(|| format!("task {id} is completed: usher task result {id}"))?;
    tell(&task, args.json)?;
    Ok(succeeded(&task))
}

/// Reads a file into a task.
struct Reader<'a> {
    wired: &'a Wired,
    caller: &'a Caller,
    args: &'a InviteArgs,
    /// Of rows that do not say.
    organization: Option<OrganizationId>,
    /// The organizations that rows have named so far.
    known: HashMap<String, Option<OrganizationId>>,
}

impl Reader<'_> {
    async fn read(&mut self, path: &Path, submission: &mut Submission<'_>) -> anyhow::Result<()> {
        let mut sheet = Sheet::open(import::open(path)?)?;
        let bar = ProgressBar::new_spinner().with_message("reading");
        while let Some(row) = sheet.next()? {
            let row = match row {
                Ok(wanted) => self.row(wanted).await?,
                Err(bad) => bad,
            };
            submission.add([row]).await?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    async fn row(&mut self, wanted: Wanted) -> anyhow::Result<Row> {
        let mut organization = self.organization.clone();
        if let Some(name) = &wanted.organization {
            organization = self.named(name).await?;
            if organization.is_none() {
                let why = Refusal::UnknownOrganization;
                return Ok(wanted.bad(why.key(), why.to_string()));
            }
        }
        let usual = self.args.invite(wanted.who.clone(), organization);
        Ok(wanted.row(usual))
    }

    async fn named(&mut self, name: &str) -> anyhow::Result<Option<OrganizationId>> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let found = self.wired.usher.ports.organizations.named(self.caller.tenant, name).await?;
        let id = found.map(|it| it.id);
        self.known.insert(name.to_owned(), id.clone());
        Ok(id)
    }
}

/// Where results go: opened before anything is submitted.
fn table(path: &Path, source: &Path) -> anyhow::Result<Table<File>> {
    let place = |it: &Path| fs::canonicalize(it).ok();
    let same = place(path).is_some_and(|it| Some(it) == place(source));
    ensure!(!same, "--result: {} is the file with the rows", path.display());
    Ok(Table::new(create(path)?)?)
}

/// Runs slices until the task is completed, by us or by others.
async fn work(
    wired: &Wired,
    caller: &Caller,
    id: TaskId,
    tasks_at_once: usize,
) -> anyhow::Result<Task> {
    let meter = Meter::new();
    loop {
        let found = wired.usher.run_tasks.turn(tasks_at_once).await?;
        let task = wired.usher.tasks.find(caller, id).await?;
        meter.show(&task);
        if task.completion.is_some() {
            return Ok(task);
        }
        if found == 0 {
            wired.usher.ports.outbox.news(Lane::Tasks, PAUSE).await;
        }
    }
}

/// Tells each row that failed, and writes what all of them came to.
async fn report(
    wired: &Wired,
    task: &Task,
    path: &Path,
    mut result: Option<Table<File>>,
) -> anyhow::Result<()> {
    each_row(wired, task, |it| {
        if it.outcome == "failed" {
            let why = it.why.as_deref().unwrap_or_default();
            eprintln!("{}, line {}: {why}", path.display(), it.line);
        }
        result.as_mut().map_or(Ok(()), |table| table.row(it))
    })
    .await?;
    Ok(result.map_or(Ok(()), Table::finish)?)
}
