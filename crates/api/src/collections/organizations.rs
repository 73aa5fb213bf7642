//! Organizations: nothing beyond what every collection does.

use pobratim_domain::Organization;

use crate::collections::Resource;

impl Resource for Organization {
    const ABOUT: &'static str = "Administrations, associations, foundations, schools, enterprises, media: whoever takes part in the ties of a city and is not a place.";
}
