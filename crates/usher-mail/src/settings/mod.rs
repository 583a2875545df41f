//! What an operator says about mail, read and checked.

pub(crate) mod invalid_setting;
pub(crate) mod sender;
pub(crate) mod url;

use std::{path::PathBuf, time::Duration};

use self::{sender::Sender, url::MailUrl};

/// How letters travel.
#[derive(Clone, Debug)]
pub struct Settings {
    pub url: MailUrl,
    pub from: Sender,
    /// How many connections to the mail server are kept, and so how many letters travel at once.
    pub pool: usize,
    /// How long delivering one letter may take, everything together.
    pub timeout: Duration,
    /// How long the mail server's machine may take to answer at all.
    pub connect_timeout: Duration,
    /// A PEM file with certificates to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
    /// A folder with templates of the operator's own.
    pub templates: Option<PathBuf>,
}

impl Settings {
    /// Eight connections, a minute for a letter, ten seconds to connect.
    #[must_use]
    pub fn new(url: MailUrl, from: Sender) -> Self {
        Self {
            url,
            from,
            pool: 8,
            timeout: Duration::from_mins(1),
            connect_timeout: Duration::from_secs(10),
            ca_file: None,
            templates: None,
        }
    }
}
