//! Candidates for duplicates: the records that are compared, and the pairs that somebody said are two. The
//! judgement is the domain's.

use std::collections::{BTreeSet, HashSet};

use pobratim_domain::{
    CollectionName, Duplicate, DuplicateCandidate, ExternalId, Location, OrganizationName, PartnershipParty, PlaceName,
    duplicates, pair_of,
};
use sea_orm::sea_query::{Alias, Condition, ExprTrait, Query};
use sea_orm::{Order, QueryResult};
use uuid::Uuid;

use crate::candidates::{Candidates, MENTION, column, mention, nested};
use crate::error::Error;
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;

use CollectionName::{DistinctPairs, Organizations, Partnerships, Places};

/// How many records of a collection are looked at; the oldest, when there are more.
const MOST: u64 = 10_000;

/// The records that are compared.
#[derive(Clone, Debug, Default)]
pub struct ToCompare {
    /// The records.
    pub candidates: Vec<DuplicateCandidate>,
    /// The pairs that somebody said are two.
    pub told: HashSet<[Uuid; 2]>,
    /// Whether there were more than are looked at.
    pub truncated: bool,
}

impl ToCompare {
    /// The pairs that are probably one, the likeliest first.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        duplicates(&self.candidates, &self.told)
    }
}

impl Snapshot {
    /// The records of these collections that are compared: a municipality's, and the directory, as far as the
    /// caller sees them.
    pub async fn to_compare(
        &self,
        view: &View,
        municipality: &str,
        collections: &[CollectionName],
    ) -> Result<ToCompare, Error> {
        let look = Candidates::new(self, view, municipality, Some(collections));
        let mut compared = ToCompare::default();
        for collection in collections {
            compared.add(&look, *collection, Condition::all(), MOST).await?;
        }
        compared.told = told(&look).await?;
        Ok(compared)
    }
}

/// The pairs that were told to be two, as far as the caller sees that.
pub(crate) async fn told(look: &Candidates<'_>) -> Result<HashSet<[Uuid; 2]>, Error> {
    let select = Query::select()
        .columns(["one", "other"].map(|name| (table_name(DistinctPairs), Alias::new(name))))
        .from(table_name(DistinctPairs))
        .cond_where(look.seen(DistinctPairs))
        .to_owned();
    let rows = look.all(&select).await?;
    rows.iter().map(|row| Ok(pair_of(row.try_get("", "one")?, row.try_get("", "other")?))).collect()
}

impl ToCompare {
    /// Adds the records of a collection that fit, so many at most.
    pub(crate) async fn add(
        &mut self,
        look: &Candidates<'_>,
        collection: CollectionName,
        fits: Condition,
        limit: u64,
    ) -> Result<(), Error> {
        if !look.may(&[collection]) {
            return Ok(());
        }
        let (own, fits): (&[&str], _) = match collection {
            Places => (&["kind", "country", "subdivision", "names", "location", "external_ids"], fits),
            Organizations => (&["municipality", "country", "place", "names", "external_ids"], fits),
            Partnerships => {
                let living = Condition::all().add(column(Partnerships, "living").eq(true));
                let several = living.add(column(Partnerships, "arrangement").eq("multilateral"));
                (&["municipality", "parties", "external_ids"], several.add(fits))
            }
            _ => return Ok(()),
        };
        let id = (table_name(collection), Alias::new("id"));
        let select = Query::select()
            .columns(MENTION.iter().chain(own).map(|name| (table_name(collection), Alias::new(*name))))
            .from(table_name(collection))
            .cond_where(look.kept(collection).add(fits))
            .order_by(id, Order::Asc)
            .limit(limit + 1)
            .to_owned();
        let mut rows = look.all(&select).await?;
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        self.truncated |= rows.len() > most;
        rows.truncate(most);
        for row in &rows {
            self.candidates.push(candidate(collection, row)?);
        }
        Ok(())
    }
}

fn candidate(collection: CollectionName, row: &QueryResult) -> Result<DuplicateCandidate, Error> {
    let external_ids: Vec<ExternalId> = nested(collection, row, "external_ids")?;
    let mut found = DuplicateCandidate {
        record: mention(collection, row)?,
        within: String::new(),
        names: Vec::new(),
        country: None,
        seat: None,
        location: None,
        is_city: false,
        cities: cities(&external_ids),
        external_ids,
        parties: BTreeSet::new(),
    };
    match collection {
        Places => {
            let (kind, country): (String, String) = (row.try_get("", "kind")?, row.try_get("", "country")?);
            found.is_city = matches!(kind.as_str(), "municipality" | "district");
            found.within = format!("{kind} {country}");
            found.country = Some(country);
            found.seat = row.try_get("", "subdivision")?;
            let names: Vec<PlaceName> = nested(collection, row, "names")?;
            found.names = names.into_iter().map(|name| name.text).collect();
            if row.try_get::<Option<String>>("", "location")?.is_some() {
                found.location = Some(nested::<Location>(collection, row, "location")?);
            }
        }
        Organizations => {
            found.within = row.try_get("", "municipality")?;
            found.country = row.try_get("", "country")?;
            found.seat = row.try_get::<Option<Uuid>>("", "place")?.map(|place| place.to_string());
            let names: Vec<OrganizationName> = nested(collection, row, "names")?;
            found.names = names.into_iter().map(|name| name.text).collect();
        }
        _ => {
            found.within = row.try_get("", "municipality")?;
            let parties: Vec<PartnershipParty> = nested(collection, row, "parties")?;
            found.parties = parties.iter().filter_map(PartnershipParty::target).collect();
        }
    }
    Ok(found)
}

/// The cities of the gazetteer that a record says it is.
fn cities(external_ids: &[ExternalId]) -> BTreeSet<String> {
    let geonames = external_ids.iter().filter(|id| id.scheme.as_str() == "geonames");
    geonames.map(|id| id.value.clone()).collect()
}
