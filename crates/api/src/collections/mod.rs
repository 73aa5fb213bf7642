//! The collections as the API has them. One file each: what the contract says of it, and the
//! actions that have a meaning of their own. What all of them do stands in `resource`.

mod accepted_findings;
mod agreements;
mod assistance_cases;
mod distinct_pairs;
mod documents;
mod events;
mod exchanges;
mod letters;
mod memberships;
mod municipalities;
mod observations;
mod organizations;
mod partnerships;
mod places;
mod programmes;
mod projects;
mod publications;
mod report_notes;
mod work_plans;

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::{
    AcceptedFinding, Agreement, AssistanceCase, CityEvent, CollectionName, DistinctPair, Document, Exchange, Faults,
    Letter, Membership, Municipality, Observation, Organization, Partnership, Place, Programme, Project, Publication,
    ReportNote, WorkPlan,
};
use pobratim_persistence::{Error, Stored};
use serde_json::{Value, json};

use crate::api::Api;
use crate::contract::Schemas;
use crate::contract::operation::{sorts, standard};
use crate::dataset::{self, Apply, Described};
use crate::export::{self, ListForm, Shown};
use crate::resource;
use crate::routes::{Body, Entry};

/// What a collection adds to its declaration in the domain and in persistence.
pub(crate) trait Resource: Stored {
    /// What it is, for the contract.
    const ABOUT: &'static str;

    /// The bodies of its own actions.
    fn bodies(_schemas: &mut Schemas) {}

    /// The form in which its lists are shown, beside tables: a map or a calendar.
    const SHOWN: Option<ListForm> = None;

    /// The collections that entries of that form tell of beside their own.
    const TOLD: &'static [CollectionName] = &[];

    /// Its records as entries of that form.
    fn shown<'s>(_shown: &'s Shown<'s>, _records: Vec<Value>) -> LocalBoxFuture<'s, Result<Vec<String>, Error>> {
        async { Ok(Vec::new()) }.boxed_local()
    }

    /// Its own actions.
    fn actions() -> Vec<Entry> {
        Vec::new()
    }
}

/// A collection without its type: what the table below is made of.
struct Listed {
    about: fn() -> Value,
    schemas: fn(&mut Schemas),
    routes: fn() -> Vec<Entry>,
    name: CollectionName,
    prepare: Prepare,
    write: export::Write,
}

/// Makes a record of a data set ready to be written.
type Prepare = fn(&Api, Described) -> Result<Apply, Faults>;

/// Every collection, in the order in which the contract tells of them. It is no constant: whatever crate came upon
/// one would compile all that it names once more.
static COLLECTIONS: &[Listed] = &[
    listed::<Municipality>(),
    listed::<Place>(),
    listed::<Organization>(),
    listed::<Partnership>(),
    listed::<Agreement>(),
    listed::<Exchange>(),
    listed::<CityEvent>(),
    listed::<Membership>(),
    listed::<Letter>(),
    listed::<Programme>(),
    listed::<Project>(),
    listed::<AssistanceCase>(),
    listed::<WorkPlan>(),
    listed::<Publication>(),
    listed::<Observation>(),
    listed::<ReportNote>(),
    listed::<Document>(),
    listed::<AcceptedFinding>(),
    listed::<DistinctPair>(),
];

const fn listed<T: Resource>() -> Listed {
    Listed {
        about: about::<T>,
        schemas: schemas::<T>,
        routes: collection::<T>,
        name: T::NAME,
        prepare: dataset::prepare::<T>,
        write: export::write::<T>,
    }
}

fn about<T: Resource>() -> Value {
    json!({"name": T::NAME.as_str(), "description": T::ABOUT})
}

fn schemas<T: Resource>(schemas: &mut Schemas) {
    schemas.add_collection::<T>();
    schemas.insert(&format!("{}Sort", T::NAME.type_name()), sorts::<T>());
    T::bodies(schemas);
}

