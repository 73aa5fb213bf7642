//! What is known before an import: the cities of the directory and a municipality's ties of two, read as
//! a whole, because a register names most of them.

use std::collections::HashMap;

use pobratim_domain::{CollectionName, Keeper, Location, PartnershipParty, PlaceName};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::error::Error;
use crate::findable::external_id;
use crate::read::Snapshot;
use crate::stored::table_name;

/// A city or district of the directory.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownPlace {
    /// Its id.
    pub id: Uuid,
    /// Its country.
    pub country: String,
    /// All its names.
    pub names: Vec<String>,
    /// Latitude and longitude in degrees.
    pub location: Option<(f64, f64)>,
    /// Its external ids: scheme and value.
    pub external_ids: Vec<(String, String)>,
}

/// A tie of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTie {
    /// Its id.
    pub id: Uuid,
    /// Its ref.
    pub reference: String,
    /// Its sides, in the order of their ids.
    pub sides: [Uuid; 2],
    /// What it is.
    pub kind: String,
    /// When it was established.
    pub established: Option<String>,
    /// Whether it lives.
    pub living: bool,
}

/// A record of any collection, by what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRecord {
    /// Its id.
    pub id: Uuid,
    /// Its ref.
    pub reference: String,
    /// All its names or titles.
    pub names: Vec<String>,
    /// When it was, or where: what tells two of one name apart.
    pub told: Option<String>,
    /// Its external ids: scheme and value.
    pub external_ids: Vec<(String, String)>,
}

/// The columns that say what a record is called, and what tells two of one name apart.
const fn called(collection: CollectionName) -> (Option<&'static str>, Option<&'static str>) {
    match collection {
        CollectionName::Places | CollectionName::Organizations => (Some("names"), Some("country")),
        CollectionName::Exchanges | CollectionName::Events | CollectionName::Programmes | CollectionName::Projects => {
            (Some("title"), Some("period"))
        }
        CollectionName::Agreements => (Some("title"), Some("signed_on")),
        _ => (None, None),
    }
}

impl Snapshot {
    /// Every record of a collection that a municipality keeps, or that is everybody's.
    pub async fn known_records(
        &self,
        collection: CollectionName,
        municipality: &str,
    ) -> Result<Vec<KnownRecord>, Error> {
        let mut ids: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
        let of_collection = external_id::Column::Collection.eq(collection.as_str());
        for row in external_id::Entity::find().filter(of_collection).all(self.connection()).await? {
            ids.entry(row.record_id).or_default().push((row.scheme, row.value));
        }
        let (names, told) = called(collection);
        let mut statement = Query::select()
            .columns(["id", "ref"].into_iter().chain(names).chain(told).map(Alias::new))
            .from(table_name(collection))
            .and_where(Expr::col(Alias::new("deleted_at")).is_null())
            .to_owned();
        if collection.keeper() == Keeper::Municipality {
            statement.and_where(Expr::col(Alias::new("municipality")).eq(municipality));
        }
        let mut records = Vec::new();
        for row in self.connection().query_all(&statement).await? {
            let id: Uuid = row.try_get("", "id")?;
            let text = names.map(|names| row.try_get::<String>("", names)).transpose()?;
            records.push(KnownRecord {
                id,
                reference: row.try_get("", "ref")?,
                names: text.map_or(Ok(Vec::new()), |text| texts(&text))?,
                told: told.map(|told| row.try_get::<Option<String>>("", told)).transpose()?.flatten(),
                external_ids: ids.remove(&id).unwrap_or_default(),
            });
        }
        Ok(records)
    }

    /// Every city and district of the directory.
    pub async fn known_places(&self) -> Result<Vec<KnownPlace>, Error> {
        self.places_by(None).await
    }

    /// Those of them that have these ids.
    pub async fn known_places_among(&self, ids: &[Uuid]) -> Result<Vec<KnownPlace>, Error> {
        self.places_by(Some(ids)).await
    }

