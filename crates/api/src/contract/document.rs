//! The OpenAPI document: what stands around the operations, and all of it put together.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::collections;
use crate::content::DIGEST;
use crate::contract::refusals::responses;
use crate::contract::{Schemas, VERSION, links, reachable};
use crate::problem::{Problem, ProblemType};
use crate::query::{DEFAULT, EXPANDABLE, MOST, VALUES};
use crate::routes::routes;
use crate::{
    directory, duplicates, export, feed, findings, gazetteer, imports, merges, reminders, reports, search, statistics,
};

const DESCRIPTION: &str = "The system of record of a city's international relations: partner cities, partnerships and their stages, agreements, exchanges, events.\n\n**Reading** needs no credential for what is public. **Writing** needs a key: `Authorization: Bearer pbk_…`. Every answer carries `X-Request-Id`; every refusal is a problem (RFC 9457) with a stable `code`, listed at `/v1/problems`.\n\nLists of codes grow, and so do enumerations: a client takes a value it does not know for what it is, and does not fail. Answers may get new members within a version; requests are closed.\n\nA changed record needs `If-Match` with the ETag that was read; a POST with an `Idempotency-Key` happens once.\n\n**Limits:** 600 requests a minute by address without a key and 6,000 with one, unless the installation says otherwise; `RateLimit-Policy` and `RateLimit` tell them on each answer. Several values of a filter are sent as repeated parameters, or in one between commas, and mean any of them.";

/// What an ETag looks like.
const ETAG: &str = "\"3-9f86d081884c7d65-0a1b2c3d-a1b2c3d4e5f6\"";

/// What a digest looks like.
const DIGEST_EXAMPLE: &str = "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:";

/// `*`, or entity tags between commas (RFC 9110, section 8.8.3).
const TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)$"#;

/// The whole document.
pub fn document() -> Value {
    let mut schemas = Schemas::default();
    schemas.add::<Problem>();
    schemas.add::<ProblemType>();
    own_schemas(&mut schemas);
    directory::schemas(&mut schemas);
    duplicates::schemas(&mut schemas);
    export::schemas(&mut schemas);
    feed::schemas(&mut schemas);
    gazetteer::schemas(&mut schemas);
    imports::schemas(&mut schemas);
    merges::schemas(&mut schemas);
    reports::schemas(&mut schemas);
    search::schemas(&mut schemas);
    statistics::schemas(&mut schemas);
    findings::schemas(&mut schemas);
    reminders::schemas(&mut schemas);
    let tags = collections::describe(&mut schemas);
    let mut paths = Map::new();
    for entry in routes() {
        let Some(describe) = entry.describe else { continue };
        let path = paths.entry(entry.path).or_insert_with(|| json!({}));
        path[entry.method.as_str().to_ascii_lowercase()] = describe();
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Pobratim", "version": VERSION, "summary": "A city's international relations",
            "description": DESCRIPTION,
            "contact": {"name": "Pobratim", "url": "https://pobratim.example/"},
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "http://127.0.0.1:8080", "description": "The service as `serve --demo` starts it."}],
        "security": [{"api_key": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {"api_key": {
                "type": "http", "scheme": "bearer", "bearerFormat": "pbk_…",
                "description": "An API key. It belongs to a municipality, or to the operator, and has a role: reader, editor, approver, admin, operator.",
            }},
            "responses": responses(),
            "parameters": parameters(),
            "headers": headers(),
        },
    });
    links::add(&mut document);
    let all = schemas.finish();
    document["components"]["schemas"] = Value::Object(reachable(&document, &all));
    document
}

/// The document as it is written in `openapi/`.
pub fn text() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&JsonFirst(&document()))
}

/// A value whose objects tell of JSON before other media types. Generators of clients take the first
/// type that looks like JSON to them, and `application/geo+json` does.
struct JsonFirst<'v>(&'v Value);

impl Serialize for JsonFirst<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let is_json = |name: &str| name == "application/json";
                let first = members.iter().filter(|(name, _)| is_json(name));
                let others = members.iter().filter(|(name, _)| !is_json(name));
                serializer.collect_map(first.chain(others).map(|(name, value)| (name, Self(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Self)),
            other => other.serialize(serializer),
        }
    }
}

fn own_schemas(schemas: &mut Schemas) {
    schemas.insert("PageInfo", json!({
        "type": "object", "description": "Where a page stands in its list.", "required": ["limit"],
        "properties": {
            "limit": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 1000, "description": "How many records the page has at most. A list that does not grow, such as the countries', is one page.", "examples": [50]},
            "next_cursor": {"type": "string", "maxLength": 1000, "description": "Where the next page begins: send it as `cursor`. Absent on the last page; a feed, which never ends, always has one.", "examples": ["eyJrZXkiOiJoZWloZSJ9"]},
            "total": {"type": "integer", "format": "int64", "minimum": 0, "description": "How many records the list has; only when `Prefer: count=exact` asked for it.", "examples": [18]},
            "truncated": {"type": "boolean", "description": "Whether something may be missing from a list that is computed, because there was more to look at than is looked at. Absent when nothing is.", "examples": [true]},
        },
    }));
    schemas.insert("Expandable", json!({
        "type": "string", "enum": EXPANDABLE, "description": "A collection whose records can be sent along with those that refer to them.",
    }));
}

