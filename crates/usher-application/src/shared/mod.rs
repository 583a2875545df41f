//! What several use cases need, and no use case itself.

pub(crate) mod admission;
pub(crate) mod audit_trail;
pub(crate) mod bounds;
pub(crate) mod budget;
pub(crate) mod commit;
pub(crate) mod core;
pub(crate) mod counted_acts;
pub(crate) mod defined_roles;
pub(crate) mod invitee;
pub(crate) mod inviter_check;
pub(crate) mod letter_jobs;
pub(crate) mod links;
pub(crate) mod means;
pub(crate) mod member_lookup;
pub(crate) mod nonces;
pub(crate) mod orphans;
pub(crate) mod personal_keys;
pub(crate) mod pins;
pub(crate) mod places;
pub(crate) mod powers;
pub(crate) mod request_scope;
pub(crate) mod role_names;
pub(crate) mod session_cookies;
pub(crate) mod session_room;
pub(crate) mod sight;
pub(crate) mod user_names;
