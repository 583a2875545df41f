//! News of new jobs: it reaches the workers of this process at once, and those of other nodes
//! through NOTIFY of PostgreSQL.

use std::{sync::Arc, time::Duration};

use sqlx::{
    Executor as _,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use usher_domain::Lane;

use crate::backend::{CHANNEL, server::Server};

/// How long there may be no news until the server is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(20);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Why there is no listening through a pooler.
const POOLED: &str = "a pooler gives the session of database.listen_url to others; set the address of \
    PostgreSQL itself, or none";

/// Where news of other nodes is listened to.
pub(crate) struct Source {
    pub options: PgConnectOptions,
    /// No pooler that would give the session to others stands between, as was asked before.
    pub is_direct: bool,
}

/// Wakes the workers that wait for new jobs, each lane apart.
#[derive(Default)]
pub(crate) struct News {
    letters: Notify,
    tasks: Notify,
}

impl News {
    pub(crate) fn of(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Letters => &self.letters,
            Lane::Tasks => &self.tasks,
        }
    }
}

/// Passes on the notifications of other nodes, for ever. Each new connection counts as news in all
/// lanes, because notifications may have been missed while there was none.
pub(crate) async fn listen(source: Arc<Source>, news: Arc<News>) {
    let mut is_lost = false;
    loop {
        match timeout(ANSWER, listener(&source)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(listener) => {
                is_lost = false;
                for &lane in Lane::ALL {
                    news.of(lane).notify_one();
                }
                pass_on(listener, &news).await;
            }
            Err(error) if !is_lost => {
                is_lost = true;
                tracing::warn!(%error, "no news from other nodes: their letters wait for two seconds");
            }
            Err(_) => {}
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Begins to listen, unless a pooler stands between: then notifications would come to whoever else
/// is given the session, in the middle of what they do.
async fn listener(source: &Source) -> Result<PgListener, sqlx::Error> {
    let Source { options, is_direct } = source;
    if !is_direct && Server::ask(options).await?.is_pooled {
        return Err(sqlx::Error::Configuration(POOLED.into()));
    }
    let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let pool = pool.acquire_timeout(ANSWER).connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    // Another connection is another listener.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Passes on what is heard, until the connection is lost. A network may lose it without a word, so
/// the server is asked whether it is still there when there was no news for a while.
async fn pass_on(mut listener: PgListener, news: &News) {
    loop {
        match timeout(QUIET, listener.try_recv()).await {
            Ok(Ok(Some(notice))) => {
                let named = |it: &Lane| notice.payload() == it.as_str();
                Lane::ALL.iter().filter(|it| named(it)).for_each(|it| news.of(*it).notify_one());
            }
            Ok(_) => return,
            Err(_) => match timeout(ANSWER, listener.execute("SELECT 1")).await {
                Ok(Ok(_)) => {}
                _ => return,
            },
        }
    }
}
