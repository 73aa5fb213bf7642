//! What places, organizations and partnerships take over from another record about the same, and what
//! speaks against that.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Mergeable, add};
use crate::fault::Faults;
use crate::organization::{Organization, OrganizationName};
use crate::partnership::Partnership;
use crate::partnership_party::PartnershipParty;
use crate::partnership_stage::PartnershipStage;
use crate::place::{Place, PlaceName};
use crate::value::{LanguageTag, LocalizedText};

impl Mergeable for Place {
    const JOINED: &'static [&'static str] = &["names", "borders"];

    fn absorb(&mut self, other: &Self) {
        for name in &other.names {
            take_name(&mut self.names, name);
        }
        add(&mut self.borders, &other.borders);
        fill(&mut self.parent, other.parent.as_ref());
        fill(&mut self.subdivision, other.subdivision.as_ref());
        fill(&mut self.location, other.location.as_ref());
        fill(&mut self.population, other.population.as_ref());
        fill(&mut self.timezone, other.timezone.as_ref());
        fill(&mut self.website, other.website.as_ref());
    }

    fn against(&self, other: &Self, faults: &mut Faults) {
        faults.unless(
            self.country == other.country,
            "/other",
            "different_country",
            format!("One lies in {}, the other in {}.", self.country.as_str(), other.country.as_str()),
        );
        faults.unless(
            self.kind == other.kind,
            "/other",
            "different_kind",
            "They are not of one kind: a city is not the region that is called like it.",
        );
    }
}

impl Mergeable for Organization {
    const JOINED: &'static [&'static str] = &["names", "distinctions", "contacts"];

    fn absorb(&mut self, other: &Self) {
        for name in &other.names {
            take_name(&mut self.names, name);
        }
        add(&mut self.distinctions, &other.distinctions);
        add(&mut self.contacts, &other.contacts);
        fill(&mut self.parent, other.parent.as_ref());
        fill(&mut self.place, other.place.as_ref());
        fill(&mut self.country, other.country.as_ref());
        fill(&mut self.scope, other.scope.as_ref());
        fill(&mut self.founded, other.founded.as_ref());
        fill(&mut self.dissolved, other.dissolved.as_ref());
        fill(&mut self.website, other.website.as_ref());
    }

    fn against(&self, other: &Self, faults: &mut Faults) {
        if let (Some(own), Some(others)) = (self.country, other.country) {
            faults.unless(
                own == others,
                "/other",
                "different_country",
                format!("One belongs to {}, the other to {}.", own.as_str(), others.as_str()),
            );
        }
    }
}

impl Mergeable for Partnership {
    const JOINED: &'static [&'static str] = &["parties", "fields", "levels", "traditional"];

    fn absorb(&mut self, other: &Self) {
        add(&mut self.fields, &other.fields);
        add(&mut self.levels, &other.levels);
        self.name = joined(self.name.take(), other.name.as_ref());
        self.purpose = joined(self.purpose.take(), other.purpose.as_ref());
        fill(&mut self.channel, other.channel.as_ref());
        fill(&mut self.established, other.established.as_ref());
        if matches!(self.stage, PartnershipStage::Expired | PartnershipStage::Ended) {
            fill(&mut self.ended, other.ended.as_ref());
        }
        self.traditional |= other.traditional;
        for party in &mut self.parties {
            let same = other.parties.iter().find(|same| same.target() == party.target());
            party.local_label = joined(party.local_label.take(), same.and_then(|same| same.local_label.as_ref()));
        }
    }

    fn against(&self, other: &Self, faults: &mut Faults) {
        faults.unless(
            self.arrangement == other.arrangement && self.unlike_sides(other).is_some(),
            "/other",
            "different_parties",
            "They are not between the same sides. One side may be another record about the same.",
        );
    }

    fn only_names(&self) -> Vec<String> {
        self.name.iter().flat_map(LocalizedText::iter).map(|(_, text)| text.to_owned()).collect()
    }
}

impl Partnership {
    /// The sides in which two ties differ, one of each; nothing in them when the sides are the same, and
    /// nothing at all when they differ in more than one, or in what it is.
    pub fn unlike_sides<'t>(&'t self, other: &'t Self) -> Option<Vec<(&'t PartnershipParty, &'t PartnershipParty)>> {
        let sides = |tie: &Self| tie.parties.iter().filter_map(PartnershipParty::target).collect::<BTreeSet<Uuid>>();
        let (own, others) = (sides(self), sides(other));
        let apart = |tie: &'_ Self, known: &BTreeSet<Uuid>| -> Vec<usize> {
            let unknown = |party: &PartnershipParty| party.target().is_some_and(|side| !known.contains(&side));
            tie.parties.iter().enumerate().filter(|(_, party)| unknown(party)).map(|(index, _)| index).collect()
        };
        match (apart(self, &others).as_slice(), apart(other, &own).as_slice()) {
            ([], []) => Some(Vec::new()),
            ([one], [another]) => {
                let pair = (self.parties.get(*one)?, other.parties.get(*another)?);
                (pair.0.place.is_some() == pair.1.place.is_some()).then(|| vec![pair])
            }
            _ => None,
        }
    }
}

/// A name in a language, perhaps the one to print.
trait Named: Clone {
    fn is_called(&self, other: &Self) -> bool;
    fn lang(&self) -> &LanguageTag;
    fn preferred(&mut self) -> &mut bool;
}

impl Named for PlaceName {
    fn is_called(&self, other: &Self) -> bool {
        self.text == other.text && self.lang == other.lang
    }

    fn lang(&self) -> &LanguageTag {
        &self.lang
    }

    fn preferred(&mut self) -> &mut bool {
        &mut self.preferred
    }
}

impl Named for OrganizationName {
    fn is_called(&self, other: &Self) -> bool {
        self.text == other.text && self.lang == other.lang
    }

    fn lang(&self) -> &LanguageTag {
        &self.lang
    }

    fn preferred(&mut self) -> &mut bool {
        &mut self.preferred
    }
}

/// Keeps a name of the other as an alias; it is the one to print where there is none in its language.
fn take_name<N: Named>(names: &mut Vec<N>, name: &N) {
    if names.iter().any(|known| known.is_called(name)) {
        return;
    }
    let mut name = name.clone();
    let has_one = names.iter_mut().any(|known| known.lang() == name.lang() && *known.preferred());
    *name.preferred() &= !has_one;
    names.push(name);
}

/// Takes over what is not there.
fn fill<V: Clone>(own: &mut Option<V>, others: Option<&V>) {
    if own.is_none() {
        *own = others.cloned();
    }
}

/// A text in all the languages that one of the two has; where both have it, it is the first's.
fn joined(own: Option<LocalizedText>, others: Option<&LocalizedText>) -> Option<LocalizedText> {
    let (Some(text), Some(others)) = (&own, others) else { return own.or_else(|| others.cloned()) };
    let languages = others.iter().filter(|(lang, _)| text.get(lang.as_str()).is_none());
    let both = text.iter().chain(languages).map(|(lang, text)| (lang.as_str(), text));
    LocalizedText::parse_map(both).ok().or(own)
}
