use proptest::prelude::*;

use super::*;

fn folded(text: &str) -> String {
    Mailbox::parse(text).unwrap().folded().to_owned()
}

#[test]
fn addresses_fold_as_people_mean_them() {
    let table = [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org\t", "ada@example.org"),
        ("ada+news@example.org", "ada+news@example.org"),
        ("a.d.a@example.org", "a.d.a@example.org"),
        ("a@münchen.de", "a@xn--mnchen-3ya.de"),
        ("a@XN--MNCHEN-3YA.de", "a@xn--mnchen-3ya.de"),
        ("a@mu\u{308}nchen.de", "a@xn--mnchen-3ya.de"),
        ("JüRGEN@example.org", "jürgen@example.org"),
        ("ju\u{308}rgen@example.org", "jürgen@example.org"),
        ("\u{212a}@example.org", "k@example.org"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        (r#""ada"@example.org"#, "ada@example.org"),
        (r#""a b"@example.org"#, r#""a b"@example.org"#),
        (r#""a\"B"@example.org"#, r#""a\"b"@example.org"#),
        (r#""A@b"@example.org"#, r#""a@b"@example.org"#),
    ];
    for (text, expected) in table {
        assert_eq!(folded(text), expected, "{text}");
    }
}

/// A mail server may deliver them to two people, and whoever reads one mailbox has not proven another.
#[test]
fn mailboxes_that_differ_in_more_than_the_case_of_ascii_are_two() {
    for (one, other) in [
        ("weiß", "weiss"),
        ("weiß", "WEISS"),
        ("\u{1e9e}", "ß"),
        ("\u{17f}x", "sx"),
        ("\u{fb01}sch", "fisch"),
        ("οδος", "οδοσ"),
        ("ΟΔΟΣ", "οδοσ"),
        ("JÜRGEN", "jürgen"),
        ("İ", "i"),
        ("ı", "i"),
        ("\u{ff41}da", "ada"),
        ("\"weiß ß\"", "\"weiss ss\""),
    ] {
        let [one, other] = [one, other].map(|it| format!("{it}@example.org"));
        let read = |it: &str| Mailbox::parse(it).unwrap();
        assert_ne!(read(&one), read(&other), "{one} {other}");
        // Each letter goes to the very mailbox that its link proves.
        for it in [&one, &other].map(|it| read(it)) {
            assert_eq!(read(it.typed()), it);
            assert_eq!(it.folded(), it.typed().to_ascii_lowercase());
        }
    }
}

#[test]
fn characters_of_all_scripts_are_taken_but_for_other_forms_of_the_symbols_of_ascii() {
    for taken in ["संपर्क", "用户", "χρήστης", "пользователь", "مستخدم", "ผู้ใช้", "o’brien", "😀"]
    {
        assert!(Mailbox::parse(&format!("{taken}@example.org")).is_ok(), "{taken}");
    }
    for refused in ["a＋b", "\"a＋b\"", "a．b", "a＠b", "\"a＂b\"", "a…", "a\u{3000}b"] {
        let refused = Mailbox::parse(&format!("{refused}@example.org"));
        assert_eq!(refused, Err(InvalidMailbox::Local), "{refused:?}");
    }
}

#[test]
fn what_is_no_mailbox_is_refused_by_its_rule() {
    use InvalidMailbox::{Domain, Local, NoAt, TooLong};
    let long_local = format!("{}@example.org", "a".repeat(65));
    let long_domain = format!("a@{}.org", vec!["b".repeat(60); 5].join("."));
    let table = [
        ("", NoAt),
        ("ada", NoAt),
        ("@example.org", Local),
        ("a..b@example.org", Local),
        (".a@example.org", Local),
        ("a b@example.org", Local),
        ("a\u{202e}b@example.org", Local),
        ("a\r\nBcc: b@example.org", Local),
        ("\"a\nb\"@example.org", Local),
        ("\"a@example.org", Local),
        ("Ada <ada@example.org>", Local),
        (&long_local, Local),
        ("ada@", Domain),
        ("a@localhost", Domain),
        ("a@[127.0.0.1]", Domain),
        ("a@127.0.0.1", Domain),
        ("a@foo_bar.org", Domain),
        ("a@-x.org", Domain),
        ("a@xn--a.org", Domain),
        ("a@example.org.", Domain),
        ("a@exa mple.org", Domain),
        ("a@b@", Local),
        ("a@@example.org", Local),
        (&"x".repeat(5000), TooLong),
    ];
    for (text, expected) in table {
        assert_eq!(Mailbox::parse(text), Err(expected), "{text}");
    }
    assert!(matches!(Mailbox::parse(&long_domain), Err(Domain | TooLong)));
}

#[test]
fn it_is_kept_as_typed_and_its_domain_is_in_a_labels() {
    let mailbox = Mailbox::parse("Jürgen+A@München.de").unwrap();
    assert_eq!(mailbox.typed(), "Jürgen+A@München.de");
    assert_eq!((mailbox.local(), mailbox.domain()), ("Jürgen+A", "xn--mnchen-3ya.de"));
}

#[test]
fn debug_hides_the_person() {
    let mailbox = Mailbox::parse("ada@example.org").unwrap();
    assert_eq!(format!("{mailbox:?}"), "Mailbox(…@example.org)");
}

proptest! {
    #[test]
    fn folding_is_a_fixed_point(text in r"\PC{1,12}@[a-zA-ZäöüßéλЖ0-9]{1,10}\.[a-z]{2,5}") {
        if let Ok(mailbox) = Mailbox::parse(&text) {
            let again = Mailbox::parse(mailbox.folded()).unwrap();
            prop_assert_eq!(again.folded(), mailbox.folded());
        }
    }

    #[test]
    fn the_case_of_ascii_never_tells_two_mailboxes_apart(text in r"[a-zA-ZàéîöüßλЖ+._-]{1,12}@[a-z]{1,10}\.[a-z]{2,5}") {
        if let Ok(mailbox) = Mailbox::parse(&text) {
            prop_assert_eq!(&Mailbox::parse(&text.to_ascii_lowercase()).unwrap(), &mailbox);
            prop_assert_eq!(&Mailbox::parse(&text.to_ascii_uppercase()).unwrap(), &mailbox);
        }
    }

    #[test]
    fn normal_forms_are_one_mailbox(local in r"[a-zàéîöüñ]{1,12}") {
        let composed = Mailbox::parse(&format!("{}@example.org", local.nfc())).unwrap();
        let decomposed = Mailbox::parse(&format!("{}@example.org", local.nfd())).unwrap();
        prop_assert_eq!(composed.typed(), decomposed.typed());
        prop_assert_eq!(composed, decomposed);
    }

    #[test]
    fn any_text_is_read_or_refused_and_never_panics(text in r"\PC{0,80}") {
        let _ = Mailbox::parse(&text);
    }
}
