//! A dialect's name occurs only in its own folder and in the lists of dialects.

use crate::tree::File;

const DIALECTS: &[&str] = &["confidence", "loginradius", "sailpoint", "soajs"];

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let lists = ["crates/usher-http/src/dialect/mod.rs", "crates/usher-http/src/lib.rs"];
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("crates/")) {
        let text = text.to_lowercase();
        for name in DIALECTS {
            let home = format!("crates/usher-http/src/dialect/{name}/");
            if text.contains(name) && !path.starts_with(&home) && !lists.contains(&path.as_str()) {
                found.push(format!("{path} names {name}"));
            }
        }
    }
    found
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
            ("crates/usher-mail/src/lib.rs", "// as SailPoint does"),
            ("crates/usher-http/src/dialect/soajs/fault.rs", "// unlike Confidence"),
            ("docs/api.md", "SailPoint"),
        ]);
        let expected = [
            "crates/usher-mail/src/lib.rs names sailpoint",
            "crates/usher-http/src/dialect/soajs/fault.rs names confidence",
        ];
        assert_eq!(faults(&files), expected);
    }
}
