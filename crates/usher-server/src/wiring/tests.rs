use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt as _};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::timeout,
};

use super::*;
use crate::testing::{Log, settings_in};

#[tokio::test]
async fn the_first_start_makes_everything_and_the_second_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = Wired::new(settings_in(&folder)).await.unwrap();
    let tenant = first.bootstrapped.tenant.id;
    let link = &first.bootstrapped.first.as_ref().unwrap().link;
    assert!(link.starts_with("http://localhost:8080/accept?invitation="));
    first.close().await;

    let second = Wired::new(settings_in(&folder)).await.unwrap();
    assert!(second.bootstrapped.first.is_none());
    assert_eq!(second.bootstrapped.tenant.id, tenant);
    assert_eq!(second.operator(Some("default")).await.unwrap().tenant, tenant);
    assert!(second.operator(Some("other")).await.is_err());
    second.close().await;
}

/// A server that answers as PostgreSQL without TLS does.
async fn without_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(b"N").await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_database_without_tls_ends_the_start_at_once_with_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://u:secret@{}/usher?sslmode=verify-full", without_tls().await);
    let data_dir = folder.path().display().to_string();
    let variables = [("USHER_DATABASE__URL", url), ("USHER_DATA_DIR", data_dir)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let settings = Settings::load(None, variables).unwrap();
    // It does not wait for `database.connect_wait`: that would change nothing.
    let error = timeout(Duration::from_secs(10), store(&settings)).await.unwrap();
    let error = error.err().unwrap().to_string();
    for expected in
        ["speaks no TLS", "sslmode=verify-full", "end database.url with ?sslmode=disable"]
    {
        assert!(error.contains(expected), "{error}");
    }
    assert!(!error.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_database_in_use_is_not_opened_with_new_keys() {
    let folder = tempfile::tempdir().unwrap();
    Wired::new(settings_in(&folder)).await.unwrap().close().await;
    fs::remove_file(settings_in(&folder).data_dir.join("keyring")).unwrap();
    let error = Wired::new(settings_in(&folder)).await.err().unwrap().to_string();
    assert!(
        error.starts_with("the database is in use already, but there is no keyring at"),
        "{error}"
    );
}

/// A folder that everybody can get to, unlike those of whoever has one of their own for what is temporary.
fn within_reach() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test]
async fn nobody_else_may_open_what_the_first_start_makes() {
    let folder = within_reach();
    let wired = Wired::new(settings_in(&folder)).await.unwrap();
    let data_dir = &wired.settings.data_dir;
    let mode = |it: &Path| fs::metadata(it).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(data_dir), exposure(data_dir)), (0o700, None));
    for file in fs::read_dir(data_dir).unwrap().map(|it| it.unwrap().path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    for open in [0o755, 0o750, 0o701] {
        fs::set_permissions(data_dir, fs::Permissions::from_mode(open)).unwrap();
        let path = data_dir.display();
        let warning = exposure(data_dir).unwrap();
        assert!(warning.ends_with(&format!("can open {path}; run: chmod 700 '{path}'")));
        let log = Log::default();
        let recording = log.record();
        make_data_dir(&wired.settings).unwrap();
        drop(recording);
        assert!(log.text().contains(&warning), "{}", log.text());
    }
    wired.close().await;
}

#[test]
fn nobody_is_warned_of_a_folder_that_others_cannot_get_to() {
    let folder = within_reach();
    let (outer, data_dir) = (folder.path().join("outer"), folder.path().join("outer/inner/data"));
    fs::create_dir_all(&data_dir).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&data_dir, &link).unwrap();
    fs::set_permissions(&data_dir, fs::Permissions::from_mode(0o755)).unwrap();
    // To get to what is in a folder, it is enough to be allowed to enter it.
    for (mode, is_reached) in [
        (0o755, true),
        (0o711, true),
        (0o710, true),
        (0o701, true),
        (0o700, false),
        (0o744, false),
        (0o766, false),
    ] {
        fs::set_permissions(&outer, fs::Permissions::from_mode(mode)).unwrap();
        for path in [&data_dir, &link] {
            assert_eq!(exposure(path).is_some(), is_reached, "{mode:o} {}", path.display());
        }
    }
}

#[tokio::test]
async fn the_data_folder_may_have_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("50% of what? #1");
    let variable = ("USHER_DATA_DIR".to_owned(), data_dir.to_string_lossy().into_owned());
    let settings = Settings::load(None, [variable]).unwrap();
    Wired::new(settings).await.unwrap().close().await;
    assert!(data_dir.join("usher.db").exists());
}
