//! Reads organizations and their memberships.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult};
use serde_json::json as object;
use usher_application::{Organizations, StoreError};
use usher_domain::{
    Actor, Membership, MembershipId, Organization, OrganizationId, TenantId, Timestamp, UserId,
};

use crate::{
    backend::Field,
    commit::seats::{self, SEATS_USED},
    entity::{convert::hex, membership, organization::Entity},
    shared::{Shared, json, number},
    store::SqlStore,
};

#[async_trait]
impl Organizations for SqlStore {
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[OrganizationId],
    ) -> Result<Vec<Option<Organization>>, StoreError> {
        let asked: HashSet<_> = ids.iter().collect();
        let asked = json(asked.iter().map(|it| object!({ "id": it.as_str() })))?;
        let condition = "t.tenant_id = $1 AND t.id = r.id";
        let sql =
            self.shared.backend.select_matching("organization", 2, &[Field::text("id")], condition);
        let found =
            self.shared.read::<Entity, Organization>(&sql, [tenant.0.into(), asked]).await?;
        let found: HashMap<_, _> = found.into_iter().map(|it| (it.id.clone(), it)).collect();
        Ok(ids.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn named(
        &self,
        tenant: TenantId,
        text: &str,
    ) -> Result<Option<Organization>, StoreError> {
        // PostgreSQL cannot store NUL, so no organization is called like this.
        if text.contains('\0') {
            return Ok(None);
        }
        let sql = "SELECT * FROM organization \
             WHERE tenant_id = $1 AND (id = $2 OR code_folded = $3 OR name = $2) \
             ORDER BY CASE $2 WHEN id THEN 0 WHEN code THEN 1 WHEN name THEN 2 ELSE 3 END, id LIMIT 1";
        let values = [tenant.0.into(), text.into(), Organization::folded_code(text).into()];
        Ok(self.shared.read::<Entity, _>(sql, values).await?.pop())
    }

    async fn list(
        &self,
        tenant: TenantId,
        after: Option<OrganizationId>,
        limit: u64,
    ) -> Result<Vec<Organization>, StoreError> {
        // Every id comes after the empty text.
        let after = after.as_ref().map_or("", OrganizationId::as_str);
        let sql = "SELECT * FROM organization WHERE tenant_id = $1 AND id > $2 \
             ORDER BY id LIMIT $3";
        let values = [tenant.0.into(), after.into(), number(limit)];
        self.shared.read::<Entity, _>(sql, values).await
    }

    async fn memberships(
        &self,
        tenant: TenantId,
        users: &[UserId],
    ) -> Result<Vec<Membership>, StoreError> {
        let users: HashSet<_> = users.iter().collect();
        let users = json(users.iter().map(|it| object!({ "id": it.as_str() })))?;
        let condition = "t.tenant_id = $1 AND t.user_id = r.id";
        let found =
            self.shared.backend.select_matching("membership", 2, &[Field::text("id")], condition);
        let sql = format!("{found} ORDER BY t.user_id, t.organization_id");
        self.shared.read::<membership::Entity, _>(&sql, [tenant.0.into(), users]).await
    }

    async fn seats(
        &self,
        tenant: TenantId,
        seats: &[(UserId, OrganizationId)],
    ) -> Result<Vec<Option<Membership>>, StoreError> {
        let found = self.shared.memberships_by_key(tenant, seats.iter().cloned().collect()).await?;
        Ok(seats.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn holders(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        digests: &[Vec<u8>],
    ) -> Result<Vec<Membership>, StoreError> {
        let digests: HashSet<_> = digests.iter().collect();
        let asked = json(digests.iter().map(|it| object!({ "pin": hex(it) })))?;
        let condition = "t.tenant_id = $1 AND t.organization_id = $2 AND t.pin = r.pin";
        let sql =
            self.shared.backend.select_matching("membership", 3, &[Field::text("pin")], condition);
        let values = [tenant.0.into(), organization.as_str().into(), asked];
        self.shared.read::<membership::Entity, _>(&sql, values).await
    }

    async fn members(
        &self,
        tenant: TenantId,
        organization: &OrganizationId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<Membership>, StoreError> {
        // Every id comes after the empty text.
        let after = after.as_ref().map_or("", UserId::as_str);
        // The version is there because the partial index asks for it.
        let sql = "SELECT * FROM membership WHERE tenant_id = $1 AND organization_id = $2 \
             AND version > 0 AND user_id > $3 ORDER BY user_id LIMIT $4";
        let values = [tenant.0.into(), organization.as_str().into(), after.into(), number(limit)];
        self.shared.read::<membership::Entity, _>(sql, values).await
    }

    async fn bearers(&self, tenant: TenantId, role: &str) -> Result<Vec<Membership>, StoreError> {
        let sql = format!(
            "SELECT * FROM membership WHERE tenant_id = $1 AND {} ORDER BY user_id, organization_id",
            self.shared.backend.contains_bind("roles", 2)
        );
        let values = [tenant.0.into(), role.into()];
        self.shared.read::<membership::Entity, _>(&sql, values).await
    }

    async fn given_by(
        &self,
        tenant: TenantId,
        actor: &Actor,
        after: Option<(UserId, OrganizationId)>,
        limit: u64,
    ) -> Result<Vec<Membership>, StoreError> {
        // Every id comes after the empty text.
        let after =
            after.as_ref().map_or(("", ""), |(user, place)| (user.as_str(), place.as_str()));
        let sql = format!(
            "SELECT * FROM membership WHERE tenant_id = $1 AND (user_id, organization_id) > ($2, $3) \
             AND {} ORDER BY user_id, organization_id LIMIT $5",
            self.shared.backend.has_gift_by_bind(4)
        );
        let actor = actor.to_string();
        let values = [tenant.0.into(), after.0.into(), after.1.into(), actor.into(), number(limit)];
        self.shared.read::<membership::Entity, _>(&sql, values).await
    }

    async fn seats_used(
        &self,
        tenant: TenantId,
        ids: &[OrganizationId],
        now: Timestamp,
    ) -> Result<Vec<u64>, StoreError> {
        let asked: HashSet<_> = ids.iter().collect();
        let asked = json(asked.iter().map(
            |it| object!({ "tenant_id": tenant.0, "organization_id": it.as_str(), "now": now }),
        ))?;
        let sql = format!(
            "SELECT r.organization_id AS id, {SEATS_USED} AS used FROM {} AS r",
            self.shared.backend.json_rows(1, &seats::fields())
        );
        let statement = self.shared.statement(&sql, [asked]);
        let rows = self.shared.bounded(self.shared.reads.query_all_raw(statement)).await?;
        let used = |row: &QueryResult| {
            let (id, used): (String, i64) = (row.try_get("", "id")?, row.try_get("", "used")?);
            Ok((id, u64::try_from(used).unwrap_or(0)))
        };
        let used: HashMap<_, _> =
            rows.iter().map(used).collect::<Result<_, DbErr>>().map_err(StoreError::new)?;
        Ok(ids.iter().map(|it| used.get(it.as_str()).copied().unwrap_or(0)).collect())
    }

    async fn joined_by(
        &self,
        tenant: TenantId,
        domain: &str,
    ) -> Result<Vec<Organization>, StoreError> {
        let (joins, verified) =
            (self.shared.backend.is_open_to_domains(), self.shared.backend.has_verified_domain(2));
        let sql = format!(
            "SELECT * FROM organization \
             WHERE tenant_id = $1 AND {joins} AND {verified} ORDER BY id"
        );
        self.shared.read::<Entity, _>(&sql, [tenant.0.into(), domain.into()]).await
    }

    async fn proven(
        &self,
        ids: &[(TenantId, MembershipId)],
    ) -> Result<Vec<Option<Membership>>, StoreError> {
        let asked: HashSet<_> = ids.iter().collect();
        let asked = asked.iter().map(|(tenant, id)| object!({ "tenant_id": tenant.0, "id": id.0 }));
        let fields = [Field::id("tenant_id"), Field::id("id")];
        let condition = "t.tenant_id = r.tenant_id AND t.id = r.id";
        let sql = self.shared.backend.select_matching("membership", 1, &fields, condition);
        let found = self.shared.read::<membership::Entity, Membership>(&sql, [json(asked)?]);
        let found: HashMap<_, _> =
            found.await?.into_iter().map(|it| ((it.tenant, it.id), it)).collect();
        Ok(ids.iter().map(|it| found.get(it).cloned()).collect())
    }
}

/// The user and the organization of a membership.
pub(crate) type MembershipKey = (UserId, OrganizationId);

impl Shared {
    /// The memberships that have these keys.
    pub(crate) async fn memberships_by_key(
        &self,
        tenant: TenantId,
        keys: HashSet<MembershipKey>,
    ) -> Result<HashMap<MembershipKey, Membership>, StoreError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let asked = json(keys.iter().map(|(user, organization)| {
            object!({ "user_id": user.as_str(), "organization_id": organization.as_str() })
        }))?;
        let sql = self.backend.select_matching(
            "membership",
            2,
            &[Field::text("user_id"), Field::text("organization_id")],
            "t.tenant_id = $1 AND t.user_id = r.user_id AND t.organization_id = r.organization_id",
        );
        let found = self.read::<membership::Entity, Membership>(&sql, [tenant.0.into(), asked]);
        let key = |it: &Membership| (it.user.clone(), it.organization.clone());
        Ok(found.await?.into_iter().map(|it| (key(&it), it)).collect())
    }
}
