//! Reads invitations.

use std::collections::HashMap;

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _},
};
use serde_json::json as object;
use usher_application::{Filter, Invitations, Page, StoreError};
use usher_domain::{Delivery, Invitation, InvitationId, TenantId, Timestamp};

use crate::{
    backend::Field,
    entity::{
        delivery,
        invitation::{Column, Entity},
    },
    filter,
    shared::{json, small},
    store::SqlStore,
};

#[async_trait]
impl Invitations for SqlStore {
    async fn find(
        &self,
        tenant: TenantId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, StoreError> {
        let sql = "SELECT * FROM invitation WHERE id = $1 AND tenant_id = $2";
        let values = [id.0.into(), tenant.0.into()];
        Ok(self.shared.read::<Entity, _>(sql, values).await?.pop())
    }

    async fn proven(&self, ids: &[InvitationId]) -> Result<Vec<Option<Invitation>>, StoreError> {
        let asked = json(ids.iter().map(|it| object!({ "id": it.to_string() })))?;
        let sql =
            self.shared.backend.select_matching("invitation", 1, &[Field::id("id")], "t.id = r.id");
        let found = self.shared.read::<Entity, Invitation>(&sql, [asked]).await?;
        let found: HashMap<_, _> = found.into_iter().map(|it| (it.id, it)).collect();
        Ok(ids.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn list(
        &self,
        tenant: TenantId,
        filter: &Filter,
        page: Page,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let mut select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(filter::invitations::condition(self.shared.backend, filter, now))
            .order_by_desc(Column::IssuedAt)
            .order_by_desc(Column::Id)
            .limit(small(page.limit));
        if page.skip > 0 {
            select = select.offset(small(page.skip));
        }
        if let Some(after) = page.after {
            let place = Expr::tuple([Column::IssuedAt.into_expr(), Column::Id.into_expr()]);
            let cursor = Expr::tuple([after.issued_at.into(), after.id.0.into()]);
            select = select.filter(place.lt(cursor));
        }
        let rows = self.shared.bounded(select.all(&self.shared.reads)).await?;
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
