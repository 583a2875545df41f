//! Standard output, which has the answers of commands and not their log.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Writes one line. Fails when the reader has closed the pipe, where `println!` would panic.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}
