//! The operations on invitations.

use std::{slice, sync::Arc};

use axum::{extract::State, response::Json};
use serde_json::{Value, json};
use usher_application::{
    Acceptor, Filter, InvitationCondition, Invite, ListRequest, UserAgent, Usher,
};
use usher_domain::{Caller, Invitation, InvitationId, Refusal, State as InvitationState, Status};

use super::{
    extract::{Authenticated, Name, count, flag, object, optional_object, page_size, text},
    fault::{Fault, Result},
    filter,
    rights::{CREATE, DELETE, LIST, READ, RESEND, Right},
    wire::{self, CreatedInvitations, Opened, UserBody, UserInvitation, UserInvitations},
};
use crate::request::{LateBody, Parameters};

pub(super) async fn create(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
    body: LateBody,
) -> Result<Json<UserInvitation>> {
    let caller = authenticated.may(CREATE, "userInvitations")?;
    let rehearsal = flag(&query, "validateOnly")?;
    let invite = wire::invite(caller, &object(body).await?)?;
    let created = invited(&usher, caller, &[invite], rehearsal, |_| String::new()).await?;
    Ok(Json(created.into_iter().next().expect("one invitation for one invitee")))
}

pub(super) async fn create_many(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
    body: LateBody,
) -> Result<Json<CreatedInvitations>> {
    let caller = authenticated.may(CREATE, "userInvitations")?;
    let rehearsal = flag(&query, "validateOnly")?;
    let invites = wire::invites(caller, &object(body).await?)?;
    let user_invitations = invited(&usher, caller, &invites, rehearsal, wire::path).await?;
    Ok(Json(CreatedInvitations { user_invitations }))
}

/// Invites all of them or nobody. A rehearsal invites nobody and has the same result.
async fn invited(
    usher: &Usher,
    caller: &Caller,
    invites: &[Invite],
    rehearsal: bool,
    path: impl Fn(usize) -> String,
) -> Result<Vec<UserInvitation>> {
    let outcome: std::result::Result<Vec<_>, _> = if rehearsal {
        let outcomes =
            usher.invitations.invite.rehearse(caller, invites).await?.into_iter().enumerate();
        outcomes.map(|(number, it)| it.map_err(|refusal| (number, refusal))).collect()
    } else {
        usher.invitations.invite.run_all(caller, invites).await?
    };
    match outcome {
        Ok(all) if rehearsal => Ok(all.iter().map(UserInvitation::rehearsed).collect()),
        // They are invited, whether they can be shown or not.
        Ok(all) => shown(usher, caller, &all).await.map_err(|_| Fault::undecided()),
        Err((number, refusal)) => Err(refused(usher, caller, refusal, &path(number)).await),
    }
}

/// The invitations as this caller sees them.
async fn shown(usher: &Usher, caller: &Caller, all: &[Invitation]) -> Result<Vec<UserInvitation>> {
    let links = usher.invitations.hand_over.run(caller, all).await;
    let links = links.map_err(|it| Fault::failed(&it))?;
    Ok(all.iter().zip(links).map(|(it, link)| UserInvitation::shown(it, link)).collect())
}

/// One invitation as this caller sees it.
async fn one_shown(
    usher: &Usher,
    caller: &Caller,
    it: &Invitation,
) -> Result<Json<UserInvitation>> {
    let shown = shown(usher, caller, slice::from_ref(it)).await?.pop();
    Ok(Json(shown.expect("one invitation is shown as one")))
}

