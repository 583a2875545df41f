//! The use cases, and the ports through which they reach the world.

mod access;
mod invitations;
mod letters;
mod members;
mod organizations;
mod policy;
mod ports;
mod shared;
mod tasks;
mod tenants;
#[cfg(feature = "testing")]
pub mod testing;
mod transfer;
mod users;
mod usher;

pub use access::describe_sign_in::{DescribeSignIn, SignInPlace};
pub use access::error::SignInError;
pub use access::pin_sign_in::PinSignIn;
pub use access::{
    account_letters::AccountLetterError,
    change_password::{ChangePassword, ChangePasswordError},
    confirm_mailbox::{ConfirmMailbox, ConfirmMailboxError},
    reset_password::{ResetPassword, ResetPasswordError},
};
pub use access::{
    authenticate::{AccessToken, Authenticate, AuthenticateError},
    credentials::{CredentialError, ManageCredentials, NewKey},
    take_back::{TakeBack, TakeBackOrder, TakenBack},
};
pub use access::{
    session::{ResolveSession, SignedInUser},
    sign_in::SignIn,
};
pub use invitations::{
    accept::{AcceptError, AcceptInvitation, Accepted, Acceptor},
    decline::{DeclineError, DeclineInvitation},
};
pub use invitations::{
    batch::Outcomes,
    invite::{InviteError, InviteUsers},
};
pub use invitations::{
    change::ChangeInvitation,
    change_and_resend::ChangeAndResendInvitation,
    draft::{ChangeError, InvitationDraft},
    edit::ManageError,
    resend::ResendInvitation,
    revoke::RevokeInvitation,
};
pub use invitations::{
    find::{FindError, FindInvitation},
    hand_over::HandOverLinks,
    list::{ListError, ListInvitations, ListRequest, Listing},
    look_up::{LookUpError, LookUpInvitation, LookedUp},
};
pub use letters::deliver::DeliverLetters;
pub use members::add::{AddMembers, AddMyselfError, NewMember};
pub use members::change::{ChangeMember, ChangeMemberError, MemberChange};
pub use members::give_roles::{GiveRoles, GiveRolesError};
pub use members::read::{OrganizationsById, ReadMembers};
pub use members::remove::RemoveMembers;
pub use organizations::find::FindOrganization;
pub use organizations::roles::{
    create::{CreateRole, RoleDraft},
    error::RoleError,
    read::ReadRoles,
    remove::RemoveRole,
};
pub use organizations::{
    change::ChangeOrganization, create::CreateOrganization, draft::OrganizationDraft,
    error::OrganizationError, read::ReadOrganizations, remove::RemoveOrganization,
};
pub use policy::{Policy, Retention};
pub use ports::{
    Ports,
    attempts::{Attempts, Counted, CountedAttempt},
    audit::{Audit, AuditFilter},
    clock::Clock,
    counts::Counts,
    credentials::Credentials,
    directory::{Directory, InviteeQuery, InviteeState},
    entropy::Entropy,
    error::StoreError,
    invitations::{
        Cursor, Filter, InvitationCondition, Invitations, Page, TextField, TextMatch, TimeField,
    },
    ledger::{Changes, CommitError, Conflict, Ledger, Queued, Seated, Spending},
    organizations::Organizations,
    outbox::{Outbox, Settlement, Verdict},
    passwords::{HashPlace, HashedFor, Passwords},
    postman::{DeliveryError, Postman},
    profiles::Profiles,
    purges::{Purged, Purges},
    roles::Roles,
    sessions::Sessions,
    tasks::{TaskCondition, TaskCursor, TaskRange, Tasks},
    tenants::Tenants,
    users::{Documents, UserCondition, UserField, UserOrder, UserWithStatus, Users},
};
pub use shared::counted_acts::CountedActs;
pub use shared::links::{HandedOverLink, Links};
pub use shared::member_lookup::MembersError;
pub use shared::nonces::FormNonces;
pub use shared::pins::PinGrant;
pub use shared::request_scope::{RequestFacts, within_request};
pub use shared::session_cookies::{SessionCookies, SignedIn, UserAgent};
pub use tasks::cancel::{CancelTask, CancelTaskError};
pub use tasks::maintain::MaintainTasks;
pub use tasks::read::{ReadTasks, ReadTasksError, Results, RowResult, TaskPage};
pub use tasks::run::RunTasks;
pub use tasks::submit::{Submission, SubmitError, SubmitTask};
pub use tenants::bootstrap::{BootstrapTenant, BootstrappedTenant, FirstAccess, TenantPlan};
pub use tenants::find::FindTenant;
pub use tenants::invite_administrator::{InviteAdministrator, InviteAdministratorError};
pub use tenants::purge::PurgeOld;
pub use tenants::read_audit::{ReadAudit, ReadAuditError};
pub use tenants::redirects::{ManageTenant, TenantError};
pub use transfer::export::{Export, ExportError};
pub use transfer::import::{ImportError, Imported};
pub use transfer::organizations::ImportOrganizations;
pub use transfer::profiles::ImportProfiles;
pub use transfer::records::{
    BadRecord, MembershipRecord, OrganizationRecord, ProfileRecord, RecordField, RoleRecord,
    UserRecord,
};
pub use transfer::roles::ImportRoles;
pub use transfer::users::ImportUsers;
pub use users::add::{AddUser, AddUserError, NewPassword, NewStatus, NewUser};
pub use users::read::{ReadUsers, ReadUsersError, UserListing};
pub use users::reset::{ResetUser, ResetUserError};
pub use usher::Usher;
pub use usher_domain::{BadRow, Row, RowContent, Slice};
pub use usher_domain::{Invite, Invitee, InviterRef};
