//! Finished answers, kept in memory: under which name, how long they hold, and how many fit.
//!
//! There are no times and no invalidation. An answer is labelled with the head of the snapshot it was
//! made in, and holds as long as the collections it was made from stand as they did there; each hit
//! asks the database for the head, after the request came. So an answer from here is as fresh as one
//! that was just made, whoever wrote: this process or another.

use std::fmt::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::civil::Date;
use pobratim_domain::{CollectionName, Timestamp};
use pobratim_persistence::{Error, Head};
use quick_cache::sync::{Cache as Answers, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::access::Principal;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::form::Form;
use crate::routes::Entry;
use crate::turns::{Turn, Turns};

/// What an entry takes beside its bytes: the table's slot, the counts of references, the structs.
const OVERHEAD: usize = 640;
/// How much of the whole one answer may take: one of several parts, so that a large one does not
/// push out the others.
const PARTS: u64 = 8;
/// What an answer takes, more or less.
const USUAL: u64 = 8 * 1024;

/// What a request has seen of the world while its answer was made.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    head: OnceLock<Head>,
    days: Mutex<Vec<(String, Date)>>,
}

impl Seen {
    /// Notes a snapshot. The first one counts: whatever is read later is the same as long as
    /// nothing changed since the first.
    pub(crate) fn note(&self, head: &Head) {
        if self.head.get().is_none() {
            let _ = self.head.set(head.clone());
        }
    }

    /// Notes that it was this day in a time zone.
    pub(crate) fn note_day(&self, zone: &str, day: Date) {
        self.days.lock().unwrap_or_else(PoisonError::into_inner).push((zone.to_owned(), day));
    }

    /// How long an answer holds; nothing when it does not say what it was made from.
    pub(crate) fn validity(&self, answer: &Answer) -> Option<Validity> {
        let (head, made_from) = (self.head.get()?, answer.made_from.as_ref()?);
        Some(Validity {
            epoch: head.epoch.clone(),
            revision: head.of_all(made_from),
            index: head.index,
            made_from: made_from.clone(),
            days: self.days.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    }
}

/// How long an answer holds.
#[derive(Debug)]
pub(crate) struct Validity {
    epoch: Arc<str>,
    /// The last change in any of the collections.
    revision: i64,
    /// How often what records are found by was made anew.
    index: i64,
    made_from: Vec<CollectionName>,
    /// The days that were taken for today, each with its time zone.
    days: Vec<(String, Date)>,
}

impl Validity {
    fn holds(&self, head: &Head, now: Timestamp) -> bool {
        self.epoch == head.epoch
            && self.revision == head.of_all(&self.made_from)
            && self.index == head.index
            && self.is_today(now)
    }

    fn is_today(&self, now: Timestamp) -> bool {
        self.days.iter().all(|(zone, day)| now.day_in(zone) == *day)
    }
}

/// An answer that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) form: Arc<Form>,
    validity: Arc<Validity>,
}

impl Kept {
    pub(crate) fn new(form: Arc<Form>, validity: Validity) -> Self {
        Self { form, validity: Arc::new(validity) }
    }

