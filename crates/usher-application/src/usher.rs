//! All use cases, put together.

use usher_domain::Keyring;

use crate::{
    AcceptInvitation, Authenticate, Cookies, DeclineInvitation, ExportUsers, FindInvitation, Forms,
    FoundTenant, Import, InviteUsers, Links, ListInvitations, LookUpInvitation, ManageCredentials,
    Policy, Ports, ReadUsers, ResendInvitation, RevokeInvitation, SignIn, Visit, Worker,
};

/// Every use case, made once from the ports.
pub struct Usher {
    pub policy: Policy,
    pub ports: Ports,
    pub links: Links,
    pub forms: Forms,
    pub invite: InviteUsers,
    pub find: FindInvitation,
    pub list: ListInvitations,
    pub look_up: LookUpInvitation,
    pub accept: AcceptInvitation,
    pub decline: DeclineInvitation,
    pub revoke: RevokeInvitation,
    pub resend: ResendInvitation,
    pub users: ReadUsers,
    pub sign_in: SignIn,
    pub visit: Visit,
    pub authenticate: Authenticate,
    pub credentials: ManageCredentials,
    pub found: FoundTenant,
    pub import: Import,
    pub export: ExportUsers,
    pub worker: Worker,
}

impl Usher {
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Self {
        let links = Links::new(ports, keyring, policy);
        let cookies = Cookies::new(ports, keyring, policy);
        Self {
            policy: policy.clone(),
            ports: ports.clone(),
            forms: Forms::new(ports, keyring),
            invite: InviteUsers::new(ports, policy),
            find: FindInvitation::new(ports),
            list: ListInvitations::new(ports, keyring),
            look_up: LookUpInvitation::new(ports, &links),
            accept: AcceptInvitation::new(ports, &links, &cookies, policy),
            decline: DeclineInvitation::new(ports, &links),
            revoke: RevokeInvitation::new(ports),
            resend: ResendInvitation::new(ports, policy),
            users: ReadUsers::new(ports, keyring),
            sign_in: SignIn::new(ports, &cookies),
            visit: Visit::new(ports, &cookies),
            authenticate: Authenticate::new(ports, keyring, policy),
            credentials: ManageCredentials::new(ports),
            found: FoundTenant::new(ports, &links, policy),
            import: Import::new(ports, keyring),
            export: ExportUsers::new(ports),
            worker: Worker::new(ports, &links),
            links,
        }
    }
}
