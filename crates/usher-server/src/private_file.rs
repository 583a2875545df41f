//! Files that only their owner can read, whatever the umask is: those with secrets and addresses.

use std::{
    fs::{File, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

/// Makes a file, or empties the one that is there.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true).truncate(true), path)
}

/// Makes a file, or opens the one that is there to write at its end.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().append(true), path)
}

/// One that was there before keeps what it is if it is no file, such as a pipe or `/dev/stdout`.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.create(true).mode(0o600).open(path)?;
    let found = file.metadata()?;
    if found.is_file() && found.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{ErrorKind, Read as _, Write as _},
    };

    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

    use super::*;

    #[test]
    fn what_is_made_is_for_its_owner_from_its_first_moment() {
        let folder = tempfile::tempdir().unwrap();
        let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, folder.path(), WatchFlags::ATTRIB).unwrap();
        create(&folder.path().join("one")).unwrap();
        append(&folder.path().join("two")).unwrap();
        let changed = File::from(watch).read(&mut [0; 512]);
        assert_eq!(changed.unwrap_err().kind(), ErrorKind::WouldBlock, "it was open for a moment");
    }

    #[test]
    fn only_the_owner_reads_what_is_made_and_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write!(create(&path).unwrap(), "one").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        write!(append(&path).unwrap(), "two").unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap()), (0o600, "onetwo".to_owned()));
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        write!(create(&path).unwrap(), "three").unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap()), (0o600, "three".to_owned()));
        let null = Path::new("/dev/null");
        let before = fs::metadata(null).unwrap().permissions();
        create(null).unwrap();
        assert_eq!(fs::metadata(null).unwrap().permissions(), before);
    }
}
