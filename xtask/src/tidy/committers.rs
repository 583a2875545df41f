//! Whoever writes for a caller writes by `commit_for`, which holds callers to their bounds; and all that
//! is written passes the one place that looks whether letters are counted.

use crate::tree::File;

/// The use cases.
const CORE: &str = "crates/usher-application/src/";
/// Who writes otherwise, and why nobody can get beyond their bounds by that.
const OTHERS: [(&str, &str); 18] = [
    ("ports/ledger.rs", "says what committing is"),
    ("shared/commit.rs", "is the loop itself"),
    ("shared/bounds.rs", "is the check itself"),
    ("shared/counted_acts.rs", "writes entries of the audit alone"),
    ("access/account_letters.rs", "writes to the owner of an account about it"),
    ("access/change_password.rs", "is for the owner of an account"),
    ("access/confirm_mailbox.rs", "is for the owner of an account"),
    ("access/reset_password.rs", "is for whoever has the link"),
    ("access/pin_sign_in.rs", "counts guesses and opens sessions"),
    ("access/session.rs", "ends a session"),
    ("access/sign_in.rs", "counts guesses and opens sessions"),
    ("invitations/accept.rs", "is for whoever has the link"),
    ("invitations/decline.rs", "is for whoever has the link"),
    ("tasks/maintain.rs", "is for usher itself"),
    (
        "tasks/run.rs",
        "ends and advances tasks; what their rows come to is committed for the submitter",
    ),
    ("tasks/submit.rs", "writes the caller's own task"),
    ("tenants/bootstrap.rs", "is for usher itself"),
    ("transfer/", "is for those who administer the tenant"),
];
/// Where it is looked at whether each letter is counted, so that all that use cases write goes there.
const COUNTED: [&str; 1] = ["shared/commit.rs"];
/// The ways to write without it.
const WAYS: [&str; 4] = ["ledger.commit(", "commit(&", "commit_once(", "write(&*"];

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let code = files.iter().filter_map(|(path, text)| Some((path.strip_prefix(CORE)?, text)));
    let code =
        code.filter(|(path, _)| !path.starts_with("testing/") && !path.ends_with("tests.rs"));
    let code: Vec<_> = code.collect();
    let others = code.iter().filter(|(path, _)| !OTHERS.iter().any(|(it, _)| path.starts_with(it)));
    let writes = others.filter(|(_, text)| WAYS.iter().any(|it| text.contains(it)));
    let bounds =
        writes.map(|(path, _)| format!("{path} writes without looking at the caller's bounds"));
    let uncounted = code.iter().filter(|(path, text)| {
        !COUNTED.contains(path) && text.lines().any(|it| it.contains("ledger.commit("))
    });
    let letters = uncounted
        .map(|(path, _)| format!("{path} writes without looking whether its letters are counted"));
    bounds.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn whoever_writes_past_the_bounds_is_found() {
        let files = planted(&[
            ("crates/usher-application/src/users/add.rs", "commit(&**ledger, \"add\", f)"),
            ("crates/usher-application/src/users/reset.rs", "commit_for(&self.core, caller, f)"),
            ("crates/usher-application/src/users/end.rs", "ledger.commit(&changes)"),
            ("crates/usher-application/src/users/end/tests.rs", "ledger.commit(&changes)"),
            ("crates/usher-application/src/transfer/users.rs", "ledger.commit(&changes)"),
            ("crates/usher-persistence/src/store.rs", "ledger.commit(&changes)"),
        ]);
        let mut expected = ["users/add.rs", "users/end.rs"]
            .map(|it| format!("{it} writes without looking at the caller's bounds"))
            .to_vec();
        expected.extend(
            ["users/end.rs", "transfer/users.rs"]
                .map(|it| format!("{it} writes without looking whether its letters are counted")),
        );
        assert_eq!(faults(&files), expected);
    }
}
