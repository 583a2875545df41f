//! Tenants: customers whose data is separate; no query reads the data of two tenants.

use crate::{id::TenantId, locale::Locale, redirect::RedirectRule, timestamp::Timestamp};

/// A tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    pub id: TenantId,
    /// The unique name in commands and links, such as `default`.
    pub name: String,
    /// What people read in mails and on pages.
    pub display_name: String,
    /// For people who have no locale of their own.
    pub locale: Locale,
    /// Where browsers may be sent after accepting; empty: only to pages of usher.
    pub redirects: Vec<RedirectRule>,
    pub created_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}
