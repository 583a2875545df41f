//! `usher serve`: serves the APIs and the pages, and sends letters and runs tasks unless
//! `worker.enabled` is off.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::{
    runtime::{
        audit_loop, connections::Limits, descriptors, greeting, job_loop, listener, shutdown,
    },
    settings::Settings,
    stdout,
    wiring::Wired,
};

/// Runs until a signal arrives.
pub(crate) async fn run(mut settings: Settings) -> anyhow::Result<()> {
    let stop = shutdown::on_signal()?;
    let connections = descriptors::connections(&settings, descriptors::raise_limit())?;
    let listen = settings.http.listen;
    // Comes first, so that nothing is changed when the port is taken.
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!(
            "http.listen: cannot listen on {listen}; end the process that does, or set another \
             address and port"
        )
    })?;
    settings.http.listen = listener.local_addr()?;
    let Some(wired) = stop.run_until_cancelled(Box::pin(Wired::new(settings))).await else {
        return Ok(());
    };
    let wired = wired?;
    let settings = &wired.settings;
    for warning in wired.warnings() {
        tracing::warn!("{warning}");
    }
    // A closed standard output is no reason not to serve.
    let _ = stdout::line(greeting::addresses(settings)?);
    let is_terminal = io::stdout().is_terminal();
    let _ = stdout::line(greeting::announce_first_steps(&wired, is_terminal)?);

    let health = wired.health();
    let options = settings.http.options(&settings.log);
    let limits = Limits {
        connections,
        per_source: connections.div_ceil(4),
        trusted: options.trusted_proxies.clone(),
        patience: listener::PATIENCE,
    };
    let router = usher_http::router(wired.usher.clone(), health.clone(), options);
    let serving = listener::serve(listener, router, limits, stop.clone());
    let server = shutdown::spawn_essential(&stop, serving);
    let audit = tokio::spawn(audit_loop::run(wired.usher.clone(), stop.clone()));
    let worker = settings.worker.enabled.then(|| {
        let jobs = job_loop::run(wired.usher.clone(), settings.worker, stop.clone());
        shutdown::spawn_essential(&stop, jobs)
    });
    let limit = settings.http.shutdown;
    tracing::info!(address = %settings.http.listen, connections, "listening");
    stop.cancelled().await;
    health.drain();
    shutdown::finish([server, audit].into_iter().chain(worker), limit, wired).await
}
