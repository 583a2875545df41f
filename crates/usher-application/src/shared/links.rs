//! The links that open invitations: derived when they are needed, stored nowhere.

use std::sync::Arc;

use url::form_urlencoded::Serializer;
use usher_domain::{
    AccountLetter, AccountLetterKind, AccountLettersId, Actor, Closed, Invitation, InvitationId,
    LinkKind, Organization, Tenant, Timestamp, Token, User, UserRef, UserStatus,
};

use crate::{
    ports::{Ports, error::StoreError},
    shared::{core::Core, invitee::invitee},
};

/// Makes links, and tells whose a link is.
#[derive(Clone)]
pub struct Links {
    core: Arc<Core>,
}

/// What a link opens, in whatever state it is.
pub(crate) struct OpenedLink {
    pub(crate) invitation: Invitation,
    pub(crate) kind: LinkKind,
    /// The user whom the invitation is for, if there is one yet.
    pub(crate) known: Option<User>,
    /// Whether the link can be used, and why not.
    pub(crate) open: Result<(), Closed>,
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

    /// What opens the invitation, for whom a caller who may see it hands it over to. It proves nothing
    /// about whoever uses it: see [`LinkKind::HandedOver`].
    #[must_use]
    pub fn token(&self, invitation: &Invitation) -> String {
        self.made(LinkKind::HandedOver, invitation)
    }

    /// Where the invitee accepts by that token: `{public_url}/accept?invitation={token}`.
    #[must_use]
    pub fn accept(&self, invitation: &Invitation) -> String {
        self.to_accept(&self.token(invitation))
    }

    /// The same for the letter to the invitee. This link proves the mailbox, so that no adapter but
    /// the postman ever gets it.
    pub(crate) fn mailed(&self, invitation: &Invitation) -> String {
        self.to_accept(&self.made(LinkKind::Mailed, invitation))
    }

    fn made(&self, kind: LinkKind, invitation: &Invitation) -> String {
        self.core.keyring.token(kind.purpose(), invitation.id.0, invitation.generation)
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
            Some(("token", self.core.keyring.token_bound_to(purpose, id.0, &state)))
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
        let found = ports.users.written_to(&[AccountLettersId(token.id)]).await?;
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
        let Some(token) = Token::parse(token) else { return Ok(None) };
        let Core { keyring, ports, .. } = &*self.core;
        let found = ports.invitations.proven(&[InvitationId(token.id)]).await?;
        let Some(invitation) = found.into_iter().flatten().next() else { return Ok(None) };
        let admitted = LinkKind::ALL.iter().find_map(|kind| {
            let proves = |generation| keyring.proves(kind.purpose(), &token, generation);
            invitation.admits(proves, now).map(|link| (*kind, link))
        });
        let Some((kind, link)) = admitted else { return Ok(None) };
        let known = ports.users.find(invitation.tenant, &invitee(&invitation)).await?;
        let is_theirs = known.as_ref().is_none_or(|it| it.has_address(&invitation.mailbox));
        let address = if is_theirs { Ok(()) } else { Err(Closed::Readdressed) };
        let open = invitation.open(now).and(link).and(address);
        let is_good = match kind {
            LinkKind::HandedOver if open.is_ok() => self.is_still_handed_over(&invitation).await?,
            LinkKind::HandedOver | LinkKind::Mailed => true,
        };
        let open = if is_good { open } else { Err(Closed::Revoked) };
        Ok(Some(OpenedLink { invitation, kind, known, open }))
    }

    /// Whether a link to the invitation that was handed over is still good. It ends with the key of
    /// the program that issued the invitation and, like the sessions and keys of a person, when the
    /// person who did is disabled, is reset or gets another password: whoever had them, had the link.
    async fn is_still_handed_over(&self, invitation: &Invitation) -> Result<bool, StoreError> {
        let Ports { credentials, users, .. } = &self.core.ports;
        Ok(match &invitation.creator {
            Actor::System => true,
            Actor::Client(id) => {
                credentials.find(*id).await?.is_none_or(|it| it.revoked_at.is_none())
            }
            Actor::User(id) => {
                let found = users.find(invitation.tenant, &UserRef::Id(id.clone())).await?;
                found.is_none_or(|it| it.honours(invitation.issued_at))
            }
        })
    }
}
