//! Validates requests as IMFV does, the input mask and field validation of the original, and
//! describes what is wrong in its words.

use std::collections::HashSet;

use serde_json::{Map, Value};
use usher_domain::Mailbox;

use super::fault::{Fault, Result};
use crate::request::Parameters;

/// How many reasons are given for one field at most: a large body could have a million of them.
const REASONS: usize = 20;

/// A field, or a property of an object.
pub(super) struct Field {
    name: &'static str,
    need: Need,
    shape: Shape,
}

/// Whether a field must be present, and in which words its absence is described.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Optional,
    /// Required, in words about the object: `instance requires property "code"`.
    Listed,
    /// Required, in words about the property: `instance.code is required`.
    Own,
}

/// What a value must be.
pub(super) enum Shape {
    /// Of so many characters.
    Text(usize, usize),
    Email,
    OneOf(&'static [&'static str]),
    Bool,
    Whole(u64, u64),
    /// Of so many entries.
    List(usize, usize, &'static Shape),
    /// A list in which nothing stands twice.
    Set(&'static Shape),
    /// With no other properties than these.
    Closed(&'static [Field]),
    /// With these properties and maybe others.
    Open(&'static [Field]),
}

pub(super) const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, need: Need::Listed, shape }
}

/// A property that says of itself that it is required. The original's schemas use both ways.
pub(super) const fn required_itself(name: &'static str, shape: Shape) -> Field {
    Field { name, need: Need::Own, shape }
}

pub(super) const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, need: Need::Optional, shape }
}

/// The fields of a request before they are validated.
pub(super) enum Given {
    /// JSON.
    Typed(Map<String, Value>),
    /// A query or a form, where everything is text.
    Texts(Parameters),
}

impl Given {
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Typed(it) => it.contains_key(name),
            Self::Texts(it) => it.all(name).next().is_some(),
        }
    }

    /// These fields, each as it must be. What else was given is left out.
    pub(super) fn read(mut self, fields: &[Field]) -> Result<Map<String, Value>> {
        let (mut missing, mut invalid, mut read) = (Vec::new(), Vec::new(), Map::new());
        for Field { name, need, shape } in fields {
            let Some(value) = self.take(name, shape).filter(|it| !it.is_null()) else {
                if *need != Need::Optional {
                    missing.push(*name);
                }
                continue;
            };
            let mut reasons = Vec::new();
            shape.check(&value, "instance", &mut reasons);
            if reasons.len() > REASONS {
                reasons.truncate(REASONS);
                reasons.push(format!("instance fails in more ways than these {REASONS}"));
            }
            if !reasons.is_empty() {
                invalid.push((*name, reasons));
            }
            read.insert((*name).to_owned(), value);
        }
        if missing.is_empty() && invalid.is_empty() {
            return Ok(read);
        }
        Err(Fault::input(&missing, &invalid))
    }

    fn take(&mut self, name: &str, shape: &Shape) -> Option<Value> {
        match self {
            Self::Typed(it) => it.remove(name),
            Self::Texts(all) => match all.all(name).collect::<Vec<_>>().as_slice() {
                [] => None,
                [one] => Some(shape.cast(one)),
                many => Some(many.iter().copied().collect()),
            },
        }
    }
}

impl Shape {
    /// The value that a text stands for; the text itself if it stands for none.
    fn cast(&self, text: &str) -> Value {
        let value = match self {
            Self::Text(..) | Self::Email | Self::OneOf(_) => None,
            Self::Bool => text.parse::<bool>().ok().map(Value::from),
            Self::Whole(..) => text.parse::<u64>().ok().map(Value::from),
            Self::List(..) | Self::Set(_) | Self::Closed(_) | Self::Open(_) => {
                serde_json::from_str(text).ok().filter(|it: &Value| it.is_array() || it.is_object())
            }
        };
        value.unwrap_or_else(|| text.into())
    }

    /// Adds all that is wrong with the value at this path.
    fn check(&self, value: &Value, path: &str, wrong: &mut Vec<String>) {
        if let Err(expected) = self.kind(value) {
            wrong.push(format!("{path} is not of a type(s) {expected}"));
            return;
        }
        match (self, value) {
            (Self::Text(min, max), Value::String(text)) => {
                within(text.chars().count(), *min, *max, path, wrong);
            }
            (Self::Email, Value::String(text)) if Mailbox::parse(text).is_err() => {
                wrong.push(format!("{path} does not conform to the \"email\" format"));
            }
            (Self::OneOf(all), Value::String(text)) if !all.contains(&text.as_str()) => {
                wrong.push(format!("{path} is not one of enum values: {}", all.join(",")));
            }
            (Self::Whole(min, max), Value::Number(number)) => {
                if number.as_u64().is_none_or(|it| it < *min) {
                    wrong.push(format!("{path} must have a minimum value of {min}"));
                } else if number.as_u64().is_none_or(|it| it > *max) {
                    wrong.push(format!("{path} must have a maximum value of {max}"));
                }
            }
            (Self::List(min, max, of), Value::Array(all)) => {
                within(all.len(), *min, *max, path, wrong);
                each(all, of, path, wrong);
            }
            (Self::Set(of), Value::Array(all)) => {
                each(all, of, path, wrong);
                let mut seen = HashSet::new();
                if !all.iter().all(|it| seen.insert(it.to_string())) {
                    wrong.push(format!("{path} contains duplicate item"));
                }
            }
            (Self::Closed(fields), Value::Object(all)) => {
                properties(all, fields, path, wrong);
                let known = |name: &str| fields.iter().any(|it| it.name == name);
                for name in all.keys().filter(|it| !known(it)).take(REASONS + 1) {
                    wrong.push(format!(
                        "{path} is not allowed to have the additional property \"{name}\""
                    ));
                }
            }
            (Self::Open(fields), Value::Object(all)) => properties(all, fields, path, wrong),
            _ => {}
        }
    }

    /// The type that is expected, if the value has another one.
    fn kind(&self, value: &Value) -> std::result::Result<(), &'static str> {
        let (expected, is_one) = match self {
            Self::Text(..) | Self::Email | Self::OneOf(_) => ("string", value.is_string()),
            Self::Bool => ("boolean", value.is_boolean()),
            Self::Whole(..) => ("integer", value.is_i64() || value.is_u64()),
            Self::List(..) | Self::Set(_) => ("array", value.is_array()),
            Self::Closed(_) | Self::Open(_) => ("object", value.is_object()),
        };
        if is_one { Ok(()) } else { Err(expected) }
    }
}

fn within(length: usize, min: usize, max: usize, path: &str, wrong: &mut Vec<String>) {
    if length < min {
        wrong.push(format!("{path} does not meet minimum length of {min}"));
    }
    if length > max {
        wrong.push(format!("{path} does not meet maximum length of {max}"));
    }
}

fn each(all: &[Value], shape: &Shape, path: &str, wrong: &mut Vec<String>) {
    for (number, it) in all.iter().enumerate() {
        if wrong.len() > REASONS {
            return;
        }
        shape.check(it, &format!("{path}[{number}]"), wrong);
    }
}

fn properties(all: &Map<String, Value>, fields: &[Field], path: &str, wrong: &mut Vec<String>) {
    for Field { name, need, shape } in fields {
        match (all.get(*name), need) {
            (Some(it), _) => shape.check(it, &format!("{path}.{name}"), wrong),
            (None, Need::Listed) => wrong.push(format!("{path} requires property \"{name}\"")),
            (None, Need::Own) => wrong.push(format!("{path}.{name} is required")),
            (None, Need::Optional) => {}
        }
    }
}
