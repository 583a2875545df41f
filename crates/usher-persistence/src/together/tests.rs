use std::{
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use usher_application::{StoreError, testing::TENANT};
use usher_domain::TenantId;
use uuid::Uuid;

use super::{MOST, Together};

/// A store that answers a number with its double, once it is allowed to, and notes each query.
#[derive(Default)]
struct Doubles {
    together: Together<u32, u32>,
    queries: Mutex<Vec<Vec<u32>>>,
    allowed: Option<Semaphore>,
}

impl Doubles {
    fn held() -> Arc<Self> {
        Arc::new(Self { allowed: Some(Semaphore::new(0)), ..Self::default() })
    }

    async fn ask(&self, tenant: TenantId, questions: &[u32]) -> Result<Vec<u32>, StoreError> {
        self.together.ask(tenant, questions, |all| self.query(all)).await
    }

    async fn query(&self, all: Vec<u32>) -> Result<Vec<u32>, StoreError> {
        self.queries.lock().unwrap().push(all.clone());
        if let Some(allowed) = &self.allowed {
            allowed.acquire().await.unwrap().forget();
        }
        if all.contains(&0) {
            return Err(StoreError::new("nobody can read this"));
        }
        Ok(all.iter().map(|it| it * 2).collect())
    }

    fn allow(&self, queries: usize) {
        self.allowed.as_ref().unwrap().add_permits(queries);
    }

    fn queries(&self) -> Vec<Vec<u32>> {
        self.queries.lock().unwrap().clone()
    }
}

/// Starts to ask, one after the other, each until nothing happens any more.
async fn asking(
    store: &Arc<Doubles>,
    all: &[u32],
) -> Vec<tokio::task::JoinHandle<Result<Vec<u32>, StoreError>>> {
    let mut tasks = Vec::new();
    for it in all.iter().copied() {
        let store = store.clone();
        tasks.push(tokio::spawn(async move { store.ask(TENANT, &[it]).await }));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    tasks
}

#[tokio::test]
async fn whoever_asks_while_a_query_is_under_way_is_asked_for_together_with_the_others() {
    let store = Doubles::held();
    let tasks = asking(&store, &[1, 2, 3, 4]).await;
    store.allow(2);
    let answers: Vec<_> =
        join_all(tasks).await.into_iter().map(|it| it.unwrap().unwrap()).collect();
    assert_eq!(answers, [[2], [4], [6], [8]]);
    assert_eq!(store.queries(), [vec![1], vec![2, 3, 4]]);
    assert!(store.together.0.lock().unwrap().is_empty(), "nothing is kept of a tenant");
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_fails_for_whoever_asked_it_alone() {
    let store = Doubles::held();
    let tasks = asking(&store, &[1, 0, 3]).await;
    store.allow(4);
    let answers: Vec<_> = join_all(tasks).await.into_iter().map(|it| it.unwrap().ok()).collect();
    assert_eq!(answers, [Some(vec![2]), None, Some(vec![6])]);
}

#[tokio::test]
async fn those_are_answered_who_were_asked_for_by_somebody_who_is_gone() {
    let store = Doubles::held();
    let mut tasks = asking(&store, &[1, 2, 3]).await;
    store.allow(1);
    tasks.remove(0).await.unwrap().unwrap();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.queries(), [vec![1], vec![2, 3]]);
    tasks.remove(0).abort();
    store.allow(2);
    assert_eq!(tasks.remove(0).await.unwrap().unwrap(), [6]);
}

#[tokio::test]
async fn tenants_do_not_wait_for_each_other() {
    let store = Doubles::held();
    let tasks = asking(&store, &[1]).await;
    let other = store.clone();
    let other = tokio::spawn(async move { other.ask(TenantId(Uuid::max()), &[5]).await });
    while store.queries().len() < 2 {
        tokio::task::yield_now().await;
    }
    store.allow(2);
    assert_eq!(other.await.unwrap().unwrap(), [10]);
    join_all(tasks).await;
}

#[tokio::test]
async fn no_query_has_more_questions_than_there_may_be() {
    let store = Doubles::held();
    let first = asking(&store, &[1]).await;
    let many: Vec<_> = (1..).take(MOST).collect();
    let all = [many.clone(), vec![7], vec![8, 9]].map(|it| {
        let store = store.clone();
        tokio::spawn(async move { store.ask(TENANT, &it).await })
    });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    store.allow(3);
    join_all(first).await;
    for it in join_all(all).await {
        it.unwrap().unwrap();
    }
    let sizes: Vec<_> = store.queries().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, MOST, 3]);
    let alone = AtomicUsize::new(0);
    let more = vec![1; MOST + 1];
    let query = |all: Vec<u32>| {
        alone.fetch_add(1, Ordering::Relaxed);
        future::ready(Ok(all))
    };
    assert_eq!(store.together.ask(TENANT, &more, query).await.unwrap(), more);
    assert_eq!(alone.into_inner(), 1);
}
