//! The head: which history this is (`epoch`) and how far it has come (`revision`), for the whole
//! and for each collection.

use std::collections::BTreeMap;
use std::sync::Arc;

use pobratim_domain::CollectionName;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Expr, LockType, Query, SelectStatement, SimpleExpr};
use sea_orm::sqlx::{Error as SqlxError, PgConnection, query_scalar};
use sea_orm::{ConnectionTrait, QueryResult, QuerySelect};

use crate::error::Error;

/// The head row.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub epoch: String,
        pub revision: i64,
        pub hash: String,
        pub secret: String,
        /// The last revisions of the collections; see `Revisions`.
        pub collections: String,
        /// What kind of index there is; see `crate::index`.
        pub index_kind: i64,
        /// How often something of it was made anew.
        pub index_made: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A committed state of the database. It is handed to everybody who reads, so copies share what they
/// tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Names the history; a restored backup begins a new one.
    pub epoch: Arc<str>,
    /// The number of the last change.
    pub revision: i64,
    /// How often something of the index was made anew: lists may find other records then, though no
    /// record has changed.
    pub index: i64,
    collections: Revisions,
}

/// The last change in each collection that has seen one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revisions(Arc<[(CollectionName, i64)]>);

impl Revisions {
    /// Reads what the head row says: names and numbers in turn, between spaces.
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        let corrupt = || Error::Defect(format!("the head row says {text:?} of the collections"));
        let mut words = text.split_ascii_whitespace();
        let mut revisions = Vec::with_capacity(CollectionName::ALL.len());
        while let Some(name) = words.next() {
            let collection = CollectionName::parse(name).ok_or_else(corrupt)?;
            let revision = words.next().and_then(|number| number.parse().ok()).ok_or_else(corrupt)?;
            revisions.push((collection, revision));
        }
        Ok(Self(revisions.into()))
    }

    /// The same with changes of these collections after it, as the head row says it.
    pub(crate) fn after(&self, changed: &BTreeMap<CollectionName, i64>) -> String {
        let mut all: BTreeMap<CollectionName, i64> = self.0.iter().copied().collect();
        all.extend(changed);
        let told: Vec<String> = all.iter().map(|(name, revision)| format!("{name} {revision}")).collect();
        told.join(" ")
    }

    pub(crate) fn of(&self, collection: CollectionName) -> i64 {
        self.0.iter().find(|(name, _)| *name == collection).map_or(0, |(_, revision)| *revision)
    }
}

/// The name of the head among the columns of a statement.
const HEAD: &str = "head";
/// What is told of the head row. Each change belongs to a collection, so their last is the head's.
macro_rules! told {
    () => {
        "epoch || ' ' || index_made || ' ' || collections"
    };
}

impl Head {
    /// The number of the last change in a collection; 0 when there was none.
    pub fn of(&self, collection: CollectionName) -> i64 {
        self.collections.of(collection)
    }

    /// The last change in any of these collections.
    pub fn of_all(&self, collections: &[CollectionName]) -> i64 {
        collections.iter().map(|collection| self.of(*collection)).max().unwrap_or(0)
    }

    /// Reads the head: the first statement of a snapshot, or a statement alone.
    pub(crate) async fn read(connection: &impl ConnectionTrait) -> Result<Self, Error> {
        let mut statement = Query::select();
        Self::ask(&mut statement);
        let row = connection.query_one(&statement).await?.ok_or(Error::NotFound)?;
        Self::of_row(&row)
    }

    /// The same over a connection that belongs to no pool: there is nothing to be given back after it.
    pub(crate) async fn read_alone(connection: &mut PgConnection) -> Result<Self, SqlxError> {
        const SQL: &str = concat!("SELECT ", told!(), " FROM head WHERE id = 1");
        let text = query_scalar(SQL).fetch_optional(connection).await?;
        Self::of_text(text).map_err(|error| SqlxError::Decode(error.into()))
    }

    /// Lets a statement give the head along with each of its rows: it is the head of the very state
    /// that the statement reads.
    pub(crate) fn ask(statement: &mut SelectStatement) {
        let head =
            Query::select().expr(Expr::cust(told!())).from(row::Entity).and_where(row::Column::Id.eq(1)).to_owned();
        statement.expr_as(SimpleExpr::from(head), Alias::new(HEAD));
    }

    /// Reads what a statement gives that was asked so.
    pub(crate) fn of_row(row: &QueryResult) -> Result<Self, Error> {
        Self::of_text(row.try_get("", HEAD)?)
    }

    fn of_text(text: Option<String>) -> Result<Self, Error> {
        let text = text.ok_or_else(|| Error::Defect("there is no head row; was the database migrated?".to_owned()))?;
        let mut parts = text.splitn(3, ' ');
        let mut part = || parts.next().unwrap_or_default();
        let (epoch, index, collections) = (part(), part(), part());
        let index = index.parse().map_err(|_| Error::Defect(format!("the head says {index:?} of the index")))?;
        let collections = Revisions::read(collections)?;
        let revision = collections.0.iter().map(|(_, revision)| *revision).max().unwrap_or(0);
        Ok(Self { epoch: epoch.into(), revision, index, collections })
    }
}

/// Reads the head row and holds it until the transaction ends, so that writers come one by one.
pub(crate) async fn lock(connection: &impl ConnectionTrait) -> Result<row::Model, DbErr> {
    let found = row::Entity::find_by_id(1).lock(LockType::Update).one(connection).await?;
    found.ok_or_else(|| DbErr::RecordNotFound("the head row; was the database migrated?".to_owned()))
}
