//! CSV, a record at a time: each is bounded, and says in which line it begins.

use std::io::BufRead;

use anyhow::{bail, ensure};

use crate::formats::json_lines::{LONGEST, ReadLine, read_line, too_long};

/// Reads records as RFC 4180 has them. A reader that neither bounds a record nor sees that a quote
/// is left open would take whoever follows for a part of one person's message.
pub(super) struct Records<R> {
    from: R,
    delimiter: u8,
    /// The number of the line that was read last.
    line: u32,
    text: Vec<u8>,
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Where it begins, as an editor counts.
    pub line: u32,
    /// Without the white space around them.
    pub fields: Vec<String>,
    /// Why the fields are not to be trusted.
    pub wrong: Option<String>,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const NOT_CLOSED: &str = "a quote is not closed";

impl<R: BufRead> Records<R> {
    /// Reads the header, and sees from it what stands between fields.
    pub(super) fn open(mut from: R) -> anyhow::Result<(Self, Vec<String>)> {
        let (mut line, mut text) = (0, Vec::new());
        let header = loop {
            match read_line(&mut from, &mut text)? {
                ReadLine::End => bail!("there is no header"),
                ReadLine::TooLong => bail!("line {}: {}", line + 1, too_long()),
                ReadLine::Whole => line += 1,
            }
            let bare = text.strip_prefix(BYTE_ORDER_MARK).filter(|_| line == 1).unwrap_or(&text);
            if !bare.trim_ascii().is_empty() {
                break bare;
            }
        };
        let delimiter = delimiter(header);
        let mut split = Split::at(delimiter);
        ensure!(split.take(header), "line {line}: {NOT_CLOSED}");
        let Record { fields, wrong, .. } = split.record(line);
        if let Some(wrong) = wrong {
            bail!("line {line}: {wrong}");
        }
        Ok((Self { from, delimiter, line, text }, fields))
    }

    /// The next one that is not blank. Fails where a quote is out of place in such a way that the
    /// records from there on cannot be told apart.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Record>> {
        loop {
            let record = self.any()?;
            let blank = |it: &Record| it.wrong.is_none() && it.fields.iter().all(String::is_empty);
            if !record.as_ref().is_some_and(blank) {
                return Ok(record);
            }
        }
    }

    fn any(&mut self) -> anyhow::Result<Option<Record>> {
        let mut split = Split::at(self.delimiter);
        match self.line()? {
            ReadLine::End => return Ok(None),
            ReadLine::TooLong => split.wrong = Some(too_long()),
            ReadLine::Whole if split.take(&self.text) => {}
            ReadLine::Whole => return self.rest(split).map(Some),
        }
        Ok(Some(split.record(self.line)))
    }

    /// The rest of a record with a field that goes on in the next line.
    fn rest(&mut self, mut split: Split) -> anyhow::Result<Record> {
        let (first, mut length) = (self.line, self.text.len() as u64);
        loop {
            let read = self.line()?;
            length += self.text.len() as u64;
            if read == ReadLine::End && first == self.line {
                split.wrong = Some(NOT_CLOSED.to_owned());
                return Ok(split.record(first));
            }
            ensure!(read == ReadLine::Whole && length <= LONGEST, "line {first}: {NOT_CLOSED}");
            if split.take(&self.text) {
                if let Some(wrong) = split.wrong {
                    bail!("line {first}: {wrong}");
                }
                return Ok(split.record(first));
            }
        }
    }

    fn line(&mut self) -> anyhow::Result<ReadLine> {
        let read = read_line(&mut self.from, &mut self.text)?;
        if read != ReadLine::End {
            self.line = self.line.saturating_add(1);
        }
        Ok(read)
    }
}

/// What stands most often between the fields of the header.
fn delimiter(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header {
        quoted ^= *byte == b'"';
        let counted = counts.iter_mut().filter(|(it, _)| it == byte && !quoted);
        counted.for_each(|(_, count)| *count += 1);
    }
    // Of those that are as frequent, the first.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(it, _)| *it)
}

/// A record while it is taken apart.
struct Split {
    delimiter: u8,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    at: At,
    wrong: Option<String>,
}

/// Where in a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Bare,
    Quoted,
    /// After a quote: the closing one, or the first of two that stand for one.
    Quote,
}

impl Split {
    fn at(delimiter: u8) -> Self {
        let (fields, field) = (Vec::new(), Vec::new());
        Self { delimiter, fields, field, at: At::Start, wrong: None }
    }

