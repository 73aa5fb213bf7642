//! The search over all collections: what is found, and in which order. How it is told stands in
//! [`told`].
//!
//! Candidates are taken from the index in the order of what they would be worth, bounded in number, so
//! that a word that half of all records have costs no more than a rare one.

pub(crate) mod told;

use std::collections::BTreeMap;

use pobratim_domain::{CollectionName, Keeper, TermKind};
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, Order};
use uuid::Uuid;

use crate::backend::limited;
use crate::error::Error;
use crate::findable::{link, term};
use crate::read::Snapshot;
use crate::search::told::SearchHit;
use crate::stored::table_name;
use crate::view::View;
use crate::words::{Word, Words, rank, seen, union};

/// How many candidates are looked at in each collection for each way of being met.
const CANDIDATES: usize = 500;

/// What is searched, and where.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// The text; all its words must be met.
    pub text: String,
    /// Where to look: collections that the caller may read.
    pub collections: Vec<CollectionName>,
    /// Through which of [`crate::THROUGH`] records are found too: as far as the caller may read them.
    pub through: Vec<CollectionName>,
    /// Whose records; everybody's when it is empty.
    pub municipalities: Vec<String>,
    /// How many records at most.
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The records, the best first.
    pub hits: Vec<SearchHit>,
    /// Whether there may be more.
    pub truncated: bool,
}

impl Snapshot {
    /// The records that have all the words of a text, as far as the caller sees them.
    pub async fn search(&self, view: &View, query: &SearchQuery) -> Result<Found, Error> {
        let words = Words::read(self, view, &query.text, &query.through).await?;
        if words.list.is_empty() {
            return Ok(Found::default());
        }
        let mut search =
            Search { snapshot: self, view, query, words: &words, ranks: BTreeMap::new(), truncated: false };
        let drivers = search.drivers().await?;
        for (collection, driver) in &drivers {
            search.look(*collection, driver, search.own(*collection, driver)).await?;
        }
        // What is met by references only comes last: when there is no room for it, it is not looked for.
        let told = search.ranks.values().filter(|worth| **worth < rank::REFERENCE).count();
        if told > query.limit {
            search.truncated = true;
        } else {
            for (collection, driver) in &drivers {
                search.look(*collection, driver, search.linked(*collection, driver)).await?;
            }
        }
        let mut best: Vec<_> =
            search.ranks.iter().map(|((collection, id), worth)| (*worth, *collection, *id)).collect();
        best.sort_unstable();
        let truncated = search.truncated || best.len() > query.limit;
        best.truncate(query.limit);
        Ok(Found { hits: told::tell(self, view, query, &words, &best).await?, truncated })
    }
}

struct Search<'s> {
    snapshot: &'s Snapshot,
    view: &'s View,
    query: &'s SearchQuery,
    words: &'s Words,
    /// What each candidate is worth by the least telling of its words; the least number is the best.
    ranks: BTreeMap<(CollectionName, Uuid), i64>,
    truncated: bool,
}

