//! Bodies whose members are found by their names in any case of letters.

#![expect(clippy::option_option, reason = "missing, null and a value are three things")]

use serde_json::{Map, Value};

use super::fault::{Fault, Result};

/// A JSON object. Each member is taken out once; members that are not taken are ignored.
#[derive(Default)]
pub(super) struct Object {
    /// The path of the object within the body, with a dot at the end.
    path: String,
    members: Vec<(String, Value)>,
}

impl Object {
    /// None if the bytes are anything else. A byte order mark may come first.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let members: Map<_, _> = serde_json::from_slice(bytes).ok()?;
        Some(Self { path: String::new(), members: members.into_iter().collect() })
    }

    /// What was not taken out, under the names it was given.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, Value)> {
        self.members.into_iter()
    }

    /// A member that may be null. Of several spellings in one body the last one counts, in the
    /// order of their characters.
    fn take(&mut self, name: &str) -> Option<Value> {
        let mut taken = None;
        self.members.retain_mut(|(it, value)| {
            let is_it = it.eq_ignore_ascii_case(name);
            if is_it {
                taken = Some(value.take());
            }
            !is_it
        });
        taken
    }

    fn typed<T>(
        &mut self,
        name: &str,
        rule: &str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<Option<Option<T>>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => {
                let read = read(value).ok_or_else(|| self.wrong(name, rule))?;
                Ok(Some(Some(read)))
            }
        }
    }

    /// That a member breaks a rule.
    pub(super) fn wrong(&self, name: &str, rule: &str) -> Fault {
        Fault::member(&format!("{}{name}", self.path), rule)
    }

    /// A text; none if it is missing, null or empty.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>> {
        Ok(self.text_or_none(name)?.flatten())
    }

    /// A text, or `Some(None)` for null and an empty one.
    pub(super) fn text_or_none(&mut self, name: &str) -> Result<Option<Option<String>>> {
        let read = self.typed(name, "must be a string", |it| match it {
            Value::String(it) => Some(it),
            _ => None,
        })?;
        Ok(read.map(|it| it.filter(|it| !it.is_empty())))
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>> {
        let read = self.typed(name, "must be an array of strings", |it| match it {
            Value::Array(all) => all.iter().map(|it| it.as_str().map(str::to_owned)).collect(),
            _ => None,
        })?;
        Ok(read.flatten())
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>> {
        Ok(self.typed(name, "must be true or false", |it| it.as_bool())?.flatten())
    }

    /// A number that counts something, or `Some(None)` for null.
    pub(super) fn count_or_none(&mut self, name: &str) -> Result<Option<Option<u32>>> {
        let rule = "must be null or a whole number from 0 to 4294967295";
        self.typed(name, rule, |it| u32::try_from(it.as_u64()?).ok())
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Self>> {
        let path = format!("{}{name}.", self.path);
        let read = self.typed(name, "must be an object", |it| Self::of(path, it))?;
        Ok(read.flatten())
    }

    pub(super) fn objects(&mut self, name: &str) -> Result<Option<Vec<Self>>> {
        let path = format!("{}{name}[].", self.path);
        let read = self.typed(name, "must be an array of objects", |it| match it {
            Value::Array(all) => all.into_iter().map(|it| Self::of(path.clone(), it)).collect(),
            _ => None,
        })?;
        Ok(read.flatten())
    }

    fn of(path: String, value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self { path, members: members.into_iter().collect() }),
            _ => None,
        }
    }
}
