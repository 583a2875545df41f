//! `usher task`: lists, shows, watches and cancels tasks, and writes the results of their rows.

use std::{io, path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use tokio::time::sleep;
use usher_application::{Filter, TaskCondition, TaskCursor, TaskPage};
use usher_domain::{Completion, Task, TaskId};

use crate::{
    commands::{
        describe::{Reference, printable, rfc3339},
        files,
        progress_bar::TaskProgress,
        results::{ResultWriter, for_each_row},
        task_text::{kind, print_completion, problem_json, progress, succeeded, tally, task_json},
    },
    stdout,
    wiring::Wired,
};

#[derive(Subcommand)]
pub(crate) enum TaskCommand {
    /// List tasks, the newest first
    List(ListArgs),
    /// Show a task, and the first rows that failed
    Show(ShowArgs),
    /// Show the progress of a task until it is completed; the exit status is 0 if no row failed
    Watch(ShowArgs),
    /// Cancel a task: the rows that were run keep their results, and the rest are never run
    Cancel(ShowArgs),
    /// Write the result of each row of a task as CSV
    Result(ResultArgs),
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// How many tasks to list
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u64,
    /// Only tasks that are not completed
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
    /// Write to this file, which only its owner can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// The tenant that the tasks belong to; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

/// How many tasks are held in memory at once.
const PAGE: u64 = 100;

/// How long `usher task watch` waits before it reads the task again.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Runs a command; `false` when the task that was watched did not succeed.
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
    let mut page = TaskPage { filter, newest_first: true, ..TaskPage::default() };
    let mut left = args.limit;
    while left > 0 {
        page.limit = left.min(PAGE);
        let found = wired.usher.tasks.read.list(&caller, page.clone()).await?;
        for it in &found {
            print_brief(it, args.json)?;
        }
        page.after = found.last().map(TaskCursor::from);
        left = if page.after.is_some() { left - found.len() as u64 } else { 0 };
    }
    Ok(())
}

fn print_brief(task: &Task, json: bool) -> io::Result<()> {
    if json {
        return stdout::line(task_json(task));
    }
    let (created, kind, state) = (rfc3339(task.created_at), kind(task), progress(task));
    stdout::line(format!("{}  {created}  {kind:16}  {state:12}  {}", task.id, tally(task)))
}

async fn show(wired: &Wired, args: ShowArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let task = wired.usher.tasks.read.find(&caller, args.id).await?;
    let problems = wired.usher.tasks.read.problems(&task, Task::SHOWN).await?;
    if args.json {
        let mut shown = task_json(&task);
        shown["problems"] = problems.iter().map(problem_json).collect();
        return Ok(stdout::line(shown)?);
    }
    let by = Reference::from(&task.by.actor);
    stdout::line(format!("task       {}", task.id))?;
    stdout::line(format!("kind       {}", kind(&task)))?;
    stdout::line(format!("state      {}", progress(&task)))?;
    stdout::line(format!("rows       {}: {}", task.rows, tally(&task)))?;
    stdout::line(format!("submitted  {} by {by}", rfc3339(task.created_at)))?;
    for (what, at) in [("launched", task.started_at), ("completed", task.completed_at)] {
        if let Some(at) = at {
            stdout::line(format!("{what:9}  {}", rfc3339(at)))?;
        }
    }
    for it in &problems {
        stdout::line(format!("line {}: {} ({})", it.line, it.why.text, printable(&it.who)))?;
    }
    if task.tally.failed as usize > problems.len() {
        stdout::line(format!("there are more; all of them: usher task result {}", task.id))?;
    }
    Ok(())
}

async fn watch(wired: &Wired, args: ShowArgs) -> anyhow::Result<bool> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let mut bar = TaskProgress::new();
    let task = loop {
        let task = wired.usher.tasks.read.find(&caller, args.id).await?;
        if task.completion.is_some() {
            break task;
        }
        bar.show(&task);
        bar.print_where_hidden(&task);
        sleep(POLL_INTERVAL).await;
    };
    drop(bar);
    print_completion(&task, args.json)?;
    Ok(succeeded(&task))
}

async fn cancel(wired: &Wired, args: ShowArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let task = wired.usher.tasks.cancel.run(&caller, args.id, Completion::Terminated, None).await?;
    print_completion(&task, args.json)?;
    if !args.json {
        stdout::line("what was done stays done, and the rows that were not run never will be")?;
    }
    Ok(())
}

async fn result(wired: &Wired, args: ResultArgs) -> anyhow::Result<()> {
    let caller = wired.operator(args.common.tenant.as_deref()).await?;
    let task = wired.usher.tasks.read.find(&caller, args.id).await?;
    let mut results = ResultWriter::new(files::output(args.output.as_deref())?)?;
    for_each_row(wired, &caller, &task, |it| results.write(it)).await?;
    Ok(results.finish()?)
}
