//! Batches at the command line: files of people, tasks, profiles, and what the audit tells of them.

use std::{collections::BTreeMap, fs, sync::Arc};

use serde_json::Value;
use tempfile::TempDir;
use usher_tests::{Database, Output, Server, eventually, folder, wait_for_folder};

/// A file with some that are bad, and the lines where they stand.
fn people() -> (String, Vec<u32>) {
    let mut rows = vec!["\u{feff}EMail,Name,organization,ttl,label.team".to_owned()];
    let mut bad = Vec::new();
    for n in 0..400 {
        let row = match n {
            50 => "nobody,Nobody,,,".to_owned(),
            100 => "p100@example.org,P,nowhere,,".to_owned(),
            150 => "p150@example.org,P,,soon,".to_owned(),
            200 => "P7@Example.org,again,NT,,".to_owned(),
            250 => "p250@example.org,short".to_owned(),
            300 => "p300@example.org,P,,400d,".to_owned(),
            350 => "p350@example.org,visit evil.example/x now,,,".to_owned(),
            n => format!("p{n}@example.org,\"P., {n}\",NT,3d,night"),
        };
        if n > 0 && n % 50 == 0 {
            bad.push(u32::try_from(rows.len()).unwrap() + 1);
        }
        rows.push(row);
        if n == 120 {
            rows.push(String::new());
        }
    }
    (rows.join("\r\n"), bad)
}

/// A file with so many people, and nothing but their addresses.
fn addresses(count: usize) -> String {
    let rows: Vec<_> = (0..count).map(|n| format!("p{n}@example.org\n")).collect();
    format!("email\n{}", rows.concat())
}

async fn team(server: &Server) {
    let team = r#"{"id":"night","code":"NT","name":"Night team"}"#;
    assert_eq!(server.run_with(&["import", "organizations", "-"], team).await.code, Some(0));
}

/// The lines of a result, without the ids of invitations.
fn outcomes(result: &str) -> Vec<String> {
    let without = |line: &str| {
        let fields: Vec<_> = line.splitn(5, ',').collect();
        [fields[0], fields[1], fields[2], fields[4]].join(",")
    };
    result.lines().map(without).collect()
}

fn only(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap()
}

