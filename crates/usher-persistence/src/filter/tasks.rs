//! Which tasks.

use sea_orm::{
    ColumnTrait as _,
    sea_query::{Expr, ExprTrait as _},
};
use usher_application::{Filter, TaskTest, TextTest};
use usher_domain::TenantId;

use super::{Text, combined, no};
use crate::entity::task::Column;

pub(crate) fn condition(tenant: TenantId, filter: &Filter<TaskTest>) -> Expr {
    Column::TenantId.eq(tenant.0).and(combined(filter, &holds))
}

fn holds(test: &TaskTest) -> Expr {
    match test {
        TaskTest::Nothing => no(),
        TaskTest::Id(id) => Column::Id.eq(id.0),
        TaskTest::Kind(kind) => Column::Kind.eq(kind.as_str()),
        TaskTest::Completion(None) => Column::Completion.is_null(),
        // Not to be completed is an answer too.
        TaskTest::Completion(Some(it)) => {
            Column::Completion.is_not_null().and(Column::Completion.eq(it.as_str()))
        }
        // Neither does nobody have the name.
        TaskTest::Launcher(name) => Column::Launcher
            .is_not_null()
            .and(Text::ascii(Column::Launcher.into_expr()).passes(&TextTest::Equals(name.clone()))),
        TaskTest::Creator(actor) => Column::Creator.eq(actor.to_string()),
        TaskTest::CreatedFrom(from) => Column::CreatedAt.gte(*from),
    }
}
