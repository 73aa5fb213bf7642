//! What headings mean, in Russian, English, Chinese, Japanese and Korean: where the heading stands, and
//! which column is what. A proposal, which its owner can change.

mod words;

use pobratim_domain::value::fold;
use serde::{Deserialize, Serialize};

use crate::heading::words::{SIDES, SUBJECTS, Side, Subject, WHOLE};
use crate::table::Row;

/// What a column can hold. Without a column for the home side it is the municipality's own place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportField, examples("partner_city"))]
pub enum Field {
    /// The city of the home side.
    City,
    /// Its country, by any of its names or codes.
    Country,
    /// Its latitude in degrees.
    Latitude,
    /// Its longitude in degrees.
    Longitude,
    /// Its id: a number of GeoNames, or a Q and a number of Wikidata.
    Identifier,
    /// The city of the other side.
    PartnerCity,
    /// Its country.
    PartnerCountry,
    /// Its latitude in degrees.
    PartnerLatitude,
    /// Its longitude in degrees.
    PartnerLongitude,
    /// Its id.
    PartnerIdentifier,
    /// When the tie was established.
    Established,
    /// When it ended.
    Ended,
    /// What kind of tie it is, by a word.
    Kind,
    /// Whether it lives, by a word.
    Status,
    /// What the row cites.
    Source,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::City,
        Self::Country,
        Self::Latitude,
        Self::Longitude,
        Self::Identifier,
        Self::PartnerCity,
        Self::PartnerCountry,
        Self::PartnerLatitude,
        Self::PartnerLongitude,
        Self::PartnerIdentifier,
        Self::Established,
        Self::Ended,
        Self::Kind,
        Self::Status,
        Self::Source,
    ];

    /// Its code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Country => "country",
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::Identifier => "identifier",
            Self::PartnerCity => "partner_city",
            Self::PartnerCountry => "partner_country",
            Self::PartnerLatitude => "partner_latitude",
            Self::PartnerLongitude => "partner_longitude",
            Self::PartnerIdentifier => "partner_identifier",
            Self::Established => "established",
            Self::Ended => "ended",
            Self::Kind => "kind",
            Self::Status => "status",
            Self::Source => "source",
        }
    }

    /// The field with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == code)
    }
}

/// What a heading means by itself.
fn meaning(heading: &str) -> Option<(Subject, Option<Side>)> {
    let text = fold(heading);
    if text.is_empty() || text.chars().count() > 120 {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let bare = text.trim_end_matches(|c: char| c.is_ascii_digit()).trim();
    let whole = WHOLE.iter().find(|(_, words)| words.contains(&bare)).map(|(subject, _)| *subject);
    let subject = whole.or_else(|| SUBJECTS.iter().find(|(_, words)| has(words)).map(|(subject, _)| *subject))?;
    let numbered = text.chars().last().and_then(|last| match last {
        '1' => Some(Side::Home),
        '2' => Some(Side::Partner),
        _ => None,
    });
    let named = SIDES.iter().find(|(_, words)| has(words)).map(|(side, _)| *side);
    Some((subject, named.or(numbered)))
}

/// Proposes what each column is. Of two columns that are called alike the first is the home side's;
/// where there is one side only, it is the partner's, for everybody knows his own.
pub fn propose(heading: &[String]) -> Vec<Option<Field>> {
    let meanings: Vec<_> = heading.iter().map(|name| meaning(name)).collect();
    let is_city =
        |side: Option<Side>| move |meaning: &&(Subject, Option<Side>)| meaning.0 == Subject::City && meaning.1 == side;
    let known = || meanings.iter().flatten();
    let cities = known().filter(|(subject, _)| *subject == Subject::City).count();
    let two_sided = cities >= 2 || known().any(|meaning| is_city(Some(Side::Home))(&meaning));
    let mut proposed: Vec<Option<Field>> = vec![None; heading.len()];
    // What names its side is placed first, then the rest takes what is left.
    for named in [true, false] {
        for (at, (subject, side)) in meanings.iter().enumerate().filter_map(|(at, meaning)| Some((at, (*meaning)?))) {
            if side.is_some() != named {
                continue;
            }
            let sides = match side {
                Some(side) if two_sided => vec![side],
                None if two_sided => vec![Side::Home, Side::Partner],
                _ => vec![Side::Partner],
            };
            let free =
                sides.into_iter().map(|side| field(subject, side)).find(|field| !proposed.contains(&Some(*field)));
            proposed[at] = free;
        }
    }
    proposed
}

const fn field(subject: Subject, side: Side) -> Field {
    match (subject, side) {
        (Subject::City, Side::Home) => Field::City,
        (Subject::City, Side::Partner) => Field::PartnerCity,
        (Subject::Country, Side::Home) => Field::Country,
        (Subject::Country, Side::Partner) => Field::PartnerCountry,
        (Subject::Latitude, Side::Home) => Field::Latitude,
        (Subject::Latitude, Side::Partner) => Field::PartnerLatitude,
        (Subject::Longitude, Side::Home) => Field::Longitude,
        (Subject::Longitude, Side::Partner) => Field::PartnerLongitude,
        (Subject::Identifier, Side::Home) => Field::Identifier,
        (Subject::Identifier, Side::Partner) => Field::PartnerIdentifier,
        (Subject::Established, _) => Field::Established,
        (Subject::Ended, _) => Field::Ended,
        (Subject::Kind, _) => Field::Kind,
        (Subject::Status, _) => Field::Status,
        (Subject::Source, _) => Field::Source,
    }
}

/// Where a heading stands, and what its columns are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// The first of its rows, among those that were looked at.
    pub(crate) first: usize,
    /// How many rows it has: one or two.
    pub(crate) rows: usize,
    pub(crate) names: Vec<String>,
    /// How many columns are known by it.
    pub(crate) known: usize,
}

