//! Letters from the outbox to a sink, and invitations while they go out.

use anyhow::Result;

use crate::bench::{
    figures::{DATABASES, Figures},
    frame::Frame,
    invitations::invite,
    markdown::{figure, paragraph, percent, table},
    server::Server,
    sink::Sink,
};

pub(super) fn measure(frame: &mut Frame<'_>, database: &str) -> Result<()> {
    let (sh, count) = (frame.sh, frame.args.letters);
    let sink = Sink::start(sh)?;
    let url = frame.postgres.url_for(sh, database)?;
    let quiet = Server::start(sh, &url, &[("USHER_WORKER__ENABLED", "false")])?;
    quiet.invite(count)?;
    let home = quiet.stop()?;
    let mail = format!("smtp://127.0.0.1:{}", sink.port);
    let settings = [
        ("USHER_MAIL__URL", mail.as_str()),
        ("USHER_MAIL__POOL", "10"),
        ("USHER_WORKER__AT_ONCE", "10"),
    ];
    let server = Server::start_in(home, &url, &settings)?;
    let name = format!("{database} letters");
    let meter = frame.meter(server.target().process)?;
    let rate = server.drained(count)?;
    frame.cost(&name, &meter, count.into())?;
    frame.figures.add(name, rate);
    invite(frame, &format!("{database} 16 mailing"), &server, 16)
}

pub(super) fn page(page: &mut String, figures: &Figures, count: u32) {
    paragraph(page, "## Letters to an SMTP sink");
    let limit = figures.median("letters limit");
    let rows = DATABASES.into_iter().map(|database| {
        let name = format!("{database} letters");
        let rate = figures.median(&name);
        vec![
            database.to_owned(),
            figure(limit, 0),
            figure(rate, 0),
            percent(rate, limit),
            figures.processor(database, &name),
        ]
    });
    let head = [
        "database",
        "limit/s",
        "usher/s",
        "of the limit",
        "processor µs a letter, usher; PostgreSQL",
    ];
    table(page, &head, rows);
    paragraph(
        page,
        &format!(
            "The limit is smtp-source, 10 sessions, connections kept, a ready-made letter of 4 kB. usher reads, renders, sends and records {count} letters over 10 connections.",
        ),
    );
}
