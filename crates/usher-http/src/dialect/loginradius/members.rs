//! The operations on members: who belongs where, with which roles.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use usher_application::{Filter, GiveRolesError, ReadUsers, UserCondition, Usher};
use usher_domain::{Caller, Permission, Refusal, User, UserId, UserRef};

use super::{
    envelope::{DELETED, Data, Deleted, data},
    extract::{Authenticated, Id, object},
    fault::{Fault, Result},
    ids,
    wire::{self, UserRole},
};
use crate::request::LateBody;

/// How many members a list has at most.
const ALL: u64 = 10_000;
/// How many of them are read from the store at once.
const READ: u64 = 250;

pub(super) async fn of_organization(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Data<UserRole>>> {
    let caller = authenticated.may(Permission::Read)?;
    ReadUsers::allowed(caller)?;
    let id = ids::of_organization(&id)?;
    let (mut rows, mut seen, mut after) = (Vec::new(), 0, None);
    loop {
        let page = usher.members.read.of(caller, &id, after, READ).await?;
        seen += page.len() as u64;
        let is_last = (page.len() as u64) < READ || seen >= ALL;
        after = page.last().map(|(it, _)| it.user.clone());
        for (it, whose) in &page {
            // Who is gone meanwhile has no roles any more.
            let Some(whose) = whose else { continue };
            rows.extend(UserRole::of(it, whose.mailbox.as_ref()));
        }
        if is_last {
            return Ok(data(rows));
        }
    }
}

pub(super) async fn of_user(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(uid): Id<String>,
) -> Result<Json<Data<UserRole>>> {
    let caller = authenticated.may(Permission::Read)?;
    ReadUsers::allowed(caller)?;
    let id = ids::of_user(&uid)?;
    // A user who does not exist has no roles.
    let Some(who) = user(&usher, caller, id.clone()).await? else { return Ok(data([])) };
    let (memberships, _) = usher.members.read.run(caller, &[id]).await?;
    let mailbox = who.mailbox.as_ref();
    // A bound key does not see what is given in the tenant itself.
    let of_tenant = if caller.reaches(None) { UserRole::of_tenant(&who) } else { Vec::new() };
    let rows = memberships.iter().flat_map(|it| UserRole::of(it, mailbox)).chain(of_tenant);
    Ok(data(rows))
}

async fn user(usher: &Usher, caller: &Caller, id: UserId) -> Result<Option<User>> {
    let filter = Filter::Is(UserCondition::Id(id));
    let found = usher.users.read.search(caller, filter, &[], 0, 1).await?;
    Ok(found.into_iter().next().map(|it| it.user))
}

pub(super) async fn give(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id((uid, id)): Id<(String, String)>,
    body: LateBody,
) -> Result<Json<Data<UserRole>>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let (uid, id) = (ids::of_user(&uid)?, ids::of_organization(&id)?);
    let roles = wire::role_ids(object(body).await?)?;
    let membership = usher.members.give_roles.within(caller, &id, &uid, &roles).await?;
    let who = user(&usher, caller, uid).await.map_err(|_| Fault::undecided())?;
    Ok(data(UserRole::of(&membership, who.as_ref().and_then(|it| it.mailbox.as_ref()))))
}

pub(super) async fn give_in_tenant(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(uid): Id<String>,
    body: LateBody,
) -> Result<Json<Data<UserRole>>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let uid = ids::of_user(&uid)?;
    let roles = wire::role_ids(object(body).await?)?;
    match usher.members.give_roles.tenant(caller, &uid, &roles).await {
        Ok(who) => Ok(data(UserRole::of_tenant(&who))),
        // The original has one error for a role that is unknown and one of another tenant here.
        Err(GiveRolesError::Refused(Refusal::UnknownRole(id))) => Err(Fault::foreign_role(&id)),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn remove(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id((uid, id)): Id<(String, String)>,
) -> Result<Json<Deleted>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let (uid, id) = (ids::of_user(&uid)?, ids::of_organization(&id)?);
    let who = [UserRef::Id(uid).into()];
    for outcome in usher.members.remove.run(caller, &id, &who).await? {
        outcome?;
    }
    Ok(DELETED)
}
