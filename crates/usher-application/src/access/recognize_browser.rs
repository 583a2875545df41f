//! Tell a browser that its owner signed in with before from all others.

use std::sync::Arc;

use usher_domain::User;

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

    /// The user of this name, if they signed in before with the browser that this cookie stands for: to
    /// the tenant with a password or, where an organization is given, to that one with a pin. For any
    /// other name it stands for nobody's, so that nobody tries names under a cookie of their own.
    ///
    /// Names are looked up only for a cookie that was made here.
    pub async fn run(
        &self,
        tenant: &str,
        organization: Option<&str>,
        name: &str,
        cookie: &str,
    ) -> Result<Option<User>, StoreError> {
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
        let (place, now) = (place.as_ref(), clock.now());
        Ok(user.filter(|it| self.cookies.device(Some(it), place, Some(cookie), now).is_some()))
    }
}
