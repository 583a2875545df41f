//! Delivers letters: to a mail server, into a folder, or nowhere, as `mail.url` says.

use std::path::PathBuf;

use async_trait::async_trait;
use usher_application::{DeliveryError, Postman};
use usher_domain::Letter;

use crate::{
    message::{ComposeError, compose},
    render::{built_in, custom::Templates, rendered::RenderError},
    settings::{Settings, invalid_setting::InvalidSetting, sender::Sender, url::MailUrl},
    transport::{folder, smtp::Smtp},
};

/// Renders letters and delivers them where the settings say.
///
/// Delivering takes no longer than `Settings::timeout`. A mail server's reply is returned in its
/// own words, on one line of at most 500 characters and without addresses. A letter that the server
/// refuses permanently (5xx) is `Refused`. When the server refuses our access rather than the
/// letter, as for a wrong password, the result is `Later`; so it is when a custom template is
/// missing or fails, for the operator can correct both.
pub struct Mailer {
    from: Sender,
    templates: Templates,
    transport: Transport,
}

enum Transport {
    Smtp(Smtp),
    Folder(PathBuf),
    Nowhere,
}

impl Mailer {
    /// Opens no connection yet. Fails when `mail.ca_file` cannot be read, or `mail.templates` holds
    /// a template with a fault.
    pub fn new(settings: &Settings) -> Result<Self, InvalidSetting> {
        built_in::warm_up();
        let templates = match &settings.templates {
            Some(folder) => Templates::read(folder)?,
            None => Templates::default(),
        };
        let transport = match &settings.url {
            MailUrl::Smtp(url) => Transport::Smtp(Smtp::new(url, settings)?),
            MailUrl::Folder(path) => Transport::Folder(path.clone()),
            MailUrl::None => Transport::Nowhere,
        };
        Ok(Self { from: settings.from.clone(), templates, transport })
    }

    /// The names of the custom templates.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.templates.names()
    }

    /// Whether letters could be delivered: connects to the mail server, with TLS and login as the
    /// settings have it, or writes to the folder. Returns what it found.
    pub async fn check(&self) -> Result<String, DeliveryError> {
        match &self.transport {
            Transport::Smtp(smtp) => smtp.check().await,
            Transport::Folder(path) => folder::check(path).await,
            Transport::Nowhere => Ok(NOT_SENT.to_owned()),
        }
    }

    /// Waits for the letters that are being delivered, and closes the connections to the mail
    /// server. Letters after that are `Later`.
    pub async fn close(&self) {
        if let Transport::Smtp(smtp) = &self.transport {
            smtp.close().await;
        }
    }
}

const NOT_SENT: &str = "not sent: `mail.url` is none";

#[async_trait]
impl Postman for Mailer {
    async fn deliver(&self, letter: &Letter) -> Result<String, DeliveryError> {
        if let Transport::Nowhere = self.transport {
            return Ok(NOT_SENT.to_owned());
        }
        let mail =
            compose(letter, &self.from, &self.templates).map_err(|it| delivery_error(&it))?;
        match &self.transport {
            Transport::Smtp(smtp) => smtp.deliver(&mail).await,
            Transport::Folder(path) => folder::put(path, file_name(letter), mail.content).await,
            Transport::Nowhere => Ok(NOT_SENT.to_owned()),
        }
    }

    fn delivers(&self) -> bool {
        !matches!(self.transport, Transport::Nowhere)
    }

    fn has_template(&self, name: &str) -> bool {
        self.templates.has(name)
    }
}

fn delivery_error(error: &ComposeError) -> DeliveryError {
    use RenderError::{Custom, Missing};
    match error {
        ComposeError::Render(Missing(_) | Custom(_)) => DeliveryError::Later(error.to_string()),
        _ => DeliveryError::Refused(format!("the letter cannot be written: {error}")),
    }
}

/// Sorted by name, the oldest letter comes first. A second copy replaces the first.
fn file_name(letter: &Letter) -> String {
    let at = letter.written_at.format("%Y%m%dT%H%M%S%.6fZ");
    format!("{at}-{}-{}.eml", letter.matter, letter.number)
}

#[cfg(test)]
mod tests;
