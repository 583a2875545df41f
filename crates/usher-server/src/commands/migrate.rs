//! `usher migrate`: brings the database up to date.

use anyhow::Context as _;

use crate::{settings::Settings, stdout, wiring};

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    wiring::make_folder(&settings.data_dir)?;
    let store = wiring::store(settings).await?;
    let pending = store.pending_migrations().await?;
    store.migrate().await.context("the database cannot be brought up to date")?;
    store.close().await;
    for name in &pending {
        stdout::line(format!("applied {name}"))?;
    }
    Ok(stdout::line("the database is up to date")?)
}
