//! Filters as SQL. The rules for a field without a value are those of SQL's NULL.

use sea_orm::{
    ColumnTrait as _, Value,
    sea_query::{BinOper, Expr, ExprTrait as _, Func, IntoLikeExpr as _, LikeExpr},
};
use usher_application::{Filter, Flag, Moment, Test, TextField, TextTest};
use usher_domain::{InvitationId, Mailbox, State, Status, Timestamp};

use crate::{
    dialect::Dialect,
    entity::invitation::{Column, micros},
};

pub(crate) fn condition(dialect: Dialect, filter: &Filter, now: Timestamp) -> Expr {
    let all = |filters: &[Filter]| -> Vec<_> {
        filters.iter().map(|it| condition(dialect, it, now)).collect()
    };
    match filter {
        Filter::Everything => yes(),
        Filter::And(filters) => all(filters).into_iter().reduce(Expr::and).unwrap_or(yes()),
        Filter::Or(filters) => all(filters).into_iter().reduce(Expr::or).unwrap_or(no()),
        Filter::Not(filter) => condition(dialect, filter, now).not(),
        Filter::Is(test) => holds(dialect, test, now),
    }
}

fn holds(dialect: Dialect, test: &Test, now: Timestamp) -> Expr {
    match test {
        Test::Text(field, test) => text(dialect, *field, test),
        Test::Label(name, test) => matches(dialect.label(name), test, str::to_ascii_lowercase),
        Test::Time(moment, from, before) => {
            let column = match moment {
                Moment::Issued => Column::IssuedAt,
                Moment::Updated => Column::UpdatedAt,
                Moment::Expires => Column::ExpiresAt,
            };
            between(column, *from, *before)
        }
        Test::Lifetime(from, before) => {
            between(Column::Lifetime, from.map(micros), before.map(micros))
        }
        Test::Flag(Flag::Quiet, value) => Column::Quiet.eq(*value),
        Test::State(state) => in_state(*state, now),
        Test::Organization(id) => Column::OrganizationId.eq(id.as_str()),
    }
}

fn text(dialect: Dialect, field: TextField, test: &TextTest) -> Expr {
    let plain = |column: Column| matches(column.into_expr(), test, str::to_ascii_lowercase);
    match (field, test) {
        // By the primary key.
        (TextField::Id, TextTest::Equals(value)) => {
            match value.to_ascii_lowercase().parse::<InvitationId>() {
                Ok(id) => Column::Id.eq(id.0),
                Err(_) => no(),
            }
        }
        (TextField::Id, test) => matches(dialect.id_text(), test, str::to_ascii_lowercase),
        (TextField::Mailbox, TextTest::Equals(value)) => Column::MailboxFolded.eq(mailbox(value)),
        (TextField::Mailbox, TextTest::Like(pieces)) => {
            Column::MailboxFolded.into_expr().like(pattern(pieces, part_of_mailbox))
        }
        (TextField::Mailbox, TextTest::Present) => yes(),
        (TextField::Mailbox, TextTest::Absent) => no(),
        (TextField::Inviter, _) => plain(Column::Inviter),
        (TextField::Creator, _) => plain(Column::Creator),
        (TextField::Updater, _) => plain(Column::Updater),
    }
}

fn matches(value: Expr, test: &TextTest, fold: fn(&str) -> String) -> Expr {
    // Lower case as ASCII has it: the columns collate by their bytes.
    let folded = |value: Expr| Expr::from(Func::lower(value));
    match test {
        TextTest::Equals(other) => folded(value).eq(fold(other)),
        TextTest::Like(pieces) => folded(value).like(pattern(pieces, fold)),
        TextTest::Present => value.is_not_null(),
        TextTest::Absent => value.is_null(),
    }
}

fn pattern(pieces: &[String], fold: fn(&str) -> String) -> LikeExpr {
    let escaped = pieces.iter().map(|it| {
        fold(it).chars().fold(String::new(), |mut text, it| {
            if matches!(it, '%' | '_' | '\\') {
                text.push('\\');
            }
            text.push(it);
            text
        })
    });
    LikeExpr::new(escaped.collect::<Vec<_>>().join("%")).escape('\\').into_like_expr()
}

/// A mailbox as it is compared; what is none is compared as it is, in lower case.
fn mailbox(text: &str) -> String {
    Mailbox::parse(text).map_or_else(|_| text.to_lowercase(), |it| it.folded().to_owned())
}

/// A piece of a mailbox as it is compared, as far as a piece alone can tell.
fn part_of_mailbox(piece: &str) -> String {
    let (local, domain) = match piece.rsplit_once('@') {
        Some((local, domain)) => (local, Some(domain)),
        None => (piece, None),
    };
    let local = Mailbox::parse(&format!("{local}@x.example"))
        .ok()
        .and_then(|it| Some(it.folded().rsplit_once('@')?.0.to_owned()))
        .unwrap_or_else(|| local.to_lowercase());
    let Some(domain) = domain else { return local };
    let domain = Mailbox::parse(&format!("x@{domain}"))
        .map_or_else(|_| domain.to_lowercase(), |it| it.domain().to_owned());
    format!("{local}@{domain}")
}

fn between(
    column: Column,
    from: Option<impl Into<Value>>,
    before: Option<impl Into<Value>>,
) -> Expr {
    let from = from.map_or(yes(), |it| column.gte(it));
    let before = before.map_or(yes(), |it| column.lt(it));
    from.and(before)
}

fn in_state(state: State, now: Timestamp) -> Expr {
    let is = |status: Status| Column::Status.eq(status.as_str());
    match state {
        State::Pending => is(Status::Pending).and(Column::ExpiresAt.gt(now)),
        State::Expired => {
            is(Status::Pending).and(Column::ExpiresAt.lte(now)).or(is(Status::Lapsed))
        }
        State::Accepted => is(Status::Accepted),
        State::Declined => is(Status::Declined),
        State::Revoked => is(Status::Revoked),
    }
}

fn yes() -> Expr {
    Expr::val(1).binary(BinOper::Equal, Expr::val(1))
}

fn no() -> Expr {
    Expr::val(1).binary(BinOper::Equal, Expr::val(0))
}