fn parameters() -> Value {
    let text = |name: &str, description: &str, max: u32, examples: &[&str]| json!({"name": name, "in": "query", "description": description, "schema": {"type": "string", "minLength": 1, "maxLength": max, "examples": examples}});
    // Repeated, which every client does by itself; between commas they are taken as well.
    let many = |name: &str, description: &str, items: Value| {
        json!({
            "name": name, "in": "query", "style": "form", "explode": true, "description": description,
            "schema": {"type": "array", "items": items, "minItems": 1, "maxItems": VALUES},
        })
    };
    let header = |name: &str, description: &str, pattern: &str, max: u32, example: &str| json!({"name": name, "in": "header", "description": description, "schema": {"type": "string", "pattern": pattern, "minLength": 1, "maxLength": max, "examples": [example]}});
    let tags = |name: &str, description: &str| header(name, description, TAGS, 1000, ETAG);
    // What a server does not know of this header it passes over (RFC 7240), so nothing else is said of it.
    let prefer = |description: &str, example: &str| json!({"name": "Prefer", "in": "header", "description": description, "schema": {"type": "string", "maxLength": 1000, "examples": [example]}});
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    json!({
        "Limit": {
            "name": "limit", "in": "query", "description": "How many records a page has.",
            "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": MOST, "default": DEFAULT},
        },
        "Cursor": text("cursor", "Where the last page ended: its `next_cursor`. Good for the same filters and sort only.", 1000, &[]),
        "CountExact": prefer("`count=exact` counts the whole list into `page.total`.", "count=exact"),
        "Wait": prefer("`wait=20` holds an answer without changes until something comes, for so many seconds; 60 at most.", "wait=20"),
        "Ref": many("ref", "Refs, such as PLA-0007.", json!({"type": "string", "minLength": 1, "maxLength": 32, "examples": ["PLA-0007"]})),
        "Municipality": many("municipality", "The municipalities that keep the records.", schema("Slug")),
        "Visibility": many("visibility", "Who may see the records.", schema("Visibility")),
        "Tag": many("tag", "Any of these tags.", schema("Tag")),
        "ExternalIdFilter": {
            "name": "external_id", "in": "query", "description": "The name in another system: scheme, colon, value, as in geonames:2036973.",
            "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]*:.", "minLength": 3, "maxLength": 265, "examples": ["geonames:2036973"]},
        },
        "Words": {
            "name": "q", "in": "query", "description": "Every word begins a word of the record, or of a name of a place, an organization or a partnership that it refers to, whatever the case, accents or script marks. At most 20 words.",
            "schema": {"type": "string", "pattern": r"\S", "minLength": 1, "maxLength": 200, "examples": ["Хэйхэ", "黑河", "joetsu"]},
        },
        "IfNoneMatch": tags("If-None-Match", "The ETag of what you have, or several: 304 when nothing has changed."),
        "IfMatch": tags("If-Match", "The ETag of the version you have seen. Without it the answer is 428; with an old one, 412."),
        "OptionalIfMatch": tags("If-Match", "The ETag of the version you have seen, when you want to be sure."),
        "ContentDigest": header("Content-Digest", "The SHA-256 of the body (RFC 9530). When something else comes, nothing of it is kept.", DIGEST, 1000, DIGEST_EXAMPLE),
        "ReprDigest": header("Repr-Digest", "The same as Content-Digest: no body here is encoded.", DIGEST, 1000, DIGEST_EXAMPLE),
        "ContentDisposition": header("Content-Disposition", "What the file is called (RFC 6266); names that are not ASCII stand in `filename*`.", "^[ -~]+$", 1000, "attachment; filename*=UTF-8''%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80.pdf"),
        "Range": header("Range", "Which bytes to answer: one range, as `bytes=0-1023`, `bytes=1024-` or `bytes=-512`. What is no such range is passed over.", "^[ -~]+$", 1000, "bytes=0-1023"),
        "IfRange": header("If-Range", "The ETag of the file you have a part of: when it is another now, all of it is answered.", "^[ -~]+$", 1000, ETAG),
        "IdempotencyKey": header("Idempotency-Key", "A key of your own, a UUID for instance: the same request with the same key happens once, for 24 hours at least.", "^[ -~]+$", 255, "2f1c3a52-7d0e-4a55-9d5e-5a1c0c8f7b11"),
    })
}

