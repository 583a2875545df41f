//! The operations on roles.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use usher_application::Usher;
use usher_domain::{Permission, RoleId};

use super::{
    envelope::{DELETED, Data, Deleted, data},
    extract::{Authenticated, Id, object},
    fault::{Fault, Result},
    ids,
    wire::{self, Role},
};
use crate::request::LateBody;

pub(super) async fn create(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Json<Role>> {
    let caller = authenticated.may(Permission::Administer)?;
    let draft = wire::role_draft(object(body).await?)?;
    let id = ids::opaque("role_", &*usher.entropy());
    let id = RoleId::parse(&id).map_err(|_| Fault::internal_error())?;
    Ok(Json(usher.organizations.roles.create.run(caller, id, draft).await?.into()))
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
) -> Result<Json<Data<Role>>> {
    let caller = authenticated.may(Permission::Read)?;
    Ok(data(usher.organizations.roles.read.list(caller).await?.into_iter().map(Role::from)))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Role>> {
    let caller = authenticated.may(Permission::Read)?;
    let found = usher.organizations.roles.read.find(caller, &ids::of_role(&id)?).await?;
    Ok(Json(Role::from(found).whole()))
}

pub(super) async fn remove(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Deleted>> {
    let caller = authenticated.may(Permission::Administer)?;
    usher.organizations.roles.remove.run(caller, &ids::of_role(&id)?).await?;
    Ok(DELETED)
}
