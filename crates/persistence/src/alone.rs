//! Reads of one statement. It is a snapshot by itself and can carry the head along, so nothing has to
//! be begun before it and ended after it: a record is read for a quarter of what a transaction takes.

use sea_orm::sea_query::{Condition, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryTrait};
use uuid::Uuid;

use crate::backend;
use crate::database::Database;
use crate::error::Error;
use crate::head::Head;
use crate::list::{ListQuery, Page, page, page_of};
use crate::read::bounded;
use crate::stored::{Stored, Table, column};
use crate::view::View;

impl Database {
    /// The living record with this id, when the caller sees it, and the head of the state it was read in.
    pub async fn get<T: Stored>(&self, view: &View, id: Uuid) -> Result<(T::Row, Head), Error> {
        let statement = Table::<T>::find()
            .filter(Condition::all().add(column::<T>("id")?.eq(id)))
            .filter(column::<T>("deleted_at")?.is_null())
            .filter(view.condition(T::NAME))
            .into_query();
        let statement = with_head(statement);
        let row = bounded(async { Ok(self.readers().query_one(&statement).await?) }).await?;
        let row = row.ok_or(Error::NotFound)?;
        Ok((T::Row::from_query_result(&row, "")?, Head::of_row(&row)?))
    }

    /// One page of a list, not counted, and the head of the state it was read in. Nothing when one
    /// statement does not do, and when the page has no record: then no row says what the head was.
    pub async fn page<T: Stored>(&self, view: &View, query: &ListQuery) -> Result<Option<(Page<T::Row>, Head)>, Error> {
        let Some(statement) = page::<T>(view, query, self.secret())?.map(with_head) else { return Ok(None) };
        let statement = backend::limited(self.readers(), &statement);
        let rows = bounded(async { Ok(self.readers().query_all_raw(statement).await?) }).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        Ok(Some((page_of::<T>(&rows, query, self.secret())?, Head::of_row(first)?)))
    }
}

fn with_head(mut statement: SelectStatement) -> SelectStatement {
    Head::ask(&mut statement);
    statement
}
