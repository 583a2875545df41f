//! Who gave what, as a JSON array in the rows of those who have it.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};
use usher_application::StoreError;
use usher_domain::{Gift, Gifts, Given, Shown};

use crate::entity::convert::authority;

/// The gifts of an account or of a membership.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct StoredGifts(Vec<StoredGift>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredGift {
    /// `itself`, `pin`, `pin_allowed`, `role`, `authority` or `past_authority`, the last three with the name.
    what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    by: String,
    at: DateTimeUtc,
    /// To whom the link was shown by which it was accepted, and when that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_at: Option<DateTimeUtc>,
}

impl From<&Gifts> for StoredGifts {
    fn from(gifts: &Gifts) -> Self {
        let stored = |(what, gift): &(Given, Gift)| {
            let (what, name) = match what {
                Given::Itself => ("itself", None),
                Given::Pin => ("pin", None),
                Given::PinAllowed => ("pin_allowed", None),
                Given::Role(role) => ("role", Some(role.clone())),
                Given::Authority(it) => ("authority", Some(it.to_string())),
                Given::PastAuthority(it) => ("past_authority", Some(it.to_string())),
            };
            StoredGift {
                what: what.to_owned(),
                name,
                by: gift.by.to_string(),
                at: gift.at,
                shown_to: gift.shown.as_ref().map(|it| it.to.to_string()),
                used_at: gift.shown.as_ref().map(|it| it.used_at),
            }
        };
        Self(gifts.iter().map(stored).collect())
    }
}

impl TryFrom<StoredGifts> for Gifts {
    type Error = StoreError;

    fn try_from(it: StoredGifts) -> Result<Self, StoreError> {
        let read = |StoredGift { what, name, by, at, shown_to, used_at }: StoredGift| {
            let given = match (what.as_str(), name) {
                ("itself", None) => Given::Itself,
                ("pin", None) => Given::Pin,
                ("pin_allowed", None) => Given::PinAllowed,
                ("role", Some(role)) => Given::Role(role),
                ("authority", Some(it)) => Given::Authority(authority(&it)?),
                ("past_authority", Some(it)) => Given::PastAuthority(authority(&it)?),
                _ => {
                    return Err(StoreError::new(
                        "a row holds a gift that this version does not know",
                    ));
                }
            };
            let shown_to = shown_to.map(|it| it.parse().map_err(StoreError::new)).transpose()?;
            let shown = shown_to.zip(used_at).map(|(to, used_at)| Shown { to, used_at });
            Ok((given, Gift::new(by.parse().map_err(StoreError::new)?, at).by_link(shown)))
        };
        it.0.into_iter().map(read).collect()
    }
}
