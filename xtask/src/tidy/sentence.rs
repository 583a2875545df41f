//! Every module opens with one sentence that says what it is.

use crate::tree::{File, ending};

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let modules = ending(files, ".rs").filter(|(path, _)| !path.ends_with("tests.rs"));
    let silent = modules.filter(|(_, text)| !text.starts_with("//! "));
    silent.map(|(path, _)| format!("{path} does not begin with `//! ` and a sentence")).collect()
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn a_module_without_a_sentence_is_found() {
        let files = planted(&[
            ("xtask/src/a.rs", "//! Says so.\n"),
            ("xtask/src/b.rs", "use std::fs;\n"),
            ("xtask/src/c/tests.rs", "use std::fs;\n"),
        ]);
        assert_eq!(faults(&files), ["xtask/src/b.rs does not begin with `//! ` and a sentence"]);
    }
}
