//! The HTTP API and its contract. What belongs here: routes, wire forms, problems, the OpenAPI
//! document. It contains no SQL.

mod access;
mod address;
mod answer;
mod api;
mod asked;
mod body;
mod cache;
mod collections;
mod computed;
mod content;
mod contract;
mod csv;
mod ctx;
mod dataset;
mod directory;
mod feed;
mod findings;
mod form;
mod gazetteer;
mod gazetteer_place;
mod limit;
mod metrics;
mod pages;
mod problem;
mod query;
mod reminders;
mod report_facts;
mod reports;
mod representation;
mod resource;
mod routes;
mod search;
mod serve;
mod statistics;
mod statistics_table;
mod strict;

pub use access::issue_key;
pub use api::{Api, RateLimit, Settings};
pub use contract::{VERSION, document};
pub use dataset::{FORMAT, LoadError, Loaded, load};
pub use routes::configure;
