//! Standard output: what a command answers, as opposed to what it logs.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Writes one line. Fails when nobody reads any more, where `println!` would panic.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}
