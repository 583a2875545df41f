//! The contract on a server whose tables are split by tenant, as `docs/partitions.sql` splits them.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use usher_application::{Changes, Ledger as _};
use usher_persistence::SqlStore;

use crate::postgres::{self, Fresh, changes};

usher_application::store_contract!(fresh);

async fn fresh() -> (SqlStore, Fresh) {
    let (store, database) = postgres::fresh().await;
    database.run(include_str!("../../../../../docs/partitions.sql")).await;
    (store, database)
}

/// The planner asks for statistics of the whole, and PostgreSQL makes those of the partitions alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_split_is_analyzed_as_a_whole_and_in_its_parts() {
    let (store, database) = fresh().await;
    let whole = "pg_statistic AS s JOIN pg_class AS c ON c.oid = s.starelid \
         WHERE c.relname = 'invitation' AND s.stainherit";
    let parts = "pg_class WHERE relname LIKE 'invitation\\__' AND reltuples > 0";
    let all: Vec<_> = (1..=600).map(changes).collect();
    let invitations = all.iter().flat_map(|it| it.invitations.clone()).collect();
    store.commit(&Changes { invitations, ..Changes::default() }).await.unwrap();
    let seen_to = async {
        while database.count(whole).await == 0 || database.count(parts).await == 0 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(20), seen_to).await.expect("nothing was seen to");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_indexes_of_what_is_split_are_those_of_the_schema() {
    let (_store, database) = fresh().await;
    let (_plain_store, plain) = postgres::fresh().await;
    let own = "pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND c.relkind IN ('i', 'I') AND NOT c.relispartition";
    assert_eq!(database.count(own).await, plain.count(own).await);
    let split = "pg_partitioned_table AS p JOIN pg_class AS c ON c.oid = p.partrelid \
         WHERE 8 = (SELECT count(*) FROM pg_inherits AS i WHERE i.inhparent = c.oid)";
    assert_eq!(database.count(split).await, 10);
}
