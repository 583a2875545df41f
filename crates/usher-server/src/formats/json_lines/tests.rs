use chrono::TimeDelta;
use usher_application::{OrganizationRecord, ProfileRecord, RoleRecord, UserRecord};
use usher_domain::{
    Document, Membership, MembershipId, Organization, Pin, Policies, Profile, Role, TenantId,
    Timestamp, User, UserStatus,
};
use uuid::Uuid;

use super::{
    organization::OrganizationLine, profile::ProfileLine, role::RoleLine, user::UserLine, *,
};

fn users(text: &[u8]) -> JsonLines<UserRecord> {
    read::<UserLine, _>(text, || {}).unwrap()
}

fn complaint(line: &str) -> String {
    users(line.as_bytes()).bad.remove(&1).unwrap_or_default()
}

#[test]
fn every_field_is_read() {
    let lines = users(
        r#"{"id":"2c9180867dfe694b","username":"ada","email":"Ada@Example.org","personalEmail":"ada@home.example",
            "phone":"+44 1","firstName":"Ada","lastName":"Lovelace","displayName":"Countess","locale":"en_GB",
            "status":"active","passwordHash":"$2b$04$EGdrhbKUv8Oc9vGiXX0HQOxSg445d458Muh7DAHskb6QbtCvdxcie",
            "organization":"acme","invitationProfile":"staff","profile":{"a":1.10},"attributes":{"z":1,"a":[true]},
            "memberships":[{"organization":"acme","roles":["admin"],"pin":"1234","pinAllowed":true},{"organization":"b"}]}"#
            .replace('\n', "").as_bytes(),
    );
    assert_eq!(lines.bad, BTreeMap::new());
    let it = &lines.records[0];
    assert_eq!(it.id.as_str(), "2c9180867dfe694b");
    assert_eq!(it.mailbox.as_ref().unwrap().typed(), "Ada@Example.org");
    assert_eq!(it.locale.as_ref().unwrap().as_str(), "en-GB");
    assert_eq!(it.status, Some(UserStatus::Active));
    assert_eq!(it.invitation_profile.as_ref().unwrap().as_str(), "staff");
    assert_eq!(it.profile.as_ref().unwrap().0, r#"{"a":1.10}"#);
    assert_eq!(it.attributes.as_ref().unwrap().0, r#"{"z":1,"a":[true]}"#);
    assert_eq!(it.memberships[0].pin.as_deref(), Some("1234"));
    assert!(!it.memberships[1].pin_allowed);
}

#[test]
fn blank_lines_a_byte_order_mark_and_a_missing_last_line_break_are_ignored() {
    let lines = users("\u{feff}\n\n {\"id\":\"a\"} \r\n\n{\"id\":\"b\"}".as_bytes());
    assert_eq!(lines.numbers, [3, 5]);
    assert!(lines.bad.is_empty());
}

#[test]
fn each_bad_line_has_its_number_and_reason() {
    let deep =
        format!(r#"{{"id":"a","attributes":{}1{}}}"#, "{\"a\":".repeat(200), "}".repeat(200));
    let table = [
        ("{\"id\":\"a\"", "EOF while parsing an object at column 9"),
        ("[]", "a line must be a JSON object"),
        (r#"{"email":"a@example.org"}"#, "missing field `id` at column 25"),
        (r#"{"id":7}"#, "invalid type: integer `7`, expected a string at column 7"),
        (r#"{"id":""}"#, "`id`: not an identifier"),
        (r#"{"id":"a","email":"a"}"#, "`email`: an address has the form local@domain"),
        (
            r#"{"id":"a","status":"gone"}"#,
            "`status`: not one of unregistered, pending, active, disabled",
        ),
        (
            r#"{"id":"a","attributes":[]}"#,
            "`attributes` must be an object, nested less than 128 deep",
        ),
        (r#"{"id":"a","memberships":[{"roles":[]}]}"#, "missing field `organization` at column 37"),
        (&deep, "`attributes` must be an object, nested less than 128 deep"),
    ];
    for (line, expected) in table {
        assert_eq!(complaint(line), expected, "{line}");
    }
    let error = complaint(r#"{"id":"a","emial":"a@example.org"}"#);
    assert!(
        error.starts_with("unknown field `emial`, expected one of `id`, `username`"),
        "{error}"
    );
    assert!(users(b"{\"id\":\"\xff\"}").bad[&1].starts_with("invalid unicode"));
}

#[test]
fn a_line_that_is_too_long_is_skipped() {
    let long = format!("{{\"id\":\"{}\"}}\n{{\"id\":\"b\"}}\n", "x".repeat(3 << 20));
    let lines = users(long.as_bytes());
    assert_eq!(lines.bad[&1], "the line is longer than 1048576 bytes");
    assert_eq!(lines.numbers, [2]);
}

#[test]
fn what_is_written_is_read_again() {
    let text = r#"{"id":"a","username":"ada","email":"Ada@example.org","emailProvenAt":"2026-01-02T12:00:00.000009Z","locale":"de","status":"pending","organization":"acme","invitationProfile":"staff","profile":{"a": 1},"attributes":{},"memberships":[{"organization":"acme","roles":["x"],"pinAllowed":true}]}"#;
    let record = users(text.as_bytes()).records.remove(0);
    let (id, tenant) = (record.id.clone(), TenantId(Uuid::nil()));
    let user = User {
        username: record.username,
        mailbox: record.mailbox,
        mailbox_proven_at: record.mailbox_proven_at.unwrap(),
        locale: record.locale,
        status: record.status.unwrap(),
        home: record.home,
        invitation_profile: record.invitation_profile,
        profile: Document("{\"a\":\n1}".to_owned()),
        ..User::new(id.clone(), tenant, Timestamp::UNIX_EPOCH)
    };
    let organization = record.memberships[0].organization.clone();
    let membership = Membership {
        roles: vec!["x".to_owned()],
        pin: Some(Pin { digest: vec![1], seed: None }),
        pin_allowed: true,
        ..Membership::new(
            MembershipId(Uuid::nil()),
            tenant,
            id,
            organization,
            Timestamp::UNIX_EPOCH,
        )
    };
    let written = serde_json::to_string(&UserLine::from((user, vec![membership]))).unwrap();
    assert_eq!(written, text);
}

#[test]
fn organizations_are_read() {
    let text = "{\"id\":\"acme\",\"code\":\"ACM\",\"name\":\"Acme\",\"parent\":null}\n{\"id\":\"b\",\"size\":3}\n";
    let lines = read::<OrganizationLine, OrganizationRecord>(text.as_bytes(), || {}).unwrap();
    assert_eq!(lines.records[0].code.as_deref(), Some("ACM"));
    assert!(lines.bad[&2].starts_with("unknown field `size`, expected one of `id`, `code`,"));
}

#[test]
fn an_organization_is_written_as_it_is_read() {
    let text = r#"{"id":"acme","code":"ACM","name":"Acme","displayName":"The Acme","logoUrl":"https://a.example/l.png","domains":[{"name":"xn--bcher-kva.example","verified":true,"default":false}],"only":["a.example"],"deny":["b.example"],"join":true,"metadata":{"z":1.10},"active":false,"seats":7,"parent":"top"}"#;
    let read = |text: &str| read::<OrganizationLine, OrganizationRecord>(text.as_bytes(), || {});
    let record = read(text).unwrap().records.remove(0);
    assert_eq!(record.seats, Some(Some(7)));
    let new = Organization::new(
        record.id.clone(),
        TenantId(Uuid::nil()),
        "Acme".to_owned(),
        Timestamp::UNIX_EPOCH,
    );
    let policies = Policies {
        only: record.only.unwrap(),
        deny: record.deny.unwrap(),
        join: record.join.unwrap(),
        ..new.policies.clone()
    };
    let made = Organization {
        code: record.code,
        display_name: record.display_name,
        logo_url: record.logo_url,
        domains: record.domains.unwrap(),
        policies,
        metadata: record.metadata.unwrap(),
        active: record.active.unwrap(),
        seats: record.seats.unwrap(),
        parent: record.parent,
        ..new
    };
    assert_eq!(serde_json::to_string(&OrganizationLine::from(made.clone())).unwrap(), text);

    let on_lines = Document("{\"z\":\n1.10}".to_owned());
    let mut written = Vec::new();
    let line = OrganizationLine::from(Organization { metadata: on_lines, ..made });
    write(&mut written, &line).unwrap();
    assert_eq!(String::from_utf8(written).unwrap().lines().count(), 1);

    let complaint = |text: &str| read(text).unwrap().bad.remove(&1).unwrap_or_default();
    for (bad, expected) in [
        (r#"{"id":"a","logoUrl":"http://a.example"}"#, "`logoUrl` must be an https address"),
        (r#"{"id":"a","only":["localhost"]}"#, "`only`: not an internet domain name"),
        (r#"{"id":"a","domains":[{"name":"a b"}]}"#, "`domains.name`: not an internet"),
        (r#"{"id":"a","metadata":[]}"#, "`metadata` must be an object"),
        (r#"{"id":"a","seats":-1}"#, "invalid value: integer `-1`"),
    ] {
        assert!(complaint(bad).starts_with(expected), "{}", complaint(bad));
    }
    assert_eq!(read(r#"{"id":"a","seats":0}"#).unwrap().records[0].seats, Some(None));
}

#[test]
fn a_role_is_written_as_it_is_read() {
    let text = r#"{"id":"role_1","name":"Lead","organization":"acme","description":"Leads","permissions":["b","a"],"givenBy":"HELPDESK"}"#;
    let lines = read::<RoleLine, RoleRecord>(text.as_bytes(), || {}).unwrap();
    let it = lines.records[0].clone();
    let new = Role::new(it.id, TenantId(Uuid::nil()), it.name.unwrap(), Timestamp::UNIX_EPOCH);
    let made = Role {
        organization: it.organization,
        description: it.description,
        permissions: it.permissions.unwrap(),
        given_by: it.given_by.unwrap(),
        ..new
    };
    assert_eq!(serde_json::to_string(&RoleLine::from(made)).unwrap(), text);
}

#[test]
fn a_profile_is_read_and_written_and_the_empty_text_says_none() {
    let read = |text: &str| read::<ProfileLine, ProfileRecord>(text.as_bytes(), || {}).unwrap();
    let text = r#"{"id":"staff","address":"personal","lifetime":"36h","template":"plain","locale":"de","automatic":true,"newOnly":true,"repeat":false}"#;
    let record = read(text).records.remove(0);
    assert_eq!(record.lifetime, Some(Some(TimeDelta::hours(36))));
    let now = Timestamp::UNIX_EPOCH;
    let plain = Profile::new(record.id.clone(), TenantId(Uuid::nil()), now);
    let profile = Profile {
        address: record.address.unwrap(),
        lifetime: record.lifetime.unwrap(),
        template: record.template.unwrap(),
        locale: record.locale.unwrap(),
        automatic_since: record.automatic.unwrap().then_some(now),
        new_only: record.new_only.unwrap(),
        ..plain.clone()
    };
    assert_eq!(serde_json::to_string(&ProfileLine::from(profile)).unwrap(), text);

    let written = serde_json::to_string(&ProfileLine::from(plain)).unwrap();
    let none = read(&written).records.remove(0);
    assert_eq!((none.lifetime, none.template, none.locale), (Some(None), Some(None), Some(None)));
    assert_eq!(none.automatic, Some(false));
    let untouched = read(r#"{"id":"staff","lifetime":null}"#).records.remove(0);
    assert_eq!((untouched.lifetime, untouched.template, untouched.automatic), (None, None, None));
}

#[test]
fn each_error_of_a_profile_names_the_field() {
    let table = [
        (
            r#"{"id":"a","lifetime":"soon"}"#,
            "`lifetime`: must be a number and a unit, such as 500ms, 30s, 15m, 12h or 7d",
        ),
        (r#"{"id":"a","address":"home"}"#, "`address`: not one of work, personal"),
        (r#"{"id":"a","locale":"!"}"#, "`locale`: not a language tag such as `de` or `de-AT`"),
        (
            r#"{"id":"a","automatic":"yes"}"#,
            "invalid type: string \"yes\", expected a boolean at column 27",
        ),
    ];
    for (line, expected) in table {
        let lines = read::<ProfileLine, ProfileRecord>(line.as_bytes(), || {}).unwrap();
        assert_eq!(lines.bad[&1], expected, "{line}");
    }
}
