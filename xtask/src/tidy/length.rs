//! A file that is too long to be read at once is split, or says at its head why it is not.

use crate::tree::{File, ending};

/// Lines of a source file, and of a file of tests.
const SOURCE: usize = 500;
const TESTS: usize = 800;

/// How a line of the head begins that gives a reason.
const REASON: &str = "//! Long because";

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let long = ending(files, ".rs").filter_map(|(path, text)| {
        let limit = if is_test(path) { TESTS } else { SOURCE };
        let mut head = text.lines().take_while(|it| it.starts_with("//!"));
        let (length, excused) = (text.lines().count(), head.any(|it| it.starts_with(REASON)));
        (length > limit && !excused).then(|| {
            format!("{path} has {length} lines, {limit} at most: split it, or say `{REASON} …` at its head")
        })
    });
    long.collect()
}

fn is_test(path: &str) -> bool {
    // The package in tests/ has sources too.
    let path = path.trim_start_matches("tests/src/");
    let folder = path.starts_with("tests/") || path.contains("/tests/");
    folder || path.ends_with("/tests.rs") || path.contains("/testing/contract/")
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn a_long_file_without_a_reason_is_found() {
        let [source, tests] =
            [501, 801].map(|it| "//! Says so.\n".to_owned() + &"\n".repeat(it - 1));
        let excused = source.replacen('\n', "\n//! Long because it is one table.\n", 1);
        let late = format!("{}//! Long because it is late.\n", &source[..source.len() - 1]);
        let files = planted(&[
            ("crates/usher-mail/src/a.rs", &source),
            ("crates/usher-mail/src/b.rs", &source[..source.len() - 1]),
            ("crates/usher-mail/src/c.rs", &excused),
            ("crates/usher-mail/src/d.rs", &late),
            ("crates/usher-mail/src/a/tests.rs", &source),
            ("crates/usher-mail/src/b/tests.rs", &tests),
            ("crates/usher-mail/src/testing/contract/users.rs", &tests),
            ("tests/src/server.rs", &source),
            ("tests/e2e/story.rs", &source),
            ("docs/a.md", &tests),
        ]);
        let found = |path, length, limit| {
            format!(
                "{path} has {length} lines, {limit} at most: split it, or say `//! Long because …` at its head"
            )
        };
        let expected = [
            found("crates/usher-mail/src/a.rs", 501, 500),
            found("crates/usher-mail/src/d.rs", 501, 500),
            found("crates/usher-mail/src/b/tests.rs", 801, 800),
            found("crates/usher-mail/src/testing/contract/users.rs", 801, 800),
            found("tests/src/server.rs", 501, 500),
        ];
        assert_eq!(faults(&files), expected);
    }
}
