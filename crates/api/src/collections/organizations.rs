//! Organizations: beyond what every collection does, two of them can become one.

use pobratim_domain::Organization;

use crate::collections::Resource;
use crate::merges;
use crate::routes::Entry;

impl Resource for Organization {
    const ABOUT: &'static str = "Administrations, associations, foundations, schools, enterprises, media: whoever takes part in the ties of a city and is not a place.";

    fn actions() -> Vec<Entry> {
        vec![merges::action::<Self>()]
    }
}
