//! How records are found by words: each word by the record's own, or by the names of what it refers
//! to. Lists and the search over all collections put their statements together from this.
//!
//! A record's own words stand among its terms. Names of places and organizations are not copied into
//! the records that refer to them, or a renamed city would rewrite all its exchanges: first the few
//! records that a word names are looked up, its targets, then the links to them. A partnership is
//! reached by its parties, and so are its papers and exchanges by the partnership.

use pobratim_domain::value::{asked_words, fold};
use pobratim_domain::{CollectionName, TermKind};
use sea_orm::sea_query::{
    Alias, Asterisk, CaseStatement, Condition, Expr, ExprTrait, Func, IntoCondition, Query, SelectStatement,
    SimpleExpr, UnionType,
};
use sea_orm::{ColumnTrait, ConnectionTrait, Order};
use uuid::Uuid;

use crate::backend::limited;
use crate::error::Error;
use crate::findable::{link, term};
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;

/// The most words of one search.
pub const WORDS_MOST: usize = 20;

/// How many targets a word has at most to be named one by one in statements; more are looked up
/// there again. Naming them lets the database know how many records refer to each.
const TARGETS: usize = 200;

/// A word that no more records than this have is looked up as a whole. More common ones are looked
/// for along the order of the list first, among some records: the page is full there, unless those that
/// have the words lie far from its beginning.
const FEW: u64 = 4_000;

/// How many records are looked at for common words, first and then: most pages are full at once.
pub(crate) const NEAR: [u64; 2] = [250, 2_500];

/// How telling a match is, in the order of the search: 0 is a whole number.
pub(crate) mod rank {
    /// The whole of what was asked is a number of the record.
    pub(crate) const NUMBER: i64 = 0;
    /// A word of its title or of a name of it.
    pub(crate) const TITLE: i64 = 1;
    /// A word of its title begins so.
    pub(crate) const TITLE_BEGINS: i64 = 2;
    /// A word of another text of it begins so.
    pub(crate) const TEXT: i64 = 3;
    /// Something that it refers to is called so.
    pub(crate) const REFERENCE: i64 = 4;
}

/// The collections through which others are found, as far as the caller may read them.
pub const THROUGH: [CollectionName; 3] =
    [CollectionName::Places, CollectionName::Organizations, CollectionName::Partnerships];

/// What is searched: words that must all be met.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) list: Vec<Word>,
    /// The whole text, folded, as numbers are kept.
    pub(crate) whole: String,
}

/// One word, and what it names.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    targets: Targets,
}

/// The records that a word names, when something that refers to them is searched.
#[derive(Clone, Debug)]
enum Targets {
    These(Vec<Uuid>),
    /// Too many to be named.
    Many(Box<SelectStatement>),
}

impl Words {
    /// Reads a text and looks up what its words name, as far as the caller sees it.
    pub(crate) async fn read(
        snapshot: &Snapshot,
        view: &View,
        text: &str,
        through: &[CollectionName],
    ) -> Result<Self, Error> {
        let mut list = Vec::new();
        for text in asked_words(text).into_iter().take(WORDS_MOST) {
            let targets = Targets::look_up(snapshot, view, &text, through).await?;
            list.push(Word { text, targets });
        }
        Ok(Self { list, whole: fold(text) })
    }

    /// The words of both.
    pub(crate) fn and(mut self, other: Self) -> Self {
        if other.list.is_empty() {
            return other;
        }
        if !self.list.is_empty() {
            self.list.extend(other.list);
        }
        self
    }

    /// The number of entries by which each word is met in a collection, up to a bound and one more.
    pub(crate) async fn entries(
        &self,
        snapshot: &Snapshot,
        collection: CollectionName,
        most: u64,
    ) -> Result<Vec<u64>, Error> {
        let mut select = Query::select();
        for (index, word) in self.list.iter().enumerate() {
            let own = bounded(word.own(collection), most);
            let linked = word.linked(collection).map(|mut linked| {
                // In the order of the index, so that the database stops where it is told to.
                linked.order_by((link::Entity, link::Column::Target), Order::Asc);
                bounded(linked, most)
            });
            let counted = linked.into_iter().fold(Expr::from(own), |all, linked| all.add(Expr::from(linked)));
            select.expr_as(counted, Alias::new(format!("n{index}")));
        }
        let connection = snapshot.connection();
        let Some(row) = connection.query_one_raw(limited(connection, &select)).await? else { return Ok(Vec::new()) };
        let count = |index| row.try_get::<i64>("", &format!("n{index}")).map(i64::unsigned_abs);
        Ok((0..self.list.len()).map(count).collect::<Result<_, _>>()?)
    }

