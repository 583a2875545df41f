//! Tell who is calling an API.

use std::{fmt, sync::Arc};

use chrono::TimeDelta;
use usher_domain::{
    Action, Actor, Caller, ClientId, Credential, CredentialId, CredentialSecret, Means, Purpose,
    Session, SessionId, Subject, TenantId, Timestamp, UserRef,
};
use uuid::Uuid;

use crate::{
    ports::{Ports, error::StoreError},
    shared::{
        core::Core,
        counted_acts::CountedAct,
        means::{BY_PIN, is_honoured},
        personal_keys, request_scope,
    },
};

/// How long the token of someone who is signed in is good.
const SESSION_TOKEN: TimeDelta = TimeDelta::hours(2);
/// Tells the token of a session from that of a credential, which is one byte shorter.
const OF_SESSION: u8 = 1;

/// Tells who is calling.
pub struct Authenticate {
    core: Arc<Core>,
}

/// Stands for a client id and secret for a while.
#[derive(Clone)]
pub struct AccessToken {
    /// Secret.
    pub text: String,
    pub expires_in: TimeDelta,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// Why nobody is calling.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Unknown, revoked or wrong.
    #[error("the credentials are not valid")]
    Invalid,
    /// It was good once.
    #[error("the access token has expired")]
    Expired,
    /// The secret is right, and the time of the key is over.
    #[error("the key has expired")]
    KeyExpired,
    /// A person is calling who may do nothing here.
    #[error("the caller has no authority")]
    NoAuthority,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Authenticate {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// The caller who has this client id and secret.
    pub async fn client(&self, id: &str, secret: &str) -> Result<Caller, AuthenticateError> {
        told(self.client_of(id, secret).await)
    }

    async fn client_of(&self, id: &str, secret: &str) -> Result<Caller, AuthenticateError> {
        self.caller(self.presented(id, secret).await?).await
    }

    async fn presented(&self, id: &str, secret: &str) -> Result<Credential, AuthenticateError> {
        let id = id.parse().map_err(|_| AuthenticateError::Invalid)?;
        self.opened(id, CredentialSecret::presented(secret)).await
    }

    /// The caller who has this key: see [`Credential::key`].
    pub async fn key(&self, text: &str) -> Result<Caller, AuthenticateError> {
        let caller = async {
            let (id, secret) = Credential::read_key(text).ok_or(AuthenticateError::Invalid)?;
            self.caller(self.opened(id, secret).await?).await
        };
        told(caller.await)
    }

    async fn opened(
        &self,
        id: ClientId,
        secret: CredentialSecret,
    ) -> Result<Credential, AuthenticateError> {
        let found = self.core.ports.credentials.find(id).await?;
        self.good(found, |it| it.opens_with(&secret))
    }

    /// This credential, if it is good. One that is not is told to the audit, for its id is known.
    fn good(
        &self,
        found: Option<Credential>,
        is_good: impl Fn(&Credential) -> bool,
    ) -> Result<Credential, AuthenticateError> {
        let credential = found.ok_or(AuthenticateError::Invalid)?;
        if is_good(&credential) {
            return Ok(credential);
        }
        self.core.acts.count(CountedAct {
            tenant: credential.tenant,
            actor: Actor::Nobody,
            action: Action::SignInFailed,
            subject: Subject::Credential(credential.id),
            detail: None,
        });
        Err(AuthenticateError::Invalid)
    }

    /// A token for a client id and secret. Revoking the credential voids it, and it ends with it.
    pub async fn token(&self, id: &str, secret: &str) -> Result<AccessToken, AuthenticateError> {
        let credential = self.presented(id, secret).await?;
        self.caller(credential.clone()).await?;
        let now = self.core.ports.clock.now();
        let longest = now + self.core.policy.access_token;
        let expires_at = credential.expires_at.map_or(longest, |it| it.min(longest));
        let bytes = said(credential.tenant, credential.id.0, expires_at);
        let text = self.core.keyring.seal(Purpose::Access, b"", &bytes);
        Ok(AccessToken { text, expires_in: expires_at - now })
    }

    /// A token for someone who is signed in: good for two hours, and no longer than the session.
    #[must_use]
    pub fn session_token(&self, session: &Session) -> AccessToken {
        let now = self.core.ports.clock.now();
        let expires_at = session.expires_at.min(now + SESSION_TOKEN);
        let mut bytes = vec![OF_SESSION];
        bytes.extend(said(session.tenant, session.id.0, expires_at));
        let text = self.core.keyring.seal(Purpose::Access, b"", &bytes);
        AccessToken { text, expires_in: expires_at - now }
    }

    /// The caller behind a bearer token: an access token, or `client id.client secret`. A person
    /// has the authority that is theirs in the tenant, within what they signed in to; whom a pin signed
    /// in, at most that of an inviter.
    pub async fn bearer(&self, text: &str) -> Result<Caller, AuthenticateError> {
        told(self.bearer_of(text).await)
    }

    async fn bearer_of(&self, text: &str) -> Result<Caller, AuthenticateError> {
        if let Some((id, secret)) = text.split_once('.') {
            return self.client_of(id, secret).await;
        }
        let bytes = self.core.keyring.open(Purpose::Access, b"", text);
        let bytes = bytes.ok_or(AuthenticateError::Invalid)?;
        if let Some(of_session) = bytes.strip_prefix(&[OF_SESSION]).filter(|it| it.len() == SAID) {
            return self.person(of_session).await;
        }
        let (tenant, id, expires_at) = read(&bytes).ok_or(AuthenticateError::Invalid)?;
        if self.core.ports.clock.now() >= expires_at {
            return Err(AuthenticateError::Expired);
        }
        let id = ClientId { tenant, key: CredentialId(id) };
        let found = self.core.ports.credentials.find(id).await?;
        self.caller(self.good(found, |it| it.revoked_at.is_none())?).await
    }

    /// The client id that a bearer token was made for, whether it opens anything or not.
    #[must_use]
    pub fn client_id(&self, text: &str) -> Option<ClientId> {
        if let Some((id, _)) = text.split_once('.') {
            return id.parse().ok();
        }
        let (tenant, id, _) = read(&self.core.keyring.open(Purpose::Access, b"", text)?)?;
        Some(ClientId { tenant, key: CredentialId(id) })
    }

    /// Who is signed in, with what they may do.
    async fn person(&self, bytes: &[u8]) -> Result<Caller, AuthenticateError> {
        let (tenant, id, expires_at) = read(bytes).ok_or(AuthenticateError::Invalid)?;
        let Ports { clock, organizations, sessions, users, .. } = &self.core.ports;
        let now = clock.now();
        if now >= expires_at {
            return Err(AuthenticateError::Expired);
        }
        let found = sessions.find(tenant, SessionId(id)).await?;
        let session = found.filter(|it| it.lasts(now)).ok_or(AuthenticateError::Invalid)?;
        let user = users.find(session.tenant, &UserRef::Id(session.user.clone())).await?;
        let user = user.filter(|it| it.honours(session.created_at));
        let user = user.ok_or(AuthenticateError::Invalid)?;
        if !is_honoured(&**organizations, &session).await? {
            return Err(AuthenticateError::Invalid);
        }
        let authority = user.authority.ok_or(AuthenticateError::NoAuthority)?;
        let Session { tenant, organization, .. } = session.clone();
        let authority = if organization.is_some() { authority.max(BY_PIN) } else { authority };
        let (name, actor) = (Some(user.full_name()), Actor::User(user.id));
        let means = Some(Means::Session(session));
        Ok(Caller { tenant, authority, actor, name, organization, means })
    }

    /// Someone's key is worth as much as they are: nothing, once they are not in any more, or not in
    /// the organization that it is bound to.
    async fn caller(&self, credential: Credential) -> Result<Caller, AuthenticateError> {
        let Ports { clock, organizations, users, .. } = &self.core.ports;
        let now = clock.now();
        if credential.has_expired(now) {
            return Err(AuthenticateError::KeyExpired);
        }
        let means = Some(Means::Key(credential.id));
        let Some(user) = &credential.user else {
            let Credential { tenant, authority, organization, .. } = credential;
            let actor = Actor::Client(credential.id);
            return Ok(Caller { tenant, authority, actor, name: None, organization, means });
        };
        let user = users.find(credential.tenant, &UserRef::Id(user.clone())).await?;
        let user = user.ok_or(AuthenticateError::Invalid)?;
        if !personal_keys::is_honoured(&**organizations, &credential, &user, now).await? {
            return Err(AuthenticateError::Invalid);
        }
        let Credential { tenant, authority, organization, .. } = credential;
        let (name, actor) = (Some(user.full_name()), Actor::User(user.id));
        Ok(Caller { tenant, authority, actor, name, organization, means })
    }
}

/// Tells the request around it who calls. This is the one place where callers come from.
fn told(outcome: Result<Caller, AuthenticateError>) -> Result<Caller, AuthenticateError> {
    request_scope::called_by(outcome.as_ref().ok());
    outcome
}

/// The length of what [`said`] makes.
const SAID: usize = 40;

/// What an access token says: whose it is, by the tenant and the id there, and until when.
fn said(tenant: TenantId, id: Uuid, expires_at: Timestamp) -> Vec<u8> {
    let until = expires_at.timestamp().to_be_bytes();
    [tenant.0.as_bytes().as_slice(), id.as_bytes(), &until].concat()
}

/// Reads what [`said`] makes.
fn read(bytes: &[u8]) -> Option<(TenantId, Uuid, Timestamp)> {
    let (tenant, rest) = bytes.split_at_checked(16)?;
    let (id, at) = rest.split_at_checked(16)?;
    let seconds = i64::from_be_bytes(at.try_into().ok()?);
    let (tenant, id) = (Uuid::from_slice(tenant).ok()?, Uuid::from_slice(id).ok()?);
    Some((TenantId(tenant), id, Timestamp::from_timestamp(seconds, 0)?))
}

#[cfg(test)]
mod tests;
