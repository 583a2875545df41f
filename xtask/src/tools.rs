//! Asks whether programs that not every machine has are installed.

use std::{env, path::Path};

use xshell::{Shell, cmd};

/// Whether a program of this name is in `PATH`, or where Debian keeps servers out of it.
pub(crate) fn installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let packaged = versions.map(|version| version.path().join("bin"));
    let mut folders = env::split_paths(&path).chain(["/usr/sbin".into()]).chain(packaged);
    folders.any(|folder| folder.join(program).is_file())
}

/// Whether a Docker engine answers; having the client is not enough.
pub(crate) fn engine_answers(sh: &Shell) -> bool {
    cmd!(sh, "docker info").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}

/// The program and the arguments that call Compose: the plugin, or the older program of its own.
pub(crate) fn compose(sh: &Shell) -> Option<(&'static str, &'static [&'static str])> {
    let plugin = cmd!(sh, "docker compose version").quiet().ignore_stdout().ignore_stderr();
    if plugin.run().is_ok() {
        Some(("docker", &["compose"]))
    } else {
        installed("docker-compose").then_some(("docker-compose", &[]))
    }
}
