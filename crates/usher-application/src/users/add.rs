//! Add one user by hand.

use std::{iter, sync::Arc};

use usher_domain::{
    Action, BadPasswordHash, Caller, Document, InvalidText, Invitation, InvitationId, Inviter,
    Locale, Mailbox, Membership, MembershipId, Offer, Organization, OrganizationId, Permission,
    Refusal, Subject, Timestamp, User, UserId, UserRef, UserStatus, WeakPassword,
    check_password_hash, line, parse_roles,
};

use crate::{
    ports::{
        Ports,
        directory::InviteeQuery,
        error::StoreError,
        invitations::{Filter, InvitationCondition, Page, TextField, TextMatch},
        ledger::Changes,
        passwords::HashedFor,
    },
    shared::{
        admission::{Admission, Newcomer},
        audit_trail::Trail,
        bounds::{OutOfBounds, commit_for},
        budget::{Budget, Item},
        commit::Decision,
        core::Core,
        defined_roles::Defined,
        letter_jobs::{letter_job, welcome},
        member_lookup::{MemberLookup, MembersError},
        orphans::open,
        pins::{PinGrant, Pins},
        user_names::{as_ids, as_username},
    },
};

/// Adds a user who was not known before, as a member of an organization.
pub struct AddUser {
    core: Arc<Core>,
    lookup: MemberLookup,
    admission: Admission,
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
    /// At most [`Document::MAX`] bytes.
    pub profile: Document,
    pub status: NewStatus,
    pub password: Option<NewPassword>,
    /// In the organization: at most 50, of 100 characters each; see [`roles`].
    pub roles: Vec<String>,
    pub pin: Option<PinGrant>,
}

/// The status of a new user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewStatus {
    /// Invited, when they have a mailbox: they choose their password by the link.
    Invited,
    /// Known, and not invited.
    Known,
    /// Active, which a letter tells them.
    Active,
    /// Cannot sign in.
    Disabled,
}

/// The password of a new user.
#[derive(Clone)]
pub enum NewPassword {
    /// In the clear; it must obey the operator's rules for passwords.
    Plain(String),
    /// A hash that [`check_password_hash`] takes.
    Hashed(String),
}

