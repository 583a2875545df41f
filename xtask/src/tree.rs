//! The working tree: where it is, and the files in it.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use xshell::{Shell, cmd};

/// A file's path from the root, and its text.
pub(crate) type File = (String, String);

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent")
}

/// Every text file below a root that is in git or about to be.
pub(crate) fn files(root: &Path) -> Result<Vec<File>> {
    let sh = Shell::new()?;
    sh.change_dir(root);
    let list = cmd!(sh, "git ls-files --cached --others --exclude-standard").quiet().read();
    let paths = list.with_context(|| format!("{} is not a work tree of git", root.display()))?;
    // What cannot be read as text is an image or a font, or has just been deleted.
    let text = |path: &str| fs::read_to_string(root.join(path)).ok();
    Ok(paths.lines().filter_map(|path| Some((path.to_owned(), text(path)?))).collect())
}

/// The files whose paths end so.
pub(crate) fn ending<'a>(files: &'a [File], suffix: &'a str) -> impl Iterator<Item = &'a File> {
    files.iter().filter(move |(path, _)| path.ends_with(suffix))
}

/// Files as a test plants faults in them.
#[cfg(test)]
pub(crate) fn planted(files: &[(&str, &str)]) -> Vec<File> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}
