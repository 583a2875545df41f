//! Reads the filter of a list, in the grammar of the original's Standard Collection Parameters.

use usher_application::Filter;

use super::fault::{Fault, Result as Answer};

/// The longest filter, in characters.
const LENGTH: usize = 20_000;
/// The most comparisons.
const TERMS: usize = 64;
/// The most values in all lists together.
const VALUES: usize = 250;
/// How deep parentheses and negations may be nested.
const DEPTH: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Co,
    Sw,
    In,
    Ca,
    Pr,
    IsNull,
}

impl Operator {
    const ALL: [Self; 12] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::Co,
        Self::Sw,
        Self::In,
        Self::Ca,
        Self::Pr,
        Self::IsNull,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::In => "in",
            Self::Ca => "ca",
            Self::Pr => "pr",
            Self::IsNull => "isnull",
        }
    }

    fn list(operators: &[Self]) -> String {
        operators.iter().map(|it| it.word()).collect::<Vec<_>>().join(", ")
    }
}

/// What a field is compared with.
pub(super) enum Comparison<'a> {
    Is(&'a str),
    Begins(&'a str),
    HasNone,
}

/// A field that can be filtered by.
pub(super) struct Field<T> {
    pub name: &'static str,
    pub operators: &'static [Operator],
    /// The filter that stands for a comparison. Its negation must hold for everything else, also
    /// where the field has no value.
    pub holds: fn(&Comparison<'_>) -> Filter<T>,
}

/// Reads a filter; an empty one lets everything pass.
pub(super) fn read<T>(text: &str, fields: &[Field<T>]) -> Answer<Filter<T>> {
    parse(text, fields).map_err(|Bad(why)| Fault::field("filters", why))
}

/// Why a text is not a valid filter.
#[derive(Debug)]
struct Bad(String);

type Result<T> = std::result::Result<T, Bad>;

fn bad<T>(why: impl Into<String>) -> Result<T> {
    Err(Bad(why.into()))
}

fn parse<T>(text: &str, fields: &[Field<T>]) -> Result<Filter<T>> {
    if text.chars().count() > LENGTH {
        return bad(format!("must not be longer than {LENGTH} characters"));
    }
    if text.contains('\0') {
        return bad("must not contain NUL");
    }
    let mut parser = Parser { rest: text.trim(), depth: 0, terms: 0, values: 0, fields };
    if parser.rest.is_empty() {
        return Ok(Filter::Everything);
    }
    let filter = parser.any()?;
    match parser.rest.chars().next() {
        None => Ok(filter),
        Some(')') => bad("has a `)` without its `(`"),
        Some(_) => bad("must have `and` or `or` between two comparisons"),
    }
}

/// Parses from the front. `not` binds tightest, then `and`, then `or`.
struct Parser<'a, T> {
    rest: &'a str,
    depth: usize,
    terms: usize,
    values: usize,
    fields: &'a [Field<T>],
}

impl<'a, T> Parser<'a, T> {
    fn any(&mut self) -> Result<Filter<T>> {
        let mut any = vec![self.all()?];
        while self.keyword("or") {
            any.push(self.all()?);
        }
        Ok(joined(any, Filter::Or))
    }

    fn all(&mut self) -> Result<Filter<T>> {
        let mut all = vec![self.one()?];
        while self.keyword("and") {
            all.push(self.one()?);
        }
        Ok(joined(all, Filter::And))
    }

    fn one(&mut self) -> Result<Filter<T>> {
        if self.keyword("not") {
            return self.deeper(|it| Ok(Filter::Not(Box::new(it.one()?))));
        }
        if self.eat('(') {
            let filter = self.deeper(Self::any)?;
            return if self.eat(')') { Ok(filter) } else { bad("has a `(` without its `)`") };
        }
        self.terms += 1;
        if self.terms > TERMS {
            return bad(format!("must not have more than {TERMS} comparisons"));
        }
        self.comparison()
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Result<Filter<T>>) -> Result<Filter<T>> {
        self.depth += 1;
        if self.depth > DEPTH {
            return bad(format!("must not be nested deeper than {DEPTH}"));
        }
        let filter = inner(self);
        self.depth -= 1;
        filter
    }

    fn comparison(&mut self) -> Result<Filter<T>> {
        if self.keyword("pr") {
            let field = self.field()?;
            allowed(field, Operator::Pr)?;
            return Ok(Filter::Not(Box::new((field.holds)(&Comparison::HasNone))));
        }
        let field = self.field()?;
        let operator = self.operator()?;
        allowed(field, operator)?;
        match operator {
            Operator::IsNull => Ok((field.holds)(&Comparison::HasNone)),
            Operator::In => self.list(field),
            Operator::Sw => Ok((field.holds)(&Comparison::Begins(&self.value()?))),
            Operator::Eq => Ok((field.holds)(&Comparison::Is(&self.value()?))),
            Operator::Ne => {
                let equal = (field.holds)(&Comparison::Is(&self.value()?));
                Ok(Filter::Not(Box::new(equal)))
            }
            // No field takes them.
            Operator::Gt
            | Operator::Ge
            | Operator::Lt
            | Operator::Le
            | Operator::Co
            | Operator::Ca
            | Operator::Pr => bad(format!("must not have `{}` there", operator.word())),
        }
    }

    fn field(&mut self) -> Result<&'a Field<T>> {
        let name = self.word();
        match name {
            "" if self.rest.starts_with('"') => {
                return bad("must have a field, not a value, before an operator");
            }
            "" | "and" | "or" | "not" => return bad("lacks a comparison"),
            _ => {}
        }
        let known = self.fields.iter().find(|it| it.name == name);
        let names = || self.fields.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
        known.ok_or_else(|| Bad(format!("cannot be by `{name}`; it can be by {}", names())))
    }

    fn operator(&mut self) -> Result<Operator> {
        let word = self.word();
        let known = Operator::ALL.into_iter().find(|it| it.word() == word);
        known.ok_or_else(|| {
            let all = Operator::list(&Operator::ALL);
            Bad(format!("has `{word}` for an operator; there are, in lower case, {all}"))
        })
    }

    /// Reads the list of values after `in`.
    fn list(&mut self, field: &Field<T>) -> Result<Filter<T>> {
        if !self.eat('(') {
            return bad("must have a list such as (\"a\", \"b\") after `in`");
        }
        let mut any = Vec::new();
        loop {
            self.values += 1;
            if self.values > VALUES {
                return bad(format!("must not have more than {VALUES} values in lists"));
            }
            any.push((field.holds)(&Comparison::Is(&self.value()?)));
            if self.eat(')') {
                return Ok(joined(any, Filter::Or));
            }
            if !self.eat(',') {
                return bad("must have a comma between two values, and a `)` after the last");
            }
        }
    }

    /// In double quotes, unless it is a number, true or false.
    fn value(&mut self) -> Result<String> {
        self.space();
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        match self.word() {
            "" => bad("lacks a value after an operator"),
            it if ["true", "false"].contains(&it) || it.parse::<f64>().is_ok() => Ok(it.to_owned()),
            it => bad(format!("must have `{it}` in double quotes")),
        }
    }

    /// A backslash takes what follows as it is.
    fn quoted(&mut self) -> Result<String> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, it)) = characters.next() {
            match it {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => text.extend(characters.next().map(|(_, it)| it)),
                it => text.push(it),
            }
        }
        bad("has a `\"` without its other one")
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.rest;
        let found = self.word() == keyword;
        if !found {
            self.rest = before;
        }
        found
    }

    /// Up to white space, a parenthesis, a comma or a quote.
    fn word(&mut self) -> &'a str {
        self.space();
        let ends = |it: char| it.is_whitespace() || "(),\"".contains(it);
        let (word, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn eat(&mut self, it: char) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(it) else { return false };
        self.rest = rest;
        true
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

fn allowed<T>(field: &Field<T>, operator: Operator) -> Result<()> {
    if field.operators.contains(&operator) {
        return Ok(());
    }
    let (name, operator, can) = (field.name, operator.word(), Operator::list(field.operators));
    bad(format!("must not have `{operator}` for `{name}`, which takes {can}"))
}

fn joined<T>(mut filters: Vec<Filter<T>>, join: fn(Vec<Filter<T>>) -> Filter<T>) -> Filter<T> {
    if filters.len() == 1 { filters.remove(0) } else { join(filters) }
}

#[cfg(test)]
mod tests;
