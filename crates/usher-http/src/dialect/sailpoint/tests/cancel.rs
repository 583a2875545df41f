//! Cancelling a task before it is completed.

use super::*;

fn clear() -> Value {
    json!([
        {"op": "replace", "path": "/completionStatus", "value": "Error"},
        {"op": "replace", "path": "/completed", "value": "2024-05-17 19:33:16.470000+00:00"},
    ])
}

#[tokio::test]
async fn a_task_that_waits_is_ended_as_the_sample_has_it() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_users(&app, vec![user("ada")]).await;
    for version in ApiVersion::ALL {
        let created = boss.invite(&["ada"]).await;
        let path = format!("{}/{}", version.tasks(), created["id"].as_str().unwrap());
        let ended = boss.patch(&path, &clear()).await.good();
        assert_eq!(ended["completionStatus"], "ERROR", "{path}");
        assert_eq!(ended["completed"], "2024-05-17T19:33:16.470Z");
        assert_eq!(
            (&ended["progress"], &ended["percentComplete"]),
            (&json!("Completed"), &json!(100))
        );
        assert_eq!(keys(&ended), [("WARN", "usher.task.unfinished")]);
        app.run_tasks().await;
        assert_eq!(boss.get(&path).await.good(), ended, "it stays ended");
        let answer = boss.patch(&path, &clear()).await;
        assert_eq!(answer.refused(), "The task is completed, and stays as it is.");
    }
    assert_eq!(boss.standing("ada").await, "UNREGISTERED");
}

#[tokio::test]
async fn finished_rows_stay_and_the_rest_is_not_run() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    add_unregistered(&app, 600).await;
    let ids: Vec<_> = (0..600).map(|n| format!("p{n:04}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let created = boss.invite(&ids).await;
    app.usher.tasks.run.turn(1).await.unwrap();
    app.clock.advance(TimeDelta::minutes(1));
    let patch = json!([{"op": "add", "path": "/completionStatus", "value": "TERMINATED"}]);
    let ended = boss.patch(&path(&created), &patch).await.good();
    assert_eq!(ended["completed"], "2026-01-02T12:01:00.000Z", "now, unless it is said");
    app.run_tasks().await;
    let ended = boss.task(&created).await;
    assert_eq!(
        (&ended["completionStatus"], &ended["attributes"]["invited"]),
        (&json!("TERMINATED"), &json!(500))
    );
    let message = &ended["messages"][0];
    assert_eq!(message["parameters"], json!(["500", "600"]));
    assert_eq!(boss.standing("p0000").await, "PENDING");
    assert_eq!(boss.standing("p0599").await, "UNREGISTERED");
    let table = boss.get(&format!("{}/result", path(&created))).await.text;
    assert_eq!(table.lines().last(), Some("600,p0599,waiting,,"));
}

#[tokio::test]
async fn what_changes_nothing_is_answered_by_the_task() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = boss.invite(&[UNKNOWN]).await;
    let test = json!([{"op": "test", "path": "/completionStatus", "value": null}]);
    for patch in [json!([]), test] {
        assert_eq!(boss.patch(&path(&created), &patch).await.good(), created);
    }
}

#[tokio::test]
async fn what_is_no_such_patch_is_refused() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = boss.invite(&[UNKNOWN]).await;
    let one = |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
    for (patch, text) in [
        (
            one("/launcher", json!("me")),
            "`[0]` must change /completionStatus and /completed alone, not `/launcher`",
        ),
        (
            one("/completionStatus", json!("DONE")),
            "`/completionStatus` must be SUCCESS, WARNING, ERROR, TERMINATED or TEMPERROR",
        ),
        (
            one("/completed", json!("2026-01-02T12:00:00Z")),
            "`/completionStatus` must be given to complete a task",
        ),
        (one("/completed", json!(1)), "`/completed` must be a string or null"),
        (
            json!([{"op": "test", "path": "/type", "value": "QPOC"}]),
            "`[0]` failed: value did not match",
        ),
    ] {
        assert_eq!(boss.patch(&path(&created), &patch).await.refused(), text);
    }
    for junk in ["", "{", "{}", r#"[{"op":"replace"}]"#] {
        let answer = boss.ask(Method::PATCH, &path(&created), junk).await;
        assert!(answer.refused().starts_with("The body must be a JSON Patch (RFC 6902)"), "{junk}");
    }
    let long = json!([{"op": "add", "path": "/completed", "value": "x".repeat(16 << 10)}]);
    assert_eq!(boss.patch(&path(&created), &long).await.status, 413);
    assert_eq!(boss.task(&created).await, created);
}

#[tokio::test]
async fn it_takes_a_person_who_administers() {
    let app = TestApp::new().await;
    let boss = Client::boss(&app).await;
    let created = boss.invite(&[UNKNOWN]).await;
    let helpdesk = Client::person(&app, "hal", Authority::Helpdesk).await;
    let reader = Client::person(&app, "rea", Authority::Reader).await;
    let machine = Client::machine(&app, Authority::OrgAdmin).await;
    for client in [helpdesk, reader, machine] {
        for (path, patch) in [
            (path(&created), clear()),
            // The answer tells neither whether the task exists nor what is wrong with the patch.
            (format!("{TASKS}/{UNKNOWN}"), clear()),
            (path(&created), json!({})),
        ] {
            assert_eq!(client.patch(&path, &patch).await.bad().0, 403);
        }
    }
    assert_eq!(Client::anonymous(&app).patch(&path(&created), &clear()).await.status, 401);
    let zoe = other_tenant(&app).await;
    for path in [path(&created), format!("{TASKS}/{UNKNOWN}"), format!("{TASKS}/nothing")] {
        assert_eq!(zoe.patch(&path, &clear()).await.bad().0, 404);
    }
    assert_eq!(boss.task(&created).await, created);
}
