//! The HTTP suite: one file a subject. Each exchange is held against the contract.

mod engine;
mod demo;
mod places;
mod ties;
