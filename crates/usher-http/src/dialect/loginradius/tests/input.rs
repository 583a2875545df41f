//! Unusual input that is accepted, and input that is refused.

use super::*;

on_both_stores!(
    bodies_where_none_belong_are_ignored,
    names_are_read_in_any_case,
    what_is_no_object_is_an_invalid_body_and_the_end_of_the_connection,
    json_is_json_whatever_it_is_called,
    a_change_may_say_nothing,
    what_is_wrong_with_an_invitation_is_named,
    what_is_wrong_with_an_organization_is_named,
    what_is_wrong_with_a_role_is_named,
    numbers_of_64_bits_stay_what_they_are,
);

async fn bodies_where_none_belong_are_ignored(app: TestApp) {
    let admin = Client::admin(&app).await;
    let bodies = ["null", "\"\"\n", "{}", "", "[", "\u{feff}", "{\"OrgId\": 5}"];
    for (number, body) in bodies.into_iter().enumerate() {
        for kind in ["application/json", "text/plain", "x"] {
            let id = admin.invite(&format!("u{number}"), ACME).await["Id"].clone();
            let ask = |method, path: &str| {
                let request = admin.request(method, path).header(header::CONTENT_TYPE, kind);
                exchange(&app, request.body(body.into()).unwrap())
            };
            ask(Method::GET, INVITATIONS).await.good();
            ask(Method::GET, &at(&id)).await.good();
            ask(Method::POST, &format!("{}/resend", at(&id))).await.good();
            ask(Method::DELETE, &at(&id)).await.good();
        }
    }
}

async fn names_are_read_in_any_case(app: TestApp) {
    let admin = Client::admin(&app).await;
    for (number, names) in [
        ["email", "roleIds", "orgId", "inviterUid", "InvitationUrl"],
        ["Email", "RoleIds", "OrgId", "InviterUid", "invitationUrl"],
        ["EMAIL", "ROLEIDS", "ORGID", "INVITERUID", "INVITATION_URL"],
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("u{number}@example.org");
        let values = [json!(email), json!([EDITOR]), json!(ACME), json!("boss"), json!(APP)];
        let body: Value = names.into_iter().map(String::from).zip(values).collect();
        let it = admin.post(INVITATIONS, body).await.good();
        assert_eq!(
            (&it["EmailId"], &it["RoleIds"], &it["OrgId"], &it["InviterUid"]),
            (&json!(email), &json!([EDITOR]), &json!(ACME), &json!("boss"))
        );
        assert_eq!(kept(&app, &it["Id"]).await.offer.redirect.as_deref(), Some(APP));
    }
    let body = json!({
        "name": "New", "DISPLAY": {"logourl": "https://cdn.example/l.png", "NAME": "The new"},
        "domains": [{"domainname": "example.org", "ISVERIFIED": true, "isdefault": true}],
        "isactive": false, "seats": 7, "metadata": {"Key": 1, "key": 2},
        "policies": {"alloweddomains": ["a.example"], "DENIEDDOMAINS": ["b.example"],
            "jitprovisioning": true, "mfapolicy": {"enforcementMode": "force"}},
        "unknown": 1,
    });
    let it = admin.post(ORGANIZATIONS, body).await.good();
    let domain = json!({"domain": "example.org", "isDefault": true, "isVerified": true});
    assert_eq!(
        (&it["Name"], &it["Display"], &it["Domains"], &it["IsActive"], &it["Seats"]),
        (
            &json!("New"),
            &json!({"LogoURL": "https://cdn.example/l.png", "Name": "The new"}),
            &json!([domain]),
            &json!(false),
            &json!(7)
        )
    );
    assert_eq!(it["Metadata"], json!({"Key": 1, "key": 2}));
    assert_eq!(
        it["Policies"],
        json!({"AllowedDomains": ["a.example"], "DeniedDomains": ["b.example"],
            "JITProvisioning": true, "mfapolicy": {"enforcementMode": "force"}})
    );
    let body = json!({"NAME": "New", "ORGID": ACME, "description": "d", "PERMISSIONS": ["p"]});
    let it = admin.post(ROLES, body).await.good();
    assert_eq!((&it["Level"], &it["Description"]), (&json!("org"), &json!("d")));
    add_users(&app, vec![active("ada")]).await;
    let path = "/v2/manage/account/ada/orgcontext/org_Acme/roles";
    let given = admin.put(path, json!({"roleids": [EDITOR]})).await.good();
    assert_eq!(given["Data"][0]["RoleId"], EDITOR);
}

