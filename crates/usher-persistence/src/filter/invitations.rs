//! Filters of invitations.

use sea_orm::{
    ColumnTrait as _, Value,
    sea_query::{Expr, ExprTrait as _},
};
use usher_application::{Filter, InvitationCondition, TextField, TextMatch, TimeField};
use usher_domain::{Actor, InvitationId, State, Status, Timestamp};

use crate::{
    backend::Backend,
    entity::{convert::micros, invitation::Column},
    filter::{
        combine::{combined, no, word, yes},
        text::Text,
    },
};

pub(crate) fn condition(backend: Backend, filter: &Filter, now: Timestamp) -> Expr {
    let condition = combined(filter, &|it| holds(backend, it, now));
    if leaves_out_closed(filter) { not_closed().and(condition) } else { condition }
}

/// Whether those that pass may be few among all that there are, with no index that leads to them:
/// or one that cannot do without looking at many of them.
pub(crate) fn is_search(filter: &Filter) -> bool {
    match filter {
        Filter::Everything => false,
        Filter::And(all) => !all.iter().any(leads_to_few) && all.iter().any(is_search),
        Filter::Or(any) => any.iter().any(is_search),
        Filter::Not(filter) => is_search(filter),
        Filter::Is(condition) => match condition {
            InvitationCondition::Text(
                TextField::Id | TextField::Mailbox | TextField::Creator,
                TextMatch::Equals(_),
            )
            | InvitationCondition::Text(_, TextMatch::Present | TextMatch::Absent)
            | InvitationCondition::Time(TimeField::Issued, ..)
            | InvitationCondition::State(State::Pending | State::Expired | State::Accepted)
            | InvitationCondition::Lapsed
            | InvitationCondition::Organization(_)
            | InvitationCondition::Invitee(_)
            | InvitationCondition::Inviter(_)
            | InvitationCondition::Answered(_)
            | InvitationCondition::Given(..)
            // Of no list that people ask for.
            | InvitationCondition::Role(_) => false,
            InvitationCondition::Text(..)
            | InvitationCondition::Label(..)
            | InvitationCondition::Time(TimeField::Updated | TimeField::Expires, ..)
            | InvitationCondition::Lifetime(..)
            | InvitationCondition::Quiet(_)
            | InvitationCondition::State(State::Declined | State::Revoked) => true,
        },
    }
}

/// Whether an index leads to all that pass, and they are few whoever asks.
fn leads_to_few(filter: &Filter) -> bool {
    match filter {
        Filter::And(all) => all.iter().any(leads_to_few),
        Filter::Or(any) => !any.is_empty() && any.iter().all(leads_to_few),
        Filter::Is(condition) => matches!(
            condition,
            InvitationCondition::Text(TextField::Id | TextField::Mailbox, TextMatch::Equals(_))
                | InvitationCondition::Invitee(_)
        ),
        Filter::Everything | Filter::Not(_) => false,
    }
}

/// The words of the indexes that have no closed invitations.
pub(crate) fn not_closed() -> Expr {
    let open = [Status::Pending, Status::Lapsed].map(|it| word(it.as_str()));
    Column::Status.into_expr().is_in(open)
}

/// Whether no invitation passes that was accepted, declined or revoked.
pub(super) fn leaves_out_closed(filter: &Filter) -> bool {
    match filter {
        Filter::And(all) => all.iter().any(leaves_out_closed),
        Filter::Or(any) => any.iter().all(leaves_out_closed),
        Filter::Is(it) => matches!(
            it,
            InvitationCondition::State(State::Pending | State::Expired)
                | InvitationCondition::Lapsed
        ),
        Filter::Everything | Filter::Not(_) => false,
    }
}

fn holds(backend: Backend, condition: &InvitationCondition, now: Timestamp) -> Expr {
    match condition {
        InvitationCondition::Text(field, it) => text(backend, *field, it),
        InvitationCondition::Label(name, test) => {
            Text::ascii(backend.label_value(name)).matches(test)
        }
        InvitationCondition::Time(field, from, before) => {
            let column = match field {
                TimeField::Issued => Column::IssuedAt,
                TimeField::Updated => Column::UpdatedAt,
                TimeField::Expires => Column::ExpiresAt,
            };
            between(column, *from, *before)
        }
        InvitationCondition::Lifetime(from, before) => {
            between(Column::Lifetime, from.map(micros), before.map(micros))
        }
        InvitationCondition::Quiet(true) => Column::Quiet.into_expr(),
        InvitationCondition::Quiet(false) => Column::Quiet.into_expr().not(),
        InvitationCondition::State(state) => in_state(*state, now),
        InvitationCondition::Lapsed => is(Status::Lapsed),
        InvitationCondition::Organization(id) => Column::OrganizationId.eq(id.as_str()),
        InvitationCondition::Role(role) => backend.contains("roles", role),
        InvitationCondition::Inviter(id) => Column::InviterId.eq(id.as_str()),
        InvitationCondition::Invitee(id) => Column::UserId.eq(id.as_str()),
        // As the index has it.
        InvitationCondition::Answered(actor) => {
            Expr::cust("coalesce(taken_over_by, creator)").eq(actor.to_string())
        }
        InvitationCondition::Given(actor, since) => {
            let made = made_by(actor).and(Column::CreatorAt.gte(*since));
            let chose = Column::RolesBy.eq(actor.to_string()).and(Column::RolesAt.gte(*since));
            made.or(chose)
        }
    }
}

fn text(backend: Backend, field: TextField, test: &TextMatch) -> Expr {
    let value = match (field, test) {
        // By the primary key.
        (TextField::Id, TextMatch::Equals(value)) => {
            return match value.to_ascii_lowercase().parse::<InvitationId>() {
                Ok(id) => Column::Id.eq(id.0),
                Err(_) => no(),
            };
        }
        (TextField::Mailbox, _) => {
            return Text::mailbox(Column::MailboxFolded.into_expr()).matches(test);
        }
        (TextField::Id, _) => backend.id_as_hex(),
        (TextField::Inviter, _) => Column::Inviter.into_expr(),
        (TextField::Creator, _) => Column::Creator.into_expr(),
        (TextField::Updater, _) => Column::Updater.into_expr(),
    };
    Text::ascii(value).matches(test)
}

fn made_by(actor: &Actor) -> Expr {
    let actor = actor.to_string();
    // The index has it folded.
    let folded = Text::ascii(Column::Creator.into_expr());
    folded.matches(&TextMatch::Equals(actor.clone())).and(Column::Creator.eq(actor))
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

fn is(status: Status) -> Expr {
    Column::Status.into_expr().eq(word(status.as_str()))
}

fn in_state(state: State, now: Timestamp) -> Expr {
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
