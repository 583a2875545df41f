//! The fields of each operation, in the order in which they are asked for.

use super::imfv::{Field, Shape, optional, required, required_itself};

const TEXT: Shape = Shape::Text(0, usize::MAX);
/// Users with any properties: each is validated on its own when the operation looks it up.
const USER: Shape = Shape::Open(&[]);
const GROUPS: Shape = Shape::List(0, usize::MAX, &TEXT);
const UNIQUE_GROUPS: Shape = Shape::Set(&TEXT);
/// The pin of somebody who is invited. Errors about missing properties use the words of the
/// documented versions.
const GRANT: &[Field] =
    &[required_itself("code", Shape::Bool), required_itself("allowed", Shape::Bool)];
/// The pin of somebody who is added.
const NEW_PIN: &[Field] = &[required("code", Shape::Bool), required("allowed", Shape::Bool)];
const TENANT: &[Field] = &[required("id", TEXT), required("code", TEXT)];
/// How many users one request may name at most.
const MAX_USERS: usize = 100;
/// The last position that a list can be read from.
const LAST: u64 = i32::MAX as u64;

pub(super) const INVITE: &[Field] = &[required(
    "users",
    Shape::List(
        1,
        MAX_USERS,
        &Shape::Closed(&[
            optional("user", USER),
            optional("pin", Shape::Open(GRANT)),
            optional("groups", GROUPS),
            optional("membership", TEXT),
        ]),
    ),
)];

pub(super) const INVITE_TO: &[Field] = &[
    required(
        "users",
        Shape::List(
            1,
            MAX_USERS,
            &Shape::Closed(&[
                required("user", USER),
                optional("pin", Shape::Open(GRANT)),
                optional("groups", GROUPS),
                optional("membership", TEXT),
            ]),
        ),
    ),
    required("tenant", Shape::Open(TENANT)),
];

pub(super) const UNINVITE: &[Field] =
    &[required("users", Shape::List(1, MAX_USERS, &Shape::Closed(&[optional("user", USER)])))];

pub(super) const UNINVITE_FROM: &[Field] = &[
    required("users", Shape::List(1, MAX_USERS, &Shape::Closed(&[required("user", USER)]))),
    required("tenant", Shape::Open(TENANT)),
];

pub(super) const INVITE_MYSELF: &[Field] = &[
    required(
        "tenant",
        Shape::Closed(&[required_itself("id", TEXT), required_itself("code", TEXT)]),
    ),
    optional("pin", Shape::Closed(GRANT)),
    optional("groups", GROUPS),
];

pub(super) const CHANGE_PIN: &[Field] = &[
    required(
        "pin",
        Shape::Open(&[
            optional("delete", Shape::Bool),
            optional("reset", Shape::Bool),
            optional("allowed", Shape::Bool),
        ]),
    ),
    required("user", USER),
];

pub(super) const CHANGE_GROUPS: &[Field] =
    &[required("groups", UNIQUE_GROUPS), required("user", USER)];

pub(super) const CHANGE_GROUPS_OF: &[Field] =
    &[required("groups", UNIQUE_GROUPS), required("tenantId", TEXT), required("user", USER)];

pub(super) const ADD: &[Field] = &[
    optional("username", Shape::Text(5, 50)),
    required("firstName", TEXT),
    required("lastName", TEXT),
    optional("email", Shape::Email),
    optional("profile", Shape::Open(&[])),
    optional("groups", GROUPS),
    optional("membership", TEXT),
    optional("status", Shape::OneOf(&["active", "inactive", "pendingNew", "pending"])),
    optional("password", TEXT),
    optional("passwordEncrypted", Shape::Bool),
    optional("pin", Shape::Closed(NEW_PIN)),
    optional("ln", TEXT),
    optional("phone", TEXT),
];

pub(super) const FIND: &[Field] = &[required("id", TEXT)];

pub(super) const LIST: &[Field] = &[
    optional("start", Shape::Whole(0, LAST)),
    optional("limit", Shape::Whole(1, 2000)),
    optional("keywords", TEXT),
    optional("config", Shape::Bool),
    optional("scope", Shape::OneOf(&["myTenancy", "otherTenancy", "otherTenancyInvited"])),
    optional("status", TEXT),
];

pub(super) const SIGN_IN: &[Field] =
    &[optional("pin", TEXT), optional("grant_type", TEXT), optional("refresh_token", TEXT)];
