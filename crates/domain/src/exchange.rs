//! Exchanges: the delegations that a city receives and sends.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::FieldCode;
use crate::collection::{Collection, CollectionName, State};
use crate::exchange_state::ExchangeState;
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::value::{Containment, LocalizedText, PartialDate, PartialInterval, Quantity};

/// A delegation received or sent: who travelled where, when and what for, under which ties, and
/// what came of it. Who the people were is kept elsewhere, under restricted access.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "title": {"ru": "Делегация администрации на Саммит городов АТР", "en": "City delegation to the Asia-Pacific Cities Summit", "ko": "아시아·태평양 도시 정상회의 대표단"},
    "direction": "outgoing",
    "mode": "in_person",
    "audience": "officials",
    "origin": "01890a5d-ac96-774b-bcce-b302099a8001",
    "destination": "01890a5d-ac96-774b-bcce-b302099a8017",
    "period": "2010-09",
    "fields": ["investment"],
    "state": "completed",
    "counts_in_statistics": true
})))]
pub struct Exchange {
    /// What it is called.
    pub title: LocalizedText,
    /// Whether it is received or sent, seen from the home city.
    pub direction: ExchangeDirection,
    /// Whether people travel or meet at a distance.
    #[serde(default)]
    #[schema(default = "in_person")]
    pub mode: ExchangeMode,
    /// Who makes up the delegation.
    pub audience: ExchangeAudience,
    /// Where the delegation comes from: a place.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8001"))]
    pub origin: Uuid,
    /// Where it goes: another place, unless they meet online.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8017"))]
    pub destination: Uuid,
    /// From its first day to its last, as well as they are known. Without it the exchange counts as
    /// possible in every year.
    pub period: Option<PartialInterval>,
    /// What it is for.
    pub purpose: Option<LocalizedText>,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub fields: Vec<FieldCode>,
    /// Where it stands. Moves only by a transition.
    #[serde(default)]
    #[schema(default = "proposed")]
    pub state: ExchangeState,
    /// How many people took part.
    pub headcount: Option<ExchangeHeadcount>,
    /// Who organises it on the sending side: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8101"))]
    pub organizer: Option<Uuid>,
    /// Who receives it: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8102"))]
    pub host: Option<Uuid>,
    /// The ties it is made under.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8201"])))]
    pub partnerships: Vec<Uuid>,
    /// The paper it is made under: an agreement.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8301"))]
    pub agreement: Option<Uuid>,
    /// The programme it is part of.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8601"))]
    pub programme: Option<Uuid>,
    /// The events it is made for, or in whose course it takes part.
    #[serde(default)]
    #[schema(max_items = 100, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8401"])))]
    pub events: Vec<Uuid>,
    /// The projects it serves.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8701"])))]
    pub projects: Vec<Uuid>,
    /// The organizations that carry it out: schools, ensembles, clubs.
    #[serde(default)]
    #[schema(max_items = 100, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8103"])))]
    pub implementers: Vec<Uuid>,
    /// What happens on its days, in order.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub itinerary: Vec<ExchangeItineraryItem>,
    /// What came of it.
    pub results: Option<LocalizedText>,
    /// Whether the office counts it among the main things of its year.
    #[serde(default)]
    #[schema(default = false, examples(true))]
    pub highlight: bool,
    /// Whether statistics count it once it took place. False for a record that stands for an unknown
    /// number of delegations.
    #[serde(default = "yes")]
    #[schema(default = true, examples(true))]
    pub counts_in_statistics: bool,
}

const fn yes() -> bool {
    true
}

/// Whether a delegation is received (`incoming`) or sent (`outgoing`), seen from the home city. Of an
/// event: whether it comes to the home city from abroad or is shown abroad by the home city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("incoming", "outgoing"))]
pub enum ExchangeDirection {
    /// To the home city.
    Incoming,
    /// From the home city.
    Outgoing,
}

impl ExchangeDirection {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }
}

/// Whether people travel or meet at a distance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("in_person"))]
pub enum ExchangeMode {
    /// They travel.
    #[default]
    InPerson,
    /// They meet at a distance.
    Online,
}

/// Who makes up a delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("officials", "children"))]
pub enum ExchangeAudience {
    /// Officials and deputies.
    Officials,
    /// Children up to school-leaving age.
    Children,
    /// Young people.
    Youth,
    /// Students.
    Students,
    /// Teachers.
    Teachers,
    /// Specialists of other trades.
    Specialists,
    /// Medical workers.
    Medics,
    /// Artists and creative groups.
    Creative,
    /// Athletes and sports groups.
    Sports,
    /// People of business.
    Business,
    /// Journalists.
    Media,
    /// Citizens, without a common trade.
    Citizens,
    /// Several of these.
    Mixed,
}

