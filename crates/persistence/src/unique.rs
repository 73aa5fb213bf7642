//! Unique rules: looked at before the write, so that a refusal names field and record. Under the
//! writer's lock the look is exact: at what waits to be written, and at what is. The index behind
//! each rule is the backstop.

use pobratim_domain::{CollectionName, Record};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, ModelTrait, Value};
use uuid::Uuid;

use crate::backend::limited;
use crate::error::{Conflict, Error};
use crate::findable::Findable;
use crate::pending::Waiting;
use crate::stored::{Stored, column, table_name};
use crate::tx::Tx;

/// Checks a row against the rules of its collection and its external ids against others'.
pub(crate) async fn check<T: Stored>(
    tx: &Tx,
    record: &Record<T>,
    row: &T::Row,
    findable: &Findable,
) -> Result<(), Error> {
    for rule in T::UNIQUE {
        let value = row.get(column::<T>(rule.column)?);
        if is_null(&value) {
            continue;
        }
        let keeper = Value::from(record.head.keeper());
        let waiting = |row: &Waiting<'_>| {
            let same = row.has(rule.column, &value) && row.has("municipality", &keeper);
            same.then(|| named(row)).flatten()
        };
        let waiting = tx.find_waiting(T::NAME.as_str(), waiting).await?;
        let same = Condition::all()
            .add(Expr::col(Alias::new(rule.column)).eq(Expr::value(value.clone())))
            .add(Expr::col(Alias::new("municipality")).eq(record.head.keeper()))
            .add(Expr::col(Alias::new("deleted_at")).is_null())
            .add(Expr::col(Alias::new("id")).ne(record.head.id));
        let found = match waiting.filter(|(id, _)| *id != record.head.id) {
            None => find(&tx.beneath(), T::NAME, same).await?,
            found => found,
        };
        if let Some((id, reference)) = found {
            return Err(conflict(T::NAME, rule.pointer.to_owned(), id, reference, rule.rule.to_owned()));
        }
    }
    check_external_ids::<T>(tx, record, findable).await
}

async fn check_external_ids<T: Stored>(tx: &Tx, record: &Record<T>, findable: &Findable) -> Result<(), Error> {
    for (index, (scheme, value)) in findable.external_ids.iter().enumerate() {
        let Some(id) = external_id(tx, T::NAME, T::NAME.namespace(record.head.keeper()), scheme, value).await? else {
            continue;
        };
        if id == record.head.id {
            continue;
        }
        let same = Condition::all().add(Expr::col(Alias::new("id")).eq(id));
        let reference = find(tx, T::NAME, same).await?.map(|(_, reference)| reference).unwrap_or_default();
        let detail = format!("{reference} has this external id already.");
        return Err(conflict(T::NAME, format!("/external_ids/{index}"), id, reference, detail));
    }
    Ok(())
}

/// The record with an external id, written or waiting.
pub(crate) async fn external_id(
    tx: &Tx,
    collection: CollectionName,
    municipality: &str,
    scheme: &str,
    value: &str,
) -> Result<Option<Uuid>, Error> {
    // What differs most is compared first.
    let key = [
        ("value", Value::from(value)),
        ("scheme", scheme.into()),
        ("municipality", municipality.into()),
        ("collection", collection.as_str().into()),
    ];
    let waiting = |row: &Waiting<'_>| {
        let same = key.iter().all(|(column, value)| row.has(column, value));
        same.then(|| id(row, "record_id")).flatten()
    };
    match tx.find_waiting("external_ids", waiting).await? {
        None => by_external_id(&tx.beneath(), collection, municipality, scheme, value).await,
        found => Ok(found),
    }
}

/// The record with an external id, as written.
pub(crate) async fn by_external_id(
    connection: &impl ConnectionTrait,
    collection: CollectionName,
    municipality: &str,
    scheme: &str,
    value: &str,
) -> Result<Option<Uuid>, Error> {
    use crate::findable::external_id as ids;
    use sea_orm::EntityTrait;

    let key = (collection.as_str().to_owned(), municipality.to_owned(), scheme.to_owned(), value.to_owned());
    let found = ids::Entity::find_by_id(key).one(connection).await?;
    Ok(found.map(|row| row.record_id))
}

async fn find(
    connection: &impl ConnectionTrait,
    collection: CollectionName,
    same: Condition,
) -> Result<Option<(Uuid, String)>, Error> {
    let statement = Query::select()
        .columns([Alias::new("id"), Alias::new("ref")])
        .from(table_name(collection))
        .cond_where(same)
        .limit(1)
        .to_owned();
    match connection.query_one_raw(limited(connection, &statement)).await? {
        Some(row) => Ok(Some((row.try_get("", "id")?, row.try_get("", "ref")?))),
        None => Ok(None),
    }
}

/// Id and ref of a row that waits.
fn named(row: &Waiting<'_>) -> Option<(Uuid, String)> {
    match row.value("ref") {
        Some(Value::String(Some(reference))) => Some((id(row, "id")?, reference.clone())),
        _ => None,
    }
}

fn id(row: &Waiting<'_>, column: &str) -> Option<Uuid> {
    match row.value(column) {
        Some(Value::Uuid(Some(id))) => Some(*id),
        _ => None,
    }
}

fn conflict(collection: CollectionName, pointer: String, id: Uuid, reference: String, detail: String) -> Error {
    Error::AlreadyExists(Box::new(Conflict { pointer, collection, id, reference, detail }))
}

fn is_null(value: &Value) -> bool {
    *value == value.as_null()
}
