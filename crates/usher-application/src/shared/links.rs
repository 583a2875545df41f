//! The links that open invitations: derived when they are needed, stored nowhere.

use std::{fmt, sync::Arc};

use url::form_urlencoded::Serializer;
use usher_domain::{
    AccountLetter, AccountLetterKind, AccountLettersId, Actor, Caller, Closed, HandedOver,
    Invitation, InvitationId, LinkKind, Means, Membership, Organization, Purpose, Session, Shown,
    Status, Tenant, TenantId, Timestamp, Token, User, UserStatus,
};

use crate::{
    ports::error::StoreError,
    shared::{core::Core, defined_roles::Defined, invitee::invitee, means},
};

/// Makes links, and tells whose a link is.
#[derive(Clone)]
pub struct Links {
    core: Arc<Core>,
}

/// A link that a caller is shown, to hand it over. It proves nothing about whoever uses it: see
/// [`LinkKind::HandedOver`].
#[derive(Clone, PartialEq, Eq)]
pub struct HandedOverLink {
    /// Secret.
    pub token: String,
    /// Where the invitee accepts by that token: `{public_url}/accept?invitation={token}`.
    pub uri: String,
}

impl fmt::Debug for HandedOverLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandedOverLink(…)")
    }
}

/// What a token says, and what proves it.
enum Read {
    Mailed(Token),
    HandedOver(HandedOver),
}

impl Read {
    fn invitation(&self) -> (TenantId, InvitationId) {
        match self {
            Self::Mailed(it) => (it.tenant, InvitationId(it.id)),
            Self::HandedOver(it) => (it.tenant, it.invitation),
        }
    }
}

/// What a link opens, in whatever state it is.
pub(crate) struct OpenedLink {
    pub(crate) invitation: Invitation,
    pub(crate) kind: LinkKind,
    /// The user whom the invitation is for, if there is one yet.
    pub(crate) known: Option<User>,
    /// Whether the link can be used, and why not.
    pub(crate) open: Result<(), Closed>,
    /// With what its holder called, and who that is; none unless it was handed over and can be used.
    pub(crate) shown_to: Option<(Means, Actor)>,
}

impl OpenedLink {
    /// For whoever uses the link now.
    pub(crate) fn shown(&self, now: Timestamp) -> Option<Shown> {
        self.shown_to.as_ref().map(|(_, to)| Shown { to: to.clone(), used_at: now })
    }

    /// For the audit: by whose link something was done, where that was handed over.
    pub(crate) fn detail(&self) -> Option<String> {
        self.shown_to.as_ref().map(|(means, actor)| match (means, actor) {
            (Means::Key(id), _) => format!("by the link that key {id} was shown"),
            (Means::Session(_), Actor::User(id)) => {
                format!("by the link that a session of {id} was shown")
            }
            _ => "by the link that a command showed".to_owned(),
        })
    }

    /// Whether somebody has accepted already. Then the link opens the account alone: see
    /// [`LinkKind::takes_back`].
    pub(crate) fn is_accepted(&self) -> bool {
        self.invitation.status == Status::Accepted
    }

    /// Whether this session is one of the user whom the invitation is for, who is active. A pin is good
    /// for its organization, and for no more.
    pub(crate) fn is_for(&self, session: &Session) -> bool {
        let is_theirs = |it: &User| {
            let is_active = it.status == UserStatus::Active;
            is_active && session.tenant == it.tenant && session.user == it.id
        };
        session.organization.is_none() && self.known.as_ref().is_some_and(is_theirs)
    }
}

impl Links {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The path below [`Policy::public_url`](crate::policy::Policy) where invitations are accepted.
    pub const ACCEPT: &str = "/accept";
    /// The path where people sign in with a password.
    pub const SIGN_IN: &str = "/signin";
    /// The path where somebody who forgot their password asks for a link.
    pub const FORGOT: &str = "/forgot";
    /// The path where that link leads.
    pub const RESET: &str = "/reset";
    /// The path where people prove that they read their mailbox.
    pub const CONFIRM: &str = "/confirm";
    /// The path where members sign in with a pin.
    pub const PIN: &str = "/pin";

    /// The link to the invitation for whoever called with this, to hand it over. It ends with that.
    pub(crate) fn handed_over(&self, invitation: &Invitation, to: &Means) -> HandedOverLink {
        let Invitation { tenant, id, generation, .. } = *invitation;
        let said = HandedOver { tenant, invitation: id, generation, to: to.clone() };
        let token = self.core.keyring.seal(Purpose::HandedOverLink, b"", &said.to_bytes());
        HandedOverLink { uri: self.to_accept(&token), token }
    }

