//! CSV files of people to invite: what their columns mean, and what is wrong with their rows.

use std::{collections::BTreeMap, io::BufRead};

use anyhow::{bail, ensure};
use chrono::TimeDelta;
use url::Url;
use usher_application::{Invite, Invitee, Row};
use usher_domain::{Locale, Mailbox, UserId, UserRef};

use crate::{
    duration,
    formats::{
        csv_reader::{CsvReader, CsvRecord},
        fields::parse_field,
    },
};

/// The rows of a CSV file, read one after the other.
pub(crate) struct InviteCsv<R> {
    reader: CsvReader<R>,
    columns: Vec<Column>,
}

/// What a column says about the invitation of a row.
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

/// What the names of the columns for labels begin with; the rest of the name is the label's key.
const LABEL_PREFIX: &str = "label.";

/// The longest web address, in bytes; browsers and servers agree on this length.
const LONGEST_URL: usize = 2000;

/// A row that can be read. What it leaves empty is as on the command line.
#[derive(Debug)]
pub(crate) struct InviteRow {
    /// The number of its first line.
    pub line: u32,
    pub who: Invitee,
    /// The id, code or name of an organization.
    pub organization: Option<String>,
    roles: Vec<String>,
    message: Option<String>,
    locale: Option<Locale>,
    lifetime: Option<TimeDelta>,
    redirect: Option<String>,
    labels: BTreeMap<String, String>,
}

impl<R: BufRead> InviteCsv<R> {
    /// Reads the header. Fails on a column that is not known or is there twice, and when no column
    /// says whom to invite.
    pub(crate) fn open(from: R) -> anyhow::Result<Self> {
        let (reader, header) = CsvReader::open(from)?;
        let mut columns = Vec::with_capacity(header.len());
        for name in &header {
            let column = column(name)?;
            ensure!(!columns.contains(&column), "the column `{name}` is there twice");
            columns.push(column);
        }
        ensure!(
            columns.iter().any(Column::names_the_invitee),
            "there is no column email, user or username; one of them must say whom to invite"
        );
        Ok(Self { reader, columns })
    }

    /// The next row; one that cannot be read comes as the bad row that the task keeps of it.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Result<InviteRow, Row>>> {
        let Some(record) = self.reader.next()? else { return Ok(None) };
        let bad = |why: String| Row::bad(record.line, self.invitee_text(&record), "row", why);
        Ok(Some(self.row(&record).map_err(bad)))
    }

    /// Reads a row. An error shows nothing of what the row says, because it goes into the audit.
    fn row(&self, record: &CsvRecord) -> Result<InviteRow, String> {
        if let Some(error) = &record.error {
            return Err(error.clone());
        }
        let (fields, columns) = (record.fields.len(), self.columns.len());
        if fields != columns {
            return Err(format!("the row has {fields} fields, and the header {columns}"));
        }
        let mut row = InviteRow {
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
        for (column, text) in self.filled_in(record) {
            match column {
                Column::Email | Column::User | Column::Username | Column::Name => {}
                Column::Organization => row.organization = Some(text.to_owned()),
                Column::Roles => {
                    let roles = text.split(';').map(str::trim).filter(|it| !it.is_empty());
                    row.roles = roles.map(str::to_owned).collect();
                }
                Column::Message => row.message = Some(text.to_owned()),
                Column::Locale => row.locale = Some(parse_field("locale", text, Locale::parse)?),
                Column::Ttl => row.lifetime = Some(parse_field("ttl", text, duration::parse)?),
                Column::Redirect => {
                    row.redirect = Some(parse_field("redirect", text, web_address)?);
                }
                Column::Label(key) => drop(row.labels.insert(key.clone(), text.to_owned())),
            }
        }
        Ok(row)
    }

    fn invitee(&self, record: &CsvRecord) -> Result<Invitee, String> {
        let name = self.filled_in(record).find(|(it, _)| **it == Column::Name);
        let name = name.map(|(_, text)| text.to_owned());
        let mut who = self.filled_in(record).filter_map(|(column, text)| match column {
            Column::Email => Some(
                parse_field("email", text, Mailbox::parse)
                    .map(|mailbox| Invitee::Mailbox { mailbox, name: name.clone() }),
            ),
            Column::User => Some(
                parse_field("user", text, UserId::parse).map(|it| Invitee::User(UserRef::Id(it))),
            ),
            Column::Username => Some(Ok(Invitee::User(UserRef::named(text)))),
            _ => None,
        });
        match (who.next(), who.next()) {
            (Some(who), None) => who,
            (None, _) => Err("one of `email`, `user` and `username` must be given".to_owned()),
            (Some(_), Some(_)) => {
                Err("only one of `email`, `user` and `username` may be given".to_owned())
            }
        }
    }

    /// Whom a row is about, as it was typed; empty if the row does not say.
    fn invitee_text<'a>(&self, record: &'a CsvRecord) -> &'a str {
        let found = self.filled_in(record).find(|(it, _)| it.names_the_invitee());
        found.map_or("", |(_, text)| text)
    }

    /// The fields that are not empty, with their columns.
    fn filled_in<'a>(&self, record: &'a CsvRecord) -> impl Iterator<Item = (&Column, &'a str)> {
        let texts = record.fields.iter().map(String::as_str);
        self.columns.iter().zip(texts).filter(|(_, text)| !text.is_empty())
    }
}

impl Column {
    fn names_the_invitee(&self) -> bool {
        matches!(self, Self::Email | Self::User | Self::Username)
    }
}

impl InviteRow {
    /// The row as a bad one, when something is wrong that its text alone does not show.
    pub(crate) fn into_bad_row(self, key: &'static str, why: String) -> Row {
        let who = Row::invite(self.line, Invite::new(self.who)).who();
        Row::bad(self.line, &who, key, why)
    }

    /// The row of a task; `defaults` holds what the row leaves empty.
    pub(crate) fn into_row(self, defaults: Invite) -> Row {
        let invite = Invite {
            roles: if self.roles.is_empty() { defaults.roles } else { self.roles },
            message: self.message.or(defaults.message),
            locale: self.locale.or(defaults.locale),
            lifetime: self.lifetime.or(defaults.lifetime),
            redirect: self.redirect,
            labels: self.labels,
            ..defaults
        };
        Row::invite(self.line, invite)
    }
}

fn column(name: &str) -> anyhow::Result<Column> {
    let folded = name.to_ascii_lowercase();
    if let Some((_, column)) = COLUMNS.into_iter().find(|(it, _)| *it == folded) {
        return Ok(column);
    }
    if folded.starts_with(LABEL_PREFIX) && folded.len() > LABEL_PREFIX.len() {
        return Ok(Column::Label(name[LABEL_PREFIX.len()..].to_owned()));
    }
    let known = COLUMNS.map(|(it, _)| it).join(", ");
    bail!("there is no column `{}`; there are {known} and {LABEL_PREFIX}KEY", name.escape_debug())
}

/// A web address, to which accepting the invitation can lead.
fn web_address(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).ok().filter(|it| {
        matches!(it.scheme(), "http" | "https") && it.has_host() && text.len() <= LONGEST_URL
    });
    url.map(|_| text.to_owned()).ok_or("must be an http or https address")
}

#[cfg(test)]
mod tests;
