//! Puts a built binary into the runtime image, which takes seconds where building inside takes minutes,
//! with the list of what it links, which also goes beside the binary.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::sbom;

pub(crate) const TAG: &str = "usher:dev";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The binary; otherwise the release build, or else the debug build.
    #[arg(long)]
    binary: Option<PathBuf>,
    #[arg(long, default_value = TAG)]
    tag: String,
}

pub(crate) fn run(sh: &Shell, Args { binary, tag }: &Args) -> Result<()> {
    let built = || {
        let found = ["target/release/usher", "target/debug/usher"].map(PathBuf::from);
        found
            .into_iter()
            .find(|it| sh.path_exists(it))
            .context("build usher first, or give --binary")
    };
    let binary = binary.clone().map_or_else(built, Ok)?;
    sbom::write(sh, &binary.with_extension("cdx.json"))?;
    build(sh, &binary, tag)
}

pub(crate) fn build(sh: &Shell, binary: &Path, tag: &str) -> Result<()> {
    let dockerfile = runtime(&sh.read_file("Dockerfile")?, &debian()).context("Dockerfile")?;
    // A context of its own: the engine would be sent all of target/ otherwise.
    let context = sh.create_temp_dir()?;
    let folder = context.path();
    sh.copy_file(binary, folder.join("usher"))?;
    sbom::write(sh, &folder.join("usher.cdx.json"))?;
    cmd!(sh, "docker build --quiet --tag {tag} --file - {folder}").stdin(dockerfile).run()?;
    Ok(())
}

/// The last stage of the Dockerfile, with the files from the context instead of the stage before.
///
/// Neither `docker build --target` nor a second Dockerfile does: without `BuildKit` the former
/// builds every earlier stage too, and the latter would have to be kept the same by hand.
fn runtime(dockerfile: &str, debian: &str) -> Option<String> {
    let stage = &dockerfile[dockerfile.rfind("\nFROM ")?..];
    let mut alone = format!("ARG DEBIAN_IMAGE=debian:{debian}-slim");
    for line in stage.split_inclusive('\n') {
        let Some(copy) = line.strip_prefix("COPY --from=build ") else {
            alone.push_str(line);
            continue;
        };
        let (path, to) = copy.split_once(' ')?;
        let (_, name) = path.rsplit_once('/')?;
        alone.extend(["COPY ", name, " ", to]);
    }
    Some(alone)
}

/// This machine's Debian, so that the image's libc is not older than the one linked against.
fn debian() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |key: &str| release.lines().find_map(|line| line.strip_prefix(key));
    match (value("ID="), value("VERSION_CODENAME=")) {
        (Some("debian"), Some(codename)) => codename.to_owned(),
        _ => "bookworm".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::runtime;

    #[test]
    fn the_runtime_stage_stands_alone() {
        let dockerfile = "\
ARG DEBIAN_IMAGE=debian:bookworm-slim
FROM rust:1 AS build
RUN cargo build
FROM ${DEBIAN_IMAGE}
COPY --from=build /src/target/release/usher /usr/local/bin/
COPY --from=build /src/target/release/usher.cdx.json /usr/share/doc/usher/
ENTRYPOINT [\"usher\"]
";
        let expected = "\
ARG DEBIAN_IMAGE=debian:trixie-slim
FROM ${DEBIAN_IMAGE}
COPY usher /usr/local/bin/
COPY usher.cdx.json /usr/share/doc/usher/
ENTRYPOINT [\"usher\"]
";
        assert_eq!(runtime(dockerfile, "trixie").unwrap(), expected);
    }

    #[test]
    fn a_dockerfile_without_stages_is_none() {
        assert_eq!(runtime("FROM debian\n", "trixie"), None);
    }
}
