//! What entries of maps and calendars tell beside their own record: the places and municipalities that
//! it names, read in the snapshot of the record.

use std::collections::{BTreeSet, HashMap};

use pobratim_domain::value::LocalizedText;
use pobratim_domain::{Municipality, Organization, Place, Record};
use pobratim_persistence::{Error, ListQuery, Snapshot, Stored, View, Wanted};
use serde_json::Value;
use uuid::Uuid;

/// Records being shown to somebody.
pub(crate) struct Shown<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) view: &'s View,
    /// The language that was asked for.
    pub(super) lang: Option<&'s str>,
}

/// Places and municipalities by their names.
pub(super) struct Neighbours {
    places: HashMap<Uuid, Place>,
    municipalities: HashMap<String, Municipality>,
    lang: Option<String>,
}

/// Records as the domain reads them.
pub(super) fn read<T: Stored>(records: &[Value]) -> Result<Vec<Record<T>>, Error> {
    records.iter().map(|record| Ok(serde_json::from_value(record.clone())?)).collect()
}

impl Shown<'_> {
    /// Reads what records name. `homes` asks for the places that their municipalities govern too.
    pub(super) async fn neighbours<T: Stored>(
        &self,
        records: &[Record<T>],
        places: impl IntoIterator<Item = Uuid>,
        homes: bool,
    ) -> Result<Neighbours, Error> {
        let slugs: BTreeSet<&str> = records.iter().map(|record| record.head.keeper()).collect();
        let slugs: Vec<String> = slugs.into_iter().filter(|slug| !slug.is_empty()).map(str::to_owned).collect();
        let mut municipalities = HashMap::new();
        if !slugs.is_empty() {
            let limit = slugs.len() as u64;
            let filters = vec![Wanted::Municipality(slugs)];
            let query = ListQuery { filters, ..ListQuery::all::<Municipality>(limit) };
            for found in self.snapshot.first::<Municipality>(self.view, &query).await? {
                municipalities.insert(found.body.slug.as_str().to_owned(), found.body);
            }
        }
        let mut ids: BTreeSet<Uuid> = places.into_iter().collect();
        if homes {
            ids.extend(municipalities.values().filter_map(|municipality| municipality.home_place));
        }
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let found = self.snapshot.records::<Place>(self.view, &ids).await?;
        let places = found.into_iter().map(|place| (place.head.id, place.body)).collect();
        Ok(Neighbours { places, municipalities, lang: self.lang.map(str::to_owned) })
    }

    /// The places in which organizations lie.
    pub(super) async fn seats(
        &self,
        organizations: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, (Organization, Option<Uuid>)>, Error> {
        let ids: BTreeSet<Uuid> = organizations.into_iter().collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let found = self.snapshot.records::<Organization>(self.view, &ids).await?;
        Ok(found.into_iter().map(|found| (found.head.id, (found.body.clone(), found.body.place))).collect())
    }
}

impl Neighbours {
    pub(super) fn place(&self, id: Uuid) -> Option<&Place> {
        self.places.get(&id)
    }

    /// The place that the keeper of a record governs.
    pub(super) fn home(&self, keeper: &str) -> Option<&Place> {
        self.place(self.municipalities.get(keeper)?.home_place?)
    }

    /// The languages in which a record of this keeper is told, best first.
    fn languages(&self, keeper: &str) -> Vec<&str> {
        let own = self.municipalities.get(keeper).map(|municipality| municipality.default_locale.as_str());
        self.lang.as_deref().or(own).into_iter().chain(["en", "ru"]).collect()
    }

    pub(super) fn name<'p>(&self, place: &'p Place, keeper: &str) -> &'p str {
        place.name_in(&self.languages(keeper))
    }

    pub(super) fn text<'t>(&self, text: &'t LocalizedText, keeper: &str) -> &'t str {
        text.best(&self.languages(keeper)).1
    }

    /// The name to print of an organization.
    pub(super) fn organization<'o>(&self, organization: &'o Organization, keeper: &str) -> &'o str {
        organization.name_in(&self.languages(keeper))
    }
}
