//! What a letter says, and in which language, before it is put into a form.

use minijinja::{Value, value::Serde};
use serde::Serialize;
use url::Url;
use usher_domain::{Letter, LetterKind, Timestamp};

use crate::render::{
    language::{Language, Words},
    rendered::RenderError,
    sanitize,
};

/// The letter, free of what no form can hold.
pub(crate) struct Gist {
    pub(crate) language: Language,
    pub(crate) name: Option<String>,
    pub(crate) inviter: Option<String>,
    pub(crate) place: String,
    pub(crate) roles: Vec<String>,
    pub(crate) message: Option<String>,
    pub(crate) kind: LetterKind,
    pub(crate) link: String,
}

/// Makes one line, fit for its place, of what people wrote: `sanitize::prose`, or `sanitize::bare` for a
/// subject, which makes no links and so is free of what keeps links apart.
type Treatment = fn(&str) -> String;

impl Gist {
    pub(crate) fn of(letter: &Letter) -> Result<Self, RenderError> {
        let known =
            |text: &Option<String>| text.as_deref().map(sanitize::line).filter(|it| !it.is_empty());
        Ok(Self {
            language: Language::of(&letter.locale),
            name: known(&letter.name),
            inviter: known(&letter.inviter),
            place: sanitize::line(&letter.place),
            roles: letter.roles.clone(),
            message: letter.message.clone(),
            kind: letter.kind.clone(),
            link: link(letter)?,
        })
    }

    /// The pin that it brings, if any.
    pub(crate) fn pin(&self) -> Option<&str> {
        match &self.kind {
            LetterKind::Invitation { .. } => None,
            LetterKind::Welcome { pin } => pin.as_deref(),
            LetterKind::NewPin { pin } => Some(pin),
        }
    }

    pub(crate) fn subject(&self, treated: Treatment) -> String {
        self.language.say(&self.phrases().subject, &self.words(treated))
    }

    /// What a subject may put in: mail clients show it to whoever looks over a shoulder, so it
    /// knows of no pin.
    pub(crate) fn headline(&self, treated: Treatment) -> Page {
        let mut page = self.page(treated);
        page.pin = None;
        page.facts.retain(|it| !it.is_pin);
        page
    }

    pub(crate) fn page(&self, treated: Treatment) -> Page {
        let language = self.language;
        let words = self.words(treated);
        let say = |message: &str| language.say(message, &words);
        let phrases = self.phrases();
        let roles: Vec<_> =
            self.roles.iter().map(|it| treated(it)).filter(|it| !it.is_empty()).collect();
        let until = self.expires_at().map(|it| language.date(it));
        let fact = |name, value, is_pin| Fact { name: say(name), value, is_pin };
        let tells_roles = !roles.is_empty() && !matches!(self.kind, LetterKind::NewPin { .. });
        let facts = [
            tells_roles.then(|| fact("roles", roles.join(", "), false)),
            until.clone().map(|it| fact("until", it, false)),
            self.pin().map(|it| fact("pin", it.to_owned(), true)),
        ];
        let dir = say("dir");
        Page {
            lang: language.tag(),
            start: if dir == "rtl" { "right" } else { "left" },
            dir,
            subject: say(&phrases.subject),
            preview: say(phrases.preview),
            initial: self
                .place
                .chars()
                .find(|it| it.is_alphanumeric())
                .into_iter()
                .flat_map(char::to_uppercase)
                .collect(),
            place: treated(&self.place),
            greeting: say(&either("greeting", self.name.is_some())),
            name: self.name.as_deref().map(treated),
            inviter: self.inviter.as_deref().map(treated),
            roles,
            until,
            until_utc: self.expires_at().map(|it| it.format("%Y-%m-%d %H:%M UTC").to_string()),
            pin: self.pin().map(str::to_owned),
            note: phrases.note.map(say),
            facts: facts.into_iter().flatten().collect(),
            message: self.message.as_ref().map(|it| Message {
                by: say(&either("message", self.inviter.is_some())),
                lines: it.lines().map(treated).collect(),
            }),
            button: say(phrases.button),
            link_below: say("link-below"),
            link_here: say(phrases.link_here),
            href: Value::from_safe_string(self.link.replace('&', "&amp;").replace('\'', "&#x27;")),
            link: self.link.clone(),
            not_you: say(phrases.not_you),
            keep_it: phrases.keep_it.map(say),
        }
    }

