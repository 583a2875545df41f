//! What a letter says: its subject, and its text in both forms.

use std::{fmt, sync::LazyLock};

use minijinja::{Environment, UndefinedBehavior, Value, syntax::SyntaxConfig, value::Serde};
use mrml::prelude::render::RenderOptions;
use serde::Serialize;
use url::Url;
use usher_domain::{Letter, Timestamp};

use crate::{
    language::{Language, Words},
    tame,
};

/// A letter in words. `Debug` shows none of them: they hold a link that opens an invitation.
#[derive(Clone, PartialEq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    /// None: the letter has no form but its text.
    pub html: Option<String>,
    /// The language it is in, which need not be the one that was asked for; none: nobody said.
    pub language: Option<String>,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("language", &self.language).finish_non_exhaustive()
    }
}

/// The letter cannot be put into words. No text shows what it says.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("its link is not an http or https address")]
    Link,
    #[error("its template fails")]
    Template(#[from] minijinja::Error),
    #[error("there is no template `{0}`; is it still in mail.templates?")]
    Missing(String),
    /// A template of the operator's own: its file, the line, what is wrong.
    #[error("the template fails in {0}")]
    Own(String),
}

/// Puts a letter into the words that come with usher. The same letter always gives the same words;
/// nothing is sent.
pub fn render(letter: &Letter) -> Result<Rendered, RenderError> {
    let gist = Gist::of(letter)?;
    let page = gist.page(tame::prose).into_value();
    Ok(Rendered {
        subject: gist.subject(tame::bare),
        text: TEMPLATES.get_template("invitation.txt")?.render(page.clone())?,
        html: Some(TEMPLATES.get_template("invitation.html")?.render(page)?),
        language: Some(gist.language.tag()),
    })
}

/// The letter's link. A parsed address has no white space, quotes or angle brackets.
pub(crate) fn link(letter: &Letter) -> Result<String, RenderError> {
    let url = Url::parse(&letter.link).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
    url.map(String::from).ok_or(RenderError::Link)
}

/// What a letter says, and in which language, before it is put into a form.
pub(crate) struct Gist {
    pub(crate) language: Language,
    pub(crate) name: Option<String>,
    pub(crate) inviter: Option<String>,
    pub(crate) place: String,
    pub(crate) roles: Vec<String>,
    pub(crate) message: Option<String>,
    pub(crate) expires_at: Timestamp,
    pub(crate) link: String,
}

/// Makes one line, fit for its place, of what people wrote: `tame::prose`, or `tame::bare` for a
/// subject, which makes no links and so is free of what keeps links apart.
type Treatment = fn(&str) -> String;

impl Gist {
    pub(crate) fn of(letter: &Letter) -> Result<Self, RenderError> {
        let known =
            |text: &Option<String>| text.as_deref().map(tame::line).filter(|it| !it.is_empty());
        Ok(Self {
            language: Language::of(&letter.locale),
            name: known(&letter.name),
            inviter: known(&letter.inviter),
            place: tame::line(&letter.place),
            roles: letter.roles.clone(),
            message: letter.message.clone(),
            expires_at: letter.expires_at,
            link: link(letter)?,
        })
    }

    pub(crate) fn subject(&self, treated: Treatment) -> String {
        self.language.say(&either("subject", self.inviter.is_some()), &self.words(treated))
    }

    pub(crate) fn page(&self, treated: Treatment) -> Page {
        let language = self.language;
        let words = self.words(treated);
        let say = |message: &str| language.say(message, &words);
        let until = language.date(self.expires_at);
        let roles: Vec<_> =
            self.roles.iter().map(|it| treated(it)).filter(|it| !it.is_empty()).collect();
        let mut facts = Vec::with_capacity(2);
        if !roles.is_empty() {
            facts.push(Fact { name: say("roles"), value: roles.join(", ") });
        }
        facts.push(Fact { name: say("until"), value: until.clone() });
        let dir = say("dir");
        Page {
            lang: language.tag(),
            start: if dir == "rtl" { "right" } else { "left" },
            dir,
            subject: say(&either("subject", self.inviter.is_some())),
            preview: say("preview"),
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
            until_utc: self.expires_at.format("%Y-%m-%d %H:%M UTC").to_string(),
            facts,
            message: self.message.as_ref().map(|it| Message {
                by: say(&either("message", self.inviter.is_some())),
                lines: it.lines().map(treated).collect(),
            }),
            button: say("button"),
            link_below: say("link-below"),
            link_here: say("link-here"),
            href: Value::from_safe_string(self.link.replace('&', "&amp;").replace('\'', "&#x27;")),
            link: self.link.clone(),
            not_you: say("not-you"),
            keep_it: say("keep-it"),
        }
    }

    fn words(&self, treated: Treatment) -> Words<'static> {
        let given = [
            ("inviter", self.inviter.as_deref()),
            ("name", self.name.as_deref()),
            ("place", Some(&*self.place)),
        ];
        let given = given.into_iter().filter_map(|(key, it)| Some((key, treated(it?).into())));
        given.chain([("until", self.language.date(self.expires_at).into())]).collect()
    }
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
    until: String,
    /// In no language, for templates in one that usher does not speak.
    until_utc: String,
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
    keep_it: String,
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
}

#[derive(Clone, Serialize)]
struct Message {
    by: String,
    lines: Vec<String>,
}

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    compiled().expect("the templates are part of the program, and every test renders them")
});

/// Makes the templates ready, which the first letter would do otherwise.
pub(crate) fn warm_up() {
    LazyLock::force(&TEMPLATES);
}

fn compiled() -> Result<Environment<'static>, Box<dyn std::error::Error>> {
    let mjml = mrml::parse(include_str!("../templates/invitation.mjml"))?.element;
    let mut templates = environment()?;
    templates.add_template_owned("invitation.html", mjml.render(&render_options())?)?;
    templates.add_template("invitation.txt", include_str!("../templates/invitation.txt"))?;
    Ok(templates)
}

/// How MJML becomes HTML: with no fonts from elsewhere, for a mail that fetches something tells who
/// read it, and when.
pub(crate) fn render_options() -> RenderOptions {
    RenderOptions { fonts: std::collections::HashMap::default(), ..RenderOptions::default() }
}

/// How templates are read, whoever wrote them.
pub(crate) fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut templates = Environment::new();
    // An error would carry the letter's words with it.
    templates.set_debug(false);
    templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    templates.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    Ok(templates)
}

#[cfg(test)]
mod tests;
