//! Records as JSON Lines, one object a line: what `usher import` reads and `usher export` writes.

pub(crate) mod bad_record;
pub(crate) mod organization;
pub(crate) mod profile;
pub(crate) mod role;
pub(crate) mod user;

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::formats::lines::{LineRead, read_line, too_long, without_byte_order_mark};

/// The records of a file, and what is wrong with the lines that hold none.
#[derive(Debug)]
pub(crate) struct JsonLines<T> {
    pub records: Vec<T>,
    /// The number of each record's line, in the order of `records`; the first line is 1.
    pub numbers: Vec<usize>,
    /// The numbers of the lines that could not be read, each with the reason.
    pub bad: BTreeMap<usize, String>,
}

/// Reads all lines; blank ones are skipped. A line is read as an `L`, from which the record `T` is
/// made. `on_line` is called once for each line.
pub(crate) fn read<L, T>(
    mut from: impl BufRead,
    mut on_line: impl FnMut(),
) -> io::Result<JsonLines<T>>
where
    L: DeserializeOwned,
    T: TryFrom<L, Error = String>,
{
    let mut all = JsonLines { records: Vec::new(), numbers: Vec::new(), bad: BTreeMap::new() };
    let mut line = Vec::new();
    for number in 1.. {
        let read = read_line(&mut from, &mut line)?;
        if read == LineRead::End {
            break;
        }
        on_line();
        if read == LineRead::TooLong {
            all.bad.insert(number, too_long());
            continue;
        }
        let text = without_byte_order_mark(&line, number).trim_ascii();
        if text.is_empty() {
            continue;
        }
        match object::<L>(text).and_then(T::try_from) {
            Ok(record) => {
                all.records.push(record);
                all.numbers.push(number);
            }
            Err(why) => drop(all.bad.insert(number, why)),
        }
    }
    Ok(all)
}

/// Writes one object as a line.
pub(crate) fn write(to: &mut impl Write, object: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(object)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads an object. The check is needed because serde would also take an array that holds the
/// fields in the order in which they are declared.
fn object<L: DeserializeOwned>(text: &[u8]) -> Result<L, String> {
    if !text.starts_with(b"{") {
        return Err("a line must be a JSON object".to_owned());
    }
    serde_json::from_slice(text).map_err(|it| reason(&it))
}

/// The error with its column only: to serde each line is line 1, as it is a document of its own.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    format!("{what} at column {}", error.column())
}

#[cfg(test)]
mod tests;
