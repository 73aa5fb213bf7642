//! The migrations: forward only, one tree for both databases.
//!
//! A migration never imports entities or domain types: the past stays as it was. Columns come from
//! [`columns`], whose words never change their meaning once released.

mod columns;
mod m20261123_000001_engine;
mod m20261123_000002_api_keys;
mod m20261123_000003_municipalities;
mod m20261123_000004_places;
mod m20261123_000005_organizations;
mod m20261123_000006_partnerships;
mod m20261123_000007_agreements;
mod m20261123_000008_exchanges;
mod m20261123_000009_events;
mod m20261124_000010_memberships;
mod m20261124_000011_letters;
mod m20261124_000012_programmes;
mod m20261124_000013_projects;
mod m20261124_000014_made_under;
mod m20261124_000015_assistance_cases;
mod m20261124_000016_work_plans;
mod m20261124_000017_publications;
mod m20261124_000018_observations;
mod m20261124_000019_report_notes;
mod m20261124_000020_documents;
mod m20261124_000024_exchange_counts;
mod m20261125_000030_accepted_findings;
mod m20261125_000032_imports;
mod m20261125_000033_collections_in_head;
mod m20261126_000034_merges;
mod m20261126_000035_imports_of_all;
mod m20261126_000036_index_in_head;
mod m20261127_000037_dated;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationTrait, async_trait};

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_engine::Migration),
            Box::new(m20261123_000002_api_keys::Migration),
            Box::new(m20261123_000003_municipalities::Migration),
            Box::new(m20261123_000004_places::Migration),
            Box::new(m20261123_000005_organizations::Migration),
            Box::new(m20261123_000006_partnerships::Migration),
            Box::new(m20261123_000007_agreements::Migration),
            Box::new(m20261123_000008_exchanges::Migration),
            Box::new(m20261123_000009_events::Migration),
            Box::new(m20261124_000010_memberships::Migration),
            Box::new(m20261124_000011_letters::Migration),
            Box::new(m20261124_000012_programmes::Migration),
            Box::new(m20261124_000013_projects::Migration),
            Box::new(m20261124_000014_made_under::Migration),
            Box::new(m20261124_000015_assistance_cases::Migration),
            Box::new(m20261124_000016_work_plans::Migration),
            Box::new(m20261124_000017_publications::Migration),
            Box::new(m20261124_000018_observations::Migration),
            Box::new(m20261124_000019_report_notes::Migration),
            Box::new(m20261124_000020_documents::Migration),
            Box::new(m20261124_000024_exchange_counts::Migration),
            Box::new(m20261125_000030_accepted_findings::Migration),
            Box::new(m20261125_000032_imports::Migration),
            Box::new(m20261125_000033_collections_in_head::Migration),
            Box::new(m20261126_000034_merges::Migration),
            Box::new(m20261126_000035_imports_of_all::Migration),
            Box::new(m20261126_000036_index_in_head::Migration),
            Box::new(m20261127_000037_dated::Migration),
        ]
    }
}

/// Counts all exchanges anew, as their migration did: for measurements, whose exchanges are made by
/// SQL alone.
pub async fn count_exchanges(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    connection.execute_unprepared("DELETE FROM exchange_counts").await?;
    m20261124_000024_exchange_counts::count(connection, &columns::Columns::on(connection)).await
}
