//! `usher check`: whether everything is in place, and what to do where it is not.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use url::Url;
use usher_application::Tenants as _;
use usher_persistence::{SqlStore, StoreOptions};

use crate::{
    adapters::key_file::KeyFile,
    settings::{Settings, shown},
    stdout, wiring,
};

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Ask the running server only whether it is ready, as a container's health check does
    #[arg(long)]
    ready: bool,
}

/// How long each look may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks, and changes nothing; `false` when something is not in place.
pub(crate) async fn run(settings: &Settings, args: CheckArgs) -> anyhow::Result<bool> {
    if args.ready {
        let address = settings.local_address();
        let asked = timeout(PATIENCE / 2, ready(address)).await;
        let answer =
            asked.with_context(|| format!("http://{address} does not answer in time"))??;
        stdout::line(format!("http://{address}/readyz answers {answer}"))?;
        return Ok(answer == "200");
    }
    let mut all = true;
    for (what, found) in [
        ("settings", Ok("they are sound".to_owned())),
        ("public URL", in_time(public_url(settings)).await),
        ("database", in_time(database(settings)).await),
        ("mail", in_time(mail(settings)).await),
    ] {
        all &= found.is_ok();
        stdout::line(match found {
            Ok(fine) => format!("ok      {what}: {fine}"),
            Err(error) => format!("failed  {what}: {error:#}"),
        })?;
    }
    Ok(all)
}

async fn in_time(look: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
    timeout(PATIENCE, look).await.unwrap_or_else(|_| bail!("no answer within {PATIENCE:?}"))
}

async fn public_url(settings: &Settings) -> anyhow::Result<String> {
    let text = settings.public_url()?;
    let url = Url::parse(&text)?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default());
    let place = (host.trim_matches(['[', ']']), port.unwrap_or(443));
    let found = lookup_host(place).await;
    let found =
        found.with_context(|| format!("{text}: its host is not to be found; is it in the DNS?"))?;
    ensure!(found.count() > 0, "{text}: its host has no address");
    ensure!(
        !settings.is_in_the_clear(),
        "{text}: is not https, so passwords can be read on the way"
    );
    Ok(text)
}

async fn database(settings: &Settings) -> anyhow::Result<String> {
    let url = settings.database_url();
    let place = shown(&url);
    if settings.database_file().is_some_and(|it| !it.exists()) {
        return Ok(format!("{place} is made at the first start"));
    }
    let options = StoreOptions { max_connections: 2, ..StoreOptions::new(url) };
    let opened = SqlStore::open(&options).await;
    let store = opened.with_context(|| format!("{place} does not answer; is it running?"))?;
    let found = schema_and_keys(settings, &store).await;
    store.close().await;
    found.map(|()| format!("{place} is up to date")).with_context(|| place)
}

async fn schema_and_keys(settings: &Settings, store: &SqlStore) -> anyhow::Result<()> {
    let pending = store.pending_migrations().await?.len();
    ensure!(pending == 0, "{pending} migrations are pending; `usher migrate` applies them");
    let file = KeyFile::within(&settings.data_dir);
    let has_keys = settings.keyring().is_some() || file.read()?.is_some();
    let is_new = store.named(&settings.tenant.name).await?.is_none();
    ensure!(
        has_keys || is_new,
        "it is in use, but there is no keyring at {file}; set keyring.keys"
    );
    Ok(())
}

async fn mail(settings: &Settings) -> anyhow::Result<String> {
    let place = shown(&settings.mail_url());
    let office = wiring::post_office(settings)?;
    let answer = office.check().await.with_context(|| format!("{place} takes no mail"))?;
    let templates: Vec<_> = office.templates().collect();
    let found = match templates.len() {
        0 if settings.mail()?.templates.is_none() => String::new(),
        0 => "; no templates".to_owned(),
        1 => format!("; 1 template: {}", templates[0]),
        count => format!("; {count} templates: {}", templates.join(", ")),
    };
    Ok(format!("{place}: {answer}{found}"))
}

/// The status that the running server answers with.
pub(crate) async fn ready(address: SocketAddr) -> anyhow::Result<String> {
    let cannot = || format!("http://{address} does not answer; is usher running?");
    let mut stream = TcpStream::connect(address).await.with_context(cannot)?;
    let request = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.with_context(cannot)?;
    let mut answer = Vec::new();
    stream.take(1024).read_to_end(&mut answer).await.with_context(cannot)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).filter(|_| answer.starts_with("HTTP/1.1 "));
    status.map(str::to_owned).with_context(|| format!("http://{address} does not speak HTTP"))
}
