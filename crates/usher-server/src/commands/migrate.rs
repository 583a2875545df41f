//! `usher migrate`: brings the schema of the database up to date.

use crate::{settings::Settings, stdout, wiring};

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    wiring::make_data_dir(settings)?;
    let store = wiring::store(settings).await?;
    let pending = wiring::bring_up_to_date(&store).await;
    store.close().await;
    let pending = pending?;
    for name in &pending {
        stdout::line(format!("applied {name}"))?;
    }
    Ok(stdout::line("the database is up to date")?)
}
