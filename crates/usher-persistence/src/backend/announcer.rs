//! Tells the other nodes of new jobs, through NOTIFY of PostgreSQL.
//!
//! Notifications of one server go out in the order of its commits: from the moment a transaction with a
//! notification begins to commit, until a standby has confirmed it, no other one with a notification can
//! commit, on whichever node. So those that write jobs notify nobody, and are told of once they are done.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr};
use tokio::{sync::watch, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use usher_domain::Lane;

use crate::backend::{CHANNEL, failure::is_read_only, trust::Trusts};

/// How long it may take to tell the others. They look for jobs by themselves soon afterwards.
const TIME: Duration = Duration::from_secs(2);
/// How often it is tried: a connection may have been lost since the last time.
const TRIES: u32 = 2;

/// How often there were new jobs in each lane.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    letters: u64,
    tasks: u64,
}

impl Told {
    fn of(&mut self, lane: Lane) -> &mut u64 {
        match lane {
            Lane::Letters => &mut self.letters,
            Lane::Tasks => &mut self.tasks,
        }
    }
}

/// Tells the other nodes, if there may be some. Whatever comes up while it does that is told of by one
/// notification for each lane.
pub(crate) struct Announcer {
    told: watch::Sender<Told>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Announcer {
    /// Starts to tell the others by this connection, until it is closed or dropped.
    pub(crate) fn start(connection: Option<DatabaseConnection>, trusts: Trusts) -> Self {
        let (told, receiver) = watch::channel(Told::default());
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        if let Some(connection) = connection {
            tasks.spawn(announce(connection, trusts, receiver, closing.clone()));
        }
        Self { told, closing, tasks }
    }

    /// There are new jobs in this lane, and they are committed.
    pub(crate) fn tell(&self, lane: Lane) {
        self.told.send_modify(|it| *it.of(lane) += 1);
    }

    /// Tells the others of what came up until now, and no more after that.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn announce(
    connection: DatabaseConnection,
    trusts: Trusts,
    mut receiver: watch::Receiver<Told>,
    closing: CancellationToken,
) {
    let mut before = Told::default();
    loop {
        let is_last = tokio::select! {
            biased;
            changed = receiver.changed() => changed.is_err(),
            () = closing.cancelled() => true,
        };
        let mut now = *receiver.borrow_and_update();
        let is_new = |it: &&Lane| now.of(**it) != before.of(**it);
        let lanes: Vec<_> = Lane::ALL.iter().filter(is_new).collect();
        if !lanes.is_empty() {
            notify(&connection, &trusts, &lanes).await;
        }
        before = now;
        if is_last {
            let _ = connection.close().await;
            return;
        }
    }
}

/// Notifies the others of new jobs in these lanes. That need not survive a crash, so nobody waits for
/// the disk, nor for a standby.
async fn notify(connection: &DatabaseConnection, trusts: &Trusts, lanes: &[&Lane]) {
    let notice = |it: &&Lane| format!("; SELECT pg_notify('{CHANNEL}', '{}')", it.as_str());
    let notices: String = lanes.iter().map(notice).collect();
    // All of one text is one transaction.
    let sql = format!("SET LOCAL synchronous_commit = off{notices}");
    for _ in 0..TRIES {
        let told = timeout(TIME, connection.execute_unprepared(&sql)).await;
        let error = match told {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => error,
            Err(elapsed) => DbErr::Custom(elapsed.to_string()),
        };
        if is_read_only(&error) {
            trusts.withdraw();
        }
        tracing::debug!(%error, "the other nodes were not told of new jobs, which they will find later");
    }
}
