//! Custom templates: a folder of the operator's files, read, compiled and checked at the start.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, escape_formatter};
use usher_domain::{Letter, Locale};

use crate::{
    letters,
    render::{
        built_in,
        content::{Content, Variables},
        custom_check::{check_body, check_subject, check_variables},
        custom_fault::{Fault, invalid, without_detail},
        engine,
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

const NAME_RULE: &str = "its name must be NAME.txt, NAME.subject.txt, NAME.mjml or NAME.html, with \
                         a language as in NAME.de.txt, and NAME 1 to 64 of a-z, 0-9, - and _";

/// The templates of the folder; by default none.
#[derive(Default)]
pub(crate) struct Templates {
    named: BTreeMap<String, Template>,
    /// Subjects and texts, by file name.
    plain: Environment<'static>,
    /// HTML, and MJML that has become HTML, by file name.
    html: Environment<'static>,
}

/// A template: its files.
#[derive(Default)]
struct Template {
    subject: Files,
    text: Files,
    html: Files,
}

/// File names by language, in lower case; the file for all other languages has the empty text.
type Files = BTreeMap<String, String>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Subject,
    Text,
    Html,
}

impl Templates {
    /// Reads, compiles and tries all files. Fails by the first that has a fault: in its name, its
    /// size, its syntax, or in what it makes of letters of every kind.
    pub(crate) fn read(folder: &Path) -> Result<Self, InvalidSetting> {
        let environment = |escaping| environment(escaping).map_err(invalid);
        let mut it = Self {
            named: BTreeMap::new(),
            plain: environment(AutoEscape::None)?,
            html: environment(AutoEscape::Html)?,
        };
        // HTML and MJML as they were written: the author of MJML does not know the lines of the
        // HTML that is made of it.
        let mut originals = environment(AutoEscape::Html)?;
        for (file, source) in read_folder(folder)? {
            let parsed = parse_file_name(&file).ok_or_else(|| Fault::of(&file, NAME_RULE))?;
            let (name, language, part) = parsed;
            let broken = |error: Error| Fault::of_template(&file, &error);
            if part == Part::Html {
                let html = to_html(&file, &source)?;
                originals.add_template_owned(file.clone(), source).map_err(broken)?;
                let broken = |error: Error| broken(error).in_generated_html();
                it.html.add_template_owned(file.clone(), html).map_err(broken)?;
            } else {
                it.plain.add_template_owned(file.clone(), source).map_err(broken)?;
            }
            if is_partial(name) {
                continue;
            }
            let files = it.named.entry(name.to_owned()).or_default().files_mut(part);
            if let Some(other) = files.insert(language, file.clone()) {
                let rule = format!("{other} is the same part in the same language; keep one");
                return Err(Fault::of(&file, rule).into());
            }
        }
        it.check_all(&mut originals)?;
        Ok(it)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// Renders a letter in its template, or in the built-in one. The same letter always gives the
    /// same words.
    pub(crate) fn render(&self, letter: &Letter) -> Result<Rendered, RenderError> {
        let of_its_kind = letters::define(&letter.kind).template.filter(|it| self.has(it));
        let Some(name) = letter.template.as_deref().or(of_its_kind) else {
            return built_in::render(letter);
        };
        let missing = || RenderError::Missing(name.to_owned());
        let template = self.named.get(name).ok_or_else(missing)?;
        let content = Content::of(letter)?;
        let mut variables = content.variables();
        let mut subject = content.subject();
        if let Some((_, file)) = nearest(&template.subject, &letter.locale) {
            let rendered = render(&self.plain, file, content.subject_variables())?;
            subject = sanitize::on_one_line(&rendered);
            variables.subject.clone_from(&subject);
        }
        let (language, text) = nearest(&template.text, &letter.locale).ok_or_else(missing)?;
        let html = nearest(&template.html, &letter.locale);
        Ok(Rendered {
            subject,
            text: render(&self.plain, text, variables.clone())?,
            html: html.map(|(_, file)| render(&self.html, file, variables)).transpose()?,
            language: (!language.is_empty()).then(|| language.to_owned()),
            link: content.link().to_owned(),
        })
    }

    /// Renders every file, so that what is wrong with it is found before a letter needs it.
    fn check_all(&mut self, originals: &mut Environment<'_>) -> Result<(), Fault> {
        // Samples hold nothing that an error must not show.
        self.plain.set_debug(true);
        originals.set_debug(true);
        check_variables(&self.plain)?;
        check_variables(originals)?;
        for (name, template) in &self.named {
            if !template.text.contains_key("") {
                let rule = "it is missing; every template needs a text for all languages";
                return Err(Fault::of(&format!("{name}.txt"), rule));
            }
            for (language, file) in &template.subject {
                check_subject(&self.plain, file, (name, language))?;
            }
            for (language, file) in &template.text {
                check_body(&self.plain, file, (name, language))?;
            }
            for (language, file) in &template.html {
                check_body(originals, file, (name, language))?;
                let made = check_body(&self.html, file, (name, language));
                made.map_err(Fault::in_generated_html)?;
            }
        }
        self.plain.set_debug(false);
        Ok(())
    }
}

impl Template {
    fn files_mut(&mut self, part: Part) -> &mut Files {
        match part {
            Part::Subject => &mut self.subject,
            Part::Text => &mut self.text,
            Part::Html => &mut self.html,
        }
    }
}

/// Whether other files include it, and it is no template by itself.
fn is_partial(name: &str) -> bool {
    name.starts_with('_')
}

/// The file for the nearest language, and that language.
fn nearest<'a>(files: &'a Files, locale: &Locale) -> Option<(&'a str, &'a str)> {
    let tag = Locale::negotiate(files.keys(), [locale]).map_or("", String::as_str);
    files.get_key_value(tag).map(|(tag, file)| (&**tag, &**file))
}

fn render(
    environment: &Environment<'_>,
    file: &str,
    variables: Variables,
) -> Result<String, RenderError> {
    let template = environment.get_template(file);
    let rendered = template.and_then(|it| it.render(variables.into_value()));
    rendered.map_err(|error| RenderError::Custom(without_detail(file, &error)))
}

fn environment(escaping: AutoEscape) -> Result<Environment<'static>, Error> {
    let mut it = engine::environment()?;
    it.set_fuel(Some(FUEL));
    // What people wrote is always escaped.
    it.remove_filter("safe");
    // It would show all that a letter says.
    it.remove_global("debug");
    let always = escaping.clone();
    it.set_auto_escape_callback(move |_| always.clone());
    it.set_formatter(move |out, state, value| {
        if *state.auto_escape() != escaping {
            let rule = "escaping cannot be changed; remove {% autoescape %}";
            return Err(Error::new(ErrorKind::InvalidOperation, rule));
        }
        escape_formatter(out, state, value)
    });
    Ok(it)
}

