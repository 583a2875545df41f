//! Conditions on texts. The rules for a field without a value are those of SQL's NULL.

use sea_orm::sea_query::{Expr, ExprTrait as _, Func, IntoLikeExpr as _, LikeExpr};
use usher_application::TextMatch;
use usher_domain::Mailbox;

/// Sorts after every continuation of a text.
const LAST: char = char::MAX;

/// A text as it is compared, and how the text that it is compared with is folded.
pub(super) struct Text {
    value: Expr,
    whole: fn(&str) -> String,
    /// The same for a piece of a text.
    part: fn(&str) -> String,
}

impl Text {
    /// A text compared without regard to the case of ASCII letters.
    pub(super) fn ascii(value: Expr) -> Self {
        Self::folded(Func::lower(value).into(), str::to_ascii_lowercase)
    }

    /// A column that is stored folded.
    pub(super) fn folded(value: Expr, fold: fn(&str) -> String) -> Self {
        Self { value, whole: fold, part: fold }
    }

    /// A mailbox, in a column that is stored folded.
    pub(super) fn mailbox(value: Expr) -> Self {
        Self { value, whole: mailbox, part: part_of_mailbox }
    }

    /// What a text contains that passes the test, as far as the test says so.
    pub(super) fn pieces(&self, test: &TextMatch) -> Vec<String> {
        match test {
            TextMatch::Equals(other) => vec![(self.whole)(other)],
            TextMatch::Like(pieces) => pieces.iter().map(|it| (self.part)(it)).collect(),
            TextMatch::Present | TextMatch::Absent => Vec::new(),
        }
    }

    pub(super) fn matches(self, test: &TextMatch) -> Expr {
        let Self { value, whole, part } = self;
        match test {
            TextMatch::Equals(other) => value.eq(whole(other)),
            TextMatch::Like(pieces) => match pieces.as_slice() {
                // An index serves a range, but no pattern.
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

/// Whether a text, which is folded already, contains this piece.
pub(super) fn contains(text: Expr, piece: &str) -> Expr {
    text.like(pattern(&[String::new(), piece.to_owned(), String::new()], str::to_owned))
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

/// A mailbox as it is compared. A text that is no mailbox is compared without
/// the case of ASCII.
fn mailbox(text: &str) -> String {
    Mailbox::parse(text).map_or_else(|_| text.to_ascii_lowercase(), |it| it.folded().to_owned())
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
        .unwrap_or_else(|| local.to_ascii_lowercase());
    let Some(domain) = domain else { return local };
    let domain = Mailbox::parse(&format!("x@{domain}"))
        .map_or_else(|_| domain.to_ascii_lowercase(), |it| it.domain().to_owned());
    format!("{local}@{domain}")
}
