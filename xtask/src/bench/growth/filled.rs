//! A database with many invitations, and keys for those who ask.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use xshell::TempDir;

use crate::{
    bench::{
        client::fill,
        frame::Frame,
        growth::questions::Caller,
        server::{Key, Server},
    },
    tree::root,
};

/// How long a database may take to fill, before there is less in it.
pub(super) const FILL_TIME: Duration = Duration::from_mins(8);
/// How much less.
const LESS: u32 = 5;

/// For how many invitations letters are due, or for one in a hundred, if that is more.
pub(super) const MAILED: u32 = 10_000;
/// How many letters that is for each of them.
const LETTERS: u32 = 10;

pub(super) struct Filled {
    pub(super) home: TempDir,
    pub(super) url: String,
    pub(super) callers: Callers,
    pub(super) rows: u32,
    /// How many letters are due.
    pub(super) letters: u32,
}

impl Filled {
    /// With so many invitations, or with a part of them, if that takes too long.
    pub(super) fn make(frame: &Frame<'_>, database: &str, rows: u32) -> Result<Self> {
        ensure!(
            rows >= MAILED && rows.is_multiple_of(1000),
            "--growth takes thousands of rows, {MAILED} at least"
        );
        let url = frame.postgres.url_for(frame.sh, database)?;
        let settings = [("USHER_WORKER__ENABLED", "false")];
        let server = Server::start(frame.sh, &url, &settings)?;
        let organization = json!({ "id": "few", "name": "Few" }).to_string();
        server.command(&["import", "organizations", "-"], &organization)?;
        let users = ["few", "boss"].map(|it| {
            json!({ "id": it, "email": format!("{it}@example.com"), "status": "active" })
                .to_string()
        });
        server.command(&["import", "users", "-"], &users.join("\n"))?;
        let callers = Callers::make(&server)?;
        let (id, dialect) = match url.as_str() {
            "" => ("lower(hex(id))", "sqlite"),
            _ => ("replace(CAST(id AS text), '-', '')", "postgres"),
        };
        let tenant = server.query(&format!("SELECT {id} FROM tenant"))?;
        let home = server.stop()?;

        let mailed = MAILED.max(rows / 100);
        let values = [
            ("{rows}", rows.to_string()),
            ("{tenant}", tenant),
            ("{closed}", (rows - rows / 20).to_string()),
            ("{mailed}", mailed.to_string()),
        ];
        let mut statements = String::new();
        for file in [
            format!("crates/usher-persistence/tests/store/many.{dialect}.sql"),
            format!("xtask/bench/growth.{dialect}.sql"),
        ] {
            statements += &fs::read_to_string(root().join(file))?;
        }
        for (name, value) in values {
            statements = statements.replace(name, &value);
        }
        let to = match url.as_str() {
            "" => format!("sqlite:{}", home.path().join("usher.db").display()),
            url => url.to_owned(),
        };
        eprintln!("{database}: {rows} invitations are written");
        let start = Instant::now();
        if fill(&to, &statements, FILL_TIME)? {
            eprintln!("{database}: that took {:.0} s", start.elapsed().as_secs_f64());
            return Ok(Self { home, url, callers, rows, letters: mailed * LETTERS });
        }
        if !url.is_empty() {
            frame.postgres.remove(frame.sh, &url)?;
        }
        drop(home);
        eprintln!("{database}: that takes longer than {} s", FILL_TIME.as_secs());
        ensure!(rows / LESS >= MAILED, "this machine is too slow to compare databases");
        Self::make(frame, database, rows / LESS)
    }
}

/// The headers by which they are known.
pub(super) struct Callers {
    tenant: String,
    person: String,
    inviter: String,
    organization: String,
    bound: String,
}

impl Callers {
    fn make(server: &Server) -> Result<Self> {
        let bearer = |it: &Key| format!("Authorization: Bearer {}", it.bearer);
        let tenant = server.key(&["--authority", "ORG_ADMIN"])?;
        let (id, secret) = tenant.bearer.split_once('.').context("a key")?;
        let organization = server.key(&["--authority", "HELPDESK", "--organization", "few"])?;
        Ok(Self {
            // As two of the APIs want it.
            tenant: format!(
                "{}\r\nX-LoginRadius-ApiKey: {id}\r\nX-LoginRadius-ApiSecret: {secret}",
                bearer(&tenant)
            ),
            person: bearer(&server.key(&["--authority", "ORG_ADMIN", "--user", "boss"])?),
            inviter: bearer(&server.key(&["--authority", "INVITER", "--user", "few"])?),
            bound: format!("key: {}", organization.bound),
            organization: bearer(&organization),
        })
    }

    pub(super) fn header(&self, caller: Caller) -> &str {
        match caller {
            Caller::Tenant => &self.tenant,
            Caller::Person => &self.person,
            Caller::Inviter => &self.inviter,
            Caller::Organization => &self.organization,
            Caller::BoundHeader => &self.bound,
        }
    }
}
