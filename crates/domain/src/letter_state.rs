//! The way of a letter from draft to reply, and the moves on it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fault::Faults;
use crate::letter::Letter;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::transition::Move;
use crate::value::PartialDate;

/// Where a letter stands: draft → sent → awaiting_reply → answered → closed. It may be closed from
/// anywhere, and wait again for a better answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("draft", "awaiting_reply"))]
pub enum LetterState {
    /// It is being written. What a letter of ours begins as.
    #[default]
    Draft,
    /// It is on its way, or has arrived. What a letter of theirs begins as.
    Sent,
    /// A reply is awaited: theirs to our letter, ours to theirs.
    AwaitingReply,
    /// Another letter replied to it.
    Answered,
    /// Nothing more is to be done. The end.
    Closed,
}

impl LetterState {
    /// Every state, in the order of the way.
    pub const ALL: &[Self] = &[Self::Draft, Self::Sent, Self::AwaitingReply, Self::Answered, Self::Closed];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::AwaitingReply => "awaiting_reply",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// The states that may follow.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Sent, Self::AwaitingReply, Self::Closed],
            Self::Sent => &[Self::AwaitingReply, Self::Answered, Self::Closed],
            Self::AwaitingReply => &[Self::Answered, Self::Closed],
            Self::Answered => &[Self::AwaitingReply, Self::Closed],
            Self::Closed => &[],
        }
    }

    /// Whether leaving this state for another one needs a word of why: a draft that is given up, a
    /// reply that nobody waits for any more, an answer that was none.
    const fn needs_reason(self, to: Self) -> bool {
        matches!((self, to), (Self::Draft | Self::AwaitingReply, Self::Closed) | (Self::Answered, Self::AwaitingReply))
    }
}

/// Asks for a letter's next state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(
    json!({"to": "answered", "on": "2011-09-05", "reply": "01890a5d-ac96-774b-bcce-b302099a8502"}),
    json!({"to": "awaiting_reply", "on": "2011-09-05", "reply_due": "2011-10"})
))]
pub struct LetterTransitionInput {
    /// The state it is in from now on.
    pub to: LetterState,
    /// When that happened, as well as it is known; a day to come is refused. For a draft that is
    /// sent it becomes `sent_on`; today when left out.
    pub on: Option<PartialDate>,
    /// Why; required to give up a draft, to wait no longer, and to wait again after an answer. Kept
    /// in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Ответа не последовало"))]
    pub reason: Option<String>,
    /// The letter that answers it; for `answered` only. Its `reply_to` is this letter, it goes the
    /// other way, and it is no draft.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8502"))]
    pub reply: Option<Uuid>,
    /// By when a reply should be there; for `awaiting_reply` only. As the letter has it when left out.
    #[schema(examples("2011-10"))]
    pub reply_due: Option<PartialDate>,
    /// Whether this tells of the past: the order is free then and nothing but a source is needed,
    /// which the record must cite. Corrects a state, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
}

impl Record<Letter> {
    /// The letter in another state. `replies` are the letters that the request names and its sender
    /// sees: that it is answered needs one.
    pub fn transition(&self, input: &LetterTransitionInput, replies: &[Self], today: Date) -> Result<Self, Refusal> {
        use LetterState::{Answered, AwaitingReply, Draft};
        let (from, to) = (self.body.state, input.to);
        let mut faults = Faults::default();
        faults.unless(
            input.reply.is_none() || to == Answered,
            "/reply",
            "not_allowed",
            "Only what is answered names its reply.",
        );
        faults.unless(
            input.reply_due.is_none() || to == AwaitingReply,
            "/reply_due",
            "not_allowed",
            "A reply is due only while it is awaited.",
        );
        faults.unless(from == to || to != Draft, "/to", "not_allowed", "What was sent is no draft again.");
        self.check_reply(input, replies, &mut faults);
        faults.into_result()?;
        Move {
            from: from.as_str(),
            to: to.as_str(),
            allowed: from.next().iter().map(|state| state.as_str()).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: from.needs_reason(to),
            historical: input.historical,
            has_sources: !self.head.sources.is_empty(),
            ends: None,
            lacking: (to == Answered && input.reply.is_none()).then_some("reply"),
        }
        .decide(today)?;
        let mut after = self.clone();
        after.body.state = to;
        if from == Draft && matches!(to, LetterState::Sent | AwaitingReply) {
            after.body.sent_on = Some(input.on.unwrap_or_else(|| PartialDate::from_day(today)));
        }
        after.body.reply_due = input.reply_due.or(self.body.reply_due);
        Ok(after)
    }

