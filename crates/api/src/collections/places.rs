//! Places: beyond what every collection does, their lists are maps, and two of them can become one.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::Place;
use pobratim_persistence::Error;
use serde_json::Value;

use crate::collections::Resource;
use crate::export::{self, ListForm, Shown};
use crate::merges;
use crate::routes::Entry;

impl Resource for Place {
    const ABOUT: &'static str = "Cities, districts, regions and countries, with their names in every script: one directory that all municipalities share.";

    fn actions() -> Vec<Entry> {
        vec![merges::action::<Self>()]
    }

    const SHOWN: Option<ListForm> = Some(ListForm::GeoJson);

    fn shown<'s>(shown: &'s Shown<'s>, records: Vec<Value>) -> LocalBoxFuture<'s, Result<Vec<String>, Error>> {
        export::of_places(shown, records).boxed_local()
    }
}
