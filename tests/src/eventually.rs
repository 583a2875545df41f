//! The wait for what comes true by itself.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// Asks again and again until there is an answer; panics when there is none within a minute.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
