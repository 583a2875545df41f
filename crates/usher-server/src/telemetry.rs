//! The log: on standard error, for people or for machines.

use std::io::{self, IsTerminal as _};

use serde::Deserialize;
use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt as _};

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What to log; the text is a level, or levels by module.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, &'static str> {
    let rule = "must be error, warn, info, debug or trace, for all or by module";
    // These say at each start that there is nothing to do.
    EnvFilter::try_new(format!("sea_orm_migration=warn,sqlx=warn,{text}")).map_err(|_| rule)
}

/// Logs from now on.
pub(crate) fn start(filter: EnvFilter, format: LogFormat) {
    let log = fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).finish().init(),
        LogFormat::Json => log.json().flatten_event(true).finish().init(),
    }
}
