//! What every record has, whatever its collection: identity, keeper, visibility, sources, claims.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::codelist::ExternalIdScheme;
use crate::collection::{Collection, CollectionName, Keeper};
use crate::fault::Faults;
use crate::index::References;
use crate::municipality::Slug;
use crate::timestamp::Timestamp;
use crate::value::LanguageTag;

/// A record: what all records have, and what its collection adds, side by side in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<T> {
    /// What all records have.
    #[serde(flatten)]
    pub head: Head,
    /// What its collection adds.
    #[serde(flatten)]
    pub body: T,
}

/// The members that all records have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Head {
    /// Identity, a UUID version 7 made by the server; never changes.
    #[serde(default)]
    #[schema(read_only, examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub id: Uuid,
    /// Number for people, such as `PAR-0007`; unique in its municipality and collection.
    #[serde(default, rename = "ref")]
    #[schema(read_only, max_length = 32, examples("PAR-0007"))]
    pub reference: String,
    /// The city that keeps the record: the slug of a municipality. Taken from the credential.
    #[serde(default)]
    #[schema(read_only, value_type = Option<Slug>)]
    pub municipality: Option<Slug>,
    /// Who may see the record.
    #[serde(default)]
    pub visibility: Visibility,
    /// Free labels of the office.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["main-event"])))]
    pub tags: Vec<Tag>,
    /// Remarks of the office; never shown to the public.
    #[schema(max_length = 10000, examples("Check the date with the archive."))]
    pub notes: Option<String>,
    /// Where the facts come from.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub sources: Vec<Source>,
    /// Facts on which sources differ, each with what it would be and who says so.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub claims: Vec<Claim>,
    /// The record's names in other systems; each unique in its municipality, collection and scheme.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub external_ids: Vec<ExternalId>,
    /// Counts the changes of the record, from 1.
    #[serde(default)]
    #[schema(read_only, minimum = 1, examples(3))]
    pub version: i64,
    /// When the record was made.
    #[serde(default)]
    #[schema(read_only)]
    pub created_at: Timestamp,
    /// When it was changed last.
    #[serde(default)]
    #[schema(read_only)]
    pub updated_at: Timestamp,
}

/// A label of the office, such as `main-event`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 64, examples("main-event"))]
pub struct Tag(pub String);

/// Who may see a record: everybody (`public`), the partner city too (`partner`), the whole
/// department (`internal`), or only its heads (`restricted`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody, without a credential.
    Public,
    /// The municipality, and the place it concerns.
    Partner,
    /// The municipality that keeps it. What a record is when nothing is said.
    #[default]
    Internal,
    /// Approvers and admins of the municipality that keeps it.
    Restricted,
}

impl Visibility {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Partner => "partner",
            Self::Internal => "internal",
            Self::Restricted => "restricted",
        }
    }
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"text": "Отчёт о международной деятельности за 2011 год", "locator": "F05", "quote": "договор от 17 июля 2003 г.", "lang": "ru"})))]
pub struct Source {
    /// The source's title, as one would cite it.
    #[schema(min_length = 1, max_length = 1000, examples("Отчёт о международной деятельности за 2011 год"))]
    pub text: String,
    /// The place within it: a page, a paragraph, the number of a fact.
    #[schema(max_length = 200, examples("F05"))]
    pub locator: Option<String>,
    /// Its own words.
    #[schema(max_length = 4000, examples("договор от 17 июля 2003 г."))]
    pub quote: Option<String>,
    /// The language of the quote.
    pub lang: Option<LanguageTag>,
    /// The document it was taken from, when it is kept here. A document that is cited stays.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8901"))]
    pub document_id: Option<Uuid>,
}

/// A fact on which sources differ: what one of them says a field should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"field": "established", "value": "2003-07-17", "state": "disputed", "sources": [{"text": "Отчёт за 2011 год", "locator": "F05"}]})))]
pub struct Claim {
    /// The member it speaks of.
    #[schema(min_length = 1, max_length = 100, examples("established"))]
    pub field: String,
    /// What the source says it is, as that member would hold it.
    #[schema(max_length = 4000, examples("2003-07-17"))]
    pub value: String,
    /// Whether the office holds it to be true.
    pub state: ClaimState,
    /// Who says so.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub sources: Vec<Source>,
}

/// Whether the office holds a claim to be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Taken as true; the field says the same.
    Accepted,
    /// Open.
    Disputed,
    /// Held to be wrong.
    Rejected,
}

/// The name of a record in another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"scheme": "geonames", "value": "2036973"})))]
pub struct ExternalId {
    /// The system.
    pub scheme: ExternalIdScheme,
    /// The name there.
    #[schema(min_length = 1, max_length = 200, examples("2036973"))]
    pub value: String,
}

impl Head {
    /// Sources that a record may cite.
    pub const MAX_SOURCES: usize = 100;

    /// The municipality's slug, or nothing for a record of the shared directory.
    pub fn keeper(&self) -> &str {
        self.municipality.as_ref().map_or("", Slug::as_str)
    }

    /// The documents that its sources and those of its claims are taken from.
    pub fn references(&self, references: &mut References) {
        let own = self.sources.iter().enumerate().map(|(index, source)| (format!("/sources/{index}"), source));
        let of_claims = self.claims.iter().enumerate().flat_map(|(claim, of)| {
            let sources = of.sources.iter().enumerate();
            sources.map(move |(index, source)| (format!("/claims/{claim}/sources/{index}"), source))
        });
        for (place, source) in own.chain(of_claims) {
            if let Some(target) = source.document_id {
                references.to(format!("{place}/document_id"), "source", CollectionName::Documents, target);
            }
        }
    }

    fn check(&self, shared: bool, faults: &mut Faults) {
        faults.unless(
            !shared || self.visibility == Visibility::Public,
            "/visibility",
            "not_allowed",
            "The directory is shared by all, so its records are public.",
        );
        for (index, id) in self.external_ids.iter().enumerate() {
            faults.unless(
                !self.external_ids[..index].contains(id),
                format!("/external_ids/{index}"),
                "duplicate",
                "This external id stands here already.",
            );
        }
        for (index, tag) in self.tags.iter().enumerate() {
            faults.unless(
                !self.tags[..index].contains(tag),
                format!("/tags/{index}"),
                "duplicate",
                "This tag stands here already.",
            );
        }
    }
}

impl<T: Collection> Record<T> {
    /// Checks the rules across fields, all at once.
    pub fn check(&self, faults: &mut Faults) {
        self.head.check(T::NAME.keeper() != Keeper::Municipality && T::NAME != CollectionName::ApiKeys, faults);
        self.body.check(&self.head, faults);
    }

    /// The record as JSON, without null members.
    pub fn to_json(&self) -> serde_json::Result<Value> {
        crate::json::to_json(self)
    }
}
