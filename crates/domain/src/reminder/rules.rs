//! The rules by which reminders are found, each a small function over facts.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::{Reminder, ReminderFacts, ReminderKind};
use crate::agreement::Agreement;
use crate::agreement_state::AgreementState;
use crate::collection::CollectionName;
use crate::finding::{RecordMention, Severity};
use crate::letter_state::LetterState;
use crate::partnership::Partnership;
use crate::partnership_stage::PartnershipStage;
use crate::partnership_summary::dormant_from;
use crate::record::Record;
use crate::value::{LocalizedText, PartialDate};
use crate::work_plan_item::WorkPlanItemState;

fn paper(record: &Record<Agreement>) -> RecordMention {
    RecordMention::of(CollectionName::Agreements, &record.head)
}

fn tie(record: &Record<Partnership>) -> RecordMention {
    RecordMention::of(CollectionName::Partnerships, &record.head)
}

impl ReminderFacts {
    fn is_ahead(&self, day: Date) -> bool {
        self.on <= day && day <= self.until
    }

    /// What a tie is called: by its own name, else by the partner's.
    fn name_of<'f>(&'f self, partnership: &'f Partnership) -> Option<&'f LocalizedText> {
        let partner = || self.names.get(&partnership.partner()?.target()?);
        partnership.name.as_ref().or_else(partner)
    }

    /// The papers in force with the last day of their term.
    fn terms(&self) -> impl Iterator<Item = (&Record<Agreement>, Date)> {
        let in_force = self.agreements.iter().filter(|paper| paper.body.state == AgreementState::InForce);
        in_force.filter_map(|paper| Some((paper, paper.body.in_force?.latest()?)))
    }
}

/// The term of a paper ends within the window. One that renews itself does not run out.
pub(super) fn agreement_ending(facts: &ReminderFacts) -> Vec<Reminder> {
    let ending = facts.terms().filter(|(_, end)| facts.is_ahead(*end));
    ending
        .map(|(record, end)| {
            let severity = if record.body.auto_renewal.is_some() { Severity::Info } else { Severity::Warning };
            Reminder::new(ReminderKind::AgreementEnding, severity, end, facts.on, paper(record))
                .called(Some(&record.body.title))
        })
        .collect()
}

/// A paper renews itself unless notice is given: the last day to give it is within the window.
pub(super) fn renewal_notice(facts: &ReminderFacts) -> Vec<Reminder> {
    let mut due = Vec::new();
    for (record, end) in facts.terms() {
        let Some(days) = record.body.auto_renewal.and_then(|renewal| renewal.notice_days) else { continue };
        let Ok(day) = Span::new().try_days(days).and_then(|span| end.checked_sub(span)) else { continue };
        if facts.is_ahead(day) {
            let reminder = Reminder::new(ReminderKind::RenewalNotice, Severity::Warning, day, facts.on, paper(record));
            due.push(reminder.called(Some(&record.body.title)));
        }
    }
    due
}

/// A tie has an anniversary that the municipality marks.
pub(super) fn partnership_anniversary(facts: &ReminderFacts) -> Vec<Reminder> {
    let mut due = Vec::new();
    for record in facts.partnerships.iter().filter(|record| record.body.stage.is_living()) {
        for (years, day) in anniversaries(record.body.established, facts) {
            let kind = ReminderKind::PartnershipAnniversary;
            let reminder = Reminder::new(kind, Severity::Info, day, facts.on, tie(record)).anniversary(years);
            due.push(reminder.called(facts.name_of(&record.body)));
        }
    }
    due
}

/// A signing has one.
pub(super) fn agreement_anniversary(facts: &ReminderFacts) -> Vec<Reminder> {
    let mut due = Vec::new();
    let signed =
        |record: &&Record<Agreement>| matches!(record.body.state, AgreementState::Signed | AgreementState::InForce);
    for record in facts.agreements.iter().filter(signed) {
        for (years, day) in anniversaries(record.body.signed_on, facts) {
            let kind = ReminderKind::AgreementAnniversary;
            let reminder = Reminder::new(kind, Severity::Info, day, facts.on, paper(record)).anniversary(years);
            due.push(reminder.called(Some(&record.body.title)));
        }
    }
    due
}

/// The anniversaries within the window, each with the first day it may be. A beginning known as
/// "before" or "after" has none.
fn anniversaries(begun: Option<PartialDate>, facts: &ReminderFacts) -> Vec<(i32, Date)> {
    let Some(begun) = begun.filter(|date| !date.is_open()) else { return Vec::new() };
    let (Some(first), Some(last)) = (begun.earliest(), begun.latest()) else { return Vec::new() };
    let mut years = facts.settings.anniversary_years.clone();
    years.sort_unstable();
    years.dedup();
    let mut found = Vec::new();
    for years in years.into_iter().filter(|years| *years > 0) {
        if let (Ok(first), Ok(last)) = (first.checked_add(years.years()), last.checked_add(years.years()))
            && first <= facts.until
            && last >= facts.on
        {
            found.push((years, first));
        }
    }
    found
}

