//! Puts usher together: the settings choose the adapters, which become the ports of the use cases.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use chrono::TimeDelta;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
    try_join,
};
use usher_application::{
    BootstrappedTenant, Clock, Entropy, OrganizationError, Ports, Tenants as _, Usher,
};
use usher_domain::{Caller, Keyring, OrganizationId};
use usher_http::Health;
use usher_mail::Mailer;
use usher_persistence::{Listen, Server, SqlStore, StoreOptions};

use crate::{
    adapters::{
        database_clock::DatabaseClock,
        key_file::{KeyFile, new_key},
        passwords::PasswordPool,
        system::{OsEntropy, SystemClock},
    },
    settings::{
        Settings,
        rules::BadSettings,
        urls::{remedy, without_secrets},
    },
};

/// What a failed migration is reported with.
const MIGRATION_FAILED: &str = "the database cannot be brought up to date; if the role of database.url \
    may not change tables, run `usher migrate` with one that owns them";

/// What the health checks say of a database that gives no answer, and of one that takes no changes.
const SILENT: &str = "the database does not answer";
pub(crate) const READ_ONLY: &str =
    "the database is a standby or read-only, so nothing can be written";

/// The waits between two attempts to connect to the database at the start.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long closing may take at the end, after `http.shutdown`.
const CLOSING: Duration = Duration::from_secs(4);

/// How often the time is asked for again.
const CLOCK_INTERVAL: Duration = Duration::from_secs(10);
/// How far the clock of this machine may be off from the database's without a word, and at all.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(1);
const CLOCK_LIMIT: TimeDelta = TimeDelta::minutes(1);

/// The use cases with their adapters, on a database that is up to date and has the tenant of the
/// settings.
pub(crate) struct Wired {
    pub usher: Arc<Usher>,
    pub settings: Settings,
    pub bootstrapped: BootstrappedTenant,
    store: SqlStore,
    mailer: Arc<Mailer>,
    /// Keeps the clock right, as long as this is not dropped.
    _clock: JoinSet<()>,
}

impl Wired {
    pub(crate) async fn new(settings: Settings) -> anyhow::Result<Self> {
        let mailer = Arc::new(mailer(&settings)?);
        make_data_dir(&settings)?;
        let store = store(&settings).await?;
        bring_up_to_date(&store).await?;
        let (clock, clock_keeper) = clock(&store).await?;
        let entropy = Arc::new(OsEntropy);
        let keyring = keyring(&settings, &store, &*clock, &*entropy).await?;
        let shared = Arc::new(store.clone());
        let ports = Ports {
            attempts: shared.clone(),
            audit: shared.clone(),
            clock,
            counts: shared.clone(),
            credentials: shared.clone(),
            directory: shared.clone(),
            entropy,
            invitations: shared.clone(),
            ledger: shared.clone(),
            organizations: shared.clone(),
            outbox: shared.clone(),
            passwords: Arc::new(PasswordPool::new()),
            postman: mailer.clone(),
            profiles: shared.clone(),
            purges: shared.clone(),
            roles: shared.clone(),
            sessions: shared.clone(),
            tasks: shared.clone(),
            tenants: shared.clone(),
            users: shared,
        };
        let usher = Usher::new(&ports, &keyring, &settings.policy()?);
        let bootstrapped = usher.tenants.bootstrap.run(&settings.tenant.plan()).await?;
        Ok(Self {
            usher: Arc::new(usher),
            settings,
            bootstrapped,
            store,
            mailer,
            _clock: clock_keeper,
        })
    }

    /// What the health checks ask: whether the database answers, and takes changes.
    pub(crate) fn health(&self) -> Health {
        let store = self.store.clone();
        Health::new(move || {
            let store = store.clone();
            async move {
                let asked = try_join!(store.ping(), store.is_read_only());
                let ((), is_read_only) = asked.map_err(|_| SILENT)?;
                if is_read_only { Err(READ_ONLY) } else { Ok(()) }
            }
        })
    }

