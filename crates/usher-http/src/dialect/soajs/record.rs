//! Users as they are shown.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};
use usher_application::{OrganizationsById, UserWithStatus, Usher};
use usher_domain::{Caller, Document, Membership, OrganizationId, User};

use super::{fault::Result, wire::status_name};

/// How much of a user is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Without memberships away from home.
    Brief,
    /// With memberships away from home and their groups.
    Belonging,
    /// The same, and whether the user may open a terminal there.
    Whole,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    #[serde(rename = "_id")]
    id: String,
    username: String,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ln: Option<String>,
    ts: i64,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Value>,
    profile: Value,
    groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<Tenant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Config>,
}

/// Where a user belongs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tenancy {
    tenant: Option<Tenant>,
    groups: Vec<String>,
    allowed_tenants: Vec<Allowed>,
}

impl From<Record> for Tenancy {
    fn from(it: Record) -> Self {
        let allowed_tenants = it.config.map(|it| it.allowed_tenants).unwrap_or_default();
        Self { tenant: it.tenant, groups: it.groups, allowed_tenants }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    allowed_tenants: Vec<Allowed>,
}

/// A membership away from home.
#[derive(Serialize)]
struct Allowed {
    tenant: Tenant,
    groups: Vec<String>,
}

#[derive(Serialize)]
struct Tenant {
    id: String,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<Pin>,
}

/// What is shown of a pin; never the pin.
#[derive(Serialize)]
struct Pin {
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<bool>,
}

/// These users, with as much of their memberships as the caller may see.
pub(super) async fn shown(
    usher: &Usher,
    caller: &Caller,
    found: Vec<UserWithStatus>,
    extent: Extent,
) -> Result<Vec<Record>> {
    let users: Vec<_> = found.into_iter().map(|it| it.user).collect();
    let ids: Vec<_> = users.iter().map(|it| it.id.clone()).collect();
    let (memberships, mut organizations) = usher.members.read.run(caller, &ids).await?;
    let homes = users.iter().filter_map(|it| it.home.clone());
    let homes = homes.filter(|it| !organizations.contains_key(it)).collect();
    organizations.extend(usher.members.read.organizations(caller, homes).await?);
    let mut held: HashMap<_, Vec<_>> = HashMap::new();
    for it in &memberships {
        held.entry(&it.user).or_default().push(it);
    }
    let of = |user: &User| held.get(&user.id).map_or(&[][..], Vec::as_slice);
    Ok(users.iter().map(|it| Record::new(it, of(it), &organizations, extent)).collect())
}

impl Record {
    fn new(
        user: &User,
        memberships: &[&Membership],
        organizations: &OrganizationsById,
        extent: Extent,
    ) -> Self {
        let at_home = |it: &&&Membership| Some(&it.organization) == user.home.as_ref();
        let home = memberships.iter().find(at_home);
        let allowed = memberships.iter().filter(|it| !at_home(it)).map(|it| Allowed {
            tenant: Tenant {
                pin: Some(it).filter(|_| extent == Extent::Whole).and_then(|it| Pin::away(it)),
                ..Tenant::of(&it.organization, organizations)
            },
            groups: it.roles.clone(),
        });
        let attributes = object(&user.attributes);
        let email = user.mailbox.as_ref().map(|it| it.typed().to_owned());
        let id = user.id.to_string();
        Self {
            username: user.username.clone().or_else(|| email.clone()).unwrap_or(id.clone()),
            id,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            email,
            phone: user.phone.clone(),
            ln: user.locale.as_ref().map(|it| it.as_str().to_owned()),
            ts: user.updated_at.timestamp_millis(),
            status: status_name(user.status),
            locked: attributes.get("locked").filter(|it| it.is_boolean()).cloned(),
            last_login: attributes.get("lastLogin").filter(|it| it.is_number()).cloned(),
            profile: Value::Object(object(&user.profile)),
            groups: home.map(|it| it.roles.clone()).unwrap_or_default(),
            tenant: user.home.as_ref().map(|it| Tenant {
                pin: home.and_then(|it| Pin::home(it)),
                ..Tenant::of(it, organizations)
            }),
            config: (extent != Extent::Brief)
                .then(|| Config { allowed_tenants: allowed.collect() }),
        }
    }
}

impl Tenant {
    fn of(id: &OrganizationId, organizations: &OrganizationsById) -> Self {
        let code = organizations.get(id).and_then(|it| it.code.clone());
        Self { id: id.to_string(), code: code.unwrap_or_else(|| id.to_string()), pin: None }
    }
}

impl Pin {
    /// At home there is one, or none.
    fn home(it: &Membership) -> Option<Self> {
        let has_one = it.pin.is_some() || it.pin_allowed;
        has_one.then_some(Self { allowed: Some(it.pin_allowed) })
    }

    /// Away from home an empty object says that the user was invited without a pin, and no object
    /// that the pin was deleted. Whether there was one before is not stored: a membership without a
    /// pin that was changed since it was made is shown like one whose pin was deleted.
    fn away(it: &Membership) -> Option<Self> {
        let untouched = (it.version == 1).then_some(Self { allowed: None });
        Self::home(it).or(untouched)
    }
}

/// A document as an object; an empty one if it is none.
fn object(document: &Document) -> Map<String, Value> {
    serde_json::from_str(&document.0).unwrap_or_default()
}
