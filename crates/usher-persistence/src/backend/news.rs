//! News of new jobs: it reaches the workers of this process at once, and those of other nodes
//! through NOTIFY of PostgreSQL.

use std::{sync::Arc, time::Duration};

use sqlx::postgres::{PgListener, PgNotification};
use tokio::{sync::Notify, time::sleep};
use usher_domain::Lane;

use crate::backend::CHANNEL;

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
pub(crate) async fn listen(url: Arc<str>, news: Arc<News>) {
    loop {
        if let Ok(mut listener) = PgListener::connect(&url).await
            && listener.listen(CHANNEL).await.is_ok()
        {
            for &lane in Lane::ALL {
                news.of(lane).notify_one();
            }
            while let Ok(notice) = listener.try_recv().await {
                // Without a notification the connection is a new one, and all lanes are meant.
                let lane = notice.as_ref().map_or("", PgNotification::payload);
                let named = |it: &Lane| lane.is_empty() || lane == it.as_str();
                Lane::ALL.iter().filter(|it| named(it)).for_each(|it| news.of(*it).notify_one());
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}
