//! Reads tasks, their slices, and the problems in them.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, Order, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _},
};
use usher_application::{Filter, StoreError, TaskCondition, TaskRange, Tasks};
use usher_domain::{Problem, Slice, Task, TaskId, TenantId, Timestamp};
use uuid::Uuid;

use crate::{
    entity::{
        slice,
        task::{Column, Entity},
    },
    filter,
    shared::{number, small},
    store::SqlStore,
};

/// The number of slices whose problems one query reads.
const SLICES: u64 = 16;

#[async_trait]
impl Tasks for SqlStore {
    async fn find(&self, tenant: TenantId, id: TaskId) -> Result<Option<Task>, StoreError> {
        let sql = "SELECT * FROM task WHERE tenant_id = $1 AND id = $2";
        let values = [tenant.0.into(), id.0.into()];
        Ok(self.shared.read::<Entity, _>(sql, values).await?.pop())
    }

    async fn list(
        &self,
        tenant: TenantId,
        filter: &Filter<TaskCondition>,
        range: TaskRange,
    ) -> Result<Vec<Task>, StoreError> {
        let order = if range.newest_first { Order::Desc } else { Order::Asc };
        let mut select = Entity::find()
            .filter(filter::tasks::condition(tenant, filter))
            .order_by(Column::CreatedAt, order.clone())
            .order_by(Column::Id, order)
            .limit(small(range.limit));
        if range.skip > 0 {
            select = select.offset(small(range.skip));
        }
        if let Some(after) = range.after {
            let key = Expr::tuple([Column::CreatedAt.into_expr(), Column::Id.into_expr()]);
            let cursor = Expr::tuple([after.created_at.into(), after.id.0.into()]);
            select =
                select.filter(if range.newest_first { key.lt(cursor) } else { key.gt(cursor) });
        }
        let rows = self.shared.bounded(select.all(&self.shared.reads)).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn count(
        &self,
        tenant: TenantId,
        filter: &Filter<TaskCondition>,
    ) -> Result<u64, StoreError> {
        let select = Entity::find().filter(filter::tasks::condition(tenant, filter));
        self.shared.bounded(select.count(&self.shared.reads)).await
    }

    async fn slices(
        &self,
        tenant: TenantId,
        id: TaskId,
        from: u32,
        limit: u64,
    ) -> Result<Vec<Slice>, StoreError> {
        let sql = "SELECT * FROM slice WHERE tenant_id = $1 AND task_id = $2 AND number >= $3 \
             ORDER BY number LIMIT $4";
        let values = [tenant.0.into(), id.0.into(), i64::from(from).into(), number(limit)];
        self.shared.read::<slice::Entity, _>(sql, values).await
    }

    async fn problems(
        &self,
        tenant: TenantId,
        id: TaskId,
        limit: usize,
    ) -> Result<Vec<Problem>, StoreError> {
        let sql = "SELECT number, problems FROM slice WHERE tenant_id = $1 AND task_id = $2 \
             AND number > $3 AND problems IS NOT NULL ORDER BY number LIMIT $4";
        let mut problems = Vec::new();
        let mut after: i64 = -1;
        while problems.len() < limit {
            let values = [tenant.0.into(), id.0.into(), after.into(), number(SLICES)];
            let statement = self.shared.statement(sql, values);
            let rows = self.shared.bounded(self.shared.reads.query_all_raw(statement)).await?;
            let Some(last) = rows.last() else { break };
            after = last.try_get("", "number").map_err(StoreError::new)?;
            for row in rows {
                let text: String = row.try_get("", "problems").map_err(StoreError::new)?;
                problems.extend(slice::read_problems(&text)?);
            }
        }
        problems.truncate(limit);
        Ok(problems)
    }

    async fn older_than(
        &self,
        before: Timestamp,
        limit: u64,
    ) -> Result<Vec<(TenantId, TaskId)>, StoreError> {
        let sql = "SELECT tenant_id, id FROM task WHERE created_at < $1 \
             ORDER BY created_at, id LIMIT $2";
        let statement = self.shared.statement(sql, [before.into(), number(limit)]);
        let rows = self.shared.bounded(self.shared.reads.query_all_raw(statement)).await?;
        let key = |it: sea_orm::QueryResult| -> Result<_, DbErr> {
            let tenant: Uuid = it.try_get("", "tenant_id")?;
            Ok((TenantId(tenant), TaskId(it.try_get("", "id")?)))
        };
        rows.into_iter().map(key).collect::<Result<_, _>>().map_err(StoreError::new)
    }

    async fn abandoned(&self, before: Timestamp, limit: u64) -> Result<Vec<Task>, StoreError> {
        let sql = "SELECT * FROM task WHERE completion IS NULL AND NOT submitted \
             AND created_at < $1 ORDER BY created_at, id LIMIT $2";
        self.shared.read::<Entity, _>(sql, [before.into(), number(limit)]).await
    }
}
