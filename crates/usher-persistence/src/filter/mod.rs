//! Filters as SQL. The rules for a field without a value are those of SQL's NULL.

pub(crate) mod invitations;
pub(crate) mod tasks;
pub(crate) mod users;

use sea_orm::sea_query::{BinOper, Expr, ExprTrait as _, Func, IntoLikeExpr as _, LikeExpr};
use usher_application::{Filter, TextMatch};
use usher_domain::Mailbox;

/// What comes after every text that begins alike.
const LAST: char = char::MAX;

/// Puts the tests together; each by itself is the business of whose tests they are.
fn combined<T>(filter: &Filter<T>, holds: &impl Fn(&T) -> Expr) -> Expr {
    let all = |filters: &[Filter<T>]| -> Vec<_> {
        filters.iter().map(|it| combined(it, holds)).collect()
    };
    match filter {
        Filter::Everything => yes(),
        Filter::And(filters) => all(filters).into_iter().reduce(Expr::and).unwrap_or(yes()),
        Filter::Or(filters) => all(filters).into_iter().reduce(Expr::or).unwrap_or(no()),
        Filter::Not(filter) => combined(filter, holds).not(),
        Filter::Is(test) => holds(test),
    }
}

/// A text as it is compared, and what becomes of that which it is compared with.
struct Text {
    value: Expr,
    whole: fn(&str) -> String,
    /// Of a piece of it.
    part: fn(&str) -> String,
}

impl Text {
    /// Without case as ASCII has it: the columns collate by their bytes.
    fn ascii(value: Expr) -> Self {
        Self::folded(Func::lower(value).into(), str::to_ascii_lowercase)
    }

    /// One that is kept as it is compared.
    fn folded(value: Expr, fold: fn(&str) -> String) -> Self {
        Self { value, whole: fold, part: fold }
    }

    /// A mailbox that is kept as it is compared.
    fn mailbox(value: Expr) -> Self {
        Self { value, whole: mailbox, part: part_of_mailbox }
    }

    fn passes(self, test: &TextMatch) -> Expr {
        let Self { value, whole, part } = self;
        match test {
            TextMatch::Equals(other) => value.eq(whole(other)),
            TextMatch::Like(pieces) => match pieces.as_slice() {
                // A range is found by an index, a pattern is not.
                [start, end] if end.is_empty() => {
                    let start = part(start);
                    let end = format!("{start}{LAST}");
                    value.clone().gte(start).and(value.lt(end))
                }
                pieces => value.like(pattern(pieces, part)),
            },
            TextMatch::Present => value.is_not_null(),
            TextMatch::Absent => value.is_null(),
        }
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

/// Written out, for a partial index is not found by what is bound.
fn word(text: &'static str) -> Expr {
    Expr::Constant(text.into())
}

fn yes() -> Expr {
    Expr::val(1).binary(BinOper::Equal, Expr::val(1))
}

fn no() -> Expr {
    Expr::val(1).binary(BinOper::Equal, Expr::val(0))
}
