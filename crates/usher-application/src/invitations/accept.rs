//! Accept an invitation.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Closed, InvalidText, Invitation, Membership, MembershipId, Organization,
    Refusal, Session, Subject, Timestamp, User, UserId, UserStatus, WeakPassword, line,
    merge_roles,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        admission::{Admission, Newcomer, OpenSeats, admits, redeemed},
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        invitee::invitee,
        inviter_check::InviterCheck,
        links::Links,
        session_cookies::{SessionCookies, SignedIn},
    },
};

/// Accepts an invitation: the invitee becomes an active user, and a member of what it offers.
pub struct AcceptInvitation {
    core: Arc<Core>,
    links: Links,
    sessions: SessionCookies,
    admission: Admission,
    inviter_check: InviterCheck,
}

/// Who accepts an invitation.
#[derive(Clone)]
pub enum Acceptor<'a> {
    /// Somebody who is not signed in and has the link, which proves that the mailbox is theirs.
    /// Without a password they cannot sign in to usher, only to the product.
    Newcomer { name: &'a str, password: Option<&'a str> },
    /// Somebody who is signed in.
    Session(&'a Session),
}

/// An invitation that was accepted.
#[derive(Debug)]
pub struct Accepted {
    pub invitation: Invitation,
    pub user: User,
    /// The session of a newcomer who chose a password.
    pub signed_in: Option<SignedIn>,
}

