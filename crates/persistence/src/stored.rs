//! What a collection declares about its table: the entity, the columns made for sorting and
//! filtering, its filters, its sort keys and its unique rules.

use std::str::FromStr;

use pobratim_domain::country::CountryCode;
use pobratim_domain::{Collection, CollectionName, Record};
use sea_orm::{EntityTrait, FromQueryResult, IntoActiveModel, ModelTrait, Value};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::counts::Counted;
use crate::error::Error;

/// A row of a collection's table. Its JSON is the record as clients see it.
pub trait Row:
    ModelTrait<Entity = Self::Table>
    + FromQueryResult
    + IntoActiveModel<<Self::Table as EntityTrait>::ActiveModel>
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The table's entity.
    type Table: EntityTrait<Model = Self, ActiveModel: Send>;
}

impl<M> Row for M
where
    M: ModelTrait + FromQueryResult + Serialize + DeserializeOwned + Send + Sync + 'static,
    M::Entity: EntityTrait<Model = M, ActiveModel: Send>,
    M: IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    type Table = M::Entity;
}

/// A collection in the database.
pub trait Stored: Collection {
    /// The row of its table.
    type Row: Row;

    /// What lists can be filtered by, beside what every list can.
    const FILTERS: &'static [Filter] = &[];

    /// What lists can be sorted by, beside `created_at` and `updated_at`.
    const SORTS: &'static [Sort] = &[];

    /// Columns that are called otherwise than the members of the record that they hold, with these.
    const RENAMED: &'static [(&'static str, &'static str)] = &[];

    /// Fills the columns made for sorting and filtering.
    fn derive(_record: &Record<Self>, _columns: &mut Map<String, Json>) {}

    /// What statistics count a living record as, if they do.
    fn counted(_record: &Record<Self>) -> Option<Counted> {
        None
    }

    /// The country under which records that refer to this one are counted, if it has one.
    fn country(_record: &Record<Self>) -> Option<CountryCode> {
        None
    }

    /// Columns whose values no two living records share (in a municipality, for what one keeps).
    const UNIQUE: &'static [Unique] = &[];
}

/// The entity of a collection.
pub(crate) type Table<T> = <<T as Stored>::Row as Row>::Table;
/// The columns of a collection.
pub(crate) type Column<T> = <Table<T> as EntityTrait>::Column;

/// One thing a list can be filtered by.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// The query parameter.
    pub name: &'static str,
    /// How it is looked up.
    pub by: FilterBy,
    /// What it means, for the contract.
    pub description: &'static str,
}

/// How a filter is looked up.
#[derive(Clone, Copy, Debug)]
pub enum FilterBy {
    /// A column of codes.
    Code {
        /// The column.
        column: &'static str,
        /// The schema of the codes in the contract.
        schema: &'static str,
    },
    /// A column that refers to one record.
    Reference {
        /// The column.
        column: &'static str,
    },
    /// The country of the place that a column refers to, by itself or as counted under another.
    Country {
        /// The column.
        column: &'static str,
    },
    /// A list of references, kept in `links`.
    Link {
        /// The field there.
        field: &'static str,
    },
    /// A list of codes, kept in `terms`.
    Term {
        /// The field there.
        field: &'static str,
        /// The schema of the codes in the contract.
        schema: &'static str,
    },
    /// An interval of days in two columns; gives `{name}_from` and `{name}_to`.
    Days {
        /// The column of the first day.
        first: &'static str,
        /// The column of the last day.
        last: &'static str,
    },
    /// A column of yes and no.
    Flag {
        /// The column.
        column: &'static str,
    },
    /// A column of whole numbers, compared as equal.
    Whole {
        /// The column.
        column: &'static str,
    },
}

/// One thing a list can be sorted by.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// The value of the query parameter.
    pub name: &'static str,
    /// The column; never null.
    pub column: &'static str,
}

/// Sort keys of every collection.
pub const COMMON_SORTS: &[Sort] =
    &[Sort { name: "created_at", column: "created_at" }, Sort { name: "updated_at", column: "updated_at" }];

