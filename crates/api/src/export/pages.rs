//! A list that is read to its end, a page at a time.

use std::time::Duration;

use pobratim_persistence::{Error, Head, ListQuery, Snapshot, Stored, View, mask};
use tokio::sync::Semaphore;

use crate::api::Api;

/// How many records are read at once. In their several shapes they take a few times their size.
pub(super) const PAGE: u64 = 100;

/// How many lists are being read at once; others wait for their turn, page by page. So there are always
/// connections for what is short.
static TURNS: Semaphore = Semaphore::const_new(3);

/// How long the first page may wait for its turn: whoever asks has no answer yet.
const WAIT: Duration = Duration::from_millis(2500);

/// A list being read. Each page is a snapshot of its own; the order is that of the list's key, so each
/// record comes once, as it is when it is read.
pub(super) struct Pages<T> {
    api: Api,
    view: View,
    query: ListQuery,
    is_over: bool,
    total: Option<i64>,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T: Stored> Pages<T> {
    pub(super) fn new(api: &Api, view: View, query: ListQuery) -> Self {
        let query = ListQuery { limit: PAGE, cursor: None, count: false, ..query };
        Self { api: api.clone(), view, query, is_over: false, total: None, of: std::marker::PhantomData }
    }

    /// The same, which also counts how many records there are.
    pub(super) fn counted(mut self) -> Self {
        self.query.count = true;
        self
    }

    /// Whether all was read.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// How many records there were at the first page, when they are counted.
    pub(super) fn total(&self) -> i64 {
        self.total.unwrap_or_default()
    }

    /// Names the list: collection, filters, sort and view.
    pub(super) fn name(&self) -> &str {
        &self.query.name
    }

    /// Reads the next page, for what is made of it in the same snapshot, and tells its head.
    pub(super) async fn next(
        &mut self,
        make: impl AsyncFnOnce(&Snapshot, &[T::Row]) -> Result<(), Error>,
    ) -> Result<Head, Error> {
        let busy = || Error::Unavailable("others are reading lists to their ends".to_owned());
        let turn = if self.query.cursor.is_none() {
            tokio::time::timeout(WAIT, TURNS.acquire()).await.map_err(|_| busy())?
        } else {
            TURNS.acquire().await
        };
        let _turn = turn.map_err(|_| busy())?;
        let (view, query) = (&self.view, &self.query);
        let secret = self.api.database().secret();
        let (head, next, total) = self
            .api
            .database()
            .read(async |snapshot| {
                let mut page = snapshot.list::<T>(view, query, secret).await?;
                for row in &mut page.rows {
                    mask::<T>(row, view)?;
                }
                make(snapshot, &page.rows).await?;
                Ok((snapshot.head().clone(), page.next, page.total))
            })
            .await?;
        self.total = self.total.or(total);
        self.is_over = next.is_none();
        self.query.cursor = next;
        self.query.count = false;
        Ok(head)
    }
}
