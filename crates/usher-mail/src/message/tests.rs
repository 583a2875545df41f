use mail_parser::{MessageParser, MimeHeaders as _};
use usher_domain::{Letter, Mailbox};

use super::*;
use crate::{
    render::built_in,
    samples::LINK,
    test_letters::{bare, letter, new_pin, welcome},
};

fn sender() -> Sender {
    "usher <noreply@usher.example>".parse().unwrap()
}

fn composed(letter: &Letter) -> String {
    compose(letter, &sender(), &Templates::default()).unwrap().content
}

/// The value of a header as it travels, unfolded.
fn header(mail: &str, name: &str) -> String {
    let head = mail.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    let mut values = head.split("\r\n").filter_map(|it| it.strip_prefix(&format!("{name}: ")));
    let value = values.next().unwrap_or_else(|| panic!("{name} in\n{head}")).to_owned();
    assert_eq!(values.next(), None, "{name} occurs twice");
    value
}

#[test]
fn the_header_says_who_what_and_when() {
    let mail = composed(&letter("de-AT"));
    let id = "0000000000000000000000000000001a.1";
    for (name, value) in [
        ("From", "usher <noreply@usher.example>"),
        ("To", "Ada <ada@example.org>"),
        ("Date", "Mon, 23 Nov 2026 18:00:00 +0000"),
        ("Message-ID", &format!("<{id}@usher.example>")),
        ("Content-Language", "de"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("List-Unsubscribe", &format!("<{LINK}>")),
        ("MIME-Version", "1.0"),
        ("Content-Type", &format!("multipart/alternative; boundary=\"=_{id}\"")),
    ] {
        assert_eq!(header(&mail, name).trim(), value, "{name}");
    }
    assert!(!mail.contains("List-Unsubscribe-Post"));
}

#[test]
fn only_an_invitation_can_be_declined_from_a_mail_client() {
    for letter in [welcome("en", None), welcome("en", Some("0471")), new_pin("de", "0471")] {
        let mail = composed(&letter);
        assert!(!mail.contains("List-Unsubscribe"));
        assert_eq!(header(&mail, "Message-ID").trim(), format!("<{:032x}.1@usher.example>", 0x2b));
        assert_eq!(header(&mail, "Auto-Submitted").trim(), "auto-generated");
    }
}

#[test]
fn no_header_holds_a_pin() {
    let pin = "zQ7zQ7";
    for letter in ["en", "de"].map(|it| [welcome(it, Some(pin)), new_pin(it, pin)]).concat() {
        let mail = composed(&letter);
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains(pin), "{head}");
        assert_eq!(body.matches(pin).count(), 2);
        let parsed = MessageParser::new().parse(mail.as_bytes()).unwrap();
        assert!(parsed.headers().iter().all(|it| !format!("{it:?}").contains(pin)));
    }
}

#[test]
fn the_text_comes_first_and_the_page_second() {
    let letter = letter("de");
    let mail = composed(&letter);
    let parsed = MessageParser::new().parse(mail.as_bytes()).unwrap();
    let rendered = built_in::render(&letter).unwrap();
    assert_eq!(parsed.subject(), Some(&*rendered.subject));
    assert_eq!(parsed.parts.len(), 3);
    let kinds = [1, 2].map(|it| parsed.parts[it].content_type().unwrap().subtype());
    assert_eq!(kinds, [Some("plain"), Some("html")]);
    let unix = |it: &str| it.replace("\r\n", "\n");
    assert_eq!(unix(parsed.parts[1].text_contents().unwrap()).trim_end(), rendered.text.trim_end());
    assert_eq!(
        unix(parsed.parts[2].text_contents().unwrap()).trim_end(),
        rendered.html.unwrap().trim_end()
    );
}

#[test]
fn lines_are_short_and_in_ascii() {
    for letter in [letter("de"), Letter { place: "天文台 ".repeat(40), ..letter("en") }] {
        let mail = composed(&letter);
        assert!(mail.is_ascii());
        assert!(mail.ends_with("--\r\n"));
        assert!(mail.split("\r\n").all(|it| it.len() <= 998 && !it.contains(['\r', '\n'])));
    }
}

#[test]
fn a_letter_is_written_to_whatever_is_a_mailbox() {
    for to in [
        "संपर्क@example.org",
        "用户@example.org",
        "ผู้ใช้@example.org",
        "o’brien@example.org",
        "😀@example.org",
        "JÜRGEN.weiß@example.org",
        "\"a b\\\"ü\"@example.org",
        "\"<a@b>,\"@example.org",
        "!#$%&'*+-/=?^_`{|}~@example.org",
    ] {
        let to = Mailbox::parse(to).unwrap();
        let mail =
            compose(&Letter { to: to.clone(), ..bare("en") }, &sender(), &Templates::default());
        let mail = mail.unwrap_or_else(|it| panic!("{}: {it}", to.typed()));
        assert_eq!(mail.to.to_string(), to.typed());
        assert!(header(&mail.content, "To").contains(to.typed()), "{}", mail.content);
    }
}

#[test]
fn the_same_letter_is_the_same_mail() {
    assert_eq!(composed(&letter("en")), composed(&letter("en")));
    let again = Letter { number: 2, ..letter("en") };
    assert!(header(&composed(&again), "Message-ID").contains("1a.2@"));
}

