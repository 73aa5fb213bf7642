//! Imports in the database: the registers that were sent, their rows, and what each row comes to. They
//! are no records: what they make is, and stands in the journal under the import's id.

mod known;
mod made;
mod removal;

pub use known::{KnownPlace, KnownRecord, KnownTie};
pub use made::{BuiltUpon, Made};

use std::collections::BTreeMap;

use pobratim_domain::CollectionName;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Value,
};
use uuid::Uuid;

use crate::error::Error;
use crate::pending::Waiting;
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::tx::Tx;

pub(crate) mod import {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// An import as it is stored. Nested values are JSON text.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "imports")]
    pub struct Model {
        /// Its id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The municipality that keeps it and what it makes.
        pub municipality: String,
        /// The collection whose records its rows are.
        pub collection: String,
        /// Where it stands.
        pub state: String,
        /// Counts its changes.
        pub version: i64,
        /// Who works at it now: a check that finds another one here has been overtaken.
        pub run: Uuid,
        /// What the file was called.
        pub file_name: Option<String>,
        /// What it was read as.
        pub format: String,
        /// The encoding of its text.
        pub encoding: Option<String>,
        /// Its bytes.
        pub size: i64,
        /// Their hash, in hexadecimal digits.
        pub sha256: String,
        /// The headings: a list of texts.
        pub heading: String,
        /// What each column is: a list of codes and nulls.
        pub mapping: String,
        /// The kind of tie where the rows do not tell.
        pub kind: String,
        /// How records cite it.
        pub source: String,
        /// The visibility of what it makes.
        pub visibility: String,
        /// What was decided of names and rows: a list of objects.
        pub choices: String,
        /// What is to be said of the file: a list of objects.
        pub findings: String,
        /// How many rows it has.
        pub rows_total: i64,
        /// The number of the row up to which the work at hand is done.
        pub done: i64,
        /// What was made so far: an object of numbers.
        pub tally: String,
        /// Why it failed, when it did.
        pub detail: Option<String>,
        /// The credential by which it works.
        pub actor: String,
        /// Its owner's name.
        pub actor_name: String,
        /// When it was made, in microseconds since 1970.
        pub created_at: i64,
        /// When it was changed last.
        pub updated_at: i64,
    }

    /// Refers to nothing by key.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    /// A row of the file.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_rows")]
    pub struct Model {
        /// The import.
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: Uuid,
        /// Counted from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        /// Where it stands in the file.
        pub line: i64,
        /// Its cells: a list of texts.
        pub cells: String,
    }

    /// Refers to nothing by key.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod verdict {
    use sea_orm::entity::prelude::*;

    /// What a row comes to.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_verdicts")]
    pub struct Model {
        /// The import.
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: Uuid,
        /// The row's number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        /// The verdict.
        pub verdict: String,
        /// Reasons, candidates, and what is to be made: an object.
        pub told: String,
    }

    /// Refers to nothing by key.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use import::Model as ImportModel;
pub use row::Model as ImportRowModel;
pub use verdict::Model as ImportVerdictModel;

impl Snapshot {
    /// An import of a municipality.
    pub async fn import(&self, municipality: Option<&str>, id: Uuid) -> Result<ImportModel, Error> {
        let found = import::Entity::find_by_id(id).one(self.connection()).await?;
        found.filter(|known| municipality.is_none_or(|slug| known.municipality == slug)).ok_or(Error::NotFound)
    }

    /// The imports of a municipality, the newest first, from where the last page ended.
    pub async fn imports(
        &self,
        municipality: &str,
        after: Option<(i64, Uuid)>,
        limit: u64,
    ) -> Result<Vec<ImportModel>, Error> {
        let mut select = import::Entity::find().filter(import::Column::Municipality.eq(municipality));
        if let Some((created_at, id)) = after {
            let same = Condition::all().add(import::Column::CreatedAt.eq(created_at)).add(import::Column::Id.lt(id));
            select = select.filter(Condition::any().add(import::Column::CreatedAt.lt(created_at)).add(same));
        }
        let select = select.order_by_desc(import::Column::CreatedAt).order_by_desc(import::Column::Id);
        Ok(select.limit(limit).all(self.connection()).await?)
    }

    /// The imports that are being worked at.
    pub async fn imports_at_work(&self) -> Result<Vec<Uuid>, Error> {
        let at_work = import::Column::State.is_in(["checking", "committing", "undoing"]);
        let select = import::Entity::find().select_only().column(import::Column::Id).filter(at_work);
        Ok(select.order_by_asc(import::Column::CreatedAt).into_tuple().all(self.connection()).await?)
    }

    /// Rows of an import after a number, in their order.
    pub async fn import_rows(&self, id: Uuid, after: i64, limit: u64) -> Result<Vec<ImportRowModel>, Error> {
        let select = row::Entity::find().filter(row::Column::ImportId.eq(id)).filter(row::Column::Number.gt(after));
        Ok(select.order_by_asc(row::Column::Number).limit(limit).all(self.connection()).await?)
    }

