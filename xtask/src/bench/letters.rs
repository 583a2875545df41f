//! Letters from the outbox to a sink, and invitations while they go out.

use anyhow::Result;
use xshell::Shell;

use crate::bench::{figures::Figures, load::Load, postgres::Postgres, server::Server, sink::Sink};

pub(super) fn measure(
    sh: &Shell,
    database: &str,
    postgres: &Postgres,
    count: u32,
    figures: &mut Figures,
) -> Result<()> {
    let sink = Sink::start(sh)?;
    let url = postgres.url_for(sh, database)?;
    let quiet = Server::start(sh, &url, &[("USHER_WORKER__ENABLED", "false")])?;
    quiet.invite(count)?;
    let home = quiet.stop()?;
    let mail = format!("smtp://127.0.0.1:{}", sink.port);
    let settings = [
        ("USHER_MAIL__URL", mail.as_str()),
        ("USHER_MAIL__POOL", "10"),
        ("USHER_WORKER__AT_ONCE", "10"),
    ];
    let server = Server::start_in(sh, home, &url, &settings)?;
    figures.add(format!("{database} letters"), server.drained(&url, count)?);
    let Load { rate, .. } = server.load(sh, 16, 5)?;
    figures.add(format!("{database} 16 mailing"), rate);
    Ok(())
}
