use super::*;
use crate::testing::organization;

#[test]
fn an_empty_draft_changes_nothing() {
    let held = Organization { seats: Some(3), ..organization("team") };
    assert_eq!(OrganizationDraft::default().apply(held.clone()).unwrap(), held);
}

/// With something in every field.
pub(crate) fn full() -> OrganizationDraft {
    OrganizationDraft {
        name: Some("New".to_owned()),
        display_name: Some(Some("The newest".to_owned())),
        logo_url: Some(Some("https://new.example/logo.png".to_owned())),
        domains: Some(vec![domain()]),
        policies: Some(Policies { join: true, ..Policies::default() }),
        metadata: Some(Document("{\"a\":1}".to_owned())),
        active: Some(false),
        seats: Some(Some(7)),
    }
}

pub(crate) fn domain() -> Domain {
    Domain { name: "example.org".to_owned(), verified: true, default: true }
}
