//! `usher migrate`: brings the schema of the database up to date.

use anyhow::Context as _;

use crate::{settings::Settings, stdout, wiring};

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    wiring::make_data_dir(settings)?;
    let store = wiring::store(settings).await?;
    let pending = store.pending_migrations().await?;
    store.migrate().await.context(wiring::MIGRATION_FAILED)?;
    store.close().await;
    for name in &pending {
        stdout::line(format!("applied {name}"))?;
    }
    Ok(stdout::line("the database is up to date")?)
}
