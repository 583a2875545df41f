//! What is wrong with a custom template, and where.

use std::{error::Error as _, fmt::Display};

use minijinja::{Error, ErrorKind};
use mrml::prelude::parser;

use crate::settings::invalid_setting::InvalidSetting;

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

    pub(crate) fn at(file: &str, line: Option<usize>, rule: impl Display) -> Self {
        Self { line, ..Self::of(file, rule) }
    }

    pub(crate) fn of_template(file: &str, error: &Error) -> Self {
        let error = innermost(error);
        let kind = || error.kind().to_string();
        let mut rule = error.detail().map_or_else(kind, str::to_owned);
        if error.kind() == ErrorKind::UndefinedError {
            rule.push_str(" in some letters; ask for it with {% if %}");
        }
        Self::at(error.name().unwrap_or(file), error.line(), rule)
    }

    pub(crate) fn of_mjml(file: &str, mjml: &str, error: &parser::Error) -> Self {
        use parser::Error::{
            IncludeLoaderError, InvalidAttribute, InvalidFormat, MissingAttribute, ParserError,
            UnexpectedElement, UnexpectedToken,
        };
        let (position, rule) = match error {
            UnexpectedElement { position, .. } => (position, "this element is not allowed here"),
            UnexpectedToken { position, .. } => (position, "this is not allowed here"),
            MissingAttribute { position, .. } => (position, "an attribute is missing"),
            InvalidAttribute { position, .. } => (position, "an attribute is not valid"),
            InvalidFormat { position, .. } => (position, "this is not well-formed"),
            IncludeLoaderError { position, .. } => {
                (position, "<mj-include> is not supported; use {% include %}")
            }
            ParserError { source, .. } => {
                return Self::at(file, usize::try_from(source.pos().row).ok(), source);
            }
            error => return Self::of(file, error),
        };
        let line = mjml.get(..position.start).map(|it| it.matches('\n').count() + 1);
        Self::at(file, line, rule)
    }

    /// The same fault in the HTML that is made of MJML, whose lines the author does not know.
    pub(crate) fn in_generated_html(self) -> Self {
        Self { line: None, rule: format!("in the HTML made of it, {}", self.rule), ..self }
    }
}

impl From<Fault> for InvalidSetting {
    fn from(Fault { file, line, rule }: Fault) -> Self {
        invalid(format!("has a fault in {}: {rule}", position(&file, line)))
    }
}

/// A breach of a rule by the setting `mail.templates`, rather than by one file.
pub(crate) fn invalid(rule: impl Display) -> InvalidSetting {
    InvalidSetting { setting: "mail.templates", rule: rule.to_string().into() }
}

/// Where and what kind of error it is, without its detail, which may hold what the letter says.
pub(crate) fn without_detail(file: &str, error: &Error) -> String {
    let error = innermost(error);
    format!("{}: {}", position(error.name().unwrap_or(file), error.line()), error.kind())
}

fn position(file: &str, line: Option<usize>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}, line {line}"))
}

/// The error where it happened, below those of the files that include that one.
fn innermost(error: &Error) -> &Error {
    let below = error.source().and_then(|it| it.downcast_ref::<Error>());
    below.map_or(error, innermost)
}
