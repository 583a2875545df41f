//! The filter of a list: what the query strings of Lucene and the filters of AIP-160 have in
//! common, and some of what only one of them has.

use chrono::TimeDelta;
use usher_application::{Filter, InvitationCondition, TextField, TextMatch, TimeField};
use usher_domain::Timestamp;

use super::{
    fault::{Fault, Result as Answer},
    scalar::{read_duration, read_time},
};

/// The longest filter, in characters.
const LENGTH: usize = 2000;
/// The most terms.
const TERMS: usize = 64;
/// How deep parentheses may be nested.
const DEPTH: usize = 16;

/// Reads a filter; an empty one lets everything pass.
pub(super) fn read(text: &str) -> Answer<Filter> {
    parse(text).map_err(|Bad(why)| Fault::field("filter", why))
}

/// Why a text is not a valid filter.
#[derive(Debug)]
struct Bad(String);

type Result<T> = std::result::Result<T, Bad>;

fn bad<T>(why: impl Into<String>) -> Result<T> {
    Err(Bad(why.into()))
}

fn parse(text: &str) -> Result<Filter> {
    if text.chars().count() > LENGTH {
        return bad(format!("must not be longer than {LENGTH} characters"));
    }
    if text.contains('\0') {
        return bad("must not contain NUL");
    }
    let mut parser = Parser { rest: text.trim(), depth: 0, terms: 0 };
    if parser.rest.is_empty() {
        return Ok(Filter::Everything);
    }
    let filter = parser.all()?;
    if parser.rest.is_empty() { Ok(filter) } else { bad("has a `)` without its `(`") }
}

