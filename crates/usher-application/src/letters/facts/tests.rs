use std::{sync::Arc, time::Duration};
use usher_domain::JobKind;

use async_trait::async_trait;
use tokio::{sync::Barrier, time::timeout};
use usher_domain::{JobId, Role, RoleId};
use uuid::Uuid;

use super::*;
use crate::{
    policy::Policy,
    ports::{roles::Roles, tenants::Tenants},
    testing::{MockPorts, TENANT, core, invitation, noon, role, tenant},
};

/// Answers only when as many questions wait as the barrier counts.
struct Waiting(Arc<Barrier>);

#[async_trait]
impl Tenants for Waiting {
    async fn find(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.0.wait().await;
        Ok(Some(Tenant { id, ..tenant() }))
    }

    async fn named(&self, _: &str) -> Result<Option<Tenant>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl Roles for Waiting {
    async fn find_many(
        &self,
        tenant: TenantId,
        ids: &[RoleId],
    ) -> Result<Vec<Option<Role>>, StoreError> {
        self.0.wait().await;
        Ok(ids.iter().map(|it| Some(Role { tenant, ..role(it.as_str()) })).collect())
    }

    async fn list(&self, _: TenantId) -> Result<Vec<Role>, StoreError> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn everything_about_all_tenants_is_asked_for_at_the_same_time() {
    let tenants = [TENANT, TenantId(Uuid::from_u128(0x7f))];
    let invitations = [1, 2].map(|n: u128| {
        let mut it = invitation(n, "ada");
        it.tenant = tenants[usize::try_from(n).unwrap() - 1];
        it.offer.roles = vec!["reader".to_owned()];
        it
    });
    let jobs = invitations.each_ref().map(|it| {
        let kind = JobKind::MailInvitation { invitation: it.id, letter: 1 };
        Job::new(JobId(it.id.0), it.tenant, kind, noon())
    });
    let mut ports = MockPorts { now: noon(), ..MockPorts::default() };
    let found = invitations.map(Some).to_vec();
    ports.invitations.expect_proven().once().return_once(|_| Ok(found));
    // The tenant and the roles, of two tenants.
    let waiting = Arc::new(Waiting(Arc::new(Barrier::new(4))));
    let ports = Ports { tenants: waiting.clone(), roles: waiting, ..ports.into() };
    let names = RoleNames::new(&core(&ports, &Policy::at("http://usher.test")));
    let facts = timeout(Duration::from_secs(10), LetterFacts::load(&ports, &names, &jobs));
    let facts = facts.await.expect("a question waits for the answer of another one").unwrap();
    for it in tenants {
        assert_eq!(facts.tenant(it).map(|it| it.id), Some(it));
    }
}
