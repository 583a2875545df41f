//! The bodies that clients send, and the form in which they read invitations, roles and members.

use chrono::{DateTime, Utc};
use serde::Serialize;
use usher_application::{
    Filter, InvitationCondition, InvitationDraft, Invite, Invitee, InviterRef, RoleDraft,
    TextField, TextMatch,
};
use usher_domain::{Mailbox, Membership, OrganizationId, State, Timestamp, User, UserId};

use super::{
    extract::text,
    fault::{Fault, Result},
    ids,
    json::Object,
};
use crate::request::Parameters;

/// In whole seconds of UTC.
pub(super) fn time(it: Timestamp) -> String {
    it.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An invitation as clients read it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Invitation {
    id: String,
    email_id: String,
    status: &'static str,
    role_ids: Vec<String>,
    /// Empty for the tenant itself.
    org_id: String,
    created_date: String,
    expiration_date: String,
    modified_date: String,
    /// Empty where it is in nobody's name, or in that of no user.
    inviter_uid: String,
}

impl Invitation {
    pub(super) fn new(it: &usher_domain::Invitation, now: Timestamp) -> Self {
        let inviter = it.offer.inviter.as_ref().and_then(|it| it.user.as_ref());
        Self {
            id: ids::invitation(it.id),
            email_id: it.mailbox.typed().to_owned(),
            status: status_name(it.state(now)),
            role_ids: it.offer.roles.clone(),
            org_id: it.offer.organization.as_ref().map(ToString::to_string).unwrap_or_default(),
            created_date: time(it.issued_at),
            expiration_date: time(it.expires_at),
            modified_date: time(it.updated_at),
            inviter_uid: inviter.map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// The last two are never shown.
fn status_name(state: State) -> &'static str {
    match state {
        State::Pending => "invited",
        State::Expired => "expired",
        State::Accepted => "accepted",
        State::Declined => "declined",
        State::Revoked => "revoked",
    }
}

/// The states that are shown.
const SHOWN: [State; 3] = [State::Pending, State::Accepted, State::Expired];

/// Who is to be invited, and how.
pub(super) struct SendRequest {
    mailbox: Mailbox,
    organization: OrganizationId,
    roles: Option<Vec<String>>,
    inviter: Option<UserId>,
    redirect: Option<String>,
}

impl SendRequest {
    pub(super) fn read(mut body: Object, query: &Parameters) -> Result<Self> {
        let email = body.text("email")?.ok_or_else(|| body.wrong("email", "is required"))?;
        let mailbox = Mailbox::parse(&email);
        let mailbox = mailbox.map_err(|it| body.wrong("email", &format!("is no address: {it}")))?;
        let id = body.text("orgId")?.ok_or_else(|| body.wrong("orgId", "is required"))?;
        let roles = body.texts("roleIds")?;
        let inviter = body.text("inviterUid")?;
        let redirect = redirect(&mut body, query)?;
        let organization = OrganizationId::parse(&id).map_err(|_| Fault::no_organization())?;
        let inviter = inviter.map(|it| UserId::parse(&it)).transpose();
        let inviter = inviter.map_err(|_| Fault::no_user())?;
        Ok(Self { mailbox, organization, roles, inviter, redirect })
    }

    pub(super) fn invite(&self) -> Invite {
        Invite {
            organization: Some(self.organization.clone()),
            roles: self.roles.clone().unwrap_or_default(),
            defined_roles: true,
            redirect: self.redirect.clone(),
            inviter: self.inviter.clone().map(InviterRef::User),
            ..Invite::new(Invitee::Mailbox { mailbox: self.mailbox.clone(), name: None })
        }
    }

    /// The same, for whoever is invited already.
    pub(super) fn draft(self) -> InvitationDraft {
        InvitationDraft { roles: self.roles, expires_at: None, redirect: self.redirect }
    }
}

/// Where to go after accepting: clients have several names for it.
fn redirect(body: &mut Object, query: &Parameters) -> Result<Option<String>> {
    let (short, long) = (body.text("InvitationUrl")?, body.text("invitation_url")?);
    let in_query = text(query, "invitation_url").or_else(|| text(query, "invitationurl"));
    Ok(in_query.or(short).or(long))
}

/// The changes that a request makes to an invitation.
pub(super) fn change(mut body: Object, query: &Parameters) -> Result<InvitationDraft> {
    let roles = body.texts("RoleIds")?;
    let expires_at = match body.text("ExpirationDate")? {
        None => None,
        Some(text) => {
            let read = DateTime::parse_from_rfc3339(&text).map(|it| it.with_timezone(&Utc));
            Some(read.map_err(|_| body.wrong("ExpirationDate", "must be a time of RFC 3339"))?)
        }
    };
    Ok(InvitationDraft { roles, expires_at, redirect: redirect(&mut body, query)? })
}

/// Which invitations are listed.
pub(super) struct Selection {
    pub filter: Filter,
    /// How many to pass over, and how many to show; none: all.
    pub page: Option<(u64, u64)>,
}

impl Selection {
    pub(super) fn read(query: &Parameters) -> Result<Self> {
        let states = match text(query, "status") {
            None => SHOWN.to_vec(),
            Some(text) => {
                let is_it = |it: &State| status_name(*it).eq_ignore_ascii_case(&text);
                let about = "The status must be invited, accepted or expired.";
                vec![SHOWN.into_iter().find(is_it).ok_or_else(|| Fault::parameter(about))?]
            }
        };
        let states = states.into_iter().map(|it| Filter::Is(InvitationCondition::State(it)));
        let mut all = vec![Filter::Or(states.collect())];
        // An id or address that cannot be valid matches nothing.
        let nothing = || Filter::Not(Box::new(Filter::Everything));
        if let Some(id) = text(query, "orgid") {
            let id = OrganizationId::parse(&id);
            all.push(id.map_or_else(
                |_| nothing(),
                |it| Filter::Is(InvitationCondition::Organization(it)),
            ));
        }
        if let Some(email) = text(query, "email") {
            let is = |it: Mailbox| {
                let it = TextMatch::Equals(it.typed().to_owned());
                Filter::Is(InvitationCondition::Text(TextField::Mailbox, it))
            };
            all.push(Mailbox::parse(&email).map_or_else(|_| nothing(), is));
        }
        Ok(Self { filter: Filter::And(all), page: page(query)? })
    }
}

fn page(query: &Parameters) -> Result<Option<(u64, u64)>> {
    let (page, size) = (text(query, "page"), text(query, "pagesize"));
    if page.is_none() && size.is_none() {
        return Ok(None);
    }
    let number = |text: Option<String>, default: u32, max: u32, about| {
        let read = text.map_or(Ok(default), |it| it.parse());
        let read = read.ok().filter(|it| (1..=max).contains(it));
        read.map(u64::from).ok_or_else(|| Fault::parameter(about))
    };
    let page = number(page, 1, u32::MAX, "The page must be a whole number from 1 on.")?;
    let size = number(size, 100, 1_000, "The pagesize must be a whole number from 1 to 1000.")?;
    Ok(Some(((page - 1) * size, size)))
}

/// A role as clients read it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Role {
    id: String,
    name: String,
    description: String,
    level: &'static str,
    org_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_name: Option<String>,
    permissions: Vec<RolePermission>,
    created_date: String,
    modified_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RolePermission {
    /// Some clients read `ID`, as documented, and some `Id`.
    #[serde(rename = "ID")]
    documented_id: String,
    id: String,
    name: String,
    description: &'static str,
    original_name: String,
    resource_id: &'static str,
}

impl From<String> for RolePermission {
    fn from(it: String) -> Self {
        let (documented_id, id, original_name) = (it.clone(), it.clone(), it.clone());
        Self { documented_id, id, name: it, description: "", original_name, resource_id: "" }
    }
}

impl From<usher_domain::Role> for Role {
    fn from(it: usher_domain::Role) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name,
            description: it.description.unwrap_or_default(),
            level: if it.organization.is_some() { "org" } else { "tenant" },
            org_id: it.organization.map(|it| it.to_string()).unwrap_or_default(),
            original_name: None,
            permissions: it.permissions.into_iter().map(RolePermission::from).collect(),
            created_date: time(it.created_at),
            modified_date: time(it.updated_at),
        }
    }
}

impl Role {
    /// As it is read alone.
    pub(super) fn whole(self) -> Self {
        Self { original_name: Some(self.name.clone()), ..self }
    }
}

pub(super) fn role_draft(mut body: Object) -> Result<RoleDraft> {
    let organization = body.text("OrgId")?.map(|it| OrganizationId::parse(&it)).transpose();
    Ok(RoleDraft {
        name: body.text("Name")?.ok_or_else(|| body.wrong("Name", "is required"))?,
        description: body.text("Description")?,
        permissions: body.texts("Permissions")?.unwrap_or_default(),
        organization: organization.map_err(|_| Fault::no_organization())?,
    })
}

/// The roles that someone is to have.
pub(super) fn role_ids(mut body: Object) -> Result<Vec<String>> {
    body.texts("RoleIds")?.ok_or_else(|| body.wrong("RoleIds", "is required"))
}

/// One role that a user has in an organization, or in the tenant itself.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserRole {
    id: String,
    uid: String,
    user_id: String,
    /// Empty for a member without roles.
    role_id: String,
    /// Empty for the tenant itself.
    org_id: String,
    email: String,
    /// All that the user has there.
    roles: Vec<String>,
    created_date: String,
}

