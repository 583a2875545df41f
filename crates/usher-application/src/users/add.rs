//! Add one user by hand.

use std::sync::Arc;

use usher_domain::{
    Action, Caller, Document, Entry, EntryId, InvalidText, Invitation, InvitationId, Inviter,
    Locale, Mailbox, Membership, MembershipId, Offer, Organization, OrganizationId, PasswordRules,
    Permission, Subject, Timestamp, User, UserId, UserRef, UserStatus, WeakPassword, is_hash,
    is_kept, line,
};

use crate::{
    members::add::PinGrant,
    ports::{
        directory::InviteeQuery,
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::{
        core::Core,
        letter_jobs::{letter_job, welcome},
        member_lookup::{MemberLookup, MembersError},
        pins::Pins,
    },
};

/// Adds a user who was not known before, as a member of an organization.
pub struct AddUser {
    core: Arc<Core>,
    roll: MemberLookup,
    pins: Pins,
}

/// A user to add.
#[derive(Clone)]
pub struct NewUser {
    pub id: UserId,
    pub username: Option<String>,
    pub mailbox: Option<Mailbox>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub phone: Option<String>,
    pub locale: Option<Locale>,
    pub profile: Document,
    pub status: NewStatus,
    pub password: Option<NewPassword>,
    /// In the organization: at most 50, 100 characters each.
    pub roles: Vec<String>,
    pub pin: Option<PinGrant>,
}

/// Where a new user stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewStatus {
    /// Invited, when they have a mailbox: they choose their password by the link.
    Invited,
    /// Known, and not invited.
    Known,
    /// In. A letter tells them.
    Active,
    /// Shut out.
    Disabled,
}

/// The password of a new user.
#[derive(Clone)]
pub enum NewPassword {
    /// In the clear; it must be a good one.
    Plain(String),
    /// A PHC string of argon2, or bcrypt's form.
    Hashed(String),
}

/// Why nobody was added.
#[derive(Debug, thiserror::Error)]
pub enum AddUserError {
    /// Another user has the id, the username or the mailbox, or an invitation to the organization
    /// waits for the mailbox.
    #[error("there is such a user already, or they are invited")]
    Exists,
    #[error("a user has a username or a mailbox")]
    Nameless,
    #[error("no pin is left")]
    NoPin,
    #[error("it is neither a PHC string of argon2 nor a bcrypt hash")]
    PasswordHash,
    #[error(transparent)]
    Password(#[from] WeakPassword),
    #[error(transparent)]
    Text(#[from] InvalidText),
    #[error(transparent)]
    Members(#[from] MembersError),
}

impl From<StoreError> for AddUserError {
    fn from(it: StoreError) -> Self {
        Self::Members(it.into())
    }
}

/// A pin may be taken by someone else at the last moment; a name stays taken, and is seen to be.
const ROUNDS: usize = 4;

impl AddUser {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), roll: MemberLookup::new(core), pins: Pins::new(core) }
    }

