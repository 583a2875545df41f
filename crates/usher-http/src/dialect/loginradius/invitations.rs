//! The operations on invitations.

use std::sync::Arc;

use axum::{extract::State, response::Json};
use serde::Serialize;
use usher_application::{ChangeError, InvitationDraft, ListRequest, ManageError, Usher};
use usher_domain::{Caller, Permission, Refusal, State as Stage};

use super::{
    envelope::{Data, data},
    extract::{Authenticated, Id, object, object_or_nothing},
    fault::{Fault, Result},
    ids,
    wire::{self, Invitation, Selection, SendRequest},
};
use crate::request::{LateBody, Parameters};

/// How many invitations a list without paging has at most.
const ALL: usize = 10_000;
/// How many of them are read from the store at once.
const READ: u64 = 500;

pub(super) async fn send(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
    body: LateBody,
) -> Result<Json<Invitation>> {
    let caller = authenticated.may(Permission::Invite)?;
    let request = SendRequest::read(object(body).await?, &query)?;
    let mut outcomes = usher.invitations.invite.run(caller, &[request.invite()]).await?;
    let invitation = match outcomes.pop() {
        Some(Err(Refusal::AlreadyInvited(id))) => {
            resend_to_invited(&usher, caller, id, request.draft()).await?
        }
        Some(outcome) => outcome?,
        None => return Err(Fault::internal_error()),
    };
    Ok(Json(Invitation::new(&invitation, usher.now())))
}

/// Changes the pending invitation to what is offered now, and sends another letter.
async fn resend_to_invited(
    usher: &Usher,
    caller: &Caller,
    id: usher_domain::InvitationId,
    draft: InvitationDraft,
) -> Result<usher_domain::Invitation> {
    // The invitation may be one that this caller may not see.
    let hidden = |it: ManageError| match it {
        ManageError::Unknown => Fault::user_exists(),
        other => other.into(),
    };
    let again = usher.invitations.change_and_resend.run(caller, id, draft, None).await;
    again.map_err(|it| match it {
        ChangeError::Manage(it) => hidden(it),
        ChangeError::Refused(it) => it.into(),
    })
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<Json<Data<Invitation>>> {
    let caller = authenticated.may(Permission::Read)?;
    let Selection { filter, page } = Selection::read(&query)?;
    let request = ListRequest { filter, limit: READ, ..ListRequest::default() };
    let mut found = Vec::new();
    if let Some((skip, limit)) = page {
        let request = ListRequest { skip, limit, ..request };
        found = usher.invitations.list.run(caller, request).await?.invitations;
    } else {
        let mut next = Some(String::new());
        while let Some(page_token) = next.filter(|_| found.len() < ALL) {
            let request = ListRequest { page_token: &page_token, ..request.clone() };
            let listing = usher.invitations.list.run(caller, request).await?;
            found.extend(listing.invitations);
            next = listing.next;
        }
    }
    let now = usher.now();
    Ok(data(found.iter().map(|it| Invitation::new(it, now))))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Invitation>> {
    let found = found(&usher, authenticated.may(Permission::Read)?, &id).await?;
    Ok(Json(Invitation::new(&found, usher.now())))
}

/// The invitation, unless it was revoked or declined: this API does not show those.
async fn found(usher: &Usher, caller: &Caller, id: &str) -> Result<usher_domain::Invitation> {
    let found = usher.invitations.find.run(caller, ids::of_invitation(id)?).await?;
    match found.state(usher.now()) {
        Stage::Pending | Stage::Expired | Stage::Accepted => Ok(found),
        Stage::Declined | Stage::Revoked => Err(Fault::no_invitation()),
    }
}

pub(super) async fn update(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
    query: Parameters,
    body: LateBody,
) -> Result<Json<Invitation>> {
    let caller = authenticated.may(Permission::Resend)?;
    let found = found(&usher, caller, &id).await?;
    let draft = wire::change(object_or_nothing(body).await?, &query)?;
    let changed = usher.invitations.change.run(caller, found.id, draft).await?;
    Ok(Json(Invitation::new(&changed, usher.now())))
}

/// That another letter is on its way.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resent {
    resent: bool,
}

pub(super) async fn resend(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Resent>> {
    let caller = authenticated.may(Permission::Resend)?;
    usher.invitations.resend.renew(caller, ids::of_invitation(&id)?).await?;
    Ok(Json(Resent { resent: true }))
}

/// Answers the invitation as it was.
pub(super) async fn remove(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    Id(id): Id<String>,
) -> Result<Json<Invitation>> {
    let caller = authenticated.may(Permission::Revoke)?;
    let found = found(&usher, caller, &id).await?;
    usher.invitations.revoke.run(caller, found.id).await?;
    Ok(Json(Invitation::new(&found, usher.now())))
}
