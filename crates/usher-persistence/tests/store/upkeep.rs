//! What is seen to while rows are written, and not a minute later.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use usher_application::{Changes, Ledger as _};

use crate::postgres::{changes, fresh};

/// Until there are statistics, the planner may look through all rows of a tenant for one.
#[tokio::test(flavor = "multi_thread")]
async fn much_that_is_new_is_analyzed_and_found_by_the_index_of_texts() {
    let (store, database) = fresh().await;
    database.run("CREATE EXTENSION pgstattuple").await;
    let unknown = "pg_class WHERE relname IN ('invitation', 'outbox') AND reltuples < 1";
    assert_eq!(database.count(unknown).await, 2);
    let all: Vec<_> = (1..=600).map(changes).collect();
    let all = Changes {
        invitations: all.iter().flat_map(|it| it.invitations.clone()).collect(),
        jobs: all.iter().flat_map(|it| it.jobs.clone()).collect(),
        ..Changes::default()
    };
    store.commit(&all).await.unwrap();
    let merged = "pgstatginindex('invitation_text') WHERE pending_pages = 0";
    let seen_to = async {
        while database.count(unknown).await > 0 || database.count(merged).await == 0 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(20), seen_to).await.expect("nothing was seen to");
}
