//! Records in and out of the database: the writer, the journal, lists, links and terms.
//!
//! What belongs here: everything that speaks SQL. It knows nothing of HTTP. A collection's file
//! declares its table; the engine in the other files is written once.

mod agreement;
mod api_key;
mod assistance_case;
mod backend;
mod backup;
mod batch;
mod changes;
mod clock;
mod cursor;
mod database;
mod days;
mod declared;
mod error;
mod event;
mod exchange;
mod findable;
mod head;
mod idempotency;
mod journal;
mod letter;
mod list;
mod membership;
mod municipality;
mod observation;
mod organization;
mod partnership;
mod pending;
mod place;
mod programme;
mod project;
mod publication;
mod raw_json;
mod read;
mod replay;
mod report_note;
mod save;
mod stored;
mod tx;
mod unique;
mod verify;
mod view;
mod work_plan;
mod writer;

pub use backend::{BadUrl, DatabaseUrl};
pub use backup::{BackupError, backup, new_epoch, restore};
pub use changes::{Change, Changes, ChangesQuery, Told};
pub use clock::Clock;
pub use cursor::{Cursor, Key, Secret};
pub use database::{Database, StartError};
pub use declared::Declared;
pub use error::{Conflict, Error};
pub use head::Head;
pub use idempotency::Idempotency;
pub use journal::{Content, Stamp};
pub use list::{ListQuery, Page, Wanted};
pub use read::{Snapshot, mask};
pub use save::{Happened, Loaded};
pub use stored::{COMMON_SORTS, Envelope, Filter, FilterBy, Row, Sort, Stored, Unique};
pub use tx::Tx;
pub use verify::Verified;
pub use view::View;
pub use writer::{DEADLINE, QUEUE, Written};
