//! Reads CSV a record at a time. Each record is bounded, and carries the number of its first line.

use std::{io::BufRead, mem, str};

use anyhow::{bail, ensure};

use crate::formats::lines::{LONGEST_LINE, LineRead, read_line, too_long, without_byte_order_mark};

/// Reads records as RFC 4180 defines them. The `csv` crate does not serve here: it neither bounds a
/// record nor reports a quote that is left open, so it would read the people on the following lines
/// as part of one person's message.
pub(crate) struct CsvReader<R> {
    from: R,
    delimiter: u8,
    /// The number of the line that was read last; the first one is 1.
    line: u32,
    text: Vec<u8>,
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CsvRecord {
    /// The number of the line on which it begins, as a text editor counts.
    pub line: u32,
    /// The fields, without the white space around them.
    pub fields: Vec<String>,
    /// What is wrong with the record; the fields are then not to be trusted.
    pub error: Option<String>,
}

const NOT_CLOSED: &str = "a quote is not closed";

impl<R: BufRead> CsvReader<R> {
    /// Reads the header, which the fields are returned of, and finds out the delimiter from it.
    pub(crate) fn open(mut from: R) -> anyhow::Result<(Self, Vec<String>)> {
        let (mut line, mut text) = (0, Vec::new());
        let header = loop {
            match read_line(&mut from, &mut text)? {
                LineRead::End => bail!("there is no header; the first line must name the columns"),
                LineRead::TooLong => bail!("line {}: {}", line + 1, too_long()),
                LineRead::Whole => line += 1,
            }
            let text = without_byte_order_mark(&text, line as usize);
            if !text.trim_ascii().is_empty() {
                break text;
            }
        };
        let delimiter = delimiter(header);
        let mut parser = RecordParser::new(delimiter);
        ensure!(parser.take_line(header), "line {line}: {NOT_CLOSED}");
        let CsvRecord { fields, error, .. } = parser.finish(line);
        if let Some(error) = error {
            bail!("line {line}: {error}");
        }
        Ok((Self { from, delimiter, line, text }, fields))
    }

    /// The next record that is not blank. Fails where a quote is out of place in such a way that
    /// the records from there on cannot be told apart.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<CsvRecord>> {
        let is_blank =
            |it: &CsvRecord| it.error.is_none() && it.fields.iter().all(String::is_empty);
        loop {
            let record = self.next_or_blank()?;
            if !record.as_ref().is_some_and(is_blank) {
                return Ok(record);
            }
        }
    }

    fn next_or_blank(&mut self) -> anyhow::Result<Option<CsvRecord>> {
        let mut parser = RecordParser::new(self.delimiter);
        match self.next_line()? {
            LineRead::End => return Ok(None),
            LineRead::TooLong => parser.error = Some(too_long()),
            LineRead::Whole if parser.take_line(&self.text) => {}
            LineRead::Whole => return self.following_lines(parser).map(Some),
        }
        Ok(Some(parser.finish(self.line)))
    }

    /// The rest of a record whose last field so far continues on the next line.
    fn following_lines(&mut self, mut parser: RecordParser) -> anyhow::Result<CsvRecord> {
        let (first, mut length) = (self.line, self.text.len() as u64);
        loop {
            let read = self.next_line()?;
            length += self.text.len() as u64;
            if read == LineRead::End && first == self.line {
                parser.error = Some(NOT_CLOSED.to_owned());
                return Ok(parser.finish(first));
            }
            let is_bounded = read == LineRead::Whole && length <= LONGEST_LINE;
            ensure!(is_bounded, "line {first}: {NOT_CLOSED}");
            if parser.take_line(&self.text) {
                if let Some(error) = parser.error {
                    bail!("line {first}: {error}");
                }
                return Ok(parser.finish(first));
            }
        }
    }

    fn next_line(&mut self) -> anyhow::Result<LineRead> {
        let read = read_line(&mut self.from, &mut self.text)?;
        if read != LineRead::End {
            self.line = self.line.saturating_add(1);
        }
        Ok(read)
    }
}

