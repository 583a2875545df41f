//! What is aimed at, and how near this run has come.

use crate::bench::{
    args::{Args, Measure},
    figures::{DATABASES, Figures, POSTGRES},
    growth::page::{worst_by_index, worst_of_nothing},
    markdown::{figure, paragraph, table},
    members,
};

/// What the measured figure is held against.
enum Aim {
    /// At least so many times the limit.
    Least(f64),
    /// At most so many times the limit.
    Most(f64),
    /// At most so much, whatever the limit is.
    Absolute(f64),
}

struct Row {
    what: String,
    unit: &'static str,
    /// Not a number, where there is none.
    limit: f64,
    aim: Aim,
    measured: f64,
}

impl Row {
    fn ratio(&self) -> f64 {
        self.measured / self.limit
    }

    /// Nobody knows without a limit to hold it against.
    fn is_reached(&self) -> Option<bool> {
        let (figure, is_reached) = match self.aim {
            Aim::Least(least) => (self.ratio(), self.ratio() >= least),
            Aim::Most(most) => (self.ratio(), self.ratio() <= most),
            Aim::Absolute(most) => (self.measured, self.measured <= most),
        };
        figure.is_finite().then_some(is_reached)
    }

    fn cells(&self) -> Vec<String> {
        // What is small needs more of its decimals.
        let shown = |it: f64| {
            let text = figure(it, if it < 10.0 { 2 } else { usize::from(it < 100.0) });
            if it.is_finite() { format!("{text}{}", self.unit) } else { text }
        };
        let times = |it: f64| if it.is_finite() { format!("{it:.2} ×") } else { figure(it, 2) };
        vec![
            self.what.clone(),
            shown(self.limit),
            match self.aim {
                Aim::Least(it) => format!("≥ {it} ×"),
                Aim::Most(it) => format!("≤ {it} ×"),
                Aim::Absolute(it) => format!("≤ {it}{}", self.unit),
            },
            shown(self.measured),
            times(self.ratio()),
            match self.is_reached() {
                None => "–",
                Some(true) => "yes",
                Some(false) => "no",
            }
            .to_owned(),
        ]
    }
}

/// The table at the head of the page.
pub(super) fn page(page: &mut String, args: &Args, figures: &Figures) {
    paragraph(page, "## Against the aims");
    let all = rows(args, figures);
    let head = ["what", "limit", "aim", "measured", "of the limit", "reached"];
    table(page, &head, all.iter().map(Row::cells));
    let bare = match args.bare {
        Some(_) => "a bare server on the same database, described below",
        None => "a bare server, which this run was not given (`--bare FOLDER`)",
    };
    paragraph(
        page,
        &format!(
            "The limit of single invitations is {bare}; that of rows is a client that sends a thousand of them at a time; that of four nodes is one node; \
             that of many invitations is few."
        ),
    );
}

fn rows(args: &Args, figures: &Figures) -> Vec<Row> {
    let m = |name: String| figures.median(&name);
    let mut rows = Vec::new();
    let mut add = |what: String, unit, limit, aim, measured| {
        rows.push(Row { what, unit, limit, aim, measured });
    };
    if args.takes(Measure::Invitations) {
        for it in DATABASES {
            let [one, sixteen] = [1, 16].map(|connections| format!("{it} {connections}"));
            let bare = |of: &str| m(format!("{of} bare"));
            let p99 = [" bare p99", " p99"].map(|of| m(format!("{sixteen}{of}")));
            add(
                format!("invitations at 16 connections, {it}"),
                "/s",
                bare(&sixteen),
                Aim::Least(0.6),
                m(sixteen),
            );
            add(format!("p99 at 16 connections, {it}"), " ms", p99[0], Aim::Most(2.0), p99[1]);
            add(
                format!("invitations at 1 connection, {it}"),
                "/s",
                bare(&one),
                Aim::Least(0.5),
                m(one),
            );
        }
        for (whose, of, most) in [("usher", "cpu", 110.0), (POSTGRES, "database cpu", 190.0)] {
            let of = ["bare ", ""].map(|it| m(format!("{POSTGRES} 16 {it}{of}")));
            let what = format!("processor time an invitation at 16 connections, {whose}");
            add(what, " µs", of[0], Aim::Absolute(most), of[1]);
        }
    }
    for (measure, what, name) in [
        (Measure::Members, "members in batches of 100", format!("members {}", members::BATCHES)),
        (Measure::Tasks, "rows of a task of 100 000", "task".to_owned()),
    ] {
        for it in DATABASES.into_iter().filter(|_| args.takes(measure)) {
            let limit = m(format!("{it} rows limit"));
            add(format!("{what}, {it}"), "/s", limit, Aim::Least(0.5), m(format!("{it} {name}")));
        }
    }
    if args.takes(Measure::Nodes) {
        let [one, four] = ["nodes 1", "nodes 4"].map(|it| m(it.to_owned()));
        let what = "invitations of 4 nodes × 8 callers, a standby 5 ms away".to_owned();
        add(what, "/s", one, Aim::Least(3.0), four);
    }
    if args.takes(Measure::Growth) {
        for it in DATABASES {
            if let Some((name, few, many)) = worst_by_index(figures, it) {
                let what = format!("the worst of what an index leads to, {it}: {name}");
                add(what, " ms", few, Aim::Most(1.2), many);
            }
            if let Some((name, few, many)) = worst_of_nothing(figures, it) {
                let what = format!("the longest search that finds nothing, {it}: {name}");
                add(what, " ms", few, Aim::Absolute(50.0), many);
            }
        }
    }
    if args.takes(Measure::Invitations) {
        for it in DATABASES {
            for (what, name, most) in
                [("idle", "idle", 25.0), ("at 64 connections", "loaded", 60.0)]
            {
                add(
                    format!("memory {what}, {it}"),
                    " MB",
                    f64::NAN,
                    Aim::Absolute(most),
                    m(format!("{it} {name}")),
                );
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{Aim, Row};

    fn row(limit: f64, aim: Aim, measured: f64) -> Row {
        Row { what: "rows".to_owned(), unit: "/s", limit, aim, measured }
    }

    #[test]
    fn an_aim_is_reached_on_its_own_side_of_the_bound() {
        let reached = |limit, aim, measured| row(limit, aim, measured).is_reached();
        assert_eq!(reached(100.0, Aim::Least(0.6), 60.0), Some(true));
        assert_eq!(reached(100.0, Aim::Least(0.6), 59.0), Some(false));
        assert_eq!(reached(10.0, Aim::Most(2.0), 20.0), Some(true));
        assert_eq!(reached(10.0, Aim::Most(2.0), 21.0), Some(false));
        assert_eq!(reached(f64::NAN, Aim::Absolute(25.0), 25.0), Some(true));
        assert_eq!(reached(f64::NAN, Aim::Absolute(25.0), 26.0), Some(false));
        assert_eq!(reached(f64::NAN, Aim::Least(0.6), 60.0), None);
        assert_eq!(reached(1.0, Aim::Absolute(25.0), f64::NAN), None);
    }

    #[test]
    fn a_row_says_what_was_measured_and_what_there_is_to_hold_it_against() {
        let cells = row(200.0, Aim::Least(0.6), 70.0).cells();
        assert_eq!(cells, ["rows", "200/s", "≥ 0.6 ×", "70.0/s", "0.35 ×", "no"]);
        let cells = row(f64::NAN, Aim::Least(0.6), 70.0).cells();
        assert_eq!(cells, ["rows", "–", "≥ 0.6 ×", "70.0/s", "–", "–"]);
    }
}
