//! How much people may do at most, by the authority that is theirs and by their keys. Whoever changes
//! them, or takes something from them, may do as much.

use usher_domain::{Caller, Credential, Organization, Permission, User};

use crate::{
    ports::error::StoreError,
    shared::{core::Core, personal_keys},
};

/// What some people may do by their keys that open anything now.
pub(crate) struct Powers(Vec<Credential>);

impl Powers {
    /// Those of these people, all at once. Whoever may do everything has power over all, so that
    /// nothing is looked up for them.
    pub(crate) async fn of<'a>(
        core: &Core,
        caller: &Caller,
        people: impl IntoIterator<Item = &'a User>,
    ) -> Result<Self, StoreError> {
        let people: Vec<_> = people.into_iter().collect();
        if people.is_empty() || caller.may(Permission::Administer) {
            return Ok(Self(Vec::new()));
        }
        let now = core.ports.clock.now();
        personal_keys::live(&core.ports, caller.tenant, &people, now).await.map(Self)
    }

    /// Whether the caller may change, reset or remove this person, who is one of them, or what they hold
    /// in this organization, or in the tenant itself (`None`): see [`Caller::may_change`]. There a key
    /// counts that has power there.
    pub(crate) fn let_change(
        &self,
        caller: &Caller,
        user: &User,
        place: Option<&Organization>,
    ) -> bool {
        let theirs = self.0.iter().filter(|it| it.user.as_ref() == Some(&user.id));
        let there = theirs.filter(|it| it.has_power_in(place));
        caller.may_change(user, there.map(|it| it.authority))
    }
}
