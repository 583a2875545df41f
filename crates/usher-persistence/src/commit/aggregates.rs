//! The one list of the aggregates that a commit can write and remove.

use std::collections::HashMap;

use usher_application::{Changes, Slice, StoreError};
use usher_domain::{
    Credential, Invitation, Membership, Organization, Profile, Role, Session, Task, Tenant, User,
};

use crate::{
    backend::Backend,
    commit::{removals::Removal, row::Row, table::Table},
};

/// Rows by the name of their table.
pub(super) type Rows = HashMap<&'static str, Vec<Row>>;

/// Makes the rows and the statements of each aggregate, named by its field of [`Changes`], in this
/// order.
macro_rules! aggregates {
    (
        written: { $($written:ident: $aggregate:ty,)* }
        removed: { $($removed:ident: $removable:ty,)* }
    ) => {
        /// What a commit writes, and what it removes.
        pub(super) fn rows(changes: &Changes) -> Result<(Rows, Rows), StoreError> {
            // In full, so that a new field of `Changes` does not compile until it is listed.
            let Changes { $($written,)* $($removed,)* jobs: _, audit: _, seated: _, queued: _, spent: _, forgotten: _ } =
                changes;
            let written = [$(Row::all::<$aggregate>($written)?,)*];
            let removed = [$(Row::all::<$removable>($removed)?,)*];
            Ok((written.into(), removed.into()))
        }

        /// The tables that are written, in the order of writing.
        pub(super) fn tables(backend: Backend) -> Vec<Table> {
            vec![$(Table::of::<$aggregate>(backend),)*]
        }

        /// The tables that rows are removed from, in the order of removing.
        pub(super) fn removals(backend: Backend) -> Vec<Removal> {
            vec![$(Removal::of::<$removable>(backend),)*]
        }
    };
}

aggregates! {
    written: {
        tenants: Tenant,
        organizations: Organization,
        users: User,
        memberships: Membership,
        invitations: Invitation,
        credentials: Credential,
        sessions: Session,
        profiles: Profile,
        roles: Role,
        tasks: Task,
        slices: Slice,
    }
    removed: {
        removed: Membership,
        removed_roles: Role,
        removed_organizations: Organization,
    }
}
