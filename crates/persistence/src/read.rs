//! Reading: every answer is made in one snapshot that also yields its head, so that a label and
//! what it labels never part.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use pobratim_domain::{CollectionName, Record};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    TransactionTrait, Value,
};
use uuid::Uuid;

use crate::backend::limited;
use crate::error::Error;
use crate::failure::is_lost;
use crate::findable::link;
use crate::head::Head;
use crate::merge;
use crate::readers::ALL;
use crate::stored::{Envelope, Stored, Table, column, read_record, table_name};
use crate::unique;
use crate::view::View;

/// How long a read may take before the caller is told to come again.
const LIMIT: Duration = Duration::from_millis(2700);

/// Bounds a read in time and calls every failure of the database by one name.
pub(crate) async fn bounded<R>(read: impl Future<Output = Result<R, Error>>) -> Result<R, Error> {
    match tokio::time::timeout(LIMIT, read).await {
        Ok(Err(Error::Database(error))) => Err(Error::Unavailable(error.to_string())),
        Ok(outcome) => outcome,
        Err(_) => Err(Error::Unavailable("the read took too long".to_owned())),
    }
}

/// Reads again when the connection was lost: that an idle one is gone, since the database was away for a while, shows at its
/// next use. Each shows it once.
pub(crate) async fn repeated<R, F>(read: impl Fn() -> F) -> Result<R, Error>
where
    F: Future<Output = Result<R, Error>>,
{
    let mut left = ALL;
    loop {
        match read().await {
            Err(Error::Database(error)) if left > 0 && is_lost(&error) => left -= 1,
            outcome => return outcome,
        }
    }
}

/// A snapshot of the database: everything read through it belongs to one revision.
pub struct Snapshot {
    transaction: DatabaseTransaction,
    head: Head,
}

impl Snapshot {
    pub(crate) async fn open(readers: &DatabaseConnection) -> Result<Self, Error> {
        repeated(|| async {
            let transaction = readers.begin().await?;
            let head = Head::read(&transaction).await?;
            Ok(Self { transaction, head })
        })
        .await
    }

    /// The head of this snapshot.
    pub fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// Lets the connection go.
    pub(crate) async fn close(self) -> Result<(), Error> {
        Ok(self.transaction.commit().await?)
    }

    /// The living record with this id, when the caller sees it.
    pub async fn get<T: Stored>(&self, view: &View, id: Uuid) -> Result<T::Row, Error> {
        let found = find::<T>(&self.transaction, view, Condition::all().add(column::<T>("id")?.eq(id))).await?;
        match found.into_iter().next() {
            Some(row) => Ok(row),
            None => Err(merge::absence(&self.transaction, view, T::NAME, id).await?),
        }
    }

    /// The id of the record with this ref, among those the caller sees. A caller's own
    /// municipality comes first; else a ref that several use is ambiguous.
    pub async fn id_of_reference(
        &self,
        view: &View,
        collection: CollectionName,
        reference: &str,
    ) -> Result<Uuid, Error> {
        id_of_reference(&self.transaction, view, collection, reference).await
    }

    /// The ids of the records with these refs in a namespace, deleted or not, whoever sees them.
    pub async fn ids_in(
        &self,
        collection: CollectionName,
        namespace: &str,
        references: &[String],
    ) -> Result<HashMap<String, Uuid>, Error> {
        let mut found = HashMap::new();
        for chunk in references.chunks(500) {
            let statement = Query::select()
                .columns([Alias::new("id"), Alias::new("ref"), Alias::new("municipality")])
                .from(table_name(collection))
                .and_where(Expr::col(Alias::new("ref")).is_in(chunk))
                .to_owned();
            for row in self.transaction.query_all(&statement).await? {
                if collection.namespace(&row.try_get::<String>("", "municipality")?) == namespace {
                    found.insert(row.try_get("", "ref")?, row.try_get("", "id")?);
                }
            }
        }
        Ok(found)
    }

    /// The id of the record with an external id, when the caller sees it.
    pub async fn by_external_id<T: Stored>(
        &self,
        view: &View,
        municipality: &str,
        scheme: &str,
        value: &str,
    ) -> Result<T::Row, Error> {
        let id = unique::by_external_id(&self.transaction, T::NAME, municipality, scheme, value).await?;
        self.get::<T>(view, id.ok_or(Error::NotFound)?).await
    }