/// A column whose values no two living records share.
#[derive(Clone, Copy, Debug)]
pub struct Unique {
    /// The column; rows in which it is null take no part.
    pub column: &'static str,
    /// The member to name in the refusal, as a JSON Pointer.
    pub pointer: &'static str,
    /// The rule in one sentence.
    pub rule: &'static str,
}

/// The column of a collection by its name. Every record's table has the head's columns, and a
/// test reads each declared name, so a missing one is a defect of the program.
pub(crate) fn column<T: Stored>(name: &str) -> Result<Column<T>, Error> {
    Column::<T>::from_str(name).map_err(|_| Error::Defect(format!("{} has no column {name}", T::NAME)))
}

/// The members of a row that the engine itself looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The record.
    pub id: Uuid,
    /// Its number for people.
    pub reference: String,
    /// The municipality that keeps it; empty for the shared directory.
    pub municipality: String,
    /// Who may see it.
    pub visibility: String,
    /// How often it was changed.
    pub version: i64,
    /// Whether it is deleted.
    pub deleted: bool,
}

impl Envelope {
    /// Reads the envelope of a row.
    pub fn of<T: Stored>(row: &T::Row) -> Result<Self, Error> {
        let text = |name| match row.get(column::<T>(name)?) {
            Value::String(Some(text)) => Ok(text),
            _ => Err(Error::Defect(format!("{}.{name} is not text", T::NAME))),
        };
        let number = |name| match row.get(column::<T>(name)?) {
            Value::BigInt(number) => Ok(number),
            _ => Err(Error::Defect(format!("{}.{name} is not a number", T::NAME))),
        };
        let Value::Uuid(Some(id)) = row.get(column::<T>("id")?) else {
            return Err(Error::Defect(format!("{}.id is not an id", T::NAME)));
        };
        Ok(Self {
            id,
            reference: text("reference")?,
            municipality: text("municipality")?,
            visibility: text("visibility")?,
            version: number("version")?.unwrap_or_default(),
            deleted: number("deleted_at")?.is_some(),
        })
    }
}

/// A record as a row of its table.
pub(crate) fn to_row<T: Stored>(record: &Record<T>) -> Result<T::Row, Error> {
    row_of(record, record.to_json()?)
}

/// The same, when its JSON is there already.
pub(crate) fn row_of<T: Stored>(record: &Record<T>, json: Json) -> Result<T::Row, Error> {
    let Json::Object(mut columns) = json else {
        return Err(Error::Defect("a record is not an object".to_owned()));
    };
    T::derive(record, &mut columns);
    Ok(serde_json::from_value(Json::Object(columns))?)
}

/// A row as a record, and the record's JSON.
pub(crate) fn to_record<T: Stored>(row: &T::Row) -> Result<(Record<T>, Json), Error> {
    let record = read_record::<T>(row)?;
    let json = record.to_json()?;
    Ok((record, json))
}

/// A row as a record: it goes through the domain's own reading. Head and body are read from the same text,
/// each passing over what belongs to the other, which is quicker than to tell the members apart first.
pub(crate) fn read_record<T: Stored>(row: &T::Row) -> Result<Record<T>, Error> {
    let corrupt = |error: serde_json::Error| Error::Corrupt {
        table: T::NAME.as_str(),
        id: Envelope::of::<T>(row).map(|envelope| envelope.id).unwrap_or_default(),
        detail: error.to_string(),
    };
    let text = serde_json::to_vec(row).map_err(corrupt)?;
    let head = serde_json::from_slice(&text).map_err(corrupt)?;
    Ok(Record { head, body: serde_json::from_slice(&text).map_err(corrupt)? })
}

/// The tables that hold records of a kind; each carries the head's columns under the same names.
pub(crate) fn table_name(collection: CollectionName) -> sea_orm::sea_query::Alias {
    sea_orm::sea_query::Alias::new(collection.as_str())
}
