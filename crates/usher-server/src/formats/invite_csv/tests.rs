use usher_application::RowContent;

use super::*;

fn header_error(header: &str) -> String {
    InviteCsv::open(header.as_bytes()).err().map(|it| it.to_string()).unwrap_or_default()
}

/// Each row, and what is wrong with it.
fn rows(text: &str) -> Vec<Result<InviteRow, (u32, String, String)>> {
    let mut file = InviteCsv::open(text.as_bytes()).unwrap();
    let mut all = Vec::new();
    while let Some(row) = file.next().unwrap() {
        all.push(row.map_err(|row| match row.what {
            RowContent::Bad(bad) => (row.line, bad.who, bad.why.text),
            RowContent::Invite(_) => panic!("it can be read"),
        }));
    }
    all
}

fn why(text: &str) -> String {
    rows(text).remove(0).unwrap_err().2
}

#[test]
fn columns_stand_in_any_order_and_case() {
    let text =
        "TTL; Locale ;ROLES;Message;label.Team;LABEL.b;Name;redirect;organization;E-Mail;email\n";
    let error = header_error(text);
    assert_eq!(
        error,
        "there is no column `E-Mail`; there are email, user, username, name, organization, roles, \
         message, locale, ttl, redirect and label.KEY"
    );
    let text = text.replace("E-Mail;", "")
        + "3d;de_AT;\"a; b;\";\"Hello\n\nyou\";night;x;Ada L.;https://a.example/x?y;acme;Ada@Example.org\n";
    let row = rows(&text).remove(0).unwrap();
    assert_eq!(row.organization.as_deref(), Some("acme"));
    let row = row.into_row(Invite {
        roles: vec!["usual".to_owned()],
        quiet: true,
        ..Invite::new(Invitee::Mailbox {
            mailbox: Mailbox::parse("ada@example.org").unwrap(),
            name: Some("Ada L.".to_owned()),
        })
    });
    let RowContent::Invite(it) = row.what else { panic!("it can be read") };
    assert_eq!((row.line, &*it.roles), (2, &["a".to_owned(), "b".to_owned()] as &[_]));
    assert_eq!(it.message.as_deref(), Some("Hello\n\nyou"));
    assert_eq!(it.locale.unwrap().as_str(), "de-AT");
    assert_eq!(it.lifetime, Some(TimeDelta::days(3)));
    assert_eq!(it.redirect.as_deref(), Some("https://a.example/x?y"));
    assert_eq!((&*it.labels["Team"], &*it.labels["b"]), ("night", "x"));
    assert!(it.quiet);
}

#[test]
fn what_a_row_leaves_empty_is_as_the_defaults_say() {
    let row = rows("user,roles,message,ttl,locale\nada,,,,\n").remove(0).unwrap();
    let defaults = Invite {
        roles: vec!["usual".to_owned()],
        message: Some("Hello".to_owned()),
        lifetime: Some(TimeDelta::days(1)),
        locale: Some(Locale::default()),
        ..Invite::new(row.who.clone())
    };
    let RowContent::Invite(it) = row.into_row(defaults.clone()).what else {
        panic!("it can be read")
    };
    assert_eq!(*it, defaults);
    assert_eq!(it.who, Invitee::User(UserRef::Id(UserId::parse("ada").unwrap())));
}

#[test]
fn a_header_without_an_invitee_or_with_a_column_twice_is_refused() {
    assert_eq!(
        header_error("name,ttl\n"),
        "there is no column email, user or username; one of them must say whom to invite"
    );
    assert_eq!(header_error("email,Email\n"), "the column `Email` is there twice");
    assert_eq!(header_error("email,label.a,label.a\n"), "the column `label.a` is there twice");
    assert_eq!(header_error("email,label.a,label.A\n"), "");
    assert!(header_error("email,\n").starts_with("there is no column ``; there are"));
    assert!(header_error("email,label.\n").starts_with("there is no column `label.`; there are"));
}

#[test]
fn each_bad_row_has_its_line_and_reason() {
    let header = "email,user,username,ttl,locale,redirect\n";
    let table = [
        ("a@example.org,ada,,,,", "only one of `email`, `user` and `username` may be given"),
        (",,,7d,,", "one of `email`, `user` and `username` must be given"),
        (
            "a@localhost,,,,,",
            "`email`: the domain is not a valid internet domain name with at least one dot",
        ),
        ("ada,,,,,", "`email`: an address has the form local@domain"),
        (
            "a@example.org,,,soon,,",
            "`ttl`: must be a number and a unit, such as 500ms, 30s, 15m, 12h or 7d",
        ),
        ("a@example.org,,,,!,", "`locale`: not a language tag such as `de` or `de-AT`"),
        ("a@example.org,,,,,javascript:alert(1)", "`redirect`: must be an http or https address"),
        ("a@example.org", "the row has 1 fields, and the header 6"),
        ("a@example.org,,,,,,", "the row has 7 fields, and the header 6"),
        ("a@example.org,,,,,\"x\"y", "there is more after a closing quote"),
    ];
    for (row, expected) in table {
        assert_eq!(why(&format!("{header}{row}\n")), expected, "{row}");
    }
    let long = format!("{header},{},,,,\n", "u".repeat(65));
    assert_eq!(why(&long), "`user`: not an identifier");

    let rows = rows(&format!("{header}\n\"Ada\nL.\",,,,,\n,,bob,,,\n"));
    let (line, who, _) = rows[0].as_ref().unwrap_err();
    assert_eq!((*line, &**who), (3, "Ada\nL."));
    assert_eq!(rows[1].as_ref().unwrap().line, 5);
}
