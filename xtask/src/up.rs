//! The whole of docker-compose.yml, from the working tree, up and healthy.

use std::{
    env,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::{image, tools::compose};

const PATIENCE: Duration = Duration::from_mins(2);

#[expect(clippy::print_stdout, reason = "the addresses are what the command answers")]
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let (docker, compose) = compose(sh).context("install Docker with its Compose plugin first")?;
    cmd!(sh, "cargo build --package usher-server").run()?;
    image::build(sh, Path::new("target/debug/usher"), image::TAG)?;

    sh.set_var("USHER_IMAGE", image::TAG);
    // Compose 1.29 cannot replace a container that a recent engine made; it can start a new one.
    cmd!(sh, "{docker} {compose...} rm --stop --force usher").run()?;
    cmd!(sh, "{docker} {compose...} up --detach --no-build").run()?;
    wait_until_healthy(sh, docker, compose)?;

    let port = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    println!("usher         http://localhost:{}", port("USHER_PORT", "8080"));
    println!("mail catcher  http://localhost:{}", port("MAIL_PORT", "1080"));
    Ok(())
}

fn wait_until_healthy(sh: &Shell, docker: &str, compose: &[&str]) -> Result<()> {
    let id = cmd!(sh, "{docker} {compose...} ps --quiet usher").read()?;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let format = "{{.State.Status}} {{.State.Health.Status}}";
        match cmd!(sh, "docker inspect --format {format} {id}").quiet().read()?.as_str() {
            "running healthy" => return Ok(()),
            "running starting" => thread::sleep(Duration::from_millis(500)),
            _ => break,
        }
    }
    cmd!(sh, "{docker} {compose...} logs --tail 50 usher").run()?;
    bail!("usher is not healthy: the end of its log is above");
}
