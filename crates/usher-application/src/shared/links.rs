//! The links that open invitations: derived when they are needed, stored nowhere.

use std::sync::Arc;

use url::form_urlencoded::Serializer;
use usher_domain::{Invitation, InvitationId, Organization, Purpose, Tenant, Timestamp, Token};

use crate::{ports::error::StoreError, shared::core::Core};

/// Makes links, and tells whose a link is.
#[derive(Clone)]
pub struct Links {
    core: Arc<Core>,
}

impl Links {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The path below [`Policy::public_url`](crate::policy::Policy) where invitations are accepted.
    pub const ACCEPT: &str = "/accept";
    /// The path where people sign in with a password.
    pub const SIGN_IN: &str = "/signin";
    /// The path where members sign in with a pin.
    pub const PIN: &str = "/pin";

    /// What opens the invitation. A secret: only for the invitee, and for callers who may see it.
    #[must_use]
    pub fn token(&self, invitation: &Invitation) -> String {
        self.core.keyring.token(Purpose::Invitation, invitation.id.0, invitation.generation)
    }

    /// Where the invitee accepts: `{public_url}/accept?invitation={token}`.
    #[must_use]
    pub fn accept(&self, invitation: &Invitation) -> String {
        let query = format!("invitation={}", self.token(invitation));
        self.to(Self::ACCEPT, &query)
    }

    /// Where people sign in with a password: `{public_url}/signin?tenant={name}`.
    #[must_use]
    pub fn sign_in(&self, tenant: &Tenant) -> String {
        let query = Serializer::new(String::new()).append_pair("tenant", &tenant.name).finish();
        self.to(Self::SIGN_IN, &query)
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

    /// The invitation that a token opens, whatever state it is in, and whether the token is the
    /// current one. `None` for a token that was never made here.
    pub(crate) async fn opened_by(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<(Invitation, Result<(), usher_domain::Closed>)>, StoreError> {
        let Some(token) = Token::parse(token) else { return Ok(None) };
        let Core { keyring, ports, .. } = &*self.core;
        let found = ports.invitations.proven(&[InvitationId(token.id)]).await?;
        Ok(found.into_iter().flatten().next().and_then(|it| {
            let proves = |generation| keyring.proves(Purpose::Invitation, &token, generation);
            it.admits(proves, now).map(|link| (it, link))
        }))
    }
}
