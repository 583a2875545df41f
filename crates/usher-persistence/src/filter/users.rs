//! Filters of users, and the SQL for whether an invitation waits for a user.

use sea_orm::{
    ColumnTrait as _,
    sea_query::{CaseStatement, Expr, ExprTrait as _, Func, Query},
};
use usher_application::{Filter, TextMatch, UserCondition, UserField};
use usher_domain::{Address, OrganizationId, Status, TenantId, Timestamp, UserStatus};

use crate::{
    backend::Backend,
    entity::{
        invitation, membership, organization,
        person::{Column, folded},
        profile,
    },
    filter::{
        combine::{combined, no, word},
        text::Text,
    },
};

/// The tenant whose users are meant, and the time for which the answer holds.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    pub backend: Backend,
    pub tenant: TenantId,
    pub now: Timestamp,
}

pub(crate) fn condition(scope: Scope, filter: &Filter<UserCondition>) -> Expr {
    Column::TenantId.eq(scope.tenant.0).and(combined(filter, &|it| holds(scope, it)))
}

fn holds(scope: Scope, condition: &UserCondition) -> Expr {
    match condition {
        UserCondition::Nothing => no(),
        UserCondition::Id(id) => Column::Id.eq(id.as_str()),
        UserCondition::Text(field, text) => column(*field).matches(text),
        UserCondition::EffectiveStatus(status) => match status {
            UserStatus::Unregistered => is_outside().and(invited(scope).not()),
            UserStatus::Pending => is_outside().and(invited(scope)),
            UserStatus::Active | UserStatus::Disabled => stands(status.as_str()),
        },
        UserCondition::Status(status) => match status {
            UserStatus::Active | UserStatus::Disabled => stands(status.as_str()),
            UserStatus::Unregistered | UserStatus::Pending => {
                is_outside().and(Column::Status.eq(status.as_str()))
            }
        },
        UserCondition::Profile(id) => Column::InvitationProfile.eq(id.as_str()),
        UserCondition::Role(role) => scope.backend.contains("roles", role),
        UserCondition::Reachable => reachable(scope),
        UserCondition::Member(organization) => is_member(scope, |it| it.eq(organization.as_str())),
        // Null must count as another organization, and not as unknown.
        UserCondition::Home(organization) => {
            Column::HomeId.is_not_null().and(Column::HomeId.eq(organization.as_str()))
        }
        UserCondition::Within(organization) => {
            let home = Column::HomeId.into_expr();
            // A user without a home may be within by a membership.
            let at_home = home.clone().is_not_null().and(is_within(scope, organization, home));
            at_home.or(is_member(scope, |it| is_within(scope, organization, it)))
        }
        UserCondition::GivenBy(actor) => scope.backend.has_gift_by(&actor.to_string()),
        UserCondition::CreatedFrom(from) => Column::CreatedAt.gte(*from),
    }
}

/// Whether the user is a member of such an organization.
fn is_member(scope: Scope, such: impl Fn(Expr) -> Expr) -> Expr {
    use membership::{Column as Its, Entity};
    let member = Its::UserId.into_expr().eq(Column::Id.into_expr());
    let ours = Its::TenantId.eq(scope.tenant.0);
    let such = ours.and(member).and(such(Its::OrganizationId.into_expr()));
    let one = Expr::Constant(1.into());
    // The offset makes PostgreSQL look up each user, instead of collecting all members first.
    Expr::exists(Query::select().expr(one).from(Entity).and_where(such).limit(1).offset(0).take())
}

/// Whether `it` is the id of this organization, or of one right below it.
fn is_within(scope: Scope, organization: &OrganizationId, it: Expr) -> Expr {
    use organization::{Column as Its, Entity};
    let below = Its::TenantId.eq(scope.tenant.0).and(Its::ParentId.eq(organization.as_str()));
    let below = Query::select().column(Its::Id).from(Entity).and_where(below).take();
    it.clone().eq(organization.as_str()).or(it.in_subquery(below))
}

