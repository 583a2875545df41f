//! Whether the process lives, and whether it can serve.

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

/// Tells whether this process can serve. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Health {
    probe: Arc<dyn Fn() -> Answer + Send + Sync>,
    draining: Arc<AtomicBool>,
}

impl Health {
    /// How long a probe may take.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// `probe` says what is missing, in words for whoever may ask, such as `the database does not
    /// answer`. It is asked on each request, and has two seconds.
    pub fn new<P, F>(probe: P) -> Self
    where
        P: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), &'static str>> + Send + 'static,
    {
        let probe = Arc::new(move || -> Answer { Box::pin(probe()) });
        Self { probe, draining: Arc::default() }
    }

    /// Ready as long as it is not draining.
    #[must_use]
    pub fn always_ready() -> Self {
        Self::new(|| async { Ok(()) })
    }

    /// Not ready from now on: those who route requests here look for another node.
    pub fn draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    async fn ready(&self) -> Result<(), &'static str> {
        if self.draining.load(Ordering::Relaxed) {
            return Err("this node is shutting down");
        }
        let answer = tokio::time::timeout(Self::PATIENCE, (self.probe)()).await;
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
    let not_ready = |it| Problem::new(StatusCode::SERVICE_UNAVAILABLE).because(it);
    health.ready().await.map(|()| "ok").map_err(not_ready)
}
