//! How the conditions of a filter are put together, as SQL.

use sea_orm::sea_query::{BinOper, Expr, ExprTrait as _};
use usher_application::Filter;

/// The condition of a filter; `holds` makes that of a single one.
pub(super) fn combined<T>(filter: &Filter<T>, holds: &impl Fn(&T) -> Expr) -> Expr {
    let all = |filters: &[Filter<T>]| -> Vec<_> {
        filters.iter().map(|it| combined(it, holds)).collect()
    };
    match filter {
        Filter::Everything => yes(),
        Filter::And(filters) => all(filters).into_iter().reduce(Expr::and).unwrap_or(yes()),
        Filter::Or(filters) => all(filters).into_iter().reduce(Expr::or).unwrap_or(no()),
        Filter::Not(filter) => combined(filter, holds).not(),
        Filter::Is(condition) => holds(condition),
    }
}

/// A text that is part of the statement: a planner takes no partial index for the value of a bind.
pub(super) fn word(text: &'static str) -> Expr {
    Expr::Constant(text.into())
}

pub(super) fn yes() -> Expr {
    Expr::val(1).binary(BinOper::Equal, Expr::val(1))
}

pub(super) fn no() -> Expr {
    Expr::val(1).binary(BinOper::Equal, Expr::val(0))
}