/// Reads from the front. Juxtaposition is AND, and OR binds tighter than AND.
struct Parser<'a> {
    rest: &'a str,
    depth: usize,
    terms: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Operator {
    Has,
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// The longer ones first.
const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    (":", Operator::Has),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Parser<'_> {
    fn all(&mut self) -> Result<Filter> {
        let mut all = vec![self.any()?];
        loop {
            self.space();
            if !self.keyword("AND") && (self.rest.is_empty() || self.rest.starts_with(')')) {
                return Ok(joined(all, Filter::And));
            }
            all.push(self.any()?);
        }
    }

    fn any(&mut self) -> Result<Filter> {
        let mut any = vec![self.term()?];
        loop {
            self.space();
            if !self.keyword("OR") {
                return Ok(joined(any, Filter::Or));
            }
            any.push(self.term()?);
        }
    }

    fn term(&mut self) -> Result<Filter> {
        self.space();
        if self.keyword("NOT") || self.eat("-") {
            return Ok(Filter::Not(Box::new(self.simple()?)));
        }
        // A term is required with a `+` and without one.
        self.eat("+");
        self.simple()
    }

    fn simple(&mut self) -> Result<Filter> {
        self.space();
        self.terms += 1;
        if self.terms > TERMS {
            return bad(format!("must not have more than {TERMS} terms"));
        }
        if self.eat("(") {
            self.depth += 1;
            if self.depth > DEPTH {
                return bad(format!("must not have parentheses deeper than {DEPTH}"));
            }
            let filter = self.all()?;
            self.depth -= 1;
            return if self.eat(")") { Ok(filter) } else { bad("has a `(` without its `)`") };
        }
        if self.rest.starts_with('"') {
            let phrase = self.quoted(false)?;
            return match self.operator() {
                None => Ok(anywhere(phrase)),
                Some(_) => bad("must have a field, not a value, to the left of an operator"),
            };
        }
        if ["AND", "OR", "NOT"].into_iter().any(|it| self.keyword(it)) {
            return bad("has an operator where a term should stand");
        }
        let ends = |rest: &str| {
            rest.starts_with(|it: char| it.is_whitespace() || "()\"".contains(it))
                || OPERATORS.iter().any(|(it, _)| rest.starts_with(it))
        };
        let word = self.word(ends)?;
        match self.operator() {
            _ if word.is_empty() => bad("lacks a term"),
            None => Ok(anywhere(word)),
            Some(operator) => self.restriction(&word.spelled(), operator),
        }
    }

    fn restriction(&mut self, name: &str, operator: Operator) -> Result<Filter> {
        if name == "_exists_" && operator == Operator::Has {
            let name = self.value(operator)?.spelled();
            return field(&name)?.holds(Operator::Has, Word::star());
        }
        let field = field(name)?;
        match self.rest.chars().next() {
            Some(open @ ('[' | '{')) if operator == Operator::Has => {
                self.rest = &self.rest[1..];
                self.range(&field, open == '[')
            }
            _ => field.holds(operator, self.value(operator)?),
        }
    }

    /// Reads a range after its `[` or `{`.
    fn range(&mut self, field: &Field, included: bool) -> Result<Filter> {
        let from = self.bound()?;
        self.space();
        if !self.keyword("TO") {
            return bad("has a range without ` TO `");
        }
        let to = self.bound()?;
        self.space();
        let last_included = self.eat("]");
        if !last_included && !self.eat("}") {
            return bad("has a range without its `]` or `}`");
        }
        let Field::Ordered(field) = field else {
            return bad("has a range of a field without order");
        };
        let from = field.bound(&from)?.map(|it| it + i64::from(!included));
        let before = field.bound(&to)?.map(|it| it + i64::from(last_included));
        Ok(field.between(from, before))
    }

    fn bound(&mut self) -> Result<Word> {
        self.space();
        if self.rest.starts_with('"') {
            return self.quoted(false);
        }
        self.word(|rest| rest.starts_with(|it: char| it.is_whitespace() || "]}".contains(it)))
    }

    /// In quotes a star is literal, except after `=` and `!=`, as in AIP-160.
    fn value(&mut self, operator: Operator) -> Result<Word> {
        self.space();
        if self.rest.starts_with('"') {
            return self.quoted([Operator::Equal, Operator::Unequal].contains(&operator));
        }
        let ends =
            |rest: &str| rest.starts_with(|it: char| it.is_whitespace() || "()".contains(it));
        let value = self.word(ends)?;
        if value.is_empty() { bad("lacks a value after an operator") } else { Ok(value) }
    }

    fn quoted(&mut self, stars: bool) -> Result<Word> {
        self.rest = &self.rest[1..];
        let mut word = self.word(|rest| rest.starts_with('"'))?;
        if !self.eat("\"") {
            return bad("has a `\"` without its other one");
        }
        if !stars {
            word = Word(vec![word.spelled()]);
        }
        Ok(word)
    }

    /// Reads on until there is an end. A backslash takes what follows as it is.
    fn word(&mut self, ends: impl Fn(&str) -> bool) -> Result<Word> {
        let mut pieces = vec![String::new()];
        while let Some(it) = self.rest.chars().next().filter(|_| !ends(self.rest)) {
            self.rest = &self.rest[it.len_utf8()..];
            let it = match it {
                '*' => {
                    pieces.push(String::new());
                    continue;
                }
                '\\' => {
                    let Some(it) = self.rest.chars().next() else {
                        return bad("ends in a backslash");
                    };
                    self.rest = &self.rest[it.len_utf8()..];
                    it
                }
                it => it,
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push(it);
            }
        }
        Ok(Word(pieces))
    }

    /// There may be space around an operator.
    fn operator(&mut self) -> Option<Operator> {
        let rest = self.rest.trim_start();
        let (text, operator) = OPERATORS.into_iter().find(|(it, _)| rest.starts_with(it))?;
        self.rest = rest[text.len()..].trim_start();
        Some(operator)
    }

    fn keyword(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        let whole = rest.chars().next().is_none_or(|it| it.is_whitespace() || "()\"".contains(it));
        if whole {
            self.rest = rest;
        }
        whole
    }

    fn eat(&mut self, text: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(text) else { return false };
        self.rest = rest;
        true
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

fn joined(mut filters: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    if filters.len() == 1 { filters.remove(0) } else { join(filters) }
}

/// A text, cut at its stars.
struct Word(Vec<String>);

impl Word {
    fn star() -> Self {
        Self(vec![String::new(); 2])
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 1 && self.0[0].is_empty()
    }

    fn is_star(&self) -> bool {
        self.0.len() > 1 && self.0.iter().all(String::is_empty)
    }

    fn spelled(&self) -> String {
        self.0.join("*")
    }

    fn test(mut self) -> TextMatch {
        if self.0.len() == 1 {
            TextMatch::Equals(self.0.remove(0))
        } else {
            TextMatch::Like(self.0)
        }
    }
}

/// A word without a field: somewhere in the address or in the inviter's name.
fn anywhere(word: Word) -> Filter {
    if word.is_star() {
        return Filter::Everything;
    }
    let Word(mut pieces) = word;
    if pieces.len() == 1 {
        pieces = vec![String::new(), pieces.remove(0), String::new()];
    }
    let like =
        |field| Filter::Is(InvitationCondition::Text(field, TextMatch::Like(pieces.clone())));
    Filter::Or(vec![
        like(TextField::Mailbox),
        present(
            InvitationCondition::Text(TextField::Inviter, TextMatch::Present),
            like(TextField::Inviter),
        ),
    ])
}

/// What holds only of a field that has a value; so that its negation holds of one that has none.
fn present(present: InvitationCondition, filter: Filter) -> Filter {
    Filter::And(vec![Filter::Is(present), filter])
}

enum Field {
    Text(TextField),
    Labels,
    Label(String),
    Ordered(Ordered),
    Quiet,
}

/// A field with an order. Its values are counted in microseconds.
#[derive(Clone, Copy)]
enum Ordered {
    Time(TimeField),
    Ttl,
}

fn field(name: &str) -> Result<Field> {
    if let Some(key) = name.strip_prefix("labels.").filter(|it| !it.is_empty()) {
        return Ok(Field::Label(key.to_owned()));
    }
    Ok(match name {
        "name" => Field::Text(TextField::Id),
        "invitedEmail" | "invited_email" => Field::Text(TextField::Mailbox),
        "inviter" => Field::Text(TextField::Inviter),
        "creator" => Field::Text(TextField::Creator),
        "updater" => Field::Text(TextField::Updater),
        "createTime" | "create_time" => Field::Ordered(Ordered::Time(TimeField::Issued)),
        "updateTime" | "update_time" => Field::Ordered(Ordered::Time(TimeField::Updated)),
        "expirationTime" | "expiration_time" => Field::Ordered(Ordered::Time(TimeField::Expires)),
        "ttl" => Field::Ordered(Ordered::Ttl),
        "disableInvitationEmail" | "disable_invitation_email" => Field::Quiet,
        "labels" => Field::Labels,
        _ => return bad(format!("has an unknown field: `{name}`")),
    })
}

impl Field {
    fn holds(self, operator: Operator, value: Word) -> Result<Filter> {
        match self {
            Self::Text(field) => text_holds(
                |it| InvitationCondition::Text(field, it),
                operator,
                resource(field, value)?,
            ),
            Self::Label(key) => {
                text_holds(|it| InvitationCondition::Label(key.clone(), it), operator, value)
            }
            Self::Labels => match operator {
                Operator::Has if !value.is_star() => {
                    Ok(Filter::Is(InvitationCondition::Label(value.spelled(), TextMatch::Present)))
                }
                _ => bad("must have `labels:key` or `labels.key` and an operator"),
            },
            Self::Ordered(field) => field.holds(operator, &value),
            Self::Quiet => {
                let wanted = match value.spelled().as_str() {
                    "true" => true,
                    "false" => false,
                    "*" if operator == Operator::Has => return Ok(Filter::Everything),
                    _ => return bad("must have true or false for `disableInvitationEmail`"),
                };
                match operator {
                    Operator::Has | Operator::Equal => {
                        Ok(Filter::Is(InvitationCondition::Quiet(wanted)))
                    }
                    Operator::Unequal => Ok(Filter::Is(InvitationCondition::Quiet(!wanted))),
                    Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
                        bad("has an order where there is none")
                    }
                }
            }
        }
    }
}

/// The value as it is kept, without the collection that it belongs to.
fn resource(field: TextField, mut value: Word) -> Result<Word> {
    let collection = match field {
        TextField::Id => "userInvitations/",
        TextField::Creator | TextField::Updater => "identities/",
        TextField::Inviter if value.0[0].starts_with("users/") => {
            return bad("must have the name of an inviter, not `users/…`");
        }
        TextField::Inviter | TextField::Mailbox => return Ok(value),
    };
    if value.0[0].starts_with(collection) {
        value.0[0].drain(..collection.len());
    }
    Ok(value)
}

/// A text without a value passes neither a test nor its opposite `!=`; but it passes NOT.
fn text_holds(
    test: impl Fn(TextMatch) -> InvitationCondition,
    operator: Operator,
    value: Word,
) -> Result<Filter> {
    let negated = match operator {
        Operator::Has | Operator::Equal => false,
        Operator::Unequal => true,
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
            return bad("has an order where there is none");
        }
    };
    if value.is_star() {
        let there = if negated { TextMatch::Absent } else { TextMatch::Present };
        return Ok(Filter::Is(test(there)));
    }
    let equal = Filter::Is(test(value.test()));
    let holds = if negated { Filter::Not(Box::new(equal)) } else { equal };
    Ok(present(test(TextMatch::Present), holds))
}

