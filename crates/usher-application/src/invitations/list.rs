//! List invitations, page by page.

use std::sync::Arc;

use usher_domain::{Authority, Caller, Invitation, InvitationId, Permission, Purpose, Timestamp};
use uuid::Uuid;

use crate::{
    ports::{
        error::StoreError,
        invitations::{Cursor, Filter, InvitationCondition, Page},
    },
    shared::core::Core,
};

/// Lists invitations page by page, newest first.
pub struct ListInvitations {
    core: Arc<Core>,
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListRequest<'a> {
    pub filter: Filter,
    /// The filter as the client wrote it. A page token is good for the same filter only.
    pub filter_text: &'a str,
    /// From a [`Listing`] before; empty for the first page.
    pub page_token: &'a str,
    /// How many to leave out first.
    pub skip: u64,
    /// At most this many.
    pub limit: u64,
}

/// One page.
#[derive(Debug)]
pub struct Listing {
    pub invitations: Vec<Invitation>,
    /// Leads to the next page; none on the last one.
    pub next: Option<String>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("the caller may not read invitations")]
    Forbidden,
    #[error("the page token is not one of this list")]
    PageToken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ListInvitations {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone() }
    }

    /// One page of the invitations that match and that the caller may see.
    ///
    /// # Errors
    /// [`ListError::PageToken`] for a token of another list, tenant or filter.
    pub async fn run(
        &self,
        caller: &Caller,
        request: ListRequest<'_>,
    ) -> Result<Listing, ListError> {
        if !caller.may(Permission::Read) {
            return Err(ListError::Forbidden);
        }
        // A token says nothing about rights, but it is bound to the tenant and the filter.
        let context = [caller.tenant.0.as_bytes(), request.filter_text.as_bytes()].concat();
        let after = match request.page_token {
            "" => None,
            token => {
                let bytes = self.core.keyring.open(Purpose::Page, &context, token);
                Some(bytes.and_then(|it| cursor(&it)).ok_or(ListError::PageToken)?)
            }
        };
        let filter = visible(caller, request.filter);
        let page = Page { after, skip: request.skip, limit: request.limit + 1 };
        let mut invitations = self
            .core
            .ports
            .invitations
            .list(caller.tenant, &filter, page, self.core.ports.clock.now())
            .await?;
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let more = invitations.len() > limit;
        invitations.truncate(limit);
        let next = invitations.last().filter(|_| more).map(|it| {
            let mut bytes = it.issued_at.timestamp_micros().to_be_bytes().to_vec();
            bytes.extend_from_slice(it.id.0.as_bytes());
            self.core.keyring.seal(Purpose::Page, &context, &bytes)
        });
        Ok(Listing { invitations, next })
    }
}

fn cursor(bytes: &[u8]) -> Option<Cursor> {
    let (at, id) = bytes.split_at_checked(8)?;
    let micros = i64::from_be_bytes(at.try_into().ok()?);
    let issued_at = Timestamp::from_timestamp_micros(micros)?;
    Some(Cursor { issued_at, id: InvitationId(Uuid::from_slice(id).ok()?) })
}

/// The filter, narrowed to what the caller may see.
fn visible(caller: &Caller, filter: Filter) -> Filter {
    let mut all = vec![filter];
    if let Some(organization) = &caller.organization {
        all.push(Filter::Is(InvitationCondition::Organization(organization.clone())));
    }
    if caller.authority == Authority::Inviter {
        all.push(Filter::Is(InvitationCondition::Answered(caller.actor.clone())));
    }
    Filter::And(all)
}

#[cfg(test)]
mod tests;
