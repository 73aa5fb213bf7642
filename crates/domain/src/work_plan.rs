//! Work plans: what the office means to do in a year.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::InstrumentCode;
use crate::collection::{Collection, CollectionName, State};
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::keyed;
use crate::record::Head;
use crate::refusal::Refusal;
use crate::value::LocalizedText;
use crate::work_plan_item::WorkPlanItem;
use crate::work_plan_state::WorkPlanState;

/// The plan of a year: by which instruments the office works, and what it means to do. What became
/// of each item is noted on the item, with the records that fulfilled it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "year": 2011,
    "title": {"ru": "План работы международного отдела на 2011 год", "en": "Work plan of the international department for 2011"},
    "instruments": ["strengthening_ties", "municipal_cooperation", "joint_projects", "delegation_exchanges"],
    "items": [{
        "title": {"ru": "Выступления национальных художественных коллективов на Дне города", "en": "Performances at the City Day"},
        "instrument": "events", "fields": ["culture"], "countries": ["CN"], "due": "2011-06",
        "responsible": {"ru": "Международный отдел"}
    }]
})))]
pub struct WorkPlan {
    /// The year it is for.
    #[schema(minimum = 1900, maximum = 2200, examples(2011))]
    pub year: i32,
    /// What it is called.
    pub title: Option<LocalizedText>,
    /// Where it stands. It begins as `draft` and moves by its own actions only.
    #[serde(default)]
    #[schema(default = "draft")]
    pub state: WorkPlanState,
    /// By which means the office works.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["strengthening_ties", "delegation_exchanges"])))]
    pub instruments: Vec<InstrumentCode>,
    /// What it means to do. From `reported` on the items stay as they are.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub items: Vec<WorkPlanItem>,
}

impl Collection for WorkPlan {
    const NAME: CollectionName = CollectionName::WorkPlans;
    const STATE: Option<&'static str> = Some("state");

    fn check(&self, _head: &Head, faults: &mut Faults) {
        for (index, item) in self.items.iter().enumerate() {
            item.check(&format!("/items/{index}"), faults);
        }
        faults.each_once("/instruments", &self.instruments);
    }

    fn check_change(&self, before: &Self, faults: &mut Faults) {
        let is_told = self.state == WorkPlanState::Reported && before.state == WorkPlanState::Reported;
        faults.unless(
            !is_told || self.items == before.items,
            "/items",
            "not_allowed",
            "The plan was reported on, so its items stay as they are; take it up again first.",
        );
        faults.unless(
            !is_told || self.year == before.year,
            "/year",
            "not_allowed",
            "The plan was reported on, so it stays that of its year.",
        );
    }

    fn references(&self, references: &mut References) {
        for (index, item) in self.items.iter().enumerate() {
            item.references(&format!("/items/{index}"), references);
        }
    }

    fn terms(&self, terms: &mut Terms) {
        for instrument in self.instruments.iter().copied().chain(self.items.iter().filter_map(|item| item.instrument)) {
            terms.code("instruments", instrument.as_str());
        }
        terms.title_option(self.title.as_ref());
        for item in &self.items {
            item.terms(terms);
        }
    }

    fn state(&self) -> Option<State> {
        let first = WorkPlanState::default().as_str().to_owned();
        Some(State { member: "state", current: self.state.as_str().to_owned(), first })
    }

