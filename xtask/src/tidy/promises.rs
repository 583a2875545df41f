//! What docs/security.md and docs/asvs.md promise is held by tests that exist, and docs/asvs.md has every
//! requirement of its standard once.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{File, ending};

const SECURITY: &str = "docs/security.md";
const ASVS: &str = "docs/asvs.md";
const CODE: &str = ".rs";

/// The sections of OWASP ASVS 5.0.0, and how many requirements of levels 1 and 2 each has. Those of a
/// section are counted from 1.
const SECTIONS: &[(&str, usize)] = &[
    ("1.1", 2),
    ("1.2", 9),
    ("1.3", 11),
    ("1.4", 3),
    ("1.5", 2),
    ("2.1", 3),
    ("2.2", 3),
    ("2.3", 4),
    ("2.4", 1),
    ("3.2", 2),
    ("3.3", 4),
    ("3.4", 6),
    ("3.5", 5),
    ("3.7", 2),
    ("4.1", 3),
    ("4.2", 1),
    ("4.3", 2),
    ("4.4", 4),
    ("5.1", 1),
    ("5.2", 3),
    ("5.3", 2),
    ("5.4", 3),
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 4),
    ("6.4", 4),
    ("6.5", 5),
    ("6.6", 3),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 2),
    ("7.6", 2),
    ("8.1", 2),
    ("8.2", 3),
    ("8.3", 1),
    ("8.4", 1),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 2),
    ("10.3", 4),
    ("10.4", 11),
    ("10.5", 5),
    ("10.6", 2),
    ("10.7", 3),
    ("11.1", 2),
    ("11.2", 3),
    ("11.3", 3),
    ("11.4", 4),
    ("11.5", 1),
    ("11.6", 1),
    ("12.1", 3),
    ("12.2", 2),
    ("12.3", 4),
    ("13.1", 1),
    ("13.2", 5),
    ("13.3", 2),
    ("13.4", 5),
    ("14.1", 2),
    ("14.2", 4),
    ("14.3", 3),
    ("15.1", 3),
    ("15.2", 3),
    ("15.3", 7),
    ("16.1", 1),
    ("16.2", 5),
    ("16.3", 4),
    ("16.4", 3),
    ("16.5", 3),
    ("17.1", 1),
    ("17.2", 4),
    ("17.3", 2),
];

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let text = |path: &str| {
        let found = files.iter().find(|(it, _)| it == path);
        found.map_or("", |(_, text)| text.as_str())
    };
    let mut found = strangers(SECURITY, text(SECURITY), files);
    found.extend(strangers(ASVS, text(ASVS), files));
    found.extend(uncounted(text(ASVS)));
    found
}

/// The names of tests and files in a document that are no names of the tree.
fn strangers(document: &str, text: &str, files: &[File]) -> Vec<String> {
    let functions: BTreeSet<_> =
        ending(files, CODE).flat_map(|(_, text)| functions(text)).collect();
    let quoted = text.split('`').skip(1).step_by(2);
    let is_known = |name: &str| {
        if name.ends_with(CODE) {
            let end = format!("/{name}");
            files.iter().any(|(path, _)| path == name || path.ends_with(&end))
        } else {
            !is_test_name(name) || functions.contains(name)
        }
    };
    let strangers = quoted.filter(|it| !is_known(it));
    strangers.map(|it| format!("{document} names `{it}`, which is not there")).collect()
}

/// The names of tests are sentences, so they are longer than those of settings and columns.
fn is_test_name(name: &str) -> bool {
    let is_part_of_name = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    name.bytes().all(is_part_of_name) && name.matches('_').count() >= 3
}

fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|it| it.split(['(', '<']).next())
}

/// The requirements that the rows do not have, have twice, or have although there are none such.
fn uncounted(text: &str) -> Vec<String> {
    let rows = text.lines().filter_map(|it| it.strip_prefix("| ")?.split(" | ").next());
    let named = rows.filter(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for number in named.flat_map(|it| it.split(", ")) {
        *times.entry(number.to_owned()).or_default() += 1;
    }
    let number = |(section, count): &(&'static str, usize)| {
        let section = *section;
        (1..=*count).map(move |it| format!("{section}.{it}"))
    };
    let mut found = Vec::new();
    for number in SECTIONS.iter().flat_map(number) {
        match times.remove(&number) {
            Some(1) => {}
            Some(_) => found.push(format!("{ASVS} has {number} more than once")),
            None => found.push(format!("{ASVS} says nothing of {number}")),
        }
    }
    let others = times.into_keys();
    found
        .extend(others.map(|it| format!("{ASVS} has {it}, which is no requirement of its levels")));
    found
}

#[cfg(test)]
mod tests {
    use super::{SECTIONS, faults};
    use crate::tree::planted;

    fn rows() -> String {
        let row = |(section, count): &(&str, usize)| {
            let numbers: Vec<_> = (1..=*count).map(|it| format!("{section}.{it}")).collect();
            format!("| {} | met | `it_is_so_for_all` |\n", numbers.join(", "))
        };
        SECTIONS.iter().map(row).collect()
    }

    #[test]
    fn a_promise_that_no_test_holds_and_a_requirement_that_is_left_out_are_found() {
        let code = ("crates/usher-domain/src/link/tests.rs", "async fn it_is_so_for_all() {}");
        let security =
            "`link/tests.rs`, `it_is_so_for_all`, `http.sign_in_rate` and `sign_in_rate`";
        let good = [code, ("docs/security.md", security), ("docs/asvs.md", &rows())];
        assert_eq!(faults(&planted(&good)), [""; 0]);
        let asvs = rows().replace("| 1.1.1, 1.1.2 |", "| 1.1.1, 1.1.1, 18.1.1 |");
        let bad =
            [code, ("docs/security.md", "`it_was_so_for_all`, `text.rs`"), ("docs/asvs.md", &asvs)];
        let expected = [
            "docs/security.md names `it_was_so_for_all`, which is not there",
            "docs/security.md names `text.rs`, which is not there",
            "docs/asvs.md has 1.1.1 more than once",
            "docs/asvs.md says nothing of 1.1.2",
            "docs/asvs.md has 18.1.1, which is no requirement of its levels",
        ];
        assert_eq!(faults(&planted(&bad)), expected);
    }
}
