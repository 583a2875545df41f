//! Reads sessions.

use async_trait::async_trait;
use usher_application::{Sessions, StoreError};
use usher_domain::{Session, SessionId, TenantId, Timestamp, UserId};

use crate::{entity::session::Entity, shared::number, store::SqlStore};

#[async_trait]
impl Sessions for SqlStore {
    async fn find(&self, tenant: TenantId, id: SessionId) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT * FROM session WHERE tenant_id = $1 AND id = $2";
        let values = [tenant.0.into(), id.0.into()];
        Ok(self.shared.read::<Entity, _>(sql, values).await?.pop())
    }

    async fn list(
        &self,
        tenant: TenantId,
        user: &UserId,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<Session>, StoreError> {
        let sql = "SELECT * FROM session \
             WHERE tenant_id = $1 AND user_id = $2 AND version = 1 AND expires_at > $3 \
             ORDER BY created_at DESC, id DESC LIMIT $4";
        let values = [tenant.0.into(), user.as_str().into(), now.into(), number(limit)];
        self.shared.read::<Entity, _>(sql, values).await
    }
}
