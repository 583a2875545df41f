//! Programs that Debian packages, installed where that is possible and asked for where not.

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::tools::installed;

/// The packages of the programs that are not here.
pub(crate) fn missing(programs: &[(&str, &'static str)]) -> Vec<&'static str> {
    let missing = programs.iter().filter(|(program, _)| !installed(program));
    missing.map(|(_, package)| *package).collect()
}

pub(crate) fn install(sh: &Shell, packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let root = cmd!(sh, "id --user").quiet().read().is_ok_and(|id| id == "0");
    ensure!(
        root && installed("apt-get"),
        "the tests call programs that are not here: install them (on Debian: apt-get install {})",
        packages.join(" "),
    );
    sh.set_var("DEBIAN_FRONTEND", "noninteractive");
    cmd!(sh, "apt-get update --quiet").run()?;
    cmd!(sh, "apt-get install --quiet --yes --no-install-recommends {packages...}").run()?;
    Ok(())
}
