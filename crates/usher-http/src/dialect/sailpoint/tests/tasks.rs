//! Reading tasks: one, lists, those that wait, and the table of rows.

use usher_application::Row;

use super::*;

async fn ids(client: &Client<'_>, path: &str) -> Vec<String> {
    client.listed(path, "id").await
}

fn id(task: &Value) -> String {
    task["id"].as_str().unwrap().to_owned()
}

/// Four tasks: a success, a warning, an error, and one that waits. They are a minute apart.
async fn four(app: &TestApp, client: &Client<'_>) -> [String; 4] {
    add_users(app, vec![user("ada"), user("bob")]).await;
    let mut made = Vec::new();
    for them in [&["ada"][..], &["bob", UNKNOWN], &[UNKNOWN]] {
        made.push(id(&client.invited(them).await));
        app.clock.advance(TimeDelta::minutes(1));
    }
    made.push(id(&client.invite(&["ada"]).await));
    made.try_into().unwrap()
}

#[tokio::test]
async fn tasks_are_listed_newest_first_unless_said_otherwise() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    assert_eq!(boss.get(TASKS).await.good(), json!([]));
    let [a, b, c, d] = four(&app, &boss).await;
    let list = boss.get(TASKS).await;
    assert_eq!(list.total(), None);
    let list = list.good();
    assert_eq!(list[0], boss.get(&format!("{TASKS}/{d}")).await.good());
    for (query, expected) in [
        ("", vec![&d, &c, &b, &a]),
        ("?sorters=-created", vec![&d, &c, &b, &a]),
        ("?sorters=created", vec![&a, &b, &c, &d]),
        ("?sorters=created&limit=2", vec![&a, &b]),
        ("?sorters=created&limit=2&offset=3", vec![&d]),
        ("?offset=4", vec![]),
        ("?limit=0", vec![]),
        ("?limit=250&offset=0&count=false&unknown=x&filters=&sorters=", vec![&d, &c, &b, &a]),
    ] {
        assert_eq!(
            ids(&boss, &format!("{TASKS}{query}")).await.iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
    for (query, total) in [
        ("?count=true&limit=1&offset=2", Some(4)),
        ("?count=True&limit=0", Some(4)),
        ("?count=false", None),
        ("?count=true&filters=completionStatus%20isnull", Some(1)),
    ] {
        assert_eq!(boss.get(&format!("{TASKS}{query}")).await.total(), total, "{query}");
    }
}

#[tokio::test]
async fn a_list_names_the_invalid_parameter() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (query, text) in [
        ("limit=251", "`limit` must be a whole number from 0 to 250"),
        ("limit=-1", "`limit` must be a whole number from 0 to 250"),
        ("limit=x", "`limit` must be a whole number from 0 to 250"),
        ("limit=1&limit=2", "`limit` must not be given twice"),
        ("offset=-1", "`offset` must be a whole number from 0 to 2147483647"),
        ("offset=2147483648", "`offset` must be a whole number from 0 to 2147483647"),
        ("count=1", "`count` must be true or false"),
        ("sorters=id", "`sorters` cannot be `id`; it can be by created, with a `-` for descending"),
        (
            "sorters=created,-created",
            "`sorters` cannot be `created,-created`; it can be by created, with a `-` for descending",
        ),
        (
            "filters=shoe%20eq%20%2244%22",
            "`filters` cannot be by `shoe`; it can be by id, sourceId, completionStatus, type, launcher",
        ),
        (
            "filters=launcher%20sw%20%22T%22",
            "`filters` must not have `sw` for `launcher`, which takes eq, in",
        ),
        (
            "filters=completionStatus%20ne%20%22SUCCESS%22",
            "`filters` must not have `ne` for `completionStatus`, which takes eq, in, isnull",
        ),
    ] {
        assert_eq!(boss.get(&format!("{TASKS}?{query}")).await.refused(), text);
    }
}

