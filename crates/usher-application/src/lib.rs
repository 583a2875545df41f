//! The use cases, and the ports through which they reach the world.

mod accept;
mod authenticate;
mod find;
mod forms;
mod found;
mod invite;
mod links;
mod manage;
mod policy;
mod ports;
mod read_users;
mod sessions;
#[cfg(feature = "testing")]
pub mod testing;
mod transfer;
mod usher;
mod worker;

pub use accept::{
    AcceptError, AcceptInvitation, Accepted, Acceptor, DeclineError, DeclineInvitation,
};
pub use authenticate::{
    AccessToken, Authenticate, AuthenticateError, CredentialError, ManageCredentials,
};
pub use find::{
    FindError, FindInvitation, ListError, ListInvitations, ListRequest, Listing, LookUpError,
    LookUpInvitation, LookedUp,
};
pub use forms::Forms;
pub use found::{FoundTenant, Foundation, Founded};
pub use invite::{Invite, InviteError, InviteUsers, Invitee, InviterRef, Outcomes};
pub use links::Links;
pub use manage::{ManageError, ResendInvitation, RevokeInvitation};
pub use policy::Policy;
pub use ports::{
    Audit, Changes, Clock, CommitError, Credentials, Cursor, DeliveryError, Directory, Entropy,
    Filter, Flag, Invitations, Ledger, Loss, Moment, Organizations, Outbox, Page, Passwords, Ports,
    Postman, Question, Sessions, Settlement, Standing, StoreError, Tenants, Test, TextField,
    TextTest, Users, Verdict,
};
pub use read_users::{ReadUsers, ReadUsersError, UserListing};
pub use sessions::{Cookies, SignIn, SignInError, SignedIn, Visit, Visitor};
pub use transfer::{
    BadRecord, ExportUsers, Import, ImportError, Imported, MembershipRecord, OrganizationRecord,
    UserRecord,
};
pub use usher::Usher;
pub use worker::Worker;
