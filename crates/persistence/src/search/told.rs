//! How what was found is told: what a record is called, and by which texts it was met, its own or
//! those of what it refers to. Only records that the caller sees are read for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::value::{LanguageTag, LocalizedText, excerpt};
use pobratim_domain::{Collection, CollectionName, Record, RecordMention, References, TermKind, Terms};
use uuid::Uuid;

use crate::declared::{Visitor, visit};
use crate::error::Error;
use crate::findable::Findable;
use crate::read::Snapshot;
use crate::search::SearchQuery;
use crate::stored::{Stored, read_record};
use crate::view::View;
use crate::words::Words;

/// The most names that make the title of a record that has none.
const NAMES: usize = 4;

/// A record that was found.
#[derive(Clone, Debug)]
pub struct SearchHit {
    /// Which.
    pub record: RecordMention,
    /// Whose; empty for the shared directory.
    pub municipality: String,
    /// What it is called: its own title, else the names of what it refers to, where there are any.
    pub title: Option<LocalizedText>,
    /// The texts in which the words were met, each once.
    pub matched: Vec<SearchMatch>,
}

/// A text in which a word was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchMatch {
    /// The text, or a part of a long one.
    pub text: String,
    /// The record that it stands in, when it is another.
    pub record: Option<RecordMention>,
}

/// What is read of a record.
struct Known {
    record: RecordMention,
    municipality: String,
    titles: BTreeMap<LanguageTag, String>,
    texts: Vec<(TermKind, String)>,
    /// The places, organizations and partnerships it refers to, in the order they stand.
    targets: Vec<(CollectionName, Uuid)>,
}

/// Tells of the best, in their order.
pub(crate) async fn tell(
    snapshot: &Snapshot,
    view: &View,
    query: &SearchQuery,
    words: &Words,
    best: &[(i64, CollectionName, Uuid)],
) -> Result<Vec<SearchHit>, Error> {
    let ids = best.iter().map(|(_, collection, id)| (*collection, *id)).collect();
    let mut known = read(snapshot, view, ids, HashMap::new()).await?;
    // What they refer to, then what the partnerships among that refer to: their parties.
    for _ in 0..2 {
        let targets = known.values().flat_map(|known| known.targets.iter().copied());
        let targets = targets.filter(|(collection, id)| query.through.contains(collection) && !known.contains_key(id));
        known = read(snapshot, view, targets.collect(), known).await?;
    }
    let hits = best.iter().filter_map(|(_, _, id)| known.get(id)).map(|found| SearchHit {
        record: found.record.clone(),
        municipality: found.municipality.clone(),
        title: title(found, &known),
        matched: matched(found, words, &known),
    });
    Ok(hits.collect())
}

/// What a record is called.
fn title(found: &Known, known: &HashMap<Uuid, Known>) -> Option<LocalizedText> {
    if !found.titles.is_empty() {
        return LocalizedText::parse_map(found.titles.iter().map(|(lang, text)| (lang.as_str(), text))).ok();
    }
    let mut named: Vec<&BTreeMap<LanguageTag, String>> = Vec::new();
    for target in found.targets.iter().filter_map(|(_, id)| known.get(id)) {
        if !target.titles.is_empty() && !named.contains(&&target.titles) {
            named.push(&target.titles);
        }
    }
    named.truncate(NAMES);
    // In the languages in which all of them are named.
    let languages = named.first()?.keys().filter(|lang| named.iter().all(|names| names.contains_key(*lang)));
    let joined = languages.map(|lang| {
        let names: Vec<&str> = named.iter().filter_map(|names| names.get(lang).map(String::as_str)).collect();
        (lang.as_str(), names.join(" – "))
    });
    LocalizedText::parse_map(joined).ok()
}

/// The texts in which its words were met.
fn matched(found: &Known, words: &Words, known: &HashMap<Uuid, Known>) -> Vec<SearchMatch> {
    let mut matched = Vec::new();
    for word in &words.list {
        let own = found.texts.iter().find_map(|(_, text)| excerpt(text, &word.text));
        let own = own.map(|text| SearchMatch { text, record: None });
        let called = |of: &Known| {
            let mut names = of.texts.iter().filter(|(kind, _)| *kind == TermKind::Title);
            names.find_map(|(_, name)| excerpt(name, &word.text))
        };
        let of_target = |(collection, id): &(CollectionName, Uuid)| {
            let target = known.get(id)?;
            // A partnership is called by its parties too.
            let party = || target.targets.iter().filter_map(|(_, id)| known.get(id)).find_map(called);
            let text = called(target).or_else(|| (*collection == CollectionName::Partnerships).then(party)?)?;
            Some(SearchMatch { text, record: Some(target.record.clone()) })
        };
        if let Some(one) = own.or_else(|| found.targets.iter().find_map(of_target))
            && !matched.contains(&one)
        {
            matched.push(one);
        }
    }
    matched
}

/// Reads records, a statement a collection, and adds them to those that are known.
async fn read(
    snapshot: &Snapshot,
    view: &View,
    wanted: BTreeSet<(CollectionName, Uuid)>,
    mut known: HashMap<Uuid, Known>,
) -> Result<HashMap<Uuid, Known>, Error> {
    let mut by_collection: BTreeMap<CollectionName, Vec<Uuid>> = BTreeMap::new();
    for (collection, id) in wanted {
        by_collection.entry(collection).or_default().push(id);
    }
    for (collection, ids) in by_collection {
        let read = Read { snapshot, view, ids }.of(collection).await?;
        for found in read {
            known.insert(found.record.id, found);
        }
    }
    Ok(known)
}

struct Read<'s> {
    snapshot: &'s Snapshot,
    view: &'s View,
    ids: Vec<Uuid>,
}

impl<'s> Read<'s> {
    fn of(self, collection: CollectionName) -> LocalBoxFuture<'s, Result<Vec<Known>, Error>> {
        visit(collection, self)
    }
}

impl<'s> Visitor for Read<'s> {
    type Output = LocalBoxFuture<'s, Result<Vec<Known>, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { snapshot, view, ids } = self;
        async move {
            let rows = snapshot.get_all::<T>(view, &ids).await?;
            rows.iter().map(|row| read_record::<T>(row).map(|record| Known::of(&record))).collect()
        }
        .boxed_local()
    }
}

impl Known {
    fn of<T: Collection>(record: &Record<T>) -> Self {
        let Findable { references, terms, .. } = Findable::of(record);
        Self {
            record: RecordMention { collection: T::NAME, id: record.head.id, reference: record.head.reference.clone() },
            municipality: record.head.keeper().to_owned(),
            titles: terms.titles().clone(),
            texts: texts(&terms),
            targets: targets(&references),
        }
    }
}

fn texts(terms: &Terms) -> Vec<(TermKind, String)> {
    terms.texts().into_iter().map(|(kind, text)| (kind, text.to_owned())).collect()
}

fn targets(references: &References) -> Vec<(CollectionName, Uuid)> {
    let mut targets: Vec<(CollectionName, Uuid)> = Vec::new();
    for reference in references.iter().filter(|reference| crate::THROUGH.contains(&reference.collection)) {
        let target = (reference.collection, reference.target);
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}