/// Of `,`, `;` and tab the one that occurs most often outside of quotes, in doubt the first.
fn delimiter(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header {
        quoted ^= *byte == b'"';
        let counted = counts.iter_mut().filter(|(it, _)| it == byte && !quoted);
        counted.for_each(|(_, count)| *count += 1);
    }
    // `max_by_key` returns the last of several maxima, so the order is reversed.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(it, _)| *it)
}

/// Takes one record apart, line by line.
struct RecordParser {
    delimiter: u8,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    state: FieldState,
    error: Option<String>,
}

/// How much of a field the parser has seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FieldState {
    /// Nothing but spaces.
    Start,
    /// The beginning of a field without quotes.
    Unquoted,
    /// The opening quote.
    Quoted,
    /// A quote in a quoted field: the closing one, or the first of two that stand for one.
    AfterQuote,
}

impl RecordParser {
    fn new(delimiter: u8) -> Self {
        let (fields, field) = (Vec::new(), Vec::new());
        Self { delimiter, fields, field, state: FieldState::Start, error: None }
    }

    /// Takes one more line; `false` when its last field continues on the next line.
    fn take_line(&mut self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        for byte in line.strip_suffix(b"\r").unwrap_or(line) {
            self.take(*byte);
        }
        let continues = self.state == FieldState::Quoted;
        if continues {
            self.field.push(b'\n');
        }
        !continues
    }

    fn take(&mut self, byte: u8) {
        use FieldState::{AfterQuote, Quoted, Start, Unquoted};
        self.state = match (self.state, byte) {
            (Quoted, b'"') | (AfterQuote, b' ') => AfterQuote,
            (Start | Unquoted | AfterQuote, it) if it == self.delimiter => {
                self.fields.push(mem::take(&mut self.field));
                Start
            }
            (Start, b'"') => Quoted,
            (Start, b' ') => Start,
            (Quoted, _) | (AfterQuote, b'"') => self.append(byte, Quoted),
            (Start | Unquoted, _) => self.append(byte, Unquoted),
            (AfterQuote, _) => {
                self.error = Some("there is more after a closing quote".to_owned());
                self.append(byte, Unquoted)
            }
        };
    }

    fn append(&mut self, byte: u8, next: FieldState) -> FieldState {
        self.field.push(byte);
        next
    }

