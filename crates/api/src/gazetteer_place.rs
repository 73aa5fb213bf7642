//! A place made from a city of the gazetteer: `gazetteer_id` in what is sent for a place. It is read
//! and not kept; what the gazetteer knows then stands in the place like anything else.

use pobratim_domain::{CollectionName, Faults};
use pobratim_names::City;
use serde_json::{Value, json};

use crate::gazetteer::{external_ids, names};
use crate::problem::{ApiError, ApiResult};

/// The member that names the city.
const MEMBER: &str = "gazetteer_id";

/// What the city gives when it is left out, and is required otherwise.
const GIVEN: [&str; 2] = ["country", "names"];

/// What is sent for a record, with what the gazetteer knows when it is a place that names a city. One
/// that the gazetteer does not have is left for [`check`] to tell of, with all other faults.
pub(crate) async fn completed(collection: CollectionName, input: Value) -> ApiResult<Value> {
    if city_of(collection, &input).is_none() {
        return Ok(input);
    }
    // The first to ask unpacks the gazetteer: not on a thread that others wait for.
    let complete = move || completed_here(collection, input);
    let completed = tokio::task::spawn_blocking(complete).await.map_err(ApiError::defect)?;
    completed.map_err(ApiError::defect)
}

/// The same, for those who may wait.
pub(crate) fn completed_here(collection: CollectionName, mut input: Value) -> Result<Value, String> {
    let Some(id) = city_of(collection, &input) else { return Ok(input) };
    let gazetteer = pobratim_names::gazetteer().map_err(|broken| broken.to_string())?;
    if let Some(city) = gazetteer.city(id) {
        complete(&mut input, &city)?;
    }
    Ok(input)
}

/// Notes a city that there is not, and what nobody gave. Held against what was completed.
pub(crate) fn check(schema: &str, input: &Value, faults: &mut Faults) {
    if schema != "PlaceInput" {
        return;
    }
    if let Some(id) = input.get(MEMBER) {
        let detail = format!("The gazetteer has no city {id}.");
        faults.unless(!id.is_u64() || faults.has("/gazetteer_id"), "/gazetteer_id", "unknown_reference", detail);
        return;
    }
    for member in GIVEN.into_iter().filter(|member| input.get(*member).is_none()) {
        faults.add(
            format!("/{member}"),
            "required",
            "This member is required where no city of the gazetteer gives it.",
        );
    }
}

/// Adds the member to the input of places.
pub(crate) fn describe(collection: CollectionName, input: &mut Value) {
    if collection != CollectionName::Places {
        return;
    }
    input["properties"][MEMBER] = json!({
        "type": "integer", "format": "int64", "minimum": 1, "maximum": u32::MAX,
        "description": "A city of the gazetteer, by its `id` there. It gives the names (one a language), `country`, `subdivision`, `location` and `external_ids`, as far as they are left out: what is sent goes before it, and a language in which a name is sent as preferred keeps that one. Names made by rule are of the kind `transliteration`, and never preferred. Read once, and not kept.",
        "examples": [2_036_973],
    });
    if let Some(required) = input["required"].as_array_mut() {
        required.retain(|member| !GIVEN.iter().any(|given| member == given));
    }
    for member in GIVEN {
        let described = input["properties"][member]["description"].as_str().unwrap_or_default();
        let described = format!("{described} Required, unless `{MEMBER}` gives it.");
        input["properties"][member]["description"] = described.trim_start().into();
    }
}

fn city_of(collection: CollectionName, input: &Value) -> Option<u32> {
    let id = input.get(MEMBER).filter(|_| collection == CollectionName::Places)?;
    u32::try_from(id.as_u64()?).ok()
}

fn complete(input: &mut Value, city: &City<'_>) -> Result<(), String> {
    let Some(members) = input.as_object_mut() else { return Ok(()) };
    members.remove(MEMBER);
    members.entry("country").or_insert_with(|| city.country().into());
    if members["country"] == city.country()
        && let Some(code) = city.region().and_then(|region| region.code)
    {
        members.entry("subdivision").or_insert_with(|| code.into());
    }
    members.entry("location").or_insert_with(|| json!({"lat": city.latitude(), "lon": city.longitude()}));
    if let Some(sent) = members.entry("names").or_insert_with(|| json!([])).as_array_mut() {
        add_names(sent, city)?;
    }
    if let Some(sent) = members.entry("external_ids").or_insert_with(|| json!([])).as_array_mut() {
        for id in external_ids(city)? {
            let id = json!(id);
            if !sent.iter().any(|known| known["scheme"] == id["scheme"]) {
                sent.push(id);
            }
        }
    }
    Ok(())
}

fn add_names(sent: &mut Vec<Value>, city: &City<'_>) -> Result<(), String> {
    for name in names(city)? {
        let lang = name.lang.as_str();
        if sent.iter().any(|known| known["lang"] == lang && known["text"] == name.text) {
            continue;
        }
        let has_one = sent.iter().any(|known| known["lang"] == lang && known["preferred"] == true);
        // The gazetteer does not say which of its names a state vouches for.
        let kind = match (name.generated, city.home_language() == Some(lang)) {
            (true, _) => "transliteration",
            (false, true) => "official",
            (false, false) => "traditional",
        };
        sent.push(json!({"text": name.text, "lang": lang, "kind": kind, "preferred": !name.generated && !has_one}));
    }
    if !sent.iter().any(|known| known["preferred"] == true) {
        let main = json!({"text": city.name(), "lang": "en", "kind": "transliteration", "preferred": true});
        sent.retain(|known| known["lang"] != "en" || known["text"] != city.name());
        sent.push(main);
    }
    Ok(())
}
