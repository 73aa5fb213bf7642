//! The search over all collections: one page, the best first, each record with what it was found by.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::value::LocalizedText;
use pobratim_domain::{CollectionName, RecordMention, Slug, to_json};
use pobratim_persistence::{SearchHit as Hit, SearchMatch as Match, SearchQuery};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::computed::many;
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::ctx::Ctx;
use crate::feed;
use crate::problem::ApiResult;
use crate::query::{self, Reader};
use crate::routes::{Body, Entry};

/// A record that was found, and by what.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "collection": "agreements", "id": "01890a5d-ac96-774b-bcce-b302099a8301", "ref": "AGR-0001", "municipality": "blagoveshchensk",
    "title": {"ru": "Договор о побратимских связях"},
    "matched": [{"text": "Хэйхэ", "by": "reference", "record": {"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8201", "ref": "PAR-0001"}}]
})))]
struct SearchHit {
    /// Its collection.
    collection: CollectionName,
    /// The record.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8301"))]
    id: Uuid,
    /// Its number for people.
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("AGR-0001"))]
    reference: String,
    /// The city that keeps it; absent for the shared directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Slug>)]
    municipality: Option<String>,
    /// What it is called: its title, or its names to print. A record without one of its own is called
    /// by the places and organizations it refers to, in the languages that all of them have; absent
    /// where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<LocalizedText>,
    /// The texts in which the words were met, in the order of the words, each once.
    #[schema(max_items = 20)]
    matched: Vec<SearchMatch>,
}

/// A text in which a word was met.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "text": "Хэйхэ", "by": "reference",
    "record": {"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8201", "ref": "PAR-0001"}
})))]
struct SearchMatch {
    /// The text; of a long one, the part with the word.
    #[schema(min_length = 1, max_length = 160, examples("Хэйхэ"))]
    text: String,
    /// Whose text it is.
    by: SearchMatchKind,
    /// The record that refers to it, when the text is not the record's own: a place or organization
    /// that is called so, or a partnership that is called so or has such a party.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<RecordMention>,
}

/// Whose text was matched.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum SearchMatchKind {
    /// A text of the record itself.
    Own,
    /// The name of something that it refers to.
    Reference,
}

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<SearchHit>();
    schemas.add_page("SearchHit", "The records that were found, the best first.", false);
}

pub(crate) fn routes() -> Vec<Entry> {
    vec![Entry::new(Method::GET, "/v1/search", Body::None, describe, |ctx| search(ctx).boxed_local()).kept(&[])]
}

fn describe() -> Value {
    let description = "Records of all collections by words, in any script. Every word of `q` must begin a word of the record, or of the names of a place, an organization or a partnership that it refers to; a partnership is also called by its parties, so that the name of a city finds its ties, their papers and their exchanges. Places are found by their own names only.\n\nThe best come first: those whose `ref` or number is the whole of what is asked; then by words of the title or of a name, whole words before beginnings; then by other texts; then by what they refer to. Of several words the least telling counts. Within one rank they stand by collection, as listed for `collection`, and there the oldest first. The answer is one page. At most 500 records are looked at in each collection for each way of being met; `page.truncated` says that there may be more: narrow the search, or ask the collection's own list with the same `q`, which is complete.";
    Operation::new("search_records", "search", "Search all records", description)
        .parameter(json!({
            "name": "q", "in": "query", "required": true,
            "description": "What to look for: at most 20 words, or a ref or number. Case, accents, hyphens and soft signs make no difference.",
            "schema": {"type": "string", "pattern": r"\S", "minLength": 1, "maxLength": 200, "examples": ["Хэйхэ", "黑河", "PAR-0001"]},
        }))
        .parameter(many("collection", "Only records of these collections.", "CollectionName"))
        .parameter(many("municipality", "Only records that these municipalities keep; the shared directory is left out.", "Slug"))
        .shared_parameter("Limit")
        .public("everybody for records that are public; a key also for what its municipality keeps, as far as its scopes let it read. What a caller may not read is not found, and finds nothing.")
        .conditional()
        .answers("200", "SearchHitPage", "What was found; perhaps nothing.", &["ETag"])
        .done()
}

/// `GET /v1/search`
async fn search(ctx: Ctx) -> ApiResult<Answer> {
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let text = query::words(&mut reader);
    if text.is_none() {
        reader.fault("q", "required", "Say what to look for.");
    }
    let mut named = Vec::new();
    for name in reader.values("collection").unwrap_or_default() {
        match CollectionName::parse(&name) {
            Some(collection) if !named.contains(&collection) => named.push(collection),
            Some(_) => {}
            None => reader.fault("collection", "unknown_code", "It is the name of a collection, such as places."),
        }
    }
    let municipalities = reader.values("municipality").unwrap_or_default();
    reader.finish()?;
    let query = SearchQuery {
        text: text.unwrap_or_default(),
        collections: searched(&ctx, &named)?,
        through: query::through(&ctx),
        municipalities,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let view = ctx.view();
    let made_from: Vec<CollectionName> = query.collections.iter().chain(&query.through).copied().collect();
    let answer = ctx
        .read(async |snapshot| {
            let found = snapshot.search(&view, &query).await?;
            let items: Vec<SearchHit> = found.hits.into_iter().map(SearchHit::from).collect();
            let mut page = json!({"limit": limit});
            if found.truncated {
                page["truncated"] = true.into();
            }
            let body = json!({"items": to_json(&items)?, "page": page}).to_string();
            let shape = format!("search {} {query:?}", view.tag());
            Ok(Answer::json(200, body).drawn_from(snapshot.head(), &made_from, &[&shape]))
        })
        .await?;
    Ok(answer)
}

/// The collections to look through. No record of the credentials is told of here, whoever asks.
fn searched(ctx: &Ctx, named: &[CollectionName]) -> ApiResult<Vec<CollectionName>> {
    let all = || CollectionName::ALL.iter().copied();
    // Naming one that may not be read is refused, and so is a key that may read none.
    let readable = feed::readable(ctx, named.to_vec())?;
    let may = |collection: &CollectionName| {
        if readable.is_empty() { named.is_empty() } else { readable.contains(collection) }
    };
    Ok(all().filter(|collection| *collection != CollectionName::ApiKeys).filter(may).collect())
}

impl From<Hit> for SearchHit {
    fn from(hit: Hit) -> Self {
        Self {
            collection: hit.record.collection,
            id: hit.record.id,
            reference: hit.record.reference,
            municipality: Some(hit.municipality).filter(|slug| !slug.is_empty()),
            title: hit.title,
            matched: hit.matched.into_iter().map(SearchMatch::from).collect(),
        }
    }
}

impl From<Match> for SearchMatch {
    fn from(matched: Match) -> Self {
        let by = if matched.record.is_some() { SearchMatchKind::Reference } else { SearchMatchKind::Own };
        Self { text: matched.text, by, record: matched.record }
    }
}

#[cfg(test)]
mod tests {
    use pobratim_domain::value::EXCERPT_MOST;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn the_contract_knows_how_long_an_excerpt_is() {
        let schema = serde_json::to_value(SearchMatch::schema()).unwrap();
        assert_eq!(schema["properties"]["text"]["maxLength"], EXCERPT_MOST);
    }
}
