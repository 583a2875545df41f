//! Reading users: one, lists, how many.

use std::collections::BTreeSet;

use axum::response::IntoResponse as _;
use usher_application::StoreError;
use usher_domain::{Document, Locale};

use super::*;
use crate::dialect::soajs::fault::Fault;

on_both_stores!(
    a_user_is_shown_without_secrets,
    one_user_is_found_by_id,
    a_tenant_lists_its_members,
    a_main_tenant_may_list_users_by_scope,
    by_status,
    keywords_are_taken_as_they_are,
    page_by_page_by_first_name,
    a_list_of_long_profiles_is_refused_and_a_shorter_one_is_not,
    pins_are_never_shown,
    an_inviter_may_not_read_users,
    who_has_no_name_goes_by_another,
);

async fn a_user_is_shown_without_secrets(app: TestApp) {
    set_up(&app).await;
    let attributes = json!({"locked": true, "lastLogin": 1_700_000_000_000_u64, "socialId":
        {"google": {"accessToken": "geheim"}}, "keys": {"k": "geheim"}, "packages": {"P": {}},
        "password": "geheim", "_id": "geheim", "status": "geheim"});
    let ada = User {
        phone: Some("+43 1 234".to_owned()),
        locale: Some(Locale::parse("de").unwrap()),
        profile: Document(json!({"likes": ["tea"]}).to_string()),
        attributes: Document(attributes.to_string()),
        ..person("ada")
    };
    add_users(&app, vec![ada]).await;
    let main = Client::main(&app).await;
    let body = json!({"user": {"username": "adad"}, "groups": ["admin"]});
    main.put("/admin/user/groups", body).await.good();
    let body = json!({"user": {"username": "adad"}, "pin": {"reset": true, "allowed": true}});
    main.put("/admin/user/pin", body).await.good();
    let sub = Client::sub(&app).await;
    let pin = json!({"code": true, "allowed": false});
    let body = json!({"users": [{"user": {"username": "adad"}, "pin": pin, "groups": ["dev"]}]});
    sub.put(INVITE, body).await.good();
    Client::of(&app, SUB_TOO, Authority::Helpdesk).await.invite(&["ada"]).await;

    let mut shown = main.get(&format!("{USER}?id={}", id("ada"))).await.good();
    shown.sort_all_objects();
    insta::allow_duplicates! { insta::assert_json_snapshot!(shown, @r#"
    {
      "_id": "000000000000000000616461",
      "config": {
        "allowedTenants": [
          {
            "groups": [],
            "tenant": {
              "code": "TOOO",
              "id": "5d9321f8b40e09438afbd0e3"
            }
          },
          {
            "groups": [
              "dev"
            ],
            "tenant": {
              "code": "SOME",
              "id": "5da6d6280067e20d5fe67667"
            }
          }
        ]
      },
      "email": "ada@example.org",
      "firstName": "Ada",
      "groups": [
        "admin"
      ],
      "lastLogin": 1700000000000,
      "lastName": "Doe",
      "ln": "de",
      "locked": true,
      "phone": "+43 1 234",
      "profile": {
        "likes": [
          "tea"
        ]
      },
      "status": "active",
      "tenant": {
        "code": "DBTN",
        "id": "5c0e74ba9acc3c5a84a51259",
        "pin": {
          "allowed": true
        }
      },
      "ts": 1767355200000,
      "username": "adad"
    }
    "#) };
    // In a list, without and with memberships.
    let path = "/admin/users?keywords=ada";
    let brief = main.get(path).await.good()[0].take();
    let mut expected = shown.clone();
    expected.as_object_mut().unwrap().remove("config");
    assert_eq!(brief, expected);
    let whole = main.get(&format!("{path}&config=true")).await.good()[0].take();
    let config = json!({"allowedTenants": [
        {"tenant": {"id": SUB_TOO, "code": "TOOO", "pin": {}}, "groups": []},
        {"tenant": {"id": SUB, "code": "SOME", "pin": {"allowed": false}}, "groups": ["dev"]},
    ]});
    expected["config"] = config.clone();
    assert_eq!(whole, expected);
    // Memberships that the key may not see are left out.
    let seen = sub.get(&format!("{path}&config=true")).await.good()[0].take();
    assert_eq!(seen["config"], json!({"allowedTenants": [config["allowedTenants"][1]]}));
    assert_eq!(seen["groups"], json!([]));
    assert_eq!(seen["tenant"], json!({"id": MAIN, "code": "DBTN"}));
}

async fn one_user_is_found_by_id(app: TestApp) {
    set_up(&app).await;
    let states = [UserStatus::Unregistered, UserStatus::Pending, UserStatus::Disabled];
    let outside = ["una", "pam", "dot"].into_iter().zip(states);
    add_users(&app, outside.map(|(name, it)| standing(it, person(name))).collect()).await;
    let imported = User { id: UserId::parse("imported/1").unwrap(), ..person("ida") };
    add_users(&app, vec![imported, at_home(FAR, person("eve"))]).await;
    let client = Client::main(&app).await;
    let shown = client.get(&format!("{USER}?id={}", id("john"))).await.good();
    assert_eq!((&shown["_id"], &shown["username"]), (&json!(id("john")), &json!("johnd")));
    let shown = client.get(&format!("{USER}?id=imported/1")).await.good();
    assert_eq!(shown["_id"], "imported/1");
    let unknown = (500, 520, "Unable to find user.");
    for id in [NOBODY.to_owned(), id("una"), id("pam"), id("dot"), id("eve")] {
        assert_eq!(client.get(&format!("{USER}?id={id}")).await.bad(), unknown, "{id}");
    }
    let malformed = (500, 602, "Model error: A valid ID is required");
    for id in ["x", "%00", "", &"f".repeat(23), &"f".repeat(25), &"g".repeat(24), "%ff%fe"] {
        assert_eq!(client.get(&format!("{USER}?id={id}")).await.bad(), malformed, "{id}");
    }
    let long = "x".repeat(10_000);
    assert_eq!(client.get(&format!("{USER}?id={long}")).await.bad(), malformed);
}

/// ada and bob are at home in the main tenant, bob and far eve are invited below it, fay is far
/// away.
async fn add_unregistered(app: &TestApp) {
    set_up(app).await;
    let far = [at_home(FAR, person("eve")), at_home(FAR, person("fay"))];
    let lone = User { home: None, ..person("lee") };
    add_users(app, vec![person("ada"), person("bob"), far[0].clone(), far[1].clone(), lone]).await;
    let sub = Client::sub(app).await;
    sub.invite(&["bob"]).await;
    sub.invite_from_elsewhere(&["eve"]).await;
}

async fn a_tenant_lists_its_members(app: TestApp) {
    add_unregistered(&app).await;
    let of = async |tenant| Client::of(&app, tenant, Authority::Reader).await;
    assert_eq!(of(MAIN).await.sees("").await, ["Ada", "Bob", "Eve", "John"]);
    assert_eq!(of(SUB).await.sees("").await, ["Bob", "Eve"]);
    assert_eq!(of(SUB_TOO).await.sees("").await.len(), 0);
    assert_eq!(of(FAR).await.sees("").await, ["Eve", "Fay"]);
    let sub = of(SUB).await;
    for (name, seen) in [("bob", true), ("eve", true), ("ada", false), ("fay", false)] {
        let answer = sub.get(&format!("{USER}?id={}", id(name))).await;
        assert_eq!(answer.status == 200, seen, "{name}");
    }
}

async fn a_main_tenant_may_list_users_by_scope(app: TestApp) {
    add_unregistered(&app).await;
    let main = Client::main(&app).await;
    main.invite_from_elsewhere(&["eve", "lee"]).await;
    add_users(&app, vec![at_home(FAR_SUB, person("gus"))]).await;
    let too = Client::of(&app, SUB_TOO, Authority::Helpdesk).await;
    too.invite_from_elsewhere(&["gus"]).await;
    join(&app, "ada", MAIN).await;
    assert_eq!(main.sees("scope=myTenancy").await, ["Ada", "Bob", "John"]);
    assert_eq!(main.sees("scope=otherTenancy").await, ["Eve", "Gus", "Lee"]);
    assert_eq!(main.sees("scope=otherTenancyInvited").await, ["Eve", "Lee"]);
    assert_eq!(main.sees("scope=otherTenancy&keywords=gus").await, ["Gus"]);
    // The scope does not apply to the key of a sub tenant.
    let sub = Client::sub(&app).await;
    for scope in ["myTenancy", "otherTenancy", "otherTenancyInvited"] {
        assert_eq!(sub.sees(&format!("scope={scope}")).await, ["Bob", "Eve"], "{scope}");
    }
}

async fn by_status(app: TestApp) {
    set_up(&app).await;
    let states = [UserStatus::Unregistered, UserStatus::Pending, UserStatus::Disabled];
    let outside = ["una", "pam", "dot"].into_iter().zip(states);
    add_users(&app, outside.map(|(name, it)| standing(it, person(name))).collect()).await;
    let client = Client::main(&app).await;
    for (status, name) in
        [("active", "John"), ("inactive", "Dot"), ("pendingNew", "Pam"), ("pending", "Una")]
    {
        let list = client.get(&format!("{USERS}?status={status}")).await.good();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!((&list[0]["firstName"], &list[0]["status"]), (&json!(name), &json!(status)));
        assert_eq!(client.sees(&format!("status={status}")).await, [name]);
    }
    assert_eq!(client.sees("").await, ["John"]);
    for status in ["pendingJoin", "ACTIVE", "", "x"] {
        assert!(client.sees(&format!("status={status}")).await.is_empty(), "{status}");
    }
}

async fn keywords_are_taken_as_they_are(app: TestApp) {
    set_up(&app).await;
    let named = |name: &str, first: &str, last: &str| User {
        first_name: Some(first.to_owned()),
        last_name: Some(last.to_owned()),
        ..person(name)
    };
    let users = vec![
        named("ada", "Ada", "Lovelace"),
        named("bob", "Bob.*", "100%"),
        named("cyd", "C_d", "O'Neill"),
        User { mailbox: Some(mailbox("Some.One@Sub.Example.org")), ..named("dan", "Dan", "(x") },
    ];
    add_users(&app, users).await;
    let client = Client::main(&app).await;
    for (keywords, names) in [
        ("", vec!["Ada", "Bob.*", "C_d", "Dan", "John"]),
        ("ADA", vec!["Ada"]),
        ("love", vec!["Ada"]),
        ("lace", vec!["Ada"]),
        (".*", vec!["Bob.*"]),
        ("%25", vec!["Bob.*"]),
        ("_", vec!["C_d"]),
        ("o'n", vec!["C_d"]),
        ("(", vec!["Dan"]),
        ("SOME.one@sub", vec!["Dan"]),
        ("sub.example", vec!["Dan"]),
        ("ada@example.org", vec!["Ada"]),
        ("adad", vec![]),
        ("Ada%20Lovelace", vec![]),
        ("[", vec![]),
        ("%5C", vec![]),
        ("%00", vec![]),
        ("%ff%fe", vec![]),
    ] {
        assert_eq!(client.sees(&format!("keywords={keywords}")).await, names, "{keywords}");
    }
    for length in [1024, 1025, 10_000, 60_000] {
        assert!(client.sees(&format!("keywords={}", "x".repeat(length))).await.is_empty());
    }
    assert!(client.sees(&format!("keywords={}", "%25".repeat(10_000))).await.is_empty());
}

async fn page_by_page_by_first_name(app: TestApp) {
    set_up(&app).await;
    let all = ["zoe", "bea", "Cid", "ann", "Dee"];
    let named =
        |name: &&str| User { first_name: Some((*name).to_owned()), ..person(&name.to_lowercase()) };
    add_users(&app, all.iter().map(named).collect()).await;
    let client = Client::main(&app).await;
    let page = async |query: &str| {
        let list = client.get(&format!("{USERS}?{query}")).await.good();
        let list = list.as_array().unwrap().iter();
        list.map(|it| it["firstName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(page("").await, ["ann", "bea", "Cid", "Dee", "John", "zoe"]);
    assert_eq!(page("limit=2").await, ["ann", "bea"]);
    assert_eq!(page("limit=2&start=4").await, ["John", "zoe"]);
    assert_eq!(page("limit=2000&start=5").await, ["zoe"]);
    assert!(page("start=6").await.is_empty());
    // The total does not depend on the page.
    let count = client.get(&format!("{USERS}/count?limit=1&start=3")).await.good();
    assert_eq!(count, json!(6));
}

async fn a_list_of_long_profiles_is_refused_and_a_shorter_one_is_not(app: TestApp) {
    set_up(&app).await;
    let long = Document(json!({"x": "x".repeat(60_000)}).to_string());
    let named = |n: usize| User { profile: long.clone(), ..person(&format!("u{n:03}")) };
    for from in [0, 100, 200] {
        add_users(&app, (from..from + 100).map(named).collect()).await;
    }
    let client = Client::main(&app).await;
    let all = client.get(USERS).await;
    let reason = "the profiles of so many users are too long for one answer";
    let text = format!(
        "Validation failed for field: limit -> The parameter 'limit' failed due to: {reason}"
    );
    assert_eq!(all.bad(), (500, 173, text.as_str()));
    let some = client.get(&format!("{USERS}?limit=250&start=51")).await.good();
    assert_eq!(some.as_array().unwrap().len(), 250);
    // Small ones are read in several goes, each once.
    let small = |n: usize| User { first_name: Some("A".to_owned()), ..person(&format!("v{n:03}")) };
    add_users(&app, (0..260).map(small).collect()).await;
    let some = client.get(&format!("{USERS}?limit=260")).await.good();
    let ids: BTreeSet<_> =
        some.as_array().unwrap().iter().map(|it| &it["_id"]).map(Value::to_string).collect();
    assert_eq!(ids.len(), 260);
}

async fn pins_are_never_shown(app: TestApp) {
    set_up(&app).await;
    let (main, sub) = (Client::main(&app).await, Client::sub(&app).await);
    let pin = json!({"code": true, "allowed": true});
    sub.put(INVITE, json!({"users": [{"user": {"username": "johnd"}, "pin": pin}]})).await.good();
    let body = json!({"user": {"username": "johnd"}, "pin": {"reset": true}});
    main.put("/admin/user/pin", body).await.good();
    for client in [&main, &sub] {
        for path in [format!("{USER}?id={}", id("john")), format!("{USERS}?config=true")] {
            let answer = client.get(&path).await;
            for tenant in [MAIN, SUB] {
                let it = member(&app, "john", tenant).await.unwrap().pin.unwrap();
                let digest: Vec<_> = it.digest.iter().map(|it| format!("{it:02x}")).collect();
                let digest = digest.concat();
                let pin = super::pin(&app, "john", tenant).await;
                assert!(
                    !answer.text.contains(&digest) && !answer.text.contains(&format!("\"{pin}\""))
                );
            }
            assert!(!answer.text.contains("llamas") && !answer.text.contains("argon2"));
            assert!(!answer.text.contains("\"code\":\"0"), "{}", answer.text);
        }
    }
}

async fn an_inviter_may_not_read_users(app: TestApp) {
    set_up(&app).await;
    let inviter = Client::of(&app, MAIN, Authority::Inviter).await;
    let forbidden = (401, 160, "You do not belong to a group with access to this System API.");
    for path in [format!("{USER}?id={}", id("john")), USERS.to_owned(), format!("{USERS}/count")] {
        assert_eq!(inviter.get(&path).await.bad(), forbidden);
    }
}

async fn who_has_no_name_goes_by_another(app: TestApp) {
    set_up(&app).await;
    let minimal = User {
        username: None,
        first_name: None,
        last_name: None,
        home: None,
        profile: Document("junk".to_owned()),
        attributes: Document(json!({"locked": "geheim", "lastLogin": {}}).to_string()),
        ..person("ada")
    };
    let no_code =
        Organization { code: None, parent: Some(organization_id(MAIN)), ..organization("acme") };
    let changes =
        Changes { organizations: vec![no_code], users: vec![minimal], ..Changes::default() };
    app.store.commit(&changes).await.unwrap();
    join(&app, "ada", "acme").await;
    let client = Client::main(&app).await;
    let shown = client.get(&format!("{USER}?id={}", id("ada"))).await.good();
    let allowed = json!([{"tenant": {"id": "acme", "code": "acme"}, "groups": []}]);
    let expected = json!({"_id": id("ada"), "username": "ada@example.org", "firstName": null,
        "lastName": null, "email": "ada@example.org", "ts": 1_767_355_200_000_u64,
        "status": "active", "profile": {}, "groups": [], "config": {"allowedTenants": allowed}});
    assert_eq!(shown, expected);
    let answer = client.each(INVITE, &[json!({"username": shown["username"]})]).await;
    assert_eq!(answer["failed"], json!([]));
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_told_what_to_narrow() {
    let answers = [StoreError::too_broad(), StoreError::many_searches()]
        .map(|it| Fault::from(it).into_response());
    let [broad, many] = answers.each_ref().map(|it| it.status().as_u16());
    assert_eq!((broad, many), (500, 503));
    let [broad, _] = answers;
    let body = axum::body::to_bytes(broad.into_body(), 10_000).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    for field in ["keywords", "start"] {
        assert!(text.contains(field), "{field}: {text}");
    }
}