/// A reply is awaited: within the window, or it is late.
pub(super) fn reply_due(facts: &ReminderFacts) -> Vec<Reminder> {
    let mut due = Vec::new();
    for record in facts.letters.iter().filter(|record| record.body.state == LetterState::AwaitingReply) {
        let Some(day) = record.body.reply_due.and_then(|due| due.latest()) else { continue };
        if day <= facts.until {
            let severity = if record.body.is_overdue(facts.on) { Severity::Warning } else { Severity::Info };
            let letter = RecordMention::of(CollectionName::Letters, &record.head);
            let reminder = Reminder::new(ReminderKind::ReplyDue, severity, day, facts.on, letter);
            due.push(reminder.called(Some(&record.body.subject)));
        }
    }
    due
}

/// An item of a work plan is due within the window, or it is late.
pub(super) fn plan_item_due(facts: &ReminderFacts) -> Vec<Reminder> {
    let mut due = Vec::new();
    for record in &facts.plans {
        let is_open = |state| matches!(state, WorkPlanItemState::Planned | WorkPlanItemState::Moved);
        for item in record.body.items.iter().filter(|item| is_open(item.state)) {
            let Some(day) = item.due.and_then(|due| due.latest()).filter(|day| *day <= facts.until) else { continue };
            let severity = if day < facts.on { Severity::Warning } else { Severity::Info };
            let plan = RecordMention::of(CollectionName::WorkPlans, &record.head);
            let reminder = Reminder::new(ReminderKind::PlanItemDue, severity, day, facts.on, plan).of_item(item.key);
            due.push(reminder.called(Some(&item.title)));
        }
    }
    due
}

/// An event or an exchange is still open after its time.
pub(super) fn still_open(facts: &ReminderFacts) -> Vec<Reminder> {
    let mut due = Vec::new();
    for open in &facts.open {
        let kind = match open.record.collection {
            CollectionName::Events => ReminderKind::EventStillPlanned,
            CollectionName::Exchanges => ReminderKind::ExchangeStillOpen,
            _ => continue,
        };
        if let Some(day) = open.period.latest().filter(|day| *day < facts.on) {
            let reminder = Reminder::new(kind, Severity::Warning, day, facts.on, open.record.clone());
            due.push(reminder.called(Some(&open.title)));
        }
    }
    due
}