    /// The link in the letter to the invitee. It proves the mailbox, so that no adapter but the
    /// postman ever gets it.
    pub(crate) fn mailed(&self, invitation: &Invitation) -> String {
        let Invitation { tenant, id, generation, .. } = *invitation;
        self.to_accept(&self.core.keyring.token(Purpose::MailedLink, tenant, id.0, generation))
    }

    /// The invitation that a token names; none for a text that is no token of a link. Whether it opens
    /// the invitation is not said.
    #[must_use]
    pub fn names(&self, token: &str) -> Option<InvitationId> {
        self.read(token).map(|it| it.invitation().1)
    }

    /// A mailed token has 64 characters, and a handed-over one more.
    fn read(&self, token: &str) -> Option<Read> {
        if let Some(mailed) = Token::parse(token) {
            return Some(Read::Mailed(mailed));
        }
        let said = self.core.keyring.open(Purpose::HandedOverLink, b"", token)?;
        HandedOver::from_bytes(&said).map(Read::HandedOver)
    }

    fn to_accept(&self, token: &str) -> String {
        self.to(Self::ACCEPT, &format!("invitation={token}"))
    }

    /// Where people sign in with a password: `{public_url}/signin?tenant={name}`.
    #[must_use]
    pub fn sign_in(&self, tenant: &Tenant) -> String {
        let query = Serializer::new(String::new()).append_pair("tenant", &tenant.name).finish();
        self.to(Self::SIGN_IN, &query)
    }

    /// The link in a letter about an account: to what it is for, with a token that is bound to what
    /// the account is now; or else to where the user asks for one.
    pub(crate) fn account(&self, user: &User, letter: &AccountLetter, tenant: &Tenant) -> String {
        let path = match letter.kind {
            AccountLetterKind::Confirmation => Self::CONFIRM,
            AccountLetterKind::Reset => Self::RESET,
            AccountLetterKind::PasswordChanged => Self::FORGOT,
        };
        let token = letter.kind.link().and_then(|(purpose, _)| {
            let state = user.bound_state(letter);
            let id = user.letters.as_ref()?.id;
            let token = self.core.keyring.token_bound_to(purpose, user.tenant, id.0, &state);
            Some(("token", token))
        });
        let mut query = Serializer::new(String::new());
        query.append_pair("tenant", &tenant.name).extend_pairs(token);
        self.to(path, &query.finish())
    }

    /// The user whose latest letter of this kind has this token in its link, if it is still good.
    pub(crate) async fn account_of(
        &self,
        token: &str,
        kind: AccountLetterKind,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let (Some(token), Some((purpose, _))) = (Token::parse(token), kind.link()) else {
            return Ok(None);
        };
        let Core { keyring, ports, .. } = &*self.core;
        let found = ports.users.written_to(&[(token.tenant, AccountLettersId(token.id))]).await?;
        let is_good = |user: &User| {
            let Some(letter) = user.letters.as_ref().and_then(|it| it.of(kind)) else {
                return false;
            };
            letter.expires_at().is_some_and(|it| now < it)
                && user.status == UserStatus::Active
                && keyring.proves_bound_to(purpose, &token, &user.bound_state(&letter))
        };
        Ok(found.into_iter().flatten().next().filter(is_good))
    }

    /// Where members sign in with a pin: `{public_url}/pin?tenant={name}&organization={id}`.
    #[must_use]
    pub fn pin(&self, tenant: &Tenant, organization: &Organization) -> String {
        let query = Serializer::new(String::new())
            .append_pair("tenant", &tenant.name)
            .append_pair("organization", organization.id.as_str())
            .finish();
        self.to(Self::PIN, &query)
    }

    fn to(&self, path: &str, query: &str) -> String {
        format!("{}{path}?{query}", self.core.policy.public_url)
    }

