//! The loop that keeps the worker at work: at once when there is more, else when news comes.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use usher_application::Usher;

use crate::settings;

/// How long to wait for news at the most, and how much of that is up to chance, so that nodes do
/// not all ask at the same moment. Another process on the same SQLite can send no news.
const PATIENCE: Duration = Duration::from_secs(2);
const JITTER: Duration = Duration::from_millis(4);

/// The waits while the store does not answer.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Runs errands until told to stop; the turn at hand is finished.
pub(crate) async fn run(usher: Arc<Usher>, settings: settings::Worker, stop: CancellationToken) {
    let mut pause = None;
    while !stop.is_cancelled() {
        let settings::Worker { batch, at_once, .. } = settings;
        match turn(&usher, batch, at_once).await {
            Ok(found) => {
                if pause.take().is_some() {
                    tracing::info!("the worker is back at work");
                }
                if found < batch {
                    stop.run_until_cancelled(wait(&usher)).await;
                }
            }
            Err(error) => {
                if pause.is_none() {
                    tracing::error!(error = format!("{error:#}"), "the worker cannot work");
                }
                let length = pause.map_or(FIRST_PAUSE, |it: Duration| (it * 2).min(LONGEST_PAUSE));
                stop.run_until_cancelled(sleep(length)).await;
                pause = Some(length);
            }
        }
    }
}

/// A task of its own, so that a bug in one errand does not end the worker.
async fn turn(usher: &Arc<Usher>, batch: usize, at_once: usize) -> anyhow::Result<usize> {
    let usher = usher.clone();
    let turn = tokio::spawn(async move { usher.worker.turn(batch, at_once).await });
    Ok(turn.await.context("a turn broke off")??)
}

/// Until there may be work: news of it, or a letter whose time has come.
async fn wait(usher: &Usher) {
    let ports = &usher.ports;
    let due = ports.outbox.next_due().await.ok().flatten();
    let until_due = due.map(|it| (it - ports.clock.now()).to_std().unwrap_or_default());
    let jitter = JITTER * u32::from(ports.entropy.secret()[0]);
    let patience = until_due.unwrap_or(Duration::MAX).min(PATIENCE + jitter);
    ports.outbox.news(patience).await;
}
