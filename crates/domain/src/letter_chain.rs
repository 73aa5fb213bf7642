//! The chain a letter belongs to: what was written and what was replied, in its order, and what is
//! still waited for on a day.

use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use crate::letter::{Letter, LetterDirection};
use crate::letter_state::LetterState;
use crate::record::Record;
use crate::value::{LocalizedText, PartialDate};

/// The letters that hang together by `reply_to`, as far as the caller sees them.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "letter": "01890a5d-ac96-774b-bcce-b302099a8501", "on": "2011-11-05", "overdue": 1,
    "letters": [{
        "id": "01890a5d-ac96-774b-bcce-b302099a8501", "ref": "LET-0001", "direction": "outgoing", "state": "awaiting_reply",
        "subject": {"ru": "О возможности установления побратимских отношений"}, "sent_on": "2011-09-05",
        "reply_due": "2011-10", "overdue": true
    }]
})))]
pub struct LetterChain {
    /// The letter that was asked for.
    pub letter: Uuid,
    /// The day it is told for, in the municipality's time zone.
    #[schema(value_type = String, format = Date, examples("2011-11-05"))]
    pub on: String,
    /// How many of them are overdue on that day.
    #[schema(minimum = 0, maximum = 200, examples(1))]
    pub overdue: i32,
    /// The letters: those sent first come first, those without a date last.
    pub letters: Vec<LetterInChain>,
}

/// A letter as its chain tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8502", "ref": "LET-0002", "direction": "incoming", "state": "sent",
    "subject": {"ru": "Ответ"}, "sent_on": "2011-10-12", "reply_to": "01890a5d-ac96-774b-bcce-b302099a8501", "overdue": false
})))]
pub struct LetterInChain {
    /// The letter.
    pub id: Uuid,
    /// Its number for people.
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("LET-0002"))]
    pub reference: String,
    /// Whether it is received or sent.
    pub direction: LetterDirection,
    /// Where it stands.
    pub state: LetterState,
    /// What it is about.
    pub subject: LocalizedText,
    /// When it was sent, as well as it is known.
    pub sent_on: Option<PartialDate>,
    /// The letter it replies to, be it in this list or not.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8501"))]
    pub reply_to: Option<Uuid>,
    /// By when a reply should be there.
    pub reply_due: Option<PartialDate>,
    /// Whether a reply is awaited that should have been there by that day.
    pub overdue: bool,
}

impl LetterChain {
    /// Letters that a chain tells of at most; a longer one is cut.
    pub const MAX: usize = 200;

    /// The chain of a letter on a day.
    pub fn of(letter: Uuid, records: &[Record<Letter>], on: Date) -> Self {
        let mut letters: Vec<&Record<Letter>> = records.iter().collect();
        letters.sort_by_key(|record| {
            let sent = record.body.sent_on.map_or(Date::MAX, |sent| sent.earliest().unwrap_or(Date::MIN));
            (sent, record.head.created_at, record.head.id)
        });
        let letters: Vec<_> = letters.into_iter().map(|record| LetterInChain::of(record, on)).collect();
        let overdue = letters.iter().filter(|letter| letter.overdue).count();
        Self { letter, on: on.to_string(), overdue: i32::try_from(overdue).unwrap_or(i32::MAX), letters }
    }
}

impl LetterInChain {
    fn of(record: &Record<Letter>, on: Date) -> Self {
        let letter = &record.body;
        Self {
            id: record.head.id,
            reference: record.head.reference.clone(),
            direction: letter.direction,
            state: letter.state,
            subject: letter.subject.clone(),
            sent_on: letter.sent_on,
            reply_to: letter.reply_to,
            reply_due: letter.reply_due,
            overdue: letter.is_overdue(on),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;
    use crate::letter::tests::letter;
    use crate::record::Head;

    #[test]
    fn letters_come_as_they_were_sent() {
        let record = |reference: &str, members: Value| Record {
            head: Head { reference: reference.to_owned(), ..Head::default() },
            body: letter(members),
        };
        let records = [
            record("LET-0004", json!({})),
            record("LET-0003", json!({"state": "sent", "sent_on": "2011-10-12", "direction": "incoming"})),
            record("LET-0002", json!({"state": "awaiting_reply", "sent_on": "2011-09", "reply_due": "2011-10"})),
            record("LET-0001", json!({"state": "answered", "sent_on": "[..2011-01]", "reply_due": "2011-02"})),
        ];
        let chain = LetterChain::of(Uuid::nil(), &records, date(2011, 11, 5));
        let told: Vec<_> = chain.letters.iter().map(|letter| (letter.reference.as_str(), letter.overdue)).collect();
        assert_eq!(told, [("LET-0001", false), ("LET-0002", true), ("LET-0003", false), ("LET-0004", false)]);
        assert_eq!((chain.on.as_str(), chain.overdue), ("2011-11-05", 1));
        assert_eq!(LetterChain::of(Uuid::nil(), &records, date(2011, 10, 31)).overdue, 0);
    }
}
