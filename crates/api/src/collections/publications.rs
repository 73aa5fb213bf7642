//! Publications: nothing beyond what all collections do.

use pobratim_domain::Publication;

use crate::collections::Resource;

impl Resource for Publication {
    const ABOUT: &'static str = "What the media told of ties and events: who published it, where, when, in which language, and of what it tells.";
}
