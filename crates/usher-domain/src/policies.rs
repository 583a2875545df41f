//! What the operator decides for all invitations: what a link that is sent again does to the one
//! before, and what becomes of an invitation whose inviter, role or organization goes.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What becomes of the link that was sent before when an invitation is sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = UnknownResendPolicy, parse_err_fn = unknown_resend_policy)]
pub enum ResendPolicy {
    /// It is void from now on.
    Rotate,
    /// It is the same link.
    #[default]
    Keep,
    /// It is good for [`Invitation::GRACE`] more.
    Grace,
}

/// What becomes of an invitation when what it rests on goes: its inviter, a role, its organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = UnknownOrphanPolicy, parse_err_fn = unknown_orphan_policy)]
pub enum OrphanPolicy {
    /// It stays as it is, as far as it can.
    #[default]
    Keep,
    /// It is revoked.
    Revoke,
    /// It goes on in another's name, without the role, or to the organization above.
    Transfer,
}

/// The text names no policy for orphans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of keep, revoke, transfer")]
pub struct UnknownOrphanPolicy;

fn unknown_orphan_policy(_: &str) -> UnknownOrphanPolicy {
    UnknownOrphanPolicy
}

/// The text names no resend policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of rotate, keep, grace")]
pub struct UnknownResendPolicy;

fn unknown_resend_policy(_: &str) -> UnknownResendPolicy {
    UnknownResendPolicy
}
