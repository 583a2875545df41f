//! The use cases, and the ports through which they reach the world.

mod accept;
mod add_members;
mod add_user;
mod admission;
mod authenticate;
mod change_member;
mod clear_task;
mod defined_roles;
mod find;
mod forms;
mod found;
mod give_roles;
mod housekeep;
mod invite;
mod links;
mod manage;
mod manage_organizations;
mod manage_roles;
mod manage_tenant;
mod orphans;
mod pin_sign_in;
mod pins;
mod policy;
mod ports;
mod read_audit;
mod read_members;
mod read_tasks;
mod read_users;
mod remove_members;
mod reset_user;
mod role_names;
mod roll;
mod run_tasks;
mod sessions;
mod slice;
mod submit_task;
#[cfg(feature = "testing")]
pub mod testing;
mod transfer;
mod usher;
mod vouch;
mod worker;

pub use accept::{
    AcceptError, AcceptInvitation, Accepted, Acceptor, DeclineError, DeclineInvitation,
};
pub use add_members::{AddMembers, AddMyselfError, NewMember, PinGrant};
pub use add_user::{AddUser, AddUserError, NewPassword, NewStatus, NewUser};
pub use authenticate::{
    AccessToken, Authenticate, AuthenticateError, CredentialError, ManageCredentials,
};
pub use change_member::{ChangeMember, ChangeMemberError, MemberChange};
pub use clear_task::{CancelTask, CancelTaskError};
pub use find::{
    FindError, FindInvitation, ListError, ListInvitations, ListRequest, Listing, LookUpError,
    LookUpInvitation, LookedUp,
};
pub use forms::FormNonces;
pub use found::{BootstrapTenant, BootstrappedTenant, TenantPlan};
pub use give_roles::{GiveRoles, GiveRolesError};
pub use housekeep::MaintainTasks;
pub use invite::{Invite, InviteError, InviteUsers, Invitee, InviterRef, Outcomes};
pub use links::Links;
pub use manage::{
    ChangeError, ChangeInvitation, InvitationDraft, ManageError, ResendInvitation, RevokeInvitation,
};
pub use manage_organizations::{ManageOrganizations, OrganizationDraft, OrganizationError};
pub use manage_roles::{ManageRoles, RoleDraft, RoleError};
pub use manage_tenant::{ManageTenant, TenantError};
pub use pin_sign_in::PinSignIn;
pub use policy::Policy;
pub use ports::{
    Audit, Changes, Clock, CommitError, Conflict, Credentials, Cursor, DeliveryError, Directory,
    Entropy, Filter, InvitationCondition, Invitations, InviteeQuery, InviteeState, Ledger,
    Organizations, Outbox, Page, Passwords, Ports, Postman, Profiles, Roles, Seated, Sessions,
    Settlement, StoreError, TaskCondition, Tasks, Tenants, TextField, TextMatch, TimeField,
    UserCondition, UserField, UserOrder, UserWithStatus, Users, Verdict,
};
pub use read_audit::{ReadAudit, ReadAuditError};
pub use read_members::{Places, ReadMembers};
pub use read_tasks::{ReadTasks, ReadTasksError, Results, RowResult, TaskPage};
pub use read_users::{ReadUsers, ReadUsersError, UserListing};
pub use remove_members::RemoveMembers;
pub use reset_user::{ResetUser, ResetUserError};
pub use roll::{MembersError, UserRefs};
pub use run_tasks::RunTasks;
pub use sessions::{ResolveSession, SessionCookies, SignIn, SignInError, SignedIn, SignedInUser};
pub use slice::{BadRow, Row, RowContent, Slice};
pub use submit_task::{Submission, SubmitError, SubmitTask};
pub use transfer::{
    BadRecord, Export, Import, ImportError, Imported, MembershipRecord, OrganizationRecord,
    ProfileRecord, RoleRecord, UserRecord,
};
pub use usher::Usher;
pub use worker::DeliverLetters;
