//! Policies of the operator: what becomes of the link before when an invitation is sent again, and
//! of an invitation whose inviter, role or organization is removed.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What becomes of the link that was sent before when an invitation is sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = UnknownResendPolicy, parse_err_fn = unknown_resend_policy)]
pub enum ResendPolicy {
    /// It is not valid any more.
    Rotate,
    /// It is the same link.
    #[default]
    Keep,
    /// It is valid for another [`Invitation::GRACE`](crate::invitation::Invitation::GRACE).
    Grace,
}

/// What becomes of an invitation when its inviter, one of its roles or its organization is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[strum(parse_err_ty = UnknownOrphanPolicy, parse_err_fn = unknown_orphan_policy)]
pub enum OrphanPolicy {
    /// It stays as it is, as far as it can.
    #[default]
    Keep,
    /// It is revoked.
    Revoke,
    /// It goes on in the name of another inviter, without the role, or to the parent organization.
    Transfer,
}

/// The text is not an orphan policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of keep, revoke, transfer")]
pub struct UnknownOrphanPolicy;

fn unknown_orphan_policy(_: &str) -> UnknownOrphanPolicy {
    UnknownOrphanPolicy
}

/// The text is not a resend policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of rotate, keep, grace")]
pub struct UnknownResendPolicy;

fn unknown_resend_policy(_: &str) -> UnknownResendPolicy {
    UnknownResendPolicy
}
