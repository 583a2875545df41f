//! The loop that writes what was counted for the audit.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use usher_application::Usher;

/// How long an act waits at the longest until it is written.
const INTERVAL: Duration = Duration::from_mins(1);

/// Writes what was counted once a minute, until `stop` is cancelled. What is counted after that is
/// written when the use cases are closed.
pub(crate) async fn run(usher: Arc<Usher>, stop: CancellationToken) {
    while stop.run_until_cancelled(sleep(INTERVAL)).await.is_some() {
        if let Err(error) = usher.acts.write().await {
            let error = format!("{:#}", anyhow::Error::new(error));
            tracing::warn!(error, "what was refused is not in the audit yet; trying again");
        }
    }
}
