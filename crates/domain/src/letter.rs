//! Letters: the correspondence with the partners, on its way, answered or waiting.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName, State};
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::letter_state::LetterState;
use crate::record::Head;
use crate::value::{LocalizedText, PartialDate};

/// A letter received or sent: who wrote to whom, by which way, about what, whether a reply is due,
/// and which letter it replies to. A chain of letters hangs together by `reply_to`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "direction": "outgoing",
    "channel": "foreign_ministry",
    "from": "01890a5d-ac96-774b-bcce-b302099a8101",
    "to": "01890a5d-ac96-774b-bcce-b302099a8102",
    "via": ["01890a5d-ac96-774b-bcce-b302099a8103"],
    "number": "01-17/2345",
    "subject": {"ru": "О возможности установления побратимских отношений", "ko": "자매결연 체결 가능성에 관하여"},
    "partnership": "01890a5d-ac96-774b-bcce-b302099a8201",
    "reply_due": "2011-10"
})))]
pub struct Letter {
    /// Whether it is received or sent, seen from the home city.
    pub direction: LetterDirection,
    /// By which way it goes.
    pub channel: LetterChannel,
    /// Who writes: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8101"))]
    pub from: Option<Uuid>,
    /// To whom: another organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8102"))]
    pub to: Option<Uuid>,
    /// The organizations it passes through, in order: a ministry's representation, an embassy.
    #[serde(default)]
    #[schema(max_items = 20, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8103"])))]
    pub via: Vec<Uuid>,
    /// The number its sender gave it.
    #[schema(min_length = 1, max_length = 100, examples("01-17/2345"))]
    pub number: Option<String>,
    /// When it was sent, as well as it is known. Sending a draft fills it in.
    #[schema(examples("2011-09-05"))]
    pub sent_on: Option<PartialDate>,
    /// When it arrived, as well as it is known; not before it was sent.
    #[schema(examples("2011-09-19"))]
    pub received_on: Option<PartialDate>,
    /// What it is about.
    pub subject: LocalizedText,
    /// The tie it concerns.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8201"))]
    pub partnership: Option<Uuid>,
    /// By when a reply should be there; not before the letter was sent. While a reply is awaited
    /// and this day is over, the letter is overdue.
    #[schema(examples("2011-10"))]
    pub reply_due: Option<PartialDate>,
    /// The letter it replies to; from the other side, mostly.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8501"))]
    pub reply_to: Option<Uuid>,
    /// Where it stands. A letter of ours begins as `draft`, one of theirs as `sent`. Moves only by a
    /// transition.
    #[serde(default)]
    #[schema(default = "draft")]
    pub state: LetterState,
}

/// Whether a letter is received (`incoming`) or sent (`outgoing`), seen from the home city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("incoming", "outgoing"))]
pub enum LetterDirection {
    /// To the home city.
    Incoming,
    /// From the home city.
    Outgoing,
}

/// By which way a letter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("foreign_ministry", "email"))]
pub enum LetterChannel {
    /// Through the foreign ministries and their representations.
    ForeignMinistry,
    /// Through an embassy or consulate.
    Embassy,
    /// By post.
    Post,
    /// By electronic mail.
    Email,
    /// As a diplomatic note.
    NoteVerbale,
}

impl Collection for Letter {
    const NAME: CollectionName = CollectionName::Letters;
    const STATE: Option<&'static str> = Some("state");

    fn check(&self, head: &Head, faults: &mut Faults) {
        let is_draft = self.state == LetterState::Draft;
        faults.unless(
            !(is_draft && self.direction == LetterDirection::Incoming),
            "/state",
            "not_allowed",
            "What was received is no draft.",
        );
        for (pointer, day) in [("/sent_on", self.sent_on), ("/received_on", self.received_on)] {
            faults.unless(!is_draft || day.is_none(), pointer, "not_allowed", "It is a draft and has not been sent.");
        }
        if let Some(sent) = &self.sent_on {
            faults.unless(
                !self.received_on.is_some_and(|received| received.is_before(sent)),
                "/received_on",
                "not_allowed",
                "It cannot arrive before it was sent.",
            );
            faults.unless(
                !self.reply_due.is_some_and(|due| due.is_before(sent)),
                "/reply_due",
                "not_allowed",
                "A reply cannot be due before the letter was sent.",
            );
        }
        faults.unless(
            self.reply_to != Some(head.id) || head.id.is_nil(),
            "/reply_to",
            "not_allowed",
            "A letter does not reply to itself.",
        );
        faults.unless(
            self.to.is_none() || self.to != self.from,
            "/to",
            "not_allowed",
            "A letter goes from one organization to another.",
        );
        faults.each_once("/via", &self.via);
    }

