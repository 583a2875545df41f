//! Where all meet: the settings choose the adapters, the adapters make the ports, the ports usher.

use std::{fs, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use tokio::time::{Instant, sleep, timeout_at};
use usher_application::{BootstrappedTenant, Clock, Entropy, Ports, Tenants as _, Usher};
use usher_domain::{Caller, Keyring, OrganizationId};
use usher_http::Health;
use usher_mail::Mailer;
use usher_persistence::{SqlStore, StoreOptions};

use crate::{
    adapters::{
        key_file::{KeyFile, new_key},
        passwords::PasswordPool,
        system::{OsEntropy, SystemClock},
    },
    settings::{BadSettings, Settings, shown},
};

/// The waits between two attempts to reach the database at the start.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// usher, put together, on a database that is up to date and has its tenant.
pub(crate) struct Wired {
    pub usher: Arc<Usher>,
    pub founded: BootstrappedTenant,
    store: SqlStore,
    post_office: Arc<Mailer>,
}

impl Wired {
    pub(crate) async fn new(settings: &Settings) -> anyhow::Result<Self> {
        let post_office = Arc::new(post_office(settings)?);
        make_folder(&settings.data_dir)?;
        let store = store(settings).await?;
        store.migrate().await.context("the database cannot be brought up to date")?;
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
        let keyring = keyring(settings, &store, &*clock, &*entropy).await?;
        let shared = Arc::new(store.clone());
        let ports = Ports {
            audit: shared.clone(),
            clock,
            credentials: shared.clone(),
            directory: shared.clone(),
            entropy,
            invitations: shared.clone(),
            ledger: shared.clone(),
            organizations: shared.clone(),
            outbox: shared.clone(),
            passwords: Arc::new(PasswordPool::new()),
            postman: post_office.clone(),
            profiles: shared.clone(),
            roles: shared.clone(),
            sessions: shared.clone(),
            tasks: shared.clone(),
            tenants: shared.clone(),
            users: shared,
        };
        let usher = Usher::new(&ports, &keyring, &settings.policy()?);
        let founded = usher.found.run(&settings.foundation()).await?;
        Ok(Self { usher: Arc::new(usher), founded, store, post_office })
    }

    /// Whether requests can be answered.
    pub(crate) fn health(&self) -> Health {
        let store = self.store.clone();
        Health::new(move || {
            let store = store.clone();
            async move { store.ping().await.map_err(|_| "the database does not answer") }
        })
    }

    /// Whoever has the command line, in a tenant; without a name that of the settings.
    pub(crate) async fn operator(&self, tenant: Option<&str>) -> anyhow::Result<Caller> {
        let Some(name) = tenant else { return Ok(Caller::system(self.founded.tenant.id)) };
        let found = self.usher.ports.tenants.named(name).await?;
        Ok(Caller::system(found.with_context(|| format!("there is no tenant `{name}`"))?.id))
    }

    /// An organization by its id, code or name.
    pub(crate) async fn organization(
        &self,
        caller: &Caller,
        name: &str,
    ) -> anyhow::Result<OrganizationId> {
        let found = self.usher.ports.organizations.named(caller.tenant, name).await?;
        Ok(found.with_context(|| format!("there is no organization `{name}`"))?.id)
    }

    /// Lets go of the database and the mail server.
    pub(crate) async fn close(self) {
        self.post_office.close().await;
        self.store.close().await;
    }
}

/// Where letters go; nothing is asked of it yet.
pub(crate) fn post_office(settings: &Settings) -> Result<Mailer, BadSettings> {
    Ok(Mailer::new(&settings.mail()?)?)
}

/// Only its owner may look inside.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("data_dir: cannot make the folder {}", path.display()))
}

/// The database, as soon as it answers.
pub(crate) async fn store(settings: &Settings) -> anyhow::Result<SqlStore> {
    let options = StoreOptions {
        url: settings.database_url(),
        max_connections: settings.database.max_connections,
    };
    let (is_file, place) = (options.url.starts_with("sqlite:"), shown(&options.url));
    let wait = settings.database.connect_wait;
    let deadline = Instant::now() + wait;
    let (mut pause, mut told) = (FIRST_PAUSE, String::new());
    loop {
        let why = match timeout_at(deadline, SqlStore::open(&options)).await {
            Ok(Ok(store)) => return Ok(store),
            Ok(Err(error)) if is_file => {
                return Err(error).with_context(|| format!("cannot open the database {place}"));
            }
            Ok(Err(error)) => format!("{:#}", anyhow::Error::new(error)),
            Err(_) if told.is_empty() => "no answer".to_owned(),
            Err(_) => told.clone(),
        };
        if Instant::now() + pause >= deadline {
            bail!(
                "the database {place} is out of reach since {wait:?} (database.connect_wait); is it \
                 running, and is database.url right? {why}"
            );
        }
        if why != told {
            tracing::warn!(database = place, why, "waiting for the database");
            told = why;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The keys of the settings, or of the key file. A new file is made for a new database only: with
/// other keys, the links and sessions of an old one would be void without a word.
async fn keyring(
    settings: &Settings,
    store: &SqlStore,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> anyhow::Result<Keyring> {
    if let Some(keyring) = settings.keyring() {
        return Ok(keyring);
    }
    let file = KeyFile::within(&settings.data_dir);
    if let Some(keyring) = file.read()? {
        return Ok(keyring);
    }
    if store.named(&settings.tenant.name).await?.is_some() {
        bail!(
            "the database is in use already, but there is no keyring at {file}: set keyring.keys, or \
             put the file of the node that made the database there; if it is lost, `usher keyring` \
             prints a new key, with which links and sessions made so far are void"
        );
    }
    file.make(&new_key(clock, entropy))
}

#[cfg(test)]
mod tests;
