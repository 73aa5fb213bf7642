//! Duplicates: pairs of records that are probably about the same, with what speaks for it. Computed, never
//! stored.
//!
//! Candidates are grouped by what two records about the same would share: a name, nearly a name, a city of
//! the gazetteer, a spot on the map, the sides of a tie. Only those in one group are compared, so the work
//! grows with the records and not with their pairs. What speaks against a pair keeps it out.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashSet};
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::CollectionName;
use crate::finding::RecordMention;
use crate::merge::contradicting;
use crate::place::Location;
use crate::record::ExternalId;
use crate::value::fold;

/// Members of a group that are compared with each other; the others only with the first.
const COMPARED: usize = 20;
/// How far apart one place may be told to be, in kilometres.
const APART: f64 = 30.0;
/// How near two places are, in kilometres, that are probably one.
const NEAR: f64 = 2.0;
/// The side of a square of the map in degrees: more than twice what is near.
const SQUARE: f64 = 0.05;
/// Letters of a name that may be misspelt. Shorter ones differ in one letter too often.
const LETTERS: usize = 5;

/// Two records that are probably about the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "collection": "places", "likelihood": "certain",
    "records": [
        {"collection": "places", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PLA-0007"},
        {"collection": "places", "id": "01890a5d-ac96-774b-bcce-b302099a8058", "ref": "PLA-0019"}
    ],
    "evidence": [{"kind": "same_name", "values": ["日照"]}, {"kind": "same_city", "values": ["1797595"]}]
})))]
pub struct Duplicate {
    /// The collection of both.
    #[schema(examples("places"))]
    pub collection: CollectionName,
    /// How likely it is.
    pub likelihood: DuplicateLikelihood,
    /// The two, the older first.
    pub records: Vec<RecordMention>,
    /// What speaks for it.
    pub evidence: Vec<DuplicateEvidence>,
}

/// How likely it is that two records are about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("probable"))]
pub enum DuplicateLikelihood {
    /// Several things speak for it.
    Certain,
    /// A name, a city or the sides are the same.
    Probable,
    /// It may be a misspelling, or a neighbour.
    Possible,
}

impl DuplicateLikelihood {
    /// As it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Probable => "probable",
            Self::Possible => "possible",
        }
    }
}

/// Something that speaks for two records being about the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"kind": "near_name", "values": ["Шэньян", "Шеньян"]})))]
pub struct DuplicateEvidence {
    /// What it is.
    pub kind: DuplicateEvidenceKind,
    /// As it stands in the records: one value where both have the same.
    #[schema(max_items = 2, examples(json!(["Шэньян", "Шеньян"])))]
    pub values: Vec<String>,
}

/// What can speak for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("same_name"))]
pub enum DuplicateEvidenceKind {
    /// A name of one is a name of the other, whatever the case, accents or hyphens.
    SameName,
    /// Names that differ in one letter.
    NearName,
    /// The gazetteer knows one city only by names of both, whatever their script: its id there.
    SameCity,
    /// They lie less than two kilometres apart: how many metres.
    NearCoordinates,
    /// Living ties between the same sides.
    SameParties,
}

impl DuplicateEvidenceKind {
    const fn weight(self) -> u32 {
        match self {
            Self::SameName | Self::SameCity | Self::SameParties => 2,
            Self::NearName | Self::NearCoordinates => 1,
        }
    }
}

/// A record that is looked at.
#[derive(Clone, Debug)]
pub struct DuplicateCandidate {
    /// The record.
    pub record: RecordMention,
    /// Within what it is compared: the kind of a place and its country, the keeper of anything else.
    pub within: String,
    /// Its names.
    pub names: Vec<String>,
    /// Its country, where records with different ones are two.
    pub country: Option<String>,
    /// Where it lies within the country, or sits: records with different ones are two.
    pub seat: Option<String>,
    /// The point it lies at.
    pub location: Option<Location>,
    /// Its names in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Whether the gazetteer may know it.
    pub is_city: bool,
    /// The cities of the gazetteer that it may be: one when that is known, several that are called so.
    pub cities: BTreeSet<String>,
    /// The sides of a tie.
    pub parties: BTreeSet<Uuid>,
}

