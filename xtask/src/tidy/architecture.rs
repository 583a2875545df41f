//! docs/architecture.md names exactly the crates that exist.

use std::collections::BTreeSet;

pub(crate) fn faults(architecture: &str, members: &BTreeSet<String>) -> Vec<String> {
    let words = architecture.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
    let named: BTreeSet<_> = words.map(|it| it.trim_matches('-').to_owned()).collect();
    let silent = members.difference(&named).map(|it| format!("says nothing of {it}"));
    let strangers = named.difference(members).filter(|it| it.starts_with("usher-"));
    silent.chain(strangers.map(|it| format!("names {it}, which is no crate"))).collect()
}

#[cfg(test)]
mod tests {
    use super::faults;

    #[test]
    fn an_architecture_that_has_drifted_is_found() {
        let members = ["usher-domain", "usher-mail", "xtask"].map(str::to_owned).into();
        let expected = ["says nothing of usher-mail", "names usher-common, which is no crate"];
        assert_eq!(faults("`usher-domain`, usher-common/ and xtask.", &members), expected);
    }
}
