//! Documents: papers and pictures with their files.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName};
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::record::Head;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use crate::value::{LanguageTag, LocalizedText, PartialDate};

/// A paper or a picture that is kept as a file: what it is, who issued it, which records it belongs
/// to. Its content is uploaded and downloaded by itself. Any record may cite it among its sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "title": {"ru": "Соглашение о побратимских связях, скан", "zh": "友好城市协议扫描件"},
    "kind": "agreement_text",
    "lang": "ru",
    "date": "2011-06-24",
    "number": "01-17/2345",
    "issuer": "01890a5d-ac96-774b-bcce-b302099a8101",
    "partnerships": ["01890a5d-ac96-774b-bcce-b302099a8201"],
    "agreement": "01890a5d-ac96-774b-bcce-b302099a8301",
    "events": ["01890a5d-ac96-774b-bcce-b302099a8401"]
})))]
pub struct Document {
    /// What it is called.
    pub title: LocalizedText,
    /// What kind of paper or picture it is.
    pub kind: DocumentKind,
    /// The language it is in.
    pub lang: Option<LanguageTag>,
    /// The day it bears, as well as it is known.
    #[schema(examples("2011-06-24"))]
    pub date: Option<PartialDate>,
    /// The number its issuer gave it.
    #[schema(min_length = 1, max_length = 100, examples("01-17/2345"))]
    pub number: Option<String>,
    /// Who issued it: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8101"))]
    pub issuer: Option<Uuid>,
    /// The ties it concerns.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8201"])))]
    pub partnerships: Vec<Uuid>,
    /// The agreement whose text it is, or which it belongs to.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8301"))]
    pub agreement: Option<Uuid>,
    /// The letter it is the paper of, or which it was sent with.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8501"))]
    pub letter: Option<Uuid>,
    /// The exchanges it belongs to: a programme, a report, pictures.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8601"])))]
    pub exchanges: Vec<Uuid>,
    /// The events it belongs to.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8401"])))]
    pub events: Vec<Uuid>,
    /// Its file, once one was uploaded.
    #[schema(read_only)]
    pub content: Option<DocumentContent>,
}

/// What is known of the file of a document. Each upload makes a new one; none is ever changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8701",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 482113,
    "media_type": "application/pdf",
    "file_name": "Соглашение.pdf",
    "uploaded_at": "2011-09-05T01:30:00.000000Z"
})))]
pub struct DocumentContent {
    /// Names the upload; another one has another, also with the same bytes.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8701"))]
    pub id: Uuid,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        min_length = 64,
        max_length = 64,
        examples("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
    )]
    pub sha256: String,
    /// How many bytes it has.
    #[schema(minimum = 1, examples(482_113))]
    pub size: i64,
    /// What kind of file it is, told by its first bytes; `application/octet-stream` when they tell nothing.
    #[schema(max_length = 200, examples("application/pdf"))]
    pub media_type: String,
    /// The name it had where it came from, when it was told.
    #[schema(min_length = 1, max_length = 200, examples("Соглашение.pdf"))]
    pub file_name: Option<String>,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// What kind of paper or picture a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("agreement_text", "letter"))]
pub enum DocumentKind {
    /// The text of an agreement, or its scan.
    AgreementText,
    /// A letter.
    Letter,
    /// A report.
    Report,
    /// A photograph.
    Photo,
    /// The programme of a visit or an event.
    Programme,
    /// Minutes, or a protocol of talks.
    Protocol,
    /// A translation of another paper.
    Translation,
    /// Slides.
    Presentation,
    /// Something else.
    Other,
}

impl Collection for Document {
    const NAME: CollectionName = CollectionName::Documents;

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.each_once("/partnerships", &self.partnerships);
        faults.each_once("/exchanges", &self.exchanges);
        faults.each_once("/events", &self.events);
    }

    fn references(&self, references: &mut References) {
        references.one("issuer", CollectionName::Organizations, self.issuer);
        references.many("partnerships", CollectionName::Partnerships, &self.partnerships);
        references.one("agreement", CollectionName::Agreements, self.agreement);
        references.one("letter", CollectionName::Letters, self.letter);
        references.many("exchanges", CollectionName::Exchanges, &self.exchanges);
        references.many("events", CollectionName::Events, &self.events);
    }

    fn terms(&self, terms: &mut Terms) {
        terms.title(&self.title);
        terms.number(self.number.as_deref().unwrap_or_default());
        let name = self.content.as_ref().and_then(|content| content.file_name.as_deref());
        terms.text(name.unwrap_or_default());
    }

    /// A change of the record leaves its file alone; only an upload brings another.
    fn settle(&mut self, before: Option<&Self>, _new_key: &mut dyn FnMut() -> Uuid) -> Result<(), Refusal> {
        if self.content.is_none() {
            self.content = before.and_then(|before| before.content.clone());
        }
        Ok(())
    }
}

