//! API keys on the command line: made, listed, revoked.

use pobratim_api::issue_key;
use pobratim_domain::{ApiKey, Record, Role, Slug, Timestamp};
use pobratim_persistence::{Database, Envelope, Error, Happened, ListQuery, Stamp, Stored, View};
use uuid::Uuid;

use crate::Outcome;
use crate::data::say;

/// A key that is asked for.
pub(crate) struct Wanted {
    pub(crate) owner: String,
    /// Nothing for the operator's.
    pub(crate) role: Option<Role>,
    pub(crate) municipality: Option<String>,
    pub(crate) days: u32,
    pub(crate) scopes: Vec<String>,
}

/// Makes a key and prints it.
pub(crate) async fn create(database: &Database, wanted: Wanted) -> Outcome {
    let text = make(database, wanted).await?;
    eprintln!("Keep this key: it is not shown again.");
    say(&text);
    Ok(())
}

/// Makes a key; gives its text.
pub(crate) async fn make(database: &Database, wanted: Wanted) -> Result<String, String> {
    let municipality =
        wanted.municipality.as_deref().map(Slug::parse).transpose().map_err(|error| error.to_string())?;
    let expires = database.clock().now().as_micros() + i64::from(wanted.days) * 86_400_000_000;
    let key = ApiKey {
        owner: wanted.owner,
        role: wanted.role.unwrap_or(Role::Operator),
        scopes: wanted.scopes,
        expires_at: Some(Timestamp::from_micros(expires)),
        revoked_at: None,
    };
    issue_key(database, key, municipality, "keys create").await.map_err(|error| error.to_string())
}

/// Prints all keys.
pub(crate) async fn list(database: &Database) -> Outcome {
    for key in all(database).await.map_err(|error| error.to_string())? {
        let ApiKey { owner, role, expires_at, revoked_at, .. } = &key.body;
        let state = match (revoked_at, expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(end)) if *end <= database.clock().now() => format!("expired {end}"),
            (None, Some(end)) => format!("until {end}"),
            (None, None) => "without end".to_owned(),
        };
        let keeper = if key.head.keeper().is_empty() { "-" } else { key.head.keeper() };
        say(&format!("{}  {}  {:8}  {keeper}  {owner}  {state}", key.head.id, key.head.reference, role.as_str()));
    }
    Ok(())
}

/// Revokes a key by its id or ref.
pub(crate) async fn revoke(database: &Database, name: &str) -> Outcome {
    let keys = all(database).await.map_err(|error| error.to_string())?;
    let id = Uuid::try_parse(name).ok();
    let known = keys.iter().find(|key| Some(key.head.id) == id || key.head.reference == name);
    let Some(key) = known else { return Err(format!("there is no key {name}")) };
    revoke_one(database, key.head.id).await.map_err(|error| error.to_string())?;
    say(&format!("{} is revoked", key.head.reference));
    Ok(())
}

/// Revokes a key.
pub(crate) async fn revoke_one(database: &Database, id: Uuid) -> Result<(), Error> {
    let command = database.write(Stamp::system("keys revoke"), None, move |tx| async move {
        let before = tx.get::<ApiKey>(&View::System, id).await?;
        let mut record = before.record.clone();
        record.body.revoked_at.get_or_insert(tx.now());
        tx.update(&View::System, before, record, Happened::plain("revoked")).await?;
        Ok(())
    });
    command.await.map(drop)
}

/// All keys, oldest first.
pub(crate) async fn all(database: &Database) -> Result<Vec<Record<ApiKey>>, Error> {
    let secret = database.secret().clone();
    database
        .read(async |snapshot| {
            let mut query = ListQuery::all::<ApiKey>(200);
            let mut keys = Vec::new();
            loop {
                let page = snapshot.list::<ApiKey>(&View::System, &query, &secret).await?;
                for row in &page.rows {
                    keys.push(record_of::<ApiKey>(row)?);
                }
                match page.next {
                    Some(next) => query.cursor = Some(next),
                    None => return Ok(keys),
                }
            }
        })
        .await
}

fn record_of<T: Stored>(row: &T::Row) -> Result<Record<T>, Error> {
    Envelope::of::<T>(row)?;
    Ok(serde_json::from_value(serde_json::to_value(row)?)?)
}
