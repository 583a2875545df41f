//! The operations on users.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use usher_application::Usher;
use usher_domain::UserId;

use super::{
    extract::{Authenticated, Name, page_size, text},
    fault::{Fault, Result},
    rights::{LIST_USERS, READ_USER},
    wire::{UserBody, Users},
};
use crate::request::Parameters;

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<Json<Users>> {
    let caller = authenticated.may(LIST_USERS, "users")?;
    if !text(&query, "filter")?.trim().is_empty() {
        return Err(Fault::field("filter", "is not supported here"));
    }
    let (token, limit) = (text(&query, "pageToken")?, page_size(&query)?);
    let listing = usher.users.read.list(caller, token, limit).await;
    let listing = listing.map_err(|it| Fault::not_read(it, LIST_USERS, "-"))?;
    Ok(Json(Users {
        users: listing.users.into_iter().map(UserBody::from).collect(),
        next_page_token: listing.next.unwrap_or_default(),
    }))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    Name(name): Name,
    authenticated: Authenticated,
) -> Result<Json<UserBody>> {
    let caller = authenticated.may(READ_USER, &format!("users/{name}"))?;
    let id = UserId::parse(&name).map_err(|_| Fault::no_such_user(&name))?;
    let found = usher.users.read.find(caller, id).await;
    Ok(Json(found.map_err(|it| Fault::not_read(it, READ_USER, &name))?.into()))
}
