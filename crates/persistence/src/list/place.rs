//! Where a page stands in its list: the order, and what the page comes after. Pages begin where the
//! last one ended (keyset), so that page 2000 costs what page 1 does.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Order, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
    Value,
};
use uuid::Uuid;

use crate::cursor::{Cursor, Key, Secret};
use crate::error::Error;
use crate::list::{ListQuery, Page};
use crate::stored::{Column, Stored, Table, column};

/// The order of a list, and what bounds its records there.
pub(crate) struct Place<T: Stored> {
    key: Column<T>,
    id: Column<T>,
    descending: bool,
    /// What the page comes after, and what the list asks of the very column that it is sorted by: by
    /// these the database finds where to begin.
    bounds: Condition,
}

impl<T: Stored> Place<T> {
    /// `bounds` is what the list asks of the column that it is sorted by.
    pub(crate) fn of(query: &ListQuery, bounds: Condition, secret: &Secret) -> Result<Self, Error> {
        let (key, id) = (column::<T>(query.sort.column)?, column::<T>("id")?);
        let mut place = Self { key, id, descending: query.descending, bounds };
        if let Some(text) = &query.cursor {
            let Cursor { key, id } = Cursor::decode(text, secret, &query.name)?;
            let there = there(key, id);
            let after = if place.descending { place.here().lt(there) } else { place.here().gt(there) };
            place.bounds = place.bounds.add(after);
        }
        Ok(place)
    }

    /// The place of a row, to compare with others.
    fn here(&self) -> Expr {
        let column = |column| Expr::col((Table::<T>::default(), column));
        Expr::tuple([column(self.key), column(self.id)])
    }

    fn ordered(&self, fits: Condition) -> Select<Table<T>> {
        let order = if self.descending { Order::Desc } else { Order::Asc };
        let fits = fits.add(self.bounds.clone());
        Table::<T>::find().filter(fits).order_by(self.key, order.clone()).order_by(self.id, order)
    }

    /// The statement that reads the page, with one record more to see whether another follows.
    pub(crate) fn page(&self, fits: Condition, limit: u64) -> SelectStatement {
        self.ordered(fits).limit(limit + 1).into_query()
    }

    /// The statement that finds the place so many living records on.
    pub(crate) fn nth(&self, many: u64) -> Result<SelectStatement, Error> {
        let living = Condition::all().add(column::<T>("deleted_at")?.is_null());
        let columns = [self.key, self.id];
        Ok(self.ordered(living).select_only().columns(columns).offset(many).limit(1).into_query())
    }

    /// That a row comes no later than that one.
    pub(crate) fn up_to(&self, end: &QueryResult) -> Result<SimpleExpr, Error> {
        let (key, id) = place_of(end, self.key, self.id)?;
        let there = there(key, id);
        Ok(if self.descending { self.here().gte(there) } else { self.here().lte(there) })
    }
}

/// A page of what its statement has found.
pub(crate) fn page_of<T: Stored, R>(
    found: &[QueryResult],
    query: &ListQuery,
    secret: &Secret,
    read: impl Fn(&QueryResult) -> Result<R, Error>,
) -> Result<Page<R>, Error> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let shown = found.get(..limit).unwrap_or(found);
    let next = match shown.last() {
        Some(row) if found.len() > limit => {
            let (key, id) = place_of(row, column::<T>(query.sort.column)?, column::<T>("id")?)?;
            Some(Cursor { key, id }.encode(secret, &query.name)?)
        }
        _ => None,
    };
    Ok(Page { rows: shown.iter().map(read).collect::<Result<_, _>>()?, next, total: None })
}

/// A place to compare with.
fn there(key: Key, id: Uuid) -> Expr {
    let key = match key {
        Key::Whole(number) => Value::from(number),
        Key::Text(text) => Value::from(text),
    };
    Expr::tuple([Expr::value(key), Expr::value(id)])
}

/// Where a row stands in an order.
fn place_of(row: &QueryResult, key: impl IdenStatic, id: impl IdenStatic) -> Result<(Key, Uuid), Error> {
    let id = row.try_get("", id.as_str())?;
    let key = match row.try_get::<i64>("", key.as_str()) {
        Ok(number) => Key::Whole(number),
        Err(_) => Key::Text(row.try_get("", key.as_str())?),
    };
    Ok((key, id))
}
