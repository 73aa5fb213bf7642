//! Observations: nothing beyond what all collections do.

use pobratim_domain::Observation;

use crate::collections::Resource;

impl Resource for Observation {
    const ABOUT: &'static str =
        "Figures that somebody reported, each with its source: kept apart from what is counted from the records.";
}