impl UserRole {
    /// One for each role of a member; a member without roles is there too.
    pub(super) fn of(it: &Membership, mailbox: Option<&Mailbox>) -> Vec<Self> {
        let organization = it.organization.as_str();
        let row =
            |role: &str| Self::new(&it.user, organization, role, &it.roles, mailbox, it.joined_at);
        if it.roles.is_empty() {
            return vec![row("")];
        }
        it.roles.iter().map(|it| row(it)).collect()
    }

    pub(super) fn of_tenant(it: &User) -> Vec<Self> {
        let mailbox = it.mailbox.as_ref();
        let row = |role: &String| Self::new(&it.id, "", role, &it.roles, mailbox, it.created_at);
        it.roles.iter().map(row).collect()
    }

    fn new(
        user: &UserId,
        organization: &str,
        role: &str,
        roles: &[String],
        mailbox: Option<&Mailbox>,
        since: Timestamp,
    ) -> Self {
        Self {
            id: ids::user_role(user, organization, role),
            uid: user.to_string(),
            user_id: user.to_string(),
            role_id: role.to_owned(),
            org_id: organization.to_owned(),
            email: mailbox.map(|it| it.typed().to_owned()).unwrap_or_default(),
            roles: roles.to_vec(),
            created_date: time(since),
        }
    }
}
