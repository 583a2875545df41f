//! The operations on users.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use usher_application::Usher;
use usher_domain::UserId;

use super::{
    extract::{Asker, Name, Query},
    fault::{Fault, LIST_USERS, READ_USER, Result},
    wire::{UserBody, Users},
};

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    query: Query,
) -> Result<Json<Users>> {
    let caller = asker.may(LIST_USERS, "users")?;
    if !query.text("filter")?.trim().is_empty() {
        return Err(Fault::field("filter", "is not supported here"));
    }
    let (token, limit) = (query.text("pageToken")?, query.page_size()?);
    let listing = usher.users.list(caller, token, limit).await;
    let listing = listing.map_err(|it| Fault::not_read(it, LIST_USERS, "-"))?;
    Ok(Json(Users {
        users: listing.users.into_iter().map(UserBody::from).collect(),
        next_page_token: listing.next.unwrap_or_default(),
    }))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    Name(name): Name,
    asker: Asker,
) -> Result<Json<UserBody>> {
    let caller = asker.may(READ_USER, &format!("users/{name}"))?;
    let id = UserId::parse(&name).map_err(|_| Fault::no_such_user(&name))?;
    let found = usher.users.find(caller, id).await;
    Ok(Json(found.map_err(|it| Fault::not_read(it, READ_USER, &name))?.into()))
}
