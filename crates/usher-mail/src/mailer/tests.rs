use std::{fs, path::Path};

use super::*;
use crate::test_letters::{bare, letter};

fn mailer_for(url: &str) -> Mailer {
    let from = "usher <noreply@usher.example>".parse().unwrap();
    Mailer::new(&Settings::new(url.parse().unwrap(), from)).unwrap()
}

#[tokio::test]
async fn a_folder_takes_a_file_a_letter_oldest_first() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a/mail");
    let mailer = mailer_for(&format!("folder:{}", folder.display()));
    let later = Letter { written_at: "2026-11-24T00:00:00Z".parse().unwrap(), ..letter("de") };
    let reply = mailer.deliver(&later).await.unwrap();
    assert_eq!(
        reply,
        "put into the mail folder as 20261124T000000.000000Z-0000000000000000000000000000001a-1.eml"
    );
    mailer.deliver(&bare("en")).await.unwrap();
    mailer.deliver(&bare("en")).await.unwrap();

    let entries = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
    let mut paths: Vec<_> = entries.collect();
    paths.sort();
    assert_eq!(paths.len(), 2, "{paths:?}");
    let first = fs::read_to_string(&paths[0]).unwrap();
    assert!(first.starts_with("From: usher <noreply@usher.example>\r\n"));
    assert!(first.contains("Subject: You are invited"));
}

#[cfg(unix)]
#[tokio::test]
async fn mails_in_a_folder_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mail");
    mailer_for(&format!("folder:{}", folder.display())).deliver(&bare("en")).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_tried_again() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let mailer = mailer_for(&format!("folder:{}", file.display()));
    let DeliveryError::Later(words) = mailer.deliver(&bare("en")).await.unwrap_err() else {
        panic!("refused for good");
    };
    assert!(words.starts_with("the mail folder cannot be written to: "), "{words}");
    assert!(mailer.check().await.is_err());
}

#[tokio::test]
async fn a_check_leaves_the_folder_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    let mailer = mailer_for(&format!("folder:{}", root.path().display()));
    assert_eq!(mailer.check().await.unwrap(), "the mail folder can be written to");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn nothing_is_sent_when_that_is_what_was_asked_for() {
    let mailer = mailer_for("none");
    assert_eq!(mailer.deliver(&bare("en")).await.unwrap(), "not sent: `mail.url` is none");
    assert_eq!(mailer.check().await.unwrap(), "not sent: `mail.url` is none");
    mailer.close().await;
}

#[tokio::test]
async fn a_letter_that_cannot_be_written_is_refused() {
    let letter = Letter { link: "nonsense".to_owned(), ..bare("en") };
    let root = tempfile::tempdir().unwrap();
    let mailer = mailer_for(&format!("folder:{}", root.path().display()));
    let error = mailer.deliver(&letter).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "refused: the letter cannot be written: its link is not an http or https address; check \
         `public_url`"
    );
}

fn mailer_with(folder: &Path, templates: &Path) -> Result<Mailer, InvalidSetting> {
    let url = MailUrl::Folder(folder.to_owned());
    let settings = Settings::new(url, "noreply@usher.example".parse().unwrap());
    Mailer::new(&Settings { templates: Some(templates.to_owned()), ..settings })
}

#[tokio::test]
async fn a_letter_whose_template_is_gone_or_fails_waits_for_it() {
    let root = tempfile::tempdir().unwrap();
    let templates = root.path().join("templates");
    fs::create_dir(&templates).unwrap();
    let source = "{{ link }}\n{% if place == 'Eden' %}{{ roles[9] }}{% endif %}";
    fs::write(templates.join("guest.txt"), source).unwrap();
    let mail = root.path().join("mail");
    let mailer = mailer_with(&mail, &templates).unwrap();
    assert_eq!(mailer.templates().collect::<Vec<_>>(), ["guest"]);
    assert!(mailer.has_template("guest") && !mailer.has_template("farewell"));

    let of = |template: &str| Letter { template: Some(template.to_owned()), ..letter("en") };
    let failed = async |letter: Letter| match mailer.deliver(&letter).await.unwrap_err() {
        DeliveryError::Later(words) => words,
        DeliveryError::Refused(words) => panic!("refused for good: {words}"),
    };
    assert_eq!(
        failed(of("farewell")).await,
        "there is no template `farewell`; put it into the folder `mail.templates` and restart"
    );
    let eden = Letter { place: "Eden".to_owned(), ..of("guest") };
    assert_eq!(
        failed(eden).await,
        "the template has an error in guest.txt, line 2: undefined value; correct it and restart"
    );
    assert!(!mail.exists());
    mailer.deliver(&of("guest")).await.unwrap();
    assert_eq!(fs::read_dir(&mail).unwrap().count(), 1);
}

#[test]
fn a_fault_in_a_template_is_told_at_the_start() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(mailer_with(root.path(), root.path()).unwrap().templates().count(), 0);
    fs::write(root.path().join("guest.txt"), "{{ lnik }}").unwrap();
    let error = mailer_with(root.path(), root.path()).err().unwrap();
    assert_eq!(error.setting, "mail.templates");
    assert_eq!(error.rule, "has a fault in guest.txt, line 1: there is no variable `lnik`");
    assert!(!mailer_for("none").has_template("guest"));
}

#[test]
fn certificates_that_are_none_are_named() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("ca.pem");
    let ask = |path: PathBuf| {
        let from = "noreply@usher.example".parse().unwrap();
        let settings = Settings::new("smtps://mail.example".parse().unwrap(), from);
        Mailer::new(&Settings { ca_file: Some(path), ..settings }).err().unwrap().to_string()
    };
    assert!(ask(file.clone()).starts_with("`mail.ca_file` cannot be read: No such file"));
    fs::write(&file, "no certificate").unwrap();
    assert_eq!(
        ask(file),
        "`mail.ca_file` cannot be read: it holds no PEM certificate (-----BEGIN CERTIFICATE-----)"
    );
}
