//! What a report looks like: one file a form. Each takes the document alone.