#[tokio::test]
async fn tasks_can_be_filtered() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let [a, b, c, d] = four(&app, &boss).await;
    let machine = Client::machine(&app, Authority::OrgAdmin).await;
    let rows = vec![Row::bad(1, "x", "row", "no")];
    let system = app.usher.tasks.submit.run(&app.system(), rows.clone()).await.unwrap();
    let system = system.id.to_string();
    let key = machine.token.as_ref().unwrap();
    let (key_id, _) = key.split_once('.').unwrap();
    let caller = app.usher.access.authenticate.bearer(key).await.unwrap();
    let other = app.usher.tasks.submit.run(&caller, rows).await.unwrap().id.to_string();
    let all = [&a, &b, &c, &d, &system, &other];
    for (filter, expected) in [
        (format!(r#"id eq "{a}""#), vec![&a]),
        (format!(r#"id in ("{c}", "{a}", "{UNKNOWN}", "junk")"#), vec![&a, &c]),
        (r#"id eq "junk""#.to_owned(), vec![]),
        (format!(r#"not id eq "{a}""#), vec![&b, &c, &d, &system, &other]),
        (r#"completionStatus eq "SUCCESS""#.to_owned(), vec![&a]),
        (r#"completionStatus eq "Success""#.to_owned(), vec![&a]),
        (r#"completionStatus in ("warning", "ERROR")"#.to_owned(), vec![&b, &c]),
        (r#"completionStatus eq "DONE""#.to_owned(), vec![]),
        ("completionStatus isnull".to_owned(), vec![&d, &system, &other]),
        ("not completionStatus isnull".to_owned(), vec![&a, &b, &c]),
        // A task that is not completed has not succeeded.
        (r#"not completionStatus eq "SUCCESS""#.to_owned(), vec![&b, &c, &d, &system, &other]),
        (r#"type eq "IDENTITY_INVITE""#.to_owned(), all.to_vec()),
        (
            r#"type eq "identity_invite" and completionStatus isnull"#.to_owned(),
            vec![&d, &system, &other],
        ),
        (r#"type eq "QUARTZ""#.to_owned(), all.to_vec()),
        (r#"type in ("IDENTITY_INVITE_AUTOMATIC", "IDENTITY_INVITE_REPEAT")"#.to_owned(), vec![]),
        (r#"type eq "CLOUD_ACCOUNT_AGGREGATION""#.to_owned(), vec![]),
        (r#"not type eq "CLOUD_ACCOUNT_AGGREGATION""#.to_owned(), all.to_vec()),
        (format!(r#"sourceId eq "{UNKNOWN}""#), vec![]),
        (format!(r#"not sourceId in ("{UNKNOWN}")"#), all.to_vec()),
        (r#"launcher eq "boss person""#.to_owned(), vec![&a, &b, &c, &d]),
        (r#"launcher eq "System""#.to_owned(), vec![&system]),
        (format!(r#"launcher eq "{key_id}""#), vec![&other]),
        (r#"not launcher eq "BOSS Person""#.to_owned(), vec![&system, &other]),
        (r#"not launcher eq "System""#.to_owned(), vec![&a, &b, &c, &d, &other]),
        (format!(r#"id eq "{a}" or id eq "{b}" and completionStatus eq "ERROR""#), vec![&a]),
        (
            format!(r#"(id eq "{a}" or id eq "{b}") and not completionStatus eq "SUCCESS""#),
            vec![&b],
        ),
    ] {
        let path = format!("{TASKS}?sorters=created&filters={}", query(&filter));
        let mut found = ids(&boss, &path).await;
        let mut expected: Vec<_> = expected.into_iter().cloned().collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn each_version_has_filters_and_lists_of_its_own() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let [a, b, c, d] = four(&app, &boss).await;
    let (completed, all) = (vec![c.clone(), b.clone(), a.clone()], vec![d, c, b, a]);
    for (version, by_null, by_launcher, lists_all) in [
        (ApiVersion::Plain, true, true, true),
        (ApiVersion::Beta, false, false, false),
        (ApiVersion::V2024, false, false, false),
        (ApiVersion::V2025, true, false, true),
        (ApiVersion::V2026, true, true, true),
        (ApiVersion::Latest, true, true, true),
        (ApiVersion::V1, true, true, true),
    ] {
        let tasks = version.tasks();
        let expected = if lists_all { &all } else { &completed };
        assert_eq!(&ids(&boss, &tasks).await, expected, "{tasks}");
        let total = boss.get(&format!("{tasks}?count=true&limit=0")).await.total();
        assert_eq!(total, Some(expected.len() as u64));
        for (filter, served) in [
            ("completionStatus isnull", by_null),
            (r#"launcher eq "x""#, by_launcher),
            (r#"completionStatus eq "ERROR""#, true),
            (r#"sourceId eq "x""#, true),
            (r#"type in ("x")"#, true),
        ] {
            let answer = boss.get(&format!("{tasks}?filters={}", query(filter))).await;
            assert_eq!(answer.status == 200, served, "{tasks} {filter}");
            if !served {
                answer.refused();
            }
        }
    }
}

#[tokio::test]
async fn what_waits_has_a_list_of_its_own_where_it_always_had() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let [.., waiting] = four(&app, &boss).await;
    for version in ApiVersion::ALL {
        let path = format!("{}/pending-tasks", version.tasks());
        let counted = boss.get(&format!("{path}?count=true&limit=1")).await;
        let head = boss.ask(Method::HEAD, &path, Body::empty()).await;
        if [ApiVersion::V2026, ApiVersion::Latest, ApiVersion::V1].contains(&version) {
            assert_eq!(counted.bad(), (404, "There is no such task."), "{path}");
            assert_eq!((head.status, head.total()), (404, None), "{path}");
            continue;
        }
        assert_eq!((counted.status, counted.total()), (200, Some(1)), "{path}");
        assert_eq!(counted.headers["x-deprecated"], "true");
        assert_eq!(counted.body[0]["id"], waiting.as_str());
        assert_eq!(counted.body.as_array().unwrap().len(), 1);
        assert_eq!((head.status, head.total(), &*head.text), (200, Some(1), ""), "{path}");
        assert_eq!(head.headers["x-deprecated"], "true");
        assert_eq!(boss.get(&path).await.total(), None);
        assert_eq!(boss.get(&format!("{path}?offset=1")).await.good(), json!([]));
        boss.get(&format!("{path}?limit=251")).await.refused();
        assert_eq!(boss.ask(Method::PATCH, &path, "[]").await.status, 405);
    }
    assert!(!boss.get(TASKS).await.headers.contains_key("x-deprecated"));
    app.run_tasks().await;
    assert_eq!(boss.get("/beta/task-status/pending-tasks").await.good(), json!([]));
    let head = boss.ask(Method::HEAD, "/beta/task-status/pending-tasks", Body::empty()).await;
    assert_eq!(head.total(), Some(0));
}

#[tokio::test]
async fn whoever_may_read_sees_tasks_and_an_inviter_sees_their_own() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let ivy = Client::person(&app, "ivy", Authority::Inviter).await;
    let (theirs, hers) = (boss.invite(&[UNKNOWN]).await, ivy.invite(&[UNKNOWN]).await);
    for client in [
        Client::machine(&app, Authority::Reader).await,
        Client::person(&app, "hal", Authority::Helpdesk).await,
    ] {
        assert_eq!(ids(&client, TASKS).await.len(), 2);
        assert_eq!(client.task(&theirs).await["id"], theirs["id"]);
    }
    assert_eq!(ids(&ivy, TASKS).await, [id(&hers)]);
    assert_eq!(ivy.get(&format!("{TASKS}?count=true")).await.total(), Some(1));
    let zoe = other_tenant(&app).await;
    assert_eq!(zoe.get(TASKS).await.good(), json!([]));
    for path in [
        path(&theirs),
        format!("{}/result", path(&theirs)),
        format!("{TASKS}/{UNKNOWN}"),
        format!("{TASKS}/nothing"),
        format!("{TASKS}/{}", id(&hers).to_uppercase()),
    ] {
        assert_eq!(zoe.get(&path).await.bad(), (404, "There is no such task."), "{path}");
    }
    assert_eq!(ivy.get(&path(&theirs)).await.status, 404);
}

#[tokio::test]
async fn what_is_older_than_ninety_days_is_not_told() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let old = boss.invited(&[UNKNOWN]).await;
    app.clock.advance(TimeDelta::days(90));
    assert_eq!(boss.task(&old).await["id"], old["id"]);
    app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(boss.get(&path(&old)).await.status, 404);
    assert_eq!(boss.get(TASKS).await.good(), json!([]));
}

/// The id of a completed task with so many invalid rows.
async fn bad_rows(app: &TestApp, many: u32) -> String {
    let caller = app.system();
    let mut submission = app.usher.tasks.submit.open(&caller, false).unwrap();
    let rows = (1..=many).map(|line| Row::bad(line, &format!("x{line}"), "unknown_user", "no"));
    submission.add(rows).await.unwrap();
    let task = submission.submit().await.unwrap();
    app.run_tasks().await;
    task.id.to_string()
}

#[tokio::test]
async fn a_list_has_the_first_problems_of_a_task_and_the_task_has_all_of_them() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let id = bad_rows(&app, 700).await;
    let list = boss.get("/beta/task-status").await.good();
    let brief = list[0]["messages"].as_array().unwrap();
    assert_eq!((brief.len(), &brief[24]["parameters"]), (26, &json!(["x25"])));
    assert_eq!(
        (&brief[25]["type"], &brief[25]["key"]),
        (&json!("INFO"), &json!("usher.task.more"))
    );
    let table = format!("http://usher.test/beta/task-status/{id}/result");
    assert_eq!(brief[25]["parameters"], json!(["675", table]));
    let whole = boss.get(&format!("/beta/task-status/{id}")).await.good();
    let whole = whole["messages"].as_array().unwrap();
    assert_eq!((whole.len(), &whole[699]["parameters"]), (700, &json!(["x700"])));
    assert!(whole.iter().all(|it| it["type"] == "ERROR"));
}

#[tokio::test]
async fn even_one_task_tells_no_more_than_ten_thousand_problems() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    for (rows, last) in [(10_000, "x10000"), (10_003, "4")] {
        let id = bad_rows(&app, rows).await;
        let task = boss.get(&format!("{TASKS}/{id}")).await.good();
        let messages = task["messages"].as_array().unwrap();
        assert_eq!((messages.len(), &messages[9_999]["parameters"][0]), (10_000, &json!(last)));
    }
}

#[tokio::test]
async fn the_results_file_has_every_row() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let quoted = User { id: user_id("o'hara, \"x\""), ..user("cyd") };
    let formula = User { id: user_id("=1+1"), ..user("dan") };
    add_users(&app, vec![user("ada"), active("bob"), quoted, formula]).await;
    let task = boss.invite(&["ada", "bob", UNKNOWN, "o'hara, \"x\"", "=1+1"]).await;
    let result = format!("{}/result", path(&task));
    let waiting = boss.get(&result).await;
    assert_eq!(waiting.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let file = format!("attachment; filename=\"task-{}.csv\"", id(&task));
    assert_eq!(waiting.headers[header::CONTENT_DISPOSITION], file);
    assert_eq!(waiting.text.lines().nth(1), Some("1,ada,waiting,,"));
    app.run_tasks().await;
    let answer = boss.get(&result).await;
    assert!(answer.text.ends_with("\r\n"));
    insta::assert_snapshot!(answer.text.replace("\r\n", "\n"), @r#"
    line,who,outcome,invitation,reason
    1,ada,invited,00000000000000000000000000000008,
    2,bob,skipped,,already a member
    3,00eebcf881994e419d72e757fd30dc0e,failed,,no such user
    4,"o'hara, ""x""",invited,00000000000000000000000000000009,
    5,'=1+1,invited,0000000000000000000000000000000a,
    "#);
    for client in [Client::anonymous(&app), Client::person(&app, "ivy", Authority::Inviter).await] {
        assert!([401, 404].contains(&client.get(&result).await.status));
    }
}

#[tokio::test]
async fn a_long_results_file_is_streamed_without_loss() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let id = bad_rows(&app, 4_321).await;
    let table = boss.get(&format!("/task-status/v1/{id}/result")).await.text;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4_322);
    for (line, number) in lines.iter().skip(1).zip(1..) {
        assert_eq!(*line, format!("{number},x{number},failed,,no"));
    }
}

#[tokio::test]
async fn a_bound_key_finds_no_task_that_its_owner_submitted_by_another_key() {
    let app = TestApp::new().await;
    let bound = bound(&app, "bea").await;
    let free =
        Client::keyed(&app, &app.system(), Authority::OrgAdmin, Some(user_id("bea")), None).await;
    add_users(&app, vec![user("ada")]).await;
    let task = free.invite(&["ada"]).await;
    let (path, end) = (
        path(&task),
        json!([{"op": "replace", "path": "/completionStatus", "value": "TERMINATED"}]),
    );
    for it in [path.clone(), format!("{path}/result")] {
        assert_eq!(bound.get(&it).await.status, 404, "{it}");
    }
    assert_eq!(bound.patch(&path, &end).await.status, 404);
    let pending = "/beta/task-status/pending-tasks";
    assert_eq!(bound.get(&format!("{TASKS}?count=true")).await.total(), Some(0));
    assert_eq!(bound.ask(Method::HEAD, pending, "").await.total(), Some(0));
    for list in [TASKS, pending] {
        assert_eq!(bound.get(list).await.good(), json!([]), "{list}");
    }
    assert_eq!(free.get(TASKS).await.good().as_array().unwrap().len(), 1);
    free.patch(&path, &end).await.good();
}