async fn audit(server: &Server, arguments: &[&str]) -> Vec<Value> {
    let listed = server.run(&[&["audit", "--all", "--json"], arguments].concat()).await;
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    listed.stdout.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[tokio::test]
async fn a_file_is_rehearsed_then_invited_and_each_bad_row_is_named_by_its_line() {
    let server = Server::start(&[]).await;
    team(&server).await;
    let (text, bad) = people();
    let path = |name: &str| server.home.path().join(name);
    fs::write(path("people.csv"), text).unwrap();
    let before = audit(&server, &["--action", "invited"]).await.len();

    let invite = ["invite", "--csv", "people.csv", "--json", "--result"];
    let dry = server.run(&[&invite[..], &["dry.csv", "--dry-run"]].concat()).await;
    assert_eq!(dry.code, Some(1), "{}", dry.stderr);
    assert_eq!(only(&dry)["rehearsal"], true);
    assert_eq!(audit(&server, &["--action", "invited"]).await.len(), before, "it is a rehearsal");
    assert_eq!(audit(&server, &["--action", "invite_failed"]).await.len(), 0);

    let wet = server.run(&[&invite[..], &["wet.csv"]].concat()).await;
    assert_eq!(wet.code, Some(1), "{}", wet.stderr);
    let task = only(&wet);
    assert_eq!(task["state"], "warning");
    let counts = ["rows", "invited", "skipped", "failed"].map(|it| task[it].as_u64().unwrap());
    assert_eq!(counts, [400, 393, 0, 7]);
    assert_eq!(wet.stderr, dry.stderr, "a rehearsal tells the same");
    let reported: Vec<_> = wet.stderr.lines().collect();
    let lines: Vec<_> = bad.iter().map(|it| format!("people.csv, line {it}: ")).collect();
    assert!(
        reported.iter().zip(&lines).all(|(it, line)| it.starts_with(line)),
        "{reported:?} {lines:?}"
    );
    assert_eq!(reported.len(), lines.len());
    assert!(!wet.stderr.contains("example.org"), "no address: {}", wet.stderr);

    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    assert_eq!(outcomes(&read("dry.csv")), outcomes(&read("wet.csv")));
    let result = server.run(&["task", "result", task["id"].as_str().unwrap()]).await;
    assert_eq!(result.stdout, read("wet.csv"));
    assert_eq!(result.stdout.lines().next(), Some("line,who,outcome,invitation,reason"));
    let double = "\n203,P7@Example.org,failed,,the same as in line 9\n";
    assert!(result.stdout.contains(double), "{}", result.stdout);

    assert_eq!(audit(&server, &["--action", "invited"]).await.len(), before + 393);
    assert_eq!(audit(&server, &["--action", "invite_failed"]).await.len(), 7);
    let mail = wait_for_folder(&path("usher-data/mail"), "p399@example.org").await;
    assert!(mail.text().contains("Night team"), "{}", mail.text());

    let again = server.run(&["invite", "--csv", "people.csv"]).await;
    assert!(again.stdout.contains("0 invited, 393 skipped, 7 failed"), "{}", again.stdout);
}

#[tokio::test]
async fn rows_without_their_own_are_as_the_command_line_says() {
    let server = Server::start(&[]).await;
    team(&server).await;
    let ada = r#"{"id":"ada","username":"ada","email":"ada@example.org","firstName":"Ada"}"#;
    let bob = r#"{"id":"bob","username":"bob","email":"bob@example.org"}"#;
    let users = format!("{ada}\n{bob}\n");
    assert_eq!(server.run_with(&["import", "users", "-"], &users).await.code, Some(0));
    let text = "user;USERNAME;roles;message;locale;organization\nada;;editor;\"Hello\nAda\";de;\n;bob;;;;NT\n;;;;;\nnobody;;;;;\n";
    let arguments =
        ["invite", "--csv", "-", "--role", "viewer", "--message", "Hello all", "--ttl", "2d"];
    let invited = server.run_with(&arguments, text).await;
    assert_eq!(invited.code, Some(1), "{}", invited.stderr);
    assert_eq!(invited.stderr, "-, line 6: no such user\n");
    let mails = server.home.path().join("usher-data/mail");
    let (ada, bob) = (
        wait_for_folder(&mails, "ada@example.org").await.text(),
        wait_for_folder(&mails, "bob@example.org").await.text(),
    );
    assert!(ada.contains("Hello") && ada.contains("editor") && !ada.contains("Hello all"), "{ada}");
    assert!(bob.contains("Hello all") && bob.contains("viewer"), "{bob}");
    assert!(bob.contains("Night team") && !ada.contains("Night team"), "{bob}");
}

#[tokio::test]
async fn a_file_that_cannot_be_understood_changes_nothing() {
    let server = Server::start(&[]).await;
    let table = [
        ("email,Shoe\nada@example.org,7\n", "there is no column `Shoe`; there are email, user,"),
        ("name\nAda\n", "there is no column email, user or username"),
        ("email,name\nada@example.org,\"A\nbob@example.org,B\n", "line 2: a quote is not closed"),
        ("", "there is no header"),
    ];
    for (text, why) in table {
        let refused = server.run_with(&["invite", "--csv", "-"], text).await;
        assert_eq!(refused.code, Some(1), "{why}");
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }
    let missing = server.run(&["invite", "--csv", "no-such.csv"]).await;
    assert!(missing.stderr.contains("cannot read no-such.csv"), "{}", missing.stderr);
    let itself = ["invite", "--csv", "a.csv", "--result", "a.csv"];
    fs::write(server.home.path().join("a.csv"), "email\na@example.org\n").unwrap();
    assert_eq!(server.run(&itself).await.code, Some(1));
    assert_eq!(fs::read(server.home.path().join("a.csv")).unwrap(), b"email\na@example.org\n");
    let both = server.run(&["invite", "ada@example.org", "--csv", "-"]).await;
    assert_eq!(both.code, Some(2));
    assert_eq!(audit(&server, &["--action", "task_submitted"]).await.len(), 0);
}

#[tokio::test]
async fn a_task_is_left_to_the_server_listed_ended_and_watched() {
    let home = Arc::new(TempDir::new().unwrap());
    let idle = [("USHER_WORKER__ENABLED", "false")];
    let server = Server::start_in(home.clone(), &idle, &[]).await;
    let rows = addresses(1200);
    let submit = async || {
        let text = format!("{rows}bad\n");
        let arguments = ["invite", "--csv", "-", "--quiet", "--detach"];
        let submitted = server.run_with(&arguments, &text).await;
        assert_eq!(submitted.code, Some(0), "{}", submitted.stderr);
        submitted.stdout.trim().to_owned()
    };
    let (first, second) = (submit().await, submit().await);
    let open = server.run(&["task", "list", "--open", "--json"]).await.stdout;
    let open: Vec<Value> = open.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let ids: Vec<_> = open.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&*second, &*first], "the newest comes first");
    assert_eq!((&open[0]["state"], &open[0]["rows"]), (&"waiting".into(), &1201.into()));

    let ended = server.run(&["task", "cancel", &first]).await;
    assert!(ended.stdout.contains("terminated"), "{}", ended.stdout);
    assert!(ended.stdout.contains("what was done stays done"), "{}", ended.stdout);
    let again = server.run(&["task", "cancel", &first]).await;
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("completed already"), "{}", again.stderr);
    assert_eq!(server.run(&["task", "watch", &first]).await.code, Some(1), "it did not succeed");
    let result = server.run(&["task", "result", &first]).await.stdout;
    assert_eq!(result.matches(",waiting,").count(), 1201);

    let worker = Server::launch(home, &[], &["worker"]);
    let watched = server.run(&["task", "watch", &second]).await;
    assert_eq!(watched.code, Some(1), "a row failed: {}{}", watched.stdout, worker.printed());
    assert!(watched.stdout.contains("1200 invited, 0 skipped, 1 failed"), "{}", watched.stdout);
    assert!(watched.stderr.contains(" %: "), "without a terminal it says so: {}", watched.stderr);

    let shown = only(&server.run(&["task", "show", &second, "--json"]).await);
    assert_eq!((&shown["percent"], &shown["creator"]["kind"]), (&100.into(), &"system".into()));
    assert_eq!(
        (&shown["problems"][0]["line"], &shown["problems"][0]["who"]),
        (&1202.into(), &"bad".into())
    );
    let shown = server.run(&["task", "show", &second]).await.stdout;
    assert!(shown.contains("line 1202: `email`: an address has the form"), "{shown}");
    let output = ["task", "result", &second, "--output", "result.csv"];
    assert_eq!(server.run(&output).await.code, Some(0));
    let result = fs::read_to_string(server.home.path().join("result.csv")).unwrap();
    assert_eq!(result.matches(",invited,").count(), 1200);
    let listed = server.run(&["task", "list", "--limit", "1"]).await.stdout;
    assert!(listed.starts_with(&second) && listed.lines().count() == 1, "{listed}");
    assert_eq!(server.run(&["task", "show", &"0".repeat(32)]).await.code, Some(1));

    let cleared = &audit(&server, &["--action", "task_cleared"]).await[0];
    assert_eq!(
        (&cleared["subject"]["id"], &cleared["detail"]),
        (&first.into(), &"terminated".into())
    );
}

