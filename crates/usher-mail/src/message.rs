//! A letter as a mail: MIME (RFC 5322, RFC 2045).

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use usher_domain::Letter;

use crate::{
    letters,
    render::{
        custom::Templates,
        rendered::{RenderError, Rendered},
        sanitize,
    },
    settings::sender::Sender,
};

/// A letter that is ready for a mail server.
pub(crate) struct Mail {
    pub(crate) from: Address,
    pub(crate) to: Address,
    /// Headers and body: lines that end with CR LF, in ASCII unless an address is not.
    pub(crate) content: String,
}

/// The letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("its headers and parts do not make a mail")]
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
    let mailbox = |name: Option<String>, it: &usher_domain::Mailbox| {
        // It was checked when it was read, and lettre's own check knows fewer scripts.
        Mailbox::new(name, Address::new_dangerous(it.local(), it.domain()))
    };
    let sender = mailbox(from.name.as_deref().and_then(sanitize::sender_name), &from.mailbox);
    let recipient = mailbox(letter.name.as_deref().and_then(sanitize::recipient_name), &letter.to);
    let id = format!("{}.{}", letter.matter, letter.number);
    let header = |name, value: &str| {
        HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
    };

    let mut message = Message::builder()
        // lettre would derive it from the headers, and fail for mailboxes in quotes.
        .envelope(Envelope::new(Some(sender.email.clone()), vec![recipient.email.clone()])?)
        .from(sender.clone())
        .to(recipient.clone())
        .subject(subject)
        .date(letter.written_at.into())
        .message_id(Some(format!("<{id}@{}>", from.mailbox.domain())));
    if let Some(language) = language {
        message = message.raw_header(header("Content-Language", &language));
    }
    // Leads to the page where the recipient can decline. There is no `List-Unsubscribe-Post` (RFC
    // 8058): neither one click in a mail client nor a scanner may decline what was offered to a
    // person.
    if letters::define(&letter.kind).link_declines {
        message = message.raw_header(header("List-Unsubscribe", &format!("<{link}>")));
    }
    let message = message
        // Nobody reads out-of-office replies (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    let text = part(ContentType::TEXT_PLAIN, text);
    let message = match html {
        None => message.singlepart(text),
        Some(html) => message.multipart(
            MultiPart::alternative()
                // Quoted-printable never leaves a `=` before `_`, so no part can hold this line.
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
