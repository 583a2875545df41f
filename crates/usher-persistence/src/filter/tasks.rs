//! Filters of tasks.

use sea_orm::{
    ColumnTrait as _,
    sea_query::{Expr, ExprTrait as _},
};
use usher_application::{Filter, TaskCondition, TextMatch};
use usher_domain::TenantId;

use crate::{
    entity::task::Column,
    filter::{
        combine::{combined, no},
        text::Text,
    },
};

pub(crate) fn condition(tenant: TenantId, filter: &Filter<TaskCondition>) -> Expr {
    Column::TenantId.eq(tenant.0).and(combined(filter, &holds))
}

fn holds(condition: &TaskCondition) -> Expr {
    match condition {
        TaskCondition::Nothing => no(),
        TaskCondition::Id(id) => Column::Id.eq(id.0),
        TaskCondition::Kind(kind) => Column::Kind.eq(kind.as_str()),
        TaskCondition::Completion(None) => Column::Completion.is_null(),
        // Null must count as another completion, and not as unknown.
        TaskCondition::Completion(Some(it)) => {
            Column::Completion.is_not_null().and(Column::Completion.eq(it.as_str()))
        }
        // The same for a task that nobody by name has submitted.
        TaskCondition::Launcher(name) => Column::Launcher.is_not_null().and(
            Text::ascii(Column::Launcher.into_expr()).matches(&TextMatch::Equals(name.clone())),
        ),
        TaskCondition::Creator(actor) => Column::Creator.eq(actor.to_string()),
        // Null must count as no organization, and not as unknown.
        TaskCondition::Organization(id) => {
            Column::OrganizationId.is_not_null().and(Column::OrganizationId.eq(id.as_str()))
        }
        TaskCondition::CreatedFrom(from) => Column::CreatedAt.gte(*from),
    }
}
