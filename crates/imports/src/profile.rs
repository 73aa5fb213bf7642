//! Registers that are known: what they look like, and how what is taken from them is cited. Their columns
//! are recognised as those of any other.

/// A register that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The lists of twin towns and sister cities of the English Wikipedia, as one table: city1, country1,
    /// city2, country2, with or without lat1, lng1, lat2, lng2.
    WikipediaTwinTowns,
    /// The answers of a query of Wikidata for twinned bodies (P190) with labels, countries and places.
    WikidataTwinnings,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::WikipediaTwinTowns, Self::WikidataTwinnings];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WikipediaTwinTowns => "wikipedia_twin_towns",
            Self::WikidataTwinnings => "wikidata_twinnings",
        }
    }

    /// The profile with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == name)
    }

    /// How its records cite it.
    pub const fn source(self) -> &'static str {
        match self {
            Self::WikipediaTwinTowns => "Wikipedia contributors, List of twin towns and sister cities (CC BY-SA 4.0)",
            Self::WikidataTwinnings => "Wikidata, twinned administrative body (P190), CC0 1.0",
        }
    }
}
