//! Tries templates on samples, so that what is wrong is found before a letter needs them.

use chrono::DateTime;
use minijinja::{Environment, Value};
use usher_domain::{LetterKind, Locale};

use crate::render::{
    content::{Gist, Page},
    custom_fault::{Fault, NEW_PIN, WELCOME},
    language::Language,
    sanitize,
};

/// The end of the link in samples, which escaping leaves as it is.
const TOKEN: &str = "AZqL0u7EfwCAAAAAAAAAAQ";

/// The pin in samples, which escaping leaves as it is.
const PIN: &str = "k7Xq92";

/// Renders a subject for these letters.
pub(crate) fn try_subject(
    from: &Environment<'_>,
    file: &str,
    samples: impl Iterator<Item = Gist>,
) -> Result<(), Fault> {
    try_out(from, file, samples, |it| it.headline(sanitize::prose), |_, made| is_line(made))
}

/// Renders a text or a page for these letters.
pub(crate) fn try_text(
    from: &Environment<'_>,
    file: &str,
    samples: impl Iterator<Item = Gist>,
) -> Result<(), Fault> {
    try_out(from, file, samples, |it| it.page(sanitize::prose), serves)
}

fn try_out(
    from: &Environment<'_>,
    file: &str,
    mut samples: impl Iterator<Item = Gist>,
    page: fn(&Gist) -> Page,
    is_sound: fn(&Gist, &str) -> Result<(), &'static str>,
) -> Result<(), Fault> {
    let broken = |error| Fault::new(file, &error);
    let template = from.get_template(file).map_err(broken)?;
    samples.try_for_each(|it| {
        let made = template.render(page(&it).into_value()).map_err(broken)?;
        is_sound(&it, &made).map_err(|rule| Fault::of(file, rule))
    })
}

/// Looks for names that mean nothing in any letter. Rendering finds only those that it comes by.
pub(crate) fn try_names(from: &Environment<'_>) -> Result<(), Fault> {
    let pages: Vec<_> =
        samples(WELCOME, "").map(|it| it.page(sanitize::prose).into_value()).collect();
    let leads_on =
        |value: Value, name: &str| value.get_attr(name).ok().filter(|it| !it.is_undefined());
    let is_known = |path: &String| {
        pages.iter().any(|it| path.split('.').try_fold(it.clone(), leads_on).is_some())
            || from.globals().any(|(global, _)| global == path)
    };
    for (file, template) in from.templates() {
        let mut paths: Vec<_> = template.undeclared_variables(true).into_iter().collect();
        paths.retain(|it| !is_known(it));
        if let Some(path) = paths.iter().min() {
            let ends = |it: char| !it.is_alphanumeric() && !"_.".contains(it);
            let mut lines = template.source().lines();
            let line = lines.position(|it| it.split(ends).any(|it| it == path)).map(|it| it + 1);
            return Err(Fault {
                line,
                ..Fault::of(file, format!("there is no variable `{path}`"))
            });
        }
    }
    Ok(())
}

fn is_line(subject: &str) -> Result<(), &'static str> {
    let is_line = subject.trim().lines().count() == 1;
    is_line.then_some(()).ok_or("it must make one line for every letter")
}

fn serves(gist: &Gist, text: &str) -> Result<(), &'static str> {
    if !text.contains(TOKEN) {
        return Err("it must show every reader the link: {{ link }}, or {{ href }} in HTML");
    }
    let shows_pin = gist.pin().is_none_or(|it| text.contains(it));
    shows_pin.then_some(()).ok_or("it must show the pin to whoever gets one: {{ pin }}")
}

/// Letters with and without each of what letters may lack, of the kinds that a template of this
/// name is for.
pub(crate) fn samples(name: &str, tag: &str) -> impl Iterator<Item = Gist> {
    let language = Language::of(&Locale::parse(tag).unwrap_or_default());
    let mut kinds = vec![LetterKind::Invitation { expires_at: DateTime::UNIX_EPOCH }];
    let pin = || PIN.to_owned();
    match name {
        WELCOME => kinds
            .extend([LetterKind::Welcome { pin: None }, LetterKind::Welcome { pin: Some(pin()) }]),
        NEW_PIN => kinds.push(LetterKind::NewPin { pin: pin() }),
        _ => {}
    }
    let all = kinds.into_iter().flat_map(|kind| {
        let invites = matches!(kind, LetterKind::Invitation { .. });
        // Nobody in particular writes to a member.
        let bits = (0..16).filter(move |it| invites || it & (2 | 8) == 0);
        bits.map(move |it| (kind.clone(), it))
    });
    all.map(move |(kind, bits)| {
        let has = |bit: u8| bits & bit != 0;
        Gist {
            language,
            name: has(1).then(|| "Ada".to_owned()),
            inviter: has(2).then(|| "The night team".to_owned()),
            place: "Acme Observatory".to_owned(),
            roles: if has(4) { vec!["Editor".to_owned(), "Reviewer".to_owned()] } else { vec![] },
            message: has(8).then(|| "Good morning.\n\nGlad to have you.".to_owned()),
            kind,
            link: format!("https://invite.example/accept?invitation={TOKEN}"),
        }
    })
}