/// The operations of a collection: the standard ones, then its own.
fn collection<T: Resource>() -> Vec<Entry> {
    let path = format!("/v1/{}", T::NAME.path());
    let record = format!("{path}/{{{}_id}}", T::NAME.singular());
    let by_name = format!("{path}/by-external-id/{{scheme}}/{{value}}");
    let mut entries = vec![
        Entry::new(
            Method::GET,
            &path,
            Body::None,
            || standard::<T>(T::SHOWN).list,
            |ctx| export::list::<T>(ctx).boxed_local(),
        )
        .also(ListForm::also(T::SHOWN))
        .kept(&["Prefer"]),
        Entry::new(
            Method::POST,
            &path,
            Body::Json,
            || standard::<T>(T::SHOWN).create,
            |ctx| resource::create::<T>(ctx).boxed_local(),
        ),
        Entry::new(
            Method::GET,
            &record,
            Body::None,
            || standard::<T>(T::SHOWN).get,
            |ctx| resource::get::<T>(ctx).boxed_local(),
        )
        .kept(&[]),
        Entry::new(
            Method::PATCH,
            &record,
            Body::MergePatch,
            || standard::<T>(T::SHOWN).update,
            |ctx| resource::update::<T>(ctx).boxed_local(),
        ),
        Entry::new(
            Method::DELETE,
            &record,
            Body::None,
            || standard::<T>(T::SHOWN).delete,
            |ctx| resource::delete::<T>(ctx).boxed_local(),
        ),
        Entry::new(
            Method::POST,
            format!("{record}/restore"),
            Body::None,
            || standard::<T>(T::SHOWN).restore,
            |ctx| resource::restore::<T>(ctx).boxed_local(),
        ),
        Entry::new(
            Method::GET,
            format!("{record}/history"),
            Body::None,
            || standard::<T>(T::SHOWN).history,
            |ctx| resource::history::<T>(ctx).boxed_local(),
        )
        .kept(&[]),
        Entry::new(
            Method::PUT,
            by_name,
            Body::Json,
            || standard::<T>(T::SHOWN).replace,
            |ctx| resource::replace_by_external_id::<T>(ctx).boxed_local(),
        ),
    ];
    entries.extend(T::actions());
    entries
}

/// Makes a record of a data set ready to be written.
pub(crate) fn prepare(collection: CollectionName, api: &Api, described: Described) -> Result<Apply, Faults> {
    match COLLECTIONS.iter().find(|listed| listed.name == collection) {
        Some(listed) => (listed.prepare)(api, described),
        None => {
            let mut faults = Faults::default();
            faults.add("", "invalid", "Records of this collection are not loaded.");
            Err(faults)
        }
    }
}

/// The collections.
pub(crate) fn names() -> impl Iterator<Item = CollectionName> {
    COLLECTIONS.iter().map(|listed| listed.name)
}

/// What writes all records of each collection.
pub(crate) fn writers() -> impl Iterator<Item = export::Write> {
    COLLECTIONS.iter().map(|listed| listed.write)
}

/// Every operation of every collection.
pub(crate) fn routes() -> Vec<Entry> {
    COLLECTIONS.iter().flat_map(|listed| (listed.routes)()).collect()
}

/// Adds the schemas of every collection; gives the tags of the contract.
pub(crate) fn describe(schemas: &mut Schemas) -> Vec<Value> {
    let mut tags = Vec::new();
    for listed in COLLECTIONS {
        (listed.schemas)(schemas);
        tags.push((listed.about)());
    }
    tags.push(
        json!({"name": "search", "description": "Records of all collections by words in any script, the best first."}),
    );
    tags.push(json!({"name": "findings", "description": "What the records give reason to look at: contradictions, gaps, things left undone. Computed."}));
    tags.push(json!({"name": "duplicates", "description": "Records that are probably about the same, with what speaks for it. Computed."}));
    tags.push(json!({"name": "reminders", "description": "What is due, and what should have been done. Computed."}));
    tags.push(json!({"name": "changes", "description": "The journal as a feed: every accepted change, in one order."}));
    tags.push(json!({"name": "reports", "description": "What the department hands to others, drawn from its records: each paragraph names those it was drawn from."}));
    tags.push(json!({"name": "statistics", "description": "What the records come to, counted by groups, beside what was reported."}));
    tags.push(json!({"name": "gazetteer", "description": "Cities of the world by any of their names: what places can be made from."}));
    tags.push(json!({"name": "imports", "description": "Registers of ties brought in from files: checked row by row, committed as one act, taken back as one."}));
    tags.push(json!({"name": "merges", "description": "Two records about the same that became one, and can become two again."}));
    tags.push(json!({"name": "directory", "description": "Countries, codelists, kinds of problem, and who you are."}));
    schemas.insert("Included", included());
    tags
}

fn included() -> Value {
    let list = |name: &str, text: &str| json!({"type": "array", "items": {"$ref": format!("#/components/schemas/{name}")}, "description": text});
    json!({
        "type": "object", "description": "Records that others on the page refer to, each once.",
        "properties": {"places": list("Place", "Places."), "organizations": list("Organization", "Organizations.")},
    })
}