/// Under an active tie nothing has taken place for so long that it is dormant, or will be within
/// the window. Of a tie of which nothing is known to have taken place nobody can say since when.
pub(super) fn partnership_dormant(facts: &ReminderFacts) -> Vec<Reminder> {
    let mut due = Vec::new();
    for record in facts.partnerships.iter().filter(|record| record.body.stage == PartnershipStage::Active) {
        let Some(last) = facts.last_activity.get(&record.head.id) else { continue };
        let day = dormant_from(*last, facts.settings.dormancy_months);
        if day <= facts.until {
            let severity = if day <= facts.on { Severity::Warning } else { Severity::Info };
            let reminder = Reminder::new(ReminderKind::PartnershipDormant, severity, day, facts.on, tie(record));
            due.push(reminder.called(facts.name_of(&record.body)));
        }
    }
    due
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::finding::OpenActivity;
    use crate::partnership_summary::SummarySettings;
    use crate::value::PartialInterval;

    const HOME: &str = "01890a5d-ac96-774b-bcce-b302099a8001";
    const HEIHE: &str = "01890a5d-ac96-774b-bcce-b302099a8002";

    fn facts() -> ReminderFacts {
        let settings = SummarySettings { anniversary_years: vec![5, 10], dormancy_months: 36 };
        ReminderFacts::new(date(2011, 9, 5), date(2011, 12, 4), settings)
    }

    fn with_paper(members: &Value) -> ReminderFacts {
        let mut body = json!({"kind": "sector_protocol", "title": {"ru": "Протокол"}, "state": "in_force"});
        if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members.clone()) {
            body.extend(members);
        }
        let mut facts = facts();
        facts.agreements.push(serde_json::from_value(body).unwrap());
        facts
    }

    fn with_tie(members: &Value) -> ReminderFacts {
        let mut body = json!({
            "arrangement": "bilateral", "kind": "twin", "stage": "active",
            "parties": [{"place": HOME, "role": "home"}, {"place": HEIHE, "role": "partner"}],
        });
        if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members.clone()) {
            body.extend(members);
        }
        let mut facts = facts();
        facts.partnerships.push(serde_json::from_value(body).unwrap());
        facts.names.insert(HEIHE.parse().unwrap(), LocalizedText::of("ru", "Хэйхэ").unwrap());
        facts
    }

    fn told(reminders: Vec<Reminder>) -> Vec<(String, i32)> {
        reminders.into_iter().map(|reminder| (reminder.on, reminder.days_left)).collect()
    }

    #[test]
    fn a_paper_runs_out_within_the_window() {
        let of = |term: &str| told(agreement_ending(&with_paper(&json!({"in_force": term}))));
        assert_eq!(of("2003-07-17/2011-09-15"), [("2011-09-15".to_owned(), 10)]);
        assert_eq!(of("2003-07-17/2011-09"), [("2011-09-30".to_owned(), 25)]);
        for far in ["2003-07-17/2011-09-04", "2003-07-17/2011-12-05", "2003-07-17/.."] {
            assert!(of(far).is_empty(), "{far}");
        }
    }

    #[test]
    fn notice_is_given_before_a_paper_renews_itself() {
        let of = |days: Option<i32>| {
            let renewal = json!({"months": 60, "notice_days": days});
            told(renewal_notice(&with_paper(&json!({"in_force": "2003-07-17/2012-01-31", "auto_renewal": renewal}))))
        };
        assert_eq!(of(Some(90)), [("2011-11-02".to_owned(), 58)]);
        assert!(of(Some(30)).is_empty() && of(Some(180)).is_empty() && of(None).is_empty());
    }

    #[test]
    fn anniversaries_come_round() {
        let of = |begun: &str| told(partnership_anniversary(&with_tie(&json!({"established": begun}))));
        assert_eq!(of("2001-10-05"), [("2011-10-05".to_owned(), 30)]);
        assert_eq!(of("2006-09"), [("2011-09-01".to_owned(), -4)], "the month is not over");
        assert!(of("2003-07-17").is_empty() && of("[..2001]").is_empty() && of("2001-09-04").is_empty());
        let found = partnership_anniversary(&with_tie(&json!({"established": "2001-10-05"})));
        assert_eq!(
            (found[0].years, found[0].subject.as_ref().and_then(|name| name.get("ru"))),
            (Some(10), Some("Хэйхэ"))
        );
        let ended = json!({"established": "2001-10-05", "stage": "ended"});
        assert!(partnership_anniversary(&with_tie(&ended)).is_empty());
        let signed =
            |state: &str| told(agreement_anniversary(&with_paper(&json!({"signed_on": "2006-11-01", "state": state}))));
        assert_eq!(signed("signed"), [("2011-11-01".to_owned(), 57)]);
        assert!(signed("terminated").is_empty());
    }

    #[test]
    fn a_reply_is_awaited() {
        let of = |due: &str, state: &str| {
            let mut facts = facts();
            let letter = json!({
                "direction": "outgoing", "channel": "post", "subject": {"ru": "Запрос"}, "state": state, "reply_due": due,
            });
            facts.letters.push(serde_json::from_value(letter).unwrap());
            reply_due(&facts).iter().map(|found| (found.days_left, found.severity)).collect::<Vec<_>>()
        };
        assert_eq!(of("2011-09-01", "awaiting_reply"), [(-4, Severity::Warning)]);
        assert_eq!(of("2011-09", "awaiting_reply"), [(25, Severity::Info)]);
        assert!(of("2012", "awaiting_reply").is_empty() && of("2011-09-01", "answered").is_empty());
    }

    #[test]
    fn items_of_a_plan_are_due() {
        let mut facts = facts();
        let item = |state: &str, due: &str| json!({"key": HOME, "title": {"ru": "Пункт"}, "state": state, "due": due});
        let items =
            [item("planned", "2011-06"), item("moved", "2011-10"), item("done", "2011-06"), item("planned", "2012")];
        facts.plans.push(serde_json::from_value(json!({"year": 2011, "items": items})).unwrap());
        let found = plan_item_due(&facts);
        assert_eq!(found[0].item, HOME.parse().ok());
        assert_eq!(told(found), [("2011-06-30".to_owned(), -67), ("2011-10-31".to_owned(), 56)]);
    }

    #[test]
    fn what_is_open_after_its_time_is_told() {
        let of = |collection, period: &str| {
            let mut facts = facts();
            facts.open.push(OpenActivity {
                record: RecordMention { collection, id: Uuid::nil(), reference: String::new() },
                member: "status",
                state: "planned".to_owned(),
                period: PartialInterval::parse(period).unwrap(),
                title: LocalizedText::of("ru", "Ярмарка").unwrap(),
            });
            still_open(&facts).into_iter().map(|found| found.kind).collect::<Vec<_>>()
        };
        assert_eq!(of(CollectionName::Events, "2011-08"), [ReminderKind::EventStillPlanned]);
        assert_eq!(of(CollectionName::Exchanges, "2011-08"), [ReminderKind::ExchangeStillOpen]);
        assert!(of(CollectionName::Events, "2011-09").is_empty() && of(CollectionName::Projects, "2010").is_empty());
    }

    #[test]
    fn a_tie_becomes_dormant() {
        let of = |last: Option<Date>, stage: &str| {
            let mut facts = with_tie(&json!({"stage": stage}));
            facts.last_activity.extend(last.map(|last| (Uuid::nil(), last)));
            partnership_dormant(&facts).iter().map(|found| (found.on.clone(), found.severity)).collect::<Vec<_>>()
        };
        assert_eq!(of(Some(date(2008, 9, 4)), "active"), [("2011-09-05".to_owned(), Severity::Warning)]);
        assert_eq!(of(Some(date(2008, 9, 5)), "active"), [("2011-09-06".to_owned(), Severity::Info)]);
        assert!(of(Some(date(2009, 9, 4)), "active").is_empty() && of(None, "active").is_empty());
        assert!(of(Some(date(2008, 9, 4)), "suspended").is_empty());
    }
}
