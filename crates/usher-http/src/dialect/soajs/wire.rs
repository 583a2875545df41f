//! The bodies that clients send, and the answers of operations on members.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use usher_application::{MemberChange, NewMember, NewPassword, NewStatus, NewUser, PinGrant};
use usher_domain::{
    Document, Locale, Mailbox, Membership, OrganizationId, Refusal, UserId, UserRef, UserStatus,
};

use super::fault::{self, Fault, NAMELESS, Result};

/// Names a user: by the first of id, username and email that says anything. It may be none of them.
#[derive(Deserialize)]
#[serde(from = "Map<String, Value>")]
pub(super) struct UserReference(Option<(&'static str, Value)>);

impl From<Map<String, Value>> for UserReference {
    fn from(mut user: Map<String, Value>) -> Self {
        let says = |it: &Value| match it {
            Value::Null => false,
            Value::Bool(it) => *it,
            Value::Number(it) => it.as_f64() != Some(0.0),
            Value::String(it) => !it.is_empty(),
            Value::Array(_) | Value::Object(_) => true,
        };
        let mut given = ["id", "username", "email"]
            .into_iter()
            .filter_map(|name| Some((name, user.remove(name).filter(says)?)));
        Self(given.next())
    }
}

impl UserReference {
    pub(super) fn is_nobody(&self) -> bool {
        self.0.is_none()
    }

    /// A username may turn out to be an address, and then it is looked up as one. An address is
    /// never looked up among usernames, which others may have chosen.
    pub(super) fn naming(&self) -> Option<UserRef> {
        let Some((name, Value::String(text))) = &self.0 else { return None };
        match *name {
            "id" => UserId::parse(text).ok().map(UserRef::Id),
            "username" => Some(UserRef::named(text)),
            _ => Mailbox::parse(text).ok().map(UserRef::Mailbox),
        }
    }

    /// Whether they were named by an id that is none of the original's.
    pub(super) fn is_malformed(&self) -> bool {
        match &self.0 {
            Some(("id", Value::String(text))) => is_malformed(text),
            Some(("id", _)) => true,
            _ => false,
        }
    }

    /// As they were named.
    fn entry(&self) -> Entry {
        self.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn called(&self) -> String {
        match &self.0 {
            Some((_, Value::String(text))) => text.clone(),
            Some((_, other)) => other.to_string(),
            None => String::new(),
        }
    }
}

/// Ids of the original have 24 hexadecimal digits. Those of users who were brought in from
/// elsewhere may look otherwise, so this is only asked of ids that nobody has.
pub(super) fn is_malformed(id: &str) -> bool {
    id.len() != 24 || !id.bytes().all(|it| it.is_ascii_hexdigit())
}

/// A pin as it is asked for.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Pin {
    code: bool,
    allowed: bool,
}

impl Pin {
    pub(super) fn grant(self) -> Option<PinGrant> {
        self.code.then_some(PinGrant { allowed: self.allowed })
    }
}

/// An organization as it is named in a body.
#[derive(Deserialize, Serialize)]
pub(super) struct Tenant {
    pub id: String,
    pub code: String,
}

/// The organization with this id; none if none could have it.
pub(super) fn organization_id(id: &str) -> Result<OrganizationId> {
    OrganizationId::parse(id).map_err(|_| Fault::no_tenant())
}

#[derive(Deserialize)]
pub(super) struct Invite {
    pub users: Vec<Invitee>,
    pub tenant: Option<Tenant>,
}

#[derive(Deserialize)]
pub(super) struct Invitee {
    user: Option<UserReference>,
    pin: Option<Pin>,
    groups: Option<Vec<String>>,
}

impl From<&Invitee> for NewMember {
    fn from(it: &Invitee) -> Self {
        Self {
            who: it.user.as_ref().and_then(UserReference::naming),
            roles: it.groups.clone().unwrap_or_default(),
            pin: it.pin.and_then(Pin::grant),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Uninvite {
    pub users: Vec<Uninvitee>,
    pub tenant: Option<Tenant>,
}

#[derive(Deserialize)]
pub(super) struct Uninvitee {
    user: Option<UserReference>,
}

impl Uninvitee {
    pub(super) fn naming(&self) -> Option<UserRef> {
        self.user.as_ref().and_then(UserReference::naming)
    }
}

/// A user as the request named them, and maybe the result for them.
type Entry = Map<String, Value>;

/// The users that an operation succeeded and failed for, each in the order of the request.
#[derive(Default, Serialize)]
pub(super) struct Outcomes {
    succeeded: Vec<Entry>,
    failed: Vec<Entry>,
}

type Outcome = std::result::Result<Membership, Refusal>;

impl Outcomes {
    pub(super) fn invited(asked: &[Invitee], outcomes: Vec<Outcome>) -> Self {
        let reason = |who: &UserReference, refusal: &Refusal| {
            if who.is_nobody() {
                return "Cannot invite a user without providing its id or username.".into();
            }
            fault::reason(refusal).into_owned()
        };
        Self::of(asked.iter().map(|it| it.user.as_ref()), outcomes, reason)
    }

    pub(super) fn uninvited(asked: &[Uninvitee], outcomes: Vec<Outcome>) -> Self {
        let reason = |who: &UserReference, refusal: &Refusal| {
            if who.is_nobody() {
                NAMELESS.to_owned()
            } else if *refusal == Refusal::UnknownUser && who.is_malformed() {
                fault::MALFORMED.to_owned()
            } else if matches!(refusal, Refusal::UserAuthority(_) | Refusal::RoleAuthority(_)) {
                fault::reason(refusal).into_owned()
            } else {
                format!("Model error: User: user [{}] was not uninvited.", who.called())
            }
        };
        Self::of(asked.iter().map(|it| it.user.as_ref()), outcomes, reason)
    }

    fn of<'a>(
        asked: impl Iterator<Item = Option<&'a UserReference>>,
        outcomes: Vec<Outcome>,
        reason: impl Fn(&UserReference, &Refusal) -> String,
    ) -> Self {
        let mut all = Self::default();
        for (who, outcome) in asked.zip(outcomes) {
            let who = who.unwrap_or(&UserReference(None));
            let mut entry = who.entry();
            let Err(refusal) = outcome else {
                all.succeeded.push(entry);
                continue;
            };
            entry.insert("reason".to_owned(), reason(who, &refusal).into());
            if let Refusal::AlreadyMember(Some(id)) | Refusal::AtHome(Some(id)) = &refusal {
                entry.entry("id").or_insert_with(|| id.as_str().into());
            }
            all.failed.push(entry);
        }
        all
    }
}

#[derive(Deserialize)]
pub(super) struct InviteMyself {
    pub tenant: Tenant,
    pub pin: Option<Pin>,
    #[serde(default)]
    pub groups: Vec<String>,
}

/// Who invited themselves, to what, and with which pin.
#[derive(Serialize)]
pub(super) struct Myself {
    id: String,
    tenant: Value,
}

impl Myself {
    pub(super) fn new(to: &Tenant, membership: &Membership, pin: Option<String>) -> Self {
        let allowed = membership.pin_allowed;
        let pin = pin.map_or_else(|| json!({}), |it| json!({"code": it, "allowed": allowed}));
        let tenant = json!({"id": to.id, "code": to.code, "pin": pin});
        Self { id: membership.user.to_string(), tenant }
    }
}

#[derive(Deserialize)]
pub(super) struct ChangePin {
    pub user: UserReference,
    pin: PinChange,
}

#[derive(Deserialize)]
struct PinChange {
    #[serde(default)]
    delete: bool,
    #[serde(default)]
    reset: bool,
    allowed: Option<bool>,
}

impl ChangePin {
    pub(super) fn change(&self) -> Result<MemberChange> {
        match self.pin {
            PinChange { delete: true, .. } => Ok(MemberChange::RemovePin),
            PinChange { reset: false, allowed: None, .. } => Err(Fault::no_pin_change()),
            PinChange { reset, allowed, .. } => Ok(MemberChange::Pin { renew: reset, allowed }),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeGroups {
    pub user: UserReference,
    pub groups: Vec<String>,
    pub tenant_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Add {
    username: Option<String>,
    first_name: String,
    last_name: String,
    email: Option<String>,
    profile: Option<Value>,
    #[serde(default)]
    groups: Vec<String>,
    status: Option<String>,
    password: Option<String>,
    #[serde(default)]
    password_encrypted: bool,
    pin: Option<Pin>,
    ln: Option<String>,
    phone: Option<String>,
}

impl Add {
    /// The new user, known since `now`. `chance` is what their id is made of.
    pub(super) fn user(self, now: DateTime<Utc>, chance: [u8; 32]) -> Result<NewUser> {
        let id = id(now, chance);
        let mailbox = self.email.map(|it| Mailbox::parse(&it)).transpose();
        let mailbox = mailbox.map_err(|it| Fault::field("email", it.to_string()))?;
        let locale = self.ln.map(|it| Locale::parse(&it)).transpose();
        let locale = locale.map_err(|it| Fault::field("ln", format!("instance is {it}")))?;
        // Whoever has no other name goes by their id.
        let nameless = self.username.is_none() && mailbox.is_none();
        let username = self.username.or_else(|| nameless.then(|| id.as_str().to_owned()));
        let hashed = self.password_encrypted;
        let password =
            self.password.map(if hashed { NewPassword::Hashed } else { NewPassword::Plain });
        Ok(NewUser {
            id,
            username,
            mailbox,
            first_name: Some(self.first_name),
            last_name: Some(self.last_name),
            phone: self.phone,
            locale,
            profile: self.profile.map(|it| Document(it.to_string())).unwrap_or_default(),
            status: match self.status.as_deref() {
                Some("active") => NewStatus::Active,
                Some("inactive") => NewStatus::Disabled,
                Some("pending") => NewStatus::Known,
                _ => NewStatus::Invited,
            },
            password,
            roles: self.groups,
            pin: self.pin.and_then(Pin::grant),
        })
    }
}

/// An id as the original makes them: the time in seconds, and then chance.
fn id(now: DateTime<Utc>, chance: [u8; 32]) -> UserId {
    let chance = chance.last_chunk().map_or(0, |it| u64::from_be_bytes(*it));
    let text = format!("{:08x}{chance:016x}", now.timestamp() & 0xffff_ffff);
    UserId::parse(&text).expect("24 digits are an id")
}

#[derive(Deserialize)]
pub(super) struct Find {
    pub id: String,
}

#[derive(Deserialize)]
pub(super) struct List {
    #[serde(default)]
    pub start: u64,
    pub limit: Option<u64>,
    #[serde(default)]
    pub keywords: String,
    #[serde(default)]
    pub config: bool,
    pub scope: Option<Scope>,
    pub status: Option<String>,
}

/// Whose users, where there is a choice.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Scope {
    MyTenancy,
    OtherTenancy,
    OtherTenancyInvited,
}

pub(super) fn status_name(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Disabled => "inactive",
        UserStatus::Pending => "pendingNew",
        UserStatus::Unregistered => "pending",
    }
}

/// The status that a word is for; none for a word that is for none.
pub(super) fn status(word: &str) -> Option<UserStatus> {
    use UserStatus::{Active, Disabled, Pending, Unregistered};
    [Active, Disabled, Pending, Unregistered].into_iter().find(|it| self::status_name(*it) == word)
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    pub pin: Option<String>,
    pub grant_type: Option<String>,
    pub refresh_token: Option<String>,
}