/// The pairs, the likeliest first. `told` are pairs that somebody said are two.
pub fn duplicates(candidates: &[DuplicateCandidate], told: &HashSet<[Uuid; 2]>) -> Vec<Duplicate> {
    let folded: Vec<Vec<String>> =
        candidates.iter().map(|candidate| candidate.names.iter().map(|name| fold(name)).collect()).collect();
    let mut keys = Vec::new();
    for (index, (candidate, names)) in candidates.iter().zip(&folded).enumerate() {
        add_keys(candidate, names, |key| keys.push((key, index)));
    }
    keys.sort_unstable();
    keys.dedup();
    let mut pairs = BTreeSet::new();
    for group in keys.chunk_by(|(one, _), (other, _)| one == other).filter(|group| group.len() > 1) {
        for (at, (_, one)) in group.iter().enumerate().take(COMPARED) {
            let others = if at == 0 { group } else { group.get(..COMPARED).unwrap_or(group) };
            pairs.extend(others.iter().skip(at + 1).map(|(_, other)| (*one, *other)));
        }
    }
    let mut found: Vec<Duplicate> = pairs
        .into_iter()
        .filter_map(|(one, other)| {
            let pair = [&candidates[one], &candidates[other]];
            (!speaks_against(pair, told)).then(|| judged(pair, [&folded[one], &folded[other]])).flatten()
        })
        .collect();
    found.sort_by_cached_key(Duplicate::sort_key);
    found
}

/// The key under which a pair is told as distinct, whichever is named first.
pub fn pair_of(one: Uuid, other: Uuid) -> [Uuid; 2] {
    if one < other { [one, other] } else { [other, one] }
}

impl Duplicate {
    /// Its place in a list.
    pub fn sort_key(&self) -> String {
        let rank = match self.likelihood {
            DuplicateLikelihood::Certain => 0,
            DuplicateLikelihood::Probable => 1,
            DuplicateLikelihood::Possible => 2,
        };
        let records = self.records.iter().map(|record| format!(" {} {}", record.reference, record.id));
        format!("{rank} {}{}", self.collection, records.collect::<String>())
    }
}

/// What a candidate may share with another, as numbers: two that share one are compared, so it does no harm
/// when different things have the same.
fn add_keys(candidate: &DuplicateCandidate, folded: &[String], mut add: impl FnMut(u64)) {
    let scope = hash((candidate.record.collection, &candidate.within));
    let mut key = |kind: u8, of: u64| add(scope ^ of.wrapping_add(u64::from(kind)).wrapping_mul(MIX));
    for name in folded.iter().filter(|name| !name.is_empty()) {
        key(0, hash(name));
        if is_spelt(name) {
            without_a_letter(name).for_each(|rest| key(1, rest));
        }
    }
    candidate.cities.iter().for_each(|city| key(2, hash(city)));
    if let Some(location) = candidate.location {
        let squares = |degrees: f64, reach: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "degrees are few")]
            let square = |degrees: f64| (degrees / SQUARE).floor() as i32;
            [square(degrees - reach), square(degrees + reach)]
        };
        // Meridians run together towards the poles.
        let reach = NEAR / 111.0;
        let across = reach / location.lat.to_radians().cos().max(0.1);
        for row in squares(location.lat, reach) {
            squares(location.lon, across).into_iter().for_each(|column| key(3, hash((row, column))));
        }
    }
    if candidate.parties.len() > 1 {
        key(4, hash(&candidate.parties));
    }
}

/// An odd number whose bits are well mixed.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// A name as it is, and without each of its letters, as numbers: two that differ in a letter share one. They are
/// polynomials in the letters, so that each is made of the parts before and behind at once.
fn without_a_letter(name: &str) -> impl Iterator<Item = u64> {
    let letters: Vec<u64> = name.chars().map(|letter| u64::from(u32::from(letter))).collect();
    let mut behind = vec![0_u64; letters.len() + 1];
    for (at, letter) in letters.iter().enumerate().rev() {
        behind[at] = letter.wrapping_add(behind[at + 1].wrapping_mul(MIX));
    }
    let whole = behind[0];
    let (mut before, mut power) = (0_u64, 1_u64);
    let shorter = letters.into_iter().enumerate().map(move |(at, letter)| {
        let rest = before.wrapping_add(behind[at + 1].wrapping_mul(power));
        before = before.wrapping_add(letter.wrapping_mul(power));
        power = power.wrapping_mul(MIX);
        rest
    });
    std::iter::once(whole).chain(shorter)
}

