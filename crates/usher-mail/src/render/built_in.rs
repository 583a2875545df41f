//! The templates that come with usher.

use std::sync::LazyLock;

use minijinja::Environment;
use usher_domain::Letter;

use crate::render::{
    content::Gist,
    engine::{environment, render_options},
    rendered::{RenderError, Rendered},
    sanitize,
};

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
        link: gist.link,
    })
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

#[cfg(test)]
mod tests;