    /// What a server is warned of at its start.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut all = self.settings.warnings();
        all.extend(self.store.server().and_then(|it| pooler_warning(&self.settings, it)));
        all
    }

    /// The caller that commands act as, in the tenant with this name or in the one of the settings.
    pub(crate) async fn operator(&self, tenant: Option<&str>) -> anyhow::Result<Caller> {
        let Some(name) = tenant else { return Ok(Caller::system(self.bootstrapped.tenant.id)) };
        let found = self.usher.tenants.find.named(name).await?;
        Ok(Caller::system(found.with_context(|| format!("there is no tenant `{name}`"))?.id))
    }

    /// The id of the organization with this id, code or name.
    pub(crate) async fn organization(
        &self,
        caller: &Caller,
        name: &str,
    ) -> anyhow::Result<OrganizationId> {
        match self.usher.organizations.find.named(caller, name).await {
            Ok(found) => Ok(found.id),
            Err(OrganizationError::Unknown) => bail!("there is no organization `{name}`"),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes what was counted for the audit, and closes the connections to the mail server and the
    /// database; for a few seconds at the longest, even if neither of them answers any more.
    pub(crate) async fn close(self) {
        let close = async {
            if let Err(error) = self.usher.acts.write().await {
                let error = format!("{:#}", anyhow::Error::new(error));
                tracing::error!(error, "what was refused or exported last is not in the audit");
            }
            self.mailer.close().await;
            self.store.close().await;
        };
        if timeout(CLOSING, close).await.is_err() {
            tracing::warn!(
                "not everything could be closed in time; nothing that was answered is lost"
            );
        }
    }
}

/// The transport for letters. It does not connect before it is used.
pub(crate) fn mailer(settings: &Settings) -> Result<Mailer, BadSettings> {
    Ok(Mailer::new(&settings.mail()?)?)
}

/// Makes the data folder, if there is none, for its owner alone. One that others can open is warned
/// of.
pub(crate) fn make_data_dir(settings: &Settings) -> anyhow::Result<()> {
    let path = &settings.data_dir;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("data_dir: cannot make the folder {}", path.display()))?;
    if let Some(warning) = exposure(path) {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// A warning if users other than its owner may enter, read or change the folder, with the remedy; none
/// where they cannot get to it, because only its owner or root may enter one of those that it is in.
fn exposure(folder: &Path) -> Option<String> {
    let found = fs::metadata(folder).ok()?;
    let is_shut = |outer: &Path| {
        let outer = fs::metadata(outer).ok();
        outer.is_some_and(|it| it.mode() & 0o011 == 0 && [found.uid(), 0].contains(&it.uid()))
    };
    let is_within_reach =
        || fs::canonicalize(folder).is_ok_and(|it| !it.ancestors().skip(1).any(is_shut));
    let path = folder.display();
    (found.mode() & 0o077 != 0 && is_within_reach()).then(|| {
        format!("data_dir: other users of this machine can open {path}; run: chmod 700 '{path}'")
    })
}

/// Brings the schema up to date if it is not, and returns the names of the migrations that this took.
/// A role that may not change tables can serve on a schema that is up to date.
pub(crate) async fn bring_up_to_date(store: &SqlStore) -> anyhow::Result<Vec<String>> {
    let pending = store.pending_migrations().await?;
    if !pending.is_empty() {
        store.migrate().await.context(MIGRATION_FAILED)?;
    }
    Ok(pending)
}

/// The clock of the database, and what keeps it right, or that of this machine if the database has
/// none. A machine whose own clock is far off is not used: what else runs there goes by it.
async fn clock(store: &SqlStore) -> anyhow::Result<(Arc<dyn Clock>, JoinSet<()>)> {
    let mut keeper = JoinSet::new();
    let Some(clock) = DatabaseClock::read(store).await? else {
        return Ok((Arc::new(SystemClock), keeper));
    };
    if let Some(wrong) = wrong_clock(&clock) {
        if clock.machine_is_ahead().abs() > CLOCK_LIMIT {
            bail!(wrong);
        }
        tracing::warn!("{wrong}");
    }
    let (clock, store) = (Arc::new(clock), store.clone());
    let kept = clock.clone();
    keeper.spawn(async move {
        loop {
            sleep(CLOCK_INTERVAL).await;
            // While the database does not answer, the time goes on as it was.
            let _ = kept.set(&store).await;
        }
    });
    Ok((clock, keeper))
}

/// What to do about the clock of this machine, if it is not that of the database.
pub(crate) fn wrong_clock(clock: &DatabaseClock) -> Option<String> {
    let ahead = clock.machine_is_ahead();
    let seconds = ahead.abs().as_seconds_f64();
    let direction = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    (ahead.abs() > CLOCK_TOLERANCE).then(|| {
        format!(
            "the clock of this machine is {seconds:.1} s {direction} that of the database; set both by \
             NTP (chrony or systemd-timesyncd)"
        )
    })
}

/// What a pooler before the database keeps usher from, and what to set.
pub(crate) fn pooler_warning(settings: &Settings, server: &Server) -> Option<String> {
    (server.is_pooled && settings.database.listen() == Listen::AtDatabase).then(|| {
        "database.url: a pooler gives its sessions to one transaction after the other, so usher cannot \
         listen there, and letters of other nodes wait for two seconds; set database.listen_url to the \
         address of PostgreSQL itself, or to none"
            .to_owned()
    })
}

/// What the connections are called in `pg_stat_activity`: they show which machine they belong to.
fn connection_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "usher".to_owned(),
        name => format!("usher/{name}"),
    }
}

