//! What the letters of some jobs tell of, read all at once.

use std::collections::{HashMap, HashSet};

use futures_util::{
    TryStreamExt as _,
    future::{try_join3, try_join4},
    stream::{self, StreamExt as _},
};
use usher_domain::{
    AccountLettersId, Invitation, InvitationId, Job, Letter, Matter, Membership, MembershipId,
    Organization, OrganizationId, Tenant, TenantId, User, UserId, UserRef,
};

use crate::{
    ports::{Ports, error::StoreError},
    shared::role_names::{Names, RoleNames},
};

/// Of how many tenants the facts are read at the same time.
const TENANTS_AT_ONCE: usize = 16;

/// Everything that the jobs of one turn name, and that their letters tell of.
#[derive(Default)]
pub(crate) struct LetterFacts {
    pub(crate) invitations: HashMap<(TenantId, InvitationId), Invitation>,
    pub(crate) memberships: HashMap<(TenantId, MembershipId), Membership>,
    /// Users by the letters about their accounts.
    pub(crate) written_to: HashMap<(TenantId, AccountLettersId), User>,
    tenants: HashMap<TenantId, TenantFacts>,
}

/// The part of one tenant.
#[derive(Default)]
struct TenantFacts {
    tenant: Option<Tenant>,
    organizations: HashMap<OrganizationId, Organization>,
    users: HashMap<UserId, User>,
    roles: Names,
}

/// What the letters of one tenant mention.
#[derive(Default)]
struct Mentioned {
    organizations: HashSet<OrganizationId>,
    users: HashSet<UserId>,
    roles: HashSet<String>,
}

impl LetterFacts {
    /// Reads what these jobs name. Two round trips follow each other, however many jobs there are:
    /// invitations and memberships first, then what they name, of all tenants at once.
    pub(crate) async fn load(
        ports: &Ports,
        names: &RoleNames,
        jobs: &[Job],
    ) -> Result<Self, StoreError> {
        let Subjects { invitations, memberships, users } = subjects(ports, jobs).await?;
        let mut mentioned: HashMap<TenantId, Mentioned> = HashMap::new();
        for it in &invitations {
            let mentioned = mentioned.entry(it.tenant).or_default();
            mentioned.organizations.extend(it.offer.organization.clone());
            mentioned.roles.extend(it.offer.roles.iter().cloned());
        }
        for it in &memberships {
            let mentioned = mentioned.entry(it.tenant).or_default();
            mentioned.organizations.insert(it.organization.clone());
            mentioned.users.insert(it.user.clone());
            mentioned.roles.extend(it.roles.iter().cloned());
        }
        for it in &users {
            mentioned.entry(it.tenant).or_default();
        }
        let of_tenant = async |(id, mentioned): (TenantId, Mentioned)| {
            Ok::<_, StoreError>((id, TenantFacts::load(ports, names, id, mentioned).await?))
        };
        let tenants = stream::iter(mentioned).map(of_tenant).buffer_unordered(TENANTS_AT_ONCE);
        Ok(Self {
            tenants: tenants.try_collect().await?,
            invitations: invitations.into_iter().map(|it| ((it.tenant, it.id), it)).collect(),
            memberships: memberships.into_iter().map(|it| ((it.tenant, it.id), it)).collect(),
            written_to: users
                .into_iter()
                .filter_map(|it| Some(((it.tenant, it.letters.as_ref()?.id), it)))
                .collect(),
        })
    }

    /// The tenant, if it still exists.
    pub(crate) fn tenant(&self, id: TenantId) -> Option<&Tenant> {
        self.tenants.get(&id)?.tenant.as_ref()
    }

    /// The organization, if it still exists.
    pub(crate) fn organization(
        &self,
        tenant: TenantId,
        id: &OrganizationId,
    ) -> Option<&Organization> {
        self.tenants.get(&tenant)?.organizations.get(id)
    }

    /// The user, if they still exist.
    pub(crate) fn user(&self, tenant: TenantId, id: &UserId) -> Option<&User> {
        self.tenants.get(&tenant)?.users.get(id)
    }

    /// The letter with the names of roles instead of their ids.
    pub(crate) fn with_role_names(&self, letter: Letter, tenant: TenantId) -> Letter {
        match self.tenants.get(&tenant) {
            Some(facts) => Letter { roles: facts.roles.read(&letter.roles), ..letter },
            None => letter,
        }
    }
}

impl TenantFacts {
    async fn load(
        ports: &Ports,
        names: &RoleNames,
        id: TenantId,
        mentioned: Mentioned,
    ) -> Result<Self, StoreError> {
        let organizations: Vec<_> = mentioned.organizations.into_iter().collect();
        let users: Vec<_> = mentioned.users.into_iter().map(UserRef::Id).collect();
        let (tenant, organizations, users, roles) = try_join4(
            ports.tenants.find(id),
            async {
                match organizations.as_slice() {
                    [] => Ok(Vec::new()),
                    ids => ports.organizations.find_many(id, ids).await,
                }
            },
            async {
                match users.as_slice() {
                    [] => Ok(Vec::new()),
                    who => ports.users.find_many(id, who).await,
                }
            },
            names.of(id, mentioned.roles.iter()),
        )
        .await?;
        let organizations = organizations.into_iter().flatten().map(|it| (it.id.clone(), it));
        let users = users.into_iter().flatten().map(|it| (it.id.clone(), it));
        Ok(Self { tenant, organizations: organizations.collect(), users: users.collect(), roles })
    }
}

/// What jobs are about, as far as it still exists.
struct Subjects {
    invitations: Vec<Invitation>,
    memberships: Vec<Membership>,
    /// Whom the letters about accounts are to.
    users: Vec<User>,
}

async fn subjects(ports: &Ports, jobs: &[Job]) -> Result<Subjects, StoreError> {
    let (mut invitations, mut memberships, mut letters) = (Vec::new(), Vec::new(), Vec::new());
    for it in jobs {
        match it.kind.matter() {
            Some(Matter::Invitation(invitation)) => invitations.push((it.tenant, invitation)),
            Some(Matter::Membership(membership)) => memberships.push((it.tenant, membership)),
            Some(Matter::Account(letter)) => letters.push((it.tenant, letter)),
            None => {}
        }
    }
    let invitations = async {
        match invitations.as_slice() {
            [] => Ok(Vec::new()),
            ids => ports.invitations.proven(ids).await,
        }
    };
    let memberships = async {
        match memberships.as_slice() {
            [] => Ok(Vec::new()),
            ids => ports.organizations.proven(ids).await,
        }
    };
    let users = async {
        match letters.as_slice() {
            [] => Ok(Vec::new()),
            ids => ports.users.written_to(ids).await,
        }
    };
    let (invitations, memberships, users) = try_join3(invitations, memberships, users).await?;
    Ok(Subjects {
        invitations: invitations.into_iter().flatten().collect(),
        memberships: memberships.into_iter().flatten().collect(),
        users: users.into_iter().flatten().collect(),
    })
}

#[cfg(test)]
mod tests;