impl Ordered {
    fn holds(self, operator: Operator, value: &Word) -> Result<Filter> {
        if operator == Operator::Has && value.is_star() {
            return Ok(Filter::Everything);
        }
        let at = self.read(value)?;
        let next = at + 1;
        Ok(match operator {
            Operator::Has | Operator::Equal => self.between(Some(at), Some(next)),
            Operator::Unequal => Filter::Not(Box::new(self.between(Some(at), Some(next)))),
            Operator::Less => self.between(None, Some(at)),
            Operator::AtMost => self.between(None, Some(next)),
            Operator::Greater => self.between(Some(next), None),
            Operator::AtLeast => self.between(Some(at), None),
        })
    }

    /// The end of a range; none for a star.
    fn bound(self, value: &Word) -> Result<Option<i64>> {
        if value.is_star() { Ok(None) } else { self.read(value).map(Some) }
    }

    fn read(self, value: &Word) -> Result<i64> {
        let text = value.spelled();
        match self {
            Self::Time(_) => match read_time(&text) {
                Some(it) => Ok(it.timestamp_micros()),
                None => bad(format!("must have a time such as `2026-01-02T12:00:00Z`: `{text}`")),
            },
            Self::Ttl => match read_duration(&text).and_then(|it| it.num_microseconds()) {
                Some(it) => Ok(it),
                None => bad(format!("must have a duration such as `604800s`: `{text}`")),
            },
        }
    }

    /// From the one on and before the other.
    fn between(self, from: Option<i64>, before: Option<i64>) -> Filter {
        Filter::Is(match self {
            Self::Time(moment) => {
                let time = |it: Option<i64>| it.and_then(Timestamp::from_timestamp_micros);
                InvitationCondition::Time(moment, time(from), time(before))
            }
            Self::Ttl => {
                let span = |it: Option<i64>| it.map(TimeDelta::microseconds);
                InvitationCondition::Lifetime(span(from), span(before))
            }
        })
    }
}

#[cfg(test)]
mod tests;
