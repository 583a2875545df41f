//! Accept an invitation, or decline it.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Closed, Entry, EntryId, InvalidText, Invitation, Membership, MembershipId,
    PasswordRules, Session, Subject, Timestamp, User, UserId, UserStatus, WeakPassword, line,
};

use crate::{
    Changes, Clock, CommitError, Entropy, Ledger, Links, Organizations, Passwords, Policy, Ports,
    StoreError, Users, find::invitee, sessions::SignedIn,
};

/// Lets the invitee in.
pub struct AcceptInvitation {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    organizations: Arc<dyn Organizations>,
    users: Arc<dyn Users>,
    passwords: Arc<dyn Passwords>,
    ledger: Arc<dyn Ledger>,
    links: Links,
    sessions: crate::sessions::Cookies,
    rules: PasswordRules,
}

/// Who accepts.
#[derive(Clone)]
pub enum Acceptor<'a> {
    /// Whoever holds the link, which proves the mailbox. Without a password they cannot sign in
    /// here, only in the product.
    Newcomer { name: &'a str, password: Option<&'a str> },
    /// Someone signed in.
    Session(&'a Session),
}

/// Someone is in.
#[derive(Debug)]
pub struct Accepted {
    pub invitation: Invitation,
    pub user: User,
    /// For newcomers who chose a password: they are signed in.
    pub signed_in: Option<SignedIn>,
}

