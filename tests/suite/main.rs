//! The HTTP suite: one file a subject. Each exchange is held against the contract.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod access;
mod cache;
mod changes;
mod crash;
mod dated;
mod demo;
mod documents;
mod edges;
mod engine;
mod exports;
mod findings;
mod gazetteer;
mod http;
mod imports;
mod letters;
mod limits;
mod linear;
mod lists;
mod marks;
mod merges;
mod office;
mod places;
mod plans;
mod reindex;
mod reminders;
mod reports;
mod search;
mod statistics;
mod ties;
mod work_plans;
