//! Lines that break a rule, and where they stand.

use crate::tree::{File, ending};

/// `path:number: line` for each line that is guilty.
pub(super) fn lines(files: &[File], suffix: &str, guilty: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in ending(files, suffix) {
        let lines = text.lines().zip(1..).filter(|(line, _)| guilty(line));
        found.extend(lines.map(|(line, number)| format!("{path}:{number}: {}", line.trim())));
    }
    found
}
