//! Letters into mails, and mails to where they go: a mail server, a folder, nowhere.

mod letters;
mod mailer;
mod message;
mod render;
mod samples;
mod settings;
#[cfg(test)]
mod test_letters;
mod transport;

pub use self::{
    mailer::Mailer,
    settings::{
        Settings,
        invalid_setting::InvalidSetting,
        sender::Sender,
        url::{MailUrl, SmtpUrl},
    },
};
