//! `usher invite --csv`: invites the people in a file, by a task of any length.

use std::{
    collections::HashMap,
    fs::{self, File},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use indicatif::ProgressBar;
use tokio::signal;
use usher_application::{OrganizationError, Row, Submission};
use usher_domain::{Caller, Lane, OrganizationId, Refusal, Task, TaskId};

use crate::{
    commands::{
        files,
        invite::args::InviteArgs,
        progress_bar::TaskProgress,
        results::{ResultWriter, for_each_row},
        task_text::{print_completion, succeeded, task_json},
    },
    formats::invite_csv::{InviteCsv, InviteRow},
    stdout,
    wiring::Wired,
};

/// How long to wait for news of a slice that another process runs, before the task is read again.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Submits the file as a task, and runs slices, as the running server does, until the task is
/// completed. `false` when a row failed, or when that is not known yet.
pub(crate) async fn run(
    wired: &Wired,
    caller: &Caller,
    args: &InviteArgs,
    path: &Path,
    organization: Option<OrganizationId>,
) -> anyhow::Result<bool> {
    let mut submission = wired.usher.tasks.submit.open(caller, args.file.dry_run)?;
    let mut reader = Reader { wired, caller, args, organization, organizations: HashMap::new() };
    let read = reader.read(path, &mut submission).await;
    read.with_context(|| format!("{}: nothing was submitted", path.display()))?;
    let result = args.file.result.as_deref().map(|it| result_file(it, path)).transpose()?;
    let task = submission.submit().await?;
    if args.file.detach {
        let line = if args.json { task_json(&task).to_string() } else { task.id.to_string() };
        return Ok(stdout::line(line).map(|()| true)?);
    }
    let id = task.id;
    let left =
        || format!("task {id} is left to the running server; follow it: usher task watch {id}");
    let task = tokio::select! {
        done = work(wired, caller, id) => done.with_context(left)?,
        _ = signal::ctrl_c() => {
            eprintln!("{}", left());
            return Ok(false);
        }
    };
    let reported = report(wired, caller, &task, path, result).await;
    reported
        .with_context(|| format!("task {id} is completed; its results: usher task result {id}"))?;
    print_completion(&task, args.json)?;
    Ok(succeeded(&task))
}

/// Reads a file into a task.
struct Reader<'a> {
    wired: &'a Wired,
    caller: &'a Caller,
    args: &'a InviteArgs,
    /// The organization of rows that name none.
    organization: Option<OrganizationId>,
    /// The organizations that rows have named so far; `None` for a name that there is not.
    organizations: HashMap<String, Option<OrganizationId>>,
}

impl Reader<'_> {
    async fn read(&mut self, path: &Path, submission: &mut Submission<'_>) -> anyhow::Result<()> {
        let mut file = InviteCsv::open(files::open(path)?)?;
        let bar = ProgressBar::new_spinner().with_message("reading");
        while let Some(row) = file.next()? {
            let row = match row {
                Ok(row) => self.row(row).await?,
                Err(bad) => bad,
            };
            submission.add([row]).await?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    async fn row(&mut self, row: InviteRow) -> anyhow::Result<Row> {
        let mut organization = self.organization.clone();
        if let Some(name) = &row.organization {
            organization = self.named(name).await?;
            if organization.is_none() {
                let why = Refusal::UnknownOrganization;
                return Ok(row.into_bad_row(why.key(), why.to_string()));
            }
        }
        let defaults = self.args.invite(row.who.clone(), organization);
        Ok(row.into_row(defaults))
    }

    /// The organization with this id, code or name; it is looked up once.
    async fn named(&mut self, name: &str) -> anyhow::Result<Option<OrganizationId>> {
        if let Some(known) = self.organizations.get(name) {
            return Ok(known.clone());
        }
        let found = self.wired.usher.organizations.find.named(self.caller, name).await;
        let id = match found {
            Ok(found) => Some(found.id),
            Err(OrganizationError::Unknown) => None,
            Err(error) => return Err(error.into()),
        };
        self.organizations.insert(name.to_owned(), id.clone());
        Ok(id)
    }
}

/// The file for the results. It is made before anything is submitted, so that a path that cannot be
/// written changes nothing.
fn result_file(path: &Path, source: &Path) -> anyhow::Result<ResultWriter<File>> {
    let canonical = |it: &Path| fs::canonicalize(it).ok();
    let is_source = canonical(path).is_some_and(|it| Some(it) == canonical(source));
    ensure!(!is_source, "--result: {} is the file with the rows; name another one", path.display());
    Ok(ResultWriter::new(files::create(path)?)?)
}

/// Runs slices, also those of other tasks that wait, until the task is completed, be it by this process
/// or by others.
async fn work(wired: &Wired, caller: &Caller, id: TaskId) -> anyhow::Result<Task> {
    let bar = TaskProgress::new();
    loop {
        let claimed = wired.usher.tasks.run.turn(wired.settings.worker.tasks_at_once).await?;
        let task = wired.usher.tasks.read.find(caller, id).await?;
        bar.show(&task);
        if task.completion.is_some() {
            return Ok(task);
        }
        if claimed == 0 {
            wired.usher.wait_for_jobs(Lane::Tasks, POLL_INTERVAL).await;
        }
    }
}

/// Prints each row that failed, and writes the results of all rows to the file for them.
async fn report(
    wired: &Wired,
    caller: &Caller,
    task: &Task,
    path: &Path,
    mut result: Option<ResultWriter<File>>,
) -> anyhow::Result<()> {
    for_each_row(wired, caller, task, |it| {
        if it.outcome == "failed" {
            let why = it.why.as_deref().unwrap_or_default();
            eprintln!("{}, line {}: {why}", path.display(), it.line);
        }
        result.as_mut().map_or(Ok(()), |file| file.write(it))
    })
    .await?;
    Ok(result.map_or(Ok(()), ResultWriter::finish)?)
}
