//! Whether the process is alive, and whether it can serve requests.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::problem::Problem;

type Answer = Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send>>;

/// Whether this process can serve requests. Clones share one state.
#[derive(Clone)]
pub struct Health {
    probe: Arc<dyn Fn() -> Answer + Send + Sync>,
    draining: Arc<AtomicBool>,
}

impl Health {
    /// How long a probe may take.
    const TIMEOUT: Duration = Duration::from_secs(2);

    /// `probe` returns what is missing, in words that anybody may read, such as `the database does
    /// not answer`. It is called for each request of `/readyz`, and fails after two seconds.
    pub fn new<P, F>(probe: P) -> Self
    where
        P: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), &'static str>> + Send + 'static,
    {
        let probe = Arc::new(move || -> Answer { Box::pin(probe()) });
        Self { probe, draining: Arc::default() }
    }

    /// From now on the process is not ready, so that load balancers send requests to other nodes.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    async fn ready(&self) -> Result<(), &'static str> {
        if self.draining.load(Ordering::Relaxed) {
            return Err("this node is shutting down");
        }
        let answer = tokio::time::timeout(Self::TIMEOUT, (self.probe)()).await;
        answer.unwrap_or(Err("the database does not answer"))
    }
}

/// `/healthz` and `/readyz`.
pub(crate) fn router(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readyz))
        .with_state(health)
}

async fn readyz(State(health): State<Health>) -> Result<&'static str, Problem> {
    let not_ready = |it| Problem::new(StatusCode::SERVICE_UNAVAILABLE).with_detail(it);
    health.ready().await.map(|()| "ok").map_err(not_ready)
}
