//! The operations on organizations.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use usher_application::Usher;
use usher_domain::{OrganizationId, Permission, Policies};

use super::{
    envelope::{DELETED, Data, Deleted, data},
    extract::{Asker, Body, Id},
    fault::{Fault, Result},
    ids,
    organization_wire::{Change, Organization, PolicyChange},
};

pub(super) async fn create(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Json<Organization>> {
    let caller = asker.may(Permission::Administer)?;
    let draft = Change::read(body.object().await?)?.draft(&Policies::default());
    let id = ids::opaque("org_", &*usher.ports.entropy);
    let id = OrganizationId::parse(&id).map_err(|_| Fault::broken())?;
    let made = usher.organizations.create(caller, id, &draft).await?;
    Ok(Json(made.into()))
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
) -> Result<Json<Data<Organization>>> {
    let caller = asker.may(Permission::Read)?;
    Ok(data(usher.organizations.list(caller).await?.into_iter().map(Organization::from)))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    Id(id): Id<String>,
) -> Result<Json<Organization>> {
    let caller = asker.may(Permission::Read)?;
    let found = usher.organizations.find(caller, &ids::of_organization(&id)?).await?;
    Ok(Json(found.into()))
}

pub(super) async fn update(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    Id(id): Id<String>,
    body: Body,
) -> Result<Json<Organization>> {
    let caller = asker.may(Permission::Administer)?;
    let id = ids::of_organization(&id)?;
    let change = Change::read(body.object().await?)?;
    let draft = |held: &usher_domain::Organization| change.draft(&held.policies);
    Ok(Json(usher.organizations.revise(caller, &id, draft).await?.into()))
}

pub(super) async fn change_policy(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    Id(id): Id<String>,
    body: Body,
) -> Result<Json<Organization>> {
    let caller = asker.may(Permission::Administer)?;
    let id = ids::of_organization(&id)?;
    let change = Change::from(PolicyChange::read(body.object().await?)?);
    let draft = |held: &usher_domain::Organization| change.draft(&held.policies);
    Ok(Json(usher.organizations.revise(caller, &id, draft).await?.into()))
}

pub(super) async fn remove(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    Id(id): Id<String>,
) -> Result<Json<Deleted>> {
    let caller = asker.may(Permission::Administer)?;
    usher.organizations.remove(caller, &ids::of_organization(&id)?).await?;
    Ok(DELETED)
}
