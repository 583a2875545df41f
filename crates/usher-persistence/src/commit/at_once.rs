//! Writing a group at once: by one statement on PostgreSQL, and by one call on SQLite.
//!
//! Most groups only insert and replace rows, and meet no conflict. Where that turns out not to be so,
//! nothing is written, and the group is written step by step, which finds out who met what.

use sea_orm::{ConnectionTrait as _, DbErr, Value};

use crate::{
    backend::{Backend, failure::Failure, steps::Step},
    commit::{
        committing::IsCommitting,
        counts::{self, Which},
        group::{Group, ROWS},
        packed::PackedCommit,
        row::json_array,
        statements::Statements,
        texts::Kind,
    },
    shared::Shared,
};

/// Writes all of a group, or nothing: then `false`.
pub(super) async fn at_once(
    shared: &Shared,
    statements: &Statements,
    group: &Group,
    counted: Which,
    committing: &IsCommitting,
) -> Result<bool, DbErr> {
    let size = group.packed().map(PackedCommit::len).sum::<usize>();
    if group.is_split || size > ROWS || !group.packed().all(PackedCommit::is_plain) {
        return Ok(false);
    }
    let (kinds, binds) = parts(statements, group, counted);
    let text = statements.texts.of(kinds, |it| text(shared.backend, statements, it));
    let statement = shared.statement(&text, binds);
    let written = async {
        // One statement is a transaction of its own, where none has to begin with settings.
        if shared.backend.has_many_writers() && shared.prelude.is_none() {
            let written = shared.writes.execute_raw(statement);
            return committing.during(shared.backend, written).await.map(drop);
        }
        let transaction = shared.begin().await?;
        transaction.execute_raw(statement).await?;
        committing.during(shared.backend, transaction.commit()).await
    };
    match written.await {
        Ok(()) => Ok(true),
        Err(error) => match Failure::of(shared.backend, &error) {
            Failure::Unique | Failure::Content | Failure::Interference => Ok(false),
            Failure::Busy | Failure::Database => Err(error),
        },
    }
}

/// What there is to write, in the order of writing: replaced rows first, for that may make room for
/// inserted ones, and counts last, for many write the same. Each kind has its rows as a bind, and
/// those that may be refused another one that says how many they are.
fn parts(statements: &Statements, group: &Group, counted: Which) -> (Vec<Kind>, Vec<Value>) {
    let (mut kinds, mut binds) = (Vec::new(), Vec::new());
    let mut add = |kind, rows: Vec<&String>| {
        if rows.is_empty() {
            return;
        }
        kinds.push(kind);
        binds.push(json_array(rows.iter().copied()).into());
        if matches!(kind, Kind::Replaced(_) | Kind::Inserted(_)) {
            binds.push(i64::try_from(rows.len()).unwrap_or(i64::MAX).into());
        }
    };
    let tables = || statements.tables.iter().enumerate();
    let places = tables().map(|(n, it)| (Kind::Replaced(n), it.name, false));
    for (kind, table, is_new) in
        places.chain(tables().map(|(n, it)| (Kind::Inserted(n), it.name, true)))
    {
        let rows = group.packed().flat_map(|it| it.written(table));
        add(kind, rows.filter(|it| it.is_new == is_new).map(|it| &it.json).collect());
    }
    add(Kind::Jobs, group.packed().flat_map(|it| &it.jobs).map(|(_, job)| job).collect());
    add(Kind::Audit, group.packed().flat_map(|it| &it.audit).collect());
    let counted = counts::rows(group, counted);
    add(Kind::Counts, counted.iter().collect());
    (kinds, binds)
}

fn text(backend: Backend, statements: &Statements, kinds: &[Kind]) -> String {
    let mut binds = 1_u32..;
    let mut bind = || binds.next().unwrap_or_default();
    let steps = kinds.iter().map(|kind| {
        let rows = bind();
        // A statement has one bind: its rows.
        let numbered = |sql: &str| sql.replace("$1", &format!("${rows}"));
        match *kind {
            Kind::Replaced(n) => {
                Step::Write { sql: numbered(&statements.tables[n].update), expected: bind() }
            }
            Kind::Inserted(n) => {
                Step::Write { sql: numbered(&statements.tables[n].insert), expected: bind() }
            }
            Kind::Jobs => Step::Append(numbered(&statements.jobs)),
            Kind::Audit => Step::Append(numbered(&statements.audit)),
            Kind::Counts => {
                Step::Count { sql: numbered(&statements.counts), rows: counts::most(backend, rows) }
            }
        }
    });
    backend.all_or_nothing(&steps.collect::<Vec<_>>())
}
