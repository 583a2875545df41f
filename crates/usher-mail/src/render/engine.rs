//! The template engine, as built-in and custom templates use it: Jinja, and MJML into HTML.

use std::collections::HashMap;

use minijinja::{Environment, Error, UndefinedBehavior, syntax::SyntaxConfig};
use mrml::prelude::render::RenderOptions;

/// How MJML becomes HTML: without web fonts, for a mail that fetches something tells who read it,
/// and when.
pub(crate) fn render_options() -> RenderOptions {
    RenderOptions { fonts: HashMap::default(), ..RenderOptions::default() }
}

/// An environment without templates. Its errors hold no words of a letter.
pub(crate) fn environment() -> Result<Environment<'static>, Error> {
    let mut templates = Environment::new();
    // In debug mode an error carries the variables, and so the letter's words.
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
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn an_error_holds_no_words_of_a_letter() {
        let templates = environment().unwrap();
        let letter = context! { message => "come tonight" };
        let error = templates.render_str("{{ message.of.nothing }}", letter).unwrap_err();
        let told = format!("{error} {error:#} {error:?}");
        assert!(!told.contains("tonight"), "{told}");
    }
}
