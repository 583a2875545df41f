//! The first start: a tenant, a key for its API, and an invitation for its owner.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Authority, Credential, CredentialId, CredentialSecret, Invitation, InvitationId,
    Locale, Mailbox, Means, Offer, RedirectRule, State, Subject, Tenant, TenantId, Timestamp,
    UserRef,
};

use crate::{
    ports::{Ports, directory::InviteeQuery, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        links::Links,
    },
};

/// Makes a tenant unless it is there, and invites its first administrator.
pub struct BootstrapTenant {
    core: Arc<Core>,
    links: Links,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct TenantPlan {
    /// What commands and links call the tenant.
    pub name: String,
    /// What people read.
    pub display_name: String,
    pub locale: Locale,
    /// Where its invitations may lead.
    pub redirects: Vec<RedirectRule>,
    /// The mailbox of the first administrator.
    pub administrator: Mailbox,
}

/// A tenant that is there.
#[derive(Debug)]
pub struct BootstrappedTenant {
    pub tenant: Tenant,
    /// Only when it was made just now: its first key, never to be seen again.
    pub credential: Option<(Credential, CredentialSecret)>,
    /// Where the first administrator accepts, as long as they have not.
    pub link: Option<String>,
}

impl BootstrapTenant {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), links: Links::new(core) }
    }

    /// May be called at each start, by many nodes at once: the tenant is made once.
    pub async fn run(&self, plan: &TenantPlan) -> Result<BootstrappedTenant, StoreError> {
        let Ports { ledger, tenants, .. } = &self.core.ports;
        commit(&**ledger, "bootstrap", |_| async move {
            if let Some(tenant) = tenants.named(&plan.name).await? {
                return Ok(Decision::Done(self.existing(tenant, plan).await?));
            }
            let (changes, made) = self.new_tenant(plan);
            Ok(Decision::Commit(changes, made))
        })
        .await
    }

    /// The tenant of this plan with its first key and the invitation of its first administrator,
    /// and all that has to be written for that.
    fn new_tenant(&self, plan: &TenantPlan) -> (Changes, BootstrappedTenant) {
        let Ports { clock, entropy, .. } = &self.core.ports;
        let now = clock.now();
        let tenant = Tenant {
            id: TenantId(entropy.id()),
            name: plan.name.clone(),
            display_name: plan.display_name.clone(),
            locale: plan.locale.clone(),
            redirects: plan.redirects.clone(),
            created_at: now,
            version: 1,
        };
        let secret = CredentialSecret::from(entropy.secret());
        let credential = Credential {
            id: CredentialId(entropy.id()),
            tenant: tenant.id,
            secret_digest: secret.digest(),
            authority: Authority::OrgAdmin,
            user: None,
            organization: None,
            created_at: now,
            revoked_at: None,
            expires_at: None,
            version: 1,
        };
        let invitation = self.invitation(&tenant, plan, now);
        let trail = Trail::by(&Actor::System, tenant.id, now, &**entropy);
        let changes = Changes {
            audit: vec![
                trail.note(Action::CredentialCreated, Subject::Credential(credential.id)),
                trail.note(Action::Invited, Subject::Invitation(invitation.id)),
            ],
            tenants: vec![tenant.clone()],
            credentials: vec![credential.clone()],
            invitations: vec![invitation.clone()],
            ..Changes::default()
        };
        let link = Some(self.links.handed_over(&invitation, &Means::Machine).uri);
        (changes, BootstrappedTenant { tenant, credential: Some((credential, secret)), link })
    }

    /// A tenant that is there already, with the link of its first administrator where that one is
    /// still awaited.
    async fn existing(
        &self,
        tenant: Tenant,
        plan: &TenantPlan,
    ) -> Result<BootstrappedTenant, StoreError> {
        let who = UserRef::Mailbox(plan.administrator.clone());
        let query = InviteeQuery { who, organization: None };
        let states = self.core.ports.directory.resolve(tenant.id, &[query]).await?;
        let now = self.core.ports.clock.now();
        let pending = states.into_iter().next().and_then(|it| it.pending);
        let link = pending
            .filter(|it| it.state(now) == State::Pending && it.creator == Actor::System)
            .map(|it| self.links.handed_over(&it, &Means::Machine).uri);
        Ok(BootstrappedTenant { tenant, credential: None, link })
    }

    /// Handed over by the one who started usher, so no letter is needed.
    fn invitation(&self, tenant: &Tenant, plan: &TenantPlan, now: Timestamp) -> Invitation {
        let (_, longest) = self.core.policy.lifetimes;
        let authority = Some(Authority::OrgAdmin);
        let offer = Offer { authority, quiet: true, ..Offer::new(longest) };
        let (id, mailbox) =
            (InvitationId(self.core.ports.entropy.id()), plan.administrator.clone());
        Invitation::issue(id, tenant.id, mailbox, offer, Actor::System, now)
    }
}