/// How many people a delegation had. Minors and those who accompany them are among the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"total": {"value": 22, "qualifier": "exact"}, "minors": 18, "accompanying": 3})))]
pub struct ExchangeHeadcount {
    /// All of them, as exactly as it was reported.
    pub total: Quantity,
    /// People under age among them.
    #[schema(minimum = 0, maximum = 100_000, examples(18))]
    pub minors: Option<i32>,
    /// Adults among them who accompany the minors.
    #[schema(minimum = 0, maximum = 100_000, examples(3))]
    pub accompanying: Option<i32>,
}

/// What happens on a day of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"day": "2007-08-23", "place": "01890a5d-ac96-774b-bcce-b302099a8002", "text": {"ru": "Выезд в Хэйхэ", "zh": "赴黑河参观"}})))]
pub struct ExchangeItineraryItem {
    /// The day, as well as it is known; within the exchange's period.
    pub day: Option<PartialDate>,
    /// Where: a place.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8002"))]
    pub place: Option<Uuid>,
    /// What.
    pub text: LocalizedText,
}

impl Exchange {
    /// Whether statistics and summaries count it: it took place, and stands for one delegation.
    pub const fn is_counted(&self) -> bool {
        self.counts_in_statistics && self.state.took_place()
    }

    /// The place of the other side, as the home city sees it: where a delegation comes from, or goes.
    pub const fn partner_place(&self) -> Uuid {
        match self.direction {
            ExchangeDirection::Incoming => self.origin,
            ExchangeDirection::Outgoing => self.destination,
        }
    }
}

impl Collection for Exchange {
    const NAME: CollectionName = CollectionName::Exchanges;
    const STATE: Option<&'static str> = Some("state");

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.unless(
            self.origin != self.destination || self.mode == ExchangeMode::Online,
            "/destination",
            "not_allowed",
            "A delegation travels from one place to another; only online may both be the same.",
        );
        if let Some(ExchangeHeadcount { total, minors, accompanying }) = self.headcount {
            let among = i64::from(minors.unwrap_or(0)) + i64::from(accompanying.unwrap_or(0));
            faults.unless(
                total.upper().is_none_or(|most| among <= most),
                "/headcount/total",
                "not_allowed",
                format!("The {among} minors and those who accompany them are among the total."),
            );
        }
        for (index, item) in self.itinerary.iter().enumerate() {
            let outside = |day: PartialDate| match (self.period, day.earliest(), day.latest()) {
                (Some(period), Some(first), Some(last)) => {
                    !period.is_doubtful() && period.within(first, last) == Containment::No
                }
                _ => false,
            };
            faults.unless(
                !item.day.is_some_and(outside),
                format!("/itinerary/{index}/day"),
                "not_allowed",
                "This day lies outside the period of the exchange.",
            );
        }
        faults.each_once("/fields", &self.fields);
        faults.each_once("/partnerships", &self.partnerships);
        faults.each_once("/events", &self.events);
        faults.each_once("/projects", &self.projects);
        faults.each_once("/implementers", &self.implementers);
    }

    fn references(&self, references: &mut References) {
        use CollectionName::{Agreements, Events, Organizations, Partnerships, Places, Programmes, Projects};
        references.one("origin", Places, Some(self.origin));
        references.one("destination", Places, Some(self.destination));
        references.one("organizer", Organizations, self.organizer);
        references.one("host", Organizations, self.host);
        references.many("partnerships", Partnerships, &self.partnerships);
        references.one("agreement", Agreements, self.agreement);
        references.one("programme", Programmes, self.programme);
        references.many("events", Events, &self.events);
        references.many("projects", Projects, &self.projects);
        references.many("implementers", Organizations, &self.implementers);
        for (index, item) in self.itinerary.iter().enumerate() {
            if let Some(place) = item.place {
                references.to(format!("/itinerary/{index}/place"), "itinerary_place", Places, place);
            }
        }
    }

    fn terms(&self, terms: &mut Terms) {
        for field in &self.fields {
            terms.code("fields", field.as_str());
        }
        terms.title(&self.title);
        terms.localized_option(self.purpose.as_ref());
        terms.localized_option(self.results.as_ref());
        for item in &self.itinerary {
            terms.localized(&item.text);
        }
    }

    fn state(&self) -> Option<State> {
        let first = ExchangeState::default().as_str().to_owned();
        Some(State { member: "state", current: self.state.as_str().to_owned(), first })
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("period", self.period.as_ref());
    }

    fn took_place(&self) -> Option<(Date, &[Uuid])> {
        let went = ExchangeState::UnderWay == self.state || self.state.took_place();
        Some((self.period.filter(|_| went)?.latest()?, &self.partnerships))
    }
}

#[cfg(test)]
pub(crate) mod tests;
