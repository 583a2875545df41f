//! The operations on roles.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use usher_application::Usher;
use usher_domain::{Permission, RoleId};

use super::{
    envelope::{DELETED, Data, Deleted, data},
    extract::{Asker, Body, Id},
    fault::{Fault, Result},
    ids,
    wire::{self, Role},
};

pub(super) async fn create(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Json<Role>> {
    let caller = asker.may(Permission::Administer)?;
    let draft = wire::role_draft(body.object().await?)?;
    let id = ids::opaque("role_", &*usher.ports.entropy);
    let id = RoleId::parse(&id).map_err(|_| Fault::broken())?;
    Ok(Json(usher.roles.create(caller, id, draft).await?.into()))
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
) -> Result<Json<Data<Role>>> {
    let caller = asker.may(Permission::Read)?;
    Ok(data(usher.roles.list(caller).await?.into_iter().map(Role::from)))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    Id(id): Id<String>,
) -> Result<Json<Role>> {
    let caller = asker.may(Permission::Read)?;
    let found = usher.roles.find(caller, &ids::of_role(&id)?).await?;
    Ok(Json(Role::from(found).whole()))
}

pub(super) async fn remove(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    Id(id): Id<String>,
) -> Result<Json<Deleted>> {
    let caller = asker.may(Permission::Administer)?;
    usher.roles.remove(caller, &ids::of_role(&id)?).await?;
    Ok(DELETED)
}
