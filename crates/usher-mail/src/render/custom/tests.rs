use std::collections::BTreeSet;

use insta::assert_snapshot;
use mail_parser::MessageParser;
use minijinja::Value;
use tempfile::TempDir;

use super::*;
use crate::{
    message::compose,
    render::custom_check::{all_variables, variables_of},
    samples::LINK,
    test_letters::{SIGN_IN, bare, letter, new_pin, welcome},
};

const MANUAL: &str = include_str!("../../../../../docs/templates.md");

const TEXT: &str = "Welcome to {{ place }}: {{ link }}\n";

const TEXT_WITH_PIN: &str = "{{ pin or '' }} {{ link }}\n";

/// A folder with these files.
fn folder<T: AsRef<[u8]>>(files: &[(&str, T)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, source) in files {
        fs::write(folder.path().join(file), source).unwrap();
    }
    folder
}

fn templates(files: &[(&str, &str)]) -> Templates {
    Templates::read(folder(files).path()).unwrap_or_else(|it| panic!("{it}"))
}

/// What is wrong with a folder of these files.
fn wrong<T: AsRef<[u8]>>(files: &[(&str, T)]) -> String {
    let error = Templates::read(folder(files).path()).err().expect("nothing is wrong");
    error.to_string()
}

fn as_guest(letter: Letter) -> Letter {
    Letter { template: Some("guest".to_owned()), ..letter }
}

fn mail(templates: &Templates, letter: &Letter) -> String {
    compose(letter, &"noreply@usher.example".parse().unwrap(), templates).unwrap().content
}

/// What the manual shows: each file below its name in bold.
fn example() -> Vec<(&'static str, &'static str)> {
    let blocks = MANUAL.split("\n**`").skip(1);
    let file = |block: &'static str| {
        let (name, block) = block.split_once("`**").unwrap();
        (name, block.split("```").nth(1).unwrap().split_once('\n').unwrap().1)
    };
    blocks.map(file).collect()
}

