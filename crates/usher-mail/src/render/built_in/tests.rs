use insta::assert_snapshot;

use super::*;
use crate::{
    samples::LINK,
    test_letters::{SIGN_IN, account, bare, end, letter, new_pin, welcome},
};

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
    let hostile = "<script>alert('1')</script> {{ link }} go to evil.example & pay@evil.example, \
                   \\\\evil\\share, sms:123";
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
    for part in [&it.subject, &it.text, &page] {
        assert!(!part.contains("evil.example") && !part.contains("pay@"), "{part}");
        assert!(!part.contains("https://evil") && !part.contains('\u{202e}'), "{part}");
        assert!(!part.contains(r"\\evil") && !part.contains("sms:1"), "{part}");
        assert!(part.contains("evil.\u{2060}example"), "{part}");
    }
    assert!(it.text.contains(LINK) && page.contains(LINK));
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

#[test]
fn a_welcome_in_english() {
    let it = rendered(&welcome("en", Some("0471")));
    assert_eq!(it.subject, "You now belong to Acme Observatory");
    assert_snapshot!(it.text, @r"
    Hello Ada,

    You now belong to Acme Observatory.

    You are a member already: there is nothing to accept.

    As: Editor, Reviewer
    Pin: 0471

    Sign in here with your mail address or username and the pin:

    https://invite.example/pin?tenant=default&organization=acme

    If you did not expect this, please let Acme Observatory know.
    The pin is for you alone: please never pass it on.
    ");
    let it = rendered(&Letter { name: None, roles: Vec::new(), ..welcome("en", None) });
    assert_eq!(it.subject, "You now belong to Acme Observatory");
    assert_snapshot!(it.text, @r"
    Hello,

    You now belong to Acme Observatory.

    You are a member already: there is nothing to accept.

    Sign in here:

    https://invite.example/pin?tenant=default&organization=acme

    If you did not expect this, please let Acme Observatory know.
    ");
}

#[test]
fn a_welcome_in_german() {
    let it = rendered(&welcome("de", Some("0471")));
    assert_eq!(it.subject, "Sie gehören jetzt dazu: Acme Observatory");
    assert_snapshot!(it.text, @r"
    Guten Tag Ada,

    Sie gehören jetzt dazu: Acme Observatory.

    Sie sind bereits Mitglied und müssen nichts annehmen.

    Als: Editor, Reviewer
    PIN: 0471

    Hier melden Sie sich mit Mailadresse oder Benutzername und der PIN an:

    https://invite.example/pin?tenant=default&organization=acme

    Haben Sie das nicht erwartet? Bitte geben Sie Acme Observatory Bescheid.
    Die PIN ist nur für Sie bestimmt: Bitte geben Sie sie nie weiter.
    ");
    assert_snapshot!(rendered(&welcome("de", None)).text, @r"
    Guten Tag Ada,

    Sie gehören jetzt dazu: Acme Observatory.

    Sie sind bereits Mitglied und müssen nichts annehmen.

    Als: Editor, Reviewer

    Hier melden Sie sich an:

    https://invite.example/pin?tenant=default&organization=acme

    Haben Sie das nicht erwartet? Bitte geben Sie Acme Observatory Bescheid.
    ");
}

#[test]
fn a_new_pin_in_english_and_german() {
    let it = rendered(&new_pin("en", "k7Xq"));
    assert_eq!(it.subject, "Your new pin for Acme Observatory");
    assert_snapshot!(it.text, @r"
    Hello Ada,

    Your new pin for Acme Observatory.

    Any pin that you had before is void.

    Pin: k7Xq

    Sign in here with your mail address or username and the pin:

    https://invite.example/pin?tenant=default&organization=acme

    If you did not expect this, please let Acme Observatory know.
    The pin is for you alone: please never pass it on.
    ");
    let it = rendered(&new_pin("de", "k7Xq"));
    assert_eq!(it.subject, "Ihre neue PIN für Acme Observatory");
    assert_snapshot!(it.text, @r"
    Guten Tag Ada,

    Ihre neue PIN für Acme Observatory.

    Eine frühere PIN gilt nicht mehr.

    PIN: k7Xq

    Hier melden Sie sich mit Mailadresse oder Benutzername und der PIN an:

    https://invite.example/pin?tenant=default&organization=acme

    Haben Sie das nicht erwartet? Bitte geben Sie Acme Observatory Bescheid.
    Die PIN ist nur für Sie bestimmt: Bitte geben Sie sie nie weiter.
    ");
}

/// All letters to members that bring this pin.
fn with_pin(pin: &str) -> Vec<Letter> {
    let of = |locale| [welcome(locale, Some(pin)), new_pin(locale, pin)];
    ["en", "de"].into_iter().flat_map(of).collect()
}

#[test]
fn the_page_to_a_member_shows_the_pin_once_and_spells_it_out() {
    for letter in with_pin("0471") {
        let html = html(&letter);
        assert_eq!(html.matches("0471").count(), 1, "{html}");
        assert!(html.contains(">0471</span></td>"), "{html}");
        assert!(html.contains(r#"role="img" aria-label="0, 4, 7, 1""#), "{html}");
        assert_eq!(html.matches(&format!("href=\"{}\"", SIGN_IN.replace('&', "&amp;"))).count(), 2);
        assert!(!html.contains("{{") && !html.contains("{%"));
    }
}

#[test]
fn the_page_to_a_member_says_all_that_the_text_says() {
    let with_pin = html(&welcome("de", Some("0471")));
    for words in [
        r#"<html lang="de" dir="ltr""#,
        "Guten Tag Ada,",
        "Sie gehören jetzt dazu: Acme Observatory</h1>",
        ">Sie sind bereits Mitglied und müssen nichts annehmen.</div>",
        ">Als</th>",
        ">Editor, Reviewer</td>",
        ">PIN</th>",
        "Mit der PIN anmelden",
        "Bitte geben Sie Acme Observatory Bescheid.",
        "<br />Die PIN ist nur für Sie bestimmt: Bitte geben Sie sie nie weiter.",
    ] {
        assert!(with_pin.contains(words), "{words} in {with_pin}");
    }
    let bare = html(&Letter { roles: Vec::new(), ..welcome("de", None) });
    assert!(bare.contains("Anmelden") && !bare.contains("PIN"));
    assert!(with_pin.contains("class=\"facts\"") && !bare.contains("class=\"facts\""));
}

#[test]
fn subject_and_preview_keep_the_pin_to_themselves() {
    for letter in with_pin("0471") {
        let it = rendered(&letter);
        assert!(!it.subject.contains("0471"));
        let html = it.html.unwrap();
        let before_the_card = html.split("<h1").next().unwrap();
        assert!(before_the_card.contains("<title>") && !before_the_card.contains("0471"));
        assert!(!format!("{letter:?}").contains("0471"));
    }
    assert!(!format!("{:?}", rendered(&new_pin("en", "0471"))).contains("0471"));
}

#[test]
fn the_preview_runs_out_before_it_comes_to_the_pin() {
    let filler = |letter: &Letter| {
        let page = html(letter);
        let hidden = page.split("display:none").nth(1).unwrap().split("</div>").next().unwrap();
        hidden.matches("&#847;&zwnj;&nbsp;").count()
    };
    for letter in with_pin("0471") {
        assert_eq!(filler(&letter), 150);
    }
    assert_eq!((filler(&welcome("en", None)), filler(&letter("en"))), (0, 0));
}

#[test]
fn the_text_has_the_link_once_and_as_it_is() {
    for letter in [with_pin("0471"), vec![welcome("en", None), letter("de")]].concat() {
        let text = rendered(&letter).text;
        let is_link = |it: &&str| it.contains("http") || it.contains("&amp;");
        assert_eq!(text.lines().filter(is_link).collect::<Vec<_>>(), [letter.link]);
        assert!(!format!("{text}\n").contains("\n\n\n") && text.ends_with('\n'), "{text}");
    }
}

#[test]
fn letters_to_members_speak_of_no_end() {
    for letter in with_pin("0471").iter().chain([&welcome("en", None), &welcome("de", None)]) {
        let it = rendered(letter);
        for part in [it.text, it.html.unwrap()] {
            for words in [">Until<", ">Bis<", "Until:", "Bis:", "UTC", "accept or", "lehnen"] {
                assert!(!part.contains(words), "{words} in {part}");
            }
        }
    }
}

#[test]
fn a_letter_that_asks_to_confirm_the_address() {
    let kind = || usher_domain::LetterKind::Confirmation { expires_at: end() };
    let it = rendered(&account("en", kind()));
    assert_eq!(it.subject, "Confirm your address for Acme Observatory");
    assert_snapshot!(it.text, @r"
    Hello Ada,

    Confirm your address for Acme Observatory.

    Open the link to confirm that this address is yours.

    Until: 30 November 2026, 18:00 UTC

    Open this link to confirm the address:

    https://invite.example/here?tenant=default

    You did not ask for this? Ignore this mail, and nothing happens.
    The link is for you alone: please do not pass it on.
    ");
    let it = rendered(&account("de", kind()));
    assert_eq!(it.subject, "Bestätigen Sie Ihre Adresse: Acme Observatory");
    assert_snapshot!(it.text, @r"
    Guten Tag Ada,

    Bestätigen Sie Ihre Adresse: Acme Observatory.

    Öffnen Sie den Link, um zu bestätigen, dass diese Adresse Ihnen gehört.

    Bis: 30. November 2026, 18:00 UTC

    Über diesen Link bestätigen Sie die Adresse:

    https://invite.example/here?tenant=default

    Haben Sie das nicht verlangt? Ignorieren Sie diese E-Mail, dann geschieht nichts.
    Der Link ist nur für Sie bestimmt: Bitte geben Sie ihn nicht weiter.
    ");
}

#[test]
fn a_letter_for_a_forgotten_password() {
    let kind = || usher_domain::LetterKind::PasswordReset { expires_at: end() };
    let it = rendered(&account("en", kind()));
    assert_eq!(it.subject, "A new password for Acme Observatory");
    assert_snapshot!(it.text, @r"
    Hello Ada,

    A new password for Acme Observatory.

    Open the link to choose a new password. Until then the old one stays as it is.

    Until: 30 November 2026, 18:00 UTC

    Open this link to choose a new password:

    https://invite.example/here?tenant=default

    You did not ask for this? Ignore this mail, and nothing happens.
    The link is for you alone: please do not pass it on.
    ");
    let it = rendered(&account("de", kind()));
    assert_eq!(it.subject, "Ein neues Passwort: Acme Observatory");
    assert_snapshot!(it.text, @r"
    Guten Tag Ada,

    Ein neues Passwort: Acme Observatory.

    Öffnen Sie den Link, um ein neues Passwort zu wählen. Bis dahin bleibt das alte, wie es ist.

    Bis: 30. November 2026, 18:00 UTC

    Über diesen Link wählen Sie ein neues Passwort:

    https://invite.example/here?tenant=default

    Haben Sie das nicht verlangt? Ignorieren Sie diese E-Mail, dann geschieht nichts.
    Der Link ist nur für Sie bestimmt: Bitte geben Sie ihn nicht weiter.
    ");
}

#[test]
fn a_letter_that_tells_of_a_changed_password() {
    let it = rendered(&account("en", usher_domain::LetterKind::PasswordChanged));
    assert_eq!(it.subject, "Your password for Acme Observatory was changed");
    assert_snapshot!(it.text, @r"
    Hello Ada,

    Your password for Acme Observatory was changed.

    Wherever you were signed in with the old password, you are signed out.

    If that was not you, choose a new password here:

    https://invite.example/here?tenant=default

    If it was you, there is nothing to do.
    ");
    let it = rendered(&account("de", usher_domain::LetterKind::PasswordChanged));
    assert_eq!(it.subject, "Ihr Passwort wurde geändert: Acme Observatory");
    assert_snapshot!(it.text, @r"
    Guten Tag Ada,

    Ihr Passwort wurde geändert: Acme Observatory.

    Wo Sie mit dem alten Passwort angemeldet waren, sind Sie jetzt abgemeldet.

    Wenn Sie das nicht waren, wählen Sie hier ein neues Passwort:

    https://invite.example/here?tenant=default

    Wenn Sie es waren, gibt es nichts zu tun.
    ");
}
