//! Storing records. `save` is the only way to do it: it compares the version, writes the row, what
//! the record is found by, and the journal's entry.

use std::sync::Arc;

use pobratim_domain::{CollectionName, Faults, Keeper, Record, Slug, Timestamp, diff};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Value};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::counts;
use crate::error::Error;
use crate::findable::Findable;
use crate::journal::{Content, Draft};
use crate::merge::{self, LedOn};
use crate::stored::{Envelope, Stored, Table, column, row_of, to_record, to_row};
use crate::tx::Tx;
use crate::unique;
use crate::view::View;

/// A record as it was found under the writer's lock.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The record.
    pub record: Record<T>,
    json: Json,
}

/// What happened, in the past tense, and what there is to say about it beyond the change.
#[derive(Clone, Debug, Default)]
pub struct Happened {
    /// The event's verb: `created`, `transitioned`.
    pub verb: &'static str,
    /// Reasons, dates, evidence.
    pub detail: Option<Json>,
}

impl Happened {
    /// An event that says nothing beyond the change.
    pub const fn plain(verb: &'static str) -> Self {
        Self { verb, detail: None }
    }
}

/// The four ways a record changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Create,
    Update,
    Delete,
    Restore,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }
}

impl Tx {
    /// The record with this id, when the caller sees it.
    pub async fn get<T: Stored>(&self, view: &View, id: Uuid) -> Result<Loaded<T>, Error> {
        self.load(view, id, false).await
    }

    /// The deleted record with this id, when the caller saw it.
    pub async fn get_deleted<T: Stored>(&self, view: &View, id: Uuid) -> Result<Loaded<T>, Error> {
        self.load(view, id, true).await
    }

    /// The id of the record with an external id, whoever sees it.
    pub async fn by_external_id(
        &self,
        collection: CollectionName,
        keeper: &str,
        scheme: &str,
        value: &str,
    ) -> Result<Option<Uuid>, Error> {
        unique::external_id(self, collection, keeper, scheme, value).await
    }