    fn expires_at(&self) -> Option<Timestamp> {
        match self.kind {
            LetterKind::Invitation { expires_at } => Some(expires_at),
            LetterKind::Welcome { .. } | LetterKind::NewPin { .. } => None,
        }
    }

    fn phrases(&self) -> Phrases {
        let (subject, note) = match self.kind {
            LetterKind::Invitation { .. } => {
                return Phrases {
                    subject: either("subject", self.inviter.is_some()),
                    preview: "preview",
                    note: None,
                    button: "button",
                    link_here: "link-here",
                    not_you: "not-you",
                    keep_it: Some("keep-it"),
                };
            }
            LetterKind::Welcome { .. } => ("welcome-subject", "welcome-note"),
            LetterKind::NewPin { .. } => ("new-pin-subject", "new-pin-note"),
        };
        let (button, link_here, keep_it) = match self.pin() {
            Some(_) => ("sign-in-with-pin", "sign-in-here-with-pin", Some("keep-pin")),
            None => ("sign-in", "sign-in-here", None),
        };
        Phrases {
            subject: subject.to_owned(),
            preview: note,
            note: Some(note),
            button,
            link_here,
            not_you: "not-expected",
            keep_it,
        }
    }

    fn words(&self, treated: Treatment) -> Words<'static> {
        let given = [
            ("inviter", self.inviter.as_deref()),
            ("name", self.name.as_deref()),
            ("place", Some(&*self.place)),
        ];
        let given = given.into_iter().filter_map(|(key, it)| Some((key, treated(it?).into())));
        let until = self.expires_at().map(|it| ("until", self.language.date(it).into()));
        given.chain(until).collect()
    }
}

/// The letter's link. A parsed address has no white space, quotes or angle brackets.
fn link(letter: &Letter) -> Result<String, RenderError> {
    let url = Url::parse(&letter.link).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
    url.map(String::from).ok_or(RenderError::Link)
}

/// The names of the messages in which the kinds of letters differ.
struct Phrases {
    subject: String,
    preview: &'static str,
    note: Option<&'static str>,
    button: &'static str,
    link_here: &'static str,
    not_you: &'static str,
    keep_it: Option<&'static str>,
}

fn either(message: &str, is: bool) -> String {
    if is { message.to_owned() } else { format!("{message}-alone") }
}

/// What templates may put in, by name. What a letter lacks is undefined: it can be asked for, and
/// is never put in as `none`. `docs/templates.md` says what each is.
#[derive(Clone, Serialize)]
pub(crate) struct Page {
    lang: String,
    dir: String,
    /// The side that lines begin at.
    start: &'static str,
    pub(crate) subject: String,
    preview: String,
    initial: String,
    place: String,
    greeting: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inviter: Option<String>,
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// In no language, for templates in one that usher does not speak.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_utc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    /// What else there is to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    facts: Vec<Fact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    button: String,
    link_below: String,
    link_here: String,
    link: String,
    /// The link, escaped for HTML: the template engine would escape its slashes as well, and what
    /// looks for links in mails does not expect that.
    href: Value,
    not_you: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_it: Option<String>,
}

impl Page {
    pub(crate) fn into_value(self) -> Value {
        Value::from(Serde(self))
    }
}

#[derive(Clone, Serialize)]
struct Fact {
    name: String,
    value: String,
    is_pin: bool,
}

#[derive(Clone, Serialize)]
struct Message {
    by: String,
    lines: Vec<String>,
}
