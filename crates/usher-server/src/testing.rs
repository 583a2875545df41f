//! What the tests of several modules need.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use tracing::subscriber::DefaultGuard;

use crate::settings::Settings;

/// The default settings, with the data folder inside `folder`.
pub(crate) fn settings_in(folder: &TempDir) -> Settings {
    let data_dir = folder.path().join("data").to_string_lossy().into_owned();
    Settings::load(None, [("USHER_DATA_DIR".to_owned(), data_dir)]).unwrap()
}

/// What is logged by the thread of a test.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Records until the guard is dropped.
    pub(crate) fn record(&self) -> DefaultGuard {
        let log = self.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
