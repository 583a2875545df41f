//! Tells workers of new jobs: those of this process at once, other nodes through PostgreSQL's NOTIFY.

use std::{sync::Arc, time::Duration};

use sqlx::postgres::{PgListener, PgNotification};
use tokio::{sync::Notify, time::sleep};
use usher_domain::Lane;

use crate::backend::CHANNEL;

/// Wakes whoever waits for work, lane by lane.
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

/// Passes on what other nodes announce, for ever. Each new connection counts as news, for nobody
/// knows what was announced while there was none.
pub(crate) async fn listen(url: Arc<str>, news: Arc<News>) {
    loop {
        if let Ok(mut listener) = PgListener::connect(&url).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            for lane in Lane::ALL {
                news.of(lane).notify_one();
            }
            while let Ok(notice) = listener.try_recv().await {
                // Without a notice the connection is a new one; an earlier version names no lane.
                let lane = notice.as_ref().map_or("", PgNotification::payload);
                let named = |it: &Lane| lane.is_empty() || lane == it.as_str();
                Lane::ALL.into_iter().filter(named).for_each(|it| news.of(it).notify_one());
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}
