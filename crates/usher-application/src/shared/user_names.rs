//! Usernames and ids share one space of names: clients say either where they name a user, so that
//! nobody has the one for the other of somebody else.

use usher_domain::{User, UserId, UserRef};

/// Whom this username would be taken for, were it an id.
pub(crate) fn as_ids(username: &str) -> impl Iterator<Item = UserRef> {
    let spellings = [username.to_owned(), User::folded_username(username)];
    spellings.into_iter().filter_map(|it| UserId::parse(&it).ok()).map(UserRef::Id)
}

/// Whom this id would be taken for, were it a username.
pub(crate) fn as_username(id: &UserId) -> UserRef {
    UserRef::Username(id.to_string())
}
