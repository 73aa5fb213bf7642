//! What a word names: the records that make those which refer to them be found by it.

use std::collections::HashMap;

use pobratim_domain::{CollectionName, TermKind};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait};
use uuid::Uuid;

use crate::backend::limited;
use crate::error::Error;
use crate::findable::{link, term};
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;
use crate::words::{THROUGH, range, seen, union};

/// How many targets a word has at most to be named one by one in statements; more are looked up
/// there again. Naming them lets the database know how many records refer to each.
const TARGETS: usize = 200;
/// By one more it is seen that they are too many.
const MOST: u64 = 201;

/// The records that a word names, when something that refers to them is searched.
#[derive(Clone, Debug)]
pub(super) enum Targets {
    These(Vec<Uuid>),
    /// Too many to be named.
    Many(Box<SelectStatement>),
}

impl Targets {
    /// The records that each of some words names, as far as the caller sees them: places, organizations and
    /// partnerships by their names, and partnerships by those of their parties too. Most words name
    /// nothing, and for those one statement does, however many they are.
    pub(super) async fn look_up(
        snapshot: &Snapshot,
        view: &View,
        words: &[String],
        through: &[CollectionName],
    ) -> Result<Vec<Self>, Error> {
        let mut called = called_by(snapshot, words, through).await?;
        let mut all = Vec::new();
        for (word, text) in words.iter().enumerate() {
            let found = THROUGH.map(|collection| called.remove(&(word, collection)).unwrap_or_default());
            all.push(Self::of(snapshot, view, text, through, found).await?);
        }
        Ok(all)
    }

    /// The targets of a word by which such places, organizations and partnerships are called.
    async fn of(
        snapshot: &Snapshot,
        view: &View,
        word: &str,
        through: &[CollectionName],
        called: [Vec<Uuid>; 3],
    ) -> Result<Self, Error> {
        use CollectionName::{Organizations, Partnerships};
        if called.iter().any(|found| found.len() > TARGETS) {
            return Ok(Self::every(view, word, through));
        }
        let [mut all, organizations, mut ties] = called;
        all.extend(visible(snapshot, view, Organizations, organizations).await?);
        if through.contains(&Partnerships) {
            if !all.is_empty() {
                let parties = link::Column::Target.is_in(all.iter().copied());
                let Some(tied) = few(snapshot, tied(parties)).await? else {
                    return Ok(Self::every(view, word, through));
                };
                ties.extend(tied);
            }
            all.extend(visible(snapshot, view, Partnerships, ties).await?);
        }
        all.sort_unstable();
        all.dedup();
        Ok(if all.len() > TARGETS { Self::every(view, word, through) } else { Self::These(all) })
    }

    /// The same as a statement, for words that name too many.
    fn every(view: &View, word: &str, through: &[CollectionName]) -> Self {
        use CollectionName::{Organizations, Partnerships, Places};
        let named = |collection| seen(view, called(collection, word), term_id(), collection);
        let parties = || union([Places, Organizations].into_iter().filter(|name| through.contains(name)).map(named));
        let own = THROUGH.into_iter().filter(|name| through.contains(name)).map(named);
        let ties = parties().filter(|_| through.contains(&Partnerships)).map(|parties| {
            let id = Expr::col((link::Entity, link::Column::RecordId));
            seen(view, tied(link::Column::Target.in_subquery(parties)), id, Partnerships)
        });
        union(own.chain(ties)).map_or_else(|| Self::These(Vec::new()), |all| Self::Many(Box::new(all)))
    }
}

/// What is called by each of some words, or one more than can be named.
async fn called_by(
    snapshot: &Snapshot,
    words: &[String],
    through: &[CollectionName],
) -> Result<HashMap<(usize, CollectionName), Vec<Uuid>>, Error> {
    let mut parts = Vec::new();
    for (index, word) in words.iter().enumerate() {
        for (which, collection) in THROUGH.into_iter().enumerate().filter(|(_, name)| through.contains(name)) {
            let (found, mut some) = (Alias::new("found"), called(collection, word));
            some.limit(MOST);
            let select = Query::select()
                .expr_as(Expr::value(number(index)), Alias::new("word"))
                .expr_as(Expr::value(number(which)), Alias::new("which"))
                .column((found.clone(), Alias::new("record_id")))
                .from_subquery(some, found)
                .to_owned();
            parts.push(select);
        }
    }
    let Some(select) = union(parts.into_iter()) else { return Ok(HashMap::new()) };
    let connection = snapshot.connection();
    let mut called: HashMap<_, Vec<Uuid>> = HashMap::new();
    for row in connection.query_all_raw(limited(connection, &select)).await? {
        let [word, which] = ["word", "which"].map(|name| row.try_get::<i64>("", name));
        let collection = usize::try_from(which?).ok().and_then(|which| THROUGH.get(which).copied());
        let (Ok(word), Some(collection)) = (usize::try_from(word?), collection) else { continue };
        called.entry((word, collection)).or_default().push(row.try_get("", "record_id")?);
    }
    Ok(called)
}

fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// The records of a collection that are called by a word.
fn called(collection: CollectionName, word: &str) -> SelectStatement {
    Query::select()
        .column((term::Entity, term::Column::RecordId))
        .from(term::Entity)
        .and_where(term::Column::Collection.eq(collection.as_str()))
        .and_where(term::Column::Field.eq(TermKind::Title.field()))
        .cond_where(range(word))
        .to_owned()
}

/// The partnerships that have such a party.
fn tied(party: SimpleExpr) -> SelectStatement {
    Query::select()
        .column((link::Entity, link::Column::RecordId))
        .from(link::Entity)
        .and_where(party)
        .and_where(link::Column::Collection.eq(CollectionName::Partnerships.as_str()))
        .to_owned()
}

/// The ids that a statement finds; nothing when they are too many to be named.
async fn few(snapshot: &Snapshot, mut select: SelectStatement) -> Result<Option<Vec<Uuid>>, Error> {
    select.limit(MOST);
    let connection = snapshot.connection();
    let rows = connection.query_all_raw(limited(connection, &select)).await?;
    let ids = rows.iter().map(|row| row.try_get("", "record_id")).collect::<Result<Vec<Uuid>, _>>()?;
    Ok(Some(ids).filter(|ids| ids.len() <= TARGETS))
}

/// Those that the caller sees. The directory is public throughout and needs no look.
async fn visible(
    snapshot: &Snapshot,
    view: &View,
    collection: CollectionName,
    ids: Vec<Uuid>,
) -> Result<Vec<Uuid>, Error> {
    if ids.is_empty() || collection == CollectionName::Places {
        return Ok(ids);
    }
    let select = Query::select()
        .column((table_name(collection), Alias::new("id")))
        .from(table_name(collection))
        .and_where(Expr::col((table_name(collection), Alias::new("id"))).is_in(ids))
        .cond_where(view.condition(collection))
        .to_owned();
    let rows = snapshot.connection().query_all(&select).await?;
    Ok(rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?)
}

fn term_id() -> SimpleExpr {
    Expr::col((term::Entity, term::Column::RecordId))
}
