//! Tries custom templates on sample letters, so that what is wrong is found before a letter needs
//! them.

use minijinja::{Environment, Value};
use usher_domain::{Letter, LetterKind, Locale};

use crate::{
    letters::{kinds_rendered_by, sample_kinds},
    render::{
        content::{Content, Variables},
        custom_fault::Fault,
    },
    samples::{TOKEN, combinations},
};

/// Renders a file of this template as a subject, for sample letters in this language.
pub(crate) fn check_subject(
    environment: &Environment<'_>,
    file: &str,
    (template, language): (&str, &str),
) -> Result<(), Fault> {
    let variables = |it: &Content| it.subject_variables();
    let is_line = |_: &Content, subject: &str| {
        let is_line = subject.trim().lines().count() == 1;
        is_line.then_some(()).ok_or("it must make one line for every letter")
    };
    check(environment, file, samples(template, language), variables, is_line)
}

/// Renders a file of this template as a text or a page, for sample letters in this language.
pub(crate) fn check_body(
    environment: &Environment<'_>,
    file: &str,
    (template, language): (&str, &str),
) -> Result<(), Fault> {
    let variables = |it: &Content| it.variables();
    check(environment, file, samples(template, language), variables, shows_link_and_pin)
}

fn check(
    environment: &Environment<'_>,
    file: &str,
    mut samples: impl Iterator<Item = Letter>,
    variables: impl Fn(&Content) -> Variables,
    is_sound: impl Fn(&Content, &str) -> Result<(), &'static str>,
) -> Result<(), Fault> {
    let broken = |error| Fault::of_template(file, &error);
    let template = environment.get_template(file).map_err(broken)?;
    samples.try_for_each(|it| {
        let content = Content::of(&it).map_err(|it| Fault::of(file, it))?;
        let rendered = template.render(variables(&content).into_value()).map_err(broken)?;
        is_sound(&content, &rendered).map_err(|rule| Fault::of(file, rule))
    })
}

fn shows_link_and_pin(content: &Content, body: &str) -> Result<(), &'static str> {
    if !body.contains(TOKEN) {
        return Err("it must show every reader the link: {{ link }}, or {{ href }} in HTML");
    }
    let shows_pin = content.pin().is_none_or(|it| body.contains(it));
    shows_pin.then_some(()).ok_or("it must show the pin to whoever gets one: {{ pin }}")
}

/// Finds variables that exist in no letter. Rendering finds only those that it comes by.
pub(crate) fn check_variables(environment: &Environment<'_>) -> Result<(), Fault> {
    let known: Vec<_> = all_variables().collect();
    let attribute =
        |value: Value, name: &str| value.get_attr(name).ok().filter(|it| !it.is_undefined());
    let is_known = |path: &String| {
        known.iter().any(|it| path.split('.').try_fold(it.clone(), attribute).is_some())
            || environment.globals().any(|(global, _)| global == path)
    };
    for (file, template) in environment.templates() {
        let mut paths: Vec<_> = template.undeclared_variables(true).into_iter().collect();
        paths.retain(|it| !is_known(it));
        if let Some(path) = paths.iter().min() {
            let ends = |it: char| !it.is_alphanumeric() && !"_.".contains(it);
            let mut lines = template.source().lines();
            let line = lines.position(|it| it.split(ends).any(|it| it == path)).map(|it| it + 1);
            return Err(Fault::at(file, line, format!("there is no variable `{path}`")));
        }
    }
    Ok(())
}

/// The variables of every sample letter.
pub(crate) fn all_variables() -> impl Iterator<Item = Value> {
    sample_kinds().into_iter().flat_map(variables_of)
}

/// The variables of every sample letter of this kind.
pub(crate) fn variables_of(kind: LetterKind) -> impl Iterator<Item = Value> {
    let contents = combinations(kind, Locale::default()).filter_map(|it| Content::of(&it).ok());
    contents.map(|it| it.variables().into_value())
}

/// The letters that a template of this name may have to render: with and without each of what they
/// may lack.
fn samples(template: &str, language: &str) -> impl Iterator<Item = Letter> {
    let locale = Locale::parse(language).unwrap_or_default();
    kinds_rendered_by(template).flat_map(move |it| combinations(it, locale.clone()))
}
