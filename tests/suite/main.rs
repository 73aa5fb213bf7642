//! The HTTP suite: one file a subject. Each exchange is held against the contract.

mod demo;
mod engine;
mod http;
mod places;
mod ties;
