//! Distinct pairs: nothing beyond what all collections do. What they keep apart is told in `duplicates` and
//! refused in `merges`.

use pobratim_domain::DistinctPair;

use crate::collections::Resource;

impl Resource for DistinctPair {
    const ABOUT: &'static str = "Records that look alike and are about two things, as somebody found out. They are not listed as duplicates to those who see this, and nobody merges them; deleting the record here takes it back.";
}
