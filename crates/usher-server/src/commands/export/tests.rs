use usher_application::{Imported, UserRecord};

use super::*;
use crate::testing::settings_in;

async fn import(wired: &Wired, text: &[u8]) -> Imported {
    let records = json_lines::read::<UserLine, UserRecord>(text, || {}).unwrap().records;
    let caller = wired.operator(None).await.unwrap();
    wired.usher.transfer.import_users.run(&caller, &records, false).await.unwrap()
}

async fn export(wired: &Wired) -> String {
    let (caller, mut text) = (wired.operator(None).await.unwrap(), Vec::new());
    write_users(wired, &caller, &mut text, &ProgressBar::hidden()).await.unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn what_is_exported_can_be_imported_again() {
    let user = |it| {
        let proven = if it % 2 == 0 { "2026-01-02T12:00:00.000009Z" } else { "" };
        format!(
            "{{\"id\":\"u{it:04}\",\"username\":\"user{it}\",\"email\":\"Ü{it}@Example.org\",\
             \"emailProvenAt\":\"{proven}\",\"status\":\"active\",\"profile\":{{\"n\": 1.10}},\"attributes\":{{}},\"memberships\":[]}}\n"
        )
    };
    let users = (0..1_200).map(user).collect::<Vec<_>>().concat();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = Wired::new(settings_in(&here)).await.unwrap();
    assert_eq!(import(&here, users.as_bytes()).await.written, 1_200);
    let exported = export(&here).await;
    assert_eq!(exported, users);
    assert_eq!(import(&here, exported.as_bytes()).await.written, 1_200);
    assert_eq!(export(&here).await, users);

    let there = Wired::new(settings_in(&there)).await.unwrap();
    import(&there, exported.as_bytes()).await;
    assert_eq!(export(&there).await, users);
    here.close().await;
    there.close().await;
}
