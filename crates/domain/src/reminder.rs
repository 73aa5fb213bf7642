//! Reminders: what is due in the next time, and what should have been done. Computed, never stored.
//!
//! What belongs here: what a reminder is, the facts they are drawn from, and the list of rules. The
//! rules stand in `reminder/`.

mod rules;

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{Span, Unit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::agreement::Agreement;
use crate::codelist;
use crate::finding::{OpenActivity, RecordMention, Severity};
use crate::letter::Letter;
use crate::partnership::Partnership;
use crate::partnership_summary::SummarySettings;
use crate::record::Record;
use crate::value::{LocalizedText, Malformed};
use crate::work_plan::WorkPlan;

/// Something that is due, or should have been done.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "id": "0d7bb0d2-3a5e-8c11-8d56-93e2b8f6a1c4", "kind": "partnership_anniversary", "severity": "info",
    "title": "Anniversary of a partnership", "on": "2013-07-17", "days_left": 30, "years": 10,
    "record": {"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PAR-0002"},
    "subject": {"ru": "Удаляньчи", "zh": "五大连池"}
})))]
pub struct Reminder {
    /// Names the reminder: the same as long as it is about the same day.
    #[schema(examples("0d7bb0d2-3a5e-8c11-8d56-93e2b8f6a1c4"))]
    pub id: Uuid,
    /// What kind of thing is due.
    pub kind: ReminderKind,
    /// How much it matters.
    pub severity: Severity,
    /// What it is, in the language asked for.
    #[schema(max_length = 200, examples("Anniversary of a partnership"))]
    pub title: String,
    /// The day. Of a month or a year, the first when something begins on it, the last when something
    /// ends or is due.
    #[schema(value_type = String, format = Date, examples("2013-07-17"))]
    pub on: String,
    /// How many days there are left until then; less than 0 when it has passed.
    #[schema(minimum = -4_000_000, maximum = 4_000_000, examples(30))]
    pub days_left: i32,
    /// The record it is about.
    pub record: RecordMention,
    /// What the record is called; of a tie of two, the partner.
    pub subject: Option<LocalizedText>,
    /// Which anniversary it is.
    #[schema(minimum = 1, maximum = 500, examples(10))]
    pub years: Option<i32>,
    /// The item of the work plan: its key.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8701"))]
    pub item: Option<Uuid>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("agreement_ending", "reply_due"))]
pub enum ReminderKind {
    /// The term of a paper in force ends.
    AgreementEnding,
    /// The last day to give notice before a paper renews itself.
    RenewalNotice,
    /// An anniversary of a tie that the municipality marks.
    PartnershipAnniversary,
    /// An anniversary of a signing.
    AgreementAnniversary,
    /// A reply to a letter is awaited by then.
    ReplyDue,
    /// An item of the work plan is due.
    PlanItemDue,
    /// An event that is still planned after its time.
    EventStillPlanned,
    /// An exchange that is still open after its time.
    ExchangeStillOpen,
    /// From then on a tie is dormant: nothing has taken place for the months that the municipality says.
    PartnershipDormant,
}

impl ReminderKind {
    /// All, in the order of the codelist.
    pub const ALL: &[Self] = &[
        Self::AgreementEnding,
        Self::RenewalNotice,
        Self::PartnershipAnniversary,
        Self::AgreementAnniversary,
        Self::ReplyDue,
        Self::PlanItemDue,
        Self::EventStillPlanned,
        Self::ExchangeStillOpen,
        Self::PartnershipDormant,
    ];

    /// As it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgreementEnding => "agreement_ending",
            Self::RenewalNotice => "renewal_notice",
            Self::PartnershipAnniversary => "partnership_anniversary",
            Self::AgreementAnniversary => "agreement_anniversary",
            Self::ReplyDue => "reply_due",
            Self::PlanItemDue => "plan_item_due",
            Self::EventStillPlanned => "event_still_planned",
            Self::ExchangeStillOpen => "exchange_still_open",
            Self::PartnershipDormant => "partnership_dormant",
        }
    }
}

/// The facts that reminders are drawn from, about one municipality. Lists may hold more than a rule
/// tells.
#[derive(Clone, Debug)]
pub struct ReminderFacts {
    /// The day they are told for.
    pub on: Date,
    /// The last day that is looked at.
    pub until: Date,
    /// Which anniversaries are marked, and when a tie is dormant.
    pub settings: SummarySettings,
    /// Papers.
    pub agreements: Vec<Record<Agreement>>,
    /// Living ties.
    pub partnerships: Vec<Record<Partnership>>,
    /// The day of the last thing that took place under a tie, by the tie.
    pub last_activity: HashMap<Uuid, Date>,
    /// Letters.
    pub letters: Vec<Record<Letter>>,
    /// Work plans.
    pub plans: Vec<Record<WorkPlan>>,
    /// Events and exchanges that are open.
    pub open: Vec<OpenActivity>,
    /// What partners are called, by place or organization.
    pub names: HashMap<Uuid, LocalizedText>,
}

/// A rule: from facts to reminders.
type Rule = fn(&ReminderFacts) -> Vec<Reminder>;

/// Every rule.
const RULES: &[Rule] = &[
    rules::agreement_ending,
    rules::renewal_notice,
    rules::partnership_anniversary,
    rules::agreement_anniversary,
    rules::reply_due,
    rules::plan_item_due,
    rules::still_open,
    rules::partnership_dormant,
];

