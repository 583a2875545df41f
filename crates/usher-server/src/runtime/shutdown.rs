//! How `usher serve` and `usher worker` end: on a signal, within a limit.

use std::{process, time::Duration};

use anyhow::Context as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::wiring::Wired;

/// A token that SIGINT or SIGTERM cancels. The second signal ends the process at once.
pub(crate) fn on_signal() -> anyhow::Result<CancellationToken> {
    let listen = |kind| signal(kind).context("cannot listen to signals");
    let (mut interrupt, mut terminate) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if signalled.is_cancelled() {
                process::exit(130);
            }
            signalled.cancel();
        }
    });
    Ok(stop)
}

/// Spawns a task that the process cannot do without: when it ends, even by a panic, `stop` is
/// cancelled.
pub(crate) fn spawn_essential(
    stop: &CancellationToken,
    task: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let guard = stop.clone().drop_guard();
    tokio::spawn(async move {
        task.await;
        drop(guard);
    })
}

/// Waits until the tasks have finished what they have in hand, for `http.shutdown` at the longest,
/// and closes the connections. Fails if one of the tasks panicked.
pub(crate) async fn finish(
    tasks: impl IntoIterator<Item = JoinHandle<()>>,
    limit: Duration,
    wired: Wired,
) -> anyhow::Result<()> {
    tracing::info!("stopping");
    let finished = async {
        for task in tasks {
            task.await?;
        }
        anyhow::Ok(())
    };
    if let Ok(finished) = timeout(limit, finished).await {
        finished?;
    } else {
        tracing::warn!(
            "not everything was finished within http.shutdown; letters that were not confirmed are sent again"
        );
    }
    wired.close().await;
    tracing::info!("stopped");
    Ok(())
}
