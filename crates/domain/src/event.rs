//! Events: what takes place at home and abroad, from a signing to a fair.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::FieldCode;
use crate::collection::{Collection, CollectionName, State};
use crate::event_participation::{EventOutcome, EventParticipation};
use crate::event_status::EventStatus;
use crate::exchange::ExchangeDirection;
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::value::{LocalizedText, PartialInterval};

/// Something that takes place, at home or abroad, planned or held: what, when and where, who takes
/// part, under which ties, and what comes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "kind": "mayors_meeting",
    "title": {"ru": "21-я встреча мэров городов Сибири и Дальнего Востока РФ и Западного побережья Японии", "ja": "第21回日ロ沿岸市長会議"},
    "series": {"code": "japan_russia_mayors", "title": {"ru": "Встречи мэров", "en": "Mayors' meetings"}, "edition": 21},
    "period": "2007-08",
    "status": "held",
    "place": "01890a5d-ac96-774b-bcce-b302099a8001",
    "host_role": "host",
    "joint": false,
    "participation": [
        {"country": "JP", "category": "city_representatives", "count": {"value": 9, "qualifier": "exact"}, "unit": "cities"},
        {"country": "RU", "category": "city_representatives", "count": {"value": 9, "qualifier": "exact"}, "unit": "cities"}
    ],
    "outcomes": [{"kind": "communique", "text": {"ru": "Подписано совместное Коммюнике"}}]
})))]
pub struct CityEvent {
    /// What kind of event it is.
    pub kind: EventKind,
    /// What it is called.
    pub title: LocalizedText,
    /// The series it belongs to, when it is held again and again.
    pub series: Option<EventSeries>,
    /// The event it is part of.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8401"))]
    pub parent: Option<Uuid>,
    /// From its first day to its last, as well as they are known. Without it the event counts as
    /// possible in every year.
    pub period: Option<PartialInterval>,
    /// Where it stands. Moves only by a transition.
    #[serde(default)]
    #[schema(default = "idea")]
    pub status: EventStatus,
    /// Where it takes place: a place.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8001"))]
    pub place: Option<Uuid>,
    /// Whether the home city hosts it or takes part.
    pub host_role: Option<EventHostRole>,
    /// Whether the home city and a partner hold it together.
    #[serde(default)]
    #[schema(default = false, examples(true))]
    pub joint: bool,
    /// Which way it goes, for what is shown by one side to the other: a partner's exhibition at home
    /// is incoming, ours abroad outgoing.
    pub direction: Option<ExchangeDirection>,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub fields: Vec<FieldCode>,
    /// The ties it is held under.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8201"])))]
    pub partnerships: Vec<Uuid>,
    /// The projects it serves: what was presented at it, what was agreed upon.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8701"])))]
    pub projects: Vec<Uuid>,
    /// Who takes part.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub participation: Vec<EventParticipation>,
    /// What comes of it.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub outcomes: Vec<EventOutcome>,
    /// How those who took part, or the office, judged it.
    pub evaluation: Option<LocalizedText>,
    /// Whether the office counts it among the main things of its year.
    #[serde(default)]
    #[schema(default = false, examples(true))]
    pub highlight: bool,
}

/// What kind of event takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("mayors_meeting", "exhibition"))]
pub enum EventKind {
    /// The signing of a paper.
    Signing,
    /// An official visit.
    OfficialVisit,
    /// A meeting of mayors.
    MayorsMeeting,
    /// A summit.
    Summit,
    /// A forum.
    Forum,
    /// A conference.
    Conference,
    /// A fair.
    Fair,
    /// An exhibition.
    Exhibition,
    /// A presentation.
    Presentation,
    /// A festival.
    Festival,
    /// A performance.
    Performance,
    /// A competition or tournament.
    Competition,
    /// A round table.
    RoundTable,
    /// A visit to a site, mostly in the course of another event.
    FieldVisit,
    /// A celebration, such as the City Day.
    Celebration,
    /// Something else.
    Other,
}

/// Whether the home city hosts an event or takes part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("host"))]
pub enum EventHostRole {
    /// It hosts it.
    Host,
    /// It hosts it together with others.
    CoHost,
    /// It takes part in it.
    Participant,
}