impl ReminderFacts {
    /// No facts yet.
    pub fn new(on: Date, until: Date, settings: SummarySettings) -> Self {
        Self {
            on,
            until,
            settings,
            agreements: Vec::new(),
            partnerships: Vec::new(),
            last_activity: HashMap::new(),
            letters: Vec::new(),
            plans: Vec::new(),
            open: Vec::new(),
            names: HashMap::new(),
        }
    }

    /// What is due, the earliest first.
    pub fn reminders(&self, lang: &str) -> Vec<Reminder> {
        let mut due: Vec<Reminder> = RULES.iter().flat_map(|rule| rule(self)).collect();
        for reminder in &mut due {
            let label = codelist::label("reminder_kind", reminder.kind.as_str(), lang);
            label.unwrap_or_default().clone_into(&mut reminder.title);
        }
        due.sort_by_cached_key(|reminder| (reminder.sort_key(), reminder.id));
        due
    }
}

impl Reminder {
    fn new(kind: ReminderKind, severity: Severity, day: Date, today: Date, record: RecordMention) -> Self {
        let days = today.until((Unit::Day, day)).map_or(0, |span| span.get_days());
        let mut reminder = Self {
            id: Uuid::nil(),
            kind,
            severity,
            title: String::new(),
            on: day.to_string(),
            days_left: days,
            record,
            subject: None,
            years: None,
            item: None,
        };
        reminder.name();
        reminder
    }

    fn called(self, subject: Option<&LocalizedText>) -> Self {
        Self { subject: subject.cloned(), ..self }
    }

    fn anniversary(self, years: i32) -> Self {
        let mut reminder = Self { years: Some(years), ..self };
        reminder.name();
        reminder
    }

    fn of_item(self, item: Uuid) -> Self {
        let mut reminder = Self { item: Some(item), ..self };
        reminder.name();
        reminder
    }

    fn name(&mut self) {
        let mut hash = Sha256::new();
        let item = self.item.unwrap_or_default().to_string();
        let years = self.years.unwrap_or_default().to_string();
        for part in [self.kind.as_str(), &self.record.id.to_string(), &self.on, &item, &years] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, made)| *byte = made);
        self.id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    }

    /// What reminders are sorted by: the day, then the kind and the record.
    pub fn sort_key(&self) -> String {
        format!("{} {} {}", self.on, self.kind.as_str(), self.record.reference)
    }
}

/// How far ahead reminders look: whole days, weeks, months and years in ISO 8601, `P1D` to `P5Y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, min_length = 3, max_length = 20, pattern = "^P([0-9]+[YMWD])+$", examples("P90D", "P6M", "P1Y"))]
pub struct ReminderWindow(SpanOfDays);

/// Kept behind one field because the schema of a one-field struct can be given as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SpanOfDays {
    years: i64,
    months: i64,
    days: i64,
}

impl ReminderWindow {
    /// What it is when nothing is said: `P90D`.
    pub const DEFAULT: &str = "P90D";
    /// The most years ahead.
    const YEARS: i64 = 5;

    /// Reads a duration.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let wrong = || {
            Malformed("Give a duration of whole days, weeks, months or years from P1D to P5Y, such as P90D.".to_owned())
        };
        let span: Span = text.parse().map_err(|_| wrong())?;
        let of = SpanOfDays {
            years: span.get_years().into(),
            months: span.get_months().into(),
            days: i64::from(span.get_weeks()) * 7 + i64::from(span.get_days()),
        };
        let is_of_days = text.starts_with('P') && !text.contains(['T', '.', ',']);
        // Wherever it begins, it ends within the years: no month has more than 31 days.
        let most = of.years * 366 + of.months * 31 + of.days;
        let is_within = of.years >= 0 && of.months >= 0 && of.days >= 0 && (1..=Self::YEARS * 12 * 31).contains(&most);
        let is_few = of.years * 12 + of.months <= Self::YEARS * 12;
        if is_of_days && is_within && is_few { Ok(Self(of)) } else { Err(wrong()) }
    }

    /// The last day, counted from one; never more than the years ahead.
    pub fn from(self, on: Date) -> Date {
        let SpanOfDays { years, months, days } = self.0;
        let span = |years, months, days| Span::new().try_years(years)?.try_months(months)?.try_days(days);
        let end = |span: Result<Span, jiff::Error>| span.and_then(|span| on.checked_add(span)).unwrap_or(Date::MAX);
        end(span(years, months, days)).min(end(span(Self::YEARS, 0, 0)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_window_has_days_only_and_five_years_at_most() {
        let until = |text| ReminderWindow::parse(text).unwrap().from(date(2011, 9, 5)).to_string();
        assert_eq!(until("P1D"), "2011-09-06");
        assert_eq!(until(ReminderWindow::DEFAULT), "2011-12-04");
        assert_eq!(until("P2W"), "2011-09-19");
        assert_eq!(until("P1Y6M"), "2013-03-05");
        assert_eq!(until("P5Y"), "2016-09-05");
        for wrong in [
            "",
            "P",
            "P0D",
            "-P1D",
            "PT24H",
            "P1DT1H",
            "P6Y",
            "P61M",
            "P5Y1D2000D",
            "90",
            "p1d",
            "P1.5D",
            "P9999999999D",
        ] {
            assert!(ReminderWindow::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn kinds_have_labels() {
        crate::exchange::tests::same_as_codelist::<ReminderKind>("reminder_kind");
        for kind in ReminderKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
