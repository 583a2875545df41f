//! A folder instead of a mail server: one file a letter.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tokio::task::spawn_blocking;
use usher_application::DeliveryError;

/// Writes a file into the folder, completely or not at all, and makes the folder if need be. Only
/// their owner may read them: mails hold links that open invitations.
pub(crate) async fn put(
    folder: &Path,
    name: String,
    content: String,
) -> Result<String, DeliveryError> {
    let folder = folder.to_owned();
    let written = spawn_blocking(move || write(&folder, &name, &content).map(|()| name));
    let written = written.await.map_err(io::Error::other).and_then(|it| it);
    let later = |it| {
        DeliveryError::Later(format!(
            "the mail folder cannot be written to: {it}; check `mail.url` and its permissions"
        ))
    };
    written.map(|name| format!("put into the mail folder as {name}")).map_err(later)
}

/// Whether files can be written into the folder.
pub(crate) async fn check(folder: &Path) -> Result<String, DeliveryError> {
    let name = ".check".to_owned();
    put(folder, name.clone(), String::new()).await?;
    let path = folder.join(name);
    spawn_blocking(move || fs::remove_file(path).ok()).await.ok();
    Ok("the mail folder can be written to".to_owned())
}

fn write(folder: &Path, name: &str, content: &str) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.recursive(true).create(folder)?;
    let unfinished: PathBuf = folder.join(format!(".{name}.tmp"));
    let mut file = options.open(&unfinished)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, folder.join(name))
}
