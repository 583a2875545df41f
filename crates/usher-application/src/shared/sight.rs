//! What callers who are bound to an organization see of people: those who are theirs in full, and of
//! others who are members there no more than who they are.

use std::collections::{HashMap, HashSet};

use usher_domain::{
    Actor, Caller, Membership, Organization, OrganizationId, User, UserId, UserRef,
};

use crate::{
    ports::{Ports, error::StoreError},
    shared::core::Core,
};

/// Where some users belong, as a bound caller sees it.
struct Places {
    organizations: HashMap<OrganizationId, Organization>,
    memberships: Vec<Membership>,
}

/// These users as the caller may see them. Those whose home is the caller's organization or one right
/// below it are theirs, and so is whoever has no home and belongs to nothing that the caller does not
/// oversee. Of all others, who come from elsewhere, a bound caller learns nothing that does not belong
/// to its organization.
pub(crate) async fn as_seen_by(
    core: &Core,
    caller: &Caller,
    users: Vec<User>,
) -> Result<Vec<User>, StoreError> {
    let Some(bound) = &caller.organization else { return Ok(users) };
    if users.iter().all(|it| it.home.as_ref() == Some(bound)) {
        return Ok(users);
    }
    let places = Places::of(core, caller, bound, &users.iter().collect::<Vec<_>>()).await?;
    let seen = |it: User| {
        let is_theirs = match &it.home {
            Some(home) => places.is_overseen(caller, home),
            None => places.of_user(&it.id).all(|place| places.is_overseen(caller, place)),
        };
        if is_theirs { it } else { it.from_elsewhere() }
    };
    Ok(users.into_iter().map(seen).collect())
}

/// Which of the users, each found by this name, the caller may add to an organization: a bound caller
/// those who belong to its organization, to one right below it or to the one right above it, and those
/// whose address it knows. Whoever else it names by an id or a username does not exist for it, and is
/// asked by an invitation instead.
pub(crate) async fn addable(
    core: &Core,
    caller: &Caller,
    named: &[(&UserRef, &User)],
) -> Result<HashSet<UserId>, StoreError> {
    let all = || named.iter().map(|(_, user)| user.id.clone());
    let Some(bound) = &caller.organization else { return Ok(all().collect()) };
    let is_known = |who: &UserRef, user: &User| {
        let is_caller = caller.actor == Actor::User(user.id.clone());
        is_caller || user.home.as_ref() == Some(bound) || matches!(who, UserRef::Mailbox(_))
    };
    let doubtful: Vec<_> =
        named.iter().filter(|(who, it)| !is_known(who, it)).map(|(_, it)| *it).collect();
    if doubtful.is_empty() {
        return Ok(all().collect());
    }
    let places = Places::of(core, caller, bound, &doubtful).await?;
    let is_near = |it: &User| {
        let mut belongs = places.of_user(&it.id).chain(&it.home);
        belongs.any(|place| places.is_near(caller, bound, place))
    };
    let known = named.iter().filter(|(who, it)| is_known(who, it) || is_near(it));
    Ok(known.map(|(_, user)| user.id.clone()).collect())
}

impl Places {
    async fn of(
        core: &Core,
        caller: &Caller,
        bound: &OrganizationId,
        users: &[&User],
    ) -> Result<Self, StoreError> {
        let Ports { organizations, .. } = &core.ports;
        let ids: Vec<_> = users.iter().map(|it| it.id.clone()).collect();
        let memberships = organizations.memberships(caller.tenant, &ids).await?;
        let homes = users.iter().filter_map(|it| it.home.as_ref());
        let places = memberships.iter().map(|it| &it.organization).chain(homes).chain([bound]);
        let mut places: Vec<_> = places.cloned().collect();
        places.sort_unstable();
        places.dedup();
        let found = organizations.find_many(caller.tenant, &places).await?;
        let organizations = found.into_iter().flatten().map(|it| (it.id.clone(), it)).collect();
        Ok(Self { organizations, memberships })
    }

    /// What the user is a member of.
    fn of_user(&self, id: &UserId) -> impl Iterator<Item = &OrganizationId> {
        self.memberships.iter().filter(move |it| it.user == *id).map(|it| &it.organization)
    }

    fn is_overseen(&self, caller: &Caller, place: &OrganizationId) -> bool {
        self.organizations.get(place).is_some_and(|it| caller.oversees(it))
    }

    /// Whether it is overseen, or right above the organization that the caller is bound to.
    fn is_near(&self, caller: &Caller, bound: &OrganizationId, place: &OrganizationId) -> bool {
        let above = self.organizations.get(bound).and_then(|it| it.parent.as_ref());
        above == Some(place) || self.is_overseen(caller, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::Policy,
        testing::{
            active, caller, core,
            fake_store::{FakeStore, bound_to, from},
            membership,
        },
    };

    #[tokio::test]
    async fn of_people_from_elsewhere_a_bound_caller_sees_who_they_are_and_no_more() {
        for (what, home, places, is_all) in [
            ("at home there", Some("team"), &[][..], true),
            ("at home right below", Some("far"), &[][..], true),
            ("at home right above", Some("top"), &["team"][..], false),
            ("at home elsewhere", Some("other"), &["team"][..], false),
            ("a member there alone", None, &["team"][..], true),
            ("a member elsewhere, too", None, &["team", "other"][..], false),
        ] {
            let ada = User { phone: Some("+43 1 234".to_owned()), ..active("ada") };
            let ada = home.map_or(ada.clone(), |it| from(it, ada));
            let held = places.iter().map(|it| membership("ada", it)).collect();
            let world = FakeStore::of(vec![ada.clone()], held);
            let core = core(&world.ports, &Policy::at("http://usher.test"));
            let seen = async |caller: &Caller| {
                as_seen_by(&core, caller, vec![ada.clone()]).await.unwrap().remove(0)
            };
            let expected = if is_all { ada.clone() } else { ada.clone().from_elsewhere() };
            assert_eq!(seen(&bound_to("team")).await, expected, "{what}");
            assert_eq!(seen(&caller()).await, ada, "{what}");
        }
    }
}