#[tokio::test]
async fn many_who_invite_the_same_people_at_once_invite_each_of_them_once() {
    each_is_invited_once(Server::start(&[]).await).await;
}

#[tokio::test]
async fn many_who_invite_the_same_people_at_once_invite_each_of_them_once_on_postgresql() {
    let database = Database::new().await;
    each_is_invited_once(Server::start(&[("USHER_DATABASE__URL", &*database.url)]).await).await;
}

async fn each_is_invited_once(server: Server) {
    let text = addresses(900);
    let arguments = ["invite", "--csv", "-", "--json"];
    let (one, two, three) = tokio::join!(
        server.run_with(&arguments, &text),
        server.run_with(&arguments, &text),
        server.run_with(&arguments, &text)
    );
    let mut sum = BTreeMap::new();
    for it in [one, two, three] {
        assert_eq!(it.code, Some(0), "{}", it.stderr);
        let task = only(&it);
        for count in ["invited", "skipped", "failed"] {
            *sum.entry(count).or_insert(0) += task[count].as_u64().unwrap();
        }
    }
    assert_eq!(sum, BTreeMap::from([("invited", 900), ("skipped", 1800), ("failed", 0)]));
    let mails = server.home.path().join("usher-data/mail");
    eventually("everyone's mail", || async { (folder(&mails).len() >= 900).then_some(()) }).await;
    assert_eq!(folder(&mails).len(), 900);
}

