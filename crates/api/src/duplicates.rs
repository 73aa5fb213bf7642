//! Duplicates: the list of pairs that are probably one, with what speaks for it.

use std::collections::BTreeSet;

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{
    CollectionName, Duplicate, DuplicateCandidate, DuplicateEvidence, DuplicateEvidenceKind, DuplicateLikelihood,
};
use pobratim_names::{Gazetteer, Query};
use pobratim_persistence::{Error, MERGEABLE, ToCompare};
use serde_json::Value;

use crate::answer::Answer;
use crate::computed::{self, Asked, codes, many, which_municipality};
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::ctx::Ctx;
use crate::problem::ApiResult;
use crate::query::Reader;
use crate::routes::{Body, Entry};

/// How many cities of one name are still looked at: a name of more says nothing.
const CITIES: usize = 5;

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<Duplicate>();
    schemas.add::<DuplicateEvidence>();
    schemas.add::<DuplicateEvidenceKind>();
    schemas.add::<DuplicateLikelihood>();
    schemas.add_page("Duplicate", "A page of pairs, the likeliest first.", false);
}

pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Method::GET, "/v1/duplicates", Body::None, describe_list, |ctx| list(ctx).boxed_local())
            .computed(&[]),
    ]
}

fn describe_list() -> Value {
    let description = "Pairs of places, organizations and partnerships that are probably about the same, the likeliest first, each with what speaks for it: names that are the same or differ in a letter, in whatever language; a city that the gazetteer knows by the names of both; spots on the map; the sides of living ties. Places are compared within their kind and country, the rest within the municipality. A pair is left out when something speaks against it: different external ids of one scheme, countries, subdivisions or seats, a distance of more than 30 km, different cities of the gazetteer, or a distinct pair that the caller sees. It is computed anew each time, from the 10,000 oldest records of each collection; `page.truncated` says that there were more.\n\nMerge the two, or say that they are two: `POST /v1/distinct-pairs`.";
    let operation = Operation::new("list_duplicates", "duplicates", "List probable duplicates", description)
        .shared_parameter("Limit")
        .shared_parameter("Cursor")
        .parameter(many("likelihood", "Only pairs that are so likely.", "DuplicateLikelihood"));
    computed::of_records("pairs")
        .into_iter()
        .fold(operation, Operation::parameter)
        .public("everybody for records that are public; a key also for what its municipality keeps, as far as its scopes let it read. Collections that a key may not read are left out.")
        .conditional()
        .answers("200", "DuplicatePage", "Pairs; perhaps none.", &["ETag", "Link"])
        .done()
}

/// List probable duplicates
async fn list(ctx: Ctx) -> ApiResult<Answer> {
    let mut reader = Reader::new(&ctx);
    let asked = Asked::about_records(&ctx, &mut reader)?;
    let likelihoods = codes(&ctx, &mut reader, "likelihood", "DuplicateLikelihood")?;
    reader.finish()?;
    let collections: Vec<CollectionName> = MERGEABLE.iter().copied().filter(|name| asked.tells_of(*name)).collect();
    let secret = ctx.api.database().secret().clone();
    let answer = ctx
        .read(async |snapshot| {
            let slug = match asked.municipality(snapshot).await? {
                Some(slug) => slug,
                // The directory is nobody's.
                None if collections == [CollectionName::Places] => String::new(),
                None => return Ok(None),
            };
            let compared = snapshot.to_compare(&ctx.view(), &slug, &collections).await?;
            let truncated = compared.truncated;
            // Names are looked up for milliseconds: not on a thread that others wait for.
            let judged = tokio::task::spawn_blocking(move || judged(compared)).await;
            let mut found = judged.map_err(|error| Error::Defect(error.to_string()))?.map_err(Error::Defect)?;
            found.retain(|pair| {
                (likelihoods.is_empty() || likelihoods.iter().any(|wanted| wanted == pair.likelihood.as_str()))
                    && pair.records.iter().any(|record| asked.names(record))
            });
            let list = asked.list(&ctx, &format!("{slug} {likelihoods:?}"));
            let key = |pair: &Duplicate| (pair.sort_key(), pair.records[0].id);
            let page = asked.page(&found, key, &list, truncated, &secret)?;
            Ok(Some(page.answer(&ctx, snapshot)))
        })
        .await?;
    answer.ok_or_else(which_municipality)
}

fn judged(mut compared: ToCompare) -> Result<Vec<Duplicate>, String> {
    let unknown = |candidate: &&mut DuplicateCandidate| candidate.is_city && candidate.cities.is_empty();
    let mut unknown = compared.candidates.iter_mut().filter(unknown).peekable();
    if unknown.peek().is_some() {
        let gazetteer = pobratim_names::gazetteer().map_err(|broken| broken.to_string())?;
        unknown.for_each(|candidate| candidate.cities = cities(gazetteer, candidate));
    }
    Ok(compared.duplicates())
}

/// The cities that the gazetteer knows by all the names that it knows, each as it knows it best; nothing when
/// they are many.
fn cities(gazetteer: &Gazetteer, candidate: &DuplicateCandidate) -> BTreeSet<String> {
    let mut cities: BTreeSet<String> = BTreeSet::new();
    for name in &candidate.names {
        let query = Query { text: name, country: candidate.country.as_deref(), lang: None, limit: CITIES + 1 };
        let known = gazetteer.search_within(&query, 0);
        let best = known.first().map(|found| found.kind);
        let called: BTreeSet<String> =
            known.iter().filter(|found| Some(found.kind) == best).map(|found| found.city.id().to_string()).collect();
        let both: BTreeSet<String> = cities.intersection(&called).cloned().collect();
        match (cities.is_empty(), both.is_empty()) {
            (true, _) => cities = called,
            (false, false) => cities = both,
            // Its names are those of different cities.
            (false, true) => cities.extend(called),
        }
    }
    if cities.len() > CITIES { BTreeSet::new() } else { cities }
}
