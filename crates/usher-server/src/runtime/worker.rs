//! The loops that keep the workers at work: at once when there is more, else when news comes.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use usher_application::{StoreError, Usher};
use usher_domain::Lane;

use crate::settings;

/// How long to wait for news at the most, and how much of that is up to chance, so that nodes do
/// not all ask at the same moment. Another process on the same SQLite can send no news.
const PATIENCE: Duration = Duration::from_secs(2);
const JITTER: Duration = Duration::from_millis(4);

/// The waits while the store does not answer.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How often house is kept, and how long after the start for the first time.
const HOUSEKEEPING: Duration = Duration::from_hours(1);
const SETTLING_IN: Duration = Duration::from_secs(5);

/// Runs jobs of every lane until told to stop; the turns at hand are finished.
pub(crate) async fn run(usher: Arc<Usher>, settings: settings::Worker, stop: CancellationToken) {
    tokio::join!(
        lane(&usher, Lane::Letters, &settings, &stop),
        lane(&usher, Lane::Tasks, &settings, &stop),
        housekeeping(&usher, &stop),
    );
}

async fn lane(
    usher: &Arc<Usher>,
    lane: Lane,
    settings: &settings::Worker,
    stop: &CancellationToken,
) {
    let &settings::Worker { batch, at_once, tasks_at_once, .. } = settings;
    let limit = match lane {
        Lane::Letters => batch,
        Lane::Tasks => tasks_at_once,
    };
    let mut pause = None;
    while !stop.is_cancelled() {
        let worker = usher.clone();
        let turn = apart(async move {
            match lane {
                Lane::Letters => worker.worker.turn(batch, at_once).await,
                Lane::Tasks => worker.run_tasks.turn(tasks_at_once).await,
            }
        });
        match turn.await {
            Ok(found) => {
                if pause.take().is_some() {
                    tracing::info!(lane = lane.as_str(), "the worker is back at work");
                }
                if found < limit {
                    stop.run_until_cancelled(wait(usher, lane)).await;
                }
            }
            Err(error) => {
                if pause.is_none() {
                    tracing::error!(
                        lane = lane.as_str(),
                        error = format!("{error:#}"),
                        "the worker cannot work"
                    );
                }
                let length = pause.map_or(FIRST_PAUSE, |it: Duration| (it * 2).min(LONGEST_PAUSE));
                stop.run_until_cancelled(sleep(length)).await;
                pause = Some(length);
            }
        }
    }
}

async fn housekeeping(usher: &Arc<Usher>, stop: &CancellationToken) {
    let mut pause = SETTLING_IN;
    while stop.run_until_cancelled(sleep(pause + jitter(usher))).await.is_some() {
        let keeper = usher.clone();
        if let Err(error) = apart(async move { keeper.housekeep.run().await }).await {
            tracing::warn!(error = format!("{error:#}"), "house was not kept");
        }
        pause = HOUSEKEEPING;
    }
}

/// As a task of its own, so that a bug in one job does not end the worker.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::spawn(work).await.context("a turn broke off")??)
}

/// Until there may be work: news of it, or a job whose time has come.
async fn wait(usher: &Usher, lane: Lane) {
    let ports = &usher.ports;
    let due = ports.outbox.next_due(lane).await.ok().flatten();
    let until_due = due.map(|it| (it - ports.clock.now()).to_std().unwrap_or_default());
    let patience = until_due.unwrap_or(Duration::MAX).min(PATIENCE + jitter(usher));
    ports.outbox.news(lane, patience).await;
}

fn jitter(usher: &Usher) -> Duration {
    JITTER * u32::from(usher.ports.entropy.secret()[0])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use usher_application::{Invite, Invitee};
    use usher_domain::Mailbox;

    use super::*;
    use crate::{testing::settings_in, wiring::Wired};

    #[tokio::test]
    async fn the_worker_sends_what_was_committed_and_stops_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_in(&folder);
        let wired = Wired::new(&settings).await.unwrap();
        let stop = CancellationToken::new();
        let working = tokio::spawn(run(wired.usher.clone(), settings.worker, stop.clone()));
        let mailbox = Mailbox::parse("ada@example.org").unwrap();
        let invites = [Invite::new(Invitee::Mailbox { mailbox, name: None })];
        let caller = wired.operator(None).await.unwrap();
        wired.usher.invite.run(&caller, &invites).await.unwrap();
        let mails = settings.data_dir.join("mail");
        while fs::read_dir(&mails).map_or(0, Iterator::count) == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
        working.await.unwrap();
        wired.close().await;
    }
}
