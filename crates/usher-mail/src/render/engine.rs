//! How templates are read, whoever wrote them: Jinja, and MJML into HTML.

use std::collections::HashMap;

use minijinja::{Environment, Error, UndefinedBehavior, syntax::SyntaxConfig};
use mrml::prelude::render::RenderOptions;

/// How MJML becomes HTML: with no fonts from elsewhere, for a mail that fetches something tells who
/// read it, and when.
pub(crate) fn render_options() -> RenderOptions {
    RenderOptions { fonts: HashMap::default(), ..RenderOptions::default() }
}

/// How templates are read, whoever wrote them.
pub(crate) fn environment() -> Result<Environment<'static>, Error> {
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
