//! Every member of the workspace takes the lints of the workspace.

use crate::tree::{File, ending};

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let manifests = ending(files, "Cargo.toml");
    let members = manifests.filter(|(_, text)| text.contains("[package]"));
    let bare = members.filter(|(_, text)| !text.contains("[lints]\nworkspace = true\n"));
    bare.map(|(path, _)| format!("{path} does not take the lints of the workspace")).collect()
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn a_member_without_lints_is_found() {
        let files = planted(&[
            ("Cargo.toml", "[workspace]\n"),
            ("xtask/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"),
            ("tests/Cargo.toml", "[package]\nname = \"usher-tests\"\n"),
        ]);
        assert_eq!(faults(&files), ["tests/Cargo.toml does not take the lints of the workspace"]);
    }
}
