//! Which invitations.

use sea_orm::{
    ColumnTrait as _, Value,
    sea_query::{Expr, ExprTrait as _},
};
use usher_application::{Filter, Flag, Moment, Test, TextField, TextTest};
use usher_domain::{InvitationId, State, Status, Timestamp};

use super::{Text, combined, no, yes};
use crate::{
    dialect::Dialect,
    entity::invitation::{Column, micros},
};

pub(crate) fn condition(dialect: Dialect, filter: &Filter, now: Timestamp) -> Expr {
    combined(filter, &|test| holds(dialect, test, now))
}

fn holds(dialect: Dialect, test: &Test, now: Timestamp) -> Expr {
    match test {
        Test::Text(field, test) => text(dialect, *field, test),
        Test::Label(name, test) => Text::ascii(dialect.label(name)).passes(test),
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
        Test::Role(role) => dialect.lists("roles", role),
        Test::Inviter(id) => Column::InviterId.eq(id.as_str()),
        Test::Creator(actor) => Column::Creator.eq(actor.to_string()),
    }
}

fn text(dialect: Dialect, field: TextField, test: &TextTest) -> Expr {
    let value = match (field, test) {
        // By the primary key.
        (TextField::Id, TextTest::Equals(value)) => {
            return match value.to_ascii_lowercase().parse::<InvitationId>() {
                Ok(id) => Column::Id.eq(id.0),
                Err(_) => no(),
            };
        }
        (TextField::Mailbox, _) => {
            return Text::mailbox(Column::MailboxFolded.into_expr()).passes(test);
        }
        (TextField::Id, _) => dialect.id_text(),
        (TextField::Invitee, _) => Column::UserId.into_expr(),
        (TextField::Inviter, _) => Column::Inviter.into_expr(),
        (TextField::Creator, _) => Column::Creator.into_expr(),
        (TextField::Updater, _) => Column::Updater.into_expr(),
    };
    Text::ascii(value).passes(test)
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
