//! `usher check`: looks whether everything that the settings name is in place, and says what to do where
//! it is not.

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
use usher_persistence::{Server, SqlStore, StoreOptions};

use crate::{
    adapters::{database_clock::DatabaseClock, key_file::KeyFile},
    settings::{
        Settings,
        urls::{remedy, without_secrets},
    },
    stdout, wiring,
};

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Ask only the running server whether it is ready, as the health check of a container does
    #[arg(long)]
    ready: bool,
}

/// How long each check may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Checks, and changes nothing; `false` when something is not in place.
pub(crate) async fn run(settings: &Settings, args: CheckArgs) -> anyhow::Result<bool> {
    if args.ready {
        let address = settings.local_address();
        let asked = timeout(TIMEOUT / 2, ready(address)).await;
        let answer =
            asked.with_context(|| format!("http://{address} does not answer in time"))??;
        stdout::line(format!("http://{address}/readyz answers {answer}"))?;
        return Ok(answer == "200");
    }
    let mut all = true;
    for (what, found) in [
        ("settings", Ok("they are valid".to_owned())),
        ("public URL", in_time(public_url(settings)).await),
        ("database", Box::pin(in_time(database(settings))).await),
        ("mail", in_time(mail(settings)).await),
    ] {
        all &= found.is_ok();
        stdout::line(match found {
            Ok(fine) => format!("ok      {what}: {fine}"),
            Err(error) => format!("failed  {what}: {error:#}"),
        })?;
    }
    for warning in settings.warnings() {
        stdout::line(format!("warning {warning}"))?;
    }
    Ok(all)
}

async fn in_time(check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
    timeout(TIMEOUT, check).await.unwrap_or_else(|_| bail!("no answer within {TIMEOUT:?}"))
}

async fn public_url(settings: &Settings) -> anyhow::Result<String> {
    let text = settings.public_url()?;
    let url = Url::parse(&text)?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default());
    let host = (host.trim_matches(['[', ']']), port.unwrap_or(443));
    let addresses = lookup_host(host).await;
    let addresses =
        addresses.with_context(|| format!("{text}: the host is not found; is it in the DNS?"))?;
    ensure!(addresses.count() > 0, "{text}: the host has no address; is it in the DNS?");
    ensure!(
        !settings.is_unencrypted(),
        "{text}: it is not https, so others can read passwords on the way; put a proxy that speaks \
         TLS before usher, and set public_url to its address"
    );
    Ok(text)
}

async fn database(settings: &Settings) -> anyhow::Result<String> {
    let url = settings.database_url();
    let database = without_secrets(&url);
    if settings.database_file().is_some_and(|it| !it.exists()) {
        return Ok(format!("{database} is made at the first start"));
    }
    if let Some((setting, name)) = settings.database.ignored_parameters().first() {
        bail!("{setting} has the parameter {name}, which means nothing to usher; take it out");
    }
    let options = StoreOptions { max_connections: 2, ..wiring::store_options(settings) };
    let opened = SqlStore::open(&options).await;
    let store = opened.map_err(|error| {
        let error = anyhow::Error::new(error);
        match remedy(&format!("{error:#}")) {
            Some(remedy) => error.context(format!("{database}: {remedy}")),
            None => error.context(format!("{database} does not answer; is it running?")),
        }
    })?;
    let found = async {
        if let Some(server) = store.server() {
            is_fit(settings, server)?;
        }
        schema_and_keys(settings, &store).await?;
        let clock = DatabaseClock::read(&store).await?;
        match clock.as_ref().and_then(wiring::wrong_clock) {
            Some(wrong) => bail!(wrong),
            None => anyhow::Ok(()),
        }
    };
    let found = found.await;
    let pooler = store.server().and_then(|it| wiring::pooler_warning(settings, it));
    store.close().await;
    found.with_context(|| database.clone())?;
    Ok(match pooler {
        Some(warning) => format!("{database} is up to date, but {warning}"),
        None => format!("{database} is up to date"),
    })
}

/// Whether a server of PostgreSQL is one that usher can work with.
fn is_fit(settings: &Settings, server: &Server) -> anyhow::Result<()> {
    let Server { is_read_only, isolation, room, .. } = server;
    ensure!(!is_read_only, "{}; let database.url lead to the primary", wiring::READ_ONLY);
    if let Some(wrong) = wiring::wrong_encoding(server) {
        bail!(wrong);
    }
    ensure!(
        isolation == "read committed",
        "its transactions are isolated as {isolation} unless they say otherwise; reset \
         default_transaction_isolation for the role and the database"
    );
    // One more tells other nodes of new jobs, and one listens to them.
    let needed = settings.database.max_connections + 2;
    ensure!(
        *room >= needed,
        "it takes {room} connections in all, and this node alone may have {needed}; raise \
         max_connections of PostgreSQL, or lower database.max_connections"
    );
    Ok(())
}

async fn schema_and_keys(settings: &Settings, store: &SqlStore) -> anyhow::Result<()> {
    let pending = store.pending_migrations().await?.len();
    ensure!(pending == 0, "{pending} migrations are not applied; run `usher migrate`");
    let file = KeyFile::within(&settings.data_dir);
    let has_keys = settings.keyring().is_some() || file.read()?.is_some();
    let is_new = store.named(&settings.tenant.name).await?.is_none();
    ensure!(
        has_keys || is_new,
        "it is in use, but there is no keyring at {file}; set keyring.keys, or put the file back"
    );
    Ok(())
}

async fn mail(settings: &Settings) -> anyhow::Result<String> {
    let url = without_secrets(&settings.mail_url());
    let mailer = wiring::mailer(settings)?;
    let answer = mailer.check().await.with_context(|| format!("{url} takes no mail"))?;
    let templates: Vec<_> = mailer.templates().collect();
    let found = match templates.len() {
        0 if settings.mail()?.templates.is_none() => String::new(),
        0 => "; no templates".to_owned(),
        1 => format!("; 1 template: {}", templates[0]),
        count => format!("; {count} templates: {}", templates.join(", ")),
    };
    Ok(format!("{url}: {answer}{found}"))
}

/// The status code with which the running server answers `GET /readyz`.
async fn ready(address: SocketAddr) -> anyhow::Result<String> {
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
