//! Paragraphs and tables of the page, and figures in them.

use std::fmt::Write as _;

/// A heading, or text.
pub(super) fn paragraph(page: &mut String, text: &str) {
    page.push_str(text);
    page.push_str("\n\n");
}

/// A table whose first column is words, and whose others are figures.
pub(super) fn table(page: &mut String, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let _ = writeln!(page, "| {} |\n|---|{}", head.join(" | "), "--:|".repeat(head.len() - 1));
    for row in rows {
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
    let _ = writeln!(page);
}

/// A figure with so many decimals, and a dash for one that was not taken.
pub(super) fn figure(it: f64, decimals: usize) -> String {
    if it.is_finite() { format!("{it:.decimals$}") } else { "–".to_owned() }
}

/// How much of a limit was reached, in percent.
pub(super) fn percent(it: f64, limit: f64) -> String {
    let share = 100.0 * it / limit;
    if share.is_finite() { format!("{share:.0} %") } else { "–".to_owned() }
}

/// Microseconds of processor time: those of the server, and those of PostgreSQL where there is one.
pub(super) fn processor(server: f64, database: f64, is_postgres: bool) -> String {
    let server = figure(server, 0);
    if is_postgres { format!("{server}; {}", figure(database, 0)) } else { server }
}
