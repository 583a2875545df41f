//! The operations on organizations.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use usher_application::Usher;
use usher_domain::{OrganizationId, Permission, Policies};

use super::{
    envelope::{DELETED, Data, Deleted, data},
    extract::{Authenticated, Id, object},
    fault::{Fault, Result},
    ids,
    organization_wire::{Change, Organization, PolicyChange},
};
use crate::request::LateBody;

pub(super) async fn create(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Json<Organization>> {
    let caller = authenticated.may(Permission::Administer)?;
    let draft = Change::read(object(body).await?)?.draft(&Policies::default());
    let id = ids::opaque("org_", &*usher.entropy());
    let id = OrganizationId::parse(&id).map_err(|_| Fault::internal_error())?;
    let made = usher.organizations.create.run(caller, id, &draft).await?;
    Ok(Json(made.into()))
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
) -> Result<Json<Data<Organization>>> {
    let caller = authenticated.may(Permission::Read)?;
    Ok(data(usher.organizations.read.list(caller).await?.into_iter().map(Organization::from)))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Organization>> {
    let caller = authenticated.may(Permission::Read)?;
    let found = usher.organizations.read.find(caller, &ids::of_organization(&id)?).await?;
    Ok(Json(found.into()))
}

pub(super) async fn update(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
    body: LateBody,
) -> Result<Json<Organization>> {
    let caller = authenticated.may(Permission::Administer)?;
    let id = ids::of_organization(&id)?;
    let change = Change::read(object(body).await?)?;
    let draft = |held: &usher_domain::Organization| change.draft(&held.policies);
    Ok(Json(usher.organizations.change.run(caller, &id, draft).await?.into()))
}

pub(super) async fn change_policy(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
    body: LateBody,
) -> Result<Json<Organization>> {
    let caller = authenticated.may(Permission::Administer)?;
    let id = ids::of_organization(&id)?;
    let change = Change::from(PolicyChange::read(object(body).await?)?);
    let draft = |held: &usher_domain::Organization| change.draft(&held.policies);
    Ok(Json(usher.organizations.change.run(caller, &id, draft).await?.into()))
}

pub(super) async fn remove(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Deleted>> {
    let caller = authenticated.may(Permission::Administer)?;
    usher.organizations.remove.run(caller, &ids::of_organization(&id)?).await?;
    Ok(DELETED)
}