    fn finish(mut self, line: u32) -> CsvRecord {
        self.fields.push(self.field);
        let mut error = self.error;
        let fields = self.fields.into_iter().map(|it| {
            // NUL counts as an error too, because PostgreSQL stores no text with one.
            if str::from_utf8(&it).is_err() || it.contains(&0) {
                error.get_or_insert_with(|| "it is not in UTF-8".to_owned());
            }
            String::from_utf8_lossy(&it).replace('\0', "\u{fffd}").trim().to_owned()
        });
        let fields = fields.collect();
        CsvRecord { line, fields, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> anyhow::Result<Vec<CsvRecord>> {
        let (mut reader, _) = CsvReader::open(text)?;
        let mut all = Vec::new();
        while let Some(it) = reader.next()? {
            all.push(it);
        }
        Ok(all)
    }

    fn sound(text: &str) -> Vec<(u32, Vec<String>)> {
        let all = all(text.as_bytes()).unwrap();
        assert!(all.iter().all(|it| it.error.is_none()), "{all:?}");
        all.into_iter().map(|it| (it.line, it.fields)).collect()
    }

    fn error(text: &[u8]) -> String {
        all(text).unwrap_err().to_string()
    }

    #[test]
    fn fields_are_read_as_they_are_written() {
        let table = [
            ("a,b", &["a", "b"] as &[_]),
            ("a,", &["a", ""]),
            (",", &["", ""]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"say \"\"hi\"\"\",\"\"", &["say \"hi\"", ""]),
            (" \"a\" , b ", &["a", "b"]),
            ("5\" pipe,b", &["5\" pipe", "b"]),
            ("\"a\r\nb\",c", &["a\nb", "c"]),
            ("\"a\n\nb\",\"c\n\"", &["a\n\nb", "c"]),
            ("ä;b\tc,d", &["ä;b\tc", "d"]),
        ];
        for (text, fields) in table {
            let read = sound(&format!("x,y\n{text}\n{text}\r\nlast,"));
            if fields.concat().is_empty() {
                assert_eq!(read.len(), 1, "a blank record is skipped");
                continue;
            }
            assert_eq!(read[0].1, fields, "{text}");
            assert_eq!(read[1].1, fields, "{text}");
            assert_eq!(read[2].1, ["last", ""], "{text}");
        }
    }

    #[test]
    fn what_the_csv_crate_writes_is_read() {
        let pieces = ["", "a", "\"", ",", ";", "\t", "\n", "\r\n", "ä"];
        let mut fields = vec![String::new()];
        for _ in 0..3 {
            let with = |it: &String| pieces.map(|piece| format!("{it}{piece}"));
            fields = fields.iter().flat_map(with).collect();
        }
        for delimiter in [b',', b';', b'\t'] {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            writer.write_record(["x", "y", "z"]).unwrap();
            for it in &fields {
                writer.write_record(["x", it, it]).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<_> = sound(&text).into_iter().map(|it| it.1).collect();
            let expected = fields.iter().map(|it| it.replace("\r\n", "\n").trim().to_owned());
            let expected = expected.map(|it| vec!["x".to_owned(), it.clone(), it]);
            assert!(read.into_iter().eq(expected), "{}", delimiter.escape_ascii());
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        for end in ["\n", "\r\n"] {
            let text = ["\u{feff}x,y", "", "a,\"1", "2\"", " ", ",", "b,3", "c,"].join(end);
            let lines: Vec<_> = sound(&text).into_iter().map(|it| it.0).collect();
            assert_eq!(lines, [3, 7, 8], "{end:?}");
        }
    }

    #[test]
    fn the_delimiter_is_found_in_the_header() {
        for (header, expected) in
            [("a", b','), ("a;b", b';'), ("a\tb\tc", b'\t'), ("\"a,b,c\";d", b';'), ("a,b;c", b',')]
        {
            assert_eq!(delimiter(header.as_bytes()), expected, "{header}");
        }
        let (_, header) = CsvReader::open("\u{feff}\n a ;\"b\"\n".as_bytes()).unwrap();
        assert_eq!(header, ["a", "b"]);
    }

    #[test]
    fn a_record_that_cannot_be_read_does_not_spoil_the_others() {
        let long = format!("x,y\n{}\nb,\n", "a".repeat(3 << 20));
        let table: [(&[u8], _); 5] = [
            (b"x,y\na,\"1\"2\"\nb,\n", "there is more after a closing quote"),
            (b"x,y\na,\xff\nb,\n", "it is not in UTF-8"),
            (b"x,y\na,\0\nb,\n", "it is not in UTF-8"),
            (b"x,y\r\na,\"\xff\r\n\"\r\nb,\n", "it is not in UTF-8"),
            (long.as_bytes(), "the line is longer than 1048576 bytes"),
        ];
        for (text, why) in table {
            let all = all(text).unwrap();
            assert_eq!((all[0].line, all[0].error.as_deref()), (2, Some(why)));
            assert_eq!(
                (&*all[1].fields, &all[1].error),
                (&["b".to_owned(), String::new()] as &[_], &None)
            );
        }
        let last = all(b"x,y\na,\"1").unwrap();
        assert_eq!(last[0].error.as_deref(), Some("a quote is not closed"));
    }

    #[test]
    fn a_quote_that_swallows_records_fails_the_whole_file() {
        let table = [
            ("x,y\na,\"1\nb,2\nc,3", "line 2: a quote is not closed"),
            ("x,y\na,\"1\nb,\"2\"\nc,3", "line 2: there is more after a closing quote"),
            ("x,\"y\na,1\n", "line 1: a quote is not closed"),
            ("", "there is no header; the first line must name the columns"),
            ("\n \n", "there is no header; the first line must name the columns"),
        ];
        for (text, why) in table {
            assert_eq!(error(text.as_bytes()), why, "{text}");
        }
        let endless = format!("x,y\na,\"{}", "b,2\n".repeat(1 << 19));
        assert_eq!(error(endless.as_bytes()), "line 2: a quote is not closed");
        assert_eq!(error(b"\xff\xfea\0"), "line 1: it is not in UTF-8");
    }
}
