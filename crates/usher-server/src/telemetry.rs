//! The log on standard error, as text or as JSON.

use std::{
    io::{self, IsTerminal as _},
    str::FromStr,
};

use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt as _};

/// The form of the log: `log.format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("not one of text, json"),
        }
    }
}

/// What is logged. `text` is a level, or levels by module, as in `log.level`.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, &'static str> {
    let rule = "must be error, warn, info, debug or trace, for all or by module";
    // At each start these two log at a lower level that there is nothing to do.
    EnvFilter::try_new(format!("sea_orm_migration=warn,sqlx=warn,{text}")).map_err(|_| rule)
}

/// Starts the log.
pub(crate) fn start(filter: EnvFilter, format: LogFormat) {
    let log = fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).finish().init(),
        LogFormat::Json => log.json().flatten_event(true).finish().init(),
    }
}
