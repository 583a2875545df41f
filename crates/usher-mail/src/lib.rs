//! Letters into mails, and mails to where they go: a mail server, a folder, nowhere.

mod mailer;
mod message;
mod render;
#[cfg(test)]
mod samples;
mod settings;
mod transport;

pub use self::{
    mailer::Mailer,
    render::{
        built_in::render,
        rendered::{RenderError, Rendered},
    },
    settings::{
        Settings,
        invalid_setting::InvalidSetting,
        sender::Sender,
        url::{MailUrl, SmtpUrl},
    },
};
