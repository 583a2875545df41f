//! A CSV file of people to invite: what its columns mean, and what is wrong with its rows.

use std::{collections::BTreeMap, io::BufRead};

use anyhow::{bail, ensure};
use chrono::TimeDelta;
use url::Url;
use usher_application::{Invite, Invitee, Row};
use usher_domain::{Locale, Mailbox, UserId, UserRef};

use crate::{
    duration::Span,
    formats::{
        csv_reader::{Record, Records},
        json_lines::named,
    },
};

/// The rows of a file, one after the other.
pub(crate) struct Sheet<R> {
    records: Records<R>,
    columns: Vec<Column>,
}

/// What a column says of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Email,
    User,
    Username,
    Name,
    Organization,
    Roles,
    Message,
    Locale,
    Ttl,
    Redirect,
    Label(String),
}

const COLUMNS: [(&str, Column); 10] = [
    ("email", Column::Email),
    ("user", Column::User),
    ("username", Column::Username),
    ("name", Column::Name),
    ("organization", Column::Organization),
    ("roles", Column::Roles),
    ("message", Column::Message),
    ("locale", Column::Locale),
    ("ttl", Column::Ttl),
    ("redirect", Column::Redirect),
];

const LABEL: &str = "label.";

/// In bytes; what browsers and servers agree on.
const LONGEST_ADDRESS: usize = 2000;

/// What a row that can be read says. What is left out is as usual.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub line: u32,
    pub who: Invitee,
    /// By its id, code or name.
    pub organization: Option<String>,
    roles: Vec<String>,
    message: Option<String>,
    locale: Option<Locale>,
    lifetime: Option<TimeDelta>,
    redirect: Option<String>,
    labels: BTreeMap<String, String>,
}

impl<R: BufRead> Sheet<R> {
    /// Reads the header.
    pub(crate) fn open(from: R) -> anyhow::Result<Self> {
        let (records, header) = Records::open(from)?;
        let mut columns = Vec::with_capacity(header.len());
        for name in &header {
            let column = column(name)?;
            ensure!(!columns.contains(&column), "the column `{name}` is there twice");
            columns.push(column);
        }
        let tells_who = |it: &Column| matches!(it, Column::Email | Column::User | Column::Username);
        ensure!(columns.iter().any(tells_who), "there is no column email, user or username");
        Ok(Self { records, columns })
    }

    /// The next row: what it says, or what it is as a row that cannot be read.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Result<Wanted, Row>>> {
        let Some(record) = self.records.next()? else { return Ok(None) };
        let bad = |why: String| bad(record.line, self.who(&record), why);
        Ok(Some(self.wanted(&record).map_err(bad)))
    }

    fn wanted(&self, record: &Record) -> Result<Wanted, String> {
        if let Some(wrong) = &record.wrong {
            return Err(wrong.clone());
        }
        let (has, needs) = (record.fields.len(), self.columns.len());
        if has != needs {
            return Err(format!("{has} fields where the header has {needs}"));
        }
        let mut row = Wanted {
            line: record.line,
            who: self.invitee(record)?,
            organization: None,
            roles: Vec::new(),
            message: None,
            locale: None,
            lifetime: None,
            redirect: None,
            labels: BTreeMap::new(),
        };
        for (column, text) in self.given(record) {
            match column {
                Column::Email | Column::User | Column::Username | Column::Name => {}
                Column::Organization => row.organization = Some(text.to_owned()),
                Column::Roles => {
                    let roles = text.split(';').map(str::trim).filter(|it| !it.is_empty());
                    row.roles = roles.map(str::to_owned).collect();
                }
                Column::Message => row.message = Some(text.to_owned()),
                Column::Locale => row.locale = Some(named("locale", text, Locale::parse)?),
                Column::Ttl => row.lifetime = Some(named("ttl", text, str::parse::<Span>)?.0),
                Column::Redirect => row.redirect = Some(named("redirect", text, address)?),
                Column::Label(key) => drop(row.labels.insert(key.clone(), text.to_owned())),
            }
        }
        Ok(row)
    }

    fn invitee(&self, record: &Record) -> Result<Invitee, String> {
        let name = self.given(record).find(|(it, _)| **it == Column::Name);
        let name = name.map(|(_, text)| text.to_owned());
        let mut who = self.given(record).filter_map(|(column, text)| match column {
            Column::Email => Some(
                named("email", text, Mailbox::parse)
                    .map(|mailbox| Invitee::Mailbox { mailbox, name: name.clone() }),
            ),
            Column::User => {
                Some(named("user", text, UserId::parse).map(|it| Invitee::User(UserRef::Id(it))))
            }
            Column::Username => Some(Ok(Invitee::User(UserRef::Username(text.to_owned())))),
            _ => None,
        });
        match (who.next(), who.next()) {
            (Some(who), None) => who,
            (None, _) => Err("it does not say whom to invite".to_owned()),
            (Some(_), Some(_)) => {
                Err("only one of `email`, `user` and `username` may be given".to_owned())
            }
        }
    }

    /// Whom a row seems to be about.
    fn who<'a>(&self, record: &'a Record) -> &'a str {
        let given = self
            .given(record)
            .find(|(column, _)| matches!(column, Column::Email | Column::User | Column::Username));
        given.map_or("", |(_, text)| text)
    }

    fn given<'a>(&self, record: &'a Record) -> impl Iterator<Item = (&Column, &'a str)> {
        let texts = record.fields.iter().map(String::as_str);
        self.columns.iter().zip(texts).filter(|(_, text)| !text.is_empty())
    }
}

impl Wanted {
    /// The row as one that is wrong after all.
    pub(crate) fn bad(&self, key: &'static str, why: String) -> Row {
        let usual = Row::invite(self.line, Invite::new(self.who.clone()));
        Row::bad(self.line, &usual.who(), key, why)
    }

    /// The row: as usual, but for what it says itself.
    pub(crate) fn row(self, usual: Invite) -> Row {
        let invite = Invite {
            roles: if self.roles.is_empty() { usual.roles } else { self.roles },
            message: self.message.or(usual.message),
            locale: self.locale.or(usual.locale),
            lifetime: self.lifetime.or(usual.lifetime),
            redirect: self.redirect,
            labels: self.labels,
            ..usual
        };
        Row::invite(self.line, invite)
    }
}

/// A row that cannot be read. What it says stays untold, for the reason goes into the audit.
pub(crate) fn bad(line: u32, who: &str, why: impl Into<String>) -> Row {
    Row::bad(line, who, "row", why)
}

fn column(name: &str) -> anyhow::Result<Column> {
    let folded = name.to_ascii_lowercase();
    if let Some((_, column)) = COLUMNS.into_iter().find(|(it, _)| *it == folded) {
        return Ok(column);
    }
    if folded.starts_with(LABEL) && folded.len() > LABEL.len() {
        return Ok(Column::Label(name[LABEL.len()..].to_owned()));
    }
    let known = COLUMNS.map(|(it, _)| it).join(", ");
    bail!("there is no column `{}`; there are {known} and {LABEL}KEY", name.escape_debug())
}

/// An address of the web, as accepting can lead to.
fn address(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).ok().filter(|it| {
        matches!(it.scheme(), "http" | "https") && it.has_host() && text.len() <= LONGEST_ADDRESS
    });
    url.map(|_| text.to_owned()).ok_or("must be an http or https address")
}

#[cfg(test)]
mod tests;