/// Why nobody was added.
#[derive(Debug, thiserror::Error)]
pub enum AddUserError {
    /// Another user has the id, the username or the mailbox, or an invitation is pending for the
    /// mailbox, to whatever place.
    #[error("a user has this id, username or mailbox already, or the mailbox is invited already")]
    Exists,
    #[error("a new user needs a username or a mailbox")]
    Nameless,
    #[error("all pins of the organization are in use")]
    NoPin,
    #[error("it {0}")]
    PasswordHash(BadPasswordHash),
    #[error("`profile` must not be longer than {} bytes", Document::MAX)]
    Profile,
    #[error(transparent)]
    Password(#[from] WeakPassword),
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// The organization, or the one above it that is to be their home, does not take them.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Members(#[from] MembersError),
}

impl From<OutOfBounds> for AddUserError {
    fn from(_: OutOfBounds) -> Self {
        Self::Members(MembersError::Forbidden)
    }
}

impl From<StoreError> for AddUserError {
    fn from(it: StoreError) -> Self {
        Self::Members(it.into())
    }
}

impl AddUser {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            lookup: MemberLookup::new(core),
            admission: Admission::new(core),
            pins: Pins::new(core),
        }
    }

    /// Adds the user, together with their membership, their invitation and all letters. Who is
    /// added to an organization that stands below another one has the other one for their home, and
    /// takes a seat in both. Whoever administers the tenant thereby vouches for the mailbox: see
    /// [`User::mailbox_proven_at`].
    #[tracing::instrument(skip_all, fields(tenant = %caller.tenant, user = %new.id))]
    pub async fn run(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        new: NewUser,
    ) -> Result<User, AddUserError> {
        let what = Permission::ManageMembers;
        let (within, _) = self.lookup.find(caller, what, organization, &[]).await?;
        let clock = &self.core.ports.clock;
        let now = clock.now();
        let new = NewUser { roles: parse_roles(&new.roles)?, ..new };
        let user = Self::user(caller, &within, &new, now)?;
        if matches!(new.password, Some(NewPassword::Plain(_))) {
            // Whoever is refused anyway costs no hash.
            self.decide(caller, organization, &user, &new, now).await?;
        }
        let password = self.password(caller, &user, &new).await?;
        let (new, user) = (&new, &User { password, ..user });
        commit_for(&self.core, caller, "add user", |_| async move {
            let changes = self.decide(caller, organization, user, new, now).await?;
            Ok(Decision::Commit(changes, user.clone()))
        })
        .await
    }

    /// What to write, as far as nothing speaks against it that is stored already.
    async fn decide(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        user: &User,
        new: &NewUser,
        now: Timestamp,
    ) -> Result<Changes, AddUserError> {
        if self.exists(user).await? || self.is_invited(user, now).await? {
            return Err(AddUserError::Exists);
        }
        let what = Permission::ManageMembers;
        let (within, _) = self.lookup.find(caller, what, organization, &[]).await?;
        let roles = &*self.core.ports.roles;
        let defined = Defined::of_words(roles, caller.tenant, new.roles.iter()).await?;
        defined.fit_words(caller, &new.roles, Some(organization))?;
        self.changes(caller, &within, user, new, now).await
    }

    fn user(
        caller: &Caller,
        organization: &Organization,
        new: &NewUser,
        now: Timestamp,
    ) -> Result<User, AddUserError> {
        let name = |field, given: &Option<String>| {
            given.as_deref().map(|it| line(field, it, 120)).transpose()
        };
        // Whoever administers the tenant vouches for an address; whoever is bound to one organization
        // or may do less cannot, because the account belongs to the whole tenant.
        let vouches = caller.administers_tenant();
        let user = User {
            username: name("username", &new.username)?,
            mailbox: new.mailbox.clone(),
            mailbox_proven_at: new.mailbox.as_ref().filter(|_| vouches).map(|_| now),
            first_name: name("first_name", &new.first_name)?,
            last_name: name("last_name", &new.last_name)?,
            phone: name("phone", &new.phone)?,
            locale: new.locale.clone(),
            profile: new.profile.clone(),
            status: match new.status {
                NewStatus::Invited if new.mailbox.is_some() => UserStatus::Pending,
                NewStatus::Invited | NewStatus::Known => UserStatus::Unregistered,
                NewStatus::Active => UserStatus::Active,
                NewStatus::Disabled => UserStatus::Disabled,
            },
            home: Some(organization.parent.clone().unwrap_or_else(|| organization.id.clone())),
            ..User::new(new.id.clone(), caller.tenant, now).given(&caller.gift(now))
        };
        if user.username.is_none() && user.mailbox.is_none() {
            return Err(AddUserError::Nameless);
        }
        user.check_username()?;
        if user.profile.is_too_long() {
            return Err(AddUserError::Profile);
        }
        Ok(user)
    }

    /// The hash of the password that they are given.
    async fn password(
        &self,
        caller: &Caller,
        user: &User,
        new: &NewUser,
    ) -> Result<Option<String>, AddUserError> {
        Ok(match &new.password {
            None => None,
            Some(NewPassword::Hashed(it)) => {
                check_password_hash(it).map_err(AddUserError::PasswordHash)?;
                Some(it.clone())
            }
            Some(NewPassword::Plain(it)) => {
                let typed = new.mailbox.as_ref().map_or("", Mailbox::typed);
                let personal = [&user.full_name(), typed];
                let good = self.core.policy.passwords.check(it, &personal)?;
                let passwords = &self.core.ports.passwords;
                let whom = HashedFor::Known(caller.tenant, caller.actor.clone());
                Some(passwords.hash(&passwords.place(whom)?, &good).await?)
            }
        })
    }

    /// Whether another user has the id or a name of this one, or its id for a name, or the other way
    /// round.
    async fn exists(&self, user: &User) -> Result<bool, StoreError> {
        let mut names = vec![UserRef::Id(user.id.clone()), as_username(&user.id)];
        names.extend(user.mailbox.clone().map(UserRef::Mailbox));
        if let Some(username) = &user.username {
            names.push(UserRef::Username(username.clone()));
            names.extend(as_ids(username));
        }
        let found = self.core.ports.users.find_many(user.tenant, &names).await?;
        Ok(found.iter().any(Option::is_some))
    }

    /// Whether somebody waits to be let in who reads this mailbox. An account beside that invitation
    /// would be the one that the invitation is for from then on, with what somebody else chose for it,
    /// and the link that was handed over for the invitation would open nothing any more.
    async fn is_invited(&self, user: &User, now: Timestamp) -> Result<bool, StoreError> {
        let Some(mailbox) = &user.mailbox else { return Ok(false) };
        let mailbox = TextMatch::Equals(mailbox.folded().to_owned());
        let filter = Filter::Is(InvitationCondition::Text(TextField::Mailbox, mailbox));
        let first = Page { after: None, skip: 0, limit: 1 };
        let invitations = &self.core.ports.invitations;
        Ok(!invitations.list(user.tenant, &open(filter), first, now).await?.is_empty())
    }

    async fn changes(
        &self,
        caller: &Caller,
        organization: &Organization,
        user: &User,
        new: &NewUser,
        now: Timestamp,
    ) -> Result<Changes, AddUserError> {
        let Ports { entropy, postman, .. } = &self.core.ports;
        let above = self.above(organization, user).await?;
        let doors = iter::once(organization).chain(&above).cloned().collect();
        let mut seats = self.admission.doors(caller.tenant, doors, now).await?;
        let gift = caller.gift(now);
        let mut member = |organization: &OrganizationId| {
            let (id, mailbox) = (MembershipId(entropy.id()), user.mailbox.as_ref());
            seats.join(Newcomer { id, user: &user.id, mailbox, organization }, &gift)
        };
        let wanted = usize::from(new.pin.is_some());
        let drawn = self.pins.draw(caller.tenant, &organization.id, wanted).await?.pop();
        let pin = drawn.map(|it| it.ok_or(AddUserError::NoPin)).transpose()?;
        let pin_allowed = new.pin.is_some_and(|it| it.allowed);
        let membership = member(&organization.id)?.with_roles(new.roles.clone(), &gift);
        let has_news = pin.is_some() || new.status == NewStatus::Active;
        let membership = match pin {
            Some(pin) => membership.with_pin(pin, &gift).with_pin_allowed(pin_allowed, &gift),
            None => membership,
        };
        let is_disabled = new.status == NewStatus::Disabled;
        let is_notified = has_news && !is_disabled && user.mailbox.is_some() && postman.delivers();
        let membership = if is_notified { membership.with_next_letter(now) } else { membership };
        // Whoever is bound to the organization below gives no right in the one above.
        let at_home = |it: &Organization| {
            let pin_allowed = pin_allowed && caller.oversees(it);
            Ok::<_, Refusal>(member(&it.id)?.with_pin_allowed(pin_allowed, &gift))
        };
        let at_home = above.as_ref().map(at_home).transpose()?;
        let (lapsed, invitation) = match (&user.mailbox, new.status) {
            (Some(mailbox), NewStatus::Invited) => (
                self.lapsed(caller, organization, mailbox, now).await?,
                Some(self.invitation(caller, organization, user, mailbox, new, now)),
            ),
            _ => (None, None),
        };
        let trail = Trail::of(caller, now, &**entropy);
        let note = |action, it: &Invitation| trail.note(action, Subject::Invitation(it.id));
        let mut budget = Budget::of_caller(&self.core, caller, now, &user.mailbox).await?;
        if let Some(it) = &invitation {
            budget.spend(Item::invitation(it)).map_err(Refusal::from)?;
        }
        if let Some(it) = user.mailbox.as_ref().filter(|_| is_notified) {
            budget.spend(Item::letter(it)).map_err(Refusal::from)?;
        }
        let seated = seats.seated(caller.tenant, now);
        let mut changes = Changes { seated, spent: budget.spent(), ..Changes::default() };
        changes.audit.push(trail.note_membership(Action::UserAdded, &membership));
        changes.audit.extend(lapsed.iter().map(|it| note(Action::Lapsed, it)));
        changes.audit.extend(invitation.iter().map(|it| note(Action::Invited, it)));
        changes.jobs.extend(invitation.iter().filter_map(|it| letter_job(&**entropy, it)));
        changes.jobs.extend(welcome(&**entropy, &membership));
        changes.users.push(user.clone());
        changes.memberships.push(membership);
        changes.memberships.extend(at_home);
        changes.invitations.extend(lapsed.into_iter().chain(invitation));
        Ok(changes)
    }

    /// The organization above, which is to be the user's home.
    async fn above(
        &self,
        organization: &Organization,
        user: &User,
    ) -> Result<Option<Organization>, StoreError> {
        match user.home.as_ref().filter(|it| **it != organization.id) {
            Some(home) => self.core.ports.organizations.find(user.tenant, home).await,
            None => Ok(None),
        }
    }

    /// The expired invitation that makes room for this one; a pending one does not.
    async fn lapsed(
        &self,
        caller: &Caller,
        organization: &Organization,
        mailbox: &Mailbox,
        now: Timestamp,
    ) -> Result<Option<Invitation>, AddUserError> {
        let who = UserRef::Mailbox(mailbox.clone());
        let query = InviteeQuery { who, organization: Some(organization.id.clone()) };
        let state = self.core.ports.directory.resolve(caller.tenant, &[query]).await?.pop();
        let held = state.and_then(|it| it.pending);
        held.map(|it| it.lapse(now).ok_or(AddUserError::Exists)).transpose()
    }

    fn invitation(
        &self,
        caller: &Caller,
        organization: &Organization,
        user: &User,
        mailbox: &Mailbox,
        new: &NewUser,
        now: Timestamp,
    ) -> Invitation {
        let offer = Offer {
            organization: Some(organization.id.clone()),
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
