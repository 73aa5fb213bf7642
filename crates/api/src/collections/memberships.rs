//! Memberships: nothing beyond what all collections do.

use pobratim_domain::Membership;

use crate::collections::Resource;

impl Resource for Membership {
    const ABOUT: &'static str =
        "The associations that a city belongs to: since when, as what, at what cost, and who speaks for it there.";
}
