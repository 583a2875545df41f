//! The users of SOAJS's URAC: inviting them to tenants at once, their groups and pins, and signing
//! in with a pin.

mod extract;
mod fault;
mod imfv;
mod oauth;
mod record;
mod schema;
mod wire;

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Json, Response},
    routing::{MethodRouter, any, get, post, put},
};
use serde::Serialize;
use serde_json::{Value, json};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};
use usher_application::{
    AddMyselfError, ChangeMemberError, Filter, MemberChange, NewMember, ReadUsers, TextMatch,
    UserCondition, UserField, UserOrder, UserRefs, Usher,
};
use usher_domain::{Actor, Caller, OrganizationId, Permission, Refusal, UserId, UserStatus};

use self::{
    extract::{Asker, Body, Query},
    fault::{Fault, Result},
    record::{Extent, Record},
    wire::{
        Add, ChangeGroups, ChangePin, Find, Invite, InviteMyself, List, Myself, Outcomes, Place,
        Scope, Uninvite, Who,
    },
};

/// What the service is called in the paths of a gateway.
const GATEWAY: [&str; 2] = ["/urac", "/urac/v3"];

pub(crate) fn router() -> Router<Arc<Usher>> {
    let mut router = Router::new();
    let mut serve = |path: &str, how: MethodRouter<Arc<Usher>>| {
        let known = std::mem::take(&mut router);
        router = known.route(path, how.clone()).route(&format!("{path}/"), how);
    };
    for (path, how) in operations() {
        for prefix in GATEWAY {
            serve(&format!("{prefix}{path}"), how.clone());
        }
        serve(path, how);
    }
    for prefix in GATEWAY {
        serve(&format!("{prefix}/heartbeat"), get(heartbeat));
    }
    let mut router = router.method_not_allowed_fallback(nowhere);
    for prefix in [GATEWAY[0], "/admin"] {
        for path in [prefix.to_owned(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")] {
            router = router.route(&path, any(nowhere));
        }
    }
    router
        .layer(CatchPanicLayer::custom(panicked))
        // There are tokens, pins and people in the answers.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

fn operations() -> [(&'static str, MethodRouter<Arc<Usher>>); 12] {
    [
        ("/admin/users/invite", put(invite)),
        ("/admin/users/invite/tenant", put(invite_to)),
        ("/admin/users/uninvite", put(uninvite)),
        ("/admin/users/uninvite/tenant", put(uninvite_from)),
        ("/admin/user/self/invite", put(invite_myself)),
        ("/admin/user/pin", put(change_pin)),
        ("/admin/user/groups", put(change_groups)),
        ("/admin/user/invited/groups", put(change_groups_of)),
        ("/admin/user", get(find).post(add)),
        ("/admin/users", get(list)),
        ("/admin/users/count", get(count)),
        ("/oauth/pin", post(oauth::sign_in)),
    ]
}

/// What was asked for, in an envelope.
struct Data<T>(T);

#[derive(Serialize)]
struct Envelope<T> {
    result: bool,
    data: T,
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &Envelope { result: true, data: self.0 })
    }
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], Json(body)).into_response()
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Fault::broken().into_response()
}

async fn nowhere() -> Fault {
    Fault::nowhere()
}

async fn heartbeat(State(usher): State<Arc<Usher>>) -> Response {
    let ts = usher.ports.clock.now().timestamp_millis();
    let service = json!({"service": "URAC", "type": "rest", "route": "/heartbeat"});
    let body = json!({"result": true, "ts": ts, "service": service, "versions": {"urac": "3"}});
    answer(StatusCode::OK, &body)
}