/// Whether a name is written with letters, and long enough to be misspelt by one of them. Signs that stand
/// for a syllable or a word carry too much.
fn is_spelt(name: &str) -> bool {
    name.chars().count() >= LETTERS && !name.chars().any(|sign| u32::from(sign) >= 0x2e80)
}

/// Whether two names differ in one letter that is wrong, left out or added. A number in it tells names apart.
fn is_near(one: &str, other: &str) -> bool {
    let digits = |name: &str| name.chars().filter(|sign| sign.is_numeric()).collect::<String>();
    if !is_spelt(one) || !is_spelt(other) || one == other || digits(one) != digits(other) {
        return false;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    match one.len().abs_diff(other.len()) {
        0 => one[1..] == other[1..],
        1 if one.len() > other.len() => one[1..] == *other,
        1 => *one == other[1..],
        _ => false,
    }
}

fn speaks_against([one, other]: [&DuplicateCandidate; 2], told: &HashSet<[Uuid; 2]>) -> bool {
    let differ = |some: &Option<String>, others: &Option<String>| some.is_some() && others.is_some() && some != others;
    let elsewhere = |known: &BTreeSet<String>, others: &BTreeSet<String>| {
        !known.is_empty() && !others.is_empty() && known.is_disjoint(others)
    };
    told.contains(&pair_of(one.record.id, other.record.id))
        || !contradicting(&one.external_ids, &other.external_ids).is_empty()
        || differ(&one.country, &other.country)
        || differ(&one.seat, &other.seat)
        || elsewhere(&one.cities, &other.cities)
        || distance(one, other).is_some_and(|far| far > APART)
}

/// How many kilometres lie between two places.
fn distance(one: &DuplicateCandidate, other: &DuplicateCandidate) -> Option<f64> {
    let (one, other) = (one.location?, other.location?);
    let (lat, lon) = ((other.lat - one.lat).to_radians(), (other.lon - one.lon).to_radians());
    let across = (one.lat.to_radians().cos() * other.lat.to_radians().cos()) * (lon / 2.0).sin().powi(2);
    Some(12_742.0 * ((lat / 2.0).sin().powi(2) + across).sqrt().min(1.0).asin())
}

/// What speaks for a pair; nothing when that is too little.
fn judged(pair: [&DuplicateCandidate; 2], folded: [&Vec<String>; 2]) -> Option<Duplicate> {
    let [one, other] = pair;
    let mut evidence = Vec::new();
    let mut add = |kind, values| evidence.push(DuplicateEvidence { kind, values });
    let position = |name: &String| folded[1].iter().position(|known| known == name && !name.is_empty());
    if let Some(same) = folded[0].iter().position(|name| position(name).is_some()) {
        let values: BTreeSet<&String> = BTreeSet::from([&one.names[same], &other.names[position(&folded[0][same])?]]);
        add(DuplicateEvidenceKind::SameName, values.into_iter().cloned().collect());
    } else {
        let near = folded[0].iter().enumerate().find_map(|(at, name)| {
            let other = folded[1].iter().position(|known| is_near(name, known))?;
            Some((at, other))
        });
        if let Some((at, of)) = near {
            add(DuplicateEvidenceKind::NearName, vec![one.names[at].clone(), other.names[of].clone()]);
        }
    }
    if let [city] = one.cities.intersection(&other.cities).collect::<Vec<_>>()[..] {
        add(DuplicateEvidenceKind::SameCity, vec![city.clone()]);
    }
    if let Some(far) = distance(one, other).filter(|far| *far < NEAR) {
        add(DuplicateEvidenceKind::NearCoordinates, vec![format!("{:.0}", far * 1000.0)]);
    }
    if one.parties.len() > 1 && one.parties == other.parties {
        add(DuplicateEvidenceKind::SameParties, Vec::new());
    }
    let weight: u32 = evidence.iter().map(|evidence: &DuplicateEvidence| evidence.kind.weight()).sum();
    let likelihood = match weight {
        0 => return None,
        1 => DuplicateLikelihood::Possible,
        2 => DuplicateLikelihood::Probable,
        _ => DuplicateLikelihood::Certain,
    };
    let mut records = vec![one.record.clone(), other.record.clone()];
    records.sort();
    Some(Duplicate { collection: one.record.collection, likelihood, records, evidence })
}

#[cfg(test)]
mod tests;
