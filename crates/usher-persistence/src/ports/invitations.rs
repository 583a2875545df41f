//! Reads invitations.

use std::collections::HashMap;

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, FromQueryResult as _, Order,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select, Statement, Value,
    sea_query::{
        Asterisk, CommonTableExpression, Expr, ExprTrait as _, Query, SelectStatement, WithClause,
    },
};
use serde_json::json as object;
use usher_application::{Cursor, Filter, Invitations, Page, StoreError};
use usher_domain::{Delivery, Invitation, InvitationId, TenantId, Timestamp};

use crate::{
    backend::{Backend, Field},
    entity::{
        delivery,
        invitation::{Column, Entity, Model},
    },
    filter::{self, pieces::Pieces},
    shared::{Effort, Shared, is_far, json, number, small},
    store::SqlStore,
};

#[async_trait]
impl Invitations for SqlStore {
    async fn find(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, StoreError> {
        let sql = "SELECT * FROM invitation WHERE tenant_id = $1 AND id = $2";
        let values = [tenant.0.into(), id.0.into()];
        Ok(self.shared.read::<Entity, _>(sql, values).await?.pop())
    }

    async fn proven(
        &self,
        ids: &[(TenantId, InvitationId)],
    ) -> Result<Vec<Option<Invitation>>, StoreError> {
        let asked = ids.iter().map(|(tenant, id)| object!({ "tenant_id": tenant.0, "id": id.0 }));
        let fields = [Field::id("tenant_id"), Field::id("id")];
        let condition = "t.tenant_id = r.tenant_id AND t.id = r.id";
        let sql = self.shared.backend.select_matching("invitation", 1, &fields, condition);
        let found = self.shared.read::<Entity, Invitation>(&sql, [json(asked)?]).await?;
        let found: HashMap<_, _> = found.into_iter().map(|it| ((it.tenant, it.id), it)).collect();
        Ok(ids.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn list(
        &self,
        tenant: TenantId,
        filter: &Filter,
        page: Page,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        if let Some(full) = self.shared.among_newest(tenant, filter, page, now).await? {
            return Ok(full);
        }
        let (select, effort) = self.shared.page(tenant, filter, page, now).await?;
        let rows = self.shared.found(effort, select.all(self.shared.readers(effort))).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn deliveries(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = "SELECT * FROM delivery WHERE tenant_id = $1 AND invitation_id = $2 \
             AND about = 'invitation' ORDER BY at, id";
        let values = [tenant.0.into(), id.0.into()];
        self.shared.read::<delivery::Entity, _>(sql, values).await
    }
}

/// With up to this many invitations that an index finds each of them is looked up. Of more a page is
/// soon full, in whatever order they are read.
const FEW: usize = 2_000;
/// So many of the newest are looked at before an index is asked.
const NEWEST: u64 = 2_000;

/// The query for one page; where few rows come into question, by their numbers.
fn listed(
    backend: Backend,
    tenant: TenantId,
    filter: &Filter,
    page: Page,
    now: Timestamp,
    few: Option<Value>,
) -> Select<Entity> {
    let ours = Column::TenantId.eq(tenant.0);
    let ours = match (backend, few) {
        (_, None) => ours,
        (Backend::Postgres, Some(few)) => ours.and(backend.is_among(few)),
        // With the plus no index that begins with the tenant is of use, and the planner takes none.
        (Backend::Sqlite, Some(few)) => {
            Expr::cust_with_exprs("+? = ?", [Column::TenantId.into_expr(), tenant.0.into()])
                .and(backend.is_among(few))
        }
    };
    let mut select = Entity::find()
        .filter(ours)
        .filter(filter::invitations::condition(backend, filter, now))
        .order_by_desc(Column::IssuedAt)
        .order_by_desc(Column::Id)
        .limit(small(page.limit));
    if page.skip > 0 {
        select = select.offset(small(page.skip));
    }
    if let Some(after) = page.after {
        select = select.filter(is_older(after));
    }
    select
}

fn is_older(than: Cursor) -> Expr {
    let place = Expr::tuple([Column::IssuedAt.into_expr(), Column::Id.into_expr()]);
    place.lt(Expr::tuple([than.issued_at.into(), than.id.0.into()]))
}

/// As [`listed`], among the newest [`NEWEST`] that are not closed.
fn newest(
    backend: Backend,
    tenant: TenantId,
    filter: &Filter,
    page: Page,
    now: Timestamp,
) -> SelectStatement {
    let mut newest = Entity::find()
        .filter(Column::TenantId.eq(tenant.0))
        .filter(filter::invitations::not_closed())
        .order_by_desc(Column::IssuedAt)
        .order_by_desc(Column::Id)
        .limit(NEWEST);
    if let Some(after) = page.after {
        newest = newest.filter(is_older(after));
    }
    let mut found = Query::select()
        .column((Entity, Asterisk))
        .from_subquery(newest.into_query(), Entity)
        .and_where(filter::invitations::condition(backend, filter, now))
        .order_by(Column::IssuedAt, Order::Desc)
        .order_by(Column::Id, Order::Desc)
        .limit(small(page.limit))
        .take();
    if page.skip > 0 {
        found.offset(small(page.skip));
    }
    found
}

impl Shared {
    /// The page, if it is filled by the newest of those in which pieces of texts are looked for: what many
    /// have is found there sooner than by an index.
    async fn among_newest(
        &self,
        tenant: TenantId,
        filter: &Filter,
        page: Page,
        now: Timestamp,
    ) -> Result<Option<Vec<Invitation>>, StoreError> {
        if Pieces::of(filter).is_none() || page.skip >= NEWEST {
            return Ok(None);
        }
        let query = self.backend.builder().build(&newest(self.backend, tenant, filter, page, now));
        let read = self.readers(Effort::Search).query_all_raw(query);
        let rows = self.found(Effort::Search, read).await?;
        if (rows.len() as u64) < page.limit {
            return Ok(None);
        }
        let model = |row| Model::from_query_result(row, "").map_err(StoreError::new);
        rows.iter().map(|row| model(row)?.try_into()).collect::<Result<_, _>>().map(Some)
    }

    /// The query for one page, and what it takes.
    pub(super) async fn page(
        &self,
        tenant: TenantId,
        filter: &Filter,
        page: Page,
        now: Timestamp,
    ) -> Result<(Select<Entity>, Effort), StoreError> {
        let effort = Effort::of(is_far(page.skip) || filter::invitations::is_search(filter));
        let few = match Pieces::of(filter) {
            Some(pieces) => self.few_with(tenant, &pieces, effort).await?,
            None => None,
        };
        Ok((listed(self.backend, tenant, filter, page, now, few), effort))
    }

    /// The rows that may have these pieces, unless they are more than [`FEW`]. The planners cannot tell
    /// how many there are.
    async fn few_with(
        &self,
        tenant: TenantId,
        pieces: &Pieces,
        effort: Effort,
    ) -> Result<Option<Value>, StoreError> {
        let read = self.readers(effort).query_all_raw(having(self.backend, tenant, pieces));
        let rows = self.found(effort, read).await?;
        if rows.len() > FEW {
            return Ok(None);
        }
        let texts = rows.iter().map(|it| it.try_get::<String>("", FOUND));
        let texts = texts.collect::<Result<Vec<_>, DbErr>>().map_err(StoreError::new)?;
        json(texts).map(Some)
    }
}

const FOUND: &str = "found";

/// The query for what an index of texts tells of the rows that may have these pieces.
fn having(backend: Backend, tenant: TenantId, pieces: &Pieces) -> Statement {
    let most = FEW as u64 + 1;
    match backend {
        // Beside LIMIT the planner would rather walk until it has found so many.
        Backend::Postgres => {
            let all = Query::select()
                .expr_as(Expr::cust("CAST(id AS text)"), FOUND)
                .from(Entity)
                .and_where(Column::TenantId.eq(tenant.0))
                .and_where(filter::invitations::not_closed())
                .and_where(pieces.condition())
                .take();
            let all = CommonTableExpression::new()
                .query(all)
                .table_name(FOUND)
                .materialized(true)
                .to_owned();
            let some = Query::select().column(FOUND).from(FOUND).limit(most).take();
            backend.builder().build(&some.with(WithClause::new().cte(all).to_owned()))
        }
        Backend::Sqlite => {
            let sql = "SELECT CAST(rowid AS text) AS found FROM invitation_text \
                 WHERE invitation_text MATCH $1 LIMIT $2";
            let values = [pieces.as_match().into(), number(most)];
            Statement::from_sql_and_values(backend.builder(), sql, values)
        }
    }
}