    /// The reply that is named is one.
    fn check_reply(&self, input: &LetterTransitionInput, replies: &[Self], faults: &mut Faults) {
        let Some(id) = input.reply else { return };
        let Some(reply) = replies.iter().find(|reply| reply.head.id == id) else {
            faults.add("/reply", "unknown_reference", format!("There is no letter {id}."));
            return;
        };
        let why = if reply.body.reply_to != Some(self.head.id) {
            "That letter does not say that it replies to this one; set its reply_to first."
        } else if reply.body.direction == self.body.direction {
            "A reply goes the other way."
        } else if reply.body.state == LetterState::Draft {
            "That letter is a draft; send it first."
        } else {
            return;
        };
        faults.add("/reply", "not_allowed", why);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::letter::tests::{CITY, letter};
    use crate::record::{Head, Source};
    use crate::{Collection, InvalidState};
    use LetterState::*;

    const TODAY: Date = date(2011, 9, 5);
    const ANSWER: &str = "01890a5d-ac96-774b-bcce-b302099a8502";

    fn record(id: &str, members: Value) -> Record<Letter> {
        Record { head: Head { id: id.parse().unwrap(), ..Head::default() }, body: letter(members) }
    }

    fn to(state: LetterState) -> LetterTransitionInput {
        LetterTransitionInput { to: state, on: None, reason: None, reply: None, reply_due: None, historical: false }
    }

    fn answered() -> LetterTransitionInput {
        LetterTransitionInput { reply: ANSWER.parse().ok(), ..to(Answered) }
    }

    fn answer(members: Value) -> Record<Letter> {
        let mut body = json!({"direction": "incoming", "state": "sent", "reply_to": CITY});
        if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members) {
            body.extend(members);
        }
        record(ANSWER, body)
    }

