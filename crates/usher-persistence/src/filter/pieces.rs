//! What of a filter of invitations an index of pieces of texts can look for.

use sea_orm::{
    ColumnTrait as _,
    sea_query::{Expr, ExprTrait as _, Func},
};
use usher_application::{Filter, InvitationCondition, TextField, TextMatch};

use crate::{
    entity::invitation::Column,
    filter::{
        combine::{no, yes},
        invitations::leaves_out_closed,
        text::{Text, contains},
    },
};

/// What the index is made of: as many characters each.
const LENGTH: usize = 3;
/// So many characters of a piece are looked for. The filter itself looks at all of them.
const LONGEST: usize = 64;

/// The texts that are in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Indexed {
    Mailbox,
    Inviter,
    /// Names and values, as JSON.
    Labels,
}

/// What the texts of an invitation contain that passes a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pieces {
    One(Indexed, String),
    All(Vec<Pieces>),
    Any(Vec<Pieces>),
}

impl Pieces {
    /// `None` if the index cannot tell: then no more than the filter itself does.
    pub(crate) fn of(filter: &Filter) -> Option<Self> {
        Self::within(filter).filter(|_| leaves_out_closed(filter))
    }

    fn within(filter: &Filter) -> Option<Self> {
        match filter {
            Filter::Is(condition) => Self::of_condition(condition),
            Filter::And(filters) => {
                let all: Vec<_> = filters.iter().filter_map(Self::within).collect();
                (!all.is_empty()).then_some(Self::All(all))
            }
            Filter::Or(filters) => {
                let any: Option<Vec<_>> = filters.iter().map(Self::within).collect();
                any.filter(|it| !it.is_empty()).map(Self::Any)
            }
            Filter::Everything | Filter::Not(_) => None,
        }
    }

    fn of_condition(condition: &InvitationCondition) -> Option<Self> {
        let (indexed, pieces) = match condition {
            InvitationCondition::Text(TextField::Mailbox, test @ TextMatch::Like(_)) => {
                let mailbox = Text::mailbox(Column::MailboxFolded.into_expr());
                (Indexed::Mailbox, mailbox.pieces(test))
            }
            InvitationCondition::Text(TextField::Inviter, test) => {
                (Indexed::Inviter, Text::ascii(Column::Inviter.into_expr()).pieces(test))
            }
            InvitationCondition::Label(_, TextMatch::Absent) => return None,
            InvitationCondition::Label(name, test) => {
                let labels = Text::ascii(Column::Labels.into_expr());
                let name = TextMatch::Equals(format!("\"{name}\""));
                let pieces = [labels.pieces(&name), labels.pieces(test)].concat();
                // JSON may have other characters in the place of these.
                let is_plain = |it: &String| !it.contains(|it: char| it == '\\' || it.is_control());
                let is_name = |at: usize| at == 0;
                let plain = pieces.into_iter().enumerate().filter(|(at, it)| {
                    is_plain(it)
                        && (!it.contains('"') || is_name(*at) && it.matches('"').count() == 2)
                });
                (Indexed::Labels, plain.map(|(_, it)| it).collect())
            }
            _ => return None,
        };
        let all = pieces.into_iter().map(|it| it.chars().take(LONGEST).collect::<String>());
        let all = all.filter(|it| it.chars().count() >= LENGTH);
        let all: Vec<_> = all.map(|it| Self::One(indexed, it)).collect();
        (!all.is_empty()).then_some(Self::All(all))
    }

    /// The query for `invitation_text` of SQLite.
    pub(crate) fn as_match(&self) -> String {
        let joined = |all: &[Self], by: &str| {
            let all = all.iter().map(|it| format!("({})", it.as_match()));
            all.collect::<Vec<_>>().join(by)
        };
        match self {
            Self::One(indexed, text) => {
                let column = match indexed {
                    Indexed::Mailbox => "mailbox",
                    Indexed::Inviter => "inviter",
                    Indexed::Labels => "labels",
                };
                let characters: Vec<_> = text.chars().collect();
                let term = |it: &[char]| {
                    let it: String = it.iter().collect();
                    format!("{column} : \"{}\"", it.replace('"', "\"\""))
                };
                characters.windows(LENGTH).map(term).collect::<Vec<_>>().join(" AND ")
            }
            Self::All(all) => joined(all, " AND "),
            Self::Any(any) => joined(any, " OR "),
        }
    }

    /// What the index of PostgreSQL is asked.
    pub(crate) fn condition(&self) -> Expr {
        let all = |them: &[Self]| them.iter().map(Self::condition).collect::<Vec<_>>().into_iter();
        match self {
            Self::One(indexed, text) => {
                let indexed = match indexed {
                    Indexed::Mailbox => Column::MailboxFolded.into_expr(),
                    Indexed::Inviter => Func::lower(Column::Inviter.into_expr()).into(),
                    Indexed::Labels => Expr::cust("lower(CAST(labels AS text) COLLATE \"C\")"),
                };
                contains(indexed, text)
            }
            Self::All(them) => all(them).reduce(Expr::and).unwrap_or(yes()),
            Self::Any(them) => all(them).reduce(Expr::or).unwrap_or(no()),
        }
    }
}
