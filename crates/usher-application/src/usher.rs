//! All use cases, put together.

use usher_domain::Keyring;

use crate::{
    access::{
        authenticate::Authenticate, credentials::ManageCredentials, pin_sign_in::PinSignIn,
        session::ResolveSession, sign_in::SignIn,
    },
    invitations::{
        accept::AcceptInvitation, change::ChangeInvitation, decline::DeclineInvitation,
        find::FindInvitation, invite::InviteUsers, list::ListInvitations,
        look_up::LookUpInvitation, resend::ResendInvitation, revoke::RevokeInvitation,
    },
    letters::deliver::DeliverLetters,
    members::{
        add::AddMembers, change::ChangeMember, give_roles::GiveRoles, read::ReadMembers,
        remove::RemoveMembers,
    },
    organizations::{manage::ManageOrganizations, roles::ManageRoles},
    policy::Policy,
    ports::Ports,
    shared::{links::Links, nonces::FormNonces, session_cookies::SessionCookies},
    tasks::{
        cancel::CancelTask, maintain::MaintainTasks, read::ReadTasks, run::RunTasks,
        submit::SubmitTask,
    },
    tenants::{bootstrap::BootstrapTenant, read_audit::ReadAudit, redirects::ManageTenant},
    transfer::import::{Export, Import},
    users::{add::AddUser, read::ReadUsers, reset::ResetUser},
};

/// Every use case, made once from the ports.
pub struct Usher {
    pub policy: Policy,
    pub ports: Ports,
    pub links: Links,
    pub forms: FormNonces,
    pub invite: InviteUsers,
    pub find: FindInvitation,
    pub list: ListInvitations,
    pub look_up: LookUpInvitation,
    pub accept: AcceptInvitation,
    pub decline: DeclineInvitation,
    pub revoke: RevokeInvitation,
    pub resend: ResendInvitation,
    pub users: ReadUsers,
    pub members: ReadMembers,
    pub add_members: AddMembers,
    pub change_member: ChangeMember,
    pub remove_members: RemoveMembers,
    pub add_user: AddUser,
    pub give_roles: GiveRoles,
    pub organizations: ManageOrganizations,
    pub roles: ManageRoles,
    pub change: ChangeInvitation,
    pub tenant: ManageTenant,
    pub reset: ResetUser,
    pub submit: SubmitTask,
    pub tasks: ReadTasks,
    pub clear: CancelTask,
    pub audit: ReadAudit,
    pub sign_in: SignIn,
    pub pin_sign_in: PinSignIn,
    pub visit: ResolveSession,
    pub authenticate: Authenticate,
    pub credentials: ManageCredentials,
    pub found: BootstrapTenant,
    pub import: Import,
    pub export: Export,
    pub worker: DeliverLetters,
    pub run_tasks: RunTasks,
    pub housekeep: MaintainTasks,
}

impl Usher {
    #[must_use]
    pub fn new(ports: &Ports, keyring: &Keyring, policy: &Policy) -> Self {
        let links = Links::new(ports, keyring, policy);
        let cookies = SessionCookies::new(ports, keyring, policy);
        Self {
            policy: policy.clone(),
            ports: ports.clone(),
            forms: FormNonces::new(ports, keyring),
            invite: InviteUsers::new(ports, policy),
            find: FindInvitation::new(ports),
            list: ListInvitations::new(ports, keyring),
            look_up: LookUpInvitation::new(ports, &links),
            accept: AcceptInvitation::new(ports, &links, &cookies, policy),
            decline: DeclineInvitation::new(ports, &links),
            revoke: RevokeInvitation::new(ports),
            resend: ResendInvitation::new(ports, policy),
            users: ReadUsers::new(ports, keyring),
            members: ReadMembers::new(ports),
            add_members: AddMembers::new(ports, keyring, policy),
            change_member: ChangeMember::new(ports, keyring, policy),
            remove_members: RemoveMembers::new(ports, policy),
            add_user: AddUser::new(ports, keyring, policy),
            give_roles: GiveRoles::new(ports),
            organizations: ManageOrganizations::new(ports, policy),
            roles: ManageRoles::new(ports, policy),
            change: ChangeInvitation::new(ports, policy),
            tenant: ManageTenant::new(ports),
            reset: ResetUser::new(ports, policy),
            submit: SubmitTask::new(ports, policy),
            tasks: ReadTasks::new(ports, policy),
            clear: CancelTask::new(ports),
            audit: ReadAudit::new(ports),
            sign_in: SignIn::new(ports, &cookies),
            pin_sign_in: PinSignIn::new(ports, &cookies, keyring),
            visit: ResolveSession::new(ports, &cookies),
            authenticate: Authenticate::new(ports, keyring, policy),
            credentials: ManageCredentials::new(ports),
            found: BootstrapTenant::new(ports, &links, policy),
            import: Import::new(ports, keyring, policy),
            export: Export::new(ports),
            worker: DeliverLetters::new(ports, &links, keyring, policy),
            run_tasks: RunTasks::new(ports, policy),
            housekeep: MaintainTasks::new(ports, policy),
            links,
        }
    }
}
