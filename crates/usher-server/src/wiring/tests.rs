use std::fs;

use super::*;
use crate::testing::settings_in;

#[tokio::test]
async fn the_first_start_makes_all_there_is_and_the_second_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_in(&folder);
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
    let settings = settings_in(&folder);
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