/// Why they are not.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("no such link was ever sent")]
    Unknown,
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The invitee has an account already, so the link alone is not enough.
    #[error("the invitee must sign in first")]
    SignInFirst,
    #[error("the invitation is for someone else than who is signed in")]
    SomeoneElse,
    #[error("the invitee's account is disabled")]
    Disabled,
    #[error(transparent)]
    Name(#[from] InvalidText),
    #[error(transparent)]
    Password(#[from] WeakPassword),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const ROUNDS: usize = 4;

impl AcceptInvitation {
    #[must_use]
    pub fn new(
        ports: &Ports,
        links: &Links,
        cookies: &crate::sessions::Cookies,
        policy: &Policy,
    ) -> Self {
        let Ports { clock, entropy, organizations, users, passwords, ledger, .. } = ports.clone();
        Self {
            clock,
            entropy,
            organizations,
            users,
            passwords,
            ledger,
            links: links.clone(),
            sessions: cookies.clone(),
            rules: policy.passwords,
        }
    }

    /// Of many who accept one invitation at once, one is in; the others hear that it was accepted.
    #[tracing::instrument(skip_all)]
    pub async fn run(&self, token: &str, by: Acceptor<'_>) -> Result<Accepted, AcceptError> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let opened = self.links.opened_by(token, now).await?;
            let (invitation, link) = opened.ok_or(AcceptError::Unknown)?;
            invitation.open(now).and(link)?;
            let user = self.user(&invitation, &by, now).await?;
            let invitation = invitation.accept(user.id.clone(), now)?;
            let user = granted(user, &invitation);
            let signed_in = matches!(by, Acceptor::Newcomer { password: Some(_), .. })
                .then(|| self.sessions.open(&user, now));
            let entry = Entry {
                id: EntryId(self.entropy.id()),
                tenant: invitation.tenant,
                at: now,
                actor: Actor::User(user.id.clone()),
                action: Action::Accepted,
                subject: Subject::Invitation(invitation.id),
                detail: None,
            };
            let changes = Changes {
                memberships: self
                    .membership(&invitation, &user.id, now)
                    .await?
                    .into_iter()
                    .collect(),
                sessions: signed_in.iter().map(|it| it.session.clone()).collect(),
                users: vec![user.clone()],
                invitations: vec![invitation.clone()],
                audit: vec![entry],
                ..Changes::default()
            };
            match self.ledger.commit(&changes).await {
                Ok(()) => return Ok(Accepted { invitation, user, signed_in }),
                // Someone changed the same things: what they made of them decides.
                Err(CommitError::Lost(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same user").into())
    }

    /// The user who is in from now on, changed but not yet granted anything.
    async fn user(
        &self,
        invitation: &Invitation,
        by: &Acceptor<'_>,
        now: Timestamp,
    ) -> Result<User, AcceptError> {
        let tenant = invitation.tenant;
        let found = self.users.find_many(tenant, &[invitee(invitation)]).await?;
        let known = found.into_iter().flatten().next();
        if let Some(user) = known.as_ref().filter(|it| it.status == UserStatus::Disabled) {
            tracing::info!(user = %user.id, "a disabled user tried to accept");
            return Err(AcceptError::Disabled);
        }
        let is_in = known.as_ref().is_some_and(|it| it.status == UserStatus::Active);
        // Whoever has no password here has nothing but the mailbox to prove who they are.
        let signs_in = known.as_ref().is_some_and(User::signs_in);
        match (by, known) {
            // A pin is good for its organization, and for no more.
            (Acceptor::Session(session), _) if session.organization.is_some() => {
                Err(AcceptError::SignInFirst)
            }
            (Acceptor::Session(session), known) if session.tenant == tenant => match known {
                Some(user) if is_in && user.id == session.user => Ok(user.touched(now)),
                _ => Err(AcceptError::SomeoneElse),
            },
            (Acceptor::Session(_), _) => Err(AcceptError::SomeoneElse),
            (Acceptor::Newcomer { .. }, Some(_)) if signs_in => Err(AcceptError::SignInFirst),
            (Acceptor::Newcomer { name, password }, known) => {
                let name = line("name", name, 120)?;
                let password = match password {
                    None => None,
                    Some(it) => {
                        let personal = [name.as_str(), invitation.mailbox.typed()];
                        let good = self.rules.check(it, &personal)?;
                        Some(self.passwords.hash(&good).await?)
                    }
                };
                let user = match known {
                    Some(user) => user.touched(now),
                    None => User {
                        mailbox: Some(invitation.mailbox.clone()),
                        ..User::new(UserId::from(self.entropy.id()), tenant, now)
                    },
                };
                Ok(User {
                    status: UserStatus::Active,
                    display_name: Some(name),
                    locale: user.locale.or_else(|| invitation.offer.locale.clone()),
                    password: password.or(user.password),
                    ..user
                })
            }
        }
    }

    /// The membership that the invitation offers: a new one, or more roles in the one there is.
    async fn membership(
        &self,
        invitation: &Invitation,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Membership>, StoreError> {
        let Some(organization) = &invitation.offer.organization else { return Ok(None) };
        let of_user = std::slice::from_ref(user);
        let all = self.organizations.memberships(invitation.tenant, of_user).await?;
        let held = all.into_iter().find(|it| it.organization == *organization);
        let roles = invitation.offer.roles.clone();
        Ok(Some(if let Some(held) = held {
            Membership { roles: union(held.roles.clone(), &roles), ..held }.touched()
        } else {
            let (id, place) = (MembershipId(self.entropy.id()), organization.clone());
            let new = Membership::new(id, invitation.tenant, user.clone(), place, now);
            Membership { roles, ..new }
        }))
    }
}

/// What an invitation gives in the tenant itself. Nobody loses what they have.
fn granted(user: User, invitation: &Invitation) -> User {
    let offer = &invitation.offer;
    let roles = match offer.organization {
        None => union(user.roles, &offer.roles),
        Some(_) => user.roles,
    };
    let authority = match (user.authority, offer.authority) {
        (Some(has), Some(gets)) => Some(has.min(gets)),
        (has, gets) => has.or(gets),
    };
    User { roles, authority, ..user }
}

fn union(mut held: Vec<String>, more: &[String]) -> Vec<String> {
    for it in more {
        if !held.contains(it) {
            held.push(it.clone());
        }
    }
    held
}

/// Takes the invitee's no.
pub struct DeclineInvitation {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ledger: Arc<dyn Ledger>,
    links: Links,
}

/// Why it was not declined.
#[derive(Debug, thiserror::Error)]
pub enum DeclineError {
    #[error("no such link was ever sent")]
    Unknown,
    #[error(transparent)]
    Closed(#[from] Closed),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DeclineInvitation {
    #[must_use]
    pub fn new(ports: &Ports, links: &Links) -> Self {
        let Ports { clock, entropy, ledger, .. } = ports.clone();
        Self { clock, entropy, ledger, links: links.clone() }
    }

    pub async fn run(&self, token: &str) -> Result<Invitation, DeclineError> {
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let opened = self.links.opened_by(token, now).await?;
            let (invitation, link) = opened.ok_or(DeclineError::Unknown)?;
            invitation.open(now).and(link)?;
            let declined = invitation.decline(now)?;
            let entry = Entry {
                id: EntryId(self.entropy.id()),
                tenant: declined.tenant,
                at: now,
                actor: declined.user.clone().map_or(Actor::System, Actor::User),
                action: Action::Declined,
                subject: Subject::Invitation(declined.id),
                detail: None,
            };
            let changes = Changes {
                invitations: vec![declined.clone()],
                audit: vec![entry],
                ..Changes::default()
            };
            match self.ledger.commit(&changes).await {
                Ok(()) => return Ok(declined),
                Err(CommitError::Lost(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::new("too many others write the same invitation").into())
    }
}

#[cfg(test)]
mod tests;
