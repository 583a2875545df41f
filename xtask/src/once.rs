//! Folders that are made once, and anew only when what they are made from has changed.

use std::path::Path;

use anyhow::Result;
use xshell::Shell;

/// Makes a folder, unless it is there and was made for the same requirements.
pub(crate) fn once(
    sh: &Shell,
    folder: &Path,
    requirements: &Path,
    make: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let requirements = sh.read_file(requirements)?;
    let stamp = folder.join("made-for");
    if sh.read_file(&stamp).is_ok_and(|made_for| made_for == requirements) {
        return Ok(());
    }
    sh.remove_path(folder)?;
    sh.create_dir(folder)?;
    make()?;
    sh.write_file(&stamp, requirements)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use xshell::Shell;

    use super::once;

    #[test]
    fn a_folder_is_made_once_for_the_same_requirements() {
        let sh = Shell::new().unwrap();
        let home = sh.create_temp_dir().unwrap();
        let (folder, requirements) = (home.path().join("made"), home.path().join("requirements"));
        let times = Cell::new(0);
        let make = || {
            once(&sh, &folder, &requirements, || {
                times.set(times.get() + 1);
                sh.write_file(folder.join(format!("{}", times.get())), "").map_err(Into::into)
            })
        };

        sh.write_file(&requirements, "client==1").unwrap();
        make().unwrap();
        make().unwrap();
        assert_eq!(times.get(), 1);

        sh.write_file(&requirements, "client==2").unwrap();
        make().unwrap();
        assert_eq!(times.get(), 2);
        assert!(!sh.path_exists(folder.join("1")), "nothing of the former is left");
    }

    #[test]
    fn a_folder_that_could_not_be_made_is_tried_again() {
        let sh = Shell::new().unwrap();
        let home = sh.create_temp_dir().unwrap();
        let (folder, requirements) = (home.path().join("made"), home.path().join("requirements"));
        sh.write_file(&requirements, "client==1").unwrap();
        once(&sh, &folder, &requirements, || anyhow::bail!("no network")).unwrap_err();
        let made = Cell::new(false);
        once(&sh, &folder, &requirements, || {
            made.set(true);
            Ok(())
        })
        .unwrap();
        assert!(made.get());
    }
}
