//! The templates that come with usher.

use std::sync::LazyLock;

use minijinja::Environment;
use usher_domain::Letter;

use crate::render::{
    content::Content,
    engine::{environment, render_options},
    rendered::{RenderError, Rendered},
};

/// Renders a letter in the built-in templates. The same letter always gives the same words; nothing
/// is sent.
pub(crate) fn render(letter: &Letter) -> Result<Rendered, RenderError> {
    let content = Content::of(letter)?;
    let variables = content.variables().into_value();
    Ok(Rendered {
        subject: content.subject(),
        text: TEMPLATES.get_template("letter.txt")?.render(variables.clone())?,
        html: Some(TEMPLATES.get_template("letter.html")?.render(variables)?),
        language: Some(content.language()),
        link: content.link().to_owned(),
    })
}

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    compiled()
        .expect("the templates are part of the program, and every test of letters renders them")
});

/// Compiles the templates now, which the first letter would do otherwise.
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
