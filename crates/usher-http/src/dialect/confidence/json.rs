//! JSON as `ProtoJSON` takes it: no key twice, and each value of the type its field has.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use super::status::Violation;

/// A JSON value. Only whole numbers are kept: no field here takes others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Option<i64>),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

pub(super) type Object = BTreeMap<String, Json>;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, it: bool) -> Result<Json, E> {
        Ok(Json::Bool(it))
    }

    fn visit_i64<E: Error>(self, it: i64) -> Result<Json, E> {
        Ok(Json::Number(Some(it)))
    }

    fn visit_u64<E: Error>(self, it: u64) -> Result<Json, E> {
        Ok(Json::Number(it.try_into().ok()))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Number(None))
    }

    fn visit_str<E: Error>(self, it: &str) -> Result<Json, E> {
        Ok(Json::Text(it.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(it) = all.next_element()? {
            list.push(it);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Json, A::Error> {
        let mut object = Object::new();
        while let Some((key, value)) = all.next_entry::<String, Json>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` stands there twice")));
            }
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

/// Reads a message field by field, and notes what is wrong with them.
pub(super) struct Message<'a> {
    object: &'a Object,
    /// What stands before the names of its fields.
    path: &'a str,
    pub(super) wrong: Vec<Violation>,
}

impl<'a> Message<'a> {
    pub(super) fn new(object: &'a Object, path: &'a str) -> Self {
        Self { object, path, wrong: Vec::new() }
    }

    pub(super) fn refuse(&mut self, field: &str, description: impl Into<String>) {
        self.wrong.push(Violation::new(format!("{}{field}", self.path), description));
    }

    /// The value under either spelling of the field; null counts as none.
    pub(super) fn value(&mut self, field: &str) -> Option<&'a Json> {
        let other = snake(field);
        let (one, two) = (self.object.get(field), self.object.get(&other));
        if other != field && one.is_some() && two.is_some() {
            self.refuse(field, "must not be given in both spellings");
            return None;
        }
        one.or(two).filter(|it| **it != Json::Null)
    }

    /// A text; an empty one counts as none.
    pub(super) fn text(&mut self, field: &str) -> Option<&'a str> {
        let Json::Text(it) = self.value(field)? else {
            self.refuse(field, "must be a string");
            return None;
        };
        Some(it.as_str()).filter(|it| !it.trim().is_empty())
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, field: &str) -> Option<&'a str> {
        let faults = self.wrong.len();
        let text = self.text(field);
        if text.is_none() && faults == self.wrong.len() {
            self.refuse(field, "is required");
        }
        text
    }

    pub(super) fn flag(&mut self, field: &str) -> bool {
        match self.value(field) {
            None => false,
            Some(Json::Bool(it)) => *it,
            Some(_) => {
                self.refuse(field, "must be true or false");
                false
            }
        }
    }
}

/// The field's name in the proto: `invited_email` of `invitedEmail`.
pub(super) fn snake(field: &str) -> String {
    field.chars().fold(String::new(), |mut name, it| {
        if it.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(it.to_ascii_lowercase());
        name
    })
}