/// The files of the folder that are templates by their ending, in order.
fn read_folder(folder: &Path) -> Result<BTreeMap<String, String>, InvalidSetting> {
    let unreadable = |error: io::Error| invalid(format!("cannot be read: {error}"));
    let mut sources = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let is_ours = matches!(ending(&file), "txt" | "mjml" | "html");
        // Editors leave hidden files behind, and mounted volumes replace all files through them.
        if !is_ours || file.starts_with('.') {
            continue;
        }
        if sources.len() == MAX_FILES {
            return Err(invalid(format!("must hold {MAX_FILES} files at most")));
        }
        let source = read_file(&entry.path()).map_err(|it| Fault::of(&file, it))?;
        sources.insert(file, source);
    }
    Ok(sources)
}

/// A file's text, without a byte order mark and with line feeds alone.
fn read_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    // Reading a pipe or a device could wait forever.
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

/// The template's name, the language in lower case, and the part; none: `NAME_RULE` is broken.
fn parse_file_name(file: &str) -> Option<(&str, String, Part)> {
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

fn to_html(file: &str, source: &str) -> Result<String, Fault> {
    if ending(file) != "mjml" {
        return Ok(source.to_owned());
    }
    let parsed = mrml::parse(source).map_err(|error| Fault::of_mjml(file, source, &error))?;
    parsed.element.render(&engine::render_options()).map_err(|error| Fault::of(file, error))
}

#[cfg(test)]
mod tests;
