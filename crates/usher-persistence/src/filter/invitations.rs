//! Filters of invitations.

use sea_orm::{
    ColumnTrait as _, Value,
    sea_query::{Expr, ExprTrait as _},
};
use usher_application::{Filter, InvitationCondition, TextField, TextMatch, TimeField};
use usher_domain::{InvitationId, State, Status, Timestamp};

use crate::{
    backend::Backend,
    entity::{convert::micros, invitation::Column},
    filter::{
        combine::{combined, no, yes},
        text::Text,
    },
};

pub(crate) fn condition(backend: Backend, filter: &Filter, now: Timestamp) -> Expr {
    combined(filter, &|it| holds(backend, it, now))
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
        InvitationCondition::Quiet(value) => Column::Quiet.eq(*value),
        InvitationCondition::State(state) => in_state(*state, now),
        InvitationCondition::Lapsed => Column::Status.eq(Status::Lapsed.as_str()),
        InvitationCondition::Organization(id) => Column::OrganizationId.eq(id.as_str()),
        InvitationCondition::Role(role) => backend.contains("roles", role),
        InvitationCondition::Inviter(id) => Column::InviterId.eq(id.as_str()),
        InvitationCondition::Answered(actor) => {
            let creator = Column::TakenOverBy.is_null().and(Column::Creator.eq(actor.to_string()));
            Column::TakenOverBy.eq(actor.to_string()).or(creator)
        }
        InvitationCondition::Given(actor, since) => {
            let theirs =
                |who: Column, when: Column| who.eq(actor.to_string()).and(when.gte(*since));
            theirs(Column::Creator, Column::CreatorAt).or(theirs(Column::RolesBy, Column::RolesAt))
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
        (TextField::Invitee, _) => Column::UserId.into_expr(),
        (TextField::Inviter, _) => Column::Inviter.into_expr(),
        (TextField::Creator, _) => Column::Creator.into_expr(),
        (TextField::Updater, _) => Column::Updater.into_expr(),
    };
    Text::ascii(value).matches(test)
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