    fn references(&self, references: &mut References) {
        use CollectionName::{Letters, Organizations, Partnerships};
        references.one("from", Organizations, self.from);
        references.one("to", Organizations, self.to);
        references.many("via", Organizations, &self.via);
        references.one("partnership", Partnerships, self.partnership);
        references.one("reply_to", Letters, self.reply_to);
    }

    fn terms(&self, terms: &mut Terms) {
        terms.title(&self.subject);
        terms.number(self.number.as_deref().unwrap_or_default());
    }

    fn state(&self) -> Option<State> {
        let first = match self.direction {
            LetterDirection::Incoming => LetterState::Sent,
            LetterDirection::Outgoing => LetterState::Draft,
        };
        let (current, first) = (self.state.as_str().to_owned(), first.as_str().to_owned());
        Some(State { member: "state", current, first })
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("sent_on", self.sent_on.as_ref());
        dates.one("received_on", self.received_on.as_ref());
        dates.one("reply_due", self.reply_due.as_ref());
    }
}

impl Letter {
    /// Whether a reply is awaited that should have been there by this day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.state == LetterState::AwaitingReply
            && self.reply_due.and_then(|due| due.latest()).is_some_and(|due| due < today)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;
    use crate::exchange::tests::same_as_codelist;

    pub(crate) const CITY: &str = "01890a5d-ac96-774b-bcce-b302099a8101";
    const MISSION: &str = "01890a5d-ac96-774b-bcce-b302099a8103";

    /// A letter with these members beside those it must have.
    pub(crate) fn letter(members: Value) -> Letter {
        let mut body = json!({
            "direction": "outgoing", "channel": "post",
            "subject": {"ru": "О возможности установления побратимских отношений", "ko": "자매결연"},
        });
        if let Value::Object(members) = members {
            members.into_iter().for_each(|(name, value)| body[name] = value);
        }
        serde_json::from_value(body).unwrap()
    }

    fn faults(members: Value) -> Vec<String> {
        let mut faults = Faults::default();
        letter(members).check(&Head::default(), &mut faults);
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn enumerations_are_those_of_the_codelists() {
        same_as_codelist::<LetterDirection>("letter_direction");
        same_as_codelist::<LetterChannel>("letter_channel");
        same_as_codelist::<LetterState>("letter_state");
    }

    #[test]
    fn ours_begin_as_drafts_and_theirs_as_sent() {
        let first = |direction| letter(json!({"direction": direction})).state().unwrap().first;
        assert_eq!((first("outgoing"), first("incoming")), ("draft".to_owned(), "sent".to_owned()));
        assert_eq!(faults(json!({"direction": "incoming"})), ["/state not_allowed"]);
        assert!(faults(json!({"direction": "incoming", "state": "sent"})).is_empty());
    }

    #[test]
    fn days_follow_each_other() {
        assert!(faults(json!({"state": "sent", "sent_on": "2011-09", "received_on": "2011-09-01"})).is_empty());
        assert_eq!(
            faults(json!({"state": "sent", "sent_on": "2011-09", "received_on": "2011-08", "reply_due": "2010"})),
            ["/received_on not_allowed", "/reply_due not_allowed"]
        );
        assert_eq!(
            faults(json!({"sent_on": "2011-09", "received_on": "2011-10"})),
            ["/sent_on not_allowed", "/received_on not_allowed"]
        );
        assert!(faults(json!({"reply_due": "2011-10"})).is_empty(), "a draft may say when a reply will be due");
    }

    #[test]
    fn it_goes_from_one_to_another() {
        assert_eq!(
            faults(json!({"from": CITY, "to": CITY, "via": [MISSION, MISSION]})),
            ["/to not_allowed", "/via/1 duplicate"]
        );
        let mut found = Faults::default();
        let head = Head { id: CITY.parse().unwrap(), ..Head::default() };
        letter(json!({"reply_to": CITY})).check(&head, &mut found);
        assert!(found.has("/reply_to"));
        let mut references = References::default();
        letter(json!({"from": CITY, "via": [MISSION], "reply_to": CITY, "partnership": CITY}))
            .references(&mut references);
        let pointers: Vec<_> = references.iter().map(|found| found.pointer.as_str()).collect();
        assert_eq!(pointers, ["/from", "/via/0", "/partnership", "/reply_to"]);
    }

    #[test]
    fn overdue_is_what_is_awaited_beyond_its_day() {
        let overdue =
            |state: &str, due: Option<&str>, today| letter(json!({"state": state, "reply_due": due})).is_overdue(today);
        assert!(overdue("awaiting_reply", Some("2011-10"), date(2011, 11, 1)));
        assert!(!overdue("awaiting_reply", Some("2011-10"), date(2011, 10, 31)), "the month is not over");
        assert!(!overdue("awaiting_reply", None, date(2011, 11, 1)));
        assert!(!overdue("answered", Some("2011-10"), date(2011, 11, 1)));
    }
}