    /// What a token opens, with the user whom it is for. `None` for a token that was never made here.
    ///
    /// A link is good only for an address that its user has now: whoever reads the old one is not
    /// the invitee any more.
    pub(crate) async fn opened_by(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<OpenedLink>, StoreError> {
        let Some(read) = self.read(token) else { return Ok(None) };
        let Core { keyring, ports, .. } = &*self.core;
        let found = ports.invitations.proven(&[read.invitation()]).await?;
        let Some(invitation) = found.into_iter().flatten().next() else { return Ok(None) };
        let (kind, link) = match &read {
            Read::Mailed(token) => {
                let proves = |generation| keyring.proves(Purpose::MailedLink, token, generation);
                (LinkKind::Mailed, invitation.admits(proves, now))
            }
            Read::HandedOver(said) => {
                let proves = |generation| generation == said.generation;
                (LinkKind::HandedOver, invitation.admits(proves, now))
            }
        };
        let Some(link) = link else { return Ok(None) };
        let known = ports.users.find(invitation.tenant, &invitee(&invitation)).await?;
        let is_theirs = known.as_ref().is_none_or(|it| it.has_address(&invitation.mailbox));
        let address = if is_theirs { Ok(()) } else { Err(Closed::Readdressed) };
        let is_open = match invitation.open(now) {
            Err(Closed::Accepted) if kind.takes_back(&invitation, known.as_ref()) => {
                if now < invitation.expires_at { Ok(()) } else { Err(Closed::Accepted) }
            }
            other => other,
        };
        let open = is_open.and(link).and(address);
        let (open, shown_to) = match read {
            Read::HandedOver(said) if open.is_ok() => {
                match self.holder(&invitation, &said.to).await? {
                    Some(holder) => (open, Some((said.to, holder.actor))),
                    None => (Err(Closed::Void), None),
                }
            }
            Read::HandedOver(_) | Read::Mailed(_) => (open, None),
        };
        Ok(Some(OpenedLink { invitation, kind, known, open, shown_to }))
    }

    /// Whoever was shown a link, if they could still make the invitation, with all that it gives now: it
    /// may give more than it did when they were shown it.
    async fn holder(
        &self,
        invitation: &Invitation,
        to: &Means,
    ) -> Result<Option<Caller>, StoreError> {
        let Core { ports, .. } = &*self.core;
        let Some(holder) = means::holder(ports, invitation.tenant, to).await? else {
            return Ok(None);
        };
        let offer = &invitation.offer;
        let defined = Defined::of(&*ports.roles, invitation.tenant, offer.roles.iter()).await?;
        let place = offer.organization.as_ref();
        let may =
            holder.may_offer(offer) && defined.fit_words(&holder, &offer.roles, place).is_ok();
        Ok(Some(holder).filter(|_| may))
    }

    /// What the invitee belongs to already.
    pub(crate) async fn held(&self, opened: &OpenedLink) -> Result<Vec<Membership>, StoreError> {
        match &opened.known {
            None => Ok(Vec::new()),
            Some(it) => self.core.ports.organizations.memberships_of(it.tenant, &it.id).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use usher_domain::{Authority, Credential, CredentialId, CredentialSecret, Role};
    use uuid::Uuid;

    use super::*;
    use crate::{
        policy::Policy,
        testing::{
            TENANT, core,
            fake_store::{FakeStore, invited_to, place},
            keyring, noon, role,
        },
    };

    /// The invitation may have been changed since the link was shown.
    #[tokio::test]
    async fn a_handed_over_link_opens_what_its_holder_could_offer_now() {
        let lead = || vec!["lead".to_owned()];
        for (holder, bound, offered, roles, opens) in [
            (Authority::OrgAdmin, None, Some(Authority::OrgAdmin), lead(), true),
            (Authority::Helpdesk, None, None, lead(), true),
            (Authority::Helpdesk, None, Some(Authority::Reader), vec![], false),
            (Authority::Helpdesk, Some("team"), None, vec![], true),
            (Authority::Helpdesk, Some("other"), None, vec![], false),
            (Authority::Inviter, None, None, vec![], true),
            (Authority::Inviter, None, None, lead(), false),
            (Authority::Reader, None, None, vec![], false),
        ] {
            let key = Credential {
                id: CredentialId(Uuid::from_u128(0xc)),
                tenant: TENANT,
                secret_digest: CredentialSecret::from([3; 32]).digest(),
                authority: holder,
                user: None,
                organization: bound.map(place),
                created_at: noon(),
                made_by: Actor::System,
                revoked_at: None,
                expires_at: None,
                version: 1,
            };
            let mut invitation = invited_to(1, "ada", "team");
            invitation.offer.authority = offered;
            invitation.offer.roles.clone_from(&roles);
            let said = HandedOver {
                tenant: invitation.tenant,
                invitation: invitation.id,
                generation: invitation.generation,
                to: Means::Key(key.id),
            };
            let world = FakeStore::of(vec![], vec![]);
            world.state().roles.push(Role { given_by: Authority::Helpdesk, ..role("lead") });
            world.state().credentials.push(key);
            world.state().invitations.push(invitation);
            let links = Links::new(&core(&world.ports, &Policy::at("http://usher.test")));
            let token = keyring().seal(Purpose::HandedOverLink, b"", &said.to_bytes());
            let opened = links.opened_by(&token, noon()).await.unwrap().unwrap();
            let expected = if opens { Ok(()) } else { Err(Closed::Void) };
            assert_eq!(opened.open, expected, "{holder} {bound:?} {offered:?} {roles:?}");
        }
    }
}
