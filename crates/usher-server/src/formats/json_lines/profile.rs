//! A profile as one line of JSON.

use serde::{Deserialize, Serialize};
use usher_application::ProfileRecord;
use usher_domain::{Locale, Profile, ProfileId};

use crate::{
    duration,
    formats::fields::{non_empty, parse_field, parse_optional},
};

/// A profile. A field that is missing or null stays as it is.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProfileLine {
    id: String,
    address: Option<String>,
    /// A duration such as `7d`. In this field and the next two the empty text removes the value.
    lifetime: Option<String>,
    template: Option<String>,
    locale: Option<String>,
    automatic: Option<bool>,
    new_only: Option<bool>,
    repeat: Option<bool>,
}

impl TryFrom<ProfileLine> for ProfileRecord {
    type Error = String;

    fn try_from(it: ProfileLine) -> Result<Self, String> {
        let lifetime = |it| parse_optional("lifetime", non_empty(it), duration::parse);
        let locale = |it| parse_optional("locale", non_empty(it), Locale::parse);
        Ok(Self {
            id: parse_field("id", &it.id, ProfileId::parse)?,
            address: parse_optional("address", it.address.as_deref(), str::parse)?,
            lifetime: it.lifetime.as_deref().map(lifetime).transpose()?,
            template: it.template.map(|it| non_empty(&it).map(str::to_owned)),
            locale: it.locale.as_deref().map(locale).transpose()?,
            automatic: it.automatic,
            new_only: it.new_only,
            repeat: it.repeat,
        })
    }
}

/// With every field, so that importing the line makes the same profile wherever it is imported.
impl From<Profile> for ProfileLine {
    fn from(it: Profile) -> Self {
        Self {
            id: it.id.to_string(),
            address: Some(it.address.as_str().to_owned()),
            lifetime: Some(it.lifetime.map_or(String::new(), duration::format)),
            template: Some(it.template.unwrap_or_default()),
            locale: Some(it.locale.map_or(String::new(), |it| it.as_str().to_owned())),
            automatic: Some(it.automatic_since.is_some()),
            new_only: Some(it.new_only),
            repeat: Some(it.repeat),
        }
    }
}