/// Why an invitation was not accepted.
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
    #[error("the organization is not active")]
    Inactive,
    #[error("addresses of that domain may not belong to the organization")]
    Domain,
    #[error(transparent)]
    Name(#[from] InvalidText),
    #[error(transparent)]
    Password(#[from] WeakPassword),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AcceptInvitation {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self {
            core: core.clone(),
            links: Links::new(core),
            sessions: SessionCookies::new(core),
            admission: Admission::new(core),
            inviter_check: InviterCheck::new(core),
        }
    }

    /// Accepts the invitation that this token opens, in one commit with the user, the memberships
    /// and the session.
    ///
    /// # Errors
    /// Of several who accept one invitation at once, one succeeds; the others get
    /// [`AcceptError::Closed`], because it was accepted.
    #[tracing::instrument(skip_all)]
    pub async fn run(&self, token: &str, by: Acceptor<'_>) -> Result<Accepted, AcceptError> {
        let Ports { clock, entropy, ledger, organizations, .. } = &self.core.ports;
        let by = &by;
        commit(&**ledger, "accept", |_| async move {
            let now = clock.now();
            let opened = self.links.opened_by(token, now).await?;
            let (invitation, link) = opened.ok_or(AcceptError::Unknown)?;
            invitation.open(now).and(link)?;
            self.still_stands(&invitation).await?;
            let user = self.user(&invitation, by, now).await?;
            let invitation = invitation.accept(user.id.clone(), now)?;
            let user = granted(user, &invitation);
            let signed_in = matches!(by, Acceptor::Newcomer { password: Some(_), .. })
                .then(|| self.sessions.open(&user, now));
            let held = organizations.memberships_of(user.tenant, &user.id).await?;
            let own = self.membership(&invitation, &user.id, &held, now);
            let (joined, open_seats) = self.joined(&invitation, &user, &held, now).await?;
            let actor = Actor::User(user.id.clone());
            let trail = Trail::by(&actor, invitation.tenant, now, &**entropy);
            let mut audit = vec![trail.note(Action::Accepted, Subject::Invitation(invitation.id))];
            audit.extend(joined.iter().map(|it| {
                let organization = it.organization.to_string();
                trail.note_with(Action::MemberAdded, Subject::User(it.user.clone()), organization)
            }));
            let changes = Changes {
                memberships: own.into_iter().chain(joined).collect(),
                seated: open_seats.seated(user.tenant, now),
                sessions: signed_in.iter().map(|it| it.session.clone()).collect(),
                users: vec![user.clone()],
                invitations: vec![invitation.clone()],
                audit,
                ..Changes::default()
            };
            Ok(Decision::Commit(changes, Accepted { invitation, user, signed_in }))
        })
        .await
    }

    /// The user who accepts, active and with their name and password, without what the offer grants.
    async fn user(
        &self,
        invitation: &Invitation,
        by: &Acceptor<'_>,
        now: Timestamp,
    ) -> Result<User, AcceptError> {
        let tenant = invitation.tenant;
        let known = self.core.ports.users.find(tenant, &invitee(invitation)).await?;
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
                        let good = self.core.policy.passwords.check(it, &personal)?;
                        Some(self.core.ports.passwords.hash(&good).await?)
                    }
                };
                let user = match known {
                    Some(user) => user.touched(now),
                    None => User {
                        mailbox: Some(invitation.mailbox.clone()),
                        ..User::new(UserId::from(self.core.ports.entropy.id()), tenant, now)
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

    /// Whether it can still be accepted: meanwhile the organization may have been removed or
    /// deactivated, may admit other domains, or the inviter may not invite any more.
    async fn still_stands(&self, invitation: &Invitation) -> Result<(), AcceptError> {
        if let Some(id) = &invitation.offer.organization {
            let found = self.core.ports.organizations.find(invitation.tenant, id).await?;
            let organization = found.ok_or(Closed::Revoked)?;
            admits(&organization, Some(&invitation.mailbox)).map_err(|refusal| match refusal {
                Refusal::InactiveOrganization => AcceptError::Inactive,
                _ => AcceptError::Domain,
            })?;
        }
        if self.inviter_check.holds(invitation).await? {
            Ok(())
        } else {
            Err(AcceptError::Closed(Closed::Revoked))
        }
    }

    /// The membership that the invitation offers: a new one, or more roles in the one there is.
    fn membership(
        &self,
        invitation: &Invitation,
        user: &UserId,
        held: &[Membership],
        now: Timestamp,
    ) -> Option<Membership> {
        let organization = invitation.offer.organization.as_ref()?;
        let held = held.iter().find(|it| it.organization == *organization).cloned();
        let roles = invitation.offer.roles.clone();
        Some(if let Some(held) = held {
            Membership { roles: merge_roles(held.roles.clone(), &roles), ..held }.touched()
        } else {
            let id = MembershipId(self.core.ports.entropy.id());
            Membership { roles, ..redeemed(id, invitation, user, organization, now) }
        })
    }

    /// Memberships in the other organizations that let everybody with such an address join: the link
    /// proves the address if a letter was sent. Organizations without a free seat are left out.
    async fn joined(
        &self,
        invitation: &Invitation,
        user: &User,
        held: &[Membership],
        now: Timestamp,
    ) -> Result<(Vec<Membership>, OpenSeats), StoreError> {
        if invitation.letters == 0 {
            return Ok((Vec::new(), OpenSeats::default()));
        }
        let domain = invitation.mailbox.domain();
        let open = self.core.ports.organizations.joined_by(user.tenant, domain).await?;
        let own = invitation.offer.organization.as_ref();
        let is_new = |it: &Organization| {
            Some(&it.id) != own
                && it.is_joined_by(&invitation.mailbox)
                && held.iter().all(|held| held.organization != it.id)
        };
        let open: Vec<_> = open.into_iter().filter(is_new).collect();
        let ids: Vec<_> = open.iter().map(|it| it.id.clone()).collect();
        let mut open_seats = self.admission.doors(user.tenant, open, now).await?;
        let joined = ids.iter().filter_map(|organization| {
            let id = MembershipId(self.core.ports.entropy.id());
            let mailbox = Some(&invitation.mailbox);
            let newcomer = Newcomer { id, user: &user.id, mailbox, organization };
            open_seats.join(newcomer, now).ok()
        });
        let joined = joined.collect();
        Ok((joined, open_seats))
    }
}

/// The user with what the invitation grants in the tenant itself. Nobody loses what they have.
fn granted(user: User, invitation: &Invitation) -> User {
    let offer = &invitation.offer;
    let roles = match offer.organization {
        None => merge_roles(user.roles, &offer.roles),
        Some(_) => user.roles,
    };
    let authority = match (user.authority, offer.authority) {
        (Some(has), Some(gets)) => Some(has.min(gets)),
        (has, gets) => has.or(gets),
    };
    User { roles, authority, ..user }
}

#[cfg(test)]
mod tests;
