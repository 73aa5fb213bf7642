//! Places: nothing beyond what every collection does.

use pobratim_domain::Place;

use crate::collections::Resource;

impl Resource for Place {
    const ABOUT: &'static str = "Cities, districts, regions and countries, with their names in every script: one directory that all municipalities share.";
}
