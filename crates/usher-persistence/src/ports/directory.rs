//! Looks up where people stand.

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
        let people = shared.people(tenant, questions.iter().map(|it| &it.who)).await?;
        let named =
            |it: &InviteeQuery| people.get(&it.who).and_then(|it| it.invitation_profile.as_ref());
        let profiles =
            shared.profiles(tenant, questions.iter().filter_map(named).collect()).await?;
        let mut standings: Vec<_> = questions
            .iter()
            .map(|it| InviteeState {
                user: people.get(&it.who).cloned(),
                profile: named(it).and_then(|it| profiles.get(it).cloned()),
                ..InviteeState::default()
            })
            .collect();
        let asked = || standings.iter().zip(questions);
        let seats = asked()
            .filter_map(|(it, q)| Some((it.user.as_ref()?.id.clone(), q.organization.clone()?)))
            .collect();
        let places = asked()
            .filter_map(|(it, q)| Some((it.mailbox(&q.who)?, q.organization.clone())))
            .collect();
        let (members, mut pending) =
            tokio::try_join!(shared.seats(tenant, seats), shared.pending(tenant, places))?;

        for (standing, question) in standings.iter_mut().zip(questions) {
            let seat = standing.user.as_ref().map(|it| &it.id).zip(question.organization.as_ref());
            standing.member =
                seat.is_some_and(|(user, it)| members.contains_key(&(user.clone(), it.clone())));
            let place =
                standing.mailbox(&question.who).map(|it| (it, question.organization.clone()));
            standing.pending = place.and_then(|it| pending.get_mut(&it).cloned());
        }
        Ok(standings)
    }
}

type Place = (Mailbox, Option<OrganizationId>);

impl Shared {
    /// The invitations that hold these places.
    async fn pending(
        &self,
        tenant: TenantId,
        places: HashSet<Place>,
    ) -> Result<HashMap<Place, Invitation>, StoreError> {
        if places.is_empty() {
            return Ok(HashMap::new());
        }
        let asked = json(places.iter().map(|(mailbox, organization)| {
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
        let place = |it: &Invitation| (it.mailbox.clone(), it.offer.organization.clone());
        Ok(found.into_iter().map(|it| (place(&it), it)).collect())
    }
}
