use std::fs;

use indicatif::ProgressBar;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use usher_application::{Imported, Invite, Invitee, UserRecord};
use usher_domain::Mailbox;

use super::*;
use crate::{
    commands::export,
    formats::json_lines::{self, UserLine},
    runtime::worker,
};

fn settings(folder: &TempDir) -> Settings {
    let data_dir = folder.path().join("data").to_string_lossy().into_owned();
    Settings::load(None, [("USHER_DATA_DIR".to_owned(), data_dir)]).unwrap()
}

async fn import(wired: &Wired, text: &[u8]) -> Imported {
    let records = json_lines::read::<UserLine, UserRecord>(text, || {}).unwrap().records;
    let caller = wired.operator(None).await.unwrap();
    wired.usher.import.users(&caller, &records, false).await.unwrap()
}

async fn export(wired: &Wired) -> String {
    let (caller, mut text) = (wired.operator(None).await.unwrap(), Vec::new());
    export::write(wired, &caller, &mut text, &ProgressBar::hidden()).await.unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn the_first_start_makes_all_there_is_and_the_second_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let first = Wired::new(&settings).await.unwrap();
    let (link, tenant) = (first.founded.link.clone().unwrap(), first.founded.tenant.id);
    assert!(first.founded.credential.is_some());
    assert!(link.starts_with("http://localhost:8080/accept?invitation="));
    first.close().await;

    let second = Wired::new(&settings).await.unwrap();
    assert!(second.founded.credential.is_none());
    assert_eq!(second.founded.link, Some(link));
    assert_eq!(second.founded.tenant.id, tenant);
    assert_eq!(second.operator(Some("default")).await.unwrap().tenant, tenant);
    assert!(second.operator(Some("other")).await.is_err());
    second.close().await;
}

#[tokio::test]
async fn a_database_in_use_is_not_opened_with_new_keys() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    Wired::new(&settings).await.unwrap().close().await;
    fs::remove_file(settings.data_dir.join("keyring")).unwrap();
    let told = Wired::new(&settings).await.err().unwrap().to_string();
    assert!(
        told.starts_with("the database is in use already, but there is no keyring at"),
        "{told}"
    );
}

#[tokio::test]
async fn a_folder_with_odd_characters_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("50% of what? #1");
    let variable = ("USHER_DATA_DIR".to_owned(), data_dir.to_string_lossy().into_owned());
    let settings = Settings::load(None, [variable]).unwrap();
    Wired::new(&settings).await.unwrap().close().await;
    assert!(data_dir.join("usher.db").exists());
}

#[tokio::test]
async fn the_worker_sends_what_was_committed_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let wired = Wired::new(&settings).await.unwrap();
    let stop = CancellationToken::new();
    let working = tokio::spawn(worker::run(wired.usher.clone(), settings.worker, stop.clone()));
    let mailbox = Mailbox::parse("ada@example.org").unwrap();
    let invites = [Invite::new(Invitee::Mailbox { mailbox, name: None })];
    let caller = wired.operator(None).await.unwrap();
    wired.usher.invite.run(&caller, &invites).await.unwrap();
    let mails = settings.data_dir.join("mail");
    while fs::read_dir(&mails).map_or(0, Iterator::count) == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    working.await.unwrap();
    wired.close().await;
}

#[tokio::test]
async fn what_is_exported_can_be_imported_again() {
    let user = |it| {
        format!(
            "{{\"id\":\"u{it:04}\",\"username\":\"user{it}\",\"email\":\"Ü{it}@Example.org\",\
             \"status\":\"active\",\"profile\":{{\"n\": 1.10}},\"attributes\":{{}},\"memberships\":[]}}\n"
        )
    };
    let users = (0..1_200).map(user).collect::<Vec<_>>().concat();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = Wired::new(&settings(&here)).await.unwrap();
    assert_eq!(import(&here, users.as_bytes()).await.written, 1_200);
    let exported = export(&here).await;
    assert_eq!(exported, users);
    assert_eq!(import(&here, exported.as_bytes()).await.written, 1_200);
    assert_eq!(export(&here).await, users);

    let there = Wired::new(&settings(&there)).await.unwrap();
    import(&there, exported.as_bytes()).await;
    assert_eq!(export(&there).await, users);
    here.close().await;
    there.close().await;
}