async fn invite(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<Outcomes>> {
    let caller = asker.may(Permission::Invite)?;
    let given: Invite = body.read(&asker, schema::INVITE).await?;
    invited(&usher, caller, &asker.place, &given).await
}

async fn invite_to(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<Outcomes>> {
    let caller = asker.may(Permission::Invite)?;
    let given: Invite = body.read(&asker, schema::INVITE_TO).await?;
    invited(&usher, caller, &elsewhere(given.tenant.as_ref())?, &given).await
}

async fn invited(
    usher: &Usher,
    caller: &Caller,
    place: &OrganizationId,
    given: &Invite,
) -> Result<Data<Outcomes>> {
    let members: Vec<_> = given.users.iter().map(NewMember::from).collect();
    let outcomes = usher.members.add.run(caller, place, &members).await?;
    Ok(Data(Outcomes::invited(&given.users, outcomes)))
}

async fn uninvite(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<Outcomes>> {
    let caller = asker.may(Permission::ManageMembers)?;
    let given: Uninvite = body.read(&asker, schema::UNINVITE).await?;
    uninvited(&usher, caller, &asker.place, &given).await
}

async fn uninvite_from(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<Outcomes>> {
    let caller = asker.may(Permission::ManageMembers)?;
    let given: Uninvite = body.read(&asker, schema::UNINVITE_FROM).await?;
    uninvited(&usher, caller, &elsewhere(given.tenant.as_ref())?, &given).await
}

async fn uninvited(
    usher: &Usher,
    caller: &Caller,
    place: &OrganizationId,
    given: &Uninvite,
) -> Result<Data<Outcomes>> {
    let names: Vec<_> = given.users.iter().map(UserRefs::from).collect();
    let outcomes = usher.members.remove.run(caller, place, &names).await?;
    Ok(Data(Outcomes::uninvited(&given.users, outcomes)))
}

/// The organization that the body names.
fn elsewhere(place: Option<&Place>) -> Result<OrganizationId> {
    let place = place.ok_or_else(|| Fault::missing("tenant"))?;
    wire::place(&place.id)
}

async fn invite_myself(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<Myself>> {
    let caller = asker.may(Permission::Invite)?;
    let InviteMyself { tenant, pin, groups } = body.read(&asker, schema::INVITE_MYSELF).await?;
    let (place, pin) = (wire::place(&tenant.id)?, pin.and_then(wire::Pin::grant));
    match usher.members.add.myself(caller, &place, &groups, pin).await {
        Ok((membership, pin)) => Ok(Data(Myself::new(&tenant, &membership, pin))),
        Err(AddMyselfError::NoPerson) if !matches!(caller.actor, Actor::User(_)) => {
            Err(Fault::no_person())
        }
        Err(error) => Err(error.into()),
    }
}

async fn change_pin(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<bool>> {
    let caller = asker.may(Permission::ManageMembers)?;
    let given: ChangePin = body.read(&asker, schema::CHANGE_PIN).await?;
    changed(&usher, caller, &asker.place, &given.user, &given.change()?).await
}

async fn change_groups(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<bool>> {
    let caller = asker.may(Permission::ManageMembers)?;
    let given: ChangeGroups = body.read(&asker, schema::CHANGE_GROUPS).await?;
    changed(&usher, caller, &asker.place, &given.user, &MemberChange::Roles(given.groups)).await
}

async fn change_groups_of(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    body: Body,
) -> Result<Data<bool>> {
    let caller = asker.may(Permission::ManageMembers)?;
    let given: ChangeGroups = body.read(&asker, schema::CHANGE_GROUPS_OF).await?;
    let place = wire::place(given.tenant_id.as_deref().unwrap_or_default())?;
    changed(&usher, caller, &place, &given.user, &MemberChange::Roles(given.groups)).await
}

/// Whether there is such a member, who now is as wished.
async fn changed(
    usher: &Usher,
    caller: &Caller,
    place: &OrganizationId,
    who: &Who,
    change: &MemberChange,
) -> Result<Data<bool>> {
    if who.is_nobody() {
        return Err(Fault::nameless());
    }
    match usher.members.change.run(caller, place, &who.naming(), change).await {
        Ok(_) => Ok(Data(true)),
        Err(ChangeMemberError::Refused(Refusal::UnknownUser)) if who.is_malformed() => {
            Err(Fault::malformed_id())
        }
        Err(ChangeMemberError::Refused(Refusal::UnknownUser | Refusal::NotMember(_))) => {
            Ok(Data(false))
        }
        Err(error) => Err(error.into()),
    }
}

async fn add(State(usher): State<Arc<Usher>>, asker: Asker, body: Body) -> Result<Data<Value>> {
    let caller = asker.may(Permission::ManageMembers)?;
    let given: Add = body.read(&asker, schema::ADD).await?;
    let new = given.user(usher.ports.clock.now(), usher.ports.entropy.secret())?;
    let added = usher.users.add.run(caller, &asker.place, new).await?;
    Ok(Data(json!({"id": added.id.as_str()})))
}

async fn find(State(usher): State<Arc<Usher>>, asker: Asker, query: Query) -> Result<Data<Record>> {
    let caller = reader(&asker)?;
    let Find { id } = query.read(schema::FIND)?;
    let test = UserId::parse(&id).map_or(UserCondition::Nothing, UserCondition::Id);
    let active = Filter::Is(UserCondition::Status(UserStatus::Active));
    let filter = Filter::And(vec![Filter::Is(test), active]);
    let found = usher.users.read.search(caller, filter, &[], 0, 1).await?;
    let shown = record::shown(&usher, caller, found, Extent::Belonging).await?;
    let malformed = wire::is_malformed(&id);
    let no = || if malformed { Fault::malformed_id() } else { Fault::no_user() };
    shown.into_iter().next().map(Data).ok_or_else(no)
}

async fn list(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    query: Query,
) -> Result<Data<Vec<Record>>> {
    let caller = reader(&asker)?;
    let given: List = query.read(schema::LIST)?;
    let filter = wanted(&usher, caller, &asker.place, &given).await?;
    let order = [UserOrder::FirstName { descending: false }];
    let limit = given.limit.unwrap_or(1000);
    let found = usher.users.read.search(caller, filter, &order, given.start, limit).await?;
    let extent = if given.config { Extent::Whole } else { Extent::Brief };
    Ok(Data(record::shown(&usher, caller, found, extent).await?))
}

async fn count(State(usher): State<Arc<Usher>>, asker: Asker, query: Query) -> Result<Data<u64>> {
    let caller = reader(&asker)?;
    let given: List = query.read(schema::LIST)?;
    let filter = wanted(&usher, caller, &asker.place, &given).await?;
    Ok(Data(usher.users.read.count(caller, filter).await?))
}

/// The caller, if they may read users.
fn reader(asker: &Asker) -> Result<&Caller> {
    let caller = asker.may(Permission::Read)?;
    ReadUsers::allowed(caller)?;
    Ok(caller)
}

/// Whom a list is of.
async fn wanted(
    usher: &Usher,
    caller: &Caller,
    place: &OrganizationId,
    given: &List,
) -> Result<Filter<UserCondition>> {
    let status = wire::status(given.status.as_deref().unwrap_or("active"));
    let status = Filter::Is(status.map_or(UserCondition::Nothing, UserCondition::Status));
    let whose = whose(usher, caller, place, given.scope).await?;
    Ok(Filter::And(vec![status, whose, about(&given.keywords)]))
}

/// Below another organization there is no choice: who is invited there is shown.
async fn whose(
    usher: &Usher,
    caller: &Caller,
    place: &OrganizationId,
    scope: Option<Scope>,
) -> Result<Filter<UserCondition>> {
    let Some(scope) = scope else { return Ok(Filter::Everything) };
    let places = usher.members.read.places(caller, vec![place.clone()]).await?;
    if places.get(place).is_none_or(|it| it.parent.is_some()) {
        return Ok(Filter::Everything);
    }
    let home = Filter::Is(UserCondition::Home(place.clone()));
    let other = Filter::Not(Box::new(home.clone()));
    let member = Filter::Is(UserCondition::Member(place.clone()));
    Ok(match scope {
        Scope::MyTenancy => home,
        Scope::OtherTenancy => other,
        Scope::OtherTenancyInvited => Filter::And(vec![other, member]),
    })
}

/// Those in whose names or address the words stand, as they are.
fn about(keywords: &str) -> Filter<UserCondition> {
    // Longer than any of the fields, and no database takes any length.
    const LONGEST: usize = 1024;
    if keywords.is_empty() {
        return Filter::Everything;
    }
    if keywords.len() > LONGEST || keywords.contains('\0') {
        return Filter::Is(UserCondition::Nothing);
    }
    let pieces = vec![String::new(), keywords.to_owned(), String::new()];
    let fields = [UserField::FirstName, UserField::LastName, UserField::Mailbox];
    let holds = |it| Filter::Is(UserCondition::Text(it, TextMatch::Like(pieces.clone())));
    Filter::Or(fields.map(holds).into())
}

#[cfg(test)]
mod tests;
