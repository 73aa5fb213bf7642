//! Report notes: nothing beyond what all collections do.

use pobratim_domain::ReportNote;

use crate::collections::Resource;

impl Resource for ReportNote {
    const ABOUT: &'static str =
        "The office's own paragraphs for the report of a year, by section, printed as they stand.";
}
