//! Each name that the glossary of docs/architecture.md gives is a name of the code.

use std::collections::BTreeSet;

/// The heading of the section with the table `| word | meaning | in the code |`.
const HEADING: &str = "## Glossary";

/// `names`: modules, items, `Type::member` and the paths of files, as the crates have them.
pub(crate) fn faults(architecture: &str, names: &BTreeSet<String>) -> Vec<String> {
    let section = architecture.split_once(&format!("\n{HEADING}\n")).map_or("", |(_, it)| it);
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|it| it.starts_with('|')).skip(2).map(cells);
    let mut found = Vec::new();
    let mut words = BTreeSet::new();
    for row in rows {
        let [word, meaning, code] = &row[..] else {
            found.push(format!(
                "the glossary has a row of {} cells: {}",
                row.len(),
                row.join(" | ")
            ));
            continue;
        };
        if meaning.is_empty() {
            found.push(format!("the glossary does not say what {word} means"));
        }
        if !words.insert(*word) {
            found.push(format!("the glossary has {word} twice"));
        }
        let quoted: Vec<_> = code.split('`').skip(1).step_by(2).collect();
        if quoted.is_empty() {
            found.push(format!("the glossary does not say what {word} is called in the code"));
        }
        let strangers = quoted.iter().filter(|it| !is_known(it, names));
        found.extend(strangers.map(|it| {
            format!("the glossary calls {word} `{it}`, which is no name in crates/: use today's")
        }));
    }
    if words.is_empty() {
        found.push(format!("docs/architecture.md has no table below {HEADING}"));
    }
    found
}

fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

fn is_known(name: &str, names: &BTreeSet<String>) -> bool {
    // A file or a folder is known by the end, or by a part, of its path.
    let (end, part) = (format!("/{name}"), format!("/{}/", name.trim_matches('/')));
    let is_path = name.contains(['/', '.']);
    names.contains(name)
        || (is_path && names.iter().any(|it| it.ends_with(&end) || it.contains(&part)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::faults;

    const HEAD: &str = "# A\n\n## Glossary\n\n| word | meaning | in the code |\n|---|---|---|\n";

    fn of(rows: &str) -> Vec<String> {
        let names = [
            "Invitation",
            "Authority",
            "Authority::Inviter",
            "outbox",
            "crates/a/src/ports/outbox.rs",
        ];
        let names: BTreeSet<_> = names.map(str::to_owned).into();
        faults(&format!("{HEAD}{rows}\n## Next\n\n| `Foe` |\n"), &names)
    }

    #[test]
    fn words_of_the_code_are_fine() {
        let rows = "| invitation | an offer | `Invitation`, `Authority::Inviter` |\n| outbox | jobs | `outbox`, `ports/outbox.rs`, `ports/` |\n";
        assert_eq!(of(rows), [""; 0]);
    }

    #[test]
    fn a_word_that_the_code_does_not_have_is_found() {
        let expected = [
            "the glossary calls letter `Letter`, which is no name in crates/: use today's",
            "the glossary calls letter `box.rs`, which is no name in crates/: use today's",
        ];
        assert_eq!(of("| letter | a mail | `Letter`, `box.rs`, `outbox` |\n"), expected);
    }

    #[test]
    fn a_row_that_says_too_little_is_found() {
        let expected = [
            "the glossary does not say what a means",
            "the glossary has a row of 2 cells: b | x",
            "the glossary does not say what c is called in the code",
            "the glossary has a twice",
        ];
        let rows = "| a | | `outbox` |\n| b | x |\n| c | y | z |\n| a | z | `outbox` |\n";
        assert_eq!(of(rows), expected);
    }

    #[test]
    fn a_glossary_that_is_gone_is_found() {
        assert_eq!(
            faults("# A\n", &BTreeSet::new()),
            ["docs/architecture.md has no table below ## Glossary"]
        );
    }
}
