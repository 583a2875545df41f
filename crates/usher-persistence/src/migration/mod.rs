//! The migrations, in the order they are applied.

mod m0001_first;
mod m0002_tasks;
mod m0003_members;
mod m0004_roles;

use sea_orm_migration::prelude::*;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first::Migration),
            Box::new(m0002_tasks::Migration),
            Box::new(m0003_members::Migration),
            Box::new(m0004_roles::Migration),
        ]
    }
}