    /// Adds the user, together with their membership, their invitation and all letters. Who is
    /// added to an organization that stands below another one has the other one for their home.
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, user = %new.id))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        new: NewUser,
    ) -> Result<User, AddUserError> {
        let what = Permission::ManageMembers;
        let (place, _) = self.roll.call(caller, what, organization, &[]).await?;
        let now = self.core.ports.clock.now();
        let user = self.user(caller, &place, &new, now).await?;
        for _ in 0..ROUNDS {
            if self.is_taken(&user).await? {
                return Err(AddUserError::Exists);
            }
            let changes = self.changes(caller, &place, &user, &new, now).await?;
            match self.core.ports.ledger.commit(&changes).await {
                Ok(()) => return Ok(user),
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same pins").into())
    }

    async fn user(
        &self,
        caller: &Caller,
        place: &Organization,
        new: &NewUser,
        now: Timestamp,
    ) -> Result<User, AddUserError> {
        is_kept(&new.roles)?;
        let name = |field, given: &Option<String>| {
            given.as_deref().map(|it| line(field, it, 120)).transpose()
        };
        let user = User {
            username: name("username", &new.username)?,
            mailbox: new.mailbox.clone(),
            first_name: name("firstName", &new.first_name)?,
            last_name: name("lastName", &new.last_name)?,
            phone: name("phone", &new.phone)?,
            locale: new.locale.clone(),
            profile: new.profile.clone(),
            status: match new.status {
                NewStatus::Invited if new.mailbox.is_some() => UserStatus::Pending,
                NewStatus::Invited | NewStatus::Known => UserStatus::Unregistered,
                NewStatus::Active => UserStatus::Active,
                NewStatus::Disabled => UserStatus::Disabled,
            },
            home: Some(place.parent.clone().unwrap_or_else(|| place.id.clone())),
            ..User::new(new.id.clone(), caller.tenant, now)
        };
        if user.username.is_none() && user.mailbox.is_none() {
            return Err(AddUserError::Nameless);
        }
        let password = match &new.password {
            None => None,
            Some(NewPassword::Hashed(it)) if is_hash(it) => Some(it.clone()),
            Some(NewPassword::Hashed(_)) => return Err(AddUserError::PasswordHash),
            Some(NewPassword::Plain(it)) => {
                let rules: &PasswordRules = &self.core.policy.passwords;
                let typed = new.mailbox.as_ref().map_or("", Mailbox::typed);
                let good = rules.check(it, &[user.full_name().as_str(), typed])?;
                Some(self.core.ports.passwords.hash(&good).await?)
            }
        };
        Ok(User { password, ..user })
    }

    async fn is_taken(&self, user: &User) -> Result<bool, StoreError> {
        let names = [
            Some(UserRef::Id(user.id.clone())),
            user.username.clone().map(UserRef::Username),
            user.mailbox.clone().map(UserRef::Mailbox),
        ];
        let names: Vec<_> = names.into_iter().flatten().collect();
        let found = self.core.ports.users.find_many(user.tenant, &names).await?;
        Ok(found.iter().any(Option::is_some))
    }

    async fn changes(
        &self,
        caller: &Caller,
        place: &Organization,
        user: &User,
        new: &NewUser,
        now: Timestamp,
    ) -> Result<Changes, AddUserError> {
        let id = || MembershipId(self.core.ports.entropy.id());
        let member = |place: &OrganizationId| {
            Membership::new(id(), user.tenant, user.id.clone(), place.clone(), now)
        };
        let wanted = usize::from(new.pin.is_some());
        let drawn = self.pins.draw(caller.tenant, &place.id, wanted).await?.pop();
        let pin = drawn.map(|it| it.ok_or(AddUserError::NoPin)).transpose()?;
        let pin_allowed = new.pin.is_some_and(|it| it.allowed);
        let has_news = pin.is_some() || new.status == NewStatus::Active;
        let membership =
            Membership { roles: new.roles.clone(), pin, pin_allowed, ..member(&place.id) };
        let is_shut_out = new.status == NewStatus::Disabled;
        let is_told = has_news
            && !is_shut_out
            && user.mailbox.is_some()
            && self.core.ports.postman.delivers();
        let membership = if is_told { membership.told(now) } else { membership };
        let at_home = user.home.as_ref().filter(|it| **it != place.id);
        let at_home = at_home.map(|it| Membership { pin_allowed, ..member(it) });
        let (lapsed, invitation) = match (&user.mailbox, new.status) {
            (Some(mailbox), NewStatus::Invited) => (
                self.lapsed(caller, place, mailbox, now).await?,
                Some(self.invitation(caller, place, user, mailbox, new, now)),
            ),
            _ => (None, None),
        };
        let note = |action, subject, detail| Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: caller.tenant,
            at: now,
            actor: caller.actor.clone(),
            action,
            subject,
            detail,
        };
        let mut changes = Changes::default();
        let place = Some(place.id.to_string());
        changes.audit.push(note(Action::UserAdded, Subject::User(user.id.clone()), place));
        if let Some(it) = &lapsed {
            changes.audit.push(note(Action::Lapsed, Subject::Invitation(it.id), None));
        }
        if let Some(it) = &invitation {
            changes.audit.push(note(Action::Invited, Subject::Invitation(it.id), None));
            changes.jobs.extend(letter_job(&*self.core.ports.entropy, it));
        }
        changes.jobs.extend(welcome(&*self.core.ports.entropy, &membership));
        changes.users.push(user.clone());
        changes.memberships.push(membership);
        changes.memberships.extend(at_home);
        changes.invitations.extend(lapsed.into_iter().chain(invitation));
        Ok(changes)
    }

    /// The expired invitation that makes room; one that still waits does not.
    async fn lapsed(
        &self,
        caller: &Caller,
        place: &Organization,
        mailbox: &Mailbox,
        now: Timestamp,
    ) -> Result<Option<Invitation>, AddUserError> {
        let who = UserRef::Mailbox(mailbox.clone());
        let question = InviteeQuery { who, organization: Some(place.id.clone()) };
        let standing = self.core.ports.directory.resolve(caller.tenant, &[question]).await?.pop();
        let held = standing.and_then(|it| it.pending);
        held.map(|it| it.lapse(now).ok_or(AddUserError::Exists)).transpose()
    }

    fn invitation(
        &self,
        caller: &Caller,
        place: &Organization,
        user: &User,
        mailbox: &Mailbox,
        new: &NewUser,
        now: Timestamp,
    ) -> Invitation {
        let offer = Offer {
            organization: Some(place.id.clone()),
            roles: new.roles.clone(),
            locale: user.locale.clone(),
            inviter: caller.name.clone().map(|name| Inviter { user: None, name }),
            ..Offer::new(self.core.policy.lifetime)
        };
        let (id, actor) = (InvitationId(self.core.ports.entropy.id()), caller.actor.clone());
        let issued = Invitation::issue(id, caller.tenant, mailbox.clone(), offer, actor, now);
        Invitation { user: Some(user.id.clone()), name: user.called(), ..issued }
    }
}

#[cfg(test)]
mod tests;