    async fn places_by(&self, among: Option<&[Uuid]>) -> Result<Vec<KnownPlace>, Error> {
        let mut ids: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
        let mut of_places = Condition::all().add(external_id::Column::Collection.eq(CollectionName::Places.as_str()));
        if let Some(among) = among {
            of_places = of_places.add(external_id::Column::RecordId.is_in(among.iter().copied()));
        }
        for row in external_id::Entity::find().filter(of_places).all(self.connection()).await? {
            ids.entry(row.record_id).or_default().push((row.scheme, row.value));
        }
        let mut statement = Query::select()
            .columns(["id", "country", "names", "location"].map(Alias::new))
            .from(table_name(CollectionName::Places))
            .and_where(Expr::col(Alias::new("deleted_at")).is_null())
            .and_where(Expr::col(Alias::new("kind")).is_in(["municipality", "district"]))
            .to_owned();
        if let Some(among) = among {
            statement.and_where(Expr::col(Alias::new("id")).is_in(among.iter().copied()));
        }
        let mut places = Vec::new();
        for row in self.connection().query_all(&statement).await? {
            let id: Uuid = row.try_get("", "id")?;
            let names: Vec<PlaceName> = serde_json::from_str(&row.try_get::<String>("", "names")?)?;
            let location: Option<String> = row.try_get("", "location")?;
            let location = location.map(|text| serde_json::from_str::<Location>(&text)).transpose()?;
            places.push(KnownPlace {
                id,
                location: location.map(|place| (place.lat, place.lon)),
                country: row.try_get("", "country")?,
                names: names.into_iter().map(|name| name.text).collect(),
                external_ids: ids.remove(&id).unwrap_or_default(),
            });
        }
        Ok(places)
    }

    /// Every tie of two that a municipality keeps, called as its sides are that are not the municipality's own.
    pub async fn ties_by_places(&self, municipality: &str) -> Result<Vec<KnownRecord>, Error> {
        let places = self.known_places().await?;
        let names: HashMap<Uuid, Vec<String>> = places.into_iter().map(|place| (place.id, place.names)).collect();
        let home = self.municipality(municipality).await?.and_then(|record| record.body.home_place);
        let ties = self.known_ties(municipality).await?;
        let mut known = self.known_records(CollectionName::Partnerships, municipality).await?;
        let mut at: HashMap<Uuid, &mut KnownRecord> = known.iter_mut().map(|record| (record.id, record)).collect();
        for tie in ties {
            let others = tie.sides.iter().filter(|side| Some(**side) != home);
            let called: Vec<String> = others.filter_map(|side| names.get(side)).flatten().cloned().collect();
            if let Some(record) = at.get_mut(&tie.id) {
                record.names = called;
            }
        }
        Ok(known)
    }

    /// Every tie of two that a municipality keeps.
    pub async fn known_ties(&self, municipality: &str) -> Result<Vec<KnownTie>, Error> {
        let statement = Query::select()
            .columns(["id", "ref", "parties", "kind", "established", "living"].map(Alias::new))
            .from(table_name(CollectionName::Partnerships))
            .and_where(Expr::col(Alias::new("deleted_at")).is_null())
            .and_where(Expr::col(Alias::new("municipality")).eq(municipality))
            .and_where(Expr::col(Alias::new("arrangement")).eq("bilateral"))
            .to_owned();
        let mut ties = Vec::new();
        for row in self.connection().query_all(&statement).await? {
            let parties: Vec<PartnershipParty> = serde_json::from_str(&row.try_get::<String>("", "parties")?)?;
            let sides: Vec<Uuid> = parties.iter().filter_map(PartnershipParty::target).collect();
            let Ok(mut sides) = <[Uuid; 2]>::try_from(sides) else { continue };
            sides.sort_unstable();
            ties.push(KnownTie {
                id: row.try_get("", "id")?,
                reference: row.try_get("", "ref")?,
                sides,
                kind: row.try_get("", "kind")?,
                established: row.try_get("", "established")?,
                living: row.try_get("", "living")?,
            });
        }
        Ok(ties)
    }
}

/// The texts of names, or of a title in languages.
fn texts(json: &str) -> Result<Vec<String>, Error> {
    let value: serde_json::Value = serde_json::from_str(json)?;
    let named = value.as_array().into_iter().flatten().filter_map(|name| name["text"].as_str());
    let titled = value.as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str());
    Ok(named.chain(titled).map(str::to_owned).collect())
}