/// The conditions about an organization that every user meets whom the filter finds.
pub(crate) fn about_organizations(filter: &Filter<UserCondition>) -> Vec<&UserCondition> {
    match filter {
        Filter::And(filters) => filters.iter().flat_map(about_organizations).collect(),
        Filter::Is(
            it @ (UserCondition::Member(_) | UserCondition::Home(_) | UserCondition::Within(_)),
        ) => {
            vec![it]
        }
        _ => Vec::new(),
    }
}

/// A first name as it is sorted and compared.
pub(crate) fn first_name() -> Expr {
    Expr::expr(Func::lower(Column::FirstName.into_expr()))
}

fn column(field: UserField) -> Text {
    match field {
        UserField::Name => Text::folded(Column::NameFolded.into_expr(), str::to_ascii_lowercase),
        UserField::Username => Text::folded(Column::UsernameFolded.into_expr(), folded),
        UserField::FirstName => Text::ascii(Column::FirstName.into_expr()),
        UserField::LastName => Text::ascii(Column::LastName.into_expr()),
        UserField::Mailbox => Text::mailbox(Column::MailboxFolded.into_expr()),
    }
}

/// The word for the status that a user has at the time in question.
pub(crate) fn effective_status(scope: Scope) -> Expr {
    CaseStatement::new()
        .case(is_outside().not(), Column::Status.into_expr())
        .case(invited(scope), word(UserStatus::Pending.as_str()))
        .finally(word(UserStatus::Unregistered.as_str()))
        .into()
}

/// Whether a pending invitation waits for the user, by id or by mailbox. Each of the two ways to
/// find one has an index of its own.
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

/// Whether the user is neither active nor disabled.
fn is_outside() -> Expr {
    stands("outside")
}

/// Whether the user is active, disabled or outside, in the words of an index.
fn stands(how: &'static str) -> Expr {
    let standing = "CASE WHEN \"person\".\"status\" IN ('active', 'disabled') \
         THEN \"person\".\"status\" ELSE 'outside' END";
    Expr::cust(standing).eq(word(how))
}

/// Whether those who match may be few among all that there are, with no index that leads to them, or
/// one that cannot do without looking at many of them.
pub(crate) fn is_search(filter: &Filter<UserCondition>) -> bool {
    match filter {
        Filter::Everything => false,
        Filter::And(all) => !all.iter().any(leads_to_few) && all.iter().any(is_search),
        Filter::Or(any) => any.iter().any(is_search),
        Filter::Not(filter) => is_search(filter),
        Filter::Is(condition) => match condition {
            UserCondition::Nothing
            | UserCondition::Id(_)
            | UserCondition::Text(_, TextMatch::Equals(_) | TextMatch::Present | TextMatch::Absent)
            | UserCondition::Member(_)
            | UserCondition::Home(_)
            | UserCondition::Within(_)
            // Of no list that people ask for.
            | UserCondition::GivenBy(_) => false,
            UserCondition::Text(_, TextMatch::Like(_))
            | UserCondition::EffectiveStatus(_)
            | UserCondition::Status(_)
            | UserCondition::Profile(_)
            | UserCondition::Role(_)
            | UserCondition::Reachable
            | UserCondition::CreatedFrom(_) => true,
        },
    }
}

/// Whether one user matches at the most.
fn leads_to_few(filter: &Filter<UserCondition>) -> bool {
    match filter {
        Filter::And(all) => all.iter().any(leads_to_few),
        Filter::Is(condition) => matches!(
            condition,
            UserCondition::Nothing
                | UserCondition::Id(_)
                | UserCondition::Text(
                    UserField::Username | UserField::Mailbox,
                    TextMatch::Equals(_)
                )
        ),
        Filter::Everything | Filter::Or(_) | Filter::Not(_) => false,
    }
}

/// Whether the user has the address to which the profile sends invitations.
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
