//! Accepted findings: nothing beyond what all collections do. A finding is accepted under its own
//! address, see `findings`.

use pobratim_domain::AcceptedFinding;

use crate::collections::Resource;

impl Resource for AcceptedFinding {
    const ABOUT: &'static str = "Findings that the office leaves as they are, each with its reason. A finding is accepted under its own address; deleting the record here opens it again.";
}
