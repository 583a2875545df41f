//! The state that every dialect shares: the use cases, authentication and the rate limit.

use std::sync::Arc;

use axum::extract::FromRef;
use usher_application::{AuthenticateError, Usher};
use usher_domain::{Actor, Caller, ClientId, Credential, TenantId};

use crate::{
    options::QuerySecrets,
    rate_limit::{RateLimit, TooManyRequests},
    source::SourceLimit,
};

/// Who is counted for the setting `http.rate`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Requester {
    /// Whoever uses this key, by its secret or by access tokens that it was exchanged for.
    Key(ClientId),
    /// A person who is signed in without a key.
    Person(TenantId, Actor),
}

/// The state of all dialects' routers. Handlers may ask for `State<Arc<Usher>>` instead.
#[derive(Clone)]
pub(crate) struct DialectState {
    pub usher: Arc<Usher>,
    /// Counts by requester and API.
    pub rate_limit: Arc<RateLimit<(Requester, &'static str)>>,
    pub source_limit: SourceLimit,
    pub query_secrets: QuerySecrets,
}

impl FromRef<DialectState> for QuerySecrets {
    fn from_ref(state: &DialectState) -> Self {
        state.query_secrets
    }
}

impl FromRef<DialectState> for Arc<Usher> {
    fn from_ref(state: &DialectState) -> Self {
        state.usher.clone()
    }
}

/// Why a request does not reach a use case.
#[derive(Debug)]
pub(crate) enum NotAdmitted {
    Unauthenticated(AuthenticateError),
    TooOften(TooManyRequests),
}

impl From<AuthenticateError> for NotAdmitted {
    fn from(error: AuthenticateError) -> Self {
        Self::Unauthenticated(error)
    }
}

impl From<TooManyRequests> for NotAdmitted {
    fn from(error: TooManyRequests) -> Self {
        Self::TooOften(error)
    }
}

/// Authenticates, and then counts the request: one with invalid credentials counts for its source alone.
/// `api` names the dialect, or a version of it that is counted by itself.
impl DialectState {
    /// The caller behind a bearer token.
    pub(crate) async fn bearer(
        &self,
        token: &str,
        api: &'static str,
    ) -> Result<Caller, NotAdmitted> {
        let caller = self.usher.access.authenticate.bearer(token).await?;
        let requester = match self.usher.access.authenticate.client_id(token) {
            Some(id) => Requester::Key(id),
            None => Requester::Person(caller.tenant, caller.actor.clone()),
        };
        self.rate_limit.admit(&(requester, api))?;
        Ok(caller)
    }

    /// The caller who has this client id and secret.
    pub(crate) async fn client(
        &self,
        id: &str,
        secret: &str,
        api: &'static str,
    ) -> Result<Caller, NotAdmitted> {
        let caller = self.usher.access.authenticate.client(id, secret).await?;
        let id = id.parse().map_err(|_| AuthenticateError::Invalid)?;
        self.rate_limit.admit(&(Requester::Key(id), api))?;
        Ok(caller)
    }

    /// The caller who has this key: see [`Credential::key`].
    pub(crate) async fn key(&self, text: &str, api: &'static str) -> Result<Caller, NotAdmitted> {
        let caller = self.usher.access.authenticate.key(text).await?;
        let (id, _) = Credential::read_key(text).ok_or(AuthenticateError::Invalid)?;
        self.rate_limit.admit(&(Requester::Key(id), api))?;
        Ok(caller)
    }
}