    /// The living records with these ids that the caller sees.
    pub async fn get_all<T: Stored>(&self, view: &View, ids: &[Uuid]) -> Result<Vec<Record<T>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = Table::<T>::find()
            .filter(column::<T>("id")?.is_in(ids.iter().copied()))
            .filter(column::<T>("deleted_at")?.is_null())
            .filter(view.condition(T::NAME))
            .all(self)
            .await?;
        rows.iter().map(|row| to_record::<T>(row).map(|(record, _)| record)).collect()
    }

    async fn load<T: Stored>(&self, view: &View, id: Uuid, deleted: bool) -> Result<Loaded<T>, Error> {
        let row = Table::<T>::find()
            .filter(column::<T>("id")?.eq(id))
            .filter(view.condition(T::NAME))
            .one(self)
            .await?
            .ok_or(Error::NotFound)?;
        let is_deleted = Envelope::of::<T>(&row)?.deleted;
        if is_deleted && let gone @ Error::Merged(_) = merge::absence(self, view, T::NAME, id).await? {
            return Err(gone);
        }
        if is_deleted != deleted {
            return Err(Error::NotFound);
        }
        Loaded::of(&row)
    }

    /// Stores a new record for a municipality (or for the shared directory) and gives its row.
    /// An id and a ref that it brings along are kept; else they are made.
    pub async fn create<T: Stored>(
        &self,
        view: &View,
        keeper: Option<Slug>,
        record: Record<T>,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        self.create_from(view, keeper, record, None, happened).await
    }

    /// The same for a whole record, as another installation had it: the elements of its lists keep their
    /// keys, and what the server manages in them.
    pub async fn bring_in<T: Stored>(
        &self,
        view: &View,
        keeper: Option<Slug>,
        record: Record<T>,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        let known = record.body.clone();
        self.create_from(view, keeper, record, Some(&known), happened).await
    }

    async fn create_from<T: Stored>(
        &self,
        view: &View,
        keeper: Option<Slug>,
        mut record: Record<T>,
        known: Option<&T>,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        let head = &mut record.head;
        head.municipality = keeper;
        if head.id.is_nil() {
            head.id = self.new_id();
        }
        // What the installation keeps is numbered across it.
        let counted_for = T::NAME.namespace(head.keeper()).to_owned();
        if head.reference.is_empty() {
            head.reference = self.next_reference(T::NAME, &counted_for).await?;
        } else {
            self.reserve_reference(T::NAME, &counted_for, &head.reference).await?;
        }
        head.version = 1;
        head.created_at = self.now();
        head.updated_at = self.now();
        record.body.settle(known, &mut || self.new_id())?;
        self.save(view, Action::Create, None, record, happened).await
    }

    /// Stores a changed record. Nothing is written, and no version made, when nothing changed.
    pub async fn update<T: Stored>(
        &self,
        view: &View,
        before: Loaded<T>,
        record: Record<T>,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        let mut faults = Faults::default();
        record.body.check_change(&before.record.body, &mut faults);
        self.changed(view, before, record, faults, happened).await
    }

    /// The same for what is no change of what the record says, only of how it says it: rules between the
    /// record and what it was are not asked.
    pub(crate) async fn replace<T: Stored>(
        &self,
        view: &View,
        before: Loaded<T>,
        record: Record<T>,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        self.changed(view, before, record, Faults::default(), happened).await
    }

    async fn changed<T: Stored>(
        &self,
        view: &View,
        before: Loaded<T>,
        mut record: Record<T>,
        mut faults: Faults,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        record.body.settle(Some(&before.record.body), &mut || self.new_id())?;
        record.check(&mut faults);
        faults.into_result()?;
        if record.to_json()? == before.json {
            return to_row(&record);
        }
        record.head.version = before.record.head.version + 1;
        record.head.updated_at = self.now();
        self.save(view, Action::Update, Some(before), record, happened).await
    }

    /// Deletes a record softly. What is referred to cannot go.
    pub async fn delete<T: Stored>(&self, view: &View, before: Loaded<T>) -> Result<T::Row, Error> {
        self.delete_as(view, before, Happened::plain("deleted")).await
    }

    /// The same, with more to say about it.
    pub async fn delete_as<T: Stored>(
        &self,
        view: &View,
        before: Loaded<T>,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        let dependents = self.dependents(before.record.head.id).await?;
        if !dependents.is_empty() {
            return Err(Error::HasDependents(dependents));
        }
        let mut record = before.record.clone();
        record.head.version += 1;
        record.head.updated_at = self.now();
        self.save(view, Action::Delete, Some(before), record, happened).await
    }

    /// Brings a deleted record back, when what it refers to is still there and nothing took its place. What
    /// was merged meanwhile is there as a part of another record: it refers to that one then, by a change
    /// that follows.
    pub async fn restore<T: Stored>(&self, view: &View, before: Loaded<T>) -> Result<T::Row, Error> {
        let mut record = before.record.clone();
        record.head.version += 1;
        record.head.updated_at = self.now();
        let Some(led_on) = LedOn::of(self, view, &record).await? else {
            return self.save(view, Action::Restore, Some(before), record, Happened::plain("restored")).await;
        };
        self.announce(Arc::new(led_on.former()));
        let row = self.save(view, Action::Restore, Some(before), record, Happened::plain("restored")).await?;
        self.announce(Arc::default());
        let before = Loaded::<T>::of(&row)?;
        let after = led_on.made(&before.record)?;
        self.replace(view, before, after, Happened::plain("updated")).await
    }

    async fn save<T: Stored>(
        &self,
        view: &View,
        action: Action,
        before: Option<Loaded<T>>,
        record: Record<T>,
        happened: Happened,
    ) -> Result<T::Row, Error> {
        let json = record.to_json()?;
        let row = row_of(&record, json.clone())?;
        // A deleted record is found by nothing, so neither is what a restored one was before.
        let was = before.as_ref().map(|before| &before.record).filter(|_| action != Action::Restore);
        let is = Some(&record).filter(|_| action != Action::Delete);
        let known = was.map(Findable::of).unwrap_or_default();
        let findable = is.map(Findable::of).unwrap_or_default();
        let (was_counted, is_counted) = (was.and_then(T::counted), is.and_then(T::counted));
        if action != Action::Delete {
            let missing = self.missing_references(view, &findable.references, &known).await?;
            if !missing.is_empty() {
                return Err(if action == Action::Restore { Error::MissingReference(missing) } else { missing.into() });
            }
            unique::check::<T>(self, &record, &row, &findable).await?;
        }
        let id = record.head.id;
        if before.is_some() {
            self.change(id);
        }
        let was_in = before.as_ref().and_then(|before| T::country(&before.record));
        if let (Some(from), Some(to)) = (was_in, T::country(&record))
            && from != to
        {
            counts::change_country(self, id, from, to).await?;
        }
        let namespace = T::NAME.namespace(record.head.keeper()).to_owned();
        let mut active = row.clone().into_active_model().reset_all();
        let deleted_at = (action == Action::Delete).then(|| self.now().as_micros());
        active.set(column::<T>("deleted_at")?, Value::BigInt(deleted_at));
        match &before {
            None => {
                self.insert::<Table<T>>(active)?;
            }
            Some(before) => {
                let result = Table::<T>::update_many()
                    .set(active)
                    .filter(column::<T>("id")?.eq(id))
                    .filter(column::<T>("version")?.eq(before.record.head.version))
                    .exec(self)
                    .await?;
                if result.rows_affected == 0 {
                    return Err(Error::Stale { current: before.record.head.version });
                }
            }
        }
        findable.replace(self, T::NAME.as_str(), &namespace, id, &known).await?;
        if was_counted != is_counted {
            was_counted.into_iter().for_each(|was| self.count(was.taken_away()));
            is_counted.into_iter().for_each(|is| self.count(is));
        }
        self.stage(self.entry(action, before.as_ref(), &record, json, happened));
        Ok(row)
    }

    fn entry<T: Stored>(
        &self,
        action: Action,
        before: Option<&Loaded<T>>,
        record: &Record<T>,
        mut after: Json,
        happened: Happened,
    ) -> Draft {
        strip(&mut after);
        let content = match (action, before) {
            (Action::Update, Some(before)) => {
                let mut was = before.json.clone();
                strip(&mut was);
                let patch = diff(&was, &after).unwrap_or_else(|| json!({}));
                let inverse = diff(&after, &was).unwrap_or_else(|| json!({}));
                Content { patch, inverse, detail: happened.detail }
            }
            (Action::Create, _) => Content { patch: after, inverse: Json::Null, detail: happened.detail },
            _ => Content { patch: json!({}), inverse: json!({}), detail: happened.detail },
        };
        Draft {
            at: self.now(),
            stamp: self.stamp().clone(),
            municipality: record.head.keeper().to_owned(),
            collection: T::NAME,
            record_id: record.head.id,
            record_ref: record.head.reference.clone(),
            version: record.head.version,
            action: action.name(),
            event: format!("{}.{}", T::NAME.singular(), happened.verb),
            visibility_before: before.map(|before| before.record.head.visibility.as_str().to_owned()),
            visibility: record.head.visibility.as_str().to_owned(),
            content,
        }
    }
}

/// Leaves out what the entry itself says: version and time.
pub(crate) fn strip(record: &mut Json) {
    if let Json::Object(members) = record {
        members.remove("version");
        members.remove("updated_at");
    }
}

impl<T: Stored> Loaded<T> {
    /// The record of a row.
    pub(crate) fn of(row: &T::Row) -> Result<Self, Error> {
        let (record, json) = to_record::<T>(row)?;
        Ok(Self { record, json })
    }

    /// Whether the record may be changed by somebody who keeps records for this municipality.
    pub fn is_kept_by(&self, municipality: Option<&str>) -> bool {
        match T::NAME.keeper() {
            Keeper::Shared => true,
            Keeper::Municipality | Keeper::Installation => municipality == Some(self.record.head.keeper()),
        }
    }

    /// Refuses when the caller has seen another version.
    pub fn expect_version(&self, version: i64) -> Result<(), Error> {
        let current = self.record.head.version;
        if current == version { Ok(()) } else { Err(Error::Stale { current }) }
    }

    /// When the record was changed last.
    pub fn updated_at(&self) -> Timestamp {
        self.record.head.updated_at
    }
}
