//! The key file: the keyring of a node whose settings have no keys.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context as _, bail};
use usher_application::{Clock, Entropy};
use usher_domain::{Key, Keyring};

/// The file `keyring` in the data folder.
pub(crate) struct KeyFile(PathBuf);

impl KeyFile {
    pub(crate) fn within(data_dir: &Path) -> Self {
        Self(data_dir.join("keyring"))
    }

    /// The keys of the file, one a line, of which the first one makes new links; `None` if there is no
    /// file.
    pub(crate) fn read(&self) -> anyhow::Result<Option<Keyring>> {
        let path = self.0.display();
        let text = match fs::read_to_string(&self.0) {
            Ok(it) => it,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
        };
        if fs::metadata(&self.0).is_ok_and(|it| it.mode() & 0o077 != 0) {
            tracing::warn!(%path, "other users can read the keyring; restrict it with chmod 600");
        }
        let lines = text.lines().map(str::trim).zip(1..);
        let keys = lines
            .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
            .map(|(line, number)| {
                Key::parse(line).with_context(|| format!("{path}, line {number}"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Some(Keyring::new(keys).with_context(|| path.to_string())?))
    }

    /// Makes the file with this key, unless another process has made it meanwhile, and reads it.
    pub(crate) fn make(&self, key: &Key) -> anyhow::Result<Keyring> {
        self.write(key)
            .with_context(|| format!("cannot write the keyring {}", self.0.display()))?;
        let Some(keyring) = self.read()? else {
            bail!("the keyring {} was removed while usher started", self.0.display())
        };
        Ok(keyring)
    }

    /// Writes the whole file or none, even if the machine stops meanwhile. With half a file, or after
    /// one was lost, all links would be void.
    fn write(&self, key: &Key) -> std::io::Result<()> {
        let draft = self.0.with_extension(format!("{}.new", process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        writeln!(
            file,
            "# Links, sessions and tokens are derived from this key: back it up, and keep it secret."
        )?;
        writeln!(file, "{}", key.reveal())?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, &self.0);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.0.parent().map_or(Ok(()), |it| File::open(it)?.sync_all())
    }
}

impl std::fmt::Display for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(f)
    }
}

/// A new key, named after the date.
pub(crate) fn new_key(clock: &dyn Clock, entropy: &dyn Entropy) -> Key {
    Key::new(&clock.now().format("k%Y%m%d").to_string(), entropy.secret())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use usher_domain::{Purpose, TenantId};
    use uuid::Uuid;

    use super::*;
    use crate::{
        adapters::system::{OsEntropy, SystemClock},
        testing::Log,
    };

    fn token(keyring: &Keyring) -> String {
        keyring.token(Purpose::Session, TenantId(Uuid::nil()), Uuid::nil(), 1)
    }

    #[test]
    fn the_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::within(folder.path());
        assert!(file.read().unwrap().is_none());
        let made = file.make(&new_key(&SystemClock, &OsEntropy)).unwrap();
        let again = file.make(&new_key(&SystemClock, &OsEntropy)).unwrap();
        assert_eq!(token(&made), token(&again));
        assert_eq!(token(&made), token(&file.read().unwrap().unwrap()));
        assert_eq!(fs::metadata(&file.0).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_keyring_that_others_can_read_is_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::within(folder.path());
        file.make(&Key::new("k", [1; 32])).unwrap();
        for (mode, is_open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            fs::set_permissions(&file.0, fs::Permissions::from_mode(mode)).unwrap();
            let log = Log::default();
            let recording = log.record();
            file.read().unwrap().unwrap();
            drop(recording);
            let warning = "other users can read the keyring; restrict it with chmod 600";
            assert_eq!(log.text().contains(warning), is_open, "{mode:o}: {}", log.text());
        }
    }

    #[test]
    fn the_first_key_makes_tokens_and_a_bad_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::within(folder.path());
        file.make(&Key::new("old", [1; 32])).unwrap();
        let old = fs::read_to_string(&file.0).unwrap();
        fs::write(&file.0, format!("{}\n\n{old}", Key::new("new", [2; 32]).reveal())).unwrap();
        let both = file.read().unwrap().unwrap();
        let new = Keyring::new(vec![Key::new("new", [2; 32])]).unwrap();
        assert_eq!(token(&both), token(&new));

        fs::write(&file.0, "# none\nk:AAAA\n").unwrap();
        let error = format!("{:#}", file.read().unwrap_err());
        assert!(error.ends_with("keyring, line 2: a key's secret is at least 32 bytes"), "{error}");
        fs::write(&file.0, "").unwrap();
        let error = format!("{:#}", file.read().unwrap_err());
        assert!(error.ends_with("keyring: there must be at least one key"), "{error}");
    }
}
