//! Show callers the links to invitations, to hand them over.

use std::sync::Arc;

use usher_domain::{Caller, Invitation, Permission, Timestamp};

use crate::{
    ports::{Ports, error::StoreError},
    shared::{
        core::Core,
        defined_roles::Defined,
        links::{HandedOverLink, Links},
    },
};

/// Shows callers the links to invitations.
pub struct HandOverLinks {
    core: Arc<Core>,
    links: Links,
}

impl HandOverLinks {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), links: Links::new(core) }
    }

    /// The link to each of these invitations, or `None` where the caller may not have it. Whoever has
    /// it can be the invitee, so it is shown to those alone who may send this invitation again and could
    /// make it now, with all that it gives; and only as long as it opens something. Roles are read once
    /// for all.
    pub async fn run(
        &self,
        caller: &Caller,
        invitations: &[Invitation],
    ) -> Result<Vec<Option<HandedOverLink>>, StoreError> {
        let Ports { clock, roles, .. } = &self.core.ports;
        let Some(means) = &caller.means else { return Ok(vec![None; invitations.len()]) };
        let now = clock.now();
        let asked = invitations.iter().filter(|it| may_have_made(caller, it, now));
        let named = asked.flat_map(|it| &it.offer.roles);
        let defined = Defined::of(&**roles, caller.tenant, named).await?;
        let shown = |it: &Invitation| {
            let gives =
                defined.fit_words(caller, &it.offer.roles, it.offer.organization.as_ref()).is_ok();
            let may = may_have_made(caller, it, now) && gives;
            may.then(|| self.links.handed_over(it, means))
        };
        Ok(invitations.iter().map(shown).collect())
    }
}

/// Whether it is open, and the caller may send it again and could make it, roles apart.
fn may_have_made(caller: &Caller, it: &Invitation, now: Timestamp) -> bool {
    it.tenant == caller.tenant
        && it.open(now).is_ok()
        && caller.may_with(Permission::Resend, it)
        && caller.may_offer(&it.offer)
}

#[cfg(test)]
mod tests;