#[test]
fn no_field_adds_a_header() {
    let hostile = "x\r\nBcc: eve@evil.example\r\n\r\nbody\n.\nMAIL FROM:<a@b.example>";
    let mail = composed(&Letter {
        name: Some(hostile.to_owned()),
        inviter: Some(hostile.to_owned()),
        place: hostile.to_owned(),
        roles: vec![hostile.to_owned()],
        message: Some(hostile.to_owned()),
        link: format!("{LINK}\r\nBcc: eve@evil.example\r\n\r\n"),
        ..bare("en")
    });
    let parsed = MessageParser::new().parse(mail.as_bytes()).unwrap();
    assert!(parsed.bcc().is_none());
    assert_eq!(parsed.parts.len(), 3);
    assert_eq!(parsed.to().unwrap().iter().count(), 1);
    assert!(!mail.contains("\nBcc") && !mail.contains("\n.\r"));
    let names = mail.split("\r\n\r\n").next().unwrap().split("\r\n");
    let names: Vec<_> = names.filter(|it| !it.starts_with(' ')).collect();
    assert_eq!(names.len(), 11, "{names:?}");
}

#[test]
fn no_field_ends_a_part() {
    let id = "0000000000000000000000000000001a.1";
    let message = format!("--=_{id}\n\n--=_{id}--\nContent-Type: text/html");
    let mail = composed(&Letter { message: Some(message), ..bare("en") });
    assert_eq!(mail.matches(&format!("\r\n--=_{id}")).count(), 3);
    let parsed = MessageParser::new().parse(mail.as_bytes()).unwrap();
    assert_eq!(parsed.parts.len(), 3);
}

#[test]
fn no_name_passes_for_an_encoded_word() {
    let name = "=?utf-8?q?evil=2Eexample?=".to_owned();
    let mail = composed(&Letter { name: Some(name.clone()), place: name, ..bare("en") });
    assert!(!mail.contains("=?utf-8?q"), "{mail}");
}

#[test]
fn names_beyond_ascii_arrive_as_they_were() {
    for name in ["Zoë", "Ада Лавлейс", "O'Neill, \"Ada\" <x>", "天文台天文台天文台天文台天文台"]
    {
        let letter = Letter {
            name: Some(name.to_owned()),
            place: format!("{name} {}", "und so weiter ".repeat(12).trim()),
            ..bare("en")
        };
        let mail = composed(&letter);
        let parsed = MessageParser::new().parse(mail.as_bytes()).unwrap();
        assert_eq!(parsed.to().unwrap().first().unwrap().name(), Some(name));
        assert_eq!(parsed.subject().unwrap(), format!("You are invited to {}", letter.place));
    }
}

#[test]
fn an_international_domain_travels_in_ascii() {
    let to = Mailbox::parse("ada@MÜNCHEN.example").unwrap();
    let mail = compose(&Letter { to, ..bare("en") }, &sender(), &Templates::default()).unwrap();
    assert_eq!(mail.to.to_string(), "ada@xn--mnchen-3ya.example");
    assert_eq!(header(&mail.content, "To"), "ada@xn--mnchen-3ya.example");
    assert!(mail.content.is_ascii());
}

#[test]
fn mailboxes_that_look_odd_are_written_as_they_are() {
    for address in [
        "\"a b\"@example.org",
        "o'neill+x=y@example.org",
        "jürgen@example.org",
        "\"ada@work\"@example.org",
    ] {
        let to = Mailbox::parse(address).unwrap();
        let name = Some("Ada".to_owned());
        let mail =
            compose(&Letter { to, name, ..bare("en") }, &sender(), &Templates::default()).unwrap();
        assert_eq!(mail.to.to_string(), address);
        assert_eq!(header(&mail.content, "To"), format!("Ada <{address}>"));
    }
}

#[test]
fn a_name_with_an_address_in_it_is_not_in_the_header() {
    for name in ["evil.example", "Security at bank.example", "a@evil.example", "see https://e/x"] {
        let letter = Letter { name: Some(name.to_owned()), ..letter("en") };
        let mail = compose(&letter, &sender(), &Templates::default()).unwrap().content;
        let to = header(&mail, "To");
        assert_eq!(to, letter.to.typed(), "{name}");
    }
}

#[test]
fn every_sender_that_settings_allow_is_written() {
    for (from, name) in [
        ("noreply@usher.example", None),
        ("Zo\u{eb} & S\u{f6}hne, Inc. <a@usher.example>", Some("Zo\u{eb} & S\u{f6}hne, Inc.")),
        ("\"Acme (Labs); \\ ops\" <a+b@usher.example>", Some("Acme (Labs); \\ ops")),
        ("x@y.example <a@usher.example>", Some("x\u{2060}@\u{2060}y.\u{2060}example")),
        ("=?utf-8?q?x?= <a@usher.example>", Some("= ?utf-8?q?x?=")),
    ] {
        let mail =
            compose(&letter("en"), &from.parse().unwrap(), &Templates::default()).unwrap().content;
        let parsed = MessageParser::new().parse(mail.as_bytes()).unwrap();
        assert_eq!(parsed.from().unwrap().first().unwrap().name(), name, "{from}");
    }
}
