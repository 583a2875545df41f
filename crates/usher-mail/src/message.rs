//! A letter as it travels: MIME.

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use usher_domain::{Letter, LetterKind};

use crate::{
    render::{
        custom::Templates,
        rendered::{RenderError, Rendered},
        sanitize,
    },
    settings::sender::Sender,
};

/// A letter ready for a mail server.
pub(crate) struct Mail {
    pub(crate) from: Address,
    pub(crate) to: Address,
    /// Header and body: lines that end with CR LF, in ASCII unless an address is not.
    pub(crate) content: String,
}

/// The letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("its address or its sender's cannot be written in a mail")]
    Address(#[from] lettre::address::AddressError),
    #[error("its parts make no mail")]
    Build(#[from] lettre::error::Error),
}

/// Writes a letter. The same letter always gives the same bytes, so that a second copy is known
/// for one.
pub(crate) fn compose(
    letter: &Letter,
    from: &Sender,
    templates: &Templates,
) -> Result<Mail, ComposeError> {
    let Rendered { subject, text, html, language, link } = templates.render(letter)?;
    let mailbox = |name: Option<&str>, it: &usher_domain::Mailbox| {
        let name = name.map(sanitize::line).filter(|it| !it.is_empty());
        Ok::<_, ComposeError>(Mailbox::new(name, Address::new(it.local(), it.domain())?))
    };
    let sender = mailbox(from.name.as_deref(), &from.mailbox)?;
    let recipient = mailbox(letter.name.as_deref(), &letter.to)?;
    let id = format!("{}.{}", letter.matter, letter.number);
    let header = |name, value: &str| {
        HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
    };

    let mut message = Message::builder()
        // Derived from the header, it would fail for mailboxes in quotes.
        .envelope(Envelope::new(Some(sender.email.clone()), vec![recipient.email.clone()])?)
        .from(sender.clone())
        .to(recipient.clone())
        .subject(subject)
        .date(letter.written_at.into())
        .message_id(Some(format!("<{id}@{}>", from.mailbox.domain())));
    if let Some(language) = language {
        message = message.raw_header(header("Content-Language", &language));
    }
    // Leads to the page that declines. There is no `List-Unsubscribe-Post`: one click in a mail
    // client, or none but a scanner's, must not decline what was offered to a person.
    if let LetterKind::Invitation { .. } = letter.kind {
        message = message.raw_header(header("List-Unsubscribe", &format!("<{link}>")));
    }
    let message = message
        // Out-of-office replies have nobody to reach.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    let text = part(ContentType::TEXT_PLAIN, text);
    let message = match html {
        None => message.singlepart(text),
        Some(html) => message.multipart(
            MultiPart::alternative()
                // Quoted-printable never leaves a `=` before `_`: no text can hold this line.
                .boundary(format!("=_{id}"))
                .singlepart(text)
                .singlepart(part(ContentType::TEXT_HTML, html)),
        ),
    }?;
    let content = String::from_utf8_lossy(&message.formatted()).into_owned();
    Ok(Mail { from: sender.email, to: recipient.email, content })
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(body)
}

#[cfg(test)]
mod tests;
