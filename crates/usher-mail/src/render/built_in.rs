//! What a letter says: its subject, and its text in both forms.

use std::{fmt, sync::LazyLock};

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig};
use mrml::prelude::render::RenderOptions;
use url::Url;
use usher_domain::Letter;

use crate::render::{content::Gist, sanitize};

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
    let page = gist.page(sanitize::prose).into_value();
    Ok(Rendered {
        subject: gist.subject(sanitize::bare),
        text: TEMPLATES.get_template("letter.txt")?.render(page.clone())?,
        html: Some(TEMPLATES.get_template("letter.html")?.render(page)?),
        language: Some(gist.language.tag()),
    })
}

/// The letter's link. A parsed address has no white space, quotes or angle brackets.
pub(crate) fn link(letter: &Letter) -> Result<String, RenderError> {
    let url = Url::parse(&letter.link).ok().filter(|it| matches!(it.scheme(), "http" | "https"));
    url.map(String::from).ok_or(RenderError::Link)
}

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    compiled().expect("the templates are part of the program, and every test renders them")
});

/// Makes the templates ready, which the first letter would do otherwise.
pub(crate) fn warm_up() {
    LazyLock::force(&TEMPLATES);
}

fn compiled() -> Result<Environment<'static>, Box<dyn std::error::Error>> {
    let mjml = mrml::parse(include_str!("../../templates/letter.mjml"))?.element;
    let mut templates = environment()?;
    templates.add_template_owned("letter.html", mjml.render(&render_options())?)?;
    templates.add_template("letter.txt", include_str!("../../templates/letter.txt"))?;
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