#[tokio::test]
async fn a_profile_invites_those_who_are_imported_and_those_who_are_there() {
    let server = Server::start(&[]).await;
    let profiles = [
        r#"{"id":"staff","lifetime":"2d","locale":"de","automatic":true}"#,
        r#"{"id":"guests","address":"personal"}"#,
    ];
    let imported = server.run_with(&["import", "profiles", "-"], &profiles.join("\n")).await;
    assert_eq!((imported.code, &*imported.stdout), (Some(0), "2 profiles imported\n"));
    let users = [
        r#"{"id":"ada","email":"ada@example.org","invitationProfile":"staff"}"#,
        r#"{"id":"bob","email":"bob@example.org","personalEmail":"bob@home.example","invitationProfile":"guests"}"#,
    ];
    let imported = server.run_with(&["import", "users", "-"], &users.join("\n")).await;
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    let mails = server.home.path().join("usher-data/mail");
    let mail = wait_for_folder(&mails, "ada@example.org").await;
    assert!(mail.text().contains("eingeladen") || mail.raw.contains("lang=\"de\""), "{}", mail.raw);
    assert_eq!(folder(&mails).len(), 1, "guests wait to be asked for");

    let later =
        server.run_with(&["import", "profiles", "-"], r#"{"id":"guests","automatic":true}"#);
    assert_eq!(later.await.code, Some(0));
    wait_for_folder(&mails, "bob@home.example").await;

    let users = server.run(&["export", "users"]).await.stdout;
    assert!(users.contains(r#""invitationProfile":"staff""#), "{users}");
    let exported = server.run(&["export", "profiles"]).await.stdout;
    let expected = [
        r#"{"id":"guests","address":"personal","lifetime":"","template":"","locale":"","automatic":true,"newOnly":false,"repeat":false}"#,
        r#"{"id":"staff","address":"work","lifetime":"2d","template":"","locale":"de","automatic":true,"newOnly":false,"repeat":false}"#,
    ];
    assert_eq!(exported.lines().collect::<Vec<_>>(), expected);
    let other = Server::start(&[]).await;
    assert_eq!(other.run_with(&["import", "profiles", "-"], &exported).await.code, Some(0));
    assert_eq!(other.run(&["export", "profiles"]).await.stdout, exported, "what goes out comes in");

    let bad = r#"{"id":"staff","lifetime":"400d"}"#;
    let refused = server.run_with(&["import", "profiles", "-"], bad).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("line 1: `lifetime` must be between"), "{}", refused.stderr);
    let stranger = r#"{"id":"eve","email":"eve@example.org","invitationProfile":"nobodys"}"#;
    let refused = server.run_with(&["import", "users", "-"], stranger).await;
    assert!(refused.stderr.contains("names a profile that does not exist"), "{}", refused.stderr);
}

#[tokio::test]
async fn the_audit_tells_what_became_of_a_user() {
    let server = Server::start(&[]).await;
    let users = "{\"id\":\"ada\",\"email\":\"ada@example.org\"}\n{\"id\":\"bob\",\"email\":\"bob@example.org\"}\n";
    assert_eq!(server.run_with(&["import", "users", "-"], users).await.code, Some(0));
    let rows = "user,ttl\nada,\nbob,400d\n";
    assert_eq!(server.run_with(&["invite", "--csv", "-"], rows).await.code, Some(1));
    let reset = server.run(&["reset", "ada"]).await;
    assert_eq!((reset.code, &*reset.stdout), (Some(0), "user ada is unregistered\n"));
    assert_eq!(server.run(&["reset", "eve"]).await.code, Some(1));

    let of = async |user: &str| -> Vec<String> {
        let entries = audit(&server, &["--user", user]).await;
        entries.iter().map(|it| it["action"].as_str().unwrap().to_owned()).collect()
    };
    let mut ada = of("ada").await;
    ada[..2].sort();
    assert_eq!(ada, ["reset", "revoked", "invited", "imported"], "newest first");
    assert_eq!(of("bob").await, ["invite_failed", "imported"]);
    let failed = server.run(&["audit", "--action", "invite_failed"]).await.stdout;
    assert!(failed.contains("user bob") && failed.contains("row 3 of task"), "{failed}");
    assert_eq!(server.run(&["audit", "--limit", "2"]).await.stdout.lines().count(), 2);
    let unknown = server.run(&["audit", "--action", "danced"]).await;
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("invite_failed"), "{}", unknown.stderr);
}
