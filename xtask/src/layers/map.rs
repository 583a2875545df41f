//! The map: the rooms of every crate from the bottom up, and which of those above it each one uses.
//!
//! It is checked both ways: the code has no other edge, and the table none that the code has not.
//! `cargo xtask rules CRATE` prints the rows as the code has them.

/// From the bottom up: each room, and those above it in the table that it uses.
pub(crate) type Rooms<'a> = &'a [(&'a str, &'a [&'a str])];

/// The rooms of each crate.
pub(crate) type Map<'a> = &'a [(&'a str, Rooms<'a>)];

/// The crates that the tests hold to the map, to the rule of imports, to no loops and to the length.
pub(crate) const MAPPED: &[&str] = &[
    "usher-domain",
    "usher-application",
    "usher-persistence",
    "usher-mail",
    "usher-http",
    "usher-server",
    "usher-tests",
    "xtask",
];

/// Rooms of plain values that every room of their crate may use without an edge.
pub(crate) const COMMON: &[(&str, &str)] = &[("usher-domain", "id"), ("usher-domain", "timestamp")];

pub(crate) const MAP: Map = &[
    (
        "usher-domain",
        &[
            ("characters", &[]),
            ("document", &[]),
            ("id", &[]),
            ("keyring", &[]),
            ("locale", &[]),
            ("password", &[]),
            ("policies", &[]),
            ("redirect", &[]),
            ("timestamp", &[]),
            ("authority", &[]),
            ("mailbox", &["characters"]),
            ("account_letter", &["keyring"]),
            ("pin", &["keyring"]),
            ("session", &[]),
            ("attempt", &["authority", "keyring"]),
            ("tenant", &["locale", "redirect"]),
            ("text", &["characters"]),
            ("audit", &["authority"]),
            ("credential", &["authority"]),
            ("membership", &["pin", "session"]),
            ("offer", &["authority", "locale"]),
            ("organization", &["document", "mailbox"]),
            ("refusal", &["redirect", "text"]),
            ("role", &["authority", "text"]),
            ("user", &["account_letter", "authority", "document", "locale", "mailbox", "text"]),
            ("invitation", &["authority", "mailbox", "offer", "policies"]),
            ("link", &["invitation", "keyring", "membership", "user"]),
            ("profile", &["locale", "mailbox", "user"]),
            ("request", &["authority", "locale", "mailbox", "text", "user"]),
            ("caller", &["authority", "invitation", "offer", "organization"]),
            (
                "letter",
                &[
                    "account_letter",
                    "invitation",
                    "locale",
                    "mailbox",
                    "membership",
                    "organization",
                    "tenant",
                    "user",
                ],
            ),
            ("delivery", &["letter"]),
            ("job", &["letter"]),
            ("task", &["caller", "refusal"]),
            ("slice", &["mailbox", "request", "task", "user"]),
        ],
    ),
    (
        "usher-application",
        &[
            ("policy", &[]),
            ("ports", &[]),
            ("shared", &["policy", "ports"]),
            ("access", &["ports", "shared"]),
            ("invitations", &["ports", "shared"]),
            ("letters", &["ports", "shared"]),
            ("organizations", &["ports", "shared"]),
            ("tenants", &["ports", "shared"]),
            ("users", &["ports", "shared"]),
            ("members", &["ports", "shared", "users"]),
            ("tasks", &["invitations", "ports", "shared"]),
            ("transfer", &["ports", "shared", "tasks"]),
            (
                "usher",
                &[
                    "access",
                    "invitations",
                    "letters",
                    "members",
                    "organizations",
                    "policy",
                    "ports",
                    "shared",
                    "tasks",
                    "tenants",
                    "transfer",
                    "users",
                ],
            ),
        ],
    ),
    (
        "usher-persistence",
        &[
            ("backend", &[]),
            ("cache", &[]),
            ("entity", &[]),
            ("filter", &["backend", "entity"]),
            ("migration", &["backend"]),
            ("shared", &["backend", "cache"]),
            ("commit", &["backend", "entity", "shared"]),
            ("store", &["backend", "cache", "commit", "migration", "shared"]),
            ("ports", &["backend", "commit", "entity", "filter", "shared", "store"]),
        ],
    ),
    (
        "usher-mail",
        &[
            ("letters", &[]),
            ("settings", &[]),
            ("samples", &["letters"]),
            ("render", &["letters", "samples", "settings"]),
            ("message", &["letters", "render", "settings"]),
            ("transport", &["message", "settings"]),
            ("mailer", &["message", "render", "settings", "transport"]),
        ],
    ),
    (
        "usher-http",
        &[
            ("basic_auth", &[]),
            ("rate_limit", &[]),
            ("request", &[]),
            ("security", &[]),
            ("weighted", &[]),
            ("problem", &["rate_limit"]),
            ("source", &["rate_limit"]),
            ("options", &["source"]),
            ("health", &["problem"]),
            ("locale", &["weighted"]),
            (
                "dialect",
                &["basic_auth", "locale", "options", "problem", "rate_limit", "request", "source"],
            ),
            ("pages", &["locale", "problem", "security", "source"]),
            ("error_pages", &["locale", "pages", "problem", "weighted"]),
            ("layers", &["error_pages", "pages", "problem", "security"]),
            ("routes", &["dialect", "health", "layers", "options", "pages", "source"]),
        ],
    ),
    (
        "usher-server",
        &[
            ("adapters", &[]),
            ("duration", &[]),
            ("stdout", &[]),
            ("telemetry", &[]),
            ("formats", &["adapters", "duration"]),
            ("settings", &["duration", "telemetry"]),
            ("wiring", &["adapters", "settings"]),
            ("commands", &["adapters", "duration", "formats", "settings", "stdout", "wiring"]),
            ("runtime", &["settings", "stdout", "wiring"]),
        ],
    ),
    (
        "usher-tests",
        &[
            ("eventually", &[]),
            ("ports", &[]),
            ("postgres", &[]),
            ("proxy", &[]),
            ("browser", &["eventually", "ports"]),
            ("mailbox", &["eventually"]),
            ("server", &["eventually", "ports"]),
            ("smtp", &["mailbox"]),
        ],
    ),
    (
        "xtask",
        &[
            ("image", &[]),
            ("once", &[]),
            ("tools", &[]),
            ("tree", &[]),
            ("bench", &["tools", "tree"]),
            ("packages", &["tools"]),
            ("source", &["tree"]),
            ("up", &["image", "tools"]),
            ("clients", &["once", "packages", "tree"]),
            ("layers", &["source"]),
            ("tidy", &["source", "tree"]),
            ("rules", &["layers", "source", "tidy", "tree"]),
            ("test", &["clients", "image", "packages", "tools"]),
            ("ci", &["test"]),
        ],
    ),
];
