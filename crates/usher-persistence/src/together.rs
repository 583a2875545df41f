//! Questions that are asked at the same time are answered by one query.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{
    Mutex as Turn,
    oneshot::{self, error::TryRecvError},
};
use usher_application::StoreError;
use usher_domain::TenantId;

/// The most questions in a query. Whoever asks more asks them alone.
const MOST: usize = 200;

/// Questions of one kind, about one tenant at a time. While a query is under way, whoever asks next
/// waits, and then asks for all who wait.
pub(crate) struct Together<Q, A>(Mutex<HashMap<TenantId, Arc<Lane<Q, A>>>>);

/// Who waits, and whose turn it is.
struct Lane<Q, A> {
    waiting: Mutex<Vec<Asked<Q, A>>>,
    turn: Turn<()>,
}

struct Asked<Q, A> {
    questions: Vec<Q>,
    answer: oneshot::Sender<Result<Vec<A>, StoreError>>,
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q, A> Default for Lane<Q, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: Turn::default() }
    }
}

impl<Q: Clone, A> Together<Q, A> {
    /// The answers to these questions, in their order. `query` answers any number of questions, of
    /// whoever asks; it begins after this was called, and may be dropped and called again.
    ///
    /// # Errors
    /// Those of `query`. Where it fails for those who asked together, each asks alone: the questions of
    /// one may be what the database cannot read.
    pub(crate) async fn ask<F>(
        &self,
        tenant: TenantId,
        questions: &[Q],
        query: impl Fn(Vec<Q>) -> F,
    ) -> Result<Vec<A>, StoreError>
    where
        F: Future<Output = Result<Vec<A>, StoreError>>,
    {
        if questions.len() > MOST {
            return query(questions.to_vec()).await;
        }
        let lane = self.lane(tenant);
        let answer = match lane.answer(questions, &query).await {
            Some(answer) => answer,
            None => query(questions.to_vec()).await,
        };
        self.leave(tenant, lane);
        answer
    }

    fn lane(&self, tenant: TenantId) -> Arc<Lane<Q, A>> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(tenant).or_default().clone()
    }

    /// Removes the lane that nobody else is in.
    fn leave(&self, tenant: TenantId, lane: Arc<Lane<Q, A>>) {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(lane);
        if lanes.get(&tenant).is_some_and(|it| Arc::strong_count(it) == 1) {
            lanes.remove(&tenant);
        }
    }
}

impl<Q: Clone, A> Lane<Q, A> {
    /// `None` where those who asked together have no answer, since whoever asked for all failed or is
    /// gone.
    async fn answer<F>(
        &self,
        questions: &[Q],
        query: impl Fn(Vec<Q>) -> F,
    ) -> Option<Result<Vec<A>, StoreError>>
    where
        F: Future<Output = Result<Vec<A>, StoreError>>,
    {
        let (sender, mut answer) = oneshot::channel();
        let asked = Asked { questions: questions.to_vec(), answer: sender };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        let _turn = tokio::select! {
            biased;
            answer = &mut answer => return answer.ok(),
            turn = self.turn.lock() => turn,
        };
        while let Some(all) = self.next() {
            let questions = all.iter().flat_map(|it| it.questions.iter().cloned()).collect();
            match query(questions).await {
                Ok(answers) => {
                    let mut answers = answers.into_iter();
                    for it in all {
                        let own = answers.by_ref().take(it.questions.len()).collect();
                        // Nobody may be waiting any more.
                        let _ = it.answer.send(Ok(own));
                    }
                }
                Err(error) => {
                    if let Ok([only]) = <[_; 1]>::try_from(all) {
                        let _ = only.answer.send(Err(error));
                    }
                }
            }
            match answer.try_recv() {
                Ok(answer) => return Some(answer),
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => {}
            }
        }
        answer.await.ok()
    }

    /// Those who are asked for next.
    fn next(&self) -> Option<Vec<Asked<Q, A>>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = 0;
        let fits = |it: &&Asked<Q, A>| {
            count += it.questions.len();
            count <= MOST
        };
        let fitting = waiting.iter().take_while(fits).count();
        let later = waiting.split_off(fitting);
        Some(mem::replace(&mut *waiting, later)).filter(|it| !it.is_empty())
    }
}

#[cfg(test)]
mod tests;
