//! What the tests of several modules need.

use tempfile::TempDir;

use crate::settings::Settings;

/// The default settings, with the data folder inside `folder`.
pub(crate) fn settings_in(folder: &TempDir) -> Settings {
    let data_dir = folder.path().join("data").to_string_lossy().into_owned();
    Settings::load(None, [("USHER_DATA_DIR".to_owned(), data_dir)]).unwrap()
}
