//! `with-postgres COMMAND…`: runs a command with `USHER_TEST_POSTGRES` set to a server's address.
//!
//! The address names no database: each test makes its own. The server is the one that the variable
//! names already, or a container, or one of this machine's, and goes when the command ends.

use std::{
    env,
    ffi::OsString,
    net::TcpListener,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, Result, bail};
use testcontainers_modules::{
    postgres::Postgres,
    testcontainers::{ContainerAsync, ImageExt, runners::AsyncRunner},
};
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};
use usher_tests::{Unprivileged, folder_with, output};

const ADDRESS: &str = "USHER_TEST_POSTGRES";
const IMAGE: &str = "USHER_TEST_POSTGRES_IMAGE";

/// Every test has a database with a pool of its own, and none needs to outlive a power cut.
const SETTINGS: &[&str] = &["-c", "max_connections=500", "-c", "fsync=off"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let program = arguments.next().context("usage: with-postgres COMMAND…")?;

    // Caught from here on, so that no signal leaves a server behind.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let server = Server::start().await?;
    let run = async {
        let mut child = Command::new(&program)
            .args(arguments)
            .env(ADDRESS, server.address())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        loop {
            tokio::select! {
                status = child.wait() => return Ok::<_, anyhow::Error>(status?),
                Some(()) = interrupt.recv() => {}
                Some(()) = terminate.recv() => {}
            }
            // It may clean up in its own time; its end is ours.
            if let Some(id) = child.id() {
                output("sh", ["-c", &format!("kill -TERM {id}")]).await?;
            }
        }
    };
    let status = run.await;
    server.stop().await?;
    let status = status?;
    process::exit(status.code().or(status.signal().map(|it| 128 + it)).unwrap_or(1));
}

enum Server {
    Given(String),
    Container { address: String, container: Box<ContainerAsync<Postgres>> },
    Local(Local),
}

impl Server {
    async fn start() -> Result<Self> {
        if let Ok(address) = env::var(ADDRESS) {
            return Ok(Self::Given(address));
        }
        if output("docker", ["info"]).await.is_ok() {
            match Self::start_container().await {
                Ok(server) => return Ok(server),
                Err(error) => eprintln!("with-postgres: no container: {error:#}"),
            }
        }
        let Some(programs) = folder_with(&["initdb", "pg_ctl", "postgres"]) else {
            bail!(
                "the tests need PostgreSQL: start a Docker engine, or install a server \
                 (on Debian: apt-get install postgresql), or set {ADDRESS} to a server's address"
            );
        };
        Local::start(programs).await.map(Self::Local)
    }

    async fn start_container() -> Result<Self> {
        let image = env::var(IMAGE).unwrap_or_else(|_| "postgres:15-bookworm".to_owned());
        let (name, tag) = image.rsplit_once(':').with_context(|| format!("{IMAGE} has no tag"))?;
        let postgres = Postgres::default().with_name(name).with_tag(tag);
        let container = postgres.with_cmd(SETTINGS.iter().copied()).start().await?;
        // The port is IPv4's, and localhost may be the other.
        let host = container.get_host().await?.to_string().replace("localhost", "127.0.0.1");
        let port = container.get_host_port_ipv4(5432).await?;
        let address = format!("postgres://postgres:postgres@{host}:{port}");
        Ok(Self::Container { address, container: Box::new(container) })
    }

    fn address(&self) -> &str {
        match self {
            Self::Given(address) | Self::Container { address, .. } => address,
            Self::Local(local) => &local.address,
        }
    }

    async fn stop(self) -> Result<()> {
        match self {
            Self::Given(_) => Ok(()),
            Self::Container { container, .. } => Ok(container.rm().await?),
            Self::Local(local) => local.stop().await,
        }
    }
}

/// A server of this machine's own programs, in a temporary folder.
struct Local {
    address: String,
    folder: PathBuf,
    user: Unprivileged,
    pg_ctl: PathBuf,
}

impl Local {
    async fn start(programs: PathBuf) -> Result<Self> {
        let user = Unprivileged::find().await?;
        let pg_ctl = programs.join("pg_ctl");
        let folder = user.folder("postgres").await?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let address = format!("postgres://postgres:postgres@127.0.0.1:{port}");
        let local = Self { address, folder, user, pg_ctl };
        if let Err(error) = local.launch(&programs, port).await {
            local.stop().await.ok();
            return Err(error.context("PostgreSQL does not start"));
        }
        Ok(local)
    }

    async fn launch(&self, programs: &Path, port: u16) -> Result<()> {
        let (data, log) = (self.data(), self.folder.join("log"));
        let initdb = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"];
        let initdb = initdb.map(OsString::from).into_iter();
        let target = [OsString::from("--pgdata"), data.clone().into()];
        self.user.output(programs.join("initdb"), initdb.chain(target)).await?;

        let options = format!("-h 127.0.0.1 -p {port} -k '' {}", SETTINGS.join(" "));
        let start = ["--wait", "start", "--options", &options].map(OsString::from).into_iter();
        let target = ["--pgdata".into(), data.into(), "--log".into(), log.into()];
        self.user.output(&self.pg_ctl, start.chain(target)).await?;
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    async fn stop(self) -> Result<()> {
        let stop = ["--mode=immediate", "--wait", "stop", "--pgdata"].map(OsString::from);
        let stopped = self.user.output(&self.pg_ctl, stop.into_iter().chain([self.data().into()]));
        let stopped = stopped.await;
        tokio::fs::remove_dir_all(&self.folder).await?;
        stopped.map(drop)
    }
}