async fn what_is_no_object_is_an_invalid_body_and_the_end_of_the_connection(app: TestApp) {
    let admin = Client::admin(&app).await;
    let whole = json!({"email": "zoë@example.org", "orgId": ACME}).to_string();
    // As a client sends it that counts characters.
    let cut = &whole.as_bytes()[..whole.chars().count()];
    let bodies: [&[u8]; 10] =
        [b"null", b"\"\"", b"[]", b"[{}]", b"5", b"", b"{", b"{}}", b"\xff{}", cut];
    for body in bodies {
        for (method, path) in [
            (Method::POST, INVITATIONS),
            (Method::POST, ORGANIZATIONS),
            (Method::PUT, "/v2/manage/organizations/org_Acme"),
            (Method::PUT, "/v2/manage/organizations/org_Acme/policy"),
            (Method::POST, ROLES),
            (Method::PUT, "/v2/manage/account/boss/orgcontext/roles"),
            (Method::PUT, "/v2/manage/account/boss/orgcontext/org_Acme/roles"),
        ] {
            let answer = admin.send(method, path, body.to_vec()).await;
            assert_eq!(answer.status, 400, "{path} {body:?}");
            assert_eq!(answer.why(), (7914, "Please use a valid post body in JSON format."));
            assert_eq!(answer.headers[header::CONNECTION], "close");
        }
    }
    assert_eq!(admin.lists("").await, [""; 0]);
    let long = format!("{whole}{}", " ".repeat(1 << 20));
    let answer = admin.send(Method::POST, INVITATIONS, long).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.why(), (7914, "The body must not be longer than 1048576 bytes."));
    let fits = format!("{whole}{}", " ".repeat((1 << 20) - whole.len()));
    admin.send(Method::POST, INVITATIONS, fits).await.good();
}

async fn json_is_json_whatever_it_is_called(app: TestApp) {
    let admin = Client::admin(&app).await;
    for (number, kind) in ["", "text/plain", "application/x-www-form-urlencoded", "multipart/x"]
        .into_iter()
        .enumerate()
    {
        let body = format!("\u{feff}{}", invitee(&format!("u{number}"), ACME));
        let request = admin.request(Method::POST, INVITATIONS).header(header::CONTENT_TYPE, kind);
        exchange(&app, request.body(body.into()).unwrap()).await.good();
    }
}

async fn a_change_may_say_nothing(app: TestApp) {
    let admin = Client::admin(&app).await;
    let id = admin.invite("ada", ACME).await["Id"].clone();
    for body in ["{}", "null", "\"\"\n", ""] {
        admin.send(Method::PUT, &at(&id), body).await.good();
    }
    for body in ["[]", "{", "5", "\"x\""] {
        assert_eq!(admin.send(Method::PUT, &at(&id), body).await.bad(), (400, 7914), "{body}");
    }
}

/// Each of these is an invalid body, for this reason.
async fn named(admin: &Client<'_>, cases: Vec<(Method, &str, Value, &str)>) {
    for (method, path, body, why) in cases {
        let answer = admin.send(method, path, body.to_string()).await;
        assert_eq!((answer.status, answer.why()), (400, (7914, why)));
        assert!(!answer.headers.contains_key(header::CONNECTION));
    }
}

async fn what_is_wrong_with_an_invitation_is_named(app: TestApp) {
    let admin = Client::admin(&app).await;
    let id = admin.invite("ada", ACME).await["Id"].clone();
    let one = at(&id);
    let cases = vec![
        (Method::POST, INVITATIONS, json!({}), "email is required."),
        (Method::POST, INVITATIONS, json!({"email": null}), "email is required."),
        (Method::POST, INVITATIONS, json!({"email": ""}), "email is required."),
        (Method::POST, INVITATIONS, json!({"email": 5}), "email must be a string."),
        (
            Method::POST,
            INVITATIONS,
            json!({"email": "ada", "orgId": ACME}),
            "email is no address: an address has the form local@domain.",
        ),
        (Method::POST, INVITATIONS, json!({"email": "a@b.example"}), "orgId is required."),
        (
            Method::POST,
            INVITATIONS,
            json!({"email": "a@b.example", "orgId": ACME, "roleIds": "x"}),
            "roleIds must be an array of strings.",
        ),
        (
            Method::POST,
            INVITATIONS,
            json!({"email": "a@b.example", "orgId": ACME, "roleIds": [5]}),
            "roleIds must be an array of strings.",
        ),
        (
            Method::POST,
            INVITATIONS,
            json!({"email": "a@b.example", "orgId": ACME, "inviterUid": 5}),
            "inviterUid must be a string.",
        ),
        (Method::PUT, &one, json!({"RoleIds": {}}), "RoleIds must be an array of strings."),
        (
            Method::PUT,
            &one,
            json!({"ExpirationDate": "soon"}),
            "ExpirationDate must be a time of RFC 3339.",
        ),
        (
            Method::PUT,
            &one,
            json!({"ExpirationDate": "2026-01-01T00:00:00Z"}),
            "ExpirationDate must be 60 to 2592000 seconds away.",
        ),
    ];
    named(&admin, cases).await;
}

