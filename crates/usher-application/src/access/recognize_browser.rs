//! Tell a browser that its owner signed in with before from all others.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    access::candidate::{SignInName, candidate},
    ports::{Ports, error::StoreError},
    shared::{core::Core, session_cookies::SessionCookies},
};

/// Recognizes the browsers that people signed in with before, while they sign in again.
pub struct RecognizeBrowser {
    core: Arc<Core>,
    cookies: SessionCookies,
}

impl RecognizeBrowser {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), cookies: SessionCookies::new(core) }
    }

    /// Which browser this cookie stands for, if the user of this name signed in with it before: to the
    /// tenant with a password or, where an organization is given, to that one with a pin. For any other
    /// name it stands for none, so that nobody tries names under a cookie of their own.
    ///
    /// Names are looked up only for a cookie that was made here.
    pub async fn run(
        &self,
        tenant: &str,
        organization: Option<&str>,
        name: &str,
        cookie: &str,
    ) -> Result<Option<Uuid>, StoreError> {
        let Ports { clock, organizations, tenants, users, .. } = &self.core.ports;
        let Some(tenant) = tenants.named(tenant).await?.map(|it| it.id) else { return Ok(None) };
        let place = match organization {
            None => None,
            Some(name) => match organizations.named(tenant, name.trim()).await? {
                Some(it) => Some(it.id),
                None => return Ok(None),
            },
        };
        if !self.cookies.is_device_of(tenant, place.as_ref(), cookie) {
            return Ok(None);
        }
        let user = candidate(&**users, tenant, &SignInName::read(name)).await?;
        Ok(self.cookies.device(user.as_ref(), place.as_ref(), Some(cookie), clock.now()))
    }
}
