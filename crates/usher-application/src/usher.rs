//! All use cases, put together.

use usher_domain::Keyring;

use crate::{
    access::AccessUseCases,
    invitations::InvitationUseCases,
    letters::LetterUseCases,
    members::MemberUseCases,
    organizations::OrganizationUseCases,
    policy::Policy,
    ports::Ports,
    shared::{core::Core, links::Links, nonces::FormNonces},
    tasks::TaskUseCases,
    tenants::TenantUseCases,
    transfer::TransferUseCases,
    users::UserUseCases,
};

/// Every use case, made once from the ports, by the noun that it is about.
pub struct Usher {
    pub policy: Policy,
    pub ports: Ports,
    pub links: Links,
    pub forms: FormNonces,
    pub access: AccessUseCases,
    pub invitations: InvitationUseCases,
    pub letters: LetterUseCases,
    pub members: MemberUseCases,
    pub organizations: OrganizationUseCases,
    pub tasks: TaskUseCases,
    pub tenants: TenantUseCases,
    pub transfer: TransferUseCases,
    pub users: UserUseCases,
}

impl Usher {
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Self {
        let core = Core::new(ports, keyring, policy);
        Self {
            policy: policy.clone(),
            ports: ports.clone(),
            links: Links::new(&core),
            forms: FormNonces::new(&core),
            access: AccessUseCases::new(&core),
            invitations: InvitationUseCases::new(&core),
            letters: LetterUseCases::new(&core),
            members: MemberUseCases::new(&core),
            organizations: OrganizationUseCases::new(&core),
            tasks: TaskUseCases::new(&core),
            tenants: TenantUseCases::new(&core),
            transfer: TransferUseCases::new(&core),
            users: UserUseCases::new(&core),
        }
    }
}
