//! The loops that run jobs: at once while there are more, else when there is news or a job is due.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use usher_application::{StoreError, Usher};
use usher_domain::Lane;

use crate::settings::sections::Worker;

/// The longest wait for news. Then the store is asked, because another process on the same SQLite
/// database can send no news.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The unit of the random part of waits, of which there are 0 to 255: nodes shall not all ask the
/// database at the same moment.
const JITTER: Duration = Duration::from_millis(4);

/// The waits between two attempts while the store does not answer.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How often maintenance runs, and how long after the start for the first time.
const MAINTENANCE_INTERVAL: Duration = Duration::from_hours(1);
const FIRST_MAINTENANCE: Duration = Duration::from_secs(5);

/// Runs the jobs of every lane until `stop` is cancelled; the jobs that were claimed are finished.
pub(crate) async fn run(usher: Arc<Usher>, settings: Worker, stop: CancellationToken) {
    tokio::join!(
        run_lane(&usher, Lane::Letters, settings, &stop),
        run_lane(&usher, Lane::Tasks, settings, &stop),
        run_maintenance(&usher, &stop),
    );
}

async fn run_lane(usher: &Arc<Usher>, lane: Lane, settings: Worker, stop: &CancellationToken) {
    let Worker { batch, at_once, tasks_at_once, .. } = settings;
    let limit = match lane {
        Lane::Letters => batch,
        Lane::Tasks => tasks_at_once,
    };
    let mut pause = None;
    while !stop.is_cancelled() {
        let mine = usher.clone();
        let turn = isolated(async move {
            match lane {
                Lane::Letters => mine.letters.deliver.turn(batch, at_once).await,
                Lane::Tasks => mine.tasks.run.turn(tasks_at_once).await,
            }
        });
        match turn.await {
            Ok(claimed) => {
                if pause.take().is_some() {
                    tracing::info!(lane = lane.as_str(), "jobs can be run again");
                }
                if claimed < limit {
                    let wait = usher.wait_for_jobs(lane, POLL_INTERVAL + jitter(usher));
                    stop.run_until_cancelled(wait).await;
                }
            }
            Err(error) => {
                if pause.is_none() {
                    tracing::error!(
                        lane = lane.as_str(),
                        error = format!("{error:#}"),
                        "jobs cannot be run; trying again"
                    );
                }
                let length = pause.map_or(FIRST_PAUSE, |it: Duration| (it * 2).min(LONGEST_PAUSE));
                stop.run_until_cancelled(sleep(length)).await;
                pause = Some(length);
            }
        }
    }
}

async fn run_maintenance(usher: &Arc<Usher>, stop: &CancellationToken) {
    let mut pause = FIRST_MAINTENANCE;
    while stop.run_until_cancelled(sleep(pause + jitter(usher))).await.is_some() {
        // Each step is a row of short transactions, so nothing is lost if the stop comes in between.
        stop.run_until_cancelled(maintain(usher)).await;
        pause = MAINTENANCE_INTERVAL;
    }
}

async fn maintain(usher: &Arc<Usher>) {
    let it = usher.clone();
    let tasks = isolated(async move { it.tasks.maintain.run().await }).await;
    let it = usher.clone();
    let purge = isolated(async move { it.tenants.purge.run().await }).await;
    for (what, outcome) in [("tasks", tasks), ("purge", purge)] {
        if let Err(error) = outcome {
            let error = format!("{error:#}");
            tracing::warn!(what, error, "maintenance failed; it runs again in an hour");
        }
    }
}

/// Runs the work as a task of its own, so that a panic in one job does not end the worker.
async fn isolated<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::spawn(work).await.context("the job panicked")??)
}

fn jitter(usher: &Usher) -> Duration {
    JITTER * u32::from(usher.random_secret()[0])
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::TcpListener,
    };
    use usher_application::{Invite, Invitee};
    use usher_domain::Mailbox;

    use super::*;
    use crate::{settings::Settings, wiring::Wired};

    /// Takes letters until there is one to this address.
    async fn receive_mail(listener: TcpListener, address: &str) {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (from, mut to) = stream.split();
            let mut lines = BufReader::new(from).lines();
            to.write_all(b"220 mail.example.org\r\n").await.unwrap();
            let (mut is_data, mut is_addressed) = (false, false);
            while let Some(line) = lines.next_line().await.unwrap() {
                is_addressed |=
                    line.to_ascii_uppercase().starts_with("RCPT") && line.contains(address);
                let answer: &[u8] = match (is_data, line.as_str()) {
                    (false, "DATA") => {
                        is_data = true;
                        b"354 go on\r\n"
                    }
                    (true, ".") => {
                        is_data = false;
                        b"250 taken\r\n"
                    }
                    (true, _) => continue,
                    (false, _) => b"250 mail.example.org\r\n",
                };
                to.write_all(answer).await.unwrap();
                if !is_data && line == "." && is_addressed {
                    return;
                }
            }
        }
    }

    #[tokio::test]
    async fn the_worker_sends_what_was_committed_and_stops_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let mail_server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mail_url = format!("smtp://{}?tls=none", mail_server.local_addr().unwrap());
        let data_dir = folder.path().join("data").to_string_lossy().into_owned();
        let environment = [("USHER_DATA_DIR", data_dir), ("USHER_MAIL__URL", mail_url)];
        let environment = environment.map(|(key, value)| (key.to_owned(), value));
        let wired = Wired::new(Settings::load(None, environment).unwrap()).await.unwrap();
        let stop = CancellationToken::new();
        let working = tokio::spawn(run(wired.usher.clone(), wired.settings.worker, stop.clone()));
        let mailbox = Mailbox::parse("ada@example.org").unwrap();
        let invites = [Invite::new(Invitee::Mailbox { mailbox, name: None })];
        let caller = wired.operator(None).await.unwrap();
        wired.usher.invitations.invite.run(&caller, &invites).await.unwrap();
        receive_mail(mail_server, "ada@example.org").await;
        stop.cancel();
        working.await.unwrap();
        wired.close().await;
    }
}