#[test]
fn the_example_of_the_manual_says_a_letter_in_its_own_words() {
    let it = templates(&example());
    assert_eq!(it.names().collect::<Vec<_>>(), ["guest"]);
    let rendered = it.render(&as_guest(letter("en"))).unwrap();
    assert_eq!(rendered.subject, "Ada, your place in Acme Observatory");
    assert_snapshot!(rendered.text, @r"
    Hello Ada,

    The night team would like to have you in Acme Observatory as Editor and Reviewer.

    The night team writes:
    We keep the night schedule here.

    Glad to have you.

    Come in before 30 November 2026, 18:00 UTC:

    https://invite.example/accept?invitation=AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-
    ");

    let rendered = it.render(&as_guest(bare("en"))).unwrap();
    assert_eq!(rendered.subject, "Your place in Acme Observatory");
    assert_snapshot!(rendered.text, @r"
    Hello,

    There is a place for you in Acme Observatory.

    Come in before 30 November 2026, 18:00 UTC:

    https://invite.example/accept?invitation=AZqL0u7EfwCAAAAAAAAAAQEBAQEBAQEBAQEBAQEBAQ_-
    ");

    let html = it.render(&as_guest(letter("de-AT"))).unwrap().html.unwrap();
    for words in [
        "<html lang=\"de\" dir=\"ltr\"",
        "<title>Ada, your place in Acme Observatory</title>",
        ">Guten Tag Ada,</div>",
        "The night team schreibt:<br />We keep the night schedule here.<br />",
        "Einladung öffnen",
        &format!("href=\"{LINK}\""),
    ] {
        assert!(html.contains(words), "{words} in {html}");
    }
}

#[test]
fn without_a_template_a_letter_is_what_it_was() {
    let it = templates(&[("guest.txt", TEXT)]);
    assert_eq!(it.render(&letter("de")).unwrap(), built_in::render(&letter("de")).unwrap());
    assert_eq!(mail(&it, &letter("de")), mail(&Templates::default(), &letter("de")));
}

#[test]
fn letters_to_members_are_written_in_the_templates_of_their_name() {
    let it = templates(&[
        ("welcome.subject.txt", "{{ place }} has you{{ ' until' if until }}"),
        ("welcome.txt", "Come in{% if pin %} with {{ pin }}{% endif %}: {{ link }}\n"),
        (
            "new-pin.txt",
            "{{ note or '' }}{% for it in facts %}{{ it.value }} {% endfor %}{{ link }}",
        ),
        ("new-pin.html", "<p>{{ pin or subject }} <a href=\"{{ href }}\">{{ button }}</a>"),
    ]);
    let rendered = it.render(&welcome("de", Some("0471"))).unwrap();
    assert_eq!(rendered.subject, "Acme Observatory has you");
    assert_eq!(rendered.text, format!("Come in with 0471: {SIGN_IN}\n"));
    assert_eq!((rendered.html, rendered.language), (None, None));
    assert_eq!(it.render(&welcome("en", None)).unwrap().text, format!("Come in: {SIGN_IN}\n"));

    let rendered = it.render(&new_pin("en", "0471")).unwrap();
    assert_eq!(rendered.subject, "Your new pin for Acme Observatory");
    assert_eq!(rendered.text, format!("Any pin that you had before is void.0471 {SIGN_IN}"));
    let href = SIGN_IN.replace('&', "&amp;");
    let page = format!("<p>0471 <a href=\"{href}\">Sign in with the pin</a>");
    assert_eq!(rendered.html, Some(page));

    let invitation = Letter { template: Some("welcome".to_owned()), ..letter("en") };
    assert_eq!(it.render(&invitation).unwrap().subject, "Acme Observatory has you until");
    assert_eq!(it.render(&letter("en")).unwrap(), built_in::render(&letter("en")).unwrap());
}

#[test]
fn letters_to_members_say_the_same_as_ever_beside_templates_of_other_names() {
    let it = templates(&[("guest.txt", TEXT), ("welcome.txt", TEXT_WITH_PIN)]);
    let letter = new_pin("de", "0471");
    assert_eq!(it.render(&letter).unwrap(), built_in::render(&letter).unwrap());
}

#[test]
fn templates_for_members_are_tried_on_their_letters() {
    for (file, source, said) in [
        (
            "welcome.txt",
            "{{ link }}{{ pin }}",
            "`pin` is undefined in some letters; ask for it with {% if %}",
        ),
        ("welcome.txt", "{{ link }}", "it must show the pin to whoever gets one: {{ pin }}"),
        ("new-pin.txt", "{{ link }}", "it must show the pin to whoever gets one: {{ pin }}"),
        ("welcome.txt", "{{ link }}{{ until }}", "`until` is undefined in some letters"),
        ("new-pin.txt", "{{ link }}{{ until_utc }}", "`until_utc` is undefined in some letters"),
        ("welcome.txt", "{% if pin %}{{ pin }}{{ link }}{% endif %}", "it must show every reader"),
        ("welcome.html", "{{ href }}", "it must show the pin to whoever gets one: {{ pin }}"),
        ("new-pin.mjml", "<mjml><mj-body><mj-raw>{{ href }}</mj-raw></mj-body></mjml>", "it must"),
        ("welcome.subject.txt", "{{ pin or '' }}", "it must make one line"),
        (
            "new-pin.subject.txt",
            "{{ pin }}",
            "`pin` is undefined in some letters; ask for it with {% if %}",
        ),
        (
            "guest.txt",
            "{{ link }}{{ pin }}",
            "`pin` is undefined in some letters; ask for it with {% if %}",
        ),
    ] {
        let name = file.split('.').next().unwrap();
        let words = wrong(&[(&*format!("{name}.txt"), TEXT_WITH_PIN), (file, source)]);
        assert!(words.contains(&format!(" in {file}")) && words.contains(said), "{words}");
    }
    templates(&[("guest.txt", "{{ until }} {{ link }}")]);
}

#[test]
fn no_subject_knows_of_a_pin() {
    let subject = "{{ place }}{% for it in facts %} {{ it.value }}{% endfor %}{{ pin or '' }}";
    let it = templates(&[
        ("welcome.subject.txt", subject),
        ("welcome.txt", TEXT_WITH_PIN),
        ("welcome.html", "<title>{{ subject }}</title>{{ pin or '' }}{{ href }}"),
    ]);
    let letter = welcome("en", Some("zQ7zQ7"));
    let rendered = it.render(&letter).unwrap();
    assert_eq!(rendered.subject, "Acme Observatory Editor, Reviewer");
    assert!(rendered.html.unwrap().contains(", Reviewer</title>zQ7zQ7"));
    assert_eq!(mail(&it, &letter).matches("zQ7zQ7").count(), 2);
}

#[test]
fn a_template_of_text_makes_a_mail_of_text() {
    let it = templates(&[("guest.txt", TEXT)]);
    let mail = mail(&it, &as_guest(letter("en")));
    let parsed = MessageParser::new().parse(mail.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("The night team invites you to Acme Observatory"));
    assert_eq!(parsed.parts.len(), 1);
    assert_eq!(
        parsed.parts[0].text_contents().unwrap().trim_end(),
        format!("Welcome to Acme Observatory: {LINK}")
    );
    assert!(!mail.contains("Content-Language"));
}

#[test]
fn the_same_letter_is_the_same_mail() {
    let it = templates(&[
        ("guest.txt", TEXT),
        ("guest.html", "<p>{% for fact in facts %}{{ fact.name }}{% endfor %}{{ href }}"),
    ]);
    let letter = as_guest(letter("en"));
    assert_eq!(mail(&it, &letter), mail(&it, &letter));
    assert!(mail(&it, &letter).contains("\r\nMessage-ID: <0000000000000000000000000000001a.1@"));
}

#[test]
fn each_file_is_taken_in_the_nearest_language() {
    let it = templates(&[
        ("guest.txt", "any {{ link }}"),
        ("guest.de.txt", "de {{ until }} {{ link }}"),
        ("guest.pt-BR.txt", "pt-BR {{ until_utc }} {{ link }}"),
        ("guest.fr.subject.txt", "fr"),
        ("guest.de.html", "de {{ href }}"),
    ]);
    for (locale, subject, text, html, language) in [
        ("en", "You are invited to", "any", None, None),
        ("de", "Sie sind eingeladen:", "de 30. November 2026, 18:00 UTC", Some("de"), Some("de")),
        ("de_AT", "Sie sind eingeladen:", "de", Some("de"), Some("de")),
        ("pt-br", "You are invited to", "pt-BR 2026-11-30 18:00 UTC", None, Some("pt-br")),
        ("pt", "You are invited to", "any", None, None),
        ("fr-CA", "fr", "any", None, None),
    ] {
        let rendered = it.render(&as_guest(bare(locale))).unwrap();
        assert!(rendered.subject.starts_with(subject), "{locale}: {}", rendered.subject);
        assert!(rendered.text.starts_with(&format!("{text} ")), "{locale}: {}", rendered.text);
        assert_eq!(rendered.html.map(|it| it[..2].to_owned()).as_deref(), html, "{locale}");
        assert_eq!(rendered.language.as_deref(), language, "{locale}");
    }
    assert!(mail(&it, &as_guest(bare("de-AT"))).contains("\r\nContent-Language: de\r\n"));
}

#[test]
fn what_people_wrote_is_text_and_nothing_else() {
    let all = "{{ place }} {{ name or '' }} {{ inviter or '' }} {{ roles|join }} {{ greeting }} \
               {{ subject }} {% if message %}{{ message.by }} {{ message.lines|join }}{% endif %}";
    let (text, html) = (format!("{all}\n{{{{ link }}}}"), format!("<p>{all}<p>{{{{ href }}}}"));
    let it = templates(&[("guest.subject.txt", all), ("guest.txt", &text), ("guest.html", &html)]);
    let hostile = "<script>\r\nBcc: {{ link }} evil.example \u{202e}pay@evil.example =?utf-8?q?x?=";
    let letter = as_guest(Letter {
        name: Some(hostile.to_owned()),
        inviter: Some(hostile.to_owned()),
        place: hostile.to_owned(),
        roles: vec![hostile.to_owned()],
        message: Some(hostile.to_owned()),
        ..letter("en")
    });
    let rendered = it.render(&letter).unwrap();
    let html = rendered.html.unwrap();
    assert!(!html.contains("<script") && html.contains("&lt;script&gt; "));
    for part in [&rendered.text, &html] {
        assert!(part.contains("{{ link }}") && part.contains(LINK), "{part}");
        assert!(!part.contains("evil.example") && !part.contains('\u{202e}'), "{part}");
    }
    assert!(
        !rendered.subject.contains(['\r', '\n', '\u{202e}']) && !rendered.subject.contains("=?")
    );
    let mail = mail(&it, &letter);
    assert!(MessageParser::new().parse(mail.as_bytes()).unwrap().bcc().is_none());
}

#[test]
fn a_partial_is_there_to_be_included_and_no_template() {
    let it = templates(&[
        ("_sign.txt", "{{ inviter or place }}!"),
        ("_sign.html", "<b>{{ inviter or place }}</b>"),
        ("guest.txt", "{{ link }}\n\n{% include '_sign.txt' %}"),
        (
            "guest.mjml",
            "<mjml><mj-body><mj-section><mj-column><mj-text>{{ href }} {% include '_sign.html' %}\
             </mj-text></mj-column></mj-section></mj-body></mjml>",
        ),
    ]);
    assert_eq!(it.names().collect::<Vec<_>>(), ["guest"]);
    assert!(!it.has("_sign"));
    let rendered =
        it.render(&as_guest(Letter { place: "A & B".to_owned(), ..bare("en") })).unwrap();
    assert_eq!(rendered.text, format!("{LINK}\n\nA & B!"));
    assert!(rendered.html.unwrap().contains("<b>A &amp; B</b>"));
}

#[test]
fn each_fault_is_named_with_its_file_and_line() {
    let mjml = |within: &str| {
        format!(
            "<mjml>\n<mj-body><mj-section><mj-column>\n<mj-text>{within}</mj-text>\n\
             </mj-column></mj-section></mj-body>\n</mjml>"
        )
    };
    for (file, source, said) in [
        ("a.txt", "Hello\n{{ nam }} {{ link }}", "a.txt, line 2: there is no variable `nam`"),
        (
            "a.txt",
            "{{ link }}\n{% if name == 'x' %}\n{{ nam }}{% endif %}",
            "a.txt, line 3: there is no variable `nam`",
        ),
        (
            "a.txt",
            "{{ link }}{% if message.bye %}{% endif %}",
            "a.txt, line 1: there is no variable `message.bye`",
        ),
        ("a.txt", "{{ link }} {{ name }}", "a.txt, line 1: `name` is undefined in some letters"),
        (
            "a.txt",
            "{{ link }}{{ 'Hello ' ~ name }}",
            "a.txt, line 1: `name` is undefined in some letters",
        ),
        ("a.txt", "{{ link }}\n{{ message.by }}", "a.txt, line 2: `message` is undefined in some"),
        ("a.txt", "{{ link }}\n{{ roles[0] }}", "a.txt, line 2: `roles[0]` is undefined in some"),
        ("a.txt", "{{ link }}\n{% if name %}", "a.txt, line 2: unexpected end of input"),
        (
            "a.txt",
            "{{ link }}{% include 'b.txt' %}",
            "a.txt, line 1: tried to include non-existing",
        ),
        (
            "a.txt",
            "{{ link }}{% include '../b.txt' %}",
            "a.txt, line 1: tried to include non-existing",
        ),
        ("a.txt", "{{ link }}{% include 'a.txt' %}", "a.txt, line 1: recursion limit exceeded"),
        ("a.txt", "{{ link }}{{ 'x' * 99999999 }}", "a.txt, line 1: engine ran out of fuel"),
        ("a.txt", "{{ link }}{{ debug() }}", "a.txt, line 1: there is no variable `debug`"),
        ("a.txt", "Hello", "a.txt: it must show every reader the link"),
        (
            "a.txt",
            "{% if name %}{{ link }}{% endif %}",
            "a.txt: it must show every reader the link",
        ),
        ("a.subject.txt", "", "a.subject.txt: it must make one line"),
        ("a.subject.txt", "{% if name %}Hello{% endif %}", "a.subject.txt: it must make one line"),
        ("a.subject.txt", "Hello\n{{ place }}", "a.subject.txt: it must make one line"),
        ("a.html", "{{ href }}{{ place|safe }}", "a.html, line 1: filter safe is unknown"),
        (
            "a.html",
            "{{ href }}\n{% autoescape false %}{{ place }}{% endautoescape %}",
            "a.html, line 2: escaping cannot be changed; remove {% autoescape %}",
        ),
        ("a.html", "Hello", "a.html: it must show every reader the link"),
        ("a.mjml", "<mjml><mj-body>", "a.mjml: unexpected end of stream"),
        ("a.mjml", "<mjml>\n<mj-body a=></mj-body></mjml>", "a.mjml, line 2: invalid attribute"),
        (
            "a.mjml",
            "<mjml>\n<mj-head>\n<mj-foo /></mj-head></mjml>",
            "a.mjml, line 3: this element is not allowed here",
        ),
        (
            "a.mjml",
            "<mjml>\n<mj-body><mj-include path=\"b\" /></mj-body></mjml>",
            "a.mjml, line 2: <mj-include> is not supported; use {% include %}",
        ),
        ("a.mjml", &mjml("{{ href }} {{ nam }}"), "a.mjml, line 3: there is no variable `nam`"),
        ("a.mjml", &mjml("{{ href }} {{ nam"), "a.mjml, line 3: unexpected `/`"),
        (
            "a.mjml",
            "<mjml>\n<mj-body><mj-raw>{{ href }}{% if name %}</mj-raw></mj-body>\n\
             <mj-head><mj-title>{% endif %}</mj-title></mj-head></mjml>",
            "a.mjml: in the HTML made of it, unknown statement endif",
        ),
    ] {
        let beside = [("a.txt", TEXT), (file, source)];
        let words = wrong(&beside);
        let expected = format!("`mail.templates` has a fault in {said}");
        assert!(words.starts_with(&expected), "{source}: {words}");
    }
}

#[test]
fn a_fault_in_a_partial_is_named_there() {
    let files = [("a.txt", "{{ link }}{% include '_b.txt' %}"), ("_b.txt", "\n{{ nam }}")];
    assert_eq!(
        wrong(&files),
        "`mail.templates` has a fault in _b.txt, line 2: there is no variable `nam`"
    );
}

#[test]
fn names_are_held_to_their_form() {
    let long = format!("{}.txt", "a".repeat(65));
    for file in [
        "Welcome.txt",
        "wel come.txt",
        "wélcome.txt",
        "a.subject.html",
        "a.subject.de.txt",
        "a.de.at.txt",
        "a.d.txt",
        "a..txt",
        &long,
    ] {
        let words = wrong(&[("a.txt", TEXT), (file, TEXT)]);
        assert!(words.contains(&format!(" in {file}: its name must be NAME.txt,")), "{words}");
    }
    let longest = "a".repeat(64);
    let it = templates(&[
        (&format!("{longest}.txt"), TEXT),
        ("0-a_b.de-AT.html", "{{ href }}"),
        ("0-a_b.txt", TEXT),
    ]);
    assert_eq!(it.names().collect::<Vec<_>>(), ["0-a_b", &*longest]);
}

#[test]
fn a_template_has_a_text_and_each_part_once_in_each_language() {
    let html = "{{ href }}";
    assert_eq!(
        wrong(&[("a.de.txt", TEXT), ("a.html", html)]),
        "`mail.templates` has a fault in a.txt: it is missing; every template needs a text for all \
         languages"
    );
    let files = [("a.txt", TEXT), ("a.html", html), ("a.mjml", "<mjml></mjml>")];
    assert_eq!(
        wrong(&files),
        "`mail.templates` has a fault in a.mjml: a.html is the same part in the same language; keep \
         one"
    );
    let words = wrong(&[("a.txt", TEXT), ("a.de-AT.txt", TEXT), ("a.de-at.txt", TEXT)]);
    assert!(
        words.contains("a.de-at.txt: a.de-AT.txt is the same part in the same language; keep one"),
        "{words}"
    );
}

#[test]
fn files_are_bounded_and_in_utf_8() {
    let of = |size: usize| format!("{{{{ link }}}}{}", " ".repeat(size - 10)).into_bytes();
    assert!(Templates::read(folder(&[("a.txt", of(256 * 1024))]).path()).is_ok());
    assert!(
        wrong(&[("a.txt", of(256 * 1024 + 1))]).ends_with("a.txt: it must have 256 KiB at most")
    );
    assert!(wrong(&[("a.txt", b"\xff")]).ends_with("a.txt: it must be in UTF-8"));
    let it = templates(&[("guest.txt", "\u{feff}one\r\n{{ link }}\r\n")]);
    let rendered = it.render(&as_guest(bare("en"))).unwrap();
    assert_eq!(rendered.text, format!("one\n{LINK}\n"));
    let names: Vec<_> = (0..=MAX_FILES).map(|it| format!("{it}.txt")).collect();
    let files: Vec<_> = names.iter().map(|it| (&**it, TEXT)).collect();
    assert_eq!(wrong(&files), "`mail.templates` must hold 1000 files at most");
}

#[test]
fn what_is_no_template_is_passed_over() {
    let folder =
        folder(&[("a.txt", TEXT), (".a.txt", "{{"), ("a.txt~", "{{"), ("README.md", "{{")]);
    fs::create_dir(folder.path().join("old")).unwrap();
    assert!(Templates::read(folder.path()).is_ok());
    fs::create_dir(folder.path().join("b.txt")).unwrap();
    let error = Templates::read(folder.path()).err().unwrap().to_string();
    assert_eq!(error, "`mail.templates` has a fault in b.txt: it must be a file");
    let error = Templates::read(&folder.path().join("none")).err().unwrap().to_string();
    assert!(error.starts_with("`mail.templates` cannot be read: No such file"), "{error}");
}

#[test]
fn the_manual_names_every_variable() {
    let names: BTreeSet<_> = all_variables().flat_map(|it| names(&it)).collect();
    assert_eq!(names.len(), 24, "{names:?}");
    for name in names {
        assert!(MANUAL.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_manual_lists_the_letters_that_have_a_template_of_their_own() {
    let rows = members_chapter().lines().filter_map(|it| it.strip_prefix("| `"));
    let listed: BTreeSet<_> = rows.filter_map(|it| it.split('`').next()).collect();
    let kinds = letters::sample_kinds();
    let own: BTreeSet<_> = kinds.iter().filter_map(|it| letters::define(it).template).collect();
    assert_eq!(listed, own);
}

#[test]
fn the_manual_says_which_variables_letters_to_members_lack() {
    let sentence = members_chapter().split("the variables of invitations, but no ").nth(1).unwrap();
    let sentence = sentence.split(';').next().unwrap();
    let listed: BTreeSet<_> = sentence.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let (members, invitations): (Vec<_>, Vec<_>) =
        letters::sample_kinds().into_iter().partition(|it| letters::define(it).template.is_some());
    let names = |kinds: Vec<_>| -> BTreeSet<_> {
        kinds.into_iter().flat_map(variables_of).flat_map(|it| names(&it)).collect()
    };
    let lacking: BTreeSet<_> = names(invitations).difference(&names(members)).cloned().collect();
    assert_eq!(listed, lacking);
}

/// What the manual says of letters to members.
fn members_chapter() -> &'static str {
    let chapter = MANUAL.split("\n## ").find(|it| it.starts_with("Letters to members\n"));
    chapter.unwrap()
}

fn names(variables: &Value) -> Vec<String> {
    variables.try_iter().unwrap().map(|it| it.to_string()).collect()
}
