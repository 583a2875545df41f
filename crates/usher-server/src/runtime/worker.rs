//! `usher worker`: sends letters and runs tasks, without serving.

use crate::{
    runtime::{job_loop, shutdown},
    settings::Settings,
    wiring::Wired,
};

/// Runs until a signal arrives.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let stop = shutdown::on_signal()?;
    let Some(wired) = stop.run_until_cancelled(Box::pin(Wired::new(settings))).await else {
        return Ok(());
    };
    let wired = wired?;
    for warning in wired.warnings() {
        tracing::warn!("{warning}");
    }
    tracing::info!("sending letters and running tasks");
    let (usher, settings) = (wired.usher.clone(), &wired.settings);
    let (worker, limit) = (settings.worker, settings.http.shutdown);
    let jobs = shutdown::spawn_essential(&stop, job_loop::run(usher, worker, stop.clone()));
    stop.cancelled().await;
    shutdown::finish([jobs], limit, wired).await
}
