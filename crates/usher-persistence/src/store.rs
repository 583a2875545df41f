//! The store: opening, migrating and closing it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::MigratorTrait as _;
use tokio::{sync::Mutex, task::JoinSet, time::timeout};
use usher_application::StoreError;
use usher_domain::Timestamp;

use crate::{
    backend::{
        Backend,
        announcer::Announcer,
        connect::{Longest, Pools, connect, postgres_options},
        news::Source,
        server::{IS_READ_ONLY, Server},
        upkeep::Upkeep,
    },
    cache::Cache,
    commit::queue::CommitQueues,
    migration::Migrator,
    shared::{Searches, Shared},
    together::Together,
};

/// Where the database is, and how many connections to it there may be.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:PATH`, `sqlite://PATH`, `sqlite::memory:` or `postgres://user:password@host/name`.
    pub url: String,
    /// The most connections to keep. A database in memory has one, PostgreSQL at least six; a
    /// worker that waits for news from PostgreSQL has one in addition.
    pub max_connections: u32,
    /// How long the database may work on a read before it gives up.
    pub longest_read: Duration,
    /// How long it may work on a search, and how long a search waits until it may begin.
    pub longest_search: Duration,
    /// What PostgreSQL calls the connections in `pg_stat_activity`, unless the URL says that.
    pub name: String,
    /// How workers hear of jobs from other nodes on PostgreSQL.
    pub listen: Listen,
}

/// How workers hear of jobs from other nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// By a connection with the URL of the database, unless a pooler gives its sessions to others.
    AtDatabase,
    /// By a connection with a URL of its own, which leads past the pooler.
    At(String),
    /// Not at all: they look every two seconds.
    Never,
}

/// How long is waited for a connection that writes, to ask whether it can.
const FREE: Duration = Duration::from_secs(1);

/// How long closing may take.
const CLOSING: Duration = Duration::from_secs(5);

/// A bit less than the time after which nobody waits for a read any more.
const LONGEST_READ: Duration = Duration::from_secs(9);
/// More than any search takes that an index leads.
const LONGEST_SEARCH: Duration = Duration::from_secs(2);

impl StoreOptions {
    /// The database at this URL, with up to ten connections, nine seconds for a read, and two
    /// for a search.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 10,
            longest_read: LONGEST_READ,
            longest_search: LONGEST_SEARCH,
            name: "usher".to_owned(),
            listen: Listen::AtDatabase,
        }
    }
}

/// A store on a SQL database, which implements all store ports. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) queues: CommitQueues,
    /// Listens to the other nodes, once somebody asked for news.
    pub(crate) listener: Arc<OnceLock<JoinSet<()>>>,
    /// Where it listens; none: nowhere.
    pub(crate) listen: Option<Arc<Source>>,
}

impl SqlStore {
    /// Connects, without touching the schema.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let backend = Backend::of(&options.url)?;
        let StoreOptions { url, name, max_connections, .. } = options;
        let longest = Longest { read: options.longest_read, search: options.longest_search };
        let pools = connect(backend, url, name, *max_connections, longest).await;
        let pools = pools.map_err(StoreError::new)?;
        let Pools { reads, searches, places, writes, notices, trusts, prelude, remote } = pools;
        let listen = match (&options.listen, &remote) {
            (Listen::AtDatabase, Some(it)) if !it.server.is_pooled => {
                Some(Source { options: it.options.clone(), is_direct: true })
            }
            (Listen::At(url), Some(_)) => {
                let options = postgres_options(url, name).map_err(StoreError::new)?;
                Some(Source { options, is_direct: false })
            }
            _ => None,
        };
        let announcer = Announcer::start(notices, trusts.clone());
        let upkeep = Upkeep::start(remote.is_some().then(|| writes.clone()));
        let shared = Arc::new(Shared {
            backend,
            reads,
            searches: Searches::new(searches, places, options.longest_search),
            writes,
            trusts,
            prelude,
            remote,
            knocking: Mutex::default(),
            credentials: Cache::new(),
            tenants: Cache::new(),
            tenants_by_name: Cache::new(),
            invitees: Together::default(),
            news: Arc::default(),
            announcer,
            upkeep,
        });
        Ok(Self {
            queues: CommitQueues::open(&shared),
            shared,
            listener: Arc::default(),
            listen: listen.map(Arc::new),
        })
    }

    /// A new store in memory, with all tables. It is gone with the last handle to it.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let store = Self::open(&StoreOptions::new("sqlite::memory:")).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Brings the schema up to date: completely or, on an error, not at all. Nodes that start at
    /// the same time take turns.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let up = async {
            let transaction = self.shared.begin().await?;
            if let Some(unlimited) = self.shared.backend.without_limits() {
                transaction.execute_unprepared(unlimited).await?;
            }
            if let Some(lock) = self.shared.backend.migration_lock() {
                transaction.execute_unprepared(&lock).await?;
            }
            Migrator::up(&transaction, None).await?;
            transaction.commit().await
        };
        up.await.map_err(StoreError::new)
    }

    /// The names of the migrations that are not applied yet. It only reads.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let pending = Migrator::get_pending_migrations_read_only(&self.shared.reads);
        Ok(self.shared.bounded(pending).await?.iter().map(|it| it.name().to_owned()).collect())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.shared.bounded(self.shared.reads.ping()).await
    }

    /// Whether writing is refused by the server that is written to: it is a standby, or read-only
    /// for another reason. Where all connections that write are in use, they write.
    pub async fn is_read_only(&self) -> Result<bool, StoreError> {
        if self.shared.backend == Backend::Sqlite {
            return Ok(false);
        }
        let ask = self.shared.statement(IS_READ_ONLY, []);
        let Ok(row) = timeout(FREE, self.shared.writes.query_one_raw(ask)).await else {
            return Ok(false);
        };
        let row = row.map_err(StoreError::new)?;
        let is_read_only = row.map_or(Ok(false), |it| it.try_get("", "it"));
        let is_read_only = is_read_only.map_err(|it: DbErr| StoreError::new(it))?;
        if is_read_only {
            self.shared.trusts.withdraw();
        }
        Ok(is_read_only)
    }

    /// The time by the clock of the server; none: the database has no clock of its own.
    pub async fn time(&self) -> Result<Option<Timestamp>, StoreError> {
        if self.shared.backend == Backend::Sqlite {
            return Ok(None);
        }
        let ask = self.shared.statement("SELECT clock_timestamp() AS it", []);
        let row = self.shared.bounded(self.shared.reads.query_one_raw(ask)).await?;
        let time = row.map(|it| it.try_get("", "it")).transpose();
        time.map_err(|it: DbErr| StoreError::new(it))
    }

    /// What the server said of itself when the store was opened, if there is one.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        self.shared.remote.as_ref().map(|it| &it.server)
    }

    /// Finishes the commits in hand and closes all connections. Whatever is called later fails. It
    /// gives up after a while: a network that swallows what it is given keeps nobody waiting.
    pub async fn close(&self) {
        let close = async {
            self.queues.close().await;
            self.shared.announcer.close().await;
            for pool in [&self.shared.reads, &self.shared.searches.pool, &self.shared.writes] {
                // A pool whose closing fails is closed all the same.
                let _ = pool.close_by_ref().await;
            }
        };
        let _ = timeout(CLOSING, close).await;
    }
}