    /// The same answer in another form.
    pub(crate) fn with(&self, form: Arc<Form>) -> Self {
        Self { form, validity: self.validity.clone() }
    }
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Arc<str>, Kept> for Bytes {
    fn weight(&self, key: &Arc<str>, kept: &Kept) -> u64 {
        let validity: usize = kept.validity.days.iter().map(|(zone, _)| zone.len() + 40).sum();
        let bytes = key.len() + kept.form.weight() + validity + kept.validity.made_from.len() + OVERHEAD;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// The answers that are kept.
pub(crate) struct Cache {
    answers: Answers<Arc<str>, Kept, Bytes, DefaultHashBuilder>,
    largest: u64,
    turns: Turns,
    skip_head_check: bool,
}

impl Cache {
    /// A cache of so many bytes at most.
    pub(crate) fn new(bytes: u64, skip_head_check: bool) -> Result<Self, String> {
        // Few shards: each has its part of the bytes, and an answer must fit into one.
        let options = OptionsBuilder::new()
            .shards(4)
            .estimated_items_capacity(usize::try_from(bytes / USUAL).unwrap_or(usize::MAX))
            .weight_capacity(bytes / 4 * 4)
            .build()
            .map_err(|error| error.to_string())?;
        let answers = Answers::with_options(options, Bytes, DefaultHashBuilder::default(), DefaultLifecycle::default());
        Ok(Self { answers, largest: bytes / PARTS, turns: Turns::default(), skip_head_check })
    }

    /// What is kept under a name, whether it still holds or not.
    pub(crate) fn look(&self, key: &str) -> Option<Kept> {
        self.answers.get(key)
    }

    /// Whether an answer still holds.
    pub(crate) fn holds(&self, kept: &Kept, head: &Head, now: Timestamp) -> bool {
        self.skip_head_check || kept.validity.holds(head, now)
    }

    /// Keeps an answer, in the place of what was kept under its name.
    pub(crate) fn keep(&self, key: Arc<str>, kept: Kept) {
        if Bytes.weight(&key, &kept) <= self.largest {
            self.answers.insert(key, kept);
        } else {
            self.answers.remove(&*key);
        }
    }

    /// Waits until nobody works on the question of this name.
    pub(crate) async fn turn(&self, name: &str) -> Result<Turn, Error> {
        self.turns.take(name).await
    }

    /// How many bytes are kept.
    pub(crate) fn weight(&self) -> u64 {
        self.answers.weight()
    }
}

/// The name of an answer: all that it depends on beside the records and the day. Nothing when answers
/// of the operation are not kept.
pub(crate) fn name(
    entry: &Entry,
    asked: &Asked,
    principal: Option<&Principal>,
    query: &[&(String, String)],
) -> Option<Arc<str>> {
    let mut name = Name(String::with_capacity(128));
    name.add(asked.path());
    name.add(entry.preferred(&asked.headers));
    for by in entry.kept_by? {
        // A header that is no text has no name here, and is refused where it is read.
        name.add(asked.headers.get(*by).map_or(Some(""), |value| value.to_str().ok())?);
    }
    name.add(&asked.view.tag());
    let scopes = principal.map(|principal| principal.key.body.scopes.as_slice()).unwrap_or_default();
    name.add(principal.and_then(Principal::municipality).map(pobratim_domain::Slug::as_str).unwrap_or_default());
    name.begin(scopes.len());
    scopes.iter().for_each(|scope| name.add(scope));
    name.begin(query.len());
    for (parameter, value) in query {
        name.add(parameter);
        name.add(value);
    }
    Some(name.0.into())
}

/// A name made of texts. The length of each stands before it, so no two names run together.
struct Name(String);

impl Name {
    fn add(&mut self, text: &str) {
        self.begin(text.len());
        self.0.push_str(text);
    }

    fn begin(&mut self, many: usize) {
        // Writing into a String does not fail.
        let _ = write!(self.0, "{many} ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(bytes: usize) -> Kept {
        let form = Form::of(Answer::json(200, "x".repeat(bytes)));
        let validity = Validity { epoch: "".into(), revision: 0, index: 0, made_from: Vec::new(), days: Vec::new() };
        Kept::new(Arc::new(form), validity)
    }

    #[test]
    fn what_is_kept_never_weighs_more_than_allowed() {
        let most = 1 << 20;
        let cache = Cache::new(most, false).unwrap();
        let mut fullest = 0;
        for turn in 0..2_000_usize {
            cache.keep(turn.to_string().into(), kept(turn * 37 % 50_000));
            assert!(cache.weight() <= most, "{} of {most} bytes after {turn} answers", cache.weight());
            fullest = fullest.max(cache.weight());
        }
        assert!(fullest > most / 2, "and it is used: {fullest}");
    }

    #[test]
    fn what_is_asked_for_often_outlives_many_that_are_asked_for_once() {
        let cache = Cache::new(1 << 20, false).unwrap();
        cache.keep("often".into(), kept(10_000));
        for turn in 0..10_000 {
            assert!(cache.look("often").is_some(), "gone after {turn} others");
            cache.keep(turn.to_string().into(), kept(10_000));
        }
    }

    #[test]
    fn a_cache_without_room_keeps_nothing() {
        for bytes in [1, 100, 4_000] {
            let cache = Cache::new(bytes, false).unwrap();
            cache.keep("one".into(), kept(1_000));
            assert!(cache.look("one").is_none() && cache.weight() == 0, "{bytes}");
        }
    }

    #[test]
    fn a_large_answer_pushes_nothing_out() {
        let cache = Cache::new(1 << 20, false).unwrap();
        cache.keep("small".into(), kept(1_000));
        cache.keep("large".into(), kept(200_000));
        assert!(cache.look("large").is_none() && cache.look("small").is_some());
        cache.keep("small".into(), kept(200_000));
        assert!(cache.look("small").is_none(), "what it was before does not stay");
    }
}
