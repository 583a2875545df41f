//! Accept an invitation.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Closed, Entrance, Gift, InvalidText, Invitation, LinkKind, Mailbox, Membership,
    MembershipId, Organization, OrganizationId, Refusal, Session, Subject, Timestamp, User, UserId,
    UserStatus, WeakPassword, line,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes, passwords::HashedFor},
    shared::{
        admission::{Admission, Newcomer, OpenSeats, admits, redeemed},
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        inviter_check::InviterCheck,
        links::{Links, OpenedLink},
        session_cookies::{SessionCookies, SignedIn, UserAgent},
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
    /// Somebody who is not signed in and has the link. What it opens for them is an [`Entrance`].
    /// Without a password they cannot sign in to usher, only to the product. With one they are signed
    /// in, and the session that their browser had until now ends.
    Newcomer { name: &'a str, password: Option<&'a str>, agent: UserAgent<'a> },
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

/// Who accepts, and what they chose, which is good.
enum Choice<'a> {
    Newcomer { name: String, password: Option<String> },
    Session(&'a Session),
}

/// The user who accepts.
struct Arrival {
    user: User,
    /// Whether they took their account back: see [`Entrance::Recover`].
    is_recovered: bool,
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
    /// The invitee has an account already, or something was granted to them. The link was handed over, so
    /// that they sign in, or use one that was mailed to them.
    #[error("the link was handed over, so it opens no account: sign in, or have it mailed")]
    MailFirst,
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
    /// and the session. The mailed link of an invitation that somebody accepted before takes the account
    /// back, and gives nothing anew.
    ///
    /// # Errors
    /// Of several who accept one invitation at once, one succeeds; the others get
    /// [`AcceptError::Closed`], because it was accepted.
    #[tracing::instrument(skip_all)]
    pub async fn run(&self, token: &str, by: Acceptor<'_>) -> Result<Accepted, AcceptError> {
        let Ports { clock, ledger, .. } = &self.core.ports;
        let by = &by;
        commit(&**ledger, "accept", |met| async move {
            let now = clock.now();
            let opened = self.links.opened_by(token, now).await?.ok_or(AcceptError::Unknown)?;
            opened.open?;
            if !opened.is_accepted() {
                self.still_stands(&opened).await?;
            }
            // What is wrong with a choice is said before anything is read or said of an account, so that
            // neither the answer nor its time tells whoever was handed the link who has one.
            let choice = self.choice(by, &opened.invitation.mailbox)?;
            let held = self.links.held(&opened).await?;
            let arrival = self.arrival(&opened, choice, &held, now).await?;
            let (changes, accepted) = self.changes(&opened, by, arrival, held, now).await?;
            let changes = match (by, &accepted.signed_in) {
                (Acceptor::Newcomer { agent, .. }, Some(it)) => {
                    self.sessions.replacing(agent, &it.session, changes, now, &met).await?
                }
                _ => changes,
            };
            Ok(Decision::Commit(changes, accepted))
        })
        .await
    }

    async fn changes(
        &self,
        opened: &OpenedLink,
        by: &Acceptor<'_>,
        arrival: Arrival,
        held: Vec<Membership>,
        now: Timestamp,
    ) -> Result<(Changes, Accepted), AcceptError> {
        let Arrival { user, is_recovered } = arrival;
        let is_accepted = opened.is_accepted();
        let given = Granted::by(opened, now);
        let (invitation, user) = if is_accepted {
            let invitation = opened.invitation.clone();
            let user = if is_recovered { kept(user, opened) } else { user };
            (invitation, user)
        } else {
            let invitation = opened.invitation.accept(user.id.clone(), now)?;
            let user = given.to(user);
            (invitation, user)
        };
        let signed_in = match by {
            Acceptor::Newcomer { password: Some(_), agent, .. } => {
                Some(self.sessions.open(&user, agent.browser, now))
            }
            _ => None,
        };
        let (held, pinless) = if is_recovered { without_pins(&held) } else { (held, Vec::new()) };
        let own = if is_accepted {
            is_recovered.then(|| regained(&opened.invitation, &held)).flatten()
        } else {
            self.membership(&given, &user.id, &held, now)
        };
        let (joined, open_seats) = self.joined(opened.kind, &invitation, &user, &held, now).await?;
        let actor = Actor::User(user.id.clone());
        let trail = Trail::by(&actor, invitation.tenant, now, &*self.core.ports.entropy);
        let about_user = |action| trail.note(action, Subject::User(user.id.clone()));
        let subject = Subject::Invitation(invitation.id);
        let accepted = || trail.note_with(Action::Accepted, subject, opened.detail());
        let mut audit: Vec<_> = (!is_accepted).then(accepted).into_iter().collect();
        audit.extend(is_recovered.then(|| about_user(Action::AccountRecovered)));
        let was_proven = opened.known.as_ref().is_some_and(|it| it.mailbox_proven_at.is_some());
        let is_proven = user.mailbox_proven_at.is_some() && !was_proven;
        audit.extend(is_proven.then(|| about_user(Action::MailboxProven)));
        audit.extend(joined.iter().map(|it| trail.note_membership(Action::MemberAdded, it)));
        let is_own =
            |it: &Membership| own.as_ref().is_some_and(|own| own.organization == it.organization);
        let changes = Changes {
            memberships: pinless
                .into_iter()
                .filter(|it| !is_own(it))
                .map(Membership::touched)
                .chain(own.clone())
                .chain(joined)
                .collect(),
            seated: open_seats.seated(user.tenant, now),
            sessions: signed_in.iter().map(|it| it.session.clone()).collect(),
            users: vec![user.clone()],
            invitations: (!is_accepted).then(|| invitation.clone()).into_iter().collect(),
            audit,
            ..Changes::default()
        };
        Ok((changes, Accepted { invitation, user, signed_in }))
    }

    /// The user who accepts, without what the offer grants.
    async fn arrival(
        &self,
        opened: &OpenedLink,
        choice: Choice<'_>,
        held: &[Membership],
        now: Timestamp,
    ) -> Result<Arrival, AcceptError> {
        let OpenedLink { invitation, kind, known, .. } = opened;
        let entrance = kind.entrance(invitation, known.as_ref(), held);
        if let (Entrance::Shut, Some(user)) = (entrance, known) {
            tracing::info!(user = %user.id, "a disabled user tried to accept");
            return Err(AcceptError::Disabled);
        }
        match choice {
            // A pin is good for its organization, and for no more.
            Choice::Session(session) if session.organization.is_some() => {
                Err(AcceptError::SignInFirst)
            }
            Choice::Session(session) => match known {
                Some(user) if opened.is_for(session) => {
                    let user = user.clone().touched(now);
                    let proves = kind.proves(invitation, &user);
                    let user = if proves { user.proven(now) } else { user };
                    Ok(Arrival { user, is_recovered: false })
                }
                _ => Err(AcceptError::SomeoneElse),
            },
            Choice::Newcomer { .. } if entrance == Entrance::SignIn => {
                Err(AcceptError::SignInFirst)
            }
            Choice::Newcomer { .. } if entrance == Entrance::Mail => {
                tracing::info!(invitation = %invitation.id.0, "a handed-over link opens no account");
                Err(AcceptError::MailFirst)
            }
            Choice::Newcomer { name, password } => {
                let passwords = &self.core.ports.passwords;
                let password = match password {
                    None => None,
                    Some(good) => {
                        Some(passwords.hash(&passwords.place(HashedFor::Invited)?, &good).await?)
                    }
                };
                let is_recovered = entrance == Entrance::Recover;
                let user = self.newcomer(opened, is_recovered, now);
                let user = User {
                    status: UserStatus::Active,
                    display_name: Some(name),
                    locale: user.locale.or_else(|| invitation.offer.locale.clone()),
                    password: password.or(user.password),
                    ..user
                };
                Ok(Arrival { user, is_recovered })
            }
        }
    }

    /// The user who is let in by the link alone, as they are before they have a name and a password.
    fn newcomer(&self, opened: &OpenedLink, is_recovered: bool, now: Timestamp) -> User {
        let OpenedLink { invitation, kind, known, .. } = opened;
        let gift = &Granted::by(opened, now).gift;
        let user = match (known, kind) {
            // Whoever was handed the link opens the account, whoever made it.
            (Some(user), LinkKind::HandedOver) => user.clone().touched(now).given(gift),
            (Some(user), LinkKind::Mailed) => user.clone().touched(now),
            (None, _) => User {
                mailbox: Some(invitation.mailbox.clone()),
                ..User::new(UserId::from(self.core.ports.entropy.id()), invitation.tenant, now)
                    .given(gift)
            },
        };
        match kind {
            _ if is_recovered => user.recovered(now),
            LinkKind::Mailed if kind.proves(invitation, &user) => user.proven(now),
            LinkKind::Mailed => user,
            // Whoever uses it need not be who an administrator vouched for.
            LinkKind::HandedOver => User { mailbox_proven_at: None, ..user },
        }
    }

    fn choice<'a>(&self, by: &Acceptor<'a>, mailbox: &Mailbox) -> Result<Choice<'a>, AcceptError> {
        Ok(match *by {
            Acceptor::Session(session) => Choice::Session(session),
            Acceptor::Newcomer { name, password, .. } => {
                let name = line("name", name, 120)?;
                let personal = [name.as_str(), mailbox.typed()];
                let good = |it| self.core.policy.passwords.check(it, &personal);
                let password = password.map(good).transpose()?;
                Choice::Newcomer { name, password }
            }
        })
    }

    /// Whether it can still be accepted: meanwhile the organization may have been removed or
    /// deactivated, may admit other domains, or the inviter may not invite any more.
    async fn still_stands(&self, opened: &OpenedLink) -> Result<(), AcceptError> {
        let OpenedLink { invitation, known, .. } = opened;
        if let Some(id) = &invitation.offer.organization {
            let found = self.core.ports.organizations.find(invitation.tenant, id).await?;
            let organization = found.ok_or(Closed::Revoked)?;
            admits(&organization, Some(&invitation.mailbox)).map_err(|refusal| match refusal {
                Refusal::InactiveOrganization => AcceptError::Inactive,
                _ => AcceptError::Domain,
            })?;
        }
        let acceptor = known.as_ref().map(|it| &it.id);
        if self.inviter_check.holds(invitation, acceptor).await? {
            Ok(())
        } else {
            Err(AcceptError::Closed(Closed::Revoked))
        }
    }

    /// The membership that the invitation offers: a new one, or more roles in the one there is.
    fn membership(
        &self,
        Granted { invitation, gift, of_roles }: &Granted<'_>,
        user: &UserId,
        held: &[Membership],
        now: Timestamp,
    ) -> Option<Membership> {
        let organization = invitation.offer.organization.as_ref()?;
        let roles = &invitation.offer.roles;
        Some(if let Some(held) = held_in(organization, held) {
            held.touched().given(gift).with_more_roles(roles, of_roles)
        } else {
            let id = MembershipId(self.core.ports.entropy.id());
            redeemed(id, invitation, user, organization, gift, now).with_more_roles(roles, of_roles)
        })
    }

    /// Memberships in the other organizations that let everybody with such an address join, which
    /// a mailed link proves. Organizations without a free seat are left out.
    async fn joined(
        &self,
        kind: LinkKind,
        invitation: &Invitation,
        user: &User,
        held: &[Membership],
        now: Timestamp,
    ) -> Result<(Vec<Membership>, OpenSeats), StoreError> {
        if kind != LinkKind::Mailed {
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
        // Whoever proves such an address lets themselves in.
        let gift = Gift::new(Actor::User(user.id.clone()), now);
        let joined = ids.iter().filter_map(|organization| {
            let id = MembershipId(self.core.ports.entropy.id());
            let mailbox = Some(&invitation.mailbox);
            let newcomer = Newcomer { id, user: &user.id, mailbox, organization };
            open_seats.join(newcomer, &gift).ok()
        });
        let joined = joined.collect();
        Ok((joined, open_seats))
    }
}

/// All memberships without pins, and those among them that had one.
fn without_pins(held: &[Membership]) -> (Vec<Membership>, Vec<Membership>) {
    let pinless = |it: &Membership| Membership { pin: None, ..it.clone() };
    let had = held.iter().filter(|it| it.pin.is_some()).map(pinless).collect();
    (held.iter().map(pinless).collect(), had)
}

/// The user who took their account back by an invitation that was accepted before: of the authority
/// that the account had, they keep what the invitation offered.
fn kept(user: User, opened: &OpenedLink) -> User {
    let had = opened.known.as_ref().and_then(|it| it.authority);
    match had.zip(opened.invitation.offer.authority) {
        Some((had, offer)) => user.with_authority(had.max(offer), &opened.invitation.gift()),
        None => user,
    }
}

/// The membership that the invitation gave, in the hands of whoever it was for; none if it ended since.
fn regained(invitation: &Invitation, held: &[Membership]) -> Option<Membership> {
    let organization = invitation.offer.organization.as_ref()?;
    held_in(organization, held).map(|it| it.touched().with_invitee_in())
}

fn held_in(organization: &OrganizationId, held: &[Membership]) -> Option<Membership> {
    held.iter().find(|it| it.organization == *organization).cloned()
}

/// An invitation, and whose gift it is when it is accepted by a link.
struct Granted<'a> {
    invitation: &'a Invitation,
    /// All but the roles.
    gift: Gift,
    of_roles: Gift,
}

impl<'a> Granted<'a> {
    fn by(opened: &'a OpenedLink, now: Timestamp) -> Self {
        let (invitation, shown) = (&opened.invitation, opened.shown(now));
        let gift = invitation.gift().by_link(shown.clone());
        Self { invitation, gift, of_roles: invitation.gift_of_roles().by_link(shown) }
    }

    /// The user with what the invitation grants in the tenant itself. Nobody loses what they have.
    fn to(&self, user: User) -> User {
        let offer = &self.invitation.offer;
        let user = match offer.organization {
            None => user.with_more_roles(&offer.roles, &self.of_roles),
            Some(_) => user,
        };
        match offer.authority {
            Some(authority) => user.with_authority(authority, &self.gift),
            None => user,
        }
    }
}

#[cfg(test)]
mod tests;
