//! Organizations: groups within a tenant that people join with roles.

use crate::{
    characters::folded,
    document::Document,
    id::{OrganizationId, TenantId},
    mailbox::{Mailbox, ascii_domain},
    timestamp::Timestamp,
};

/// An organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    pub id: OrganizationId,
    pub tenant: TenantId,
    /// A short name that people type; unique within the tenant when there is one.
    pub code: Option<String>,
    pub name: String,
    /// What people read in place of the name.
    pub display_name: Option<String>,
    /// Shown to invitees. It is the only thing on usher's pages that browsers load from elsewhere.
    pub logo_url: Option<String>,
    /// The organization's own domains.
    pub domains: Vec<Domain>,
    pub policies: Policies,
    pub metadata: Document,
    /// An inactive organization takes no new members, and its members cannot sign in to it.
    pub active: bool,
    /// The most members and open invitations together; none: any number.
    pub seats: Option<u32>,
    pub parent: Option<OrganizationId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// 1 when new; each change counts one up.
    pub version: u32,
}

/// A domain of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// As A-labels, in lower case.
    pub name: String,
    /// Whether it was verified that the domain is the organization's.
    pub verified: bool,
    pub default: bool,
}

/// Who may belong to an organization, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// Only addresses of these domains may belong to it; empty: addresses of any domain.
    pub only: Vec<String>,
    /// Addresses of these domains may not belong to it, even if `only` allows them.
    pub deny: Vec<String>,
    /// Whoever accepts an invitation anywhere in the tenant joins too, when their address is at a
    /// verified domain of the organization.
    pub join: bool,
    /// Policies that usher does not know, kept as given.
    pub foreign: Document,
}

/// The text is no internet domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an internet domain name with at least one dot")]
pub struct InvalidDomain;

impl Domain {
    /// Reads a domain name, and writes it as mailboxes have it.
    pub fn parse(text: &str) -> Result<String, InvalidDomain> {
        Some(text.trim()).filter(|it| it.len() <= 253).and_then(ascii_domain).ok_or(InvalidDomain)
    }
}

impl Organization {
    #[must_use]
    pub fn new(id: OrganizationId, tenant: TenantId, name: String, now: Timestamp) -> Self {
        Self {
            id,
            tenant,
            code: None,
            name,
            display_name: None,
            logo_url: None,
            domains: Vec::new(),
            policies: Policies::default(),
            metadata: Document::default(),
            active: true,
            seats: None,
            parent: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// What people read.
    #[must_use]
    pub fn title(&self) -> &str {
        self.display_name.as_ref().unwrap_or(&self.name)
    }

    /// A code as people compare it: without case, and without a difference between forms (NFKC) of the
    /// same characters.
    #[must_use]
    pub fn folded_code(code: &str) -> String {
        folded(code)
    }

    /// Whether an address may belong to it.
    #[must_use]
    pub fn admits(&self, mailbox: &Mailbox) -> bool {
        let Policies { only, deny, .. } = &self.policies;
        let is_of = |domains: &[String]| domains.iter().any(|it| it == mailbox.domain());
        (only.is_empty() || is_of(only)) && !is_of(deny)
    }

    /// Whether a user who has proved to read this mailbox joins without an invitation to it.
    #[must_use]
    pub fn is_joined_by(&self, mailbox: &Mailbox) -> bool {
        let is_theirs = |it: &Domain| it.verified && it.name == mailbox.domain();
        self.active
            && self.policies.join
            && self.domains.iter().any(is_theirs)
            && self.admits(mailbox)
    }

    /// The same organization, changed once more.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        Self { updated_at: now, version: self.version + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn organization(policies: Policies) -> Organization {
        let (id, tenant) = (OrganizationId::parse("o").unwrap(), TenantId(Uuid::nil()));
        Organization {
            policies,
            ..Organization::new(id, tenant, "O".to_owned(), Timestamp::UNIX_EPOCH)
        }
    }

    fn at(domain: &str) -> Mailbox {
        Mailbox::parse(&format!("ada@{domain}")).unwrap()
    }

    #[test]
    fn domains_are_compared_as_mailboxes_have_them() {
        let only = vec![Domain::parse(" BÜCHER.example ").unwrap()];
        let it = organization(Policies { only, ..Policies::default() });
        assert!(it.admits(&at("bücher.EXAMPLE")) && it.admits(&at("xn--bcher-kva.example")));
        assert!(!it.admits(&at("shop.bücher.example")) && !it.admits(&at("example.org")));
        for bad in ["", "localhost", "a b.example", "@example.org", "https://example.org"] {
            assert_eq!(Domain::parse(bad), Err(InvalidDomain), "{bad}");
        }
    }

    #[test]
    fn what_is_denied_is_denied_even_where_it_is_allowed() {
        let own = || vec!["example.org".to_owned()];
        let it = organization(Policies { only: own(), deny: own(), ..Policies::default() });
        assert!(!it.admits(&at("example.org")));
        let it = organization(Policies { deny: own(), ..Policies::default() });
        assert!(!it.admits(&at("EXAMPLE.org")) && it.admits(&at("example.com")));
    }

    #[test]
    fn only_a_verified_domain_of_an_active_organization_is_joined() {
        let domain = |verified| Domain { name: "example.org".to_owned(), verified, default: false };
        let it = Organization {
            domains: vec![domain(true)],
            ..organization(Policies { join: true, ..Policies::default() })
        };
        assert!(it.is_joined_by(&at("example.org")) && !it.is_joined_by(&at("example.com")));
        assert!(!Organization { active: false, ..it.clone() }.is_joined_by(&at("example.org")));
        assert!(
            !Organization { domains: vec![domain(false)], ..it.clone() }
                .is_joined_by(&at("example.org"))
        );
        assert!(
            !Organization { policies: Policies::default(), ..it }.is_joined_by(&at("example.org"))
        );
    }
}
