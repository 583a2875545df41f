//! Reads the audit entries of a tenant.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait as _, DbErr, Value};
use serde_json::json as object;
use usher_application::{Audit, AuditFilter, StoreError};
use usher_domain::{Actor, Entry, EntryId, InvitationId, TenantId, UserId};
use uuid::Uuid;

use crate::{
    backend::{Backend, Field},
    entity::audit::Entity,
    shared::{Shared, json, number},
    store::SqlStore,
};

#[async_trait]
impl Audit for SqlStore {
    async fn list(
        &self,
        tenant: TenantId,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, StoreError> {
        self.matching(tenant, &AuditFilter::default(), after, limit).await
    }

    async fn matching(
        &self,
        tenant: TenantId,
        filter: &AuditFilter,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Vec<Entry>, StoreError> {
        let Query { sql, values } = self.shared.entries(tenant, filter, after, limit).await?;
        self.shared.read::<Entity, _>(&sql, values).await
    }
}

/// One page of entries: of each kind that is asked for as many, by an index that has them in the order of
/// their ids, which is that of their age.
pub(super) struct Query {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Query {
    /// `about` is a user and, as JSON, the subjects that are invitations to the user.
    fn new(
        backend: Backend,
        tenant: TenantId,
        filter: &AuditFilter,
        about: Option<(&UserId, Value)>,
        after: Option<EntryId>,
        limit: u64,
    ) -> Self {
        let mut it = Self { sql: String::new(), values: vec![tenant.0.into(), number(limit)] };
        let older = after.map(|id| format!(" AND t.id < {}", it.bind(id.0)));
        let older = older.unwrap_or_default();
        let actions: Vec<_> =
            filter.actions.iter().map(|action| it.bind(action.as_str())).collect();
        let pages: Vec<String> = match about {
            Some((user, invitations)) => {
                let done = match actions.as_slice() {
                    [] => String::new(),
                    some => format!(" AND t.action IN ({})", some.join(", ")),
                };
                let actor = it.bind(Actor::User(user.clone()).to_string());
                let to_user = it.bind(format!("u{user}"));
                it.values.push(invitations);
                let bind = u32::try_from(it.values.len()).unwrap_or(u32::MAX);
                let rows = backend.json_rows(bind, &[Field::text("subject")]);
                let to_invitation =
                    format!("t.tenant_id = $1 AND t.subject = r.subject{done}{older}");
                let joined = backend.nested_join(&rows, "audit", &to_invitation);
                // The letter is there because the partial index asks for it.
                let by_user = format!("t.actor = {actor} AND t.actor >= 'u'");
                [by_user, format!("t.subject = {to_user}")]
                    .map(|whose| {
                        format!("FROM audit AS t WHERE t.tenant_id = $1 AND {whose}{done}{older}")
                    })
                    .into_iter()
                    .chain([format!("FROM {joined}")])
                    .collect()
            }
            None if actions.is_empty() => {
                vec![format!("FROM audit AS t WHERE t.tenant_id = $1{older}")]
            }
            None => actions
                .iter()
                .map(|action| {
                    let of_action = format!("t.tenant_id = $1 AND t.action = {action}");
                    format!("FROM audit AS t WHERE {of_action}{older}")
                })
                .collect(),
        };
        let page = |from: &String| format!("SELECT t.* {from} ORDER BY t.id DESC LIMIT $2");
        it.sql = match pages.as_slice() {
            [only] => page(only),
            several => {
                let each = |it: &String| format!("SELECT * FROM ({}) AS page", page(it));
                let all = several.iter().map(each).collect::<Vec<_>>().join(" UNION ");
                format!("SELECT * FROM ({all}) AS found ORDER BY id DESC LIMIT $2")
            }
        };
        it
    }

    /// Its place in the statement.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }
}

impl Shared {
    pub(super) async fn entries(
        &self,
        tenant: TenantId,
        filter: &AuditFilter,
        after: Option<EntryId>,
        limit: u64,
    ) -> Result<Query, StoreError> {
        let about = match &filter.user {
            Some(user) => Some((user, self.subjects_to(tenant, user).await?)),
            None => None,
        };
        Ok(Query::new(self.backend, tenant, filter, about, after, limit))
    }

    /// The invitations that are known to be for a user, as subjects of entries.
    async fn subjects_to(&self, tenant: TenantId, user: &UserId) -> Result<Value, StoreError> {
        let sql = "SELECT id FROM invitation WHERE tenant_id = $1 AND user_id = $2";
        let statement = self.statement(sql, [tenant.0.into(), user.as_str().into()]);
        let rows = self.bounded(self.reads.query_all_raw(statement)).await?;
        let ids = rows.iter().map(|it| it.try_get::<Uuid>("", "id"));
        let ids = ids.collect::<Result<Vec<_>, DbErr>>().map_err(StoreError::new)?;
        json(ids.into_iter().map(|id| object!({ "subject": format!("i{}", InvitationId(id)) })))
    }
}