impl DocumentContent {
    /// The longest name of a file, in characters.
    pub const NAME: usize = 200;

    /// A name of a file as it is kept: without folders, without what is not seen; nothing when
    /// nothing is left.
    pub fn file_name(given: &str) -> Option<String> {
        let name = given.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_seen = |letter: &char| {
            !letter.is_control()
                && !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        let name: String = name.chars().filter(is_seen).collect();
        let name = name.trim().trim_start_matches('.');
        let length = name.chars().count();
        if length <= Self::NAME {
            return (length > 0).then(|| name.to_owned());
        }
        // What it ends with tells programs how to open it.
        let end = name.rsplit_once('.').map(|(_, end)| end).filter(|end| end.len() <= 10);
        let end = end.map(|end| format!(".{end}")).unwrap_or_default();
        let begin: String = name.chars().take(Self::NAME - end.chars().count()).collect();
        Some(format!("{begin}{end}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::exchange::tests::same_as_codelist;

    fn document(members: Value) -> Document {
        let mut body = json!({"title": {"ru": "Соглашение"}, "kind": "agreement_text"});
        if let Value::Object(members) = members {
            members.into_iter().for_each(|(name, value)| body[name] = value);
        }
        serde_json::from_value(body).unwrap()
    }

    fn content(id: u128) -> DocumentContent {
        DocumentContent {
            id: Uuid::from_u128(id),
            sha256: "0".repeat(64),
            size: 1,
            media_type: "text/plain".to_owned(),
            file_name: Some("Договор.txt".to_owned()),
            uploaded_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn enumerations_are_those_of_the_codelists() {
        same_as_codelist::<DocumentKind>("document_kind");
    }

    #[test]
    fn it_is_found_by_what_it_belongs_to_and_by_its_words() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8401";
        let members = json!({
            "issuer": id, "partnerships": [id, id], "agreement": id, "letter": id, "exchanges": [id, id],
            "events": [id, id], "number": "17-3",
        });
        let mut document = document(members);
        document.content = Some(content(1));
        let mut faults = Faults::default();
        document.check(&Head::default(), &mut faults);
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/partnerships/1", "/exchanges/1", "/events/1"]);
        let mut references = References::default();
        document.references(&mut references);
        assert_eq!(references.iter().filter(|found| found.field == "agreement").count(), 1);
        assert_eq!(references.iter().count(), 9);
        let mut terms = Terms::default();
        document.terms(&mut terms);
        for word in ["соглашение", "17", "договор"] {
            assert!(terms.iter().any(|(_, term)| term == word), "{word}");
        }
    }

    #[test]
    fn a_change_leaves_the_file_alone_and_an_upload_replaces_it() {
        let mut before = document(json!({}));
        before.content = Some(content(1));
        let mut after = document(json!({"number": "1"}));
        after.settle(Some(&before), &mut Uuid::nil).unwrap();
        assert_eq!(after.content, before.content);
        after.content = Some(content(2));
        after.settle(Some(&before), &mut Uuid::nil).unwrap();
        assert_eq!(after.content, Some(content(2)));
    }

    #[test]
    fn names_of_files_are_names_only() {
        let kept = |given: &str| DocumentContent::file_name(given);
        for (given, name) in [
            ("Соглашение о побратимстве.pdf", "Соглашение о побратимстве.pdf"),
            ("友好城市协议.pdf", "友好城市协议.pdf"),
            ("C:\\Users\\x\\scan.pdf", "scan.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            (" .htaccess ", "htaccess"),
        ] {
            assert_eq!(kept(given).as_deref(), Some(name), "{given:?}");
        }
        for nothing in ["", "/", "..", " \t", "a/"] {
            assert_eq!(kept(nothing), None, "{nothing:?}");
        }
        let long = kept(&format!("{}.docx", "я".repeat(300))).unwrap();
        assert_eq!((long.chars().count(), long.ends_with("я.docx")), (200, true));
    }
}
