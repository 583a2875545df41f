//! Templates of the operator's own: a folder of files, read, compiled and tried at the start.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, escape_formatter};
use usher_domain::{Letter, LetterKind, Locale};

use crate::{
    render::{
        built_in,
        content::{Gist, Page},
        custom_check::{samples, try_names, try_subject, try_text},
        custom_fault::{Fault, NEW_PIN, WELCOME, bad, innermost, not_mjml, place},
        engine, language,
        rendered::{RenderError, Rendered},
        sanitize,
    },
    settings::invalid_setting::InvalidSetting,
};

/// The most files in the folder.
const MAX_FILES: usize = 1000;

/// The most bytes in a file.
const MAX_SIZE: u64 = 256 * 1024;

/// What rendering a file may cost: as many steps at most, or 64 times as many bytes.
const FUEL: u64 = 100_000;

const NAMES: &str = "its name must be NAME.txt, NAME.subject.txt, NAME.mjml or NAME.html, with a \
                     language as in NAME.de.txt, and NAME 1 to 64 of a-z, 0-9, - and _";

/// The templates of the folder; by default none.
#[derive(Default)]
pub(crate) struct Templates {
    named: BTreeMap<String, Own>,
    /// Subjects and texts, by file name.
    plain: Environment<'static>,
    /// HTML, and MJML that has become HTML, by file name.
    html: Environment<'static>,
}

/// A template: its files.
#[derive(Default)]
struct Own {
    subject: Files,
    text: Files,
    html: Files,
}

/// File names by language, in lower case; the one for all others has the empty text.
type Files = BTreeMap<String, String>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Subject,
    Text,
    Html,
}

impl Templates {
    /// Fails by the first file that is not sound: its name, its size, its syntax, or what it makes
    /// of letters of every kind.
    pub(crate) fn read(folder: &Path) -> Result<Self, InvalidSetting> {
        let environment = |escaping| environment(escaping).map_err(bad);
        let mut it = Self {
            named: BTreeMap::new(),
            plain: environment(AutoEscape::None)?,
            html: environment(AutoEscape::Html)?,
        };
        // HTML and MJML as they were written: the lines of what MJML becomes tell its author nothing.
        let mut drafts = environment(AutoEscape::Html)?;
        for (file, source) in sources(folder)? {
            let (name, tag, part) = what_it_is(&file).ok_or_else(|| Fault::of(&file, NAMES))?;
            let broken = |error: Error| Fault::new(&file, &error);
            if part == Part::Html {
                let html = made_html(&file, &source)?;
                drafts.add_template_owned(file.clone(), source).map_err(broken)?;
                let broken = |error: Error| Fault::new(&file, &error).once_it_is_html();
                it.html.add_template_owned(file.clone(), html).map_err(broken)?;
            } else {
                it.plain.add_template_owned(file.clone(), source).map_err(broken)?;
            }
            if is_piece(name) {
                continue;
            }
            let files = it.named.entry(name.to_owned()).or_default().files_mut(part);
            if let Some(other) = files.insert(tag, file.clone()) {
                return Err(Fault::of(&file, format!("{other} says the same; keep one")).into());
            }
        }
        it.try_all(&mut drafts)?;
        Ok(it)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// Puts a letter into the words of its template. The same letter always gives the same words.
    pub(crate) fn render(&self, letter: &Letter) -> Result<Rendered, RenderError> {
        let (name, own) = match (&letter.template, of_members(&letter.kind)) {
            (Some(name), _) => (&**name, self.named.get(name)),
            (None, Some(name)) if self.has(name) => (name, self.named.get(name)),
            (None, _) => return built_in::render(letter),
        };
        let missing = || RenderError::Missing(name.to_owned());
        let own = own.ok_or_else(missing)?;
        let gist = Gist::of(letter)?;
        let mut page = gist.page(sanitize::prose);
        let mut subject = gist.subject(sanitize::bare);
        if let Some((_, file)) = nearest(&own.subject, &letter.locale) {
            let subject_in = |treated| {
                Ok::<_, RenderError>(sanitize::joined(&put(
                    &self.plain,
                    file,
                    gist.headline(treated),
                )?))
            };
            subject = subject_in(sanitize::bare)?;
            page.subject = subject_in(sanitize::prose)?;
        }
        let (language, text) = nearest(&own.text, &letter.locale).ok_or_else(missing)?;
        let html = nearest(&own.html, &letter.locale);
        Ok(Rendered {
            subject,
            text: put(&self.plain, text, page.clone())?,
            html: html.map(|(_, file)| put(&self.html, file, page)).transpose()?,
            language: (!language.is_empty()).then(|| language.to_owned()),
            link: gist.link,
        })
    }

    /// Renders every file, so that what is wrong with it is found before a letter needs it.
    fn try_all(&mut self, drafts: &mut Environment<'_>) -> Result<(), Fault> {
        // Samples hold nothing that an error must not show.
        self.plain.set_debug(true);
        drafts.set_debug(true);
        try_names(&self.plain)?;
        try_names(drafts)?;
        for (name, own) in &self.named {
            if !own.text.contains_key("") {
                return Err(Fault::of(
                    &format!("{name}.txt"),
                    "it is not there, and a template needs it",
                ));
            }
            for (tag, file) in &own.subject {
                try_subject(&self.plain, file, samples(name, tag))?;
            }
            for (tag, file) in &own.text {
                try_text(&self.plain, file, samples(name, tag))?;
            }
            for (tag, file) in &own.html {
                try_text(drafts, file, samples(name, tag))?;
                let made = try_text(&self.html, file, samples(name, tag));
                made.map_err(Fault::once_it_is_html)?;
            }
        }
        self.plain.set_debug(false);
        Ok(())
    }
}

impl Own {
    fn files_mut(&mut self, part: Part) -> &mut Files {
        match part {
            Part::Subject => &mut self.subject,
            Part::Text => &mut self.text,
            Part::Html => &mut self.html,
        }
    }
}

/// Whether it is for others to include, and no template by itself.
fn is_piece(name: &str) -> bool {
    name.starts_with('_')
}

/// The file for the nearest language, and that language.
fn nearest<'a>(files: &'a Files, locale: &Locale) -> Option<(&'a str, &'a str)> {
    let tag = locale.as_str().to_ascii_lowercase();
    let mut tags = language::wider(&tag).chain([""]);
    tags.find_map(|it| files.get_key_value(it)).map(|(tag, file)| (&**tag, &**file))
}

