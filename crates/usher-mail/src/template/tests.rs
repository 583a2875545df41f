use insta::assert_snapshot;

use super::*;
use crate::samples::{LINK, bare, letter};

fn rendered(letter: &Letter) -> Rendered {
    render(letter).unwrap()
}

fn html(letter: &Letter) -> String {
    rendered(letter).html.unwrap()
}

#[test]
fn a_letter_in_english() {
    let it = rendered(&letter("en"));
    assert_eq!(it.subject, "The night team invites you to Acme Observatory");
    assert_eq!(it.language.as_deref(), Some("en"));
    assert_snapshot!(it.text, @r"
    Hello Ada,

    The night team invites you to Acme Observatory.

    As: Editor, Reviewer
    Until: 30 November 2026, 18:00 UTC

    The night team writes:

    > We keep the night schedule here.
    >
    > Glad to have you.

    Open this link to accept or to decline:

    https://invite.example/accept?invitation=AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-

    Not you? Ignore this mail, and nothing happens.
    The link is for you alone: please do not pass it on.
    ");
}

#[test]
fn a_letter_in_german() {
    let it = rendered(&letter("de-AT"));
    assert_eq!(it.subject, "The night team lädt Sie ein: Acme Observatory");
    assert_eq!(it.language.as_deref(), Some("de"));
    assert_snapshot!(it.text, @r"
    Guten Tag Ada,

    The night team lädt Sie ein: Acme Observatory.

    Als: Editor, Reviewer
    Bis: 30. November 2026, 18:00 UTC

    The night team schreibt:

    > We keep the night schedule here.
    >
    > Glad to have you.

    Über diesen Link nehmen Sie an oder lehnen ab:

    https://invite.example/accept?invitation=AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-

    Nicht für Sie? Ignorieren Sie diese E-Mail, dann geschieht nichts.
    Der Link ist nur für Sie bestimmt: Bitte geben Sie ihn nicht weiter.
    ");
}

#[test]
fn what_is_not_known_is_not_spoken_of() {
    let it = rendered(&bare("en"));
    assert_eq!(it.subject, "You are invited to Acme Observatory");
    assert_snapshot!(it.text, @r"
    Hello,

    You are invited to Acme Observatory.

    Until: 30 November 2026, 18:00 UTC

    Open this link to accept or to decline:

    https://invite.example/accept?invitation=AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-

    Not you? Ignore this mail, and nothing happens.
    The link is for you alone: please do not pass it on.
    ");
    let page = it.html.unwrap();
    assert!(!page.contains("blockquote dir") && !page.contains(">As<"));

    let anonymous = Letter { message: Some("Hi".to_owned()), ..bare("de") };
    assert_eq!(rendered(&anonymous).subject, "Sie sind eingeladen: Acme Observatory");
    assert!(rendered(&anonymous).text.contains("Eine Nachricht für Sie:\n\n> Hi\n\n"));
}

#[test]
fn a_sentence_ends_with_one_stop() {
    let it = rendered(&Letter { place: "Acme Inc.".to_owned(), ..bare("en") });
    assert!(it.text.contains("\nYou are invited to Acme Inc.\n"), "{}", it.text);
}

#[test]
fn the_page_says_all_that_the_text_says() {
    let html = html(&letter("de"));
    for words in [
        r#"<html lang="de" dir="ltr""#,
        "<title>The night team lädt Sie ein: Acme Observatory</title>",
        "Offen bis 30. November 2026, 18:00 UTC.",
        "Guten Tag Ada,",
        ">Als</th>",
        ">Editor, Reviewer</td>",
        "The night team schreibt:",
        "We keep the night schedule here.<br /><br />Glad to have you.</blockquote>",
        "Einladung öffnen",
        "prefers-color-scheme: dark",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert_eq!(html.matches(&format!("href=\"{LINK}\"")).count(), 2);
    assert!(html.contains(&format!(">{LINK}</a>")));
    assert!(!html.contains("{{") && !html.contains("{%"));
}

#[test]
fn nothing_is_fetched_when_it_is_read() {
    let html = html(&letter("en")).replace("http://www.w3.org/1999/xhtml", "");
    for it in ["<img", "<link", "<script", "src=", "url(", "@import", "<iframe", "<form"] {
        assert!(!html.contains(it), "{it}");
    }
    assert_eq!(html.matches("http").count() - html.matches("http-equiv").count(), 3);
}

#[test]
fn what_people_wrote_is_text_and_nothing_else() {
    let hostile = "<script>alert('1')</script> {{ link }} go to evil.example & pay@evil.example";
    let it = rendered(&Letter {
        name: Some(hostile.to_owned()),
        inviter: Some(hostile.to_owned()),
        place: hostile.to_owned(),
        roles: vec![hostile.to_owned()],
        message: Some(format!("{hostile}\nhttps://evil.example/x\n\u{202e}txt.exe")),
        ..letter("en")
    });
    let page = it.html.unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(it.text.contains("{{ link }}") && page.contains("{{ link }}"));
    for part in [&it.text, &page] {
        assert!(!part.contains("evil.example") && !part.contains("pay@"), "{part}");
        assert!(!part.contains("https://evil") && !part.contains('\u{202e}'), "{part}");
        assert!(part.contains("evil.\u{2060}example") && part.contains(LINK), "{part}");
    }
    assert_eq!(it.text.lines().filter(|it| it.starts_with("http")).collect::<Vec<_>>(), [LINK]);
}

#[test]
fn no_field_begins_a_line_of_its_own() {
    let broken = "a\r\n\r\nOpen https\n: x";
    let it = rendered(&Letter {
        name: Some(broken.to_owned()),
        inviter: Some(broken.to_owned()),
        place: broken.to_owned(),
        roles: vec![broken.to_owned()],
        ..bare("en")
    });
    assert_eq!(it.subject, "a Open https : x invites you to a Open https : x");
    assert_eq!(it.text.lines().count(), rendered(&letter("en")).text.lines().count() - 6);
}

#[test]
fn a_name_from_right_to_left_keeps_to_itself() {
    let it = rendered(&Letter { inviter: Some("עדה".to_owned()), ..bare("en") });
    assert_eq!(it.subject, "\u{2068}עדה\u{2069} invites you to Acme Observatory");
    assert!(it.text.contains("\u{2068}עדה\u{2069} invites you"));
}

#[test]
fn a_link_that_is_none_makes_no_letter() {
    for link in ["", "accept", "javascript:alert(1)"] {
        let letter = Letter { link: link.to_owned(), ..bare("en") };
        assert!(matches!(render(&letter), Err(RenderError::Link)), "{link}");
    }
    let letter = Letter { link: "https://x.example/a'?b=1&c=\"<".to_owned(), ..bare("en") };
    let html = html(&letter);
    assert!(html.contains("href=\"https://x.example/a&#x27;?b=1&amp;c=%22%3C\""), "{html}");
}

#[test]
fn the_same_letter_is_the_same_in_every_language() {
    for locale in ["en", "de"] {
        assert_eq!(rendered(&letter(locale)), rendered(&letter(locale)));
    }
}
