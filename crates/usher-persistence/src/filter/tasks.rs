//! Which tasks.

use sea_orm::{
    ColumnTrait as _,
    sea_query::{Expr, ExprTrait as _},
};
use usher_application::{Filter, TaskCondition, TextMatch};
use usher_domain::TenantId;

use super::{Text, combined, no};
use crate::entity::task::Column;

pub(crate) fn condition(tenant: TenantId, filter: &Filter<TaskCondition>) -> Expr {
    Column::TenantId.eq(tenant.0).and(combined(filter, &holds))
}

fn holds(test: &TaskCondition) -> Expr {
    match test {
        TaskCondition::Nothing => no(),
        TaskCondition::Id(id) => Column::Id.eq(id.0),
        TaskCondition::Kind(kind) => Column::Kind.eq(kind.as_str()),
        TaskCondition::Completion(None) => Column::Completion.is_null(),
        // Not to be completed is an answer too.
        TaskCondition::Completion(Some(it)) => {
            Column::Completion.is_not_null().and(Column::Completion.eq(it.as_str()))
        }
        // Neither does nobody have the name.
        TaskCondition::Launcher(name) => Column::Launcher.is_not_null().and(
            Text::ascii(Column::Launcher.into_expr()).passes(&TextMatch::Equals(name.clone())),
        ),
        TaskCondition::Creator(actor) => Column::Creator.eq(actor.to_string()),
        TaskCondition::CreatedFrom(from) => Column::CreatedAt.gte(*from),
    }
}
