//! Lists as maps (GeoJSON, RFC 7946): places as points, partnerships as lines from the city to its
//! partners.

use std::collections::HashMap;

use pobratim_domain::{Location, Organization, Partnership, PartnershipParty, PartyRole, Place};
use pobratim_persistence::Error;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::export::shown::{Neighbours, Shown, read};

pub(super) const BEGIN: &str = "{\"type\":\"FeatureCollection\",\"features\":[\n";
pub(super) const BETWEEN: &str = ",\n";
pub(super) const END: &str = "\n]}\n";

/// Longitude and latitude.
type Position = [f64; 2];

fn position(location: &Location) -> Position {
    [location.lon, location.lat]
}

/// A record on the map: its members, and what to print beside it.
fn feature(mut record: Value, label: &str, geometry: &Value) -> String {
    let id = record["id"].clone();
    record["label"] = label.into();
    json!({"type": "Feature", "id": id, "geometry": geometry, "properties": record}).to_string()
}

/// Places as points; those of which nobody knows where they are have no geometry.
pub(crate) async fn of_places(shown: &Shown<'_>, records: Vec<Value>) -> Result<Vec<String>, Error> {
    let places = read::<Place>(&records)?;
    let known = shown.neighbours(&places, [], false).await?;
    let features = records.into_iter().zip(&places).map(|(record, place)| {
        let point = |location| json!({"type": "Point", "coordinates": position(location)});
        let geometry = place.body.location.as_ref().map_or(Value::Null, point);
        feature(record, known.name(&place.body, ""), &geometry)
    });
    Ok(features.collect())
}

/// Partnerships as lines from the home to every other side; a side that is an organization stands where
/// it has its seat.
pub(crate) async fn of_partnerships(shown: &Shown<'_>, records: Vec<Value>) -> Result<Vec<String>, Error> {
    let ties = read::<Partnership>(&records)?;
    let parties = || ties.iter().flat_map(|tie| &tie.body.parties);
    let seats = shown.seats(parties().filter_map(|party| party.organization)).await?;
    let places = parties().filter_map(|party| party.place).chain(seats.values().filter_map(|(_, place)| *place));
    let known = shown.neighbours(&ties, places, true).await?;
    let features = records.into_iter().zip(&ties).map(|(record, tie)| {
        let keeper = tie.head.keeper();
        let sides = Sides { known: &known, seats: &seats, keeper };
        let label = match &tie.body.name {
            Some(name) => known.text(name, keeper).to_owned(),
            None => sides.names(&tie.body.parties),
        };
        feature(record, &label, &sides.geometry(&tie.body.parties))
    });
    Ok(features.collect())
}

/// The sides of ties: where they are, and what they are called.
struct Sides<'k> {
    known: &'k Neighbours,
    seats: &'k HashMap<Uuid, (Organization, Option<Uuid>)>,
    keeper: &'k str,
}

impl Sides<'_> {
    fn place(&self, party: &PartnershipParty) -> Option<&Place> {
        let seat = || self.seats.get(&party.organization?)?.1;
        self.known.place(party.place.or_else(seat)?)
    }

    fn names(&self, parties: &[PartnershipParty]) -> String {
        let name = |party: &PartnershipParty| match party.place.and_then(|place| self.known.place(place)) {
            Some(place) => Some(self.known.name(place, self.keeper)),
            None => self.seats.get(&party.organization?).map(|(found, _)| self.known.organization(found, self.keeper)),
        };
        let names: Vec<&str> = parties.iter().filter_map(name).filter(|name| !name.is_empty()).collect();
        names.join(" – ")
    }

    fn geometry(&self, parties: &[PartnershipParty]) -> Value {
        let home = parties.iter().find(|party| party.role == PartyRole::Home);
        let from = home.and_then(|party| self.place(party)).or_else(|| self.known.home(self.keeper));
        let Some(from) = from.and_then(|place| place.location.as_ref()).map(position) else { return Value::Null };
        let others = parties.iter().filter(|party| party.role != PartyRole::Home);
        let ends = others.filter_map(|party| self.place(party)?.location.as_ref()).map(position);
        lines(from, ends)
    }
}

/// Lines from one position to others: one, several, or none.
fn lines(from: Position, ends: impl Iterator<Item = Position>) -> Value {
    let lines: Vec<Vec<Position>> = ends.flat_map(|end| line(from, end)).collect();
    match lines.as_slice() {
        [] => Value::Null,
        [line] => json!({"type": "LineString", "coordinates": line}),
        lines => json!({"type": "MultiLineString", "coordinates": lines}),
    }
}

/// The line the shorter way round; it is cut in two where it crosses the antimeridian (RFC 7946, section
/// 3.1.9). There is none from a position to itself.
fn line(from: Position, to: Position) -> Vec<Vec<Position>> {
    let [[from_lon, from_lat], [to_lon, to_lat]] = [from, to];
    let parts = if (to_lon - from_lon).abs() <= 180.0 {
        vec![vec![from, to]]
    } else {
        let edge = 180_f64.copysign(from_lon);
        // As if the earth went on behind the edge.
        let beyond = to_lon + 2.0 * edge;
        let share = (edge - from_lon) / (beyond - from_lon);
        let lat = from_lat + share * (to_lat - from_lat);
        vec![vec![from, [edge, lat]], vec![[-edge, lat], to]]
    };
    parts.into_iter().filter(|part| part.first() != part.last()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_across_the_antimeridian_is_cut() {
        let anadyr = [177.5, 64.7];
        let nome = [-165.4, 64.5];
        let parts = line(anadyr, nome);
        let [first, second] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!((first[0], second[1]), (anadyr, nome));
        assert_eq!((first[1][0], second[0][0]), (180.0, -180.0));
        assert!((first[1][1] - second[0][1]).abs() < 1e-12 && first[1][1] < 64.7 && first[1][1] > 64.5);
        let back = line(nome, anadyr);
        assert_eq!((back[0][1][0], back[1][0][0]), (-180.0, 180.0));
        assert!((back[0][1][1] - first[1][1]).abs() < 1e-9, "the way back crosses at the same place");
    }

    #[test]
    fn other_lines_are_whole() {
        assert_eq!(line([127.5, 50.3], [-0.1, 51.5]).len(), 1);
        assert_eq!(line([90.0, 1.0], [-90.0, 1.0]).len(), 1, "half round is not across");
        assert_eq!(line([180.0, 10.0], [-179.0, 10.0]), [[[-180.0, 10.0], [-179.0, 10.0]]], "it begins on the edge");
        assert!(line([1.0, 2.0], [1.0, 2.0]).is_empty());
    }

    #[test]
    fn geometry_is_as_simple_as_it_can_be() {
        let home = [127.5, 50.25];
        assert_eq!(lines(home, std::iter::empty()), Value::Null);
        assert_eq!(lines(home, [[127.25, 50.5]].into_iter())["type"], "LineString");
        assert_eq!(lines(home, [[127.25, 50.5], [138.25, 37.0]].into_iter())["type"], "MultiLineString");
    }
}
