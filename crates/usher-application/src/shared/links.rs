//! The links that open invitations: derived when they are needed, stored nowhere.

use std::sync::Arc;

use url::form_urlencoded::Serializer;
use usher_domain::{
    Invitation, InvitationId, Keyring, Organization, Purpose, Tenant, Timestamp, Token,
};

use crate::{
    policy::Policy,
    ports::{Ports, error::StoreError, invitations::Invitations},
};

/// Makes links, and tells whose a link is.
#[derive(Clone)]
pub struct Links {
    keyring: Keyring,
    public_url: String,
    invitations: Arc<dyn Invitations>,
}

impl Links {
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Self {
        Self {
            keyring: keyring.clone(),
            public_url: policy.public_url.clone(),
            invitations: ports.invitations.clone(),
        }
    }

    /// What opens the invitation. A secret: only for the invitee, and for callers who may see it.
    #[must_use]
    pub fn token(&self, invitation: &Invitation) -> String {
        self.keyring.token(Purpose::Invitation, invitation.id.0, invitation.generation)
    }

    /// Where the invitee accepts: `{public_url}/accept?invitation={token}`.
    #[must_use]
    pub fn accept(&self, invitation: &Invitation) -> String {
        format!("{}/accept?invitation={}", self.public_url, self.token(invitation))
    }

    /// Where people sign in with a password: `{public_url}/signin?tenant={name}`.
    #[must_use]
    pub fn sign_in(&self, tenant: &Tenant) -> String {
        let query = Serializer::new(String::new()).append_pair("tenant", &tenant.name).finish();
        format!("{}/signin?{query}", self.public_url)
    }

    /// Where members sign in with a pin: `{public_url}/pin?tenant={name}&organization={id}`.
    #[must_use]
    pub fn pin(&self, tenant: &Tenant, organization: &Organization) -> String {
        let query = Serializer::new(String::new())
            .append_pair("tenant", &tenant.name)
            .append_pair("organization", organization.id.as_str())
            .finish();
        format!("{}/pin?{query}", self.public_url)
    }

    /// The invitation that a token opens, whatever state it is in, and whether the token is the
    /// current one. `None` for a token that was never made here.
    pub(crate) async fn opened_by(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<(Invitation, Result<(), usher_domain::Closed>)>, StoreError> {
        let Some(token) = Token::parse(token) else { return Ok(None) };
        let found = self.invitations.proven(&[InvitationId(token.id)]).await?;
        Ok(found.into_iter().flatten().next().and_then(|it| {
            let proves = |generation| self.keyring.proves(Purpose::Invitation, &token, generation);
            it.admits(proves, now).map(|link| (it, link))
        }))
    }
}
