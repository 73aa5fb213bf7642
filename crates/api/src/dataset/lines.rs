//! Whole records, a line each, as an export gives them: read, and brought into the order in which they
//! are written.

use std::collections::{BTreeMap, HashMap, HashSet};

use pobratim_domain::{CollectionName, Faults, Keeper, Municipality, Slug};
use pobratim_persistence::{ListQuery, View};
use serde_json::Value;
use uuid::Uuid;

use super::{Item, LoadError, ORDER};
use crate::api::Api;
use crate::strict::{self, Unreadable};

/// Refs of one namespace of a collection, each with the line it stands in.
type Refs = HashMap<String, usize>;

/// The records of a text, in the order of their collections. What is wrong with lines is noted.
pub(super) async fn items(api: &Api, text: &str, faults: &mut Faults) -> Result<Vec<Item>, LoadError> {
    let mut items: Vec<Item> = Vec::new();
    let mut ids: HashMap<Uuid, usize> = HashMap::new();
    let mut refs: BTreeMap<(&'static str, String), Refs> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let position = format!(":{number}");
        let Some(item) = item(line, position.clone(), faults) else { continue };
        if let Some(first) = ids.insert(item.id, number) {
            faults.add(format!("{position}/id"), "duplicate", format!("Line {first} has this id already."));
        }
        let reference = item.value["ref"].as_str().unwrap_or_default().to_owned();
        let namespace = item.collection.namespace(item.keeper.as_ref().map_or("", Slug::as_str)).to_owned();
        let known = refs.entry((item.collection.as_str(), namespace)).or_default();
        if let Some(first) = known.insert(reference.clone(), number).filter(|_| !reference.is_empty()) {
            faults.add(format!("{position}/ref"), "duplicate", format!("Line {first} has this ref already."));
        }
        items.push(item);
    }
    kept(api, &items, faults).await?;
    known(api, &mut items, &refs, faults).await?;
    items.sort_by_key(|item| ORDER.iter().position(|name| *name == item.collection.as_str()));
    Ok(items)
}

/// The record of a line.
fn item(line: &str, position: String, faults: &mut Faults) -> Option<Item> {
    let mut value = match strict::read(line.as_bytes()) {
        Ok(value) => value,
        Err(Unreadable::Syntax(detail)) => {
            faults.add(position, "invalid", format!("The line is not JSON: {detail}."));
            return None;
        }
        Err(Unreadable::Faults(found)) => {
            for fault in found {
                faults.add(format!("{position}{}", fault.pointer), fault.code, fault.detail);
            }
            return None;
        }
    };
    let name = value.as_object_mut().and_then(|members| members.remove("collection"));
    let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
    let Some(collection) = CollectionName::parse(name).filter(|_| ORDER.contains(&name)) else {
        faults.add(format!("{position}/collection"), "unknown_code", "Each line names the collection of its record.");
        return None;
    };
    let id = value["id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    faults.unless(id.is_some(), format!("{position}/id"), "required", "A whole record has its id, a UUID.");
    let has_ref = value["ref"].as_str().is_some_and(|text| !text.is_empty());
    faults.unless(has_ref, format!("{position}/ref"), "required", "A whole record has its ref.");
    let keeper = value["municipality"].as_str().and_then(|slug| Slug::parse(slug).ok());
    let needs_one = collection.keeper() != Keeper::Shared;
    let rule = if needs_one { "A record has the slug of its keeper." } else { "Nobody keeps this record." };
    faults.unless(keeper.is_some() == needs_one, format!("{position}/municipality"), "required", rule);
    Some(Item { collection, position, id: id?, exists: false, value, keeper, is_whole: true })
}

/// Notes records of municipalities that are neither in the file nor here.
async fn kept(api: &Api, items: &[Item], faults: &mut Faults) -> Result<(), LoadError> {
    let query = ListQuery::all::<Municipality>(u64::from(u32::MAX));
    let here =
        api.database().read(async |snapshot| snapshot.first::<Municipality>(&View::System, &query).await).await?;
    let mut slugs: HashSet<&str> = here.iter().map(|municipality| municipality.body.slug.as_str()).collect();
    let own = items.iter().filter(|item| item.collection == CollectionName::Municipalities);
    slugs.extend(own.filter_map(|item| item.value["slug"].as_str()));
    for item in items {
        if let Some(keeper) = item.keeper.as_ref().filter(|keeper| !slugs.contains(keeper.as_str())) {
            let detail = format!("There is no municipality {}, neither here nor in the file.", keeper.as_str());
            faults.add(format!("{}/municipality", item.position), "unknown_reference", detail);
        }
    }
    Ok(())
}

/// Finds out which records are here already. A ref that is another record's here is a fault.
async fn known(
    api: &Api,
    items: &mut [Item],
    refs: &BTreeMap<(&'static str, String), Refs>,
    faults: &mut Faults,
) -> Result<(), LoadError> {
    let mut found: HashMap<(&'static str, String, String), Uuid> = HashMap::new();
    for ((name, namespace), wanted) in refs {
        let Some(collection) = CollectionName::parse(name) else { continue };
        let wanted: Vec<String> = wanted.keys().cloned().collect();
        let here = api.database().read(async |snapshot| snapshot.ids_in(collection, namespace, &wanted).await).await?;
        found.extend(here.into_iter().map(|(reference, id)| ((*name, namespace.clone(), reference), id)));
    }
    for item in items {
        let reference = item.value["ref"].as_str().unwrap_or_default().to_owned();
        let namespace = item.collection.namespace(item.keeper.as_ref().map_or("", Slug::as_str)).to_owned();
        let here = found.get(&(item.collection.as_str(), namespace, reference));
        item.exists = here == Some(&item.id);
        if here.is_some_and(|here| *here != item.id) {
            let detail = "Another record has this ref here. Records of an export go into an empty installation, or back into the one they are from.";
            faults.add(format!("{}/ref", item.position), "duplicate", detail);
        }
    }
    Ok(())
}
