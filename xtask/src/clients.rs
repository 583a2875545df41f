//! Published clients, as their registries have them, for the tests that point them at usher.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{
    once::once,
    packages::{install, missing},
    tree::root,
};

/// The tests of this module run what [`provide`] installs: whoever runs them sets [`FOLDER`].
pub(crate) const TESTS: &str = "clients::";

/// The variable that names the folder of the clients.
pub(crate) const FOLDER: &str = "USHER_TEST_CLIENTS";

/// The programs that install and run clients, and the Debian packages that bring them.
const PROGRAMS: &[(&str, &str)] = &[("node", "nodejs"), ("npm", "npm")];

/// Installs every client into a folder of its own, and returns the folder of those.
pub(crate) fn provide(sh: &Shell) -> Result<PathBuf> {
    provide_programs(sh)?;
    let folder = root().join("target/clients");
    for sdk in ["sailpoint/sdk1", "sailpoint/sdk2", "loginradius/python"] {
        python(sh, &folder.join(sdk), &programs().join(sdk).with_extension("txt"))
            .with_context(|| format!("{sdk} cannot be installed"))?;
    }
    for sdk in ["sailpoint/sdk", "loginradius/node"] {
        node(sh, &folder.join(sdk), &programs().join(sdk).with_file_name("package.json"))
            .with_context(|| format!("{sdk} cannot be installed"))?;
    }
    Ok(folder)
}

/// Where the programs are that use the clients, and what they require.
fn programs() -> PathBuf {
    root().join("tests/clients")
}

fn provide_programs(sh: &Shell) -> Result<()> {
    let mut packages = missing(PROGRAMS);
    // Debian has the module without the part that brings pip.
    let pip = cmd!(sh, "python3 -c 'import ensurepip, venv'").quiet().ignore_stderr();
    if pip.run().is_err() {
        packages.push("python3-venv");
    }
    install(sh, &packages)
}

fn python(sh: &Shell, folder: &Path, requirements: &Path) -> Result<()> {
    once(sh, folder, requirements, || {
        cmd!(sh, "python3 -m venv {folder}").run()?;
        let python = folder.join("bin/python");
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        cmd!(sh, "{python} {pip...} --requirement {requirements}").run()?;
        Ok(())
    })
}

fn node(sh: &Shell, folder: &Path, requirements: &Path) -> Result<()> {
    once(sh, folder, requirements, || {
        sh.copy_file(requirements, folder)?;
        let quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
        cmd!(sh, "npm install --prefix {folder} --ignore-scripts {quietly...}").run()?;
        Ok(())
    })
}
