//! The HTTP suite: one file a subject. Each exchange is held against the contract.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod access;
mod changes;
mod crash;
mod demo;
mod edges;
mod engine;
mod gazetteer;
mod http;
mod letters;
mod limits;
mod office;
mod places;
mod plans;
mod reports;
mod ties;
mod work_plans;
