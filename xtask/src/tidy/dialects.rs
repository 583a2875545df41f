//! A dialect's name occurs only in its own folder and in the list of dialects.

use std::collections::BTreeSet;

use crate::tree::File;

/// Where every dialect has a folder of its own.
const FOLDERS: &str = "crates/usher-http/src/dialect/";
/// The list of dialects: the one file outside the folders that names them.
const LIST: &str = "crates/usher-http/src/dialect/mod.rs";
/// Passwords that people choose: words of all kinds, which mean no dialect.
const PASSWORDS: &str = "crates/usher-domain/src/password/common.txt";

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let dialects = dialects(files);
    let mut found = Vec::new();
    let within = |path: &str| path.starts_with("crates/") && path != PASSWORDS;
    for (path, text) in files.iter().filter(|(path, _)| within(path)) {
        let text = text.to_lowercase();
        for name in &dialects {
            let is_at_home = path.starts_with(&format!("{FOLDERS}{name}/"));
            if text.contains(name) && !is_at_home && path != LIST {
                found.push(format!("{path} names {name}"));
            }
        }
    }
    found
}

/// The names of the folders.
fn dialects(files: &[File]) -> BTreeSet<&str> {
    let inside = files.iter().filter_map(|(path, _)| path.strip_prefix(FOLDERS));
    inside.filter_map(|it| it.split_once('/')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn a_dialect_abroad_is_found() {
        let files = planted(&[
            ("crates/usher-http/src/dialect/soajs/wire.rs", "// SOAJS"),
            ("crates/usher-http/src/dialect/mod.rs", "mod soajs;"),
            ("crates/usher-http/src/dialect/sailpoint/mod.rs", "// SailPoint"),
            ("crates/usher-http/src/dialect/confidence/mod.rs", ""),
            ("crates/usher-mail/src/lib.rs", "// as SailPoint does"),
            ("crates/usher-http/src/dialect/soajs/fault.rs", "// unlike Confidence"),
            ("crates/usher-domain/src/password/common.txt", "confidence"),
            ("docs/api.md", "SailPoint"),
        ]);
        let expected = [
            "crates/usher-mail/src/lib.rs names sailpoint",
            "crates/usher-http/src/dialect/soajs/fault.rs names confidence",
        ];
        assert_eq!(faults(&files), expected);
    }
}