    fn settle(&mut self, before: Option<&Self>, new_key: &mut dyn FnMut() -> Uuid) -> Result<(), Refusal> {
        let known = before.map_or(&[][..], |before| &before.items[..]);
        let mut faults = Faults::default();
        keyed::settle("/items", &mut self.items, known, new_key, &mut faults);
        faults.into_result()?;
        keyed::keep(&mut self.items, known);
        keyed::dropped("/items", &self.items, known)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::work_plan_item::WorkPlanItemState;

    pub(crate) const KEY: &str = "01890a5d-ac96-774b-bcce-b302099a8061";
    pub(crate) const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8401";

    /// A plan with these members beside those it must have.
    pub(crate) fn plan(members: Value) -> WorkPlan {
        let mut body = json!({"year": 2011});
        if let Value::Object(members) = members {
            members.into_iter().for_each(|(name, value)| body[name] = value);
        }
        serde_json::from_value(body).unwrap()
    }

    /// A plan with one item that has these members too.
    pub(crate) fn with_item(state: &str, members: Value) -> WorkPlan {
        let mut item = json!({"key": KEY, "title": {"ru": "Выставка"}});
        if let (Some(body), Value::Object(members)) = (item.as_object_mut(), members) {
            body.extend(members);
        }
        plan(json!({"state": state, "items": [item]}))
    }

    fn done() -> Value {
        json!({"state": "done", "fulfilled_by": [{"collection": "events", "id": ID}]})
    }

    #[test]
    fn an_item_keeps_what_became_of_it_when_the_list_is_replaced() {
        let before = with_item("in_execution", done());
        let mut after = with_item("in_execution", json!({"due": "2011-12"}));
        after.settle(Some(&before), &mut || unreachable!("no item is new")).unwrap();
        assert_eq!(after.items[0].state, WorkPlanItemState::Done);
        assert_eq!(after.items[0].fulfilled_by, before.items[0].fulfilled_by);
        assert!(after.items[0].due.is_some(), "the rest is as it was sent");
        let mut emptied = plan(json!({"state": "in_execution"}));
        assert!(matches!(emptied.settle(Some(&before), &mut Uuid::nil), Err(Refusal::Held { .. })));
        let planned = with_item("in_execution", json!({}));
        plan(json!({"state": "in_execution"})).settle(Some(&planned), &mut Uuid::nil).unwrap();
    }

    #[test]
    fn new_items_get_keys_and_are_planned() {
        let mut item = serde_json::to_value(&with_item("draft", done()).items[0]).unwrap();
        item.as_object_mut().unwrap().remove("key");
        let mut new = plan(json!({"items": [item]}));
        new.settle(None, &mut || KEY.parse().unwrap()).unwrap();
        assert_eq!((new.items[0].key.to_string().as_str(), new.items[0].state), (KEY, WorkPlanItemState::Planned));
        assert!(new.items[0].fulfilled_by.is_empty(), "nobody brings along what became of an item");
        let mut unknown = with_item("draft", json!({}));
        assert!(matches!(unknown.settle(None, &mut Uuid::nil), Err(Refusal::Invalid(_))));
    }

    #[test]
    fn what_was_reported_stays() {
        let before = with_item("reported", json!({}));
        let changed = |after: WorkPlan| {
            let mut faults = Faults::default();
            after.check_change(&before, &mut faults);
            faults.iter().map(|fault| fault.pointer.clone()).collect::<Vec<_>>()
        };
        assert!(changed(with_item("reported", json!({}))).is_empty());
        let after = WorkPlan { year: 2012, ..with_item("reported", json!({"due": "2011"})) };
        assert_eq!(changed(after), ["/items", "/year"]);
        assert!(changed(with_item("in_execution", json!({"due": "2011"}))).is_empty());
    }

    #[test]
    fn it_is_found_by_its_items() {
        let mut plan = with_item("approved", done());
        plan.items[0].partnerships = vec![ID.parse().unwrap()];
        plan.items[0].instrument = InstrumentCode::parse("events").ok();
        plan.instruments = vec![InstrumentCode::parse("visits").unwrap(); 2];
        let mut references = References::default();
        plan.references(&mut references);
        let found: Vec<_> = references.iter().map(|found| (found.pointer.as_str(), found.field)).collect();
        assert_eq!(
            found,
            [("/items/0/partnerships/0", "partnerships"), ("/items/0/fulfilled_by/0/id", "fulfilled_by")]
        );
        let mut terms = Terms::default();
        plan.terms(&mut terms);
        for term in [("instruments", "visits"), ("instruments", "events"), ("item_state", "done"), ("q", "выставка")]
        {
            assert!(terms.iter().any(|known| known == term), "{term:?}");
        }
        let mut faults = Faults::default();
        plan.check(&Head::default(), &mut faults);
        assert!(faults.has("/instruments/1"));
    }
}
