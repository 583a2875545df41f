//! Reads users, and finds them by what a filter says.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, FromQueryResult as _,
    Iterable as _, Order, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QueryResult,
    QuerySelect as _, QueryTrait as _, Select, Value,
    sea_query::{Asterisk, Expr, ExprTrait as _, NullOrdering, Query, SelectStatement},
};
use serde_json::json as object;
use usher_application::{
    Documents, Filter, StoreError, UserCondition, UserOrder, UserWithStatus, Users,
};
use usher_domain::{
    AccountLettersId, Document, Mailbox, TenantId, Timestamp, User, UserId, UserRef, UserStatus,
};

use crate::{
    backend::Field,
    entity::person::{Column, Entity, Model, folded},
    filter::{self, users::Scope},
    shared::{Effort, Shared, is_far, json, number, small},
    store::SqlStore,
};

#[async_trait]
impl Users for SqlStore {
    async fn find_many(
        &self,
        tenant: TenantId,
        who: &[UserRef],
    ) -> Result<Vec<Option<User>>, StoreError> {
        let found = self.shared.users_by_ref(tenant, who).await?;
        Ok(who.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn written_to(
        &self,
        letters: &[(TenantId, AccountLettersId)],
    ) -> Result<Vec<Option<User>>, StoreError> {
        let asked: HashSet<_> = letters.iter().collect();
        let asked = asked.iter().map(|(tenant, id)| object!({ "tenant_id": tenant.0, "id": id.0 }));
        let fields = [Field::id("tenant_id"), Field::id("id")];
        let condition = "t.tenant_id = r.tenant_id AND t.letters_id = r.id";
        let sql = self.shared.backend.select_matching("person", 1, &fields, condition);
        let found = self.shared.read::<Entity, User>(&sql, [json(asked)?]).await?;
        let of_letter = |it: User| Some(((it.tenant, it.letters.as_ref()?.id), it));
        let found: HashMap<_, _> = found.into_iter().filter_map(of_letter).collect();
        Ok(letters.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn without_documents(
        &self,
        tenant: TenantId,
        ids: &[UserId],
    ) -> Result<Vec<User>, StoreError> {
        let ids = json(ids.iter().map(UserId::as_str))?;
        let select = with(Documents::Without, Entity::find())
            .filter(Column::TenantId.eq(tenant.0))
            .filter(self.shared.backend.is_in_json(Column::Id, ids))
            .order_by_asc(Column::Id);
        self.shared.users(select).await
    }

    async fn list(
        &self,
        tenant: TenantId,
        after: Option<UserId>,
        limit: u64,
        documents: Documents,
    ) -> Result<Vec<User>, StoreError> {
        let select = with(documents, Entity::find())
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::Id.gt(after.as_ref().map_or(FIRST, UserId::as_str)))
            .order_by_asc(Column::Id)
            .limit(small(limit));
        self.shared.users(select).await
    }

    async fn search_by_id(
        &self,
        tenant: TenantId,
        filter: &Filter<UserCondition>,
        after: Option<UserId>,
        limit: u64,
        documents: Documents,
        now: Timestamp,
    ) -> Result<Vec<User>, StoreError> {
        let scope = Scope { backend: self.shared.backend, tenant, now };
        let mut select = with(documents, Entity::find())
            .filter(self.shared.condition(scope, filter).await?)
            .order_by_asc(Column::Id)
            .limit(small(limit));
        if let Some(after) = after {
            select = select.filter(Column::Id.gt(after.as_str()));
        }
        self.shared.users(select).await
    }

    async fn search(
        &self,
        tenant: TenantId,
        filter: &Filter<UserCondition>,
        order: &[UserOrder],
        skip: u64,
        limit: u64,
        now: Timestamp,
    ) -> Result<Vec<UserWithStatus>, StoreError> {
        if let Some((UserOrder::EffectiveStatus { descending }, order)) = order.split_first() {
            let sorted = ByStatus { tenant, filter, order, now };
            return self.by_status(&sorted, *descending, skip, limit).await;
        }
        let scope = Scope { backend: self.shared.backend, tenant, now };
        let condition = self.shared.condition(scope, filter).await?;
        let select = found(scope, condition, order, skip, limit);
        let statement = self.shared.backend.builder().build(&select);
        let effort = Effort::of(is_far(skip) || filter::users::is_search(filter));
        let read = self.shared.readers(effort).query_all_raw(statement);
        let rows = self.shared.found(effort, read).await?;
        let with_status = |row: &QueryResult| {
            let user = Model::from_query_result(row, "").map_err(StoreError::new)?.try_into()?;
            let invited = row.try_get("", INVITED).map_err(|it: DbErr| StoreError::new(it))?;
            Ok(UserWithStatus { user, invited })
        };
        rows.iter().map(with_status).collect()
    }

    async fn count(
        &self,
        tenant: TenantId,
        filter: &Filter<UserCondition>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let scope = Scope { backend: self.shared.backend, tenant, now };
        let condition = self.shared.condition(scope, filter).await?;
        let select = Entity::find().filter(condition);
        // However they are found, all of them are looked at.
        let effort = Effort::Search;
        self.shared.found(effort, select.count(self.shared.readers(effort))).await
    }
}

/// Users who are sorted by their effective status, and then like this.
struct ByStatus<'a> {
    tenant: TenantId,
    filter: &'a Filter<UserCondition>,
    order: &'a [UserOrder],
    now: Timestamp,
}

impl SqlStore {
    /// Reads those of one status after those of another: no index has them in this order, and of each
    /// alone a page is soon full.
    async fn by_status(
        &self,
        it: &ByStatus<'_>,
        descending: bool,
        mut skip: u64,
        limit: u64,
    ) -> Result<Vec<UserWithStatus>, StoreError> {
        let mut statuses = [
            UserStatus::Active,
            UserStatus::Disabled,
            UserStatus::Pending,
            UserStatus::Unregistered,
        ];
        if descending {
            statuses.reverse();
        }
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for status in statuses {
            let left = limit.saturating_sub(all.len() as u64);
            if left == 0 {
                break;
            }
            let status = Filter::Is(UserCondition::EffectiveStatus(status));
            let filter = Filter::And(vec![it.filter.clone(), status]);
            let some = self.search(it.tenant, &filter, it.order, skip, left, it.now).await?;
            skip = if some.is_empty() && skip > 0 {
                skip.saturating_sub(self.count(it.tenant, &filter, it.now).await?)
            } else {
                0
            };
            // Whoever gets another status between two reads is read twice.
            all.extend(some.into_iter().filter(|it| seen.insert(it.user.id.clone())));
        }
        Ok(all)
    }
}

/// With up to this many users an organization is small: each of them is looked up by id. Of a
/// larger one a page is soon full, in whatever order the users are read.
const SMALL_ORGANIZATION: usize = 5_000;
const INVITED: &str = "invited";

/// Every id comes after it.
const FIRST: &str = "";

/// The same, with the documents of the users or with empty ones in their place.
fn with(documents: Documents, select: Select<Entity>) -> Select<Entity> {
    if documents == Documents::With {
        return select;
    }
    let own = [Column::Profile, Column::Attributes];
    let others = Column::iter().filter(|it| !matches!(it, Column::Profile | Column::Attributes));
    let empty = || Expr::value(Document::default().0);
    own.into_iter().fold(select.select_only().columns(others), |it, own| it.expr_as(empty(), own))
}

/// The query for one page of users, and whether an invitation waits for each of them.
pub(super) fn found(
    scope: Scope,
    condition: Expr,
    order: &[UserOrder],
    skip: u64,
    limit: u64,
) -> SelectStatement {
    let mut page = Entity::find().filter(condition).limit(small(limit)).into_query();
    if skip > 0 {
        page.offset(small(skip));
    }
    // Only for the users on the page the query looks for a pending invitation.
    let page = sorted(page, order, scope);
    let select = Query::select()
        .column((Entity, Asterisk))
        .expr_as(filter::users::invited(scope), INVITED)
        .from_subquery(page, Entity)
        .take();
    sorted(select, order, scope)
}

/// Sorts by these, and then by id.
fn sorted(mut select: SelectStatement, order: &[UserOrder], scope: Scope) -> SelectStatement {
    for it in order {
        let (value, descending) = match it {
            UserOrder::Name { descending } => (Column::NameFolded.into_expr(), descending),
            UserOrder::Username { descending } => (Column::UsernameFolded.into_expr(), descending),
            UserOrder::FirstName { descending } => (filter::users::first_name(), descending),
            UserOrder::EffectiveStatus { descending } => {
                (filter::users::effective_status(scope), descending)
            }
        };
        let direction = if *descending { Order::Desc } else { Order::Asc };
        select.order_by_expr_with_nulls(value, direction, NullOrdering::Last);
    }
    select.order_by_expr(Column::Id.into_expr(), Order::Asc).take()
}

/// Users that are found by what they were referred to.
pub(crate) struct UsersByRef {
    users: Vec<User>,
    by_id: HashMap<UserId, usize>,
    by_username: HashMap<String, usize>,
    by_mailbox: HashMap<Mailbox, usize>,
}

impl UsersByRef {
    pub(crate) fn get(&self, who: &UserRef) -> Option<&User> {
        let index = match who {
            UserRef::Id(id) => self.by_id.get(id),
            UserRef::Username(name) => self.by_username.get(&folded(name)),
            UserRef::Mailbox(mailbox) => self.by_mailbox.get(mailbox),
        };
        index.map(|it| &self.users[*it])
    }
}

impl Shared {
    async fn users(&self, select: Select<Entity>) -> Result<Vec<User>, StoreError> {
        let rows = self.bounded(select.all(&self.reads)).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The condition that the filter stands for. If it is about a small organization its users are
    /// looked up first: no planner can tell that they are few, and it would read all users of the
    /// tenant to find them.
    pub(super) async fn condition(
        &self,
        scope: Scope,
        filter: &Filter<UserCondition>,
    ) -> Result<Expr, StoreError> {
        let condition = filter::users::condition(scope, filter);
        for about in filter::users::about_organizations(filter) {
            let some = self.users_of(scope.tenant, about).await?;
            if some.len() <= SMALL_ORGANIZATION {
                return Ok(condition.and(self.backend.is_in_json(Column::Id, json(some)?)));
            }
        }
        Ok(condition)
    }

    /// The ids of the users who meet a condition about an organization, up to one more than
    /// [`SMALL_ORGANIZATION`]. An id may come twice.
    async fn users_of(
        &self,
        tenant: TenantId,
        about: &UserCondition,
    ) -> Result<Vec<String>, StoreError> {
        let this = "(SELECT CAST($2 AS text) AS id)";
        let around = "(SELECT CAST($2 AS text) AS id \
             UNION ALL SELECT id FROM organization WHERE tenant_id = $1 AND parent_id = $2)";
        let members = |of| {
            // The version is there because the partial index asks for it.
            let condition = "t.tenant_id = $1 AND t.organization_id = r.id AND t.version > 0";
            format!(
                "SELECT t.user_id AS id FROM {}",
                self.backend.nested_join(of, "membership", condition)
            )
        };
        let at_home = |of| {
            let condition = "t.tenant_id = $1 AND t.home_id = r.id";
            format!("SELECT t.id FROM {}", self.backend.nested_join(of, "person", condition))
        };
        let (organization, sql) = match about {
            UserCondition::Member(it) => (it, members(this)),
            UserCondition::Home(it) => (it, at_home(this)),
            UserCondition::Within(it) => {
                (it, format!("{} UNION ALL {}", members(around), at_home(around)))
            }
            _ => return Ok(Vec::new()),
        };
        let sql = format!("{sql} LIMIT $3");
        let values =
            [tenant.0.into(), organization.as_str().into(), number(SMALL_ORGANIZATION as u64 + 1)];
        let rows = self.bounded(self.reads.query_all_raw(self.statement(&sql, values))).await?;
        let ids = rows.iter().map(|it| it.try_get("", "id")).collect::<Result<_, _>>();
        ids.map_err(|it: DbErr| StoreError::new(it))
    }

    /// Reads the users that are referred to, in one round trip.
    pub(crate) async fn users_by_ref(
        &self,
        tenant: TenantId,
        who: impl IntoIterator<Item = &UserRef> + Send,
    ) -> Result<UsersByRef, StoreError> {
        let (mut ids, mut usernames, mut mailboxes) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        for it in who {
            match it {
                UserRef::Id(id) => ids.insert(id.as_str().to_owned()),
                // PostgreSQL cannot store NUL, so no user has such a name.
                UserRef::Username(name) if name.contains('\0') => continue,
                UserRef::Username(name) => usernames.insert(folded(name)),
                UserRef::Mailbox(mailbox) => mailboxes.insert(mailbox.folded().to_owned()),
            };
        }
        let mut values: Vec<Value> = vec![tenant.0.into()];
        let mut parts = Vec::new();
        for (column, asked) in
            [("id", ids), ("username_folded", usernames), ("mailbox_folded", mailboxes)]
        {
            if asked.is_empty() {
                continue;
            }
            values.push(json(asked.iter().map(|it| object!({ "it": it })))?);
            let condition = format!("t.tenant_id = $1 AND t.{column} = r.it");
            let bind = u32::try_from(values.len()).unwrap_or(u32::MAX);
            parts.push(self.backend.select_matching(
                "person",
                bind,
                &[Field::text("it")],
                &condition,
            ));
        }
        let users: Vec<User> = match parts.join(" UNION ALL ") {
            nobody if nobody.is_empty() => Vec::new(),
            sql => self.read::<Entity, _>(&sql, values).await?,
        };
        let named = || users.iter().enumerate();
        Ok(UsersByRef {
            by_id: named().map(|(n, it)| (it.id.clone(), n)).collect(),
            by_username: named()
                .filter_map(|(n, it)| Some((folded(it.username.as_deref()?), n)))
                .collect(),
            by_mailbox: named().filter_map(|(n, it)| Some((it.mailbox.clone()?, n))).collect(),
            users,
        })
    }
}
