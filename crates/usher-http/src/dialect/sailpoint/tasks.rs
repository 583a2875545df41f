//! The operations on tasks.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{Json, Response},
};
use usher_application::{Filter, TaskCondition, TaskPage, Usher};
use usher_domain::{Caller, Permission, Task};

use super::{
    api_version::ApiVersion,
    error_language::ErrorLanguage,
    extract::{Authenticated, Id, Paging, TOTAL, text},
    fault::{Fault, Result},
    fields, filter, results_csv, task_patch,
    wire::{TaskStatus, View},
};
use crate::request::{LateBody, Parameters};

const DEPRECATED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-deprecated"), HeaderValue::from_static("true"));

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    version: ApiVersion,
    language: ErrorLanguage,
    authenticated: Authenticated,
    id: Id,
) -> Result<Json<TaskStatus>> {
    let task = found(&usher, authenticated.may(Permission::Read)?, &id).await?;
    let view = View { usher: &usher, version, language: &language };
    Ok(Json(view.full(&task).await?))
}

async fn found(usher: &Usher, caller: &Caller, Id(id): &Id) -> Result<Task> {
    let id = id.parse().map_err(|_| Fault::no_task())?;
    Ok(usher.tasks.read.find(caller, id).await?)
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    version: ApiVersion,
    language: ErrorLanguage,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<(HeaderMap, Json<Vec<TaskStatus>>)> {
    let caller = authenticated.may(Permission::Read)?;
    let mut filter = filter::read(text(&query, "filters")?, &fields::of_tasks(version))?;
    if version.lists_completed_only() {
        filter = Filter::And(vec![Filter::Not(Box::new(open())), filter]);
    }
    let newest_first = fields::newest_first(text(&query, "sorters")?)?;
    let view = View { usher: &usher, version, language: &language };
    listed(&view, caller, filter, newest_first, Paging::read(&query)?).await
}

pub(super) async fn list_pending(
    State(usher): State<Arc<Usher>>,
    version: ApiVersion,
    language: ErrorLanguage,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<(HeaderMap, Json<Vec<TaskStatus>>)> {
    let caller = authenticated.may(Permission::Read)?;
    let view = View { usher: &usher, version, language: &language };
    let (mut headers, tasks) = listed(&view, caller, open(), true, Paging::read(&query)?).await?;
    headers.extend([(Some(DEPRECATED.0), DEPRECATED.1)]);
    Ok((headers, tasks))
}

pub(super) async fn count_pending(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<HeaderMap> {
    let caller = authenticated.may(Permission::Read)?;
    Paging::read(&query)?;
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
    paging: Paging,
) -> Result<(HeaderMap, Json<Vec<TaskStatus>>)> {
    let Paging { skip, limit, count } = paging;
    let tasks = &view.usher.tasks.read;
    let mut headers = HeaderMap::new();
    if count {
        headers.insert(TOTAL, tasks.count(caller, filter.clone()).await?.into());
    }
    let page = TaskPage { filter, newest_first, after: None, skip, limit };
    let found = if limit == 0 { Vec::new() } else { tasks.list(caller, page).await? };
    Ok((headers, Json(found.iter().map(|it| view.brief(it)).collect())))
}

pub(super) async fn cancel(
    State(usher): State<Arc<Usher>>,
    version: ApiVersion,
    language: ErrorLanguage,
    authenticated: Authenticated,
    id: Id,
    body: LateBody,
) -> Result<Json<TaskStatus>> {
    let caller = authenticated.person(Permission::Administer)?;
    let task = found(&usher, caller, &id).await?;
    let body = body.read_at_most(task_patch::MAX_BODY).await?;
    let view = View { usher: &usher, version, language: &language };
    let shown = serde_json::to_value(view.brief(&task)).map_err(|_| Fault::internal_error())?;
    let task = match task_patch::read(&body, &shown)? {
        None => task,
        Some(ending) => usher.tasks.cancel.run(caller, task.id, ending.how, ending.at).await?,
    };
    // It has ended, whether it can be shown or not.
    Ok(Json(view.full(&task).await.map_err(|_| Fault::undecided())?))
}

pub(super) async fn results(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    id: Id,
) -> Result<Response> {
    let caller = authenticated.may(Permission::Read)?;
    let task = found(&usher, caller, &id).await?;
    results_csv::response(usher, caller.clone(), task).await
}
