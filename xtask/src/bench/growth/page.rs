//! What became of the questions, on the page.

use crate::bench::{
    figures::{DATABASES, Figures},
    growth::{
        filled::{FILL_TIME, MAILED},
        questions::{Find, all},
    },
    markdown::{figure, paragraph, table},
};

/// The worst of a kind, for the database: its name, and how long it took with few rows and with many.
pub(crate) fn worst_by_index(
    figures: &Figures,
    database: &str,
) -> Option<(&'static str, f64, f64)> {
    worst(figures, database, Find::ByIndex, |few, many| many / few)
}

pub(crate) fn worst_of_nothing(
    figures: &Figures,
    database: &str,
) -> Option<(&'static str, f64, f64)> {
    worst(figures, database, Find::Nothing, |_, many| many)
}

fn worst(
    figures: &Figures,
    database: &str,
    find: Find,
    badness: impl Fn(f64, f64) -> f64,
) -> Option<(&'static str, f64, f64)> {
    all()
        .filter(|it| it.1 == find)
        .map(|(name, _)| {
            let of = |size| figures.median(&format!("{database} growth {size} {name}"));
            (name, of("few"), of("many"))
        })
        .filter(|(_, few, many)| few.is_finite() && many.is_finite())
        .max_by(|one, other| badness(one.1, one.2).total_cmp(&badness(other.1, other.2)))
}

pub(crate) fn page(page: &mut String, figures: &Figures, wanted: u32) {
    paragraph(page, "## Growth");
    let rows =
        |database: &str, size| figure(figures.median(&format!("{database} growth {size} rows")), 0);
    let mut head = vec!["median ms".to_owned()];
    for database in DATABASES {
        head.push(format!("{database}, {} rows", rows(database, "few")));
        head.push(format!("{} rows", rows(database, "many")));
        head.push("ratio".to_owned());
    }
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    let rows = all().map(|(name, find)| {
        let mut row = vec![match find {
            Find::ByIndex => name.to_owned(),
            Find::Nothing => format!("{name} *"),
        }];
        for database in DATABASES {
            let of = |size| figures.median(&format!("{database} growth {size} {name}"));
            row.extend([
                figure(of("few"), 2),
                figure(of("many"), 2),
                figure(of("many") / of("few"), 2),
            ]);
        }
        row
    });
    table(page, &head, rows);
    let has_fewer =
        |it: &&str| figures.median(&format!("{it} growth many rows")) < f64::from(wanted);
    let less = DATABASES.iter().any(has_fewer);
    paragraph(
        page,
        &format!(
            "A question after the other, in turns of both databases, over a connection that is kept, from a machine that has read the same before; with a star, what finds nothing. A tenth of the invitations is pending, a tenth was replaced by others, the rest was accepted, and the newest twentieth is closed; there are as many entries in the audit and as many people. An inviter and an organization have twenty each. `usher audit` is \
         a process, and takes most of its time to start. Ten letters are due for each of {MAILED} invitations, or of a hundredth of all if that is more: \
             one in ten is mailed (`mail.url = none`), the rest is over.{}",
            if less {
                format!(
                    " Of a database that takes longer than {} minutes to fill there is a fifth of what was asked for.",
                    FILL_TIME.as_secs() / 60
                )
            } else {
                String::new()
            }
        ),
    );
}
