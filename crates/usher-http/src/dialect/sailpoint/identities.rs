//! The operations on identities: inviting them, reading them, and taking them back to where they
//! were before they registered.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Json,
};
use usher_application::{Filter, ReadUsers, UserCondition, Usher};
use usher_domain::{Permission, UserId};

use super::{
    api_version::ApiVersion,
    error_language::ErrorLanguage,
    extract::{Authenticated, Id, Paging, TOTAL, text},
    fault::{Fault, Result},
    fields, filter,
    options::OperatorOptions,
    wire::{self, Identity, Invitees, TaskStatus, View},
};
use crate::request::{LateBody, Parameters};

pub(super) async fn invite(
    State(usher): State<Arc<Usher>>,
    Extension(options): Extension<OperatorOptions>,
    version: ApiVersion,
    language: ErrorLanguage,
    authenticated: Authenticated,
    headers: HeaderMap,
    body: LateBody,
) -> Result<(StatusCode, Json<TaskStatus>)> {
    let caller = authenticated.person(Permission::Invite)?;
    // Identities belong to the tenant: a key of one organization does not reach them.
    if !caller.reaches(None) {
        return Err(Fault::forbidden());
    }
    options.check_experimental(version, &headers)?;
    let body = body.read_at_most(wire::max_body(usher.policy.batch)).await?;
    let task = match wire::read_invitees(&body)? {
        Invitees::These(ids) => usher.tasks.submit.run(caller, wire::rows(ids)).await?,
        Invitees::Uninvited => usher.tasks.submit.uninvited(caller, wire::UNINVITED.into()).await?,
    };
    let view = View { usher: &usher, version, language: &language };
    Ok((StatusCode::ACCEPTED, Json(view.brief(&task))))
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<(HeaderMap, Json<Vec<Identity>>)> {
    let caller = authenticated.person(Permission::Read)?;
    ReadUsers::allowed(caller)?;
    // Every user counts as correlated, so the default filter leaves nobody out.
    if !["", "CORRELATED_ONLY", "NONE"].contains(&text(&query, "defaultFilter")?) {
        return Err(Fault::field("defaultFilter", "must be CORRELATED_ONLY or NONE"));
    }
    let filter = filter::read(text(&query, "filters")?, &fields::of_identities())?;
    let order = fields::order(text(&query, "sorters")?)?;
    let Paging { skip, limit, count } = Paging::read(&query)?;
    let mut headers = HeaderMap::new();
    if count {
        headers.insert(TOTAL, usher.users.read.count(caller, filter.clone()).await?.into());
    }
    let found = usher.users.read.search(caller, filter, &order, skip, limit).await?;
    Ok((headers, Json(found.into_iter().map(Identity::from).collect())))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id,
) -> Result<Json<Identity>> {
    let caller = authenticated.person(Permission::Read)?;
    let id = UserId::parse(&id).map_or(UserCondition::Nothing, UserCondition::Id);
    let found = usher.users.read.search(caller, Filter::Is(id), &[], 0, 1).await?;
    found.into_iter().next().map(|it| Json(it.into())).ok_or_else(Fault::no_identity)
}

pub(super) async fn reset(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id,
) -> Result<StatusCode> {
    let caller = authenticated.may(Permission::Administer)?;
    let id = UserId::parse(&id).map_err(|_| Fault::no_identity())?;
    usher.users.reset.run(caller, &id).await?;
    Ok(StatusCode::ACCEPTED)
}
