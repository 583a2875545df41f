//! The operations on users: adding them, and reading one, a list or how many there are.

use std::{collections::HashSet, sync::Arc};

use axum::extract::State;
use serde_json::{Value, json};
use usher_application::{
    Filter, ReadUsers, TextMatch, UserCondition, UserField, UserOrder, UserWithStatus, Usher,
};
use usher_domain::{Actor, Caller, OrganizationId, Permission, UserId, UserStatus};

use super::{
    envelope::Data,
    extract::{Authenticated, read_body, read_query},
    fault::{Fault, Result},
    record::{self, Extent, Record, Tenancy},
    schema,
    wire::{self, Add, Find, List, Scope},
};
use crate::request::{LateBody, Parameters};

pub(super) async fn add(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    body: LateBody,
) -> Result<Data<Value>> {
    let caller = authenticated.may(Permission::ManageMembers)?;
    let given: Add = read_body(body, &authenticated, schema::ADD).await?;
    let new = given.user(usher.now(), usher.random_secret())?;
    let added = usher.users.add.run(caller, &authenticated.organization, new).await?;
    Ok(Data(json!({"id": added.id.as_str()})))
}

pub(super) async fn find(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<Data<Record>> {
    let caller = reader(&authenticated)?;
    let Find { id } = read_query(query, schema::FIND)?;
    let test = UserId::parse(&id).map_or(UserCondition::Nothing, UserCondition::Id);
    let active = Filter::Is(UserCondition::Status(UserStatus::Active));
    let filter = Filter::And(vec![Filter::Is(test), active]);
    let found = usher.users.read.search(caller, filter, &[], 0, 1).await?;
    let shown = record::shown(&usher, caller, found, Extent::Belonging).await?;
    let malformed = wire::is_malformed(&id);
    let no = || if malformed { Fault::malformed_id() } else { Fault::no_user() };
    shown.into_iter().next().map(Data).ok_or_else(no)
}

pub(super) async fn list(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<Data<Vec<Record>>> {
    let caller = reader(&authenticated)?;
    let given: List = read_query(query, schema::LIST)?;
    let filter = selection(&usher, caller, &authenticated.organization, &given).await?;
    let found = page(&usher, caller, &filter, given.start, given.limit.unwrap_or(1000)).await?;
    let extent = if given.config { Extent::Whole } else { Extent::Brief };
    Ok(Data(record::shown(&usher, caller, found, extent).await?))
}

/// How many users are read from the store at once.
const READ: u64 = 250;
/// How many bytes the documents of the users of one answer have at most.
const DOCUMENTS: usize = 16 << 20;

/// The users of a list, sorted by their first names.
async fn page(
    usher: &Usher,
    caller: &Caller,
    filter: &Filter<UserCondition>,
    start: u64,
    limit: u64,
) -> Result<Vec<UserWithStatus>> {
    let order = [UserOrder::FirstName { descending: false }];
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let (mut read, mut bytes) = (0, 0);
    while read < limit {
        let most = READ.min(limit - read);
        let some = usher.users.read.search(caller, filter.clone(), &order, start + read, most);
        let some = some.await?;
        read += most;
        let is_last = (some.len() as u64) < most;
        bytes += some.iter().map(|it| it.user.documents()).sum::<usize>();
        if bytes > DOCUMENTS {
            let reason = "the profiles of so many users are too long for one answer";
            return Err(Fault::field("limit", reason.to_owned()));
        }
        // Where users come between two reads, some are read twice.
        found.extend(some.into_iter().filter(|it| seen.insert(it.user.id.clone())));
        if is_last {
            break;
        }
    }
    Ok(found)
}

pub(super) async fn count(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
    query: Parameters,
) -> Result<Data<u64>> {
    let caller = reader(&authenticated)?;
    let given: List = read_query(query, schema::LIST)?;
    let filter = selection(&usher, caller, &authenticated.organization, &given).await?;
    Ok(Data(usher.users.read.count(caller, filter).await?))
}

/// Where the person who asks belongs, as far as the key that they ask with sees it.
pub(super) async fn tenants(
    State(usher): State<Arc<Usher>>,
    authenticated: Authenticated,
) -> Result<Data<Tenancy>> {
    let caller = reader(&authenticated)?;
    let Actor::User(id) = &caller.actor else { return Err(Fault::no_user()) };
    let myself = Filter::Is(UserCondition::Id(id.clone()));
    let found = usher.users.read.search(caller, myself, &[], 0, 1).await?;
    let shown = record::shown(&usher, caller, found, Extent::Belonging).await?;
    shown.into_iter().next().map(|it| Data(it.into())).ok_or_else(Fault::no_user)
}

/// The caller, if they may read users.
fn reader(authenticated: &Authenticated) -> Result<&Caller> {
    let caller = authenticated.may(Permission::Read)?;
    ReadUsers::allowed(caller)?;
    Ok(caller)
}

/// The users that a list is of.
async fn selection(
    usher: &Usher,
    caller: &Caller,
    organization: &OrganizationId,
    given: &List,
) -> Result<Filter<UserCondition>> {
    let status = wire::status(given.status.as_deref().unwrap_or("active"));
    let status = Filter::Is(status.map_or(UserCondition::Nothing, UserCondition::Status));
    let whose = whose(usher, caller, organization, given.scope).await?;
    Ok(Filter::And(vec![status, whose, about(&given.keywords)]))
}

/// The scope applies to a main tenant only: a sub tenant always sees the users invited to it.
async fn whose(
    usher: &Usher,
    caller: &Caller,
    organization: &OrganizationId,
    scope: Option<Scope>,
) -> Result<Filter<UserCondition>> {
    let Some(scope) = scope else { return Ok(Filter::Everything) };
    let known = usher.members.read.organizations(caller, vec![organization.clone()]).await?;
    if known.get(organization).is_none_or(|it| it.parent.is_some()) {
        return Ok(Filter::Everything);
    }
    let home = Filter::Is(UserCondition::Home(organization.clone()));
    let other = Filter::Not(Box::new(home.clone()));
    let member = Filter::Is(UserCondition::Member(organization.clone()));
    Ok(match scope {
        Scope::MyTenancy => home,
        Scope::OtherTenancy => other,
        Scope::OtherTenancyInvited => Filter::And(vec![other, member]),
    })
}

/// The users whose names or address contain these words literally.
fn about(keywords: &str) -> Filter<UserCondition> {
    // No field is longer than this, and databases limit the length of a pattern.
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
