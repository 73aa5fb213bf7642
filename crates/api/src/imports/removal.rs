//! Removing imports: those that somebody deletes, and those that nobody commits. What an import made stays.

use pobratim_domain::ImportState;
use pobratim_persistence::{Error, Stamp};
use uuid::Uuid;

use crate::api::Api;
use crate::imports::work::{READ, load, state};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Removes the rows of an import that is not there any more, the last first, in slices between which others write.
pub(super) async fn remove_rows(api: &Api, id: Uuid) -> Result<(), Error> {
    let database = api.database();
    while let Some(last) = database.read(async |snapshot| snapshot.last_import_row(id).await).await? {
        if api.is_draining() {
            return Ok(());
        }
        let from = last - i64::try_from(READ).unwrap_or(i64::MAX) + 1;
        let command = move |tx: pobratim_persistence::Tx| async move { tx.remove_import_rows(id, from).await };
        database.write(Stamp::system(&id.to_string()), None, command).await?;
    }
    Ok(())
}

/// Removes imports that were not committed within so many days since they were changed last, and what a removal
/// that was interrupted has left; tells how many imports were removed.
pub async fn remove_old_imports(api: &Api, days: u32) -> Result<usize, Error> {
    let database = api.database();
    let since = database.clock().now().as_micros() - i64::from(days) * DAY;
    let old = database.read(async |snapshot| snapshot.imports_left_lying(since).await).await?;
    let mut removed = 0;
    for id in old {
        let command = move |tx: pobratim_persistence::Tx| async move {
            let import = tx.import(None, id).await?;
            let is_old =
                import.updated_at < since && matches!(state(&import)?, ImportState::Checked | ImportState::Failed);
            if is_old {
                tx.remove_import(id).await?;
            }
            Ok(is_old)
        };
        match database.write(Stamp::system(&id.to_string()), None, command).await {
            Ok(outcome) => removed += usize::from(outcome.value),
            // Another server was faster.
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    for id in database.read(async |snapshot| snapshot.imports_removed_in_part().await).await? {
        // Its import may have come between the two.
        if matches!(load(api, id).await, Err(Error::NotFound)) {
            remove_rows(api, id).await?;
        }
    }
    Ok(removed)
}
