//! Lines of text, each of them bounded in length.

use std::io::{self, BufRead, Read as _};

/// The longest line that is read whole, in bytes, without the line break at its end.
pub(crate) const LONGEST_LINE: u64 = 1 << 20;

/// How much of a line was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineRead {
    /// The whole line.
    Whole,
    /// Its first [`LONGEST_LINE`] bytes; the rest was skipped.
    TooLong,
    /// Nothing: the text is at its end.
    End,
}

/// Reads the next line into `line`, together with the line break at its end, which only the last
/// line may lack.
pub(crate) fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<LineRead> {
    line.clear();
    if from.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', line)? == 0 {
        return Ok(LineRead::End);
    }
    if line.ends_with(b"\n") || line.len() as u64 <= LONGEST_LINE {
        return Ok(LineRead::Whole);
    }
    skip_line(from)?;
    Ok(LineRead::TooLong)
}

/// What is wrong with a line that was [`LineRead::TooLong`].
pub(crate) fn too_long() -> String {
    format!("the line is longer than {LONGEST_LINE} bytes")
}

/// The line without the byte order mark that some editors write at the beginning of a file.
pub(crate) fn without_byte_order_mark(line: &[u8], number: usize) -> &[u8] {
    line.strip_prefix("\u{feff}".as_bytes()).filter(|_| number == 1).unwrap_or(line)
}

fn skip_line(from: &mut impl BufRead) -> io::Result<()> {
    loop {
        let held = from.fill_buf()?;
        let (used, is_over) = match held.iter().position(|it| *it == b'\n') {
            Some(at) => (at + 1, true),
            None => (held.len(), held.is_empty()),
        };
        from.consume(used);
        if is_over {
            return Ok(());
        }
    }
}
