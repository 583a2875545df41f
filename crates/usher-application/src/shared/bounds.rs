//! What a caller may write: whoever is bound to an organization what belongs to that one, or to one right
//! below it; nobody who does not manage members changes those there are, or gives themselves roles; and
//! nobody becomes a member by themselves whom a pin signed in. It is checked where changes are committed,
//! whatever the use case checked before.

use std::collections::HashMap;

use usher_domain::{Caller, Membership, Organization, OrganizationId, Permission, User, UserRef};

use crate::{
    ports::{
        error::StoreError,
        ledger::{Changes, Conflict},
    },
    shared::{
        commit::{Decision, commit},
        core::Core,
    },
};

/// The changes reach beyond what the caller oversees, change members whom the caller does not manage, or
/// give the caller what they may not have: nothing of them was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the changes reach beyond what the caller may write")]
pub(crate) struct OutOfBounds;

impl From<OutOfBounds> for StoreError {
    fn from(it: OutOfBounds) -> Self {
        Self::new(it)
    }
}

/// As [`commit`], for what this caller does: changes beyond their bounds are not written.
///
/// # Errors
/// As [`commit`], and [`OutOfBounds`].
pub(crate) async fn commit_for<T, E, F>(
    core: &Core,
    caller: &Caller,
    name: &'static str,
    mut decide: impl FnMut(Vec<Conflict>) -> F,
) -> Result<T, E>
where
    E: From<StoreError> + From<OutOfBounds>,
    F: Future<Output = Result<Decision<T>, E>>,
{
    commit(&*core.ports.ledger, name, |conflicts| {
        let decided = decide(conflicts);
        async move {
            let decision = decided.await?;
            if let Decision::Commit(changes, _) = &decision
                && !(leave_members(caller, changes)
                    && are_within(core, caller, changes).await?
                    && gives_nothing_to_themselves(core, caller, changes).await?)
            {
                tracing::warn!(use_case = name, "a caller would have written beyond its bounds");
                return Err(OutOfBounds.into());
            }
            Ok(decision)
        }
    })
    .await
}

/// Whether all of these changes are about what the caller oversees. What belongs to the tenant itself
/// is overseen by those who are bound to no organization.
pub(crate) async fn are_within(
    core: &Core,
    caller: &Caller,
    changes: &Changes,
) -> Result<bool, StoreError> {
    let Some(bound) = &caller.organization else { return Ok(true) };
    // Each field is named, so that nobody adds one without deciding whose it is.
    let Changes {
        tenants,
        organizations,
        users,
        memberships,
        invitations,
        credentials,
        sessions,
        profiles,
        roles,
        tasks,
        // What goes along with a task, an invitation or a membership, and what is only counted.
        slices: _,
        jobs: _,
        audit: _,
        seated: _,
        queued: _,
        spent: _,
        removed,
        removed_roles,
        removed_organizations,
        forgotten,
    } = changes;
    let is_of_the_tenant = !(tenants.is_empty()
        && sessions.is_empty()
        && profiles.is_empty()
        && removed_organizations.is_empty()
        && forgotten.is_empty());
    let is_invited = |it: &User| invitations.iter().any(|to| to.user.as_ref() == Some(&it.id));
    let mut known_before = users.iter().filter(|it| it.version > 1);
    if is_of_the_tenant
        || !organizations.iter().all(|it| caller.oversees(it))
        || !known_before.all(is_invited)
    {
        return Ok(false);
    }
    let home_of = |it: &&Membership| users.iter().any(|user| is_bare_home(it, user));
    let (at_home, members): (Vec<_>, Vec<_>) = memberships.iter().partition(home_of);
    let places = members.into_iter().chain(removed).map(|it| Some(&it.organization));
    let places = places.chain(invitations.iter().map(|it| it.offer.organization.as_ref()));
    let places = places.chain(credentials.iter().map(|it| it.organization.as_ref()));
    let places = places.chain(roles.iter().chain(removed_roles).map(|it| it.organization.as_ref()));
    let places = places.chain(tasks.iter().map(|it| it.by.organization.as_ref()));
    let Some(places) = places.collect::<Option<Vec<&OrganizationId>>>() else { return Ok(false) };
    let new = users.iter().filter(|it| it.version == 1).filter_map(|it| it.home.as_ref());
    let homes: Vec<_> = at_home.iter().map(|it| &it.organization).chain(new).collect();
    if places.iter().chain(&homes).all(|it| *it == bound) {
        return Ok(true);
    }
    let known = known(core, caller, places.iter().chain(&homes).copied().chain([bound])).await?;
    let is_overseen = |it: &OrganizationId| known.get(it).is_some_and(|it| caller.oversees(it));
    let above = known.get(bound).and_then(|it| it.parent.as_ref());
    let is_above = |it: &OrganizationId| above == Some(it);
    Ok(places.into_iter().all(is_overseen)
        && homes.into_iter().all(|it| is_overseen(it) || is_above(it)))
}

/// Whether these changes leave the members there are as they are, unless the caller manages members, and
/// add nobody whom the caller may not add, or not with such roles: see [`Caller::may_add`] and
/// [`Caller::may_give_to`].
fn leave_members(caller: &Caller, changes: &Changes) -> bool {
    let Changes { memberships, removed, .. } = changes;
    let are_left = removed.is_empty() && memberships.iter().all(|it| it.version == 1);
    let may_join =
        |it: &Membership| caller.may_add(&it.user) && caller.may_give_to(&it.user, &it.roles);
    (are_left || caller.may(Permission::ManageMembers)) && memberships.iter().all(may_join)
}

/// Whether these changes give no role in the tenant itself to the caller, unless they manage members: see
/// [`Caller::may_give_to`]. What they have already they keep.
async fn gives_nothing_to_themselves(
    core: &Core,
    caller: &Caller,
    changes: &Changes,
) -> Result<bool, StoreError> {
    for it in changes.users.iter().filter(|it| !caller.may_give_to(&it.id, &it.roles)) {
        let held = core.ports.users.find(caller.tenant, &UserRef::Id(it.id.clone())).await?;
        let held = held.map(|it| it.roles).unwrap_or_default();
        if it.roles.iter().any(|it| !held.contains(it)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether this is the membership that a new user has at home: one that gives them nothing. Whoever
/// is added below an organization is at home there.
fn is_bare_home(it: &Membership, user: &User) -> bool {
    let is_new = (it.version, user.version) == (1, 1);
    let is_home = user.id == it.user && user.home.as_ref() == Some(&it.organization);
    is_new && is_home && it.roles.is_empty() && it.pin.is_none() && !it.pin_allowed
}

async fn known(
    core: &Core,
    caller: &Caller,
    ids: impl Iterator<Item = &OrganizationId>,
) -> Result<HashMap<OrganizationId, Organization>, StoreError> {
    let mut ids: Vec<_> = ids.cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    let found = core.ports.organizations.find_many(caller.tenant, &ids).await?;
    Ok(found.into_iter().flatten().map(|it| (it.id.clone(), it)).collect())
}

#[cfg(test)]
mod tests;
