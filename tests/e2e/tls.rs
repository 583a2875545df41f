//! PostgreSQL over TLS, for real: the server of the run speaks TLS while this test lasts, with
//! certificates that are made here. Others on the server notice nothing: whoever did not ask for TLS
//! takes it or does without.

use std::time::Instant;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::process::Command;
use usher_tests::{Database, Output, eventually, run};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Has the server present a certificate for this host from now on. Its own user writes the files, into
/// its own folder: the server may be in a container.
async fn present(database: &Database, authority: &Authority, host: &str) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap().pem();
    let write = |name: &str, pem: &str| {
        let text = format!("encode(convert_to('{pem}', 'UTF8'), 'base64')");
        let program = format!("umask 077; base64 --decode > usher_test.{name}");
        format!("COPY (SELECT replace({text}, chr(10), '')) TO PROGRAM '{program}'")
    };
    administer(
        database,
        &[
            &write("crt", &certificate),
            &write("key", &key.serialize_pem()),
            "ALTER SYSTEM SET ssl_cert_file = 'usher_test.crt'",
            "ALTER SYSTEM SET ssl_key_file = 'usher_test.key'",
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
        ],
    )
    .await;
}

async fn administer(database: &Database, statements: &[&str]) {
    let statements = statements.iter().flat_map(|it| ["-c", *it]);
    let mut psql = Command::new("psql");
    psql.args([&*database.url, "-qtA", "-v", "ON_ERROR_STOP=1"]).args(statements);
    let done = psql.output().await.expect("psql runs");
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "USHER_TEST_POSTGRES names no superuser? {error}");
}

#[tokio::test]
async fn only_the_right_name_by_a_known_authority_proves_the_database_and_the_words_say_what_to_do()
{
    let home = TempDir::new().unwrap();
    let database = Database::new().await;
    let (host, _) = database.address.rsplit_once(':').unwrap();
    let (ours, another, namesake) = (authority("a"), authority("b"), authority("a"));
    for (name, it) in [("ours", &ours), ("another", &another), ("namesake", &namesake)] {
        std::fs::write(home.path().join(name), it.pem()).unwrap();
    }
    let usher = async |command: &str, root: &str| -> Output {
        let (url, _) = database.url.split_once('?').unwrap();
        let root = home.path().join(root);
        let url = format!("{url}?sslmode=verify-full&sslrootcert={}", root.display());
        run(home.path(), &[("USHER_DATABASE__URL".to_owned(), url)], &[command], "").await
    };
    // Each command that connects says it, and none of them waits for what no waiting changes.
    let refused = async |root: &str, words: &str| {
        let start = Instant::now();
        for command in ["check", "migrate"] {
            let Output { code, stdout, stderr } = usher(command, root).await;
            let said = format!("{stdout}{stderr}");
            assert!(code == Some(1) && said.contains(words), "{command}: {said}");
        }
        assert!(start.elapsed().as_secs() < 25, "database.connect_wait was waited for");
    };

    refused("ours", "end database.url with ?sslmode=disable").await;

    present(&database, &ours, host).await;
    eventually("the database speaks TLS", async || {
        (usher("migrate", "ours").await.code == Some(0)).then_some(())
    })
    .await;
    let checked = usher("check", "ours").await;
    assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
    let encrypted = "SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()";
    assert_eq!(database.ask(encrypted).await, "0", "whoever asks for no TLS has none");
    for unknown in ["another", "namesake"] {
        refused(unknown, "add &sslrootcert=FILE to database.url").await;
    }

    present(&database, &ours, "other.example").await;
    eventually("the database has the other certificate", async || {
        (usher("check", "ours").await.code != Some(0)).then_some(())
    })
    .await;
    refused("ours", "is for another host than that of database.url").await;

    administer(&database, &["ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()"]).await;
}
