//! Reads of one statement. It is a snapshot by itself and can carry the head along, so nothing has to
//! be begun before it and ended after it: a record is read for a quarter of what a transaction takes,
//! and those who ask for records of a collection at once share a statement.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat_n;
use std::sync::Arc;

use pobratim_domain::CollectionName;
use sea_orm::sea_query::{Condition, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryResult, QueryTrait};
use uuid::Uuid;

use crate::backend;
use crate::database::Database;
use crate::error::Error;
use crate::head::Head;
use crate::list::{ListQuery, Page, page, page_of};
use crate::read::{bounded, repeated};
use crate::shown::Shown;
use crate::stored::{Stored, Table, column};
use crate::together::Together;
use crate::view::View;

/// Those who ask for records. Who sees what cannot be read together with what others see.
pub(crate) type Records = Together<(CollectionName, View), Uuid, Arc<Rows>>;

/// The records that were asked for and are there, and the head of the state they were read in.
pub(crate) struct Rows {
    rows: BTreeMap<Uuid, QueryResult>,
    /// Nothing when no record was found: then no row says what the head was.
    head: Option<Head>,
}

impl Database {
    /// The living record with this id, when the caller sees it, and the head of the state it was read in.
    pub async fn get<T: Stored>(&self, view: &View, id: Uuid) -> Result<(Shown, Head), Error> {
        let key = (T::NAME, view.clone());
        let (readers, seen_by) = (self.readers().connections.clone(), view.clone());
        let read = move |ids| read::<T>(readers.clone(), seen_by.clone(), ids);
        let found = self.readers().records.ask(key, id, read).await?;
        let row = found.rows.get(&id).ok_or(Error::NotFound)?;
        let head = found.head.clone().ok_or(Error::NotFound)?;
        Ok((Shown::of::<T>(row, view)?, head))
    }

    /// One page of a list, not counted, and the head of the state it was read in. Nothing when one
    /// statement does not do, and when the page has no record: then no row says what the head was.
    pub async fn page<T: Stored>(&self, view: &View, query: &ListQuery) -> Result<Option<(Page<Shown>, Head)>, Error> {
        let readers = &self.readers().connections;
        let Some(statement) = page::<T>(readers, view, query, self.secret())?.map(with_head) else { return Ok(None) };
        let statement = backend::limited(readers, &statement);
        let ask = || async { Ok(readers.query_all_raw(statement.clone()).await?) };
        let rows = bounded(repeated(ask)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let page = page_of::<T, _>(&rows, query, self.secret(), |row| Shown::of::<T>(row, view))?;
        Ok(Some((page, Head::of_row(first)?)))
    }
}

/// Reads living records, as far as they are seen.
async fn read<T: Stored>(readers: DatabaseConnection, view: View, ids: Vec<Uuid>) -> Result<Arc<Rows>, Error> {
    let ids: BTreeSet<Uuid> = ids.into_iter().collect();
    // Filled up to a power of two with no record's id: so there are few different statements to prepare.
    let missing = ids.len().next_power_of_two() - ids.len();
    let ids = ids.into_iter().chain(repeat_n(Uuid::nil(), missing));
    let statement = Table::<T>::find()
        .filter(Condition::all().add(column::<T>("id")?.is_in(ids)))
        .filter(column::<T>("deleted_at")?.is_null())
        .filter(view.condition(T::NAME))
        .into_query();
    let statement = with_head(statement);
    let found = repeated(|| async { Ok(readers.query_all(&statement).await?) }).await?;
    let head = found.first().map(Head::of_row).transpose()?;
    let rows = found.into_iter().map(|row| Ok((row.try_get("", "id")?, row)));
    Ok(Arc::new(Rows { rows: rows.collect::<Result<_, sea_orm::DbErr>>()?, head }))
}

fn with_head(mut statement: SelectStatement) -> SelectStatement {
    Head::ask(&mut statement);
    statement
}
