//! Municipalities: nothing beyond what every collection does.

use pobratim_domain::Municipality;

use crate::collections::Resource;

impl Resource for Municipality {
    const ABOUT: &'static str = "The cities whose departments keep their international relations here, with the settings their reports and reminders follow.";
}