fn headers() -> Value {
    let header = |description: &str, example: &str| json!({"description": description, "schema": {"type": "string", "examples": [example]}});
    json!({
        "ETag": header("Names this very representation; send it in If-None-Match, or in If-Match to change the record.", ETAG),
        "Location": header("Where it is: what was made, or the record that the one asked for was merged into.", "/v1/places/01890a5d-ac96-774b-bcce-b302099a8057"),
        "Link": header("Leads to the next page (RFC 8288).", "</v1/places?cursor=eyJr>; rel=\"next\""),
        "APIVersion": header("The version of this contract.", VERSION),
        "XRequestId": header("Names the request in the logs: yours, when you sent one.", "01890a5d-ac96-774b-bcce-b302099a8057"),
        "RetryAfter": header("Seconds to wait.", "1"),
        "WWWAuthenticate": header("How to authenticate.", "Bearer realm=\"pobratim\""),
        "Accept": header("The types that are taken here.", "application/json"),
        "AcceptRanges": header("Parts of it can be asked for.", "bytes"),
        "ContentRange": header("Which bytes these are, and of how many; or how many there are.", "bytes 0-1023/482113"),
        "ContentDisposition": header("What the file is called, and whether it may be shown where it lies (RFC 6266).", "inline; filename=\"______.pdf\"; filename*=UTF-8''%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80.pdf"),
        "ReprDigest": header("The SHA-256 of the whole file (RFC 9530).", DIGEST_EXAMPLE),
    })
}

#[cfg(test)]
mod tests {
    use jsonschema::{Draft, PatternOptions};
    use pobratim_domain::{
        Agreement, CityEvent, Collection, Exchange, Faults, Municipality, Organization, Partnership, Place, Record,
    };

    use super::*;
    use crate::contract::Validators;

    fn components(document: &Value) -> &Map<String, Value> {
        document["components"]["schemas"].as_object().unwrap()
    }

    /// Every schema in the document that has examples, and where it stands.
    fn with_examples<'d>(value: &'d Value, place: &str, found: &mut Vec<(String, &'d Value)>) {
        let below = |name: &str| format!("{place}/{name}");
        match value {
            Value::Object(members) => {
                if members.get("examples").is_some_and(Value::is_array) {
                    found.push((place.to_owned(), value));
                }
                for (name, member) in members.iter().filter(|(name, _)| *name != "examples") {
                    with_examples(member, &below(name), found);
                }
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, item)| with_examples(item, &below(&index.to_string()), found));
            }
            _ => {}
        }
    }

    #[test]
    fn examples_are_valid() {
        let document = document();
        let mut found = Vec::new();
        with_examples(&document, "", &mut found);
        let pairs: Vec<(String, &Value, &Value)> = found
            .into_iter()
            .flat_map(|(place, schema)| {
                schema["examples"].as_array().into_iter().flatten().map(move |example| (place.clone(), schema, example))
            })
            .collect();
        assert!(pairs.len() > 500, "{} examples only", pairs.len());
        // One validator for all: the document's references are long to resolve.
        let schemas: Vec<&Value> = pairs.iter().map(|(_, schema, _)| *schema).collect();
        let examples: Vec<&Value> = pairs.iter().map(|(_, _, example)| *example).collect();
        let root = json!({"prefixItems": schemas, "components": document["components"]});
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(true);
        let validator = options.build(&root).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&json!(examples))
            .map(|error| {
                let pointer = error.instance_path().to_string();
                let index: usize = pointer.split('/').nth(1).unwrap().parse().unwrap();
                format!("{} {pointer}: {error}", pairs[index].0)
            })
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn objects_have_examples() {
        let document = document();
        for (name, schema) in components(&document).iter().filter(|(_, schema)| schema.get("properties").is_some()) {
            let example = schema["examples"][0].as_object();
            assert!(example.is_some_and(|example| !example.is_empty()), "{name} has no example");
        }
    }

    #[test]
    fn examples_can_be_sent() {
        let document = document();
        let components = components(&document);
        let is_sent = |name: &&String| name.ends_with("Input") || name.ends_with("Patch");
        let sent: Vec<String> = components.keys().filter(is_sent).cloned().collect();
        let validators = Validators::new(std::sync::Arc::new(crate::contract::Components::from(components)));
        for name in &sent {
            let mut faults = Faults::default();
            validators.check(name, &components[name]["examples"][0], &mut faults).unwrap();
            assert!(faults.is_empty(), "{name}: {faults:?}");
        }
    }

    fn keeps_the_rules<T: Collection>(components: &Map<String, Value>) {
        let name = format!("{}Input", T::NAME.type_name());
        let example = &components[&name]["examples"][0];
        let record: Record<T> = serde_json::from_value(example.clone()).unwrap();
        let mut faults = Faults::default();
        record.check(&mut faults);
        assert!(faults.is_empty(), "{name}: {faults:?}");
        let begins_anew = record.body.state().is_none_or(|state| state.current == state.first);
        assert!(begins_anew || example["historical"] == true, "{name} begins in a later state");
    }

    #[test]
    fn examples_of_records_keep_the_rules() {
        let document = document();
        let components = components(&document);
        keeps_the_rules::<Municipality>(components);
        keeps_the_rules::<Place>(components);
        keeps_the_rules::<Organization>(components);
        keeps_the_rules::<Partnership>(components);
        keeps_the_rules::<Agreement>(components);
        keeps_the_rules::<Exchange>(components);
        keeps_the_rules::<CityEvent>(components);
    }
}