    /// That a record of a collection has all the words, when few records have one of them; nothing
    /// when all are common.
    pub(crate) async fn by_the_rarest(
        &self,
        snapshot: &Snapshot,
        collection: CollectionName,
    ) -> Result<Option<Condition>, Error> {
        if self.list.is_empty() {
            return Ok(Some(nothing()));
        }
        let entries = self.entries(snapshot, collection, FEW).await?;
        let rarest = entries.iter().enumerate().min_by_key(|(_, entries)| **entries);
        let Some((rarest, _)) = rarest.filter(|(_, entries)| **entries <= FEW) else { return Ok(None) };
        let mut all = Condition::all();
        for (index, word) in self.list.iter().enumerate() {
            all = if index == rarest { all.add(word.among(collection)) } else { all.add(word.each(collection)) };
        }
        Ok(Some(all))
    }

    /// The same, looked up for one record after the other.
    pub(crate) fn one_by_one(&self, collection: CollectionName) -> Condition {
        self.list.iter().fold(Condition::all(), |all, word| all.add(word.each(collection)))
    }

    /// The same, the records that have each of the words being gathered first, from the index alone:
    /// what this costs grows with their number.
    pub(crate) fn gathered(&self, collection: CollectionName) -> Condition {
        let met = self.list.iter().map(|word| {
            let met = Alias::new("met");
            let id = (met.clone(), Alias::new("record_id"));
            Query::select().distinct().column(id).from_subquery(word.met(collection), met).to_owned()
        });
        let all = met.reduce(|mut all, others| {
            all.union(UnionType::Intersect, others);
            all
        });
        match all {
            Some(all) => Condition::all().add(Expr::col((table_name(collection), Alias::new("id"))).in_subquery(all)),
            None => nothing(),
        }
    }
}

/// How many rows a statement finds, up to a bound and one more.
fn bounded(mut select: SelectStatement, most: u64) -> SelectStatement {
    select.limit(most + 1);
    Query::select().expr(Func::count(Expr::col(Asterisk))).from_subquery(select, Alias::new("met")).to_owned()
}

/// A text without a letter or digit finds nothing.
fn nothing() -> Condition {
    Condition::all().add(Expr::value(1).eq(0))
}

impl Word {
    /// The folded word begins a term: a range of the index, in byte order.
    pub(crate) fn range(&self) -> Condition {
        range(&self.text)
    }

    /// That a link leads to something that the word names; nothing when it names nothing.
    pub(crate) fn leads(&self, collection: CollectionName) -> Option<SimpleExpr> {
        // A place is found by its own names: neighbours would else be found for each other.
        if collection == CollectionName::Places {
            return None;
        }
        match &self.targets {
            Targets::These(ids) if ids.is_empty() => None,
            Targets::These(ids) => Some(link::Column::Target.is_in(ids.iter().copied())),
            Targets::Many(all) => Some(link::Column::Target.in_subquery((**all).clone())),
        }
    }

    /// The ids of the records that have it themselves, some of them more than once.
    fn own(&self, collection: CollectionName) -> SelectStatement {
        Query::select()
            .column((term::Entity, term::Column::RecordId))
            .from(term::Entity)
            .and_where(term::Column::Collection.eq(collection.as_str()))
            .and_where(of_words())
            .cond_where(self.range())
            .to_owned()
    }

    /// The ids of the records that refer to something that it names, some of them more than once.
    fn linked(&self, collection: CollectionName) -> Option<SelectStatement> {
        let select = Query::select()
            .column((link::Entity, link::Column::RecordId))
            .from(link::Entity)
            .and_where(self.leads(collection)?)
            .and_where(link::Column::Collection.eq(collection.as_str()))
            .to_owned();
        Some(select)
    }

    /// The ids of the records that have it, some of them more than once.
    fn met(&self, collection: CollectionName) -> SelectStatement {
        let mut met = self.own(collection);
        self.linked(collection).into_iter().for_each(|linked| {
            met.union(UnionType::All, linked);
        });
        met
    }

    /// That a record is among those that have it: they are gathered first.
    fn among(&self, collection: CollectionName) -> SimpleExpr {
        Expr::col((table_name(collection), Alias::new("id"))).in_subquery(self.met(collection))
    }

