//! A new membership is made behind the gate alone: where an organization says whom it takes.

use crate::tree::File;

/// Who may make a membership: the gate, what the operator imports, and the domain that says what one
/// is.
const MAKERS: [&str; 3] = [
    "crates/usher-application/src/shared/admission.rs",
    "crates/usher-application/src/transfer/users.rs",
    "crates/usher-domain/src/membership.rs",
];

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let code = files.iter().filter(|(path, _)| path.starts_with("crates/") && !is_test(path));
    let outside = code.filter(|(path, _)| !MAKERS.contains(&path.as_str()));
    let makes = outside.filter(|(_, text)| text.contains("Membership::new("));
    makes.map(|(path, _)| format!("{path} makes a membership past the admission")).collect()
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.contains("/testing")
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn a_membership_past_the_gate_is_found() {
        let files = planted(&[
            ("crates/usher-application/src/users/add.rs", "let it = Membership::new(id);"),
            ("crates/usher-application/src/shared/admission.rs", "Membership::new(id)"),
            ("crates/usher-application/src/users/add/tests.rs", "Membership::new(id)"),
            ("crates/usher-application/src/testing/mod.rs", "Membership::new(id)"),
            ("crates/usher-http/src/pages/me.rs", "Membership::newest(id)"),
        ]);
        let expected =
            ["crates/usher-application/src/users/add.rs makes a membership past the admission"];
        assert_eq!(faults(&files), expected);
    }
}