    /// The living records with these ids that the caller sees, in the order of their ids.
    pub async fn get_all<T: Stored>(&self, view: &View, ids: &[Uuid]) -> Result<Vec<T::Row>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let among = Condition::all().add(column::<T>("id")?.is_in(ids.iter().copied()));
        let mut rows = find::<T>(&self.transaction, view, among).await?;
        rows.sort_by_key(|row| Envelope::of::<T>(row).map(|envelope| envelope.id).unwrap_or_default());
        Ok(rows)
    }

    /// The same as the domain reads them.
    pub async fn records<T: Stored>(&self, view: &View, ids: &[Uuid]) -> Result<Vec<Record<T>>, Error> {
        let rows = self.get_all::<T>(view, ids).await?;
        rows.iter().map(read_record::<T>).collect()
    }

    /// The living record with this id as the domain reads it, when the caller sees it.
    pub async fn record<T: Stored>(&self, view: &View, id: Uuid) -> Result<Record<T>, Error> {
        let row = self.get::<T>(view, id).await?;
        read_record::<T>(&row)
    }

    /// The living records of a collection that refer to one by a field, as far as the caller sees.
    pub async fn referring<T: Stored>(&self, view: &View, field: &str, target: Uuid) -> Result<Vec<Record<T>>, Error> {
        referring(&self.transaction, view, field, target).await
    }

    /// What these records refer to, each once.
    pub async fn targets(&self, records: &[Uuid]) -> Result<Vec<Uuid>, Error> {
        let mut targets: Vec<Uuid> = link::Entity::find()
            .select_only()
            .column(link::Column::Target)
            .filter(link::Column::RecordId.is_in(records.iter().copied()))
            .into_tuple()
            .all(&self.transaction)
            .await?;
        targets.sort_unstable();
        targets.dedup();
        Ok(targets)
    }

    /// What the engine knows of a record, deleted or not, without regard to who asks.
    pub async fn envelope<T: Stored>(&self, id: Uuid) -> Result<Envelope, Error> {
        let row = Table::<T>::find().filter(column::<T>("id")?.eq(id)).one(&self.transaction).await?;
        Envelope::of::<T>(&row.ok_or(Error::NotFound)?)
    }
}

async fn find<T: Stored>(
    connection: &impl ConnectionTrait,
    view: &View,
    among: Condition,
) -> Result<Vec<T::Row>, Error> {
    Ok(Table::<T>::find()
        .filter(among)
        .filter(column::<T>("deleted_at")?.is_null())
        .filter(view.condition(T::NAME))
        .all(connection)
        .await?)
}

/// The id of the record with a ref, deleted or not.
pub(crate) async fn id_of_reference(
    connection: &impl ConnectionTrait,
    view: &View,
    collection: CollectionName,
    reference: &str,
) -> Result<Uuid, Error> {
    let statement = Query::select()
        .columns([Alias::new("id"), Alias::new("municipality")])
        .from(table_name(collection))
        .and_where(Expr::col(Alias::new("ref")).eq(reference))
        .cond_where(view.condition(collection))
        .limit(50)
        .to_owned();
    let mut found = Vec::new();
    for row in connection.query_all_raw(limited(connection, &statement)).await? {
        let id: Uuid = row.try_get("", "id")?;
        let municipality: String = row.try_get("", "municipality")?;
        if view.municipality() == Some(municipality.as_str()) {
            return Ok(id);
        }
        found.push(id);
    }
    match found.as_slice() {
        [] => Err(Error::NotFound),
        [one] => Ok(*one),
        _ => Err(Error::Ambiguous),
    }
}

/// The living records of a collection that refer to one by a field, as far as the caller sees.
pub(crate) async fn referring<T: Stored>(
    connection: &impl ConnectionTrait,
    view: &View,
    field: &str,
    target: Uuid,
) -> Result<Vec<Record<T>>, Error> {
    let ids = Query::select()
        .column(link::Column::RecordId)
        .from(link::Entity)
        .and_where(link::Column::Target.eq(target))
        .and_where(link::Column::Collection.eq(T::NAME.as_str()))
        .and_where(link::Column::Field.eq(field))
        .to_owned();
    let rows = find::<T>(connection, view, Condition::all().add(column::<T>("id")?.in_subquery(ids))).await?;
    rows.iter().map(read_record::<T>).collect()
}

/// Takes the office's remarks out of a row that is shown to somebody else.
pub fn mask<T: Stored>(row: &mut T::Row, view: &View) -> Result<(), Error> {
    use sea_orm::ModelTrait;

    // Everybody sees none, so whose record it is need not be read: a list would read it of each row.
    let seen = *view != View::Public && view.sees_notes(&Envelope::of::<T>(row)?.municipality);
    if !seen {
        row.try_set(column::<T>("notes")?, Value::String(None))?;
    }
    Ok(())
}
