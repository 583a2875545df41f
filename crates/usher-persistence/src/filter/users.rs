//! Which users, and whether an invitation waits for them.

use sea_orm::{
    ColumnTrait as _,
    sea_query::{CaseStatement, Expr, ExprTrait as _, Func, Query},
};
use usher_application::{Filter, UserCondition, UserField};
use usher_domain::{Address, OrganizationId, Status, TenantId, Timestamp, UserStatus};

use super::{Text, combined, no, word};
use crate::{
    backend::Backend,
    entity::{
        invitation, membership, organization,
        person::{Column, folded},
        profile,
    },
};

/// Whose users, and when.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    pub backend: Backend,
    pub tenant: TenantId,
    pub now: Timestamp,
}

pub(crate) fn condition(scope: Scope, filter: &Filter<UserCondition>) -> Expr {
    Column::TenantId.eq(scope.tenant.0).and(combined(filter, &|test| holds(scope, test)))
}

fn holds(scope: Scope, test: &UserCondition) -> Expr {
    let is = |status: UserStatus| Column::Status.eq(status.as_str());
    match test {
        UserCondition::Nothing => no(),
        UserCondition::Id(id) => Column::Id.eq(id.as_str()),
        UserCondition::Text(field, test) => text(*field).passes(test),
        UserCondition::InviteeState(status) => match status {
            UserStatus::Unregistered => is_outside().and(invited(scope).not()),
            UserStatus::Pending => is_outside().and(invited(scope)),
            UserStatus::Active | UserStatus::Disabled => is(*status),
        },
        UserCondition::Status(status) => is(*status),
        UserCondition::Profile(id) => Column::InvitationProfile.eq(id.as_str()),
        UserCondition::Role(role) => scope.backend.contains("roles", role),
        UserCondition::Reachable => reachable(scope),
        UserCondition::Member(place) => joined(scope, |it| it.eq(place.as_str())),
        // Whoever has no home is at home elsewhere.
        UserCondition::Home(place) => {
            Column::HomeId.is_not_null().and(Column::HomeId.eq(place.as_str()))
        }
        UserCondition::Within(place) => {
            let home = Column::HomeId.into_expr();
            // Who has no home may be within, or not.
            let at_home = home.clone().is_not_null().and(there(scope, place, home));
            at_home.or(joined(scope, |it| there(scope, place, it)))
        }
        UserCondition::CreatedFrom(from) => Column::CreatedAt.gte(*from),
    }
}

/// Whether they are a member of such an organization.
fn joined(scope: Scope, such: impl Fn(Expr) -> Expr) -> Expr {
    use membership::{Column as Its, Entity};
    let member = Its::UserId.into_expr().eq(Column::Id.into_expr());
    let ours = Its::TenantId.eq(scope.tenant.0);
    let such = ours.and(member).and(such(Its::OrganizationId.into_expr()));
    let one = Expr::Constant(1.into());
    // With an offset PostgreSQL asks for each user, and does not collect all members to tell of one.
    Expr::exists(Query::select().expr(one).from(Entity).and_where(such).limit(1).offset(0).take())
}

/// Whether that is this organization or one right below it.
fn there(scope: Scope, place: &OrganizationId, it: Expr) -> Expr {
    use organization::{Column as Its, Entity};
    let below = Its::TenantId.eq(scope.tenant.0).and(Its::ParentId.eq(place.as_str()));
    let below = Query::select().column(Its::Id).from(Entity).and_where(below).take();
    it.clone().eq(place.as_str()).or(it.in_subquery(below))
}

/// The tests of an organization that all who match pass.
pub(crate) fn places(filter: &Filter<UserCondition>) -> Vec<&UserCondition> {
    match filter {
        Filter::And(filters) => filters.iter().flat_map(places).collect(),
        Filter::Is(
            it @ (UserCondition::Member(_) | UserCondition::Home(_) | UserCondition::Within(_)),
        ) => {
            vec![it]
        }
        _ => Vec::new(),
    }
}

/// As it is sorted and compared.
pub(crate) fn first_name() -> Expr {
    Expr::expr(Func::lower(Column::FirstName.into_expr()))
}

fn text(field: UserField) -> Text {
    match field {
        UserField::Name => Text::folded(Column::NameFolded.into_expr(), str::to_ascii_lowercase),
        UserField::Username => Text::folded(Column::UsernameFolded.into_expr(), folded),
        UserField::FirstName => Text::ascii(Column::FirstName.into_expr()),
        UserField::LastName => Text::ascii(Column::LastName.into_expr()),
        UserField::Mailbox => Text::mailbox(Column::MailboxFolded.into_expr()),
    }
}

/// The name of where they stand.
pub(crate) fn standing(scope: Scope) -> Expr {
    CaseStatement::new()
        .case(is_outside().not(), Column::Status.into_expr())
        .case(invited(scope), word(UserStatus::Pending.as_str()))
        .finally(word(UserStatus::Unregistered.as_str()))
        .into()
}

/// Whether a live invitation waits for them. Each way to find one has an index of its own.
pub(crate) fn invited(scope: Scope) -> Expr {
    use invitation::{Column as Its, Entity};
    let waits = |whose: Expr| {
        let ours = Its::TenantId.eq(scope.tenant.0);
        let pending = Its::Status.into_expr().eq(word(Status::Pending.as_str()));
        exists(Entity, ours.and(whose).and(pending).and(Its::ExpiresAt.gt(scope.now)))
    };
    let by_id = waits(Its::UserId.into_expr().eq(Column::Id.into_expr()));
    let by_mailbox = waits(Its::MailboxFolded.into_expr().eq(Column::MailboxFolded.into_expr()));
    by_id.or(by_mailbox)
}

/// Neither in nor shut out.
fn is_outside() -> Expr {
    let outside = [UserStatus::Unregistered, UserStatus::Pending];
    Column::Status.is_in(outside.map(UserStatus::as_str))
}

fn reachable(scope: Scope) -> Expr {
    use profile::{Column as Its, Entity};
    let ours = Its::TenantId.eq(scope.tenant.0);
    let theirs = Its::Id.into_expr().eq(Column::InvitationProfile.into_expr());
    let personal = Its::Address.eq(Address::Personal.as_str());
    let address: Expr = CaseStatement::new()
        .case(exists(Entity, ours.and(theirs).and(personal)), Column::PersonalMailbox.into_expr())
        .finally(Column::Mailbox.into_expr())
        .into();
    address.is_not_null()
}

fn exists(table: impl sea_orm::sea_query::IntoTableRef, condition: Expr) -> Expr {
    Expr::exists(
        Query::select().expr(Expr::Constant(1.into())).from(table).and_where(condition).take(),
    )
}
