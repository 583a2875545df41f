//! Identity invitations of SailPoint's Identity Security Cloud, the tasks that carry them out, and
//! the identities that they are for.

mod edition;
mod extract;
mod fault;
mod fields;
mod filter;
mod limiter;
mod patch;
mod table;
mod token;
mod tongue;
mod wire;

use std::{any::Any, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_LENGTH},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Json, Response},
    routing::{any, get, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer, request_id::RequestId, set_header::SetResponseHeaderLayer,
};
use usher_application::{
    Entropy, Filter, ReadUsers, TaskCondition, TaskPage, UserCondition, Usher,
};
use usher_domain::{Caller, Permission, Task, UserId};

use self::{
    edition::Edition,
    extract::{Asker, Body, Desk, Id, Query, Slot},
    fault::{Fault, Result, Untold},
    tongue::Tongue,
    wire::{Identity, TaskStatus, View, Wanted},
};
use crate::options::Options;

/// How many there are in all.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");
/// Says which request it was; support asks for it.
const TRACKING: HeaderName = HeaderName::from_static("slpt-request-id");
const DEPRECATED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-deprecated"), HeaderValue::from_static("true"));

pub(crate) fn router(usher: &Usher, options: Options) -> Router<Arc<Usher>> {
    let mut router = Router::new()
        .route("/oauth/token", post(token::issue))
        .route("/oauth/info", get(token::info));
    for edition in Edition::ALL {
        router = router.merge(family(edition));
    }
    let mut router = router.method_not_allowed_fallback(async || Fault::wrong_method());
    for prefix in Edition::ALL.into_iter().filter_map(Edition::prefix) {
        for path in [prefix.to_owned(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")] {
            router = router.route(&path, any(nowhere));
        }
    }
    for service in ["/identities", "/task-status", "/oauth"] {
        router = router.route(&format!("{service}{{*rest}}"), any(nowhere));
    }
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(Extension(Arc::new(Desk::new(options))))
        .layer(from_fn_with_state(usher.ports.entropy.clone(), told))
        // There are tokens and people in the answers.
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

/// What there is in one version of the API.
fn family(edition: Edition) -> Router<Arc<Usher>> {
    let (identities, tasks) = (edition.identities(), edition.tasks());
    let mut router = Router::new()
        .route(&identities, get(list_identities))
        .route(&format!("{identities}/invite"), post(invite))
        .route(&format!("{identities}/{{id}}"), get(find_identity))
        .route(&format!("{identities}/{{id}}/reset"), post(reset))
        .route(&tasks, get(list_tasks))
        .route(&format!("{tasks}/{{id}}"), get(find_task).patch(clear))
        .route(&format!("{tasks}/{{id}}/result"), get(results));
    if edition.lists_pending() {
        let pending = get(list_pending).head(count_pending);
        router = router.route(&format!("{tasks}/pending-tasks"), pending);
    }
    router.layer(Extension(edition))
}

/// Names the request, and puts into words what is untold.
async fn told(
    State(entropy): State<Arc<dyn Entropy>>,
    tongue: Tongue,
    request: Request,
    next: Next,
) -> Response {
    let ours =
        request.extensions().get::<RequestId>().and_then(|it| it.header_value().to_str().ok());
    let ours = ours.filter(|it| it.len() == 32 && it.bytes().all(|it| it.is_ascii_hexdigit()));
    let is_ours = ours.is_some();
    let tracking =
        ours.map_or_else(|| entropy.id().as_simple().to_string(), str::to_ascii_lowercase);
    let mut response = next.run(request).await;
    if let Some(untold) = response.extensions_mut().remove::<Untold>() {
        let told = untold.told(&tongue, &tracking).into_parts();
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().extend(told.0.headers);
        *response.body_mut() = told.1;
        if !is_ours {
            // A proxy has named the request otherwise.
            tracing::info!(tracking, "told to the client");
        }
    }
    if let Ok(tracking) = HeaderValue::try_from(tracking) {
        response.headers_mut().insert(TRACKING, tracking);
    }
    response
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Fault::broken().into_response()
}

async fn nowhere() -> Fault {
    Fault::nowhere()
}

async fn invite(
    State(usher): State<Arc<Usher>>,
    Extension(desk): Extension<Arc<Desk>>,
    edition: Edition,
    tongue: Tongue,
    asker: Asker,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<TaskStatus>)> {
    let caller = asker.person(Permission::Invite)?;
    // Identities are those of the tenant itself.
    if !caller.reaches(None) {
        return Err(Fault::forbidden());
    }
    desk.knows(edition, &headers)?;
    let body = body.read(wire::room(usher.policy.batch)).await?;
    let task = match wire::wanted(&body)? {
        Wanted::These(ids) => usher.tasks.submit.run(caller, wire::rows(ids)).await?,
        Wanted::Uninvited => usher.tasks.submit.uninvited(caller, wire::UNINVITED.into()).await?,
    };
    let view = View { usher: &usher, edition, tongue: &tongue };
    Ok((StatusCode::ACCEPTED, Json(view.brief(&task))))
}

async fn find_task(
    State(usher): State<Arc<Usher>>,
    edition: Edition,
    tongue: Tongue,
    asker: Asker,
    id: Id,
) -> Result<Json<TaskStatus>> {
    let task = found(&usher, asker.may(Permission::Read)?, &id).await?;
    let view = View { usher: &usher, edition, tongue: &tongue };
    Ok(Json(view.full(&task).await?))
}

async fn found(usher: &Usher, caller: &Caller, Id(id): &Id) -> Result<Task> {
    let id = id.parse().map_err(|_| Fault::no_task())?;
    Ok(usher.tasks.read.find(caller, id).await?)
}

async fn list_tasks(
    State(usher): State<Arc<Usher>>,
    edition: Edition,
    tongue: Tongue,
    asker: Asker,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<TaskStatus>>)> {
    let caller = asker.may(Permission::Read)?;
    let mut filter = filter::read(query.text("filters")?, &fields::of_tasks(edition))?;
    if edition.lists_completed_only() {
        filter = Filter::And(vec![Filter::Not(Box::new(open())), filter]);
    }
    let newest_first = fields::newest_first(query.text("sorters")?)?;
    let view = View { usher: &usher, edition, tongue: &tongue };
    listed(&view, caller, filter, newest_first, query.slot()?).await
}

async fn list_pending(
    State(usher): State<Arc<Usher>>,
    edition: Edition,
    tongue: Tongue,
    asker: Asker,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<TaskStatus>>)> {
    let caller = asker.may(Permission::Read)?;
    let view = View { usher: &usher, edition, tongue: &tongue };
    let (mut headers, tasks) = listed(&view, caller, open(), true, query.slot()?).await?;
    headers.extend([(Some(DEPRECATED.0), DEPRECATED.1)]);
    Ok((headers, tasks))
}

async fn count_pending(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    query: Query,
) -> Result<HeaderMap> {
    let caller = asker.may(Permission::Read)?;
    query.slot()?;
    let total = usher.tasks.read.count(caller, open()).await?;
    Ok([DEPRECATED, (TOTAL, total.into())].into_iter().collect())
}

/// Tasks that are not completed.
fn open() -> Filter<TaskCondition> {
    Filter::Is(TaskCondition::Completion(None))
}

async fn listed(
    view: &View<'_>,
    caller: &Caller,
    filter: Filter<TaskCondition>,
    newest_first: bool,
    slot: Slot,
) -> Result<(HeaderMap, Json<Vec<TaskStatus>>)> {
    let Slot { skip, limit, count } = slot;
    let tasks = &view.usher.tasks.read;
    let mut headers = HeaderMap::new();
    if count {
        headers.insert(TOTAL, tasks.count(caller, filter.clone()).await?.into());
    }
    let page = TaskPage { filter, newest_first, after: None, skip, limit };
    let found = if limit == 0 { Vec::new() } else { tasks.list(caller, page).await? };
    Ok((headers, Json(found.iter().map(|it| view.brief(it)).collect())))
}

async fn clear(
    State(usher): State<Arc<Usher>>,
    edition: Edition,
    tongue: Tongue,
    asker: Asker,
    id: Id,
    body: Body,
) -> Result<Json<TaskStatus>> {
    let caller = asker.person(Permission::Administer)?;
    let task = found(&usher, caller, &id).await?;
    let body = body.read(patch::ROOM).await?;
    let view = View { usher: &usher, edition, tongue: &tongue };
    let shown = serde_json::to_value(view.brief(&task)).map_err(|_| Fault::broken())?;
    let task = match patch::read(&body, &shown)? {
        None => task,
        Some(ending) => usher.tasks.cancel.run(caller, task.id, ending.how, ending.at).await?,
    };
    Ok(Json(view.full(&task).await?))
}

async fn results(State(usher): State<Arc<Usher>>, asker: Asker, id: Id) -> Result<Response> {
    let task = found(&usher, asker.may(Permission::Read)?, &id).await?;
    table::of(usher, task).await
}

async fn list_identities(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Identity>>)> {
    let caller = asker.person(Permission::Read)?;
    ReadUsers::allowed(caller)?;
    // Everybody here counts as correlated, so there is nothing to leave out by default.
    if !["", "CORRELATED_ONLY", "NONE"].contains(&query.text("defaultFilter")?) {
        return Err(Fault::field("defaultFilter", "must be CORRELATED_ONLY or NONE"));
    }
    let filter = filter::read(query.text("filters")?, &fields::of_identities())?;
    let order = fields::order(query.text("sorters")?)?;
    let Slot { skip, limit, count } = query.slot()?;
    let mut headers = HeaderMap::new();
    if count {
        headers.insert(TOTAL, usher.users.read.count(caller, filter.clone()).await?.into());
    }
    let found = usher.users.read.search(caller, filter, &order, skip, limit).await?;
    Ok((headers, Json(found.into_iter().map(Identity::from).collect())))
}

async fn find_identity(
    State(usher): State<Arc<Usher>>,
    asker: Asker,
    Id(id): Id,
) -> Result<Json<Identity>> {
    let caller = asker.person(Permission::Read)?;
    let id = UserId::parse(&id).map_or(UserCondition::Nothing, UserCondition::Id);
    let found = usher.users.read.search(caller, Filter::Is(id), &[], 0, 1).await?;
    found.into_iter().next().map(|it| Json(it.into())).ok_or_else(Fault::no_identity)
}

async fn reset(State(usher): State<Arc<Usher>>, asker: Asker, Id(id): Id) -> Result<StatusCode> {
    let caller = asker.may(Permission::Administer)?;
    let id = UserId::parse(&id).map_err(|_| Fault::no_identity())?;
    usher.users.reset.run(caller, &id).await?;
    Ok(StatusCode::ACCEPTED)
}

#[cfg(test)]
mod tests;