impl Search<'_> {
    /// The word by which each collection is looked through: of several, the one fewest records have.
    async fn drivers(&self) -> Result<Vec<(CollectionName, Word)>, Error> {
        let mut drivers = Vec::new();
        let most = u64::try_from(CANDIDATES).unwrap_or(u64::MAX);
        for collection in &self.query.collections {
            if collection.keeper() == Keeper::Shared && !self.query.municipalities.is_empty() {
                continue;
            }
            let rarest = match self.words.list.as_slice() {
                [word] => Some(word),
                words => {
                    let entries = self.words.entries(self.snapshot, *collection, most).await?;
                    let rarest = words.iter().zip(entries).min_by_key(|(_, entries)| *entries);
                    rarest.filter(|(_, entries)| *entries > 0).map(|(word, _)| word)
                }
            };
            drivers.extend(rarest.map(|word| (*collection, word.clone())));
        }
        Ok(drivers)
    }

    /// The records that have a word themselves, those first in which it tells most.
    fn own(&self, collection: CollectionName, driver: &Word) -> Option<SelectStatement> {
        let is = |kind: TermKind| term::Column::Field.eq(kind.field());
        let same = |text: &str| term::Column::Term.eq(text);
        let is_whole = is(TermKind::Number).and(same(&self.words.whole));
        let worth: SimpleExpr = {
            CaseStatement::new()
                .case(is_whole.clone(), Expr::value(rank::NUMBER))
                .case(is(TermKind::Title).and(same(&driver.text)), Expr::value(rank::TITLE))
                .case(is(TermKind::Title), Expr::value(rank::TITLE_BEGINS))
                .finally(Expr::value(rank::TEXT))
                .into()
        };
        let mut parts: Vec<SelectStatement> = Vec::new();
        let mut part = |fits: SimpleExpr, range: Option<sea_orm::Condition>| {
            let mut select = Query::select();
            select
                .expr_as(Expr::col((term::Entity, term::Column::RecordId)), Alias::new("id"))
                .expr_as(worth.clone(), Alias::new("worth"))
                .from(term::Entity)
                .and_where(term::Column::Collection.eq(collection.as_str()))
                .and_where(fits);
            range.into_iter().for_each(|range| {
                select.cond_where(range);
            });
            select
                .order_by((term::Entity, term::Column::Term), Order::Asc)
                .order_by((term::Entity, term::Column::RecordId), Order::Asc);
            parts.push(self.bounded(
                collection,
                driver,
                select,
                (term::Entity, term::Column::RecordId).into(),
                parts.len(),
            ));
        };
        part(is_whole, None);
        for kind in TermKind::ALL {
            part(is(kind), Some(driver.range()));
        }
        union(parts.into_iter())
    }

    /// The records that refer to something that a word names.
    fn linked(&self, collection: CollectionName, driver: &Word) -> Option<SelectStatement> {
        let mut select = Query::select();
        select
            .expr_as(Expr::col((link::Entity, link::Column::RecordId)), Alias::new("id"))
            .expr_as(Expr::value(rank::REFERENCE), Alias::new("worth"))
            .from(link::Entity)
            .and_where(link::Column::Collection.eq(collection.as_str()))
            .and_where(driver.leads(collection)?)
            .order_by((link::Entity, link::Column::Target), Order::Asc)
            .order_by((link::Entity, link::Column::Field), Order::Asc)
            .order_by((link::Entity, link::Column::RecordId), Order::Asc);
        Some(self.bounded(collection, driver, select, (link::Entity, link::Column::RecordId).into(), 0))
    }

    /// Some candidates that the caller sees, each with what its other words are worth.
    fn bounded(
        &self,
        collection: CollectionName,
        driver: &Word,
        candidates: SelectStatement,
        id: sea_orm::sea_query::ColumnRef,
        part: usize,
    ) -> SelectStatement {
        let mut candidates = seen(self.view, candidates, Expr::col(id), collection);
        if !self.query.municipalities.is_empty() {
            let keeper = Expr::col((table_name(collection), Alias::new("municipality")));
            candidates.and_where(keeper.is_in(&self.query.municipalities));
        }
        candidates.limit(u64::try_from(CANDIDATES).unwrap_or(u64::MAX));
        let found = Alias::new("found");
        let mut select = Query::select();
        select
            .column((found.clone(), Alias::new("id")))
            .column((found.clone(), Alias::new("worth")))
            .expr_as(Expr::value(i64::try_from(part).unwrap_or_default()), Alias::new("part"))
            .from_subquery(candidates, found.clone());
        for (index, word) in self.others(driver) {
            let worth = word.rank_of(Expr::col((found.clone(), Alias::new("id"))), collection);
            select.expr_as(worth, Alias::new(format!("w{index}")));
        }
        select
    }

    /// The words beside the one by which candidates are found.
    fn others<'w>(&'w self, driver: &'w Word) -> impl Iterator<Item = (usize, &'w Word)> {
        self.words.list.iter().enumerate().filter(|(_, word)| word.text != driver.text)
    }

    /// Notes the candidates of a statement that have all words.
    async fn look(
        &mut self,
        collection: CollectionName,
        driver: &Word,
        statement: Option<SelectStatement>,
    ) -> Result<(), Error> {
        let Some(statement) = statement else { return Ok(()) };
        let mut parts: BTreeMap<i64, usize> = BTreeMap::new();
        let connection = self.snapshot.connection();
        for row in connection.query_all_raw(limited(connection, &statement)).await? {
            let part = parts.entry(row.try_get("", "part")?).or_default();
            *part += 1;
            self.truncated |= *part == CANDIDATES;
            let mut worth = Some(row.try_get::<i64>("", "worth")?);
            if worth != Some(rank::NUMBER) {
                for (index, _) in self.others(driver) {
                    let other: Option<i64> = row.try_get("", &format!("w{index}"))?;
                    worth = worth.zip(other).map(|(worth, other)| Ord::max(worth, other));
                }
            }
            if let Some(worth) = worth {
                let known = self.ranks.entry((collection, row.try_get("", "id")?)).or_insert(worth);
                *known = Ord::min(worth, *known);
            }
        }
        Ok(())
    }
}
