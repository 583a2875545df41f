//! Times, texts from outside, actors and subjects as commands print them.

use serde_json::{Value, json};
use usher_domain::{Actor, Subject, Timestamp};

/// A time in RFC 3339, to the microsecond.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// A text from a file or a client without control characters, which a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it }).collect()
}

/// A reference to an actor or a subject: its kind, and its id where there are several of the kind.
pub(crate) struct Reference(&'static str, Option<String>);

impl From<&Actor> for Reference {
    fn from(it: &Actor) -> Self {
        match it {
            Actor::User(id) => Self("user", Some(id.to_string())),
            Actor::Client(id) => Self("key", Some(id.to_string())),
            Actor::System => Self("system", None),
            Actor::Nobody => Self("nobody", None),
        }
    }
}

impl From<&Subject> for Reference {
    fn from(it: &Subject) -> Self {
        match it {
            Subject::Invitation(id) => Self("invitation", Some(id.to_string())),
            Subject::User(id) => Self("user", Some(id.to_string())),
            Subject::Credential(id) => Self("key", Some(id.to_string())),
            Subject::Task(id) => Self("task", Some(id.to_string())),
            Subject::Profile(id) => Self("profile", Some(id.to_string())),
            Subject::Organization(id) => Self("organization", Some(id.to_string())),
            Subject::Role(id) => Self("role", Some(id.to_string())),
            Subject::Tenant => Self("tenant", None),
        }
    }
}

impl Reference {
    pub(crate) fn json(&self) -> Value {
        json!({ "kind": self.0, "id": self.1 })
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(kind, id) = self;
        match id {
            Some(id) => f.pad(&format!("{kind} {id}")),
            None => f.pad(kind),
        }
    }
}
