//! No test is ignored, and none passes by a panic that may come from anywhere.

use crate::{tidy::text::lines, tree::File};

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    lines(files, ".rs", |line| {
        let line = line.trim_start();
        line.starts_with("#[ignore") || line.starts_with("#[should_panic")
    })
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn a_test_that_does_not_count_is_found() {
        let text = "//! Tests.\n#[test]\nfn a() {}\n\n    #[ignore = \"slow\"]\n#[should_panic]\n";
        let files = planted(&[("crates/usher-mail/tests/a.rs", text)]);
        let expected = [
            "crates/usher-mail/tests/a.rs:5: #[ignore = \"slow\"]",
            "crates/usher-mail/tests/a.rs:6: #[should_panic]",
        ];
        assert_eq!(faults(&files), expected);
    }
}
