use usher_application::{
    Policy, RowContent,
    testing::{MockPorts, active, caller, keyring, noon, user_id},
};
use usher_domain::{Document, Reason, Tally, TaskId, User};
use uuid::Uuid;

use super::*;

fn read(body: &str) -> Result<Invitees> {
    read_invitees(body.as_bytes())
}

#[track_caller]
fn refused(body: &str) -> String {
    match read(body).unwrap_err() {
        Fault::Pending(pending) => format!("{pending:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_clients_really_send_is_understood() {
    let ids = |body| match read(body).unwrap() {
        Invitees::These(ids) => ids,
        Invitees::Uninvited => vec!["uninvited".to_owned()],
    };
    for (body, who) in [
        (r#"{"ids": ["ada", "bob"], "uninvited": false}"#, &["ada", "bob"][..]),
        (r#"{"ids": ["ada"]}"#, &["ada"]),
        (r#"{"ids": ["ada"], "uninvited": null, "more": {"x": []}}"#, &["ada"]),
        (r#"{"ids": ["b", "a", "b", "a", "c"]}"#, &["b", "a", "c"]),
        (r#"{"uninvited": true}"#, &["uninvited"]),
        (r#"{"uninvited": true, "ids": null}"#, &["uninvited"]),
        (r#"{"ids": [], "uninvited": true}"#, &["uninvited"]),
    ] {
        assert_eq!(ids(body), who, "{body}");
    }
}

#[test]
fn who_is_to_be_invited_must_be_clear() {
    for (body, why) in [
        (r"{}", "`ids` must not be empty unless `uninvited` is true"),
        (r#"{"ids": null}"#, "`ids` must not be empty unless `uninvited` is true"),
        (r#"{"ids": [], "uninvited": false}"#, "`ids` must not be empty"),
        (
            r#"{"ids": ["a"], "uninvited": true}"#,
            "`uninvited` must not be true when there are `ids`",
        ),
        (r#"{"ids": "a"}"#, "`ids` must be a list of strings"),
        (r#"{"ids": {"0": "a"}}"#, "`ids` must be a list of strings"),
        (r#"{"ids": ["a", null]}"#, "`ids[1]` must be a string"),
        (r#"{"ids": [["a"]]}"#, "`ids[0]` must be a string"),
        (r#"{"ids": ["a", "b", 3]}"#, "`ids[2]` must be a string"),
        (r#"{"ids": ["a"], "uninvited": "true"}"#, "`uninvited` must be true or false"),
        ("", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        (r#"{"ids": ["a"]"#, "must be a JSON object"),
        ("ids=a", "must be a JSON object"),
    ] {
        let told = refused(body);
        assert!(told.contains(why), "{body}: {told}");
    }
}

#[test]
fn an_impossible_id_becomes_a_failed_row() {
    let long = "x".repeat(65);
    let Invitees::These(ids) = read(&format!(r#"{{"ids": ["", "{long}", "a\u0000b"]}}"#)).unwrap()
    else {
        panic!("three ids")
    };
    for (row, (line, who)) in rows(ids).zip([(1, ""), (2, &*long), (3, "a\u{fffd}b")]) {
        let RowContent::Bad(bad) = &row.what else { panic!("{row:?}") };
        assert_eq!((row.line, bad.who.as_str(), &*bad.why.key), (line, who, "unknown_user"));
    }
}

#[test]
fn a_body_has_room_for_as_many_ids_as_may_be_sent() {
    // The longest that an id may be, the comma after it, and a blank.
    let id = format!(r#""{}", "#, "\u{10348}".repeat(UserId::MAX));
    for most in [1, 100, 10_000] {
        assert!(id.len() * most < max_body(most));
    }
}

struct Fixture {
    usher: Usher,
    language: ErrorLanguage,
}

impl Fixture {
    fn new() -> Self {
        let policy = Policy::at("https://usher.test/x");
        let usher = Usher::new(&MockPorts::default().into(), &keyring(), &policy);
        Self { usher, language: ErrorLanguage::default() }
    }

    fn brief(&self, task: &Task) -> Value {
        let view =
            View { usher: &self.usher, version: ApiVersion::V2026, language: &self.language };
        serde_json::to_value(view.brief(task)).unwrap()
    }
}

fn task(rows: u32) -> Task {
    let id = TaskId(Uuid::from_u128(7));
    let draft = Task::draft(id, caller(), TaskKind::Invite, false, noon());
    Task { rows, slices: rows.div_ceil(500), submitted: true, ..draft }
}

/// The type and the key of each message.
fn keys(task: &Value) -> Vec<(&str, &str)> {
    let messages = task["messages"].as_array().unwrap().iter();
    messages.map(|it| (it["type"].as_str().unwrap(), it["key"].as_str().unwrap())).collect()
}

fn problem(line: u32, key: &'static str) -> Problem {
    let why = Reason { key: key.into(), text: format!("the reason {key}") };
    Problem { line, who: format!("id{line}"), why }
}

#[test]
fn progress_is_told_from_the_first_slice_to_the_last() {
    let fixture = Fixture::new();
    let told = |task: &Task| {
        let it = fixture.brief(task);
        let percent = it["percentComplete"].as_u64().unwrap();
        (it["progress"].as_str().unwrap().to_owned(), percent, it["launched"].is_null())
    };
    let waiting = task(1200);
    assert_eq!(told(&waiting), ("Initializing...".to_owned(), 0, true));
    let tally = Tally { invited: 400, skipped: 90, failed: 10 };
    let running = Task { tally, next: 1, started_at: Some(noon()), ..waiting };
    assert_eq!(told(&running), ("Inviting 500 of 1200".to_owned(), 41, false));
    let ended = running.completed(Completion::Terminated, noon(), noon());
    assert_eq!(told(&ended), ("Completed".to_owned(), 100, false));
}

#[test]
fn what_failed_is_told_first_and_what_there_is_no_room_for_is_counted() {
    let fixture = Fixture::new();
    let problems = vec![problem(1, "unknown_user"), problem(2, "row")];
    let tally = Tally { invited: 0, skipped: 0, failed: 3 };
    let failed = Task { tally, problems, ..task(3) };
    let it = fixture.brief(&failed.completed(Completion::Error, noon(), noon()));
    let expected = [
        ("ERROR", "usher.invitations.invite.unknown_user"),
        ("ERROR", "usher.invitations.invite.row"),
        ("INFO", "usher.task.more"),
    ];
    assert_eq!(keys(&it), expected);
    let texts: Vec<_> = (0..3).map(|n| it["messages"][n]["localizedText"].clone()).collect();
    insta::assert_json_snapshot!(texts, @r#"
    [
      {
        "locale": "en-US",
        "message": "id1: There is no such identity."
      },
      {
        "locale": "en-US",
        "message": "id2: the reason row"
      },
      {
        "locale": "en-US",
        "message": "1 more rows failed. All of them are in https://usher.test/x/v2026/task-status/00000000000000000000000000000007/result"
      }
    ]
    "#);
    assert_eq!(it["messages"][0]["parameters"], serde_json::json!(["id1"]));
    let path = "https://usher.test/x/v2026/task-status/00000000000000000000000000000007/result";
    assert_eq!(it["messages"][2]["parameters"], serde_json::json!(["1", path]));
}

#[test]
fn a_task_that_did_not_go_well_always_says_something() {
    let fixture = Fixture::new();
    for &how in Completion::ALL.iter().filter(|it| **it != Completion::Success) {
        let unfinished = task(3).completed(how, noon(), noon());
        assert_eq!(keys(&fixture.brief(&unfinished)), [("WARN", "usher.task.unfinished")]);
        let tally = Tally { invited: 3, ..Tally::default() };
        let through = Task { tally, ..task(3) }.completed(how, noon(), noon());
        assert_eq!(keys(&fixture.brief(&through)), [("WARN", "usher.task.ended")]);
    }
    let tally = Tally { invited: 3, ..Tally::default() };
    let good = Task { tally, ..task(3) }.completed(Completion::Success, noon(), noon());
    assert_eq!(keys(&fixture.brief(&good)), []);
}

#[test]
fn a_task_with_as_many_rows_as_everybody_may_be_says_that_there_may_be_more() {
    let fixture = Fixture::new();
    assert_eq!(keys(&fixture.brief(&task(1000))), [("INFO", "usher.task.full")]);
    assert_eq!(keys(&fixture.brief(&task(999))), []);
    assert_eq!(keys(&fixture.brief(&Task { kind: TaskKind::Automatic, ..task(1000) })), []);
}

#[test]
fn a_launcher_is_a_person_a_key_or_the_system() {
    let fixture = Fixture::new();
    let by = |actor, name: Option<&str>| {
        let mut task = task(1);
        (task.by.actor, task.by.name) = (actor, name.map(str::to_owned));
        fixture.brief(&task)["launcher"].clone()
    };
    let client = "0000000000000000000000000000000c".parse().unwrap();
    assert_eq!(by(Actor::User(user_id("ada")), Some("Ada Lovelace")), "Ada Lovelace");
    let of_key = format!("{}0000000000000000000000000000000c", task(1).by.tenant);
    assert_eq!(by(Actor::Client(client), None), of_key);
    assert_eq!(by(Actor::System, None), "System");
}

#[test]
fn times_have_three_decimals() {
    let fixture = Fixture::new();
    let at: Timestamp = "2026-01-02T12:00:00.123456Z".parse().unwrap();
    let it = fixture.brief(&task(1).completed(Completion::Success, at, at));
    assert_eq!(it["created"], "2026-01-02T12:00:00.000Z");
    assert_eq!(it["modified"], "2026-01-02T12:00:00.123Z");
    assert_eq!(it["completed"], "2026-01-02T12:00:00.123Z");
}

#[test]
fn an_identity_says_what_usher_knows_before_what_was_imported() {
    let own = r#"{"department": "Sales", "firstname": "Zoe", "uid": "other", "lastname": "L"}"#;
    let user = User {
        first_name: Some("Ada".to_owned()),
        username: None,
        attributes: Document(own.to_owned()),
        ..active("ada")
    };
    let it = Identity::from(UserWithStatus { user, invited: false });
    assert_eq!(it.alias, "ada", "the id of whoever has no username");
    // Features of other crates may make serde_json keep the order, which must not matter here.
    let mut attributes = Value::Object(it.attributes);
    attributes.sort_all_objects();
    insta::assert_json_snapshot!(attributes, @r#"
    {
      "cloudStatus": "ACTIVE",
      "department": "Sales",
      "displayName": "Ada",
      "email": "ada@example.org",
      "firstname": "Ada",
      "lastname": "L",
      "uid": "ada"
    }
    "#);
    for junk in ["[]", "null", "nonsense"] {
        let user = User { attributes: Document(junk.to_owned()), ..active("ada") };
        let it = Identity::from(UserWithStatus { user, invited: false });
        assert_eq!(it.attributes["uid"], "ada");
    }
}