    /// Rows of an import by their numbers.
    pub async fn import_rows_at(&self, id: Uuid, numbers: &[i64]) -> Result<Vec<ImportRowModel>, Error> {
        let among = row::Column::Number.is_in(numbers.iter().copied());
        let select = row::Entity::find().filter(row::Column::ImportId.eq(id)).filter(among);
        Ok(select.order_by_asc(row::Column::Number).all(self.connection()).await?)
    }

    /// Verdicts of an import after a number, in the order of the rows: all, or only these.
    pub async fn import_verdicts(
        &self,
        id: Uuid,
        verdicts: &[String],
        after: i64,
        limit: u64,
    ) -> Result<Vec<ImportVerdictModel>, Error> {
        let mut select =
            verdict::Entity::find().filter(verdict::Column::ImportId.eq(id)).filter(verdict::Column::Number.gt(after));
        if !verdicts.is_empty() {
            select = select.filter(verdict::Column::Verdict.is_in(verdicts));
        }
        Ok(select.order_by_asc(verdict::Column::Number).limit(limit).all(self.connection()).await?)
    }

    /// How many rows have which verdict.
    pub async fn import_counts(&self, id: Uuid) -> Result<BTreeMap<String, i64>, Error> {
        counts(self.connection(), id).await
    }
}

async fn counts(connection: &impl ConnectionTrait, id: Uuid) -> Result<BTreeMap<String, i64>, Error> {
    let counts: Vec<(String, i64)> = verdict::Entity::find()
        .select_only()
        .column(verdict::Column::Verdict)
        .expr(Func::count(Expr::col(verdict::Column::Number)))
        .filter(verdict::Column::ImportId.eq(id))
        .group_by(verdict::Column::Verdict)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(counts.into_iter().collect())
}

impl Tx {
    /// How many rows have each verdict.
    pub async fn import_counts(&self, id: Uuid) -> Result<BTreeMap<String, i64>, Error> {
        counts(self, id).await
    }

    /// Stores a new import.
    pub fn add_import(&self, import: ImportModel) -> Result<(), Error> {
        self.keep();
        Ok(self.insert::<import::Entity>(import.into_active_model().reset_all())?)
    }

    /// An import of a municipality, under the writer's lock.
    pub async fn import(&self, municipality: Option<&str>, id: Uuid) -> Result<ImportModel, Error> {
        let found = import::Entity::find_by_id(id).one(self).await?;
        found.filter(|known| municipality.is_none_or(|slug| known.municipality == slug)).ok_or(Error::NotFound)
    }

    /// Stores a changed import as its next version.
    pub async fn change_import(&self, mut import: ImportModel) -> Result<ImportModel, Error> {
        self.keep();
        import.version += 1;
        import.updated_at = self.now().as_micros();
        Ok(import.into_active_model().reset_all().update(self).await?)
    }

    /// Stores rows of an import.
    pub fn add_import_rows(&self, rows: Vec<ImportRowModel>) -> Result<(), Error> {
        self.keep();
        for row in rows {
            self.insert::<row::Entity>(row.into_active_model().reset_all())?;
        }
        Ok(())
    }

    /// Stores what rows come to.
    pub fn add_import_verdicts(&self, verdicts: Vec<ImportVerdictModel>) -> Result<(), Error> {
        self.keep();
        for verdict in verdicts {
            self.insert::<verdict::Entity>(verdict.into_active_model().reset_all())?;
        }
        Ok(())
    }

    /// Forgets what the rows of an import came to; their number tells whether any are left.
    pub async fn clear_import_verdicts(&self, id: Uuid, up_to: i64) -> Result<(), Error> {
        self.keep();
        let old = verdict::Entity::delete_many().filter(verdict::Column::ImportId.eq(id));
        old.filter(verdict::Column::Number.lte(up_to)).exec(self).await?;
        Ok(())
    }

    /// Stores that a row came to something else than was thought.
    pub async fn change_import_verdict(&self, verdict: ImportVerdictModel) -> Result<(), Error> {
        self.keep();
        let changed = verdict::ActiveModel {
            import_id: Set(verdict.import_id),
            number: Set(verdict.number),
            verdict: Set(verdict.verdict),
            told: Set(verdict.told),
        };
        changed.update(self).await?;
        Ok(())
    }

    /// Whether there is a living record with this id, written or waiting.
    pub async fn has(&self, collection: CollectionName, id: Uuid) -> Result<bool, Error> {
        let wanted = Value::from(id);
        let waiting = |row: &Waiting<'_>| row.has("id", &wanted).then_some(());
        if self.find_waiting(collection.as_str(), waiting).await?.is_some() {
            return Ok(true);
        }
        let statement = Query::select()
            .column(Alias::new("id"))
            .from(table_name(collection))
            .and_where(Expr::col(Alias::new("id")).eq(id))
            .and_where(Expr::col(Alias::new("deleted_at")).is_null())
            .to_owned();
        Ok(self.beneath().query_one(&statement).await?.is_some())
    }
}
