//! What a letter says: its subject, and its text in both forms.

use std::{fmt, sync::LazyLock};

use minijinja::{Environment, UndefinedBehavior, Value, syntax::SyntaxConfig, value::Serde};
use mrml::prelude::render::RenderOptions;
use serde::Serialize;
use url::Url;
use usher_domain::Letter;

use crate::{
    language::{Language, Words},
    tame,
};

/// A letter in words. `Debug` shows none of them: they hold a link that opens an invitation.
#[derive(Clone, PartialEq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The language it is in, which need not be the one that was asked for.
    pub language: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("language", &self.language).finish_non_exhaustive()
    }
}

/// The letter cannot be put into words.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("its link is not an http or https address")]
    Link,
    #[error("its template fails")]
    Template(#[from] minijinja::Error),
}

/// Puts a letter into words. The same letter always gives the same words; nothing is sent.
pub fn render(letter: &Letter) -> Result<Rendered, RenderError> {
    let link = link(letter)?;
    let language = Language::of(&letter.locale);
    let until = language.date(letter.expires_at);
    let known = |text: &Option<String>| text.as_deref().map(tame::line).filter(|it| !it.is_empty());
    let inviter = known(&letter.inviter);
    let name = known(&letter.name);
    let place = tame::line(&letter.place);

    // A subject makes no links, so it is free of what keeps links apart.
    let bare = words(inviter.as_deref(), name.as_deref(), &place, &until, tame::isolated);
    let tamed = words(inviter.as_deref(), name.as_deref(), &place, &until, |it| tame::prose(&it));
    let say = |message: &str| language.say(message, &tamed);
    let either =
        |message: &str, is: bool| if is { message.to_owned() } else { format!("{message}-alone") };
    let subject = either("subject", inviter.is_some());

    let roles: Vec<_> =
        letter.roles.iter().map(|it| tame::prose(it)).filter(|it| !it.is_empty()).collect();
    let mut facts = Vec::with_capacity(2);
    if !roles.is_empty() {
        facts.push(Fact { name: say("roles"), value: roles.join(", ") });
    }
    facts.push(Fact { name: say("until"), value: until.clone() });

    let dir = say("dir");
    let page = Page {
        lang: language.tag(),
        start: if dir == "rtl" { "right" } else { "left" },
        dir,
        subject: say(&subject),
        preview: say("preview"),
        initial: place
            .chars()
            .find(|it| it.is_alphanumeric())
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect(),
        place: tame::prose(&place),
        greeting: say(&either("greeting", name.is_some())),
        facts,
        message: letter.message.as_ref().map(|it| Message {
            by: say(&either("message", inviter.is_some())),
            lines: it.lines().map(tame::prose).collect(),
        }),
        button: say("button"),
        link_below: say("link-below"),
        link_here: say("link-here"),
        href: Value::from_safe_string(link.replace('&', "&amp;").replace('\'', "&#x27;")),
        link,
        not_you: say("not-you"),
        keep_it: say("keep-it"),
    };
    let page = Value::from(Serde(page));
    Ok(Rendered {
        subject: language.say(&subject, &bare),
        text: TEMPLATES.get_template("invitation.txt")?.render(page.clone())?,
        html: TEMPLATES.get_template("invitation.html")?.render(page)?,
        language: language.tag(),
    })
}

/// The letter's link. A parsed address has no white space, quotes or angle brackets.
pub(crate) fn link(letter: &Letter) -> Result<String, RenderError> {
    let url = Url::parse(&letter.link).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
    url.map(String::from).ok_or(RenderError::Link)
}

fn words(
    inviter: Option<&str>,
    name: Option<&str>,
    place: &str,
    until: &str,
    treated: impl Fn(String) -> String,
) -> Words<'static> {
    let given = [("inviter", inviter), ("name", name), ("place", Some(place))];
    let given =
        given.into_iter().filter_map(|(key, it)| Some((key, treated(it?.to_owned()).into())));
    given.chain([("until", until.to_owned().into())]).collect()
}

#[derive(Serialize)]
struct Page {
    lang: String,
    dir: String,
    /// The side that lines begin at.
    start: &'static str,
    subject: String,
    preview: String,
    initial: String,
    place: String,
    greeting: String,
    facts: Vec<Fact>,
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

#[derive(Serialize)]
struct Fact {
    name: String,
    value: String,
}

#[derive(Serialize)]
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
    // No fonts from elsewhere: a mail that fetches something tells who read it, and when.
    let options =
        RenderOptions { fonts: std::collections::HashMap::default(), ..RenderOptions::default() };
    let html =
        mrml::parse(include_str!("../templates/invitation.mjml"))?.element.render(&options)?;
    let mut templates = Environment::new();
    // An error would carry the letter's words with it.
    templates.set_debug(false);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    templates.add_template_owned("invitation.html", html)?;
    templates.add_template("invitation.txt", include_str!("../templates/invitation.txt"))?;
    Ok(templates)
}

#[cfg(test)]
mod tests;
