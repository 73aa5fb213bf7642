//! How records are found by words: each word by the record's own, or by the names of what it refers
//! to. Lists and the search over all collections put their statements together from this.
//!
//! A record's own words stand among its terms. Names of places and organizations are not copied into
//! the records that refer to them, or a renamed city would rewrite all its exchanges: first the few
//! records that a word names are looked up, its targets, then the links to them. A partnership is
//! reached by its parties, and so are its papers and exchanges by the partnership.

mod targets;

use pobratim_domain::value::{asked_words, fold};
use pobratim_domain::{CollectionName, TermKind};
use sea_orm::sea_query::{
    Alias, CaseStatement, Condition, Expr, ExprTrait, Func, IntoCondition, Query, SelectStatement, SimpleExpr,
    UnionType,
};
use sea_orm::{ColumnTrait, Order};

use crate::error::Error;
use crate::findable::{link, term};
use crate::list::criterion::{Criterion, Quick, asked_of, entries};
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;
use crate::words::targets::Targets;

/// The most words of one search.
pub const WORDS_MOST: usize = 20;

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

impl Words {
    /// Reads a text and looks up what its words name, as far as the caller sees it.
    pub(crate) async fn read(
        snapshot: &Snapshot,
        view: &View,
        text: &str,
        through: &[CollectionName],
    ) -> Result<Self, Error> {
        let asked: Vec<String> = asked_words(text).into_iter().take(WORDS_MOST).collect();
        let targets = Targets::look_up(snapshot, view, &asked, through).await?;
        let list = asked.into_iter().zip(targets).map(|(text, targets)| Word { text, targets }).collect();
        Ok(Self { list, whole: fold(text) })
    }

    /// The number of entries by which each word is met in a collection, up to a bound and one more.
    pub(crate) async fn entries(
        &self,
        snapshot: &Snapshot,
        collection: CollectionName,
        most: u64,
    ) -> Result<Vec<u64>, Error> {
        let criteria: Vec<Criterion> = self.list.iter().map(|word| word.criterion(collection)).collect();
        entries(snapshot, &criteria, most).await
    }
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

    /// That the records of a list have it.
    pub(crate) fn criterion(&self, collection: CollectionName) -> Criterion {
        let (own, linked) = (self.own(collection), self.linked(collection));
        let mut ids = own.clone();
        let mut entries = vec![own];
        if let Some(mut linked) = linked {
            ids.union(UnionType::All, linked.clone());
            // In the order of the index, so that the database stops where it is told to.
            linked.order_by((link::Entity, link::Column::Target), Order::Asc);
            entries.push(linked);
        }
        Criterion { ids, entries, each: self.each(collection), is_of_columns: false, quick: Quick::Perhaps }
    }

    /// That a record has it, looked up for that record alone.
    fn each(&self, collection: CollectionName) -> SimpleExpr {
        let id = || Expr::col((table_name(collection), Alias::new("id")));
        let mut own = self.own_of(id());
        own.expr(Expr::value(1_i64)).limit(1);
        let own = Expr::from(own).eq(1_i64);
        match self.linked_of(id(), collection, 1) {
            Some(linked) => asked_of(own.or(Expr::from(linked).eq(1_i64))),
            None => asked_of(own),
        }
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
