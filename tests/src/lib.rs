//! What the suite stands on: the real app on a real database over real HTTP, one database a test,
//! a fixed clock and counted ids; and the wire check, which holds every exchange against the
//! committed contract.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

mod app;
mod crowd;
mod store;
mod wire;

pub use app::{App, NOW, Reply, Request, client, listen, municipality};
pub use crowd::{Likeness, analyze, around, crowd, extremes, rows};
pub use store::Store;
