//! The wire format of invitations and users, and the conversion to and from the use cases.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Serialize;
use usher_application::{HandedOverLink, Invite, Invitee, InviterRef, LookedUp};
use usher_domain::{
    Actor, Caller, Entrance, Invitation, Mailbox, ResendPolicy, User, UserId, UserStatus,
};

use super::{
    fault::{Fault, Result},
    json::{Json, Message, Object},
    scalar::{duration, read_duration, span, time},
    status::Violation,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserInvitation {
    name: String,
    invited_email: String,
    inviter: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    ttl: String,
    expiration_time: String,
    invitation_uri: String,
    invitation_token: String,
    disable_invitation_email: bool,
    create_time: String,
    update_time: String,
    creator: String,
    updater: String,
    labels: BTreeMap<String, String>,
}

impl UserInvitation {
    /// As a caller sees it, with the link if they may have it.
    pub(super) fn shown(it: &Invitation, link: Option<HandedOverLink>) -> Self {
        let name = format!("userInvitations/{}", it.id);
        let shown = Self { name, ..Self::rehearsed(it) };
        match link {
            None => shown,
            Some(link) => Self { invitation_uri: link.uri, invitation_token: link.token, ..shown },
        }
    }

    /// As it would be if it were created, without a name and a link.
    pub(super) fn rehearsed(it: &Invitation) -> Self {
        let offer = &it.offer;
        let inviter = offer.inviter.as_ref().map(|it| match &it.user {
            Some(id) => format!("users/{id}"),
            None => it.name.clone(),
        });
        Self {
            name: String::new(),
            invited_email: it.mailbox.typed().to_owned(),
            inviter: inviter.unwrap_or_default(),
            roles: offer.roles.iter().map(|it| format!("roles/{it}")).collect(),
            ttl: duration(it.expires_at - it.issued_at),
            expiration_time: time(it.expires_at),
            invitation_uri: String::new(),
            invitation_token: String::new(),
            disable_invitation_email: offer.quiet,
            create_time: time(it.issued_at),
            update_time: time(it.updated_at),
            creator: identity(&it.creator),
            updater: identity(&it.updater),
            labels: offer.labels.clone(),
        }
    }
}

fn identity(actor: &Actor) -> String {
    format!("identities/{actor}")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserInvitations {
    pub user_invitations: Vec<UserInvitation>,
    pub next_page_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreatedInvitations {
    pub user_invitations: Vec<UserInvitation>,
}

/// What the holder of a token sees.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opened {
    user_invitation: String,
    invited_email: String,
    inviter_name: String,
    account_name: String,
    expiration_time: String,
    sign_in_required: bool,
}

impl From<LookedUp> for Opened {
    fn from(it: LookedUp) -> Self {
        let account_name = it.title().to_owned();
        let LookedUp { invitation, entrance, .. } = it;
        Self {
            user_invitation: format!("userInvitations/{}", invitation.id),
            invited_email: invitation.mailbox.typed().to_owned(),
            inviter_name: invitation.offer.inviter.map(|it| it.name).unwrap_or_default(),
            account_name,
            expiration_time: time(invitation.expires_at),
            sign_in_required: entrance == Entrance::SignIn,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserBody {
    name: String,
    full_name: String,
    email: String,
    picture_uri: &'static str,
    blocked: bool,
    create_time: String,
    update_time: String,
    labels: BTreeMap<String, String>,
}

impl From<User> for UserBody {
    fn from(it: User) -> Self {
        Self {
            name: format!("users/{}", it.id),
            full_name: it.full_name(),
            email: it.mailbox.map(|it| it.typed().to_owned()).unwrap_or_default(),
            picture_uri: "",
            blocked: it.status == UserStatus::Disabled,
            create_time: time(it.created_at),
            update_time: time(it.updated_at),
            labels: BTreeMap::new(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Users {
    pub users: Vec<UserBody>,
    pub next_page_token: String,
}

/// Reads one invitation to create.
pub(super) fn invite(caller: &Caller, body: &Object) -> Result<Invite> {
    draft(caller, body, "").map_err(Fault::fields)
}

/// Where the fields of one of many stand.
pub(super) fn path(number: usize) -> String {
    format!("requests[{number}].userInvitation.")
}

/// Reads many: each in the form in which one alone may be given.
pub(super) fn invites(caller: &Caller, body: &Object) -> Result<Vec<Invite>> {
    let mut wrong = Vec::new();
    let mut invites = Vec::new();
    match body.get("requests") {
        Some(Json::List(requests)) if !requests.is_empty() => {
            for (number, request) in requests.iter().enumerate() {
                let Json::Object(body) = request else {
                    let field = format!("requests[{number}]");
                    wrong.push(Violation::new(field, "must be an object"));
                    continue;
                };
                match draft(caller, body, &path(number)) {
                    Ok(it) => invites.push(it),
                    Err(more) => wrong.extend(more),
                }
            }
        }
        _ => wrong.push(Violation::new("requests", "must be a list that is not empty")),
    }
    if wrong.is_empty() { Ok(invites) } else { Err(Fault::fields(wrong)) }
}

/// Reads the requested invitation. Fields that only the server sets are ignored.
fn draft(
    caller: &Caller,
    body: &Object,
    path: &str,
) -> std::result::Result<Invite, Vec<Violation>> {
    let mut message = Message::new(unwrapped(body), path);
    let mailbox = mailbox(&mut message);
    let inviter = inviter(&mut message, caller);
    let roles = roles(&mut message);
    let lifetime = ttl(&mut message);
    let labels = labels(&mut message);
    let quiet = message.flag("disableInvitationEmail");
    let wrong = message.wrong;
    let Some(mailbox) = mailbox.filter(|_| wrong.is_empty()) else { return Err(wrong) };
    Ok(Invite {
        // For a key that is bound to an organization, the organization is the account.
        organization: caller.organization.clone(),
        roles,
        lifetime,
        labels,
        inviter,
        quiet,
        ..Invite::new(Invitee::Mailbox { mailbox, name: None })
    })
}

/// Some clients send the whole request where the resource alone is meant.
fn unwrapped(body: &Object) -> &Object {
    let mut entries = body.iter();
    match (entries.next(), entries.next()) {
        (Some((key, Json::Object(inner))), None)
            if ["userInvitation", "user_invitation"].contains(&key.as_str()) =>
        {
            inner
        }
        _ => body,
    }
}

fn mailbox(message: &mut Message<'_>) -> Option<Mailbox> {
    match Mailbox::parse(message.required("invitedEmail")?) {
        Ok(it) => Some(it),
        Err(why) => {
            message.refuse("invitedEmail", format!("is no address: {why}"));
            None
        }
    }
}

/// A user, or a name as it is. Those who are nobody themselves must say in whose name they invite.
fn inviter(message: &mut Message<'_>, caller: &Caller) -> Option<InviterRef> {
    let faults = message.wrong.len();
    let Some(given) = message.text("inviter") else {
        if caller.name.is_none() && faults == message.wrong.len() {
            message.refuse("inviter", "is required with the token of an API client");
        }
        return None;
    };
    match given.strip_prefix("users/").filter(|it| !it.contains('/')) {
        None => Some(InviterRef::Name(given.to_owned())),
        Some(id) => {
            let id = UserId::parse(id).ok().map(InviterRef::User);
            if id.is_none() {
                message.refuse("inviter", "names no known user");
            }
            id
        }
    }
}

fn roles(message: &mut Message<'_>) -> Vec<String> {
    let read = |it: &Json| match it {
        Json::Text(it) => Some(it.strip_prefix("roles/").unwrap_or(it).to_owned()),
        _ => None,
    };
    let roles = match message.value("roles") {
        None => Some(Vec::new()),
        Some(Json::List(all)) => all.iter().map(read).collect(),
        Some(_) => None,
    };
    roles.unwrap_or_else(|| {
        message.refuse("roles", "must be a list of strings");
        Vec::new()
    })
}

/// A length of 0 counts as none.
fn ttl(message: &mut Message<'_>) -> Option<TimeDelta> {
    let read = match message.value("ttl")? {
        Json::Text(it) => read_duration(it),
        Json::Object(parts) => read_parts(parts),
        _ => None,
    };
    if read.is_none() {
        message.refuse("ttl", "must be a duration in seconds such as `604800s`");
    }
    read.filter(|it| !it.is_zero())
}

/// A duration as an object, which the published reference suggests: `seconds` and `nanos`.
fn read_parts(parts: &Object) -> Option<TimeDelta> {
    let seconds = match parts.get("seconds") {
        None => 0,
        Some(Json::Number(it)) => (*it)?,
        Some(Json::Text(it)) => it.parse().ok()?,
        Some(_) => return None,
    };
    let nanos = match parts.get("nanos") {
        None => 0,
        Some(Json::Number(it)) => (*it)?,
        Some(_) => return None,
    };
    let known = parts.keys().all(|it| it == "seconds" || it == "nanos");
    if known { span(seconds, nanos.try_into().ok()?) } else { None }
}

/// An object of strings; or a list of such, which the published reference suggests.
fn labels(message: &mut Message<'_>) -> BTreeMap<String, String> {
    let labels = match message.value("labels") {
        None => Some(BTreeMap::new()),
        Some(Json::Object(all)) => strings(all),
        Some(Json::List(all)) => all.iter().try_fold(BTreeMap::new(), |mut labels, it| {
            let Json::Object(it) = it else { return None };
            match (it.get("key"), it.get("value"), it.len()) {
                (Some(Json::Text(key)), Some(Json::Text(value)), 2) => {
                    labels.insert(key.clone(), value.clone());
                }
                _ => labels.extend(strings(it)?),
            }
            Some(labels)
        }),
        Some(_) => None,
    };
    labels.unwrap_or_else(|| {
        message.refuse("labels", "must be an object with strings for values");
        BTreeMap::new()
    })
}

fn strings(all: &Object) -> Option<BTreeMap<String, String>> {
    let read = |(key, value): (&String, &Json)| match value {
        Json::Text(it) => Some((key.clone(), it.clone())),
        _ => None,
    };
    all.iter().map(read).collect()
}

/// Reads what is to become of the link before; none for the operator's choice.
pub(super) fn policy(body: &Object) -> Result<Option<ResendPolicy>> {
    let mut message = Message::new(body, "");
    let policy = match message.text("policy") {
        None => None,
        Some("ROTATE") => Some(ResendPolicy::Rotate),
        Some("KEEP") => Some(ResendPolicy::Keep),
        Some("GRACE") => Some(ResendPolicy::Grace),
        Some(_) => {
            message.refuse("policy", "must be ROTATE, KEEP or GRACE");
            None
        }
    };
    if message.wrong.is_empty() { Ok(policy) } else { Err(Fault::fields(message.wrong)) }
}

/// Reads who accepts: a token and a full name, which may be missing as yet.
pub(super) fn acceptance(body: &Object) -> Result<(&str, &str)> {
    let mut message = Message::new(body, "");
    let token = message.required("invitationToken");
    let name = message.text("fullName").unwrap_or_default();
    let wrong = message.wrong;
    token.filter(|_| wrong.is_empty()).map(|it| (it, name)).ok_or_else(|| Fault::fields(wrong))
}
