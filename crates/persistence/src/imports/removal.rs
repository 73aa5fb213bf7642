//! Removing imports: first the import, which is nobody's from then on, then its rows and verdicts in slices.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::error::Error;
use crate::imports::{import, row, verdict};
use crate::read::Snapshot;
use crate::tx::Tx;

impl Snapshot {
    /// The imports that were never committed and were not changed since a moment.
    pub async fn imports_left_lying(&self, since: i64) -> Result<Vec<Uuid>, Error> {
        let select = import::Entity::find().select_only().column(import::Column::Id);
        let select = select.filter(import::Column::State.is_in(["checked", "failed"]));
        Ok(select.filter(import::Column::UpdatedAt.lt(since)).into_tuple().all(self.connection()).await?)
    }

    /// The imports that were removed, of which rows are left.
    pub async fn imports_removed_in_part(&self) -> Result<Vec<Uuid>, Error> {
        let known = Query::select().column(import::Column::Id).from(import::Entity).to_owned();
        let select = row::Entity::find().select_only().column(row::Column::ImportId);
        // The first row goes last.
        let select =
            select.filter(row::Column::Number.eq(1)).filter(Expr::col(row::Column::ImportId).not_in_subquery(known));
        Ok(select.into_tuple().all(self.connection()).await?)
    }

    /// The number of an import's last row.
    pub async fn last_import_row(&self, id: Uuid) -> Result<Option<i64>, Error> {
        let select = row::Entity::find().select_only().column(row::Column::Number);
        let select = select.filter(row::Column::ImportId.eq(id)).order_by_desc(row::Column::Number);
        Ok(select.into_tuple().one(self.connection()).await?)
    }
}

impl Tx {
    /// Removes an import. Its rows are left to be removed.
    pub async fn remove_import(&self, id: Uuid) -> Result<(), Error> {
        self.keep();
        import::Entity::delete_by_id(id).exec(self).await?;
        Ok(())
    }

    /// Removes rows of an import and what they came to, from a number on.
    pub async fn remove_import_rows(&self, id: Uuid, from: i64) -> Result<(), Error> {
        self.keep();
        let verdicts = verdict::Entity::delete_many().filter(verdict::Column::ImportId.eq(id));
        verdicts.filter(verdict::Column::Number.gte(from)).exec(self).await?;
        let rows = row::Entity::delete_many().filter(row::Column::ImportId.eq(id));
        rows.filter(row::Column::Number.gte(from)).exec(self).await?;
        Ok(())
    }
}
