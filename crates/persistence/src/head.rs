//! The head: which history this is (`epoch`) and how far it has come (`revision`), for the whole
//! and for each collection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pobratim_domain::CollectionName;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Condition, Expr, LockType, Query};
use sea_orm::{ConnectionTrait, QuerySelect};
use tokio::sync::oneshot;

use crate::error::Error;

/// The head row.
pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub epoch: String,
        pub revision: i64,
        pub hash: String,
        pub secret: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The last revision of each collection.
pub(crate) mod collection_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "collection_heads")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub collection: String,
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A committed state of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Names the history; a restored backup begins a new one.
    pub epoch: String,
    /// The number of the last change.
    pub revision: i64,
    collections: BTreeMap<String, i64>,
}

impl Head {
    /// The number of the last change in a collection; 0 when there was none.
    pub fn of(&self, collection: CollectionName) -> i64 {
        self.collections.get(collection.as_str()).copied().unwrap_or(0)
    }

    /// The last change in any of these collections.
    pub fn of_all(&self, collections: &[CollectionName]) -> i64 {
        collections.iter().map(|collection| self.of(*collection)).max().unwrap_or(0)
    }

    /// Reads the head: the first statement of a snapshot, or a statement alone. It is one, so that
    /// what it tells belongs together without a transaction.
    pub(crate) async fn read(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        use collection_row::{Column as Of, Entity as Collections};
        use row::{Column, Entity};
        let statement = Query::select()
            .columns([(Entity, Column::Epoch), (Entity, Column::Revision)])
            .column((Collections, Of::Collection))
            .expr_as(Expr::col((Collections, Of::Revision)), Alias::new("last"))
            .from(Entity)
            .left_join(Collections, Condition::all())
            .and_where(Column::Id.eq(1))
            .to_owned();
        let mut head: Option<Self> = None;
        for row in connection.query_all(&statement).await? {
            let head = match &mut head {
                Some(head) => head,
                None => head.insert(Self {
                    epoch: row.try_get("", "epoch")?,
                    revision: row.try_get("", "revision")?,
                    collections: BTreeMap::new(),
                }),
            };
            if let Some(collection) = row.try_get::<Option<String>>("", "collection")? {
                head.collections.insert(collection, row.try_get("", "last")?);
            }
        }
        head.ok_or_else(|| DbErr::RecordNotFound("the head row; was the database migrated?".to_owned()))
    }
}

/// Reads the head row and holds it until the transaction ends, so that writers come one by one.
pub(crate) async fn lock(connection: &impl ConnectionTrait) -> Result<row::Model, DbErr> {
    let found = row::Entity::find_by_id(1).lock(LockType::Update).one(connection).await?;
    found.ok_or_else(|| DbErr::RecordNotFound("the head row; was the database migrated?".to_owned()))
}

/// Gives the committed head to many callers for the price of few queries: those who wait share
/// one, and it always starts after the last of them came, so nobody is told of the past.
#[derive(Clone)]
pub(crate) struct HeadPoll {
    readers: DatabaseConnection,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    running: bool,
    callers: Vec<oneshot::Sender<Result<Head, Error>>>,
}

impl HeadPoll {
    pub(crate) fn new(readers: DatabaseConnection) -> Self {
        Self { readers, waiting: Arc::default() }
    }

    /// The head as of now or later.
    pub(crate) async fn head(&self) -> Result<Head, Error> {
        let (answer, head) = oneshot::channel();
        let must_run = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.callers.push(answer);
            !std::mem::replace(&mut waiting.running, true)
        };
        if must_run {
            // A task of its own: a caller that goes away takes nobody's answer with it.
            tokio::spawn(Turn { poll: self.clone(), ended: false }.run());
        }
        // Bounded for each caller: who comes during a query that hangs waits for that one and its own.
        let head = async { head.await.unwrap_or_else(|_| Err(Error::Unavailable("the head was not read".to_owned()))) };
        crate::read::bounded(head).await
    }
}

/// The one who reads for all. When its task ends before it has answered, with its runtime or by a
/// panic, those who wait are told so at once, and the next to come begins anew.
struct Turn {
    poll: HeadPoll,
    ended: bool,
}

impl Turn {
    async fn run(mut self) {
        loop {
            let callers = {
                let mut waiting = self.poll.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if waiting.callers.is_empty() {
                    waiting.running = false;
                    self.ended = true;
                    return;
                }
                std::mem::take(&mut waiting.callers)
            };
            let head = crate::read::bounded(async { Ok(Head::read(&self.poll.readers).await?) }).await;
            for caller in callers {
                // Nobody is there any more when the send fails.
                let _ = caller.send(head.clone());
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.ended {
            let mut waiting = self.poll.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.running = false;
            waiting.callers.clear();
        }
    }
}