    /// That a record has it, looked up for that record alone.
    fn each(&self, collection: CollectionName) -> Condition {
        let id = || Expr::col((table_name(collection), Alias::new("id")));
        let mut own = self.own_of(id());
        own.expr(Expr::value(1_i64)).limit(1);
        let mut either = Condition::any().add(Expr::from(own).eq(1_i64));
        if let Some(linked) = self.linked_of(id(), collection, 1) {
            either = either.add(Expr::from(linked).eq(1_i64));
        }
        either
    }

    /// How telling the word is of one record; null when it is not met.
    pub(crate) fn rank_of(&self, id: SimpleExpr, collection: CollectionName) -> SimpleExpr {
        let is_title = || term::Column::Field.eq(TermKind::Title.field());
        let told = CaseStatement::new()
            .case(is_title().and(term::Column::Term.eq(&self.text)), Expr::value(rank::TITLE))
            .case(is_title(), Expr::value(rank::TITLE_BEGINS))
            .finally(Expr::value(rank::TEXT));
        let mut own = self.own_of(id.clone());
        own.expr(Func::min(told));
        match self.linked_of(id, collection, rank::REFERENCE) {
            Some(linked) => Func::coalesce([Expr::from(own), Expr::from(linked)]).into(),
            None => own.into(),
        }
    }

    fn own_of(&self, id: SimpleExpr) -> SelectStatement {
        Query::select()
            .from(term::Entity)
            .and_where(Expr::col((term::Entity, term::Column::RecordId)).eq(id))
            .and_where(of_words())
            .cond_where(self.range())
            .to_owned()
    }

    /// A value when a record refers to something that the word names. Written so that only the links
    /// of that one record can be looked at: by the index on targets, all that a city has would be.
    fn linked_of(&self, id: SimpleExpr, collection: CollectionName, value: i64) -> Option<SelectStatement> {
        let leads = CaseStatement::new().case(self.leads(collection)?, Expr::value(value));
        let select = Query::select()
            .expr(Func::max(leads))
            .from(link::Entity)
            .and_where(Expr::col((link::Entity, link::Column::RecordId)).eq(id))
            .to_owned();
        Some(select)
    }
}

impl Targets {
    /// The records that a word names, as far as the caller sees them: places, organizations and
    /// partnerships by their names, and partnerships by those of their parties too.
    async fn look_up(snapshot: &Snapshot, view: &View, word: &str, through: &[CollectionName]) -> Result<Self, Error> {
        use CollectionName::{Organizations, Partnerships, Places};
        let mut all = Vec::new();
        for collection in [Places, Organizations].into_iter().filter(|name| through.contains(name)) {
            let Some(found) = few(snapshot, called(collection, word)).await? else {
                return Ok(Self::every(view, word, through));
            };
            all.extend(visible(snapshot, view, collection, found).await?);
        }
        if through.contains(&Partnerships) {
            let mut ties = few(snapshot, called(Partnerships, word)).await?;
            if !all.is_empty() {
                let parties = link::Column::Target.is_in(all.iter().copied());
                let tied = few(snapshot, tied(parties)).await?;
                ties = ties.zip(tied).map(|(called, tied)| [called, tied].concat());
            }
            let Some(ties) = ties else { return Ok(Self::every(view, word, through)) };
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
    select.limit(u64::try_from(TARGETS).unwrap_or(u64::MAX) + 1);
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

/// Only what the caller sees. The directory is public throughout and needs no look.
pub(crate) fn seen(
    view: &View,
    mut select: SelectStatement,
    id: SimpleExpr,
    collection: CollectionName,
) -> SelectStatement {
    if collection != CollectionName::Places {
        let table = table_name(collection);
        select.inner_join(table.clone(), Expr::col((table, Alias::new("id"))).eq(id).into_condition());
        select.cond_where(view.condition(collection));
    }
    select
}

pub(crate) fn union(selects: impl Iterator<Item = SelectStatement>) -> Option<SelectStatement> {
    selects.reduce(|mut all, select| {
        all.union(UnionType::All, select);
        all
    })
}

/// The terms that are words.
fn of_words() -> SimpleExpr {
    term::Column::Field.is_in(TermKind::ALL.map(TermKind::field))
}

fn range(word: &str) -> Condition {
    Condition::all().add(term::Column::Term.gte(word)).add(term::Column::Term.lt(format!("{word}\u{10ffff}")))
}
