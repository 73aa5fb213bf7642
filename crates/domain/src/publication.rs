//! Publications: what the media tell of a city's international relations.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::value::{LanguageTag, LocalizedText, PartialDate};

/// Something that was printed, broadcast or put on a page about ties and events: where, when, by
/// which side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "title": {"ru": "Благовещенск и Хэйхэ — города-побратимы", "zh": "布拉戈维申斯克与黑河结为友好城市"},
    "outlet": "01890a5d-ac96-774b-bcce-b302099a8107",
    "medium": "newspaper",
    "side": "partner",
    "country": "CN",
    "published_on": "2011-06-24",
    "url": "https://example.org/news/2011/06/24",
    "lang": "zh",
    "events": ["01890a5d-ac96-774b-bcce-b302099a8401"],
    "partnerships": ["01890a5d-ac96-774b-bcce-b302099a8201"]
})))]
pub struct Publication {
    /// Its headline, or what it is about.
    pub title: LocalizedText,
    /// Who published it: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8107"))]
    pub outlet: Option<Uuid>,
    /// By what means it reached people.
    pub medium: Option<PublicationMedium>,
    /// Whose media they are.
    pub side: Option<PublicationSide>,
    /// The country it appeared in (ISO 3166-1).
    pub country: Option<CountryCode>,
    /// When it appeared, as well as it is known.
    #[schema(examples("2011-06-24"))]
    pub published_on: Option<PartialDate>,
    /// Where it can be read, seen or heard.
    #[schema(pattern = "^https?://", max_length = 1000, examples("https://example.org/news/2011/06/24"))]
    pub url: Option<String>,
    /// The language it is in.
    pub lang: Option<LanguageTag>,
    /// The events it tells of.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8401"])))]
    pub events: Vec<Uuid>,
    /// The ties it tells of.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8201"])))]
    pub partnerships: Vec<Uuid>,
}

/// By what means a publication reaches people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("newspaper", "television"))]
pub enum PublicationMedium {
    /// A newspaper.
    Newspaper,
    /// A magazine.
    Magazine,
    /// Television.
    Television,
    /// Radio.
    Radio,
    /// A news agency.
    Agency,
    /// A page of its own on the internet.
    Website,
    /// A social network or messenger.
    Social,
    /// Something else.
    Other,
}

/// Whose media they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("home", "partner"))]
pub enum PublicationSide {
    /// Of the home city's country.
    Home,
    /// Of the partner's.
    Partner,
    /// Of neither.
    Third,
}

impl Collection for Publication {
    const NAME: CollectionName = CollectionName::Publications;

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.each_once("/events", &self.events);
        faults.each_once("/partnerships", &self.partnerships);
    }

    fn references(&self, references: &mut References) {
        references.one("outlet", CollectionName::Organizations, self.outlet);
        references.many("events", CollectionName::Events, &self.events);
        references.many("partnerships", CollectionName::Partnerships, &self.partnerships);
    }

    fn terms(&self, terms: &mut Terms) {
        terms.title(&self.title);
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("published_on", self.published_on.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::tests::same_as_codelist;

    #[test]
    fn enumerations_are_those_of_the_codelists() {
        same_as_codelist::<PublicationMedium>("publication_medium");
        same_as_codelist::<PublicationSide>("publication_side");
    }

    #[test]
    fn it_is_found_by_what_it_tells_of() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8401";
        let publication: Publication = serde_json::from_value(json!({
            "title": {"zh": "结为友好城市"}, "outlet": id, "events": [id, id], "partnerships": [id, id],
        }))
        .unwrap();
        let mut faults = Faults::default();
        publication.check(&Head::default(), &mut faults);
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/events/1", "/partnerships/1"]);
        let mut references = References::default();
        publication.references(&mut references);
        let found: Vec<_> = references.iter().map(|found| found.pointer.as_str()).collect();
        assert_eq!(found, ["/outlet", "/events/0", "/events/1", "/partnerships/0", "/partnerships/1"]);
        let mut terms = Terms::default();
        publication.terms(&mut terms);
        assert!(terms.iter().any(|term| term == ("title", "结为友好城市")));
    }
}
