//! What is wrong with a record, in the words of the lines: the fields as JSON calls them.

use usher_application::{BadRecord, RecordField};

/// Says what is wrong with a record that was read from a line.
pub(crate) fn describe(bad: &BadRecord) -> String {
    match bad {
        BadRecord::Missing(it) => format!("`{}` is missing, and there is none yet", name(*it)),
        BadRecord::UnknownOrganization(it) => {
            format!("`{}` names an organization that does not exist", name(*it))
        }
        BadRecord::UnknownProfile => {
            "`invitationProfile` names a profile that does not exist".to_owned()
        }
        BadRecord::Taken(it) => format!("`{}` is taken by another one", name(*it)),
        BadRecord::Conflict => {
            "`email, username, code, name or pin` is taken by another one".to_owned()
        }
        BadRecord::Held { field, word, by } => format!(
            "`{}` would make a role of `{word}`, or look like it, which is a word so far and is held by {}: \
             take it from them, or adopt it as this role with --adopt",
            name(*field),
            by.join(", ")
        ),
        BadRecord::PasswordHash(rule) => format!("`passwordHash` {rule}"),
        BadRecord::Text { field, rule } => format!("`{}` {rule}", name(*field)),
        // The other fields have the same names in the core.
        BadRecord::Double
        | BadRecord::UnknownTemplate
        | BadRecord::Lifetime { .. }
        | BadRecord::Moved
        | BadRecord::Document(_)
        | BadRecord::Pin => bad.to_string(),
    }
}

/// The name of a field in a line.
fn name(field: RecordField) -> &'static str {
    match field {
        RecordField::Mailbox => "email",
        RecordField::FirstName => "firstName",
        RecordField::LastName => "lastName",
        RecordField::DisplayName => "displayName",
        RecordField::Home => "organization",
        RecordField::Id
        | RecordField::Code
        | RecordField::Name
        | RecordField::Description
        | RecordField::Permissions
        | RecordField::Parent
        | RecordField::Organization
        | RecordField::Username
        | RecordField::Phone
        | RecordField::Memberships
        | RecordField::MembershipRoles
        | RecordField::Profile
        | RecordField::Attributes
        | RecordField::Metadata => field.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use usher_domain::{BadPasswordHash, TextRule};

    use super::*;

    #[test]
    fn a_bad_record_is_described_with_the_names_of_the_fields_in_json() {
        let text = |field| BadRecord::Text { field, rule: TextRule::Control };
        let days = TimeDelta::days(30);
        for (bad, expected) in [
            (BadRecord::Double, "`id` is the same as in an earlier record"),
            (BadRecord::Missing(RecordField::Mailbox), "`email` is missing, and there is none yet"),
            (BadRecord::Missing(RecordField::Name), "`name` is missing, and there is none yet"),
            (
                BadRecord::UnknownOrganization(RecordField::Home),
                "`organization` names an organization that does not exist",
            ),
            (
                BadRecord::UnknownOrganization(RecordField::Memberships),
                "`memberships` names an organization that does not exist",
            ),
            (BadRecord::UnknownProfile, "`invitationProfile` names a profile that does not exist"),
            (BadRecord::UnknownTemplate, "`template` names a template that does not exist"),
            (
                BadRecord::Lifetime { min: TimeDelta::seconds(60), max: days },
                "`lifetime` must be between 60 s and 2592000 s",
            ),
            (BadRecord::Taken(RecordField::Mailbox), "`email` is taken by another one"),
            (BadRecord::Taken(RecordField::Id), "`id` is taken by another one"),
            (BadRecord::Conflict, "`email, username, code, name or pin` is taken by another one"),
            (
                BadRecord::Held {
                    field: RecordField::Id,
                    word: "cook".to_owned(),
                    by: vec!["user `ada`".to_owned(), "user `bob`".to_owned()],
                },
                "`id` would make a role of `cook`, or look like it, which is a word so far and is held by \
                 user `ada`, user `bob`: take it from them, or adopt it as this role with --adopt",
            ),
            (BadRecord::Moved, "`organization` of a role cannot be changed"),
            (
                BadRecord::PasswordHash(BadPasswordHash::Form),
                "`passwordHash` is neither a PHC string of argon2 nor a bcrypt hash",
            ),
            (
                BadRecord::Document(RecordField::Attributes),
                "`attributes` must not be longer than 65536 bytes",
            ),
            (BadRecord::Pin, "`pin` must be 4 to 12 letters or digits"),
            (
                text(RecordField::FirstName),
                "`firstName` must not contain line breaks, control characters or invisible characters",
            ),
        ] {
            assert_eq!(describe(&bad), expected);
        }
        for (field, expected) in [
            (RecordField::LastName, "`lastName`"),
            (RecordField::DisplayName, "`displayName`"),
            (RecordField::MembershipRoles, "`memberships.roles`"),
        ] {
            assert!(describe(&text(field)).starts_with(expected));
        }
    }
}
