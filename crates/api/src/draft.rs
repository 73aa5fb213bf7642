//! Drafts: what a client sends, read as a record that may be stored. All faults come at once: the
//! schema's, the rules', and members that the server manages.

use pobratim_domain::{Collection, Faults, Record, merge};
use pobratim_persistence::{Error, Loaded, Stored};
use serde_json::{Map, Value};

use crate::api::Api;
use crate::gazetteer_place;
use crate::problem::ApiResult;

/// A record as a client describes it, when it is new or replaces one.
pub(crate) fn draft<T: Stored>(api: &Api, input: Value, before: Option<&Loaded<T>>) -> ApiResult<Record<T>> {
    Ok(draft_in(api, input, before)?)
}

/// The same within a command.
pub(crate) fn draft_in<T: Stored>(api: &Api, mut input: Value, before: Option<&Loaded<T>>) -> Result<Record<T>, Error> {
    let name = T::NAME.type_name();
    let known = before.map(|before| before.record.to_json()).transpose()?;
    let mut faults = Faults::default();
    api.schemas().strip_managed(&mut input, known.as_ref(), &format!("{name}Input"), &name, &mut faults);
    check(api, &format!("{name}Input"), &input, &mut faults)?;
    let historical = input.as_object_mut().and_then(|members| members.remove("historical"));
    let mut record = read_record::<T>(input.clone(), &mut faults)?;
    if let (Some(state), Some(read)) = (T::STATE, &mut record)
        && let Some(walk) = read.body.state()
    {
        let current = known.as_ref().and_then(|known| known[state].as_str()).unwrap_or(&walk.first).to_owned();
        let is_past = historical == Some(Value::Bool(true));
        if input.get(state).is_none() {
            input[state] = current.into();
            record = read_record::<T>(input, &mut faults)?;
        } else if walk.current != current {
            let rule = format!("/{state}");
            faults.unless(
                before.is_none(),
                &rule,
                "read_only",
                format!("It is {current} and moves by its own action only."),
            );
            faults.unless(
                before.is_some() || is_past,
                &rule,
                "not_first",
                format!("A new record begins as {current}; send historical: true, and a source, for one of the past."),
            );
            faults.unless(
                before.is_some() || !is_past || !read.head.sources.is_empty(),
                "/sources",
                "required",
                "A record of the past names its source.",
            );
        }
    }
    let mut record = finished(record, faults)?;
    if let Some(before) = before {
        keep_managed(&mut record, before);
    }
    Ok(record)
}

/// A record as it is after a merge patch.
pub(crate) fn patched<T: Stored>(api: &Api, mut patch: Value, before: &Loaded<T>) -> Result<Record<T>, Error> {
    let name = T::NAME.type_name();
    let known = before.record.to_json()?;
    let mut faults = Faults::default();
    let was_empty = patch.as_object().is_some_and(Map::is_empty);
    api.schemas().strip_managed(&mut patch, Some(&known), &format!("{name}Patch"), &name, &mut faults);
    // Only what the server manages, unchanged: nothing is left, and nothing changes.
    let is_empty = patch.as_object().is_some_and(Map::is_empty);
    if was_empty || !is_empty {
        check(api, &format!("{name}Patch"), &patch, &mut faults)?;
    }
    faults.into_result()?;
    let mut merged = api.schemas().input_of(&known, &format!("{name}Input"));
    merge(&mut merged, &patch);
    let mut faults = Faults::default();
    check(api, &format!("{name}Input"), &merged, &mut faults)?;
    let record = read_record::<T>(merged, &mut faults)?;
    let mut record = finished(record, faults)?;
    keep_managed(&mut record, before);
    Ok(record)
}

fn check(api: &Api, schema: &str, value: &Value, faults: &mut Faults) -> Result<(), Error> {
    api.validate(schema, value, faults).map_err(Error::Defect)?;
    gazetteer_place::check(schema, value, faults);
    Ok(())
}

/// Reads a record; what the schema let pass and the types do not is a fault too.
fn read_record<T: Stored>(value: Value, faults: &mut Faults) -> Result<Option<Record<T>>, Error> {
    match serde_json::from_value::<Record<T>>(value) {
        Ok(record) => Ok(Some(record)),
        Err(_) if !faults.is_empty() => Ok(None),
        Err(error) => {
            faults.add("", "invalid", format!("{error}."));
            Ok(None)
        }
    }
}

fn finished<T: Stored>(record: Option<Record<T>>, mut faults: Faults) -> Result<Record<T>, Error> {
    if let Some(record) = &record {
        let mut rules = Faults::default();
        record.check(&mut rules);
        let new = rules.into_iter().filter(|fault| !faults.has(&fault.pointer)).collect::<Vec<_>>();
        faults.extend(new);
    }
    faults.into_result()?;
    record.ok_or_else(|| Error::Defect("a record without a fault could not be read".to_owned()))
}

fn keep_managed<T: Collection>(record: &mut Record<T>, before: &Loaded<T>) {
    let known = &before.record.head;
    record.head.id = known.id;
    record.head.reference.clone_from(&known.reference);
    record.head.municipality.clone_from(&known.municipality);
    record.head.version = known.version;
    record.head.created_at = known.created_at;
    record.head.updated_at = known.updated_at;
}