    fn faults(result: Result<Record<Letter>, Refusal>) -> Vec<String> {
        match result {
            Err(Refusal::Invalid(faults)) => {
                faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn refused(result: Result<Record<Letter>, Refusal>) -> InvalidState {
        match result {
            Err(Refusal::State(state)) => *state,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_draft_is_sent_and_waits_and_is_answered() {
        let draft = record(CITY, json!({}));
        let sent = draft.transition(&to(Sent), &[], TODAY).unwrap();
        assert_eq!((sent.body.state, sent.body.sent_on), (Sent, Some(PartialDate::from_day(TODAY))));
        let due = PartialDate::parse("2011-10").ok();
        let on = PartialDate::parse("2011-09-01").ok();
        let waits =
            draft.transition(&LetterTransitionInput { on, reply_due: due, ..to(AwaitingReply) }, &[], TODAY).unwrap();
        assert_eq!((waits.body.sent_on, waits.body.reply_due), (on, due));
        let done = waits.transition(&answered(), &[answer(json!({}))], TODAY).unwrap();
        assert_eq!((done.body.state, done.body.reply_due), (Answered, due));
        assert_eq!(done.transition(&to(Closed), &[], TODAY).unwrap().body.state, Closed);
        assert_eq!(refused(draft.transition(&answered(), &[answer(json!({}))], TODAY)).allowed.len(), 3);
    }

    #[test]
    fn an_answer_is_a_letter_of_the_other_side_that_replies_to_it() {
        let waits = record(CITY, json!({"state": "awaiting_reply"}));
        assert_eq!(refused(waits.transition(&to(Answered), &[], TODAY)).missing, ["reply"]);
        assert_eq!(faults(waits.transition(&answered(), &[], TODAY)), ["/reply unknown_reference"]);
        for wrong in [
            json!({"reply_to": ANSWER}),
            json!({"direction": "outgoing"}),
            json!({"direction": "incoming", "state": "draft"}),
        ] {
            assert_eq!(faults(waits.transition(&answered(), &[answer(wrong)], TODAY)), ["/reply not_allowed"]);
        }
    }

    #[test]
    fn what_belongs_to_another_move_is_told() {
        let sent = record(CITY, json!({"state": "sent"}));
        let input = LetterTransitionInput { reply_due: PartialDate::parse("2012").ok(), ..answered() };
        let input = LetterTransitionInput { to: Closed, ..input };
        assert_eq!(
            faults(sent.transition(&input, &[answer(json!({}))], TODAY)),
            ["/reply not_allowed", "/reply_due not_allowed"]
        );
        assert_eq!(faults(sent.transition(&to(Draft), &[], TODAY)), ["/to not_allowed"]);
        let early = LetterTransitionInput { on: PartialDate::parse("2011-09-06").ok(), ..to(AwaitingReply) };
        assert_eq!(faults(sent.transition(&early, &[], TODAY)), ["/on not_allowed"]);
    }

    #[test]
    fn giving_up_needs_a_reason() {
        for state in ["draft", "awaiting_reply"] {
            let open = record(CITY, json!({"state": state}));
            assert_eq!(faults(open.transition(&to(Closed), &[], TODAY)), ["/reason required"]);
            let input = LetterTransitionInput {
                reason: Some("Ответа не последовало".to_owned()), ..to(Closed)
            };
            assert_eq!(open.transition(&input, &[], TODAY).unwrap().body.state, Closed);
        }
        let answered = record(CITY, json!({"state": "answered"}));
        assert_eq!(faults(answered.transition(&to(AwaitingReply), &[], TODAY)), ["/reason required"]);
    }

    #[test]
    fn history_is_told_with_a_source_and_without_the_reply() {
        let mut closed = record(CITY, json!({"state": "closed"}));
        let input = LetterTransitionInput { historical: true, ..to(Answered) };
        assert_eq!(refused(closed.transition(&input, &[], TODAY)).missing, ["sources"]);
        let text = "Отчёт за 2011 год".to_owned();
        closed.head.sources = vec![Source { text, locator: None, quote: None, lang: None, document_id: None }];
        assert_eq!(closed.transition(&input, &[], TODAY).unwrap().body.state, Answered);
    }

    proptest! {
        /// Whatever is asked for: the order is kept unless history is told, and the rules still hold.
        #[test]
        fn no_move_leaves_the_way(
            wanted in prop::collection::vec((prop::sample::select(LetterState::ALL), any::<bool>(), any::<bool>()), 1..10),
        ) {
            let mut now = record(CITY, json!({}));
            for (state, reason, with_reply) in wanted {
                let reason = reason.then(|| "Так решено".to_owned());
                let reply = with_reply.then(|| ANSWER.parse().unwrap());
                let input = LetterTransitionInput { reason: reason.clone(), reply, ..to(state) };
                let Ok(moved) = now.transition(&input, &[answer(json!({}))], TODAY) else { continue };
                prop_assert!(now.body.state.next().contains(&state));
                prop_assert!(state != Answered || with_reply);
                prop_assert!(!now.body.state.needs_reason(state) || reason.is_some());
                let mut faults = Faults::default();
                moved.body.check(&moved.head, &mut faults);
                prop_assert!(faults.is_empty());
                now = moved;
            }
        }
    }
}
