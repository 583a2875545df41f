//! What a caller wants an organization to be, and the bounds of that.

use usher_domain::{Document, Domain, Organization, Policies, line};

use crate::organizations::error::OrganizationError;

/// What becomes different about an organization. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct OrganizationDraft {
    /// 1 to 120 characters; a new organization must have one.
    pub name: Option<String>,
    /// At most 120 characters. `Some(None)`: no display name of its own.
    pub display_name: Option<Option<String>>,
    /// An https address of at most 500 bytes, or `Some(None)`: no logo.
    pub logo_url: Option<Option<String>>,
    /// At most 100.
    pub domains: Option<Vec<Domain>>,
    /// At most 1 000 domains in each list, and 64 KiB of what is not usher's.
    pub policies: Option<Policies>,
    /// A JSON object of at most 64 KiB.
    pub metadata: Option<Document>,
    pub active: Option<bool>,
    /// `Some(None)`: any number.
    pub seats: Option<Option<u32>>,
}

impl OrganizationDraft {
    /// The organization with what this draft names. An error says which rule the draft breaks.
    pub(crate) fn apply(&self, held: Organization) -> Result<Organization, OrganizationError> {
        let Self { name, display_name, logo_url, domains, policies, metadata, active, seats } =
            self.clone();
        let is_https =
            |it: &str| it.starts_with("https://") && it.len() <= 500 && !it.contains(is_odd);
        if logo_url.iter().flatten().any(|it| !is_https(it)) {
            return Err(OrganizationError::LogoUrl);
        }
        if domains.as_ref().is_some_and(|it| it.len() > 100) {
            return Err(OrganizationError::Domains);
        }
        if metadata.as_ref().is_some_and(Document::is_too_long) {
            return Err(OrganizationError::Metadata);
        }
        if policies.as_ref().is_some_and(|it| {
            it.only.len() > 1_000 || it.deny.len() > 1_000 || it.foreign.is_too_long()
        }) {
            return Err(OrganizationError::Policies);
        }
        let display_name = match display_name {
            None => held.display_name,
            Some(it) => it.map(|it| line("display_name", &it, 120)).transpose()?,
        };
        Ok(Organization {
            name: name.map_or(Ok(held.name), |it| line("name", &it, 120))?,
            display_name,
            logo_url: logo_url.unwrap_or(held.logo_url),
            domains: domains.unwrap_or(held.domains),
            policies: policies.unwrap_or(held.policies),
            metadata: metadata.unwrap_or(held.metadata),
            active: active.unwrap_or(held.active),
            seats: seats.unwrap_or(held.seats),
            ..held
        })
    }

    /// Whether it names what only the tenant gives: seats, domains, and whether an organization is
    /// active.
    pub(crate) fn is_for_the_tenant(&self) -> bool {
        self.seats.is_some() || self.domains.is_some() || self.active.is_some()
    }
}

/// What could end an attribute of HTML or an address in a letter.
fn is_odd(it: char) -> bool {
    it.is_whitespace() || it.is_control() || "\"'<>\\".contains(it)
}

#[cfg(test)]
pub(crate) mod tests;
