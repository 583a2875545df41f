//! `usher serve` and `usher worker`: what runs until it is told to stop.

use std::{process, time::Duration};

use anyhow::Context as _;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    runtime::{listener, worker},
    settings::{Settings, shown},
    stdout,
    wiring::Wired,
};

/// Serves, and sends letters unless a worker of its own does.
pub(crate) async fn serve(mut settings: Settings) -> anyhow::Result<()> {
    let stop = until_signalled()?;
    let listen = settings.http.listen;
    // Before anything else: a port that is taken should change nothing.
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("http.listen: cannot listen on {listen}; stop what does, or set USHER_HTTP__LISTEN")
    })?;
    settings.http.listen = listener.local_addr()?;
    let Some(wired) = stop.run_until_cancelled(Box::pin(Wired::new(&settings))).await else {
        return Ok(());
    };
    let wired = wired?;
    if settings.is_in_the_clear() {
        tracing::warn!("public_url is not https: invitations and passwords can be read on the way");
    }
    // That nobody reads it is no reason not to serve.
    let _ = stdout::line(format!("{}\n{}", place(&settings)?, welcome(&settings, &wired)?));

    let health = wired.health();
    let router = usher_http::router(wired.usher.clone(), health.clone(), settings.options());
    let server = vital(&stop, listener::serve(listener, router, stop.clone()));
    let worker = settings
        .worker
        .enabled
        .then(|| vital(&stop, worker::run(wired.usher.clone(), settings.worker, stop.clone())));
    tracing::info!(address = %settings.http.listen, "listening");
    stop.cancelled().await;
    health.draining();
    let in_hand = async {
        server.await?;
        if let Some(worker) = worker {
            worker.await?;
        }
        anyhow::Ok(())
    };
    wind_up(in_hand, settings.http.shutdown, wired).await
}

/// Sends letters and runs tasks only.
pub(crate) async fn work(settings: Settings) -> anyhow::Result<()> {
    let stop = until_signalled()?;
    let Some(wired) = stop.run_until_cancelled(Box::pin(Wired::new(&settings))).await else {
        return Ok(());
    };
    let wired = wired?;
    tracing::info!("at work");
    let limit = settings.http.shutdown;
    let worker = vital(&stop, worker::run(wired.usher.clone(), settings.worker, stop.clone()));
    stop.cancelled().await;
    wind_up(async { Ok(worker.await?) }, limit, wired).await
}

/// Runs a task without which the others are no use: should a bug end it, all is stopped.
fn vital(
    stop: &CancellationToken,
    task: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let guard = stop.clone().drop_guard();
    tokio::spawn(async move {
        task.await;
        drop(guard);
    })
}

/// Waits for what is in hand, within a limit, and closes what is open.
async fn wind_up(
    in_hand: impl Future<Output = anyhow::Result<()>>,
    limit: Duration,
    wired: Wired,
) -> anyhow::Result<()> {
    tracing::info!("stopping");
    if let Ok(finished) = timeout(limit, in_hand).await {
        finished?;
    } else {
        tracing::warn!("not all was finished in time; letters in hand are sent again");
    }
    wired.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Cancelled by the first signal; the second ends the process at once.
fn until_signalled() -> anyhow::Result<CancellationToken> {
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

/// Where usher is.
fn place(settings: &Settings) -> anyhow::Result<String> {
    let (url, listen) = (settings.public_url()?, settings.http.listen);
    let mails = match settings.mail_url().split_once(':') {
        Some(("folder", path)) => format!("to the folder {path}"),
        Some(_) => format!("by {}", shown(&settings.mail_url())),
        None => "nowhere, for mail.url is none".to_owned(),
    };
    Ok(format!(
        "usher listens on http://{listen}, and people reach it at {url}\nMails go {mails}\n"
    ))
}

/// What only whoever starts usher is told: how the owner gets in, and a first request.
pub(crate) fn welcome(settings: &Settings, wired: &Wired) -> anyhow::Result<String> {
    let url = settings.public_url()?;
    let administrator = settings.foundation().administrator;
    let owner = wired.founded.link.as_ref().map(|link| {
        format!("The first administrator, {}, accepts here:\n  {link}\n", administrator.typed())
    });
    let client = wired.founded.credential.as_ref().map(|(credential, secret)| {
        let (id, secret) = (credential.id, secret.reveal());
        format!(
            "A client id and secret for the API, shown this once:\n  {id}\n  {secret}\n\n\
             Invite somebody:\n  curl -s {url}/v1/userInvitations \
             -H 'Authorization: Bearer {id}.{secret}' -H 'Content-Type: application/json' \
             -d '{{\"invitedEmail\":\"ada@example.com\",\"inviter\":\"Your name\"}}'\n"
        )
    });
    Ok([owner, client].into_iter().flatten().collect::<Vec<_>>().join("\n"))
}