/// Where the database is, and how it is connected to.
pub(crate) fn store_options(settings: &Settings) -> StoreOptions {
    StoreOptions {
        max_connections: settings.database.max_connections,
        name: connection_name(),
        listen: settings.database.listen(),
        ..StoreOptions::new(settings.database_url())
    }
}

/// What is wrong with how a server of PostgreSQL encodes text, if anything is.
pub(crate) fn wrong_encoding(server: &Server) -> Option<String> {
    let encoding = &server.encoding;
    (encoding != "UTF8").then(|| {
        format!(
            "it encodes text as {encoding}, which cannot hold every name; make another database with \
             ENCODING 'UTF8' TEMPLATE template0"
        )
    })
}

/// Connects to the database, and waits until it answers and takes changes, for
/// `database.connect_wait` at the longest.
pub(crate) async fn store(settings: &Settings) -> anyhow::Result<SqlStore> {
    let options = store_options(settings);
    let (is_file, database) = (options.url.starts_with("sqlite:"), without_secrets(&options.url));
    let wait = settings.database.connect_wait;
    let deadline = Instant::now() + wait;
    let (mut pause, mut last) = (FIRST_PAUSE, String::new());
    loop {
        let why = match timeout_at(deadline, SqlStore::open(&options)).await {
            Ok(Ok(store)) if store.server().is_some_and(|it| it.is_read_only) => {
                store.close().await;
                READ_ONLY.to_owned()
            }
            Ok(Ok(store)) => {
                if let Some(wrong) = store.server().and_then(wrong_encoding) {
                    store.close().await;
                    bail!("cannot use the database {database}: {wrong}");
                }
                return Ok(store);
            }
            Ok(Err(error)) if is_file => {
                return Err(error).with_context(|| format!("cannot open the database {database}"));
            }
            Ok(Err(error)) => {
                let why = format!("{:#}", anyhow::Error::new(error));
                if let Some(remedy) = remedy(&why) {
                    bail!("cannot use the database {database}: {remedy} ({why})");
                }
                why
            }
            Err(_) if last.is_empty() => "no answer".to_owned(),
            Err(_) => last.clone(),
        };
        if Instant::now() + pause >= deadline {
            bail!(
                "the database {database} could not be used for {wait:?} (database.connect_wait): {why}; \
                 is it running, and is database.url right?"
            );
        }
        if why != last {
            tracing::warn!(database, why, "waiting for the database");
            last = why;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The keyring of the settings, or of the key file. A new file is made for a new database only: with
/// new keys, the links and sessions of one that is in use would silently become void.
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
             copy the file of the node that made the database there; if that is lost, `usher keyring` \
             prints a new key, with which the links and sessions made so far are void"
        );
    }
    file.make(&new_key(clock, entropy))
}

#[cfg(test)]
mod tests;
