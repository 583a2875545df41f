//! Reads users.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::Value;
use serde_json::json as object;
use usher_application::{StoreError, Users};
use usher_domain::{Mailbox, TenantId, User, UserId, UserRef};

use crate::{
    Shared, SqlStore,
    dialect::Field,
    entity::person::{Entity, folded},
    json, number,
};

#[async_trait]
impl Users for SqlStore {
    async fn find_many(
        &self,
        tenant: TenantId,
        who: &[UserRef],
    ) -> Result<Vec<Option<User>>, StoreError> {
        let found = self.shared.people(tenant, who).await?;
        Ok(who.iter().map(|it| found.get(it).cloned()).collect())
    }

    async fn list(
        &self,
        tenant: TenantId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        // Every id comes after the empty text.
        let after = after.as_ref().map_or("", UserId::as_str);
        let sql = "SELECT * FROM person WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3";
        let values = [tenant.0.into(), after.into(), number(limit)];
        self.shared.read::<Entity, _>(sql, values).await
    }
}

/// Users by whatever they were named.
pub(crate) struct People {
    users: Vec<User>,
    by_id: HashMap<UserId, usize>,
    by_username: HashMap<String, usize>,
    by_mailbox: HashMap<Mailbox, usize>,
}

impl People {
    pub(crate) fn get(&self, who: &UserRef) -> Option<&User> {
        let place = match who {
            UserRef::Id(id) => self.by_id.get(id),
            UserRef::Username(name) => self.by_username.get(&folded(name)),
            UserRef::Mailbox(mailbox) => self.by_mailbox.get(mailbox),
        };
        place.map(|it| &self.users[*it])
    }
}

impl Shared {
    /// One round trip.
    pub(crate) async fn people(
        &self,
        tenant: TenantId,
        who: impl IntoIterator<Item = &UserRef> + Send,
    ) -> Result<People, StoreError> {
        let (mut ids, mut usernames, mut mailboxes) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        for it in who {
            match it {
                UserRef::Id(id) => ids.insert(id.as_str().to_owned()),
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
            parts.push(self.dialect.find("person", bind, &[Field::text("it")], &condition));
        }
        let users: Vec<User> = match parts.join(" UNION ALL ") {
            nobody if nobody.is_empty() => Vec::new(),
            sql => self.read::<Entity, _>(&sql, values).await?,
        };
        let named = || users.iter().enumerate();
        Ok(People {
            by_id: named().map(|(n, it)| (it.id.clone(), n)).collect(),
            by_username: named()
                .filter_map(|(n, it)| Some((folded(it.username.as_deref()?), n)))
                .collect(),
            by_mailbox: named().filter_map(|(n, it)| Some((it.mailbox.clone()?, n))).collect(),
            users,
        })
    }
}
