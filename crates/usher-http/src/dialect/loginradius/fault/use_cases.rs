//! What the errors of use cases are in this API.

use usher_application::{
    ChangeError, FindError, GiveRolesError, InviteError, ListError, ManageError, MembersError,
    OrganizationError, ReadUsersError, RoleError,
};

use super::Fault;

impl From<InviteError> for Fault {
    fn from(error: InviteError) -> Self {
        match error {
            // A caller who may not invite to the organization does not learn that it exists.
            InviteError::Forbidden => Self::no_organization(),
            InviteError::TooMany { .. } => Self::invalid_body(),
            InviteError::Store(error) => error.into(),
        }
    }
}

impl From<FindError> for Fault {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Forbidden => Self::unauthorized(),
            FindError::Unknown => Self::no_invitation(),
            FindError::Store(error) => error.into(),
        }
    }
}

impl From<ListError> for Fault {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Forbidden => Self::unauthorized(),
            // Clients see no tokens here.
            ListError::PageToken => Self::internal_error(),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<ManageError> for Fault {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Forbidden => Self::unauthorized(),
            ManageError::Unknown => Self::no_invitation(),
            ManageError::Closed(closed) => closed.into(),
            ManageError::NoSeat => Self::no_seat(),
            ManageError::Quota(it) => Self::used_up(&it),
            ManageError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeError> for Fault {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(refusal) => refusal.into(),
            ChangeError::Manage(error) => error.into(),
        }
    }
}

impl From<OrganizationError> for Fault {
    fn from(error: OrganizationError) -> Self {
        match error {
            OrganizationError::Forbidden => Self::unauthorized(),
            OrganizationError::Unknown => Self::no_organization(),
            // The id was drawn at random, so it is free.
            OrganizationError::Exists => Self::internal_error(),
            OrganizationError::Nameless => Self::member("Name", "is required"),
            OrganizationError::LogoUrl => {
                Self::member("Display.LogoURL", "must be an https address of at most 500 bytes")
            }
            OrganizationError::Domains => {
                Self::member("Domains", "must not have more than 100 entries")
            }
            OrganizationError::Metadata => {
                Self::member("Metadata", "must not be longer than 65536 bytes")
            }
            OrganizationError::Policies => Self::member(
                "Policies",
                "must not be longer than 65536 bytes or name more than \
                    1000 domains",
            ),
            OrganizationError::Text(it) => Self::text(it),
            OrganizationError::Store(error) => error.into(),
        }
    }
}

impl From<RoleError> for Fault {
    fn from(error: RoleError) -> Self {
        match error {
            RoleError::Forbidden => Self::unauthorized(),
            RoleError::Unknown => Self::no_role(),
            RoleError::UnknownOrganization => Self::no_organization(),
            RoleError::Exists => Self::role_exists(),
            error @ RoleError::TooMany { .. } => Self::no_seat().described(format!("{error}.")),
            RoleError::Text(it) => Self::text(it),
            RoleError::Store(error) => error.into(),
        }
    }
}

impl From<MembersError> for Fault {
    fn from(error: MembersError) -> Self {
        match error {
            MembersError::Forbidden => Self::unauthorized(),
            MembersError::UnknownOrganization => Self::no_organization(),
            MembersError::TooMany { .. } => Self::invalid_body(),
            MembersError::Store(error) => error.into(),
        }
    }
}

impl From<GiveRolesError> for Fault {
    fn from(error: GiveRolesError) -> Self {
        match error {
            GiveRolesError::Refused(refusal) => refusal.into(),
            GiveRolesError::Held => Self::roles_held(),
            GiveRolesError::Members(error) => error.into(),
        }
    }
}

impl From<ReadUsersError> for Fault {
    fn from(error: ReadUsersError) -> Self {
        match error {
            ReadUsersError::Forbidden => Self::unauthorized(),
            ReadUsersError::Unknown => Self::no_user(),
            // Clients see no tokens here.
            ReadUsersError::PageToken => Self::internal_error(),
            ReadUsersError::Store(error) => error.into(),
        }
    }
}
