//! Reads sessions.

use async_trait::async_trait;
use usher_application::{Sessions, StoreError};
use usher_domain::{Session, SessionId};

use crate::{entity::session::Entity, store::SqlStore};

#[async_trait]
impl Sessions for SqlStore {
    async fn find(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT * FROM session WHERE id = $1";
        Ok(self.shared.read::<Entity, _>(sql, [id.0.into()]).await?.pop())
    }
}