/// Finds the heading among the first rows of a table: the row, or the two rows one over the other, by
/// which most columns are known.
pub(crate) fn find(rows: &[Row]) -> Heading {
    let widest = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    // A sentence of one cell above a table is a title, whatever words it has.
    let is_title = |row: &Row| widest > 1 && row.cells.iter().filter(|cell| !cell.is_empty()).count() < 2;
    let names = rows.first().map(|row| row.cells.clone()).unwrap_or_default();
    let mut best = Heading { first: 0, rows: 1, known: 0, names };
    for (first, row) in rows.iter().enumerate().filter(|(_, row)| !is_title(row)) {
        let alone = Heading { first, rows: 1, known: known(&row.cells), names: row.cells.clone() };
        if alone.known > best.known {
            best = alone;
        }
        let Some(below) = rows.get(first + 1).filter(|below| is_heading(&below.cells)) else { continue };
        let names = over(&row.cells, &below.cells);
        let both = Heading { first, rows: 2, known: known(&names), names };
        if both.known > best.known {
            best = both;
        }
    }
    best
}

/// How many columns are known by their names.
fn known(names: &[String]) -> usize {
    propose(names).iter().flatten().count()
}

/// Whether a row is made of headings: half of its cells are known ones.
fn is_heading(cells: &[String]) -> bool {
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    let known = cells.iter().filter(|cell| meaning(cell).is_some()).count();
    known >= 2 && known * 2 >= filled
}

/// The names of columns under a row of groups, each of which reaches to the next.
fn over(groups: &[String], names: &[String]) -> Vec<String> {
    let mut group = "";
    (0..groups.len().max(names.len()))
        .map(|at| {
            let above = groups.get(at).map_or("", String::as_str);
            let name = names.get(at).map_or("", String::as_str);
            if !above.is_empty() {
                group = above;
            }
            match (group, name) {
                (_, "") => above.to_owned(),
                ("", name) => name.to_owned(),
                (group, name) => format!("{group} / {name}"),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(heading: &[&str]) -> Vec<&'static str> {
        let heading: Vec<String> = heading.iter().map(|name| (*name).to_owned()).collect();
        propose(&heading).into_iter().map(|field| field.map_or("", Field::as_str)).collect()
    }

    #[test]
    fn registers_are_recognised() {
        let both = ["city", "country", "partner_city", "partner_country"];
        assert_eq!(proposed(&["city1", "country1", "city2", "country2"]), both);
        assert_eq!(proposed(&["City", "Country", "City", "Country"]), both);
        assert_eq!(
            proposed(&["city1", "country1", "lat1", "lng1", "city2", "country2", "lat2", "lng2"]),
            [
                "city",
                "country",
                "latitude",
                "longitude",
                "partner_city",
                "partner_country",
                "partner_latitude",
                "partner_longitude"
            ],
        );
        assert_eq!(
            proposed(&[
                "origincityLabel",
                "origincountry",
                "originlat",
                "originlong",
                "originpopulation",
                "sistercityLabel",
                "destinationlat",
                "destinationlong",
                "destinationpopulation",
                "destination_countryLabel",
                "dist",
                "eu"
            ]),
            [
                "city",
                "country",
                "latitude",
                "longitude",
                "",
                "partner_city",
                "partner_latitude",
                "partner_longitude",
                "",
                "partner_country",
                "",
                ""
            ],
        );
    }

    #[test]
    fn headings_in_five_languages() {
        let both = ["city", "country", "partner_city", "partner_country", "established"];
        for heading in [
            ["Российский город", "Страна", "Город-побратим", "Страна партнёра", "Дата подписания"],
            ["Home city", "Country", "Twin town", "Country of the partner", "Year established"],
            ["中方城市", "国家", "外方城市", "外方国家", "结好时间"],
            ["国内都市名", "国名", "姉妹都市", "相手国名", "提携年月日"],
            ["국내 도시", "국가", "자매도시", "상대 국가", "체결일"],
        ] {
            assert_eq!(proposed(&heading), both, "{heading:?}");
        }
    }

    #[test]
    fn an_office_leaves_its_own_city_out() {
        for heading in [
            ["Город", "Страна", "Год", "Вид связей", "Статус", "Источник"],
            ["City", "Country", "Signed", "Kind", "Status", "Source"],
            ["城市", "国家", "结好时间", "类型", "状态", "来源"],
            ["都市名", "国名", "提携年月日", "種別", "状況", "出典"],
            ["도시", "국가", "체결일", "유형", "상태", "출처"],
        ] {
            let wanted = ["partner_city", "partner_country", "established", "kind", "status", "source"];
            assert_eq!(proposed(&heading), wanted, "{heading:?}");
        }
        assert_eq!(proposed(&["Партнёр", "Дата окончания"]), ["partner_city", "ended"]);
    }

    #[test]
    fn what_is_not_known_is_left_to_its_owner() {
        assert_eq!(proposed(&["№", "district", "население", "", "комментарий"]), [""; 5]);
    }

    #[test]
    fn every_field_has_its_code() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.as_str()), Some(field));
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
        assert_eq!(Field::parse("colour"), None);
    }
}