fn put(from: &Environment<'_>, file: &str, page: Page) -> Result<String, RenderError> {
    let rendered = from.get_template(file).and_then(|it| it.render(page.into_value()));
    rendered.map_err(|error| {
        let error = innermost(&error);
        // Its detail may hold what the letter says.
        RenderError::Own(format!(
            "{}: {}",
            place(error.name().unwrap_or(file), error.line()),
            error.kind()
        ))
    })
}

fn environment(escaping: AutoEscape) -> Result<Environment<'static>, Error> {
    let mut it = engine::environment()?;
    it.set_fuel(Some(FUEL));
    // What comes from people is escaped, and a template has no say in it.
    it.remove_filter("safe");
    // Shows all that a letter says.
    it.remove_global("debug");
    let always = escaping.clone();
    it.set_auto_escape_callback(move |_| always.clone());
    it.set_formatter(move |out, state, value| {
        if *state.auto_escape() != escaping {
            let rule = "escaping cannot be changed";
            return Err(Error::new(ErrorKind::InvalidOperation, rule));
        }
        escape_formatter(out, state, value)
    });
    Ok(it)
}

/// The files of the folder that are templates by their ending, in order.
fn sources(folder: &Path) -> Result<BTreeMap<String, String>, InvalidSetting> {
    let unreadable = |error: io::Error| bad(format!("cannot be read: {error}"));
    let mut sources = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let is_ours = matches!(ending(&file), "txt" | "mjml" | "html");
        // Hidden are what editors leave behind and how volumes change all files at once.
        if !is_ours || file.starts_with('.') {
            continue;
        }
        if sources.len() == MAX_FILES {
            return Err(bad(format!("must hold {MAX_FILES} files at most")));
        }
        let source = source(&entry.path()).map_err(|it| Fault::of(&file, it))?;
        sources.insert(file, source);
    }
    Ok(sources)
}

/// A file as its author sees it, whichever machine they wrote it on.
fn source(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    // Waiting for what is no file could last forever.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("it must be a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(format!("it must have {} KiB at most", MAX_SIZE / 1024));
    }
    let text = String::from_utf8(bytes).map_err(|_| "it must be in UTF-8")?;
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

fn ending(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// The template's name, the language in lower case, and the part.
fn what_it_is(file: &str) -> Option<(&str, String, Part)> {
    let (stem, ending) = file.rsplit_once('.')?;
    let (stem, part) = match (ending, stem.strip_suffix(".subject")) {
        ("txt", Some(stem)) => (stem, Part::Subject),
        ("txt", None) => (stem, Part::Text),
        (_, None) => (stem, Part::Html),
        (_, Some(_)) => return None,
    };
    let (name, tag) = match stem.split_once('.') {
        Some((name, tag)) => (name, Locale::parse(tag).ok()?.as_str().to_ascii_lowercase()),
        None => (stem, String::new()),
    };
    let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_".contains(&it);
    let is_name = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
    is_name.then_some((name, tag, part))
}

fn made_html(file: &str, source: &str) -> Result<String, Fault> {
    if ending(file) != "mjml" {
        return Ok(source.to_owned());
    }
    let parsed = mrml::parse(source).map_err(|error| not_mjml(file, source, &error))?;
    parsed.element.render(&engine::render_options()).map_err(|error| Fault::of(file, error))
}

/// Which template the folder may have for a kind of letter that names none.
fn of_members(kind: &LetterKind) -> Option<&'static str> {
    match kind {
        LetterKind::Invitation { .. } => None,
        LetterKind::Welcome { .. } => Some(WELCOME),
        LetterKind::NewPin { .. } => Some(NEW_PIN),
    }
}

#[cfg(test)]
mod tests;
