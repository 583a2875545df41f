//! What is wrong with a custom template, and where.

use std::{error::Error as _, fmt::Display};

use minijinja::{Error, ErrorKind};
use mrml::prelude::parser;

use crate::settings::invalid_setting::InvalidSetting;

/// The names of the templates that letters to members are written in, if the folder has them.
pub(crate) const WELCOME: &str = "welcome";
pub(crate) const NEW_PIN: &str = "new-pin";

/// What is wrong with a file.
pub(crate) struct Fault {
    pub(crate) file: String,
    pub(crate) line: Option<usize>,
    pub(crate) rule: String,
}

impl Fault {
    pub(crate) fn of(file: &str, rule: impl Display) -> Self {
        Self { file: file.to_owned(), line: None, rule: rule.to_string() }
    }

    pub(crate) fn new(file: &str, error: &Error) -> Self {
        let error = innermost(error);
        let kind = || error.kind().to_string();
        let mut rule = error.detail().map_or_else(kind, str::to_owned);
        if error.kind() == ErrorKind::UndefinedError {
            rule.push_str(" in some letters");
        }
        Self { line: error.line(), ..Self::of(error.name().unwrap_or(file), rule) }
    }

    pub(crate) fn once_it_is_html(self) -> Self {
        Self { line: None, rule: format!("once it is HTML, {}", self.rule), ..self }
    }
}

pub(crate) fn not_mjml(file: &str, mjml: &str, error: &parser::Error) -> Fault {
    use parser::Error::{
        IncludeLoaderError, InvalidAttribute, InvalidFormat, MissingAttribute, ParserError,
        UnexpectedElement, UnexpectedToken,
    };
    let (position, rule) = match error {
        UnexpectedElement { position, .. } => (position, "there is no such element in this place"),
        UnexpectedToken { position, .. } => (position, "this cannot stand in this place"),
        MissingAttribute { position, .. } => (position, "an attribute is missing"),
        InvalidAttribute { position, .. } => (position, "an attribute is not valid"),
        InvalidFormat { position, .. } => (position, "this is not well-formed"),
        IncludeLoaderError { position, .. } => (position, "<mj-include> is not to be had"),
        ParserError { source, .. } => {
            let line = usize::try_from(source.pos().row).ok();
            return Fault { line, ..Fault::of(file, source) };
        }
        error => return Fault::of(file, error),
    };
    let line = mjml.get(..position.start).map(|it| it.matches('\n').count() + 1);
    Fault { line, ..Fault::of(file, rule) }
}

impl From<Fault> for InvalidSetting {
    fn from(Fault { file, line, rule }: Fault) -> Self {
        bad(format!("has a fault in {}: {rule}", place(&file, line)))
    }
}

pub(crate) fn place(file: &str, line: Option<usize>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}, line {line}"))
}

/// The error where it happened, below those of the files that include that one.
pub(crate) fn innermost(error: &Error) -> &Error {
    let below = error.source().and_then(|it| it.downcast_ref::<Error>());
    below.map_or(error, innermost)
}

pub(crate) fn bad(rule: impl Display) -> InvalidSetting {
    InvalidSetting { setting: "mail.templates", rule: rule.to_string().into() }
}
