//! Records as their readers see them: JSON that is written from a row as it stands in the table. It is
//! the same JSON that the row's entity makes, without an entity between: a page of fifty costs half.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Write as _};
use std::sync::OnceLock;

use pobratim_domain::{CollectionName, Head, Timestamp};
use sea_orm::sea_query::ColumnType;
use sea_orm::sqlx::{ColumnIndex, Decode, Row, Type};
use sea_orm::{ColumnTrait, IdenStatic, Iterable, QueryResult};
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

use crate::error::Error;
use crate::stored::{Column, Stored};
use crate::view::View;

/// A record as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The record.
    pub id: Uuid,
    /// How often it was changed.
    pub version: i64,
    /// Its JSON.
    pub json: String,
}

/// A column that is a member of the record, and where it stands among the columns of the table.
struct Member {
    at: usize,
    name: &'static str,
    kind: Kind,
}

/// How a column is written.
enum Kind {
    Text,
    /// JSON text, put in as it is.
    Json,
    /// Microseconds, shown as RFC 3339.
    Moment,
    Whole,
    Small,
    Flag,
    Id,
}

impl Shown {
    /// Writes a row of a statement that selects all columns of the collection's table first, in their order.
    pub(crate) fn of<T: Stored>(row: &QueryResult, view: &View) -> Result<Self, Error> {
        let written = match (row.try_as_sqlite_row(), row.try_as_pg_row()) {
            (Some(row), _) => write(row, members::<T>(), view),
            (_, Some(row)) => write(row, members::<T>(), view),
            _ => return Err(Error::Defect("the row is no database's that is known".to_owned())),
        };
        written.map_err(|error| Error::Defect(format!("{}: {error}", T::NAME)))
    }
}

/// The members of a collection's records, in the order of its table.
fn members<T: Stored>() -> &'static [Member] {
    static MEMBERS: [OnceLock<Vec<Member>>; CollectionName::ALL.len()] =
        [const { OnceLock::new() }; CollectionName::ALL.len()];
    let at = CollectionName::ALL.iter().position(|name| *name == T::NAME);
    let Some(members) = at.and_then(|at| MEMBERS.get(at)) else { return &[] };
    members.get_or_init(|| {
        // Columns that are no members are there to sort and filter by.
        let known: BTreeSet<String> = [<Head as utoipa::PartialSchema>::schema(), T::schema()]
            .into_iter()
            .flat_map(|schema| match schema {
                RefOr::T(Schema::Object(object)) => object.properties.into_keys().collect(),
                _ => Vec::new(),
            })
            .collect();
        let columns = Column::<T>::iter().enumerate().map(|(at, column)| {
            let renamed = T::RENAMED.iter().find(|(name, _)| *name == column.as_str());
            Member { at, name: renamed.map_or(column.as_str(), |(_, member)| *member), kind: Kind::of(&column) }
        });
        columns.filter(|member| known.contains(member.name)).collect()
    })
}

impl Kind {
    fn of(column: &impl ColumnTrait) -> Self {
        match column.def().get_column_type() {
            ColumnType::Json => Self::Json,
            ColumnType::Uuid => Self::Id,
            ColumnType::Boolean => Self::Flag,
            ColumnType::SmallInteger => Self::Small,
            // What is called so is a moment, in the whole contract.
            ColumnType::BigInteger if column.as_str().ends_with("_at") => Self::Moment,
            ColumnType::BigInteger => Self::Whole,
            _ => Self::Text,
        }
    }
}

fn write<'r, R>(row: &'r R, members: &[Member], view: &View) -> Result<Shown, Box<dyn std::error::Error>>
where
    R: Row,
    usize: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    i16: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
{
    let mut out = String::with_capacity(2048);
    let (mut id, mut version, mut keeper) = (Uuid::nil(), 0, "");
    for Member { at, name, kind } in members {
        let begin = out.len();
        out.push_str(if begin == 0 { "{\"" } else { ",\"" });
        out.push_str(name);
        out.push_str("\":");
        let is_there = match kind {
            Kind::Text => {
                let text: Option<&str> = row.try_get(*at)?;
                let is_seen = match *name {
                    "municipality" => {
                        keeper = text.unwrap_or_default();
                        !keeper.is_empty()
                    }
                    "notes" => view.sees_notes(keeper),
                    _ => true,
                };
                text.filter(|_| is_seen).map(|text| put_text(&mut out, text)).transpose()?.is_some()
            }
            Kind::Json => {
                let text: Option<&str> = row.try_get(*at)?;
                text.map(|text| out.push_str(text)).is_some()
            }
            Kind::Moment => put_plain(&mut out, row.try_get::<Option<i64>, _>(*at)?.map(Timestamp::from_micros))?,
            Kind::Whole => {
                let number: Option<i64> = row.try_get(*at)?;
                if *name == "version" {
                    version = number.unwrap_or_default();
                }
                put(&mut out, number)?
            }
            Kind::Small => put(&mut out, row.try_get::<Option<i16>, _>(*at)?)?,
            Kind::Flag => put(&mut out, row.try_get::<Option<bool>, _>(*at)?)?,
            Kind::Id => {
                let uuid: Option<Uuid> = row.try_get(*at)?;
                if *name == "id" {
                    id = uuid.unwrap_or_default();
                }
                put_plain(&mut out, uuid)?
            }
        };
        if !is_there {
            out.truncate(begin);
        }
    }
    out.push('}');
    Ok(Shown { id, version, json: out })
}

/// Writes a number or a flag that is there; tells whether it was.
fn put(out: &mut String, value: Option<impl Display>) -> Result<bool, fmt::Error> {
    value.map(|value| write!(out, "{value}")).transpose().map(|written| written.is_some())
}

/// The same for a value whose text has nothing in it that JSON escapes.
fn put_plain(out: &mut String, value: Option<impl Display>) -> Result<bool, fmt::Error> {
    value.map(|value| write!(out, "\"{value}\"")).transpose().map(|written| written.is_some())
}

/// Writes a text. All is written into a `String`: bytes would have to be proved to be UTF-8 once more at the end, which
/// took a tenth of a page.
fn put_text(out: &mut String, text: &str) -> serde_json::Result<()> {
    let is_escaped = text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\');
    if is_escaped {
        out.push_str(&serde_json::to_string(text)?);
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_serde_json_writes_it() {
        for text in ["", "Хэйхэ", "黑河", "a \"b\" \\ c", "two\nlines\t", "\u{0}\u{1f}\u{7f}\u{80}\u{2028}", "/ <b> &"]
        {
            let mut out = String::new();
            put_text(&mut out, text).unwrap();
            assert_eq!(out, serde_json::to_string(text).unwrap());
        }
    }
}
