//! Organizations as they are written here, and what clients change about them.

#![expect(clippy::option_option, reason = "missing, null and a value are three things")]

use serde::Serialize;
use serde_json::{Map, Value};
use usher_application::OrganizationDraft;
use usher_domain::{Document, Domain, Policies};

use super::{fault::Result, json::Object, wire::time};

const ONLY: &str = "AllowedDomains";
const DENY: &str = "DeniedDomains";
const JOIN: &str = "JITProvisioning";

/// An organization as clients read it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Organization {
    id: String,
    name: String,
    display: Display,
    metadata: Value,
    domains: Vec<DomainView>,
    is_active: bool,
    /// Signing in through others is not served.
    connections: [(); 0],
    policies: Map<String, Value>,
    seats: Option<u32>,
    created_date: String,
    modified_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Display {
    #[serde(rename = "LogoURL")]
    logo_url: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DomainView {
    domain: String,
    is_default: bool,
    is_verified: bool,
}

impl From<Domain> for DomainView {
    fn from(it: Domain) -> Self {
        Self { domain: it.name, is_default: it.default, is_verified: it.verified }
    }
}

impl From<usher_domain::Organization> for Organization {
    fn from(it: usher_domain::Organization) -> Self {
        Self {
            id: it.id.to_string(),
            display: Display {
                logo_url: it.logo_url.clone().unwrap_or_default(),
                name: it.title().to_owned(),
            },
            name: it.name,
            metadata: Value::Object(members(&it.metadata)),
            domains: it.domains.into_iter().map(DomainView::from).collect(),
            is_active: it.active,
            connections: [],
            policies: policies(&it.policies),
            seats: it.seats,
            created_date: time(it.created_at),
            modified_date: time(it.updated_at),
        }
    }
}

/// The policies that usher applies, and those that it only keeps.
fn policies(it: &Policies) -> Map<String, Value> {
    let mut all = members(&it.foreign);
    all.insert(ONLY.to_owned(), it.only.as_slice().into());
    all.insert(DENY.to_owned(), it.deny.as_slice().into());
    all.insert(JOIN.to_owned(), it.join.into());
    all
}

fn members(document: &Document) -> Map<String, Value> {
    serde_json::from_str(&document.0).unwrap_or_default()
}

/// The changes that a request makes to an organization.
#[derive(Default)]
pub(super) struct Change {
    draft: OrganizationDraft,
    policies: Option<PolicyChange>,
}

impl Change {
    pub(super) fn read(mut body: Object) -> Result<Self> {
        let mut draft = OrganizationDraft {
            name: body.text("Name")?,
            metadata: body
                .object("Metadata")?
                .map(|it| Document(Value::Object(it.rest().collect()).to_string())),
            active: body.flag("IsActive")?,
            ..OrganizationDraft::default()
        };
        if let Some(mut display) = body.object("Display")? {
            draft.display_name = display.text_or_none("Name")?;
            draft.logo_url = display.text_or_none("LogoURL")?;
        }
        if let Some(all) = body.objects("Domains")? {
            draft.domains = Some(all.into_iter().map(domain).collect::<Result<_>>()?);
        }
        let seats = body.count_or_none("Seats")?;
        let policies = body.object("Policies")?.map(PolicyChange::read).transpose()?;
        draft.seats = seats.or(policies.as_ref().and_then(|it| it.seats));
        Ok(Self { draft, policies })
    }

    /// The same, for an organization that has these policies.
    pub(super) fn draft(&self, held: &Policies) -> OrganizationDraft {
        let policies = self.policies.as_ref().map(|it| it.over(held));
        OrganizationDraft { policies, ..self.draft.clone() }
    }
}

fn domain(mut it: Object) -> Result<Domain> {
    let text = it.text("DomainName")?.or(it.text("domain")?);
    let text = text.ok_or_else(|| it.wrong("DomainName", "is required"))?;
    Ok(Domain {
        name: Domain::parse(&text).map_err(|no| it.wrong("DomainName", &format!("is {no}")))?,
        verified: it.flag("IsVerified")?.unwrap_or(false),
        default: it.flag("IsDefault")?.unwrap_or(false),
    })
}

/// Some policies: what is not named stays as it is.
#[derive(Default)]
pub(super) struct PolicyChange {
    only: Option<Vec<String>>,
    deny: Option<Vec<String>>,
    join: Option<bool>,
    seats: Option<Option<u32>>,
    /// Null removes a policy.
    foreign: Vec<(String, Value)>,
}

impl PolicyChange {
    pub(super) fn read(mut body: Object) -> Result<Self> {
        let mut domains = |name: &str| {
            let Some(all) = body.texts(name)? else { return Ok(None) };
            let read = |it: &String| {
                Domain::parse(it).map_err(|no| body.wrong(name, &format!("has what is {no}")))
            };
            all.iter().map(read).collect::<Result<_>>().map(Some)
        };
        Ok(Self {
            only: domains(ONLY)?,
            deny: domains(DENY)?,
            join: body.flag(JOIN)?,
            seats: body.count_or_none("Seats")?,
            foreign: body.rest().collect(),
        })
    }

    fn over(&self, held: &Policies) -> Policies {
        let mut foreign = members(&held.foreign);
        for (name, value) in &self.foreign {
            foreign.retain(|it, _| !it.eq_ignore_ascii_case(name));
            if !value.is_null() {
                foreign.insert(name.clone(), value.clone());
            }
        }
        Policies {
            only: self.only.clone().unwrap_or_else(|| held.only.clone()),
            deny: self.deny.clone().unwrap_or_else(|| held.deny.clone()),
            join: self.join.unwrap_or(held.join),
            foreign: Document(Value::Object(foreign).to_string()),
        }
    }
}

impl From<PolicyChange> for Change {
    fn from(it: PolicyChange) -> Self {
        let draft = OrganizationDraft { seats: it.seats, ..OrganizationDraft::default() };
        Self { draft, policies: Some(it) }
    }
}