/// A caller who may not see the existing invitation only learns that there is one.
async fn refused(usher: &Usher, caller: &Caller, refusal: Refusal, path: &str) -> Fault {
    let fault = match refusal {
        Refusal::AlreadyInvited(id) if usher.invitations.find.run(caller, id).await.is_err() => {
            Fault::already_invited(None)
        }
        refusal => Fault::refused(refusal, path),
    };
    match path.strip_suffix('.') {
        Some(one_of_many) => fault.with("request", one_of_many),
        None => fault,
    }
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<Json<UserInvitations>> {
    let caller = authenticated.may(LIST, "userInvitations")?;
    let filter_text = text(&query, "filter")?;
    let request = ListRequest {
        filter: Filter::And(vec![visible(), filter::read(filter_text)?]),
        filter_text,
        page_token: text(&query, "pageToken")?,
        skip: count(&query, "skip")?,
        limit: page_size(&query)?,
    };
    let listing = usher.invitations.list.run(caller, request).await?;
    Ok(Json(UserInvitations {
        user_invitations: shown(&usher, caller, &listing.invitations).await?,
        next_page_token: listing.next.unwrap_or_default(),
    }))
}

/// Those that are there: see [`is_there`]. The store leaves the others out, so that every page but
/// the last is full.
fn visible() -> Filter {
    let is = |it| Filter::Is(InvitationCondition::State(it));
    let open = Filter::Or(vec![is(InvitationState::Pending), is(InvitationState::Expired)]);
    let lapsed = Filter::Is(InvitationCondition::Lapsed);
    Filter::And(vec![open, Filter::Not(Box::new(lapsed))])
}

/// Pending or expired. What was accepted, declined or revoked is gone, and so is an expired one
/// whose place another has taken.
fn is_there(it: &Invitation) -> bool {
    match it.status {
        Status::Pending => true,
        Status::Accepted | Status::Declined | Status::Revoked | Status::Lapsed => false,
    }
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    name: Name,
    authenticated: Authenticated,
) -> Result<Json<UserInvitation>> {
    let (caller, id) = about(&authenticated, READ, &name)?;
    let found =
        usher.invitations.find.run(caller, id).await.map_err(|it| Fault::not_found(it, &name.0))?;
    if !is_there(&found) {
        return Err(Fault::no_such_invitation(&name.0));
    }
    one_shown(&usher, caller, &found).await
}

pub(super) async fn revoke(
    State(usher): State<Arc<Usher>>,
    name: Name,
    authenticated: Authenticated,
) -> Result<Json<Value>> {
    let (caller, id) = about(&authenticated, DELETE, &name)?;
    let revoked = usher.invitations.revoke.run(caller, id).await;
    revoked.map_err(|it| Fault::not_managed(it, DELETE, &name.0))?;
    Ok(Json(json!({})))
}

pub(super) async fn resend(
    State(usher): State<Arc<Usher>>,
    Name(name): Name,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Json<UserInvitation>> {
    let Some((id, "resend")) = name.rsplit_once(':') else {
        return Err(misdirected(Name(name)).await);
    };
    let name = Name(id.to_owned());
    let (caller, id) = about(&authenticated, RESEND, &name)?;
    let policy = wire::policy(&optional_object(body).await?)?;
    let resent = usher.invitations.resend.run(caller, id, policy).await;
    let resent = resent.map_err(|it| Fault::not_managed(it, RESEND, &name.0))?;
    one_shown(&usher, caller, &resent).await.map_err(|_| Fault::undecided())
}

/// The caller and the id of the invitation. The rights are checked first: a caller without them
/// does not learn which invitations exist.
fn about<'a>(
    authenticated: &'a Authenticated,
    right: Right,
    Name(id): &Name,
) -> Result<(&'a Caller, InvitationId)> {
    if id.contains(':') {
        return Err(method_of(id));
    }
    let caller = authenticated.may(right, &format!("userInvitations/{id}"))?;
    Ok((caller, id.parse().map_err(|_| Fault::no_such_invitation(id))?))
}

pub(super) async fn misdirected(Name(name): Name) -> Fault {
    method_of(&name)
}

/// The custom method that the last segment of the path may name besides an id.
fn method_of(name: &str) -> Fault {
    match name.rsplit_once(':') {
        None => Fault::method_not_allowed(Some("GET,HEAD,DELETE")),
        Some((_, "resend")) => Fault::method_not_allowed(Some("POST")),
        Some(_) => Fault::unknown_path(),
    }
}

pub(super) async fn accept(
    State(usher): State<Arc<Usher>>,
    body: LateBody,
) -> Result<Json<UserBody>> {
    let body = object(body).await?;
    let (token, name) = wire::acceptance(&body)?;
    let by = Acceptor::Newcomer { name, password: None, agent: UserAgent::default() };
    let accepted = usher.invitations.accept.run(token, by).await;
    let accepted = accepted.map_err(|it| Fault::not_accepted(it, &opened_by(&usher, token)))?;
    Ok(Json(accepted.user.into()))
}

pub(super) async fn look_up(
    State(usher): State<Arc<Usher>>,
    query: Parameters,
) -> Result<Json<Opened>> {
    let token = text(&query, "invitationToken")?;
    if token.is_empty() {
        return Err(Fault::field("invitationToken", "is required"));
    }
    let found = usher.invitations.look_up.run(token).await?;
    found.open.map_err(|it| Fault::closed(it, &opened_by(&usher, token)))?;
    Ok(Json(found.into()))
}

/// The name of the invitation that a token opens. It may be shown only once the token is proven.
fn opened_by(usher: &Usher, token: &str) -> String {
    let id = usher.links.names(token).map(|it| it.to_string());
    format!("userInvitations/{}", id.unwrap_or_default())
}
