//! The settings below `mail`.

pub(crate) mod invalid_setting;
pub(crate) mod sender;
pub(crate) mod url;

use std::{path::PathBuf, time::Duration};

use self::{sender::Sender, url::MailUrl};

/// How letters are delivered.
#[derive(Clone, Debug)]
pub struct Settings {
    pub url: MailUrl,
    pub from: Sender,
    /// How many connections to the mail server there may be, and so how many letters are delivered at
    /// once.
    pub pool: usize,
    /// How long delivering one letter may take, from connecting to the last reply.
    pub timeout: Duration,
    /// How long opening a connection to the mail server may take.
    pub connect_timeout: Duration,
    /// A PEM file of certificate authorities to trust in place of the public ones.
    pub ca_file: Option<PathBuf>,
    /// A folder of custom templates.
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
