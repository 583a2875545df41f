//! A path of the machine that a file was written on means nothing on any other.

use crate::{tidy::text::lines, tree::File};

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let homes = ["Users", "home", "root", "work"].map(|it| format!("/{it}/"));
    lines(files, "", |line| {
        homes.iter().any(|home| {
            line.match_indices(home.as_str()).any(|(at, _)| {
                // Within a longer path or an address it is somebody's resource.
                let before = line[..at].chars().next_back();
                before.is_none_or(|it| !it.is_alphanumeric() && !"/.-_~}".contains(it))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::tree::planted;

    #[test]
    fn a_path_of_one_machine_is_found() {
        let home = format!("see /{}/someone/notes", "home");
        let address = format!("https://example.com/{}/x", "work");
        let files = planted(&[("docs/a.md", &home), ("docs/b.md", &address)]);
        assert_eq!(faults(&files), [format!("docs/a.md:1: {home}")]);
    }
}