    /// Takes one more line; `false` when the field at its end goes on in the next one.
    fn take(&mut self, line: &[u8]) -> bool {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        for byte in bare.strip_suffix(b"\r").unwrap_or(bare) {
            self.byte(*byte);
        }
        if self.at == At::Quoted {
            self.field.push(b'\n');
        }
        self.at != At::Quoted
    }

    fn byte(&mut self, byte: u8) {
        self.at = match (self.at, byte) {
            (At::Quoted, b'"') | (At::Quote, b' ') => At::Quote,
            (At::Start | At::Bare | At::Quote, it) if it == self.delimiter => {
                self.fields.push(std::mem::take(&mut self.field));
                At::Start
            }
            (At::Start, b'"') => At::Quoted,
            (At::Start, b' ') => At::Start,
            (At::Quoted, _) | (At::Quote, b'"') => self.keep(byte, At::Quoted),
            (At::Start | At::Bare, _) => self.keep(byte, At::Bare),
            (At::Quote, _) => {
                self.wrong = Some("there is more after a closing quote".to_owned());
                self.keep(byte, At::Bare)
            }
        };
    }

    fn keep(&mut self, byte: u8, at: At) -> At {
        self.field.push(byte);
        at
    }

    fn record(mut self, line: u32) -> Record {
        self.fields.push(self.field);
        let mut wrong = self.wrong;
        let fields = self.fields.into_iter().map(|it| {
            // No database that we know keeps a NUL in a text.
            if std::str::from_utf8(&it).is_err() || it.contains(&0) {
                wrong.get_or_insert_with(|| "it is not in UTF-8".to_owned());
            }
            String::from_utf8_lossy(&it).replace('\0', "\u{fffd}").trim().to_owned()
        });
        let fields = fields.collect();
        Record { line, fields, wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> anyhow::Result<Vec<Record>> {
        let (mut records, _) = Records::open(text)?;
        let mut all = Vec::new();
        while let Some(it) = records.next()? {
            all.push(it);
        }
        Ok(all)
    }

    fn sound(text: &str) -> Vec<(u32, Vec<String>)> {
        let all = all(text.as_bytes()).unwrap();
        assert!(all.iter().all(|it| it.wrong.is_none()), "{all:?}");
        all.into_iter().map(|it| (it.line, it.fields)).collect()
    }

    fn complaint(text: &[u8]) -> String {
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
                assert_eq!(read.len(), 1, "it is blank");
                continue;
            }
            assert_eq!(read[0].1, fields, "{text}");
            assert_eq!(read[1].1, fields, "{text}");
            assert_eq!(read[2].1, ["last", ""], "{text}");
        }
    }

    #[test]
    fn what_others_write_is_read() {
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
    fn the_header_says_what_stands_between_fields() {
        for (header, expected) in
            [("a", b','), ("a;b", b';'), ("a\tb\tc", b'\t'), ("\"a,b,c\";d", b';'), ("a,b;c", b',')]
        {
            assert_eq!(delimiter(header.as_bytes()), expected, "{header}");
        }
        let (_, header) = Records::open("\u{feff}\n a ;\"b\"\n".as_bytes()).unwrap();
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
            assert_eq!((all[0].line, all[0].wrong.as_deref()), (2, Some(why)));
            assert_eq!(
                (&*all[1].fields, &all[1].wrong),
                (&["b".to_owned(), String::new()] as &[_], &None)
            );
        }
        let last = all(b"x,y\na,\"1").unwrap();
        assert_eq!(last[0].wrong.as_deref(), Some("a quote is not closed"));
    }

    #[test]
    fn a_quote_that_swallows_records_is_told_and_all_is_wrong() {
        let table = [
            ("x,y\na,\"1\nb,2\nc,3", "line 2: a quote is not closed"),
            ("x,y\na,\"1\nb,\"2\"\nc,3", "line 2: there is more after a closing quote"),
            ("x,\"y\na,1\n", "line 1: a quote is not closed"),
            ("", "there is no header"),
            ("\n \n", "there is no header"),
        ];
        for (text, why) in table {
            assert_eq!(complaint(text.as_bytes()), why, "{text}");
        }
        let endless = format!("x,y\na,\"{}", "b,2\n".repeat(1 << 19));
        assert_eq!(complaint(endless.as_bytes()), "line 2: a quote is not closed");
        assert_eq!(complaint(b"\xff\xfea\0"), "line 1: it is not in UTF-8");
    }
}
