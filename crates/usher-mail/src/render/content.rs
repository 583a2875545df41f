//! What a letter says, and in which language, before a template puts it into a form.

use minijinja::{Value, value::Serde};
use serde::Serialize;
use url::Url;
use usher_domain::Letter;

use crate::{
    letters::{
        define,
        definition::{Definition, Fact, Field},
    },
    render::{
        language::{Arguments, Language},
        rendered::RenderError,
        sanitize,
    },
};

/// The letter, free of what no form can hold.
pub(crate) struct Content {
    language: Language,
    name: Option<String>,
    inviter: Option<String>,
    place: String,
    roles: Vec<String>,
    message: Option<String>,
    definition: Definition,
    link: String,
}

impl Content {
    /// Fails when the link is no http or https address. What the letter's kind does not declare is
    /// left out.
    pub(crate) fn of(letter: &Letter) -> Result<Self, RenderError> {
        let definition = define(&letter.kind);
        let may_have = |it| definition.fields.contains(&it);
        let line = |field, text: &Option<String>| {
            let text = text.as_deref().filter(|_| may_have(field)).map(sanitize::single_line);
            text.filter(|it| !it.is_empty())
        };
        Ok(Self {
            language: Language::nearest(&letter.locale),
            name: line(Field::Name, &letter.name),
            inviter: line(Field::Inviter, &letter.inviter),
            place: sanitize::single_line(&letter.place),
            roles: if may_have(Field::Roles) { letter.roles.clone() } else { Vec::new() },
            message: letter.message.clone().filter(|_| may_have(Field::Message)),
            link: parse_link(letter)?,
            definition,
        })
    }

    pub(crate) fn language(&self) -> String {
        self.language.tag()
    }

    /// An http or https address without white space, quotes or angle brackets.
    pub(crate) fn link(&self) -> &str {
        &self.link
    }

    /// The pin that the letter brings, if any.
    pub(crate) fn pin(&self) -> Option<&str> {
        self.definition.pin.as_deref()
    }

    pub(crate) fn subject(&self) -> String {
        self.language.text(self.subject_key(), &self.arguments())
    }

    /// What a template of the subject may use: no pin, for mail clients show the subject to whoever
    /// looks over a shoulder.
    pub(crate) fn subject_variables(&self) -> Variables {
        let mut variables = self.variables();
        variables.pin = None;
        variables.facts.retain(|it| !it.is_pin);
        variables
    }

    pub(crate) fn variables(&self) -> Variables {
        let language = self.language;
        let arguments = self.arguments();
        let text = |key: &str| language.text(key, &arguments);
        let texts = &self.definition.texts;
        let expires_at = self.definition.expires_at;
        let roles: Vec<_> =
            self.roles.iter().map(|it| sanitize::defused(it)).filter(|it| !it.is_empty()).collect();
        let until = expires_at.map(|it| language.date(it));
        let row = |it: &Fact| {
            let (key, value) = match it {
                Fact::Roles => ("roles", (!roles.is_empty()).then(|| roles.join(", "))),
                Fact::Until => ("until", until.clone()),
                Fact::Pin => ("pin", self.pin().map(str::to_owned)),
            };
            Some(FactRow { name: text(key), value: value?, is_pin: *it == Fact::Pin })
        };
        let facts = self.definition.facts.iter().filter_map(row).collect();
        let dir = text("dir");
        Variables {
            lang: language.tag(),
            start: if dir == "rtl" { "right" } else { "left" },
            dir,
            subject: text(self.subject_key()),
            preview: text(texts.preview),
            initial: self
                .place
                .chars()
                .find(|it| it.is_alphanumeric())
                .into_iter()
                .flat_map(char::to_uppercase)
                .collect(),
            place: sanitize::defused(&self.place),
            greeting: text(if self.name.is_some() { "greeting" } else { "greeting-alone" }),
            name: self.name.as_deref().map(sanitize::defused),
            inviter: self.inviter.as_deref().map(sanitize::defused),
            roles,
            until,
            until_utc: expires_at.map(|it| it.format("%Y-%m-%d %H:%M UTC").to_string()),
            pin: self.pin().map(str::to_owned),
            note: texts.note.map(text),
            facts,
            message: self.message.as_ref().map(|it| Message {
                by: text(if self.inviter.is_some() { "message" } else { "message-alone" }),
                lines: it.lines().map(sanitize::defused).collect(),
            }),
            button: text(texts.button),
            link_below: text("link-below"),
            link_here: text(texts.link_here),
            href: Value::from_safe_string(self.link.replace('&', "&amp;").replace('\'', "&#x27;")),
            link: self.link.clone(),
            not_you: text(texts.not_you),
            keep_it: texts.keep_it.map(text),
        }
    }

    fn subject_key(&self) -> &'static str {
        let texts = &self.definition.texts;
        if self.inviter.is_some() { texts.subject } else { texts.subject_alone }
    }

    fn arguments(&self) -> Arguments<'static> {
        let given = [
            ("inviter", self.inviter.as_deref()),
            ("name", self.name.as_deref()),
            ("place", Some(&*self.place)),
        ];
        let given =
            given.into_iter().filter_map(|(key, it)| Some((key, sanitize::defused(it?).into())));
        let until = self.definition.expires_at.map(|it| ("until", self.language.date(it).into()));
        given.chain(until).collect()
    }
}

fn parse_link(letter: &Letter) -> Result<String, RenderError> {
    let url = Url::parse(&letter.link).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
    url.map(String::from).ok_or(RenderError::Link)
}

/// What templates may put in, by name. What a letter lacks is undefined: it can be asked for, and
/// is never put in as `none`. `docs/templates.md` says what each is.
#[derive(Clone, Serialize)]
pub(crate) struct Variables {
    lang: String,
    dir: String,
    /// The side that lines begin at: `left` or `right`.
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
    /// In no language, for templates in one that usher has no texts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_utc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    /// What else the letter has to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    facts: Vec<FactRow>,
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

impl Variables {
    pub(crate) fn into_value(self) -> Value {
        Value::from(Serde(self))
    }
}

#[derive(Clone, Serialize)]
struct FactRow {
    name: String,
    value: String,
    is_pin: bool,
}

#[derive(Clone, Serialize)]
struct Message {
    by: String,
    lines: Vec<String>,
}
