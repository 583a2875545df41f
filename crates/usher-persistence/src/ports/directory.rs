//! Reads where invitees stand: whether they are users, members, or invited already.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde_json::json as object;
use usher_application::{Directory, InviteeQuery, InviteeState, StoreError};
use usher_domain::{Invitation, Mailbox, OrganizationId, TenantId};

use crate::{
    backend::Field,
    entity::invitation,
    shared::{Shared, json},
    store::SqlStore,
};

#[async_trait]
impl Directory for SqlStore {
    async fn resolve(
        &self,
        tenant: TenantId,
        questions: &[InviteeQuery],
    ) -> Result<Vec<InviteeState>, StoreError> {
        let shared = &self.shared;
        shared.invitees.ask(tenant, questions, |all| shared.invitees(tenant, all)).await
    }
}

/// What one pending invitation at a time may hold: a mailbox in an organization, or in none.
type Slot = (Mailbox, Option<OrganizationId>);

impl Shared {
    async fn invitees(
        &self,
        tenant: TenantId,
        questions: Vec<InviteeQuery>,
    ) -> Result<Vec<InviteeState>, StoreError> {
        let users = self.users_by_ref(tenant, questions.iter().map(|it| &it.who)).await?;
        let named =
            |it: &InviteeQuery| users.get(&it.who).and_then(|it| it.invitation_profile.as_ref());
        let profiles =
            self.profiles_by_id(tenant, questions.iter().filter_map(named).collect()).await?;
        let mut states: Vec<_> = questions
            .iter()
            .map(|it| InviteeState {
                user: users.get(&it.who).cloned(),
                profile: named(it).and_then(|it| profiles.get(it).cloned()),
                ..InviteeState::default()
            })
            .collect();
        let asked = || states.iter().zip(&questions);
        let memberships = asked()
            .filter_map(|(it, q)| Some((it.user.as_ref()?.id.clone(), q.organization.clone()?)))
            .collect();
        let slots = asked()
            .filter_map(|(it, q)| Some((it.mailbox(&q.who)?, q.organization.clone())))
            .collect();
        let (members, mut pending) = tokio::try_join!(
            self.memberships_by_key(tenant, memberships),
            self.pending(tenant, slots)
        )?;

        for (state, question) in states.iter_mut().zip(&questions) {
            let membership =
                state.user.as_ref().map(|it| &it.id).zip(question.organization.as_ref());
            state.member = membership
                .is_some_and(|(user, it)| members.contains_key(&(user.clone(), it.clone())));
            let slot = state.mailbox(&question.who).map(|it| (it, question.organization.clone()));
            state.pending = slot.and_then(|it| pending.get_mut(&it).cloned());
        }
        Ok(states)
    }

    /// The pending invitations in these slots.
    async fn pending(
        &self,
        tenant: TenantId,
        slots: HashSet<Slot>,
    ) -> Result<HashMap<Slot, Invitation>, StoreError> {
        if slots.is_empty() {
            return Ok(HashMap::new());
        }
        let asked = json(slots.iter().map(|(mailbox, organization)| {
            let organization = organization.as_ref().map_or("", OrganizationId::as_str);
            object!({ "mailbox": mailbox.folded(), "organization_id": organization })
        }))?;
        let sql = self.backend.select_matching(
            "invitation",
            2,
            &[Field::text("mailbox"), Field::text("organization_id")],
            "t.tenant_id = $1 AND t.status = 'pending' AND t.mailbox_folded = r.mailbox \
             AND coalesce(t.organization_id, '') = r.organization_id",
        );
        let found =
            self.read::<invitation::Entity, Invitation>(&sql, [tenant.0.into(), asked]).await?;
        let slot = |it: &Invitation| (it.mailbox.clone(), it.offer.organization.clone());
        Ok(found.into_iter().map(|it| (slot(&it), it)).collect())
    }
}
