//! `usher task`: batches that are carried out a slice at a time.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::time::sleep;
use usher_application::{Filter, RowResult, TaskCondition, TaskPage};
use usher_domain::{Completion, Problem, Tally, Task, TaskId};

use crate::{
    commands::{
        describe::{Thing, printable, time},
        progress_bar::Meter,
    },
    stdout,
    wiring::Wired,
};

#[derive(Subcommand)]
pub(crate) enum TaskCommand {
    /// List them, newest first
    List(ListArgs),
    /// Tell all about one, and the first of what went wrong in it
    Show(ShowArgs),
    /// Show how far one is until it is completed; succeeds if it does
    Watch(ShowArgs),
    /// End one before it is through: what was done stays done, and the rest is not
    Cancel(ShowArgs),
    /// Write what each row of one came to, as CSV
    Result(ResultArgs),
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u64,
    /// Only those that are not completed
    #[arg(long)]
    open: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    /// The task's id
    #[arg(value_name = "ID")]
    id: TaskId,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(crate) struct ResultArgs {
    /// The task's id
    #[arg(value_name = "ID")]
    id: TaskId,
    /// Write into this file instead of to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// The tenant whose tasks they are; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

/// How many problems are told.
const SHOWN: usize = Task::SHOWN;

/// How long to wait before looking at a task again.
const PAUSE: Duration = Duration::from_millis(250);

/// Carries a command out; `false` when what was watched did not succeed.
pub(crate) async fn run(wired: &Wired, command: TaskCommand) -> anyhow::Result<bool> {
    match command {
        TaskCommand::List(it) => list(wired, it).await.map(|()| true),
        TaskCommand::Show(it) => show(wired, it).await.map(|()| true),
        TaskCommand::Watch(it) => watch(wired, it).await,
        TaskCommand::Cancel(it) => cancel(wired, it).await.map(|()| true),
        TaskCommand::Result(it) => result(wired, it).await.map(|()| true),
    }
}

async fn list(wired: &Wired, args: ListArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let open = Filter::Is(TaskCondition::Completion(None));
    let filter = if args.open { open } else { Filter::Everything };
    let page = TaskPage { filter, newest_first: true, skip: 0, limit: args.limit };
    for it in wired.usher.tasks.list(&caller, page).await? {
        if args.json {
            stdout::line(shown(&it))?;
            continue;
        }
        let (created, kind, state) = (time(it.created_at), kind(&it), progress(&it));
        stdout::line(format!("{}  {created}  {kind:16}  {state:12}  {}", it.id, tally(&it)))?;
    }
    Ok(())
}

async fn show(wired: &Wired, args: ShowArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let task = wired.usher.tasks.find(&caller, args.id).await?;
    let problems = wired.usher.tasks.problems(&task, SHOWN).await?;
    if args.json {
        let mut all = shown(&task);
        all["problems"] = problems.iter().map(problem).collect();
        return Ok(stdout::line(all)?);
    }
    let by = Thing::from(&task.by.actor);
    stdout::line(format!("task       {}", task.id))?;
    stdout::line(format!("kind       {}", kind(&task)))?;
    stdout::line(format!("state      {}", progress(&task)))?;
    stdout::line(format!("rows       {}: {}", task.rows, tally(&task)))?;
    stdout::line(format!("submitted  {} by {by}", time(task.created_at)))?;
    for (what, at) in [("launched", task.submitted_at), ("completed", task.completed_at)] {
        if let Some(at) = at {
            stdout::line(format!("{what:9}  {}", time(at)))?;
        }
    }
    for it in &problems {
        stdout::line(format!("line {}: {} ({})", it.line, it.why.text, printable(&it.who)))?;
    }
    if task.tally.failed as usize > problems.len() {
        stdout::line(format!("and more: usher task result {}", task.id))?;
    }
    Ok(())
}

async fn watch(wired: &Wired, args: ShowArgs) -> anyhow::Result<bool> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let mut meter = Meter::new();
    let task = loop {
        let task = wired.usher.tasks.find(&caller, args.id).await?;
        if task.completion.is_some() {
            break task;
        }
        meter.show(&task);
        meter.say(&task);
        sleep(PAUSE).await;
    };
    drop(meter);
    tell(&task, args.json)?;
    Ok(succeeded(&task))
}

async fn cancel(wired: &Wired, args: ShowArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let task = wired.usher.clear.run(&caller, args.id, Completion::Terminated, None).await?;
    tell(&task, args.json)?;
    if !args.json {
        stdout::line("what was done stays done, and what was not run never will be")?;
    }
    Ok(())
}

async fn result(wired: &Wired, args: ResultArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let task = wired.usher.tasks.find(&caller, args.id).await?;
    let mut table = Table::new(match &args.output {
        Some(path) => Box::new(create(path)?),
        None => Box::new(io::stdout()) as Box<dyn Write>,
    })?;
    each_row(wired, &task, |it| table.row(it)).await?;
    Ok(table.finish()?)
}

pub(super) fn create(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// What each row came to, a few slices at a time, so that their number does not matter.
pub(super) async fn each_row(
    wired: &Wired,
    task: &Task,
    mut seen: impl FnMut(&RowResult) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut from = Some(0);
    while let Some(slice) = from {
        let part = wired.usher.tasks.results(task, slice).await?;
        part.rows.iter().try_for_each(&mut seen)?;
        from = part.next;
    }
    Ok(())
}

/// Results as CSV.
pub(super) struct Table<W: Write>(csv::Writer<W>);

impl<W: Write> Table<W> {
    pub(super) fn new(to: W) -> io::Result<Self> {
        let mut table = csv::Writer::from_writer(to);
        table.write_record(RowResult::HEADER)?;
        Ok(Self(table))
    }

    pub(super) fn row(&mut self, it: &RowResult) -> io::Result<()> {
        Ok(self.0.write_record(it.fields())?)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// How a task ended, on standard output.
pub(super) fn tell(task: &Task, as_json: bool) -> io::Result<()> {
    if as_json {
        return stdout::line(shown(task));
    }
    stdout::line(format!("task {}: {}, {}", task.id, state(task), tally(task)))
}

/// Whether nothing at all went wrong.
pub(super) fn succeeded(task: &Task) -> bool {
    task.completion == Some(Completion::Success)
}

/// How far it is, or how it ended.
pub(super) fn progress(task: &Task) -> String {
    match task.completion {
        Some(how) => how.as_str().to_owned(),
        None => format!("{} {} %", state(task), task.percent()),
    }
}

fn state(task: &Task) -> &'static str {
    match task.completion {
        Some(how) => how.as_str(),
        None if !task.submitted => "draft",
        None if task.submitted_at.is_none() => "waiting",
        None => "running",
    }
}

fn kind(task: &Task) -> String {
    let rehearsal = if task.rehearsal { " rehearsal" } else { "" };
    format!("{}{rehearsal}", task.kind.as_str())
}

pub(super) fn tally(task: &Task) -> String {
    let Tally { invited, skipped, failed } = task.tally;
    let would = if task.rehearsal { "would be " } else { "" };
    let waiting = match task.rows - task.tally.done() {
        0 => String::new(),
        rest => format!(", {rest} not run"),
    };
    format!("{invited} {would}invited, {skipped} skipped, {failed} failed{waiting}")
}

pub(super) fn shown(it: &Task) -> Value {
    json!({
        "id": it.id.to_string(),
        "kind": it.kind.as_str(),
        "rehearsal": it.rehearsal,
        "state": state(it),
        "percent": it.percent(),
        "rows": it.rows,
        "invited": it.tally.invited,
        "skipped": it.tally.skipped,
        "failed": it.tally.failed,
        "creator": Thing::from(&it.by.actor).json(),
        "createdAt": time(it.created_at),
        "launchedAt": it.submitted_at.map(time),
        "completedAt": it.completed_at.map(time),
    })
}

fn problem(it: &Problem) -> Value {
    json!({ "line": it.line, "who": it.who, "key": it.why.key, "reason": it.why.text })
}
