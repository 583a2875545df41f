//! A clock of a process that is off, by libfaketime.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

/// What the time is for processes that are started with its settings. What has passed since a moment, they
/// know right.
pub struct FakeTime {
    folder: TempDir,
    library: PathBuf,
}

impl FakeTime {
    /// Off by so much, such as `+1h` or `-90s`.
    #[must_use]
    pub fn new(offset: &str) -> Self {
        let folders = fs::read_dir("/usr/lib").expect("a folder").flatten();
        let mut all = folders.map(|it| it.path().join("faketime/libfaketimeMT.so.1"));
        let library = all.find(|it| it.is_file()).expect("libfaketime is there: install faketime");
        let it = Self { folder: TempDir::new().expect("a folder"), library };
        it.set(offset);
        it
    }

    /// Changes it, also for processes that run already.
    pub fn set(&self, offset: &str) {
        // Whoever looks meanwhile finds the old offset or the new one.
        let new = self.folder.path().join("new");
        fs::write(&new, offset).expect("a file");
        fs::rename(new, self.file()).expect("a file");
    }

    /// The environment of such a process.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let file = self.file();
        [
            ("LD_PRELOAD", &*self.library.to_string_lossy()),
            ("FAKETIME_TIMESTAMP_FILE", &*file.to_string_lossy()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }
}