/// A series of events and the place of this one in it. A municipality has each edition of a series once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"code": "japan_russia_mayors", "title": {"ru": "Встречи мэров", "en": "Mayors' meetings"}, "edition": 21})))]
pub struct EventSeries {
    /// The series: the same on all its events.
    pub code: EventSeriesCode,
    /// What the series is called.
    pub title: Option<LocalizedText>,
    /// Which of the series it is: 21 for the 21st.
    #[schema(minimum = 1, maximum = 10_000, examples(21))]
    pub edition: Option<i32>,
}

/// The office's short name for a series of events, such as `japan_russia_mayors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[a-z][a-z0-9_]*$", min_length = 1, max_length = 64, examples("japan_russia_mayors"))]
pub struct EventSeriesCode(pub String);

impl Collection for CityEvent {
    const NAME: CollectionName = CollectionName::Events;
    const STATE: Option<&'static str> = Some("status");

    fn check(&self, head: &Head, faults: &mut Faults) {
        faults.unless(
            self.parent != Some(head.id) || head.id.is_nil(),
            "/parent",
            "not_allowed",
            "An event is not part of itself.",
        );
        for (index, part) in self.participation.iter().enumerate() {
            part.check(&format!("/participation/{index}"), faults);
        }
        faults.each_once("/participation", &self.participation);
        faults.each_once("/fields", &self.fields);
        faults.each_once("/partnerships", &self.partnerships);
        faults.each_once("/projects", &self.projects);
        faults.each_once("/outcomes", &self.outcomes);
    }

    fn references(&self, references: &mut References) {
        use CollectionName::{Agreements, Events, Organizations, Partnerships, Places, Projects};
        references.one("parent", Events, self.parent);
        references.one("place", Places, self.place);
        references.many("partnerships", Partnerships, &self.partnerships);
        references.many("projects", Projects, &self.projects);
        for (index, part) in self.participation.iter().enumerate() {
            if let Some(place) = part.place {
                references.to(format!("/participation/{index}/place"), "participant_place", Places, place);
            }
            if let Some(organization) = part.organization {
                let pointer = format!("/participation/{index}/organization");
                references.to(pointer, "participant_organization", Organizations, organization);
            }
        }
        for (index, outcome) in self.outcomes.iter().enumerate() {
            if let Some(agreement) = outcome.agreement {
                references.to(format!("/outcomes/{index}/agreement"), "outcome_agreement", Agreements, agreement);
            }
        }
    }

    fn terms(&self, terms: &mut Terms) {
        for field in &self.fields {
            terms.code("fields", field.as_str());
        }
        for part in &self.participation {
            if let Some(country) = part.country {
                terms.code("participant_country", country.as_str());
            }
            if let Some(category) = part.category {
                terms.code("participant_category", category.as_str());
            }
            if let Some(role) = part.role {
                terms.code("participant_role", role.as_str());
            }
        }
        terms.title(&self.title);
        if let Some(series) = &self.series {
            terms.number(&series.code.0);
            terms.localized_option(series.title.as_ref());
        }
        for outcome in &self.outcomes {
            terms.code("outcome_kind", outcome.kind.as_str());
            terms.localized_option(outcome.text.as_ref());
        }
        terms.localized_option(self.evaluation.as_ref());
    }

    fn state(&self) -> Option<State> {
        let first = EventStatus::default().as_str().to_owned();
        Some(State { member: "status", current: self.status.as_str().to_owned(), first })
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("period", self.period.as_ref());
    }

    fn took_place(&self) -> Option<(Date, &[Uuid])> {
        let held = self.status == EventStatus::Held;
        Some((self.period.filter(|_| held)?.latest()?, &self.partnerships))
    }
}

