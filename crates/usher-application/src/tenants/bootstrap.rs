//! The first start: a tenant, a key for its API, and an invitation for its owner.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Authority, Credential, CredentialId, CredentialSecret, Locale, Mailbox, Means,
    RedirectRule, Subject, Tenant, TenantId,
};

use crate::{
    ports::{Ports, error::StoreError, ledger::Changes},
    shared::{
        audit_trail::Trail,
        commit::{Decision, commit},
        core::Core,
        links::Links,
    },
    tenants::invite_administrator::administrator_invitation,
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
    /// Only when it was made just now.
    pub first: Option<FirstAccess>,
}

/// What opens a new tenant. It is never to be seen again.
#[derive(Debug)]
pub struct FirstAccess {
    /// Its first key, with the secret.
    pub credential: (Credential, CredentialSecret),
    /// Where the first administrator accepts.
    pub link: String,
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
                return Ok(Decision::Done(BootstrappedTenant { tenant, first: None }));
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
            made_by: Actor::System,
            created_at: now,
            revoked_at: None,
            expires_at: None,
            version: 1,
        };
        // Handed over by whoever started usher, so no letter is needed.
        let mailbox = plan.administrator.clone();
        let by = Actor::System;
        let invitation = administrator_invitation(&self.core, tenant.id, mailbox, true, by, now);
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
        let link = self.links.handed_over(&invitation, &Means::Machine).uri;
        let first = FirstAccess { credential: (credential, secret), link };
        (changes, BootstrappedTenant { tenant, first: Some(first) })
    }
}