async fn what_is_wrong_with_an_organization_is_named(app: TestApp) {
    let admin = Client::admin(&app).await;
    let (acme, long) = (format!("{ORGANIZATIONS}/{ACME}"), "x".repeat(121));
    let policy = format!("{acme}/policy");
    let cases = vec![
        (Method::POST, ORGANIZATIONS, json!({}), "Name is required."),
        (
            Method::POST,
            ORGANIZATIONS,
            json!({"Name": long}),
            "Name must not be longer than 120 characters.",
        ),
        (Method::POST, ORGANIZATIONS, json!({"Name": " "}), "Name must not be empty."),
        (Method::PUT, &acme, json!({"Display": []}), "Display must be an object."),
        (Method::PUT, &acme, json!({"Display": {"Name": 1}}), "Display.Name must be a string."),
        (
            Method::PUT,
            &acme,
            json!({"Display": {"Name": "a\nb"}}),
            "Display.Name must not contain line breaks, control characters or invisible characters.",
        ),
        (
            Method::PUT,
            &acme,
            json!({"Display": {"LogoURL": "http://x.example/l.png"}}),
            "Display.LogoURL must be an https address of at most 500 bytes.",
        ),
        (Method::PUT, &acme, json!({"Domains": {}}), "Domains must be an array of objects."),
        (Method::PUT, &acme, json!({"Domains": [{}]}), "Domains[].DomainName is required."),
        (
            Method::PUT,
            &acme,
            json!({"Domains": [{"DomainName": "no"}]}),
            "Domains[].DomainName is not an internet domain name with at least one dot.",
        ),
        (
            Method::PUT,
            &acme,
            json!({"Domains": vec![json!({"DomainName": "a.example"}); 101]}),
            "Domains must not have more than 100 entries.",
        ),
        (Method::PUT, &acme, json!({"Metadata": []}), "Metadata must be an object."),
        (
            Method::PUT,
            &acme,
            json!({"Metadata": {"x": "x".repeat(1 << 16)}}),
            "Metadata must not be longer than 65536 bytes.",
        ),
        (Method::PUT, &acme, json!({"IsActive": "yes"}), "IsActive must be true or false."),
        (
            Method::PUT,
            &acme,
            json!({"Seats": -1}),
            "Seats must be null or a whole number from 0 to 4294967295.",
        ),
        (
            Method::PUT,
            &acme,
            json!({"Seats": 4_294_967_296_u64}),
            "Seats must be null or a whole number from 0 to 4294967295.",
        ),
        (Method::PUT, &acme, json!({"Policies": 5}), "Policies must be an object."),
        (
            Method::PUT,
            &acme,
            json!({"Policies": {"JITProvisioning": "yes"}}),
            "Policies.JITProvisioning must be true or false.",
        ),
        (
            Method::PUT,
            &policy,
            json!({"AllowedDomains": ["x"]}),
            "AllowedDomains has what is not an internet domain name with at least one dot.",
        ),
        (
            Method::PUT,
            &policy,
            json!({"x": "x".repeat(1 << 16)}),
            "Policies must not be longer than 65536 bytes or name more than 1000 domains.",
        ),
    ];
    named(&admin, cases).await;
}

async fn what_is_wrong_with_a_role_is_named(app: TestApp) {
    let admin = Client::admin(&app).await;
    let cases = vec![
        (Method::POST, ROLES, json!({}), "Name is required."),
        (
            Method::POST,
            ROLES,
            json!({"Name": "see https://evil.example"}),
            "Name must not contain a link.",
        ),
        (
            Method::POST,
            ROLES,
            json!({"Name": "x", "Description": "x".repeat(501)}),
            "Description must not be longer than 500 characters.",
        ),
        (
            Method::POST,
            ROLES,
            json!({"Name": "x", "Permissions": vec!["p"; 501]}),
            "Permissions must not have more than 500 entries.",
        ),
        (
            Method::PUT,
            "/v2/manage/account/boss/orgcontext/org_Acme/roles",
            json!({}),
            "RoleIds is required.",
        ),
    ];
    named(&admin, cases).await;
}

async fn numbers_of_64_bits_stay_what_they_are(app: TestApp) {
    let admin = Client::admin(&app).await;
    let metadata =
        json!({"big": u64::MAX, "low": i64::MIN, "far": {"id": 9_007_199_254_740_993_u64}});
    let body = json!({"Name": "New", "Metadata": metadata, "Policies": {"x": u64::MAX}});
    let made = admin.post(ORGANIZATIONS, body).await.good();
    let path = format!("{ORGANIZATIONS}/{}", made["Id"].as_str().unwrap());
    let read = admin.get(&path).await.good();
    assert_eq!((&read["Metadata"], &read["Policies"]["x"]), (&metadata, &json!(u64::MAX)));
    let answer = admin.send(Method::PUT, &path, r#"{"Seats": 99999999999999999999}"#).await;
    assert_eq!(answer.bad(), (400, 7914));
}