impl CityEvent {
    /// The series and the edition as one text that no other event of the municipality has; nothing
    /// for an event without an edition. A code has no `#`, so two pairs never give the same text.
    pub fn series_key(&self) -> Option<String> {
        let series = self.series.as_ref()?;
        series.edition.map(|edition| format!("{}#{edition}", series.code.0))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    use super::*;
    use crate::exchange::tests::same_as_codelist;

    const HOME: &str = "01890a5d-ac96-774b-bcce-b302099a8001";
    const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8002";

    /// An event with these members beside those it must have.
    pub(crate) fn event(members: Value) -> CityEvent {
        let mut body = json!({"kind": "fair", "title": {"ru": "Ярмарка", "zh": "交易会"}});
        if let Value::Object(members) = members {
            members.into_iter().for_each(|(name, value)| body[name] = value);
        }
        serde_json::from_value(body).unwrap()
    }

    fn faults(members: Value) -> Vec<String> {
        let mut faults = Faults::default();
        let head = Head { id: HOME.parse().unwrap(), ..Head::default() };
        event(members).check(&head, &mut faults);
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn enumerations_are_those_of_the_codelists() {
        same_as_codelist::<EventKind>("event_kind");
        same_as_codelist::<EventHostRole>("host_role");
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let event = event(json!({}));
        assert_eq!((event.status, event.joint, event.highlight), (EventStatus::Idea, false, false));
        let state = event.state().unwrap();
        assert_eq!((state.member, state.current, state.first), ("status", "idea".into(), "idea".into()));
        assert_eq!(CollectionName::Events.type_name(), "CityEvent");
        assert_eq!((CollectionName::Events.singular(), CollectionName::Events.prefix()), ("event", "EVT"));
    }

    #[test]
    fn all_faults_come_at_once() {
        let found = faults(json!({
            "parent": HOME,
            "participation": [{"place": OTHER}, {"place": OTHER, "country": "CN"}, {"place": OTHER}],
            "fields": ["trade", "trade"],
            "partnerships": [OTHER, OTHER],
            "outcomes": [{"kind": "communique"}, {"kind": "communique"}],
        }));
        assert_eq!(
            found,
            [
                "/parent not_allowed",
                "/participation/1/country not_allowed",
                "/participation/2 duplicate",
                "/fields/1 duplicate",
                "/partnerships/1 duplicate",
                "/outcomes/1 duplicate",
            ]
        );
        assert!(faults(json!({"parent": OTHER, "participation": [{"place": OTHER}, {"place": HOME}]})).is_empty());
    }

    #[test]
    fn an_edition_of_a_series_has_a_key() {
        assert_eq!(event(json!({})).series_key(), None);
        assert_eq!(event(json!({"series": {"code": "heihe_fair"}})).series_key(), None);
        let mayors = event(json!({"series": {"code": "japan_russia_mayors", "edition": 21}}));
        assert_eq!(mayors.series_key().as_deref(), Some("japan_russia_mayors#21"));
    }

    #[test]
    fn it_is_found_by_what_it_refers_to_and_by_its_words() {
        let event = event(json!({
            "parent": OTHER, "place": HOME, "partnerships": [OTHER], "fields": ["trade"],
            "series": {"code": "heihe_fair", "title": {"ru": "Ярмарки Хэйхэ"}},
            "participation": [
                {"place": OTHER, "category": "medics", "role": "exhibitor"}, {"organization": OTHER}, {"country": "CN"}
            ],
            "outcomes": [{"kind": "contract", "agreement": OTHER, "text": {"zh": "合同"}}],
            "evaluation": {"ru": "Высочайший уровень"},
        }));
        let mut references = References::default();
        event.references(&mut references);
        let found: Vec<_> = references.iter().map(|found| (found.pointer.as_str(), found.field)).collect();
        assert_eq!(
            found,
            [
                ("/parent", "parent"),
                ("/place", "place"),
                ("/partnerships/0", "partnerships"),
                ("/participation/0/place", "participant_place"),
                ("/participation/1/organization", "participant_organization"),
                ("/outcomes/0/agreement", "outcome_agreement"),
            ]
        );
        let mut terms = Terms::default();
        event.terms(&mut terms);
        let terms: Vec<_> = terms.iter().collect();
        for term in [
            ("fields", "trade"),
            ("participant_country", "CN"),
            ("participant_category", "medics"),
            ("participant_role", "exhibitor"),
            ("outcome_kind", "contract"),
            ("title", "交易会"),
            ("q", "ярмарки"),
            ("q", "合同"),
            ("q", "высочайший"),
        ] {
            assert!(terms.contains(&term), "{term:?} in {terms:?}");
        }
    }

    #[test]
    fn the_examples_are_events() {
        fn examples<T: PartialSchema + serde::de::DeserializeOwned>() -> Vec<T> {
            let schema = serde_json::to_value(T::schema()).unwrap();
            serde_json::from_value(schema["examples"].clone()).unwrap()
        }
        let mut faults = Faults::default();
        examples::<CityEvent>()[0].check(&Head::default(), &mut faults);
        examples::<EventParticipation>().iter().for_each(|part| part.check("", &mut faults));
        assert!(faults.is_empty(), "{faults}");
        assert_eq!(examples::<EventSeries>().len() + examples::<EventOutcome>().len(), 2);
        assert_eq!(examples::<crate::event_status::EventTransitionInput>().len(), 2);
    }
}
