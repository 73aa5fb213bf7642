//! A delegation as JSON, borrowed from where it was read, in the words of the contract.

use pobratim_domain::Timestamp;
use sea_orm::sqlx::{ColumnIndex, Decode, Row, Type};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

/// What is read of a row, in this order.
pub const COLUMNS: &str = "id, ref, municipality, visibility, tags, sources, claims, external_ids, version, \
    created_at, updated_at, title, direction, mode, audience, origin, destination, period, purpose, fields, state, \
    headcount, organizer, host, partnerships, agreement, programme, events, projects, implementers, itinerary, \
    results, highlight, counts_in_statistics";

/// A delegation.
#[derive(Serialize)]
pub struct Shown<'r> {
    pub id: Uuid,
    #[serde(rename = "ref")]
    pub reference: &'r str,
    pub municipality: &'r str,
    pub visibility: &'r str,
    pub tags: &'r RawValue,
    pub sources: &'r RawValue,
    pub claims: &'r RawValue,
    pub external_ids: &'r RawValue,
    pub version: i64,
    #[serde(serialize_with = "moment")]
    pub created_at: i64,
    #[serde(serialize_with = "moment")]
    pub updated_at: i64,
    pub title: &'r RawValue,
    pub direction: &'r str,
    pub mode: &'r str,
    pub audience: &'r str,
    pub origin: Uuid,
    pub destination: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<&'r RawValue>,
    pub fields: &'r RawValue,
    pub state: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headcount: Option<&'r RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizer: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Uuid>,
    pub partnerships: &'r RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
    pub events: &'r RawValue,
    pub projects: &'r RawValue,
    pub implementers: &'r RawValue,
    pub itinerary: &'r RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<&'r RawValue>,
    pub highlight: bool,
    pub counts_in_statistics: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn moment<S: Serializer>(micros: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Timestamp::from_micros(*micros))
}

impl<'r> Shown<'r> {
    /// Reads a row of [`COLUMNS`].
    pub fn of<R>(row: &'r R) -> Self
    where
        R: Row,
        usize: ColumnIndex<R>,
        &'r str: Decode<'r, R::Database> + Type<R::Database>,
        i64: Decode<'r, R::Database> + Type<R::Database>,
        bool: Decode<'r, R::Database> + Type<R::Database>,
        Uuid: Decode<'r, R::Database> + Type<R::Database>,
    {
        let text = |at: usize| row.get::<&'r str, _>(at);
        let json = |at: usize| serde_json::from_str::<&RawValue>(text(at)).unwrap();
        let maybe_json =
            |at: usize| row.get::<Option<&'r str>, _>(at).map(|text| serde_json::from_str::<&RawValue>(text).unwrap());
        Self {
            id: row.get(0),
            reference: text(1),
            municipality: text(2),
            visibility: text(3),
            tags: json(4),
            sources: json(5),
            claims: json(6),
            external_ids: json(7),
            version: row.get(8),
            created_at: row.get(9),
            updated_at: row.get(10),
            title: json(11),
            direction: text(12),
            mode: text(13),
            audience: text(14),
            origin: row.get(15),
            destination: row.get(16),
            period: row.get(17),
            purpose: maybe_json(18),
            fields: json(19),
            state: text(20),
            headcount: maybe_json(21),
            organizer: row.get(22),
            host: row.get(23),
            partnerships: json(24),
            agreement: row.get(25),
            programme: row.get(26),
            events: json(27),
            projects: json(28),
            implementers: json(29),
            itinerary: json(30),
            results: maybe_json(31),
            highlight: row.get(32),
            counts_in_statistics: row.get(33),
        }
    }
}
