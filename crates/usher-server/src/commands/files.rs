//! The files that a command line names.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

use anyhow::Context as _;

use crate::private_file;

/// Opens a file for reading; `-` is standard input.
pub(crate) fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(Box::new(BufReader::new(file?)))
}

/// Makes a file for its owner alone, or empties the one that is there.
pub(crate) fn create(path: &Path) -> anyhow::Result<File> {
    private_file::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Where a command writes its result: to this file, or else to standard output.
pub(crate) fn output(path: Option<&Path>) -> anyhow::Result<Box<dyn Write>> {
    Ok(match path {
        Some(path) => Box::new(create(path)?),
        None => Box::new(io::stdout()),
    })
}
