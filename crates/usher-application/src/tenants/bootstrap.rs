//! The first start: a tenant, a key for its API, and an invitation for its owner.

use std::sync::Arc;

use usher_domain::{
    Action, Actor, Authority, Credential, CredentialId, CredentialSecret, Entry, EntryId,
    Invitation, InvitationId, Locale, Mailbox, Offer, OrganizationId, RedirectRule, State, Subject,
    Tenant, TenantId, Timestamp, UserRef,
};

use crate::{
    ports::{
        directory::InviteeQuery,
        error::StoreError,
        ledger::{Changes, CommitError},
    },
    shared::{core::Core, links::Links},
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
        if let Some(tenant) = self.core.ports.tenants.named(&plan.name).await? {
            return self.found(tenant, plan).await;
        }
        let now = self.core.ports.clock.now();
        let tenant = Tenant {
            id: TenantId(self.core.ports.entropy.id()),
            name: plan.name.clone(),
            display_name: plan.display_name.clone(),
            locale: plan.locale.clone(),
            redirects: plan.redirects.clone(),
            created_at: now,
            version: 1,
        };
        let secret = CredentialSecret::from(self.core.ports.entropy.secret());
        let credential = Credential {
            id: CredentialId(self.core.ports.entropy.id()),
            tenant: tenant.id,
            secret_digest: secret.digest(),
            authority: Authority::OrgAdmin,
            user: None,
            organization: None,
            created_at: now,
            revoked_at: None,
            version: 1,
        };
        let invitation = self.invitation(&tenant, plan, now);
        let note = |action, subject| Entry {
            id: EntryId(self.core.ports.entropy.id()),
            tenant: tenant.id,
            at: now,
            actor: Actor::System,
            action,
            subject,
            detail: None,
        };
        let changes = Changes {
            audit: vec![
                note(Action::CredentialCreated, Subject::Credential(credential.id)),
                note(Action::Invited, Subject::Invitation(invitation.id)),
            ],
            tenants: vec![tenant.clone()],
            credentials: vec![credential.clone()],
            invitations: vec![invitation.clone()],
            ..Changes::default()
        };
        match self.core.ports.ledger.commit(&changes).await {
            Ok(()) => Ok(BootstrappedTenant {
                tenant,
                credential: Some((credential, secret)),
                link: Some(self.links.accept(&invitation)),
            }),
            Err(CommitError::Conflict(_)) => {
                let tenant = self.core.ports.tenants.named(&plan.name).await?;
                let tenant = tenant.ok_or_else(|| StoreError::new("the tenant's name is taken"))?;
                self.found(tenant, plan).await
            }
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    async fn found(
        &self,
        tenant: Tenant,
        plan: &TenantPlan,
    ) -> Result<BootstrappedTenant, StoreError> {
        let who = UserRef::Mailbox(plan.administrator.clone());
        let question = InviteeQuery { who, organization: None::<OrganizationId> };
        let standings = self.core.ports.directory.resolve(tenant.id, &[question]).await?;
        let now = self.core.ports.clock.now();
        let pending = standings.into_iter().next().and_then(|it| it.pending);
        let link = pending
            .filter(|it| it.state(now) == State::Pending && it.creator == Actor::System)
            .map(|it| self.links.accept(&it));
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
