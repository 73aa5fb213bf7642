//! Idempotency records: the answer to a request that carried a key, stored in the transaction of
//! its change, so that the same request sent again is answered alike and changes nothing.

use std::collections::HashMap;
use std::time::Duration;

use pobratim_domain::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::pending;

/// How long an answer is kept at least. The promise is 24 hours.
const KEPT: Duration = Duration::from_secs(48 * 3600);

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub fingerprint: String,
        pub answer: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A request that must happen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Where the key counts: credential, method and path.
    pub scope: String,
    /// The client's key.
    pub key: String,
    /// What the request asks for; the same key for anything else is refused.
    pub fingerprint: String,
}

impl Idempotency {
    pub(crate) fn name(&self) -> (String, String) {
        (self.scope.clone(), self.key.clone())
    }
}

/// What was answered before.
pub(crate) struct Known {
    pub(crate) fingerprint: String,
    pub(crate) answer: String,
}

/// The answers given before under any of these keys.
pub(crate) async fn look_up(
    connection: &impl ConnectionTrait,
    keys: &[&Idempotency],
) -> Result<HashMap<(String, String), Known>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let any = keys.iter().fold(Condition::any(), |any, wanted| {
        let same = Condition::all().add(row::Column::Scope.eq(&wanted.scope)).add(row::Column::Key.eq(&wanted.key));
        any.add(same)
    });
    let rows = row::Entity::find().filter(any).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.scope, row.key), Known { fingerprint: row.fingerprint, answer: row.answer }))
        .collect())
}

/// Stores the answers of a batch.
pub(crate) async fn store(
    connection: &impl ConnectionTrait,
    answers: Vec<(Idempotency, String)>,
    now: Timestamp,
) -> Result<(), DbErr> {
    let rows = answers.into_iter().map(|(request, answer)| row::ActiveModel {
        scope: Set(request.scope),
        key: Set(request.key),
        fingerprint: Set(request.fingerprint),
        answer: Set(answer),
        at: Set(now.as_micros()),
    });
    pending::insert_all::<row::Entity>(connection, rows).await
}

/// Forgets answers past their time.
pub(crate) async fn purge(connection: &impl ConnectionTrait, now: Timestamp) -> Result<(), DbErr> {
    let before = now.as_micros() - i64::try_from(KEPT.as_micros()).unwrap_or(i64::MAX);
    row::Entity::delete_many().filter(row::Column::At.lt(before)).exec(connection).await?;
    Ok(())
}
