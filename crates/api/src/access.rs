//! Who asks: API keys, read from the `Authorization` header.
//!
//! A key is `pbk_`, 32 digits of its id, `_`, and its secret. The database keeps a keyed hash of
//! the secret. What is known of a key is kept in memory while no key was changed: the head's
//! revision of the keys says so.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pobratim_domain::{ApiKey, Faults, Head as RecordHead, Record, Role, Scope, Slug, Visibility};
use pobratim_persistence::{Database, Error, Happened, Head, Secret, Stamp, View};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How many keys are remembered.
const REMEMBERED: usize = 10_000;

/// A caller with a valid credential.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) key: std::sync::Arc<Record<ApiKey>>,
}

impl Principal {
    pub(crate) fn id(&self) -> Uuid {
        self.key.head.id
    }

    pub(crate) fn role(&self) -> Role {
        self.key.body.role
    }

    pub(crate) fn municipality(&self) -> Option<&Slug> {
        self.key.head.municipality.as_ref()
    }

    pub(crate) fn holds(&self, scope: Scope) -> bool {
        self.key.body.holds(scope)
    }

    pub(crate) fn view(&self) -> View {
        let municipality = self.key.head.keeper().to_owned();
        match self.role() {
            Role::Reader | Role::Editor => View::Internal(municipality),
            Role::Approver | Role::Admin => View::Restricted(municipality),
            Role::Operator => View::Operator,
        }
    }
}

/// A key as its owner gets it, and what the database keeps of it.
struct NewKey {
    /// The whole key: shown once.
    text: String,
    /// The keyed hash of its secret.
    hash: String,
}

impl NewKey {
    fn new(id: Uuid, random: &str, secret: &Secret) -> Self {
        Self { text: format!("pbk_{}_{random}", id.simple()), hash: hash(secret, random) }
    }
}

/// Makes a key that ends by itself, and gives its text: it is never shown again.
pub async fn issue_key(
    database: &Database,
    key: ApiKey,
    municipality: Option<Slug>,
    request: &str,
) -> Result<String, Error> {
    let random = database.clock().secret(32)?;
    let id = database.clock().id();
    let NewKey { text, hash } = NewKey::new(id, &random, database.secret());
    let record = Record {
        head: RecordHead {
            id,
            visibility: Visibility::Restricted,
            municipality: municipality.clone(),
            ..RecordHead::default()
        },
        body: key,
    };
    let mut faults = Faults::default();
    record.check(&mut faults);
    faults.into_result()?;
    let command = database.write(Stamp::system(request), None, move |tx| async move {
        tx.create::<ApiKey>(&View::System, municipality, record, Happened::plain("created")).await?;
        tx.store_key_hash(id, hash).await
    });
    command.await?;
    Ok(text)
}

fn hash(secret: &Secret, random: &str) -> String {
    secret.mac(&[b"api key", random.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The keys seen so far.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    state: (std::sync::Arc<str>, i64),
    keys: HashMap<Uuid, (std::sync::Arc<Record<ApiKey>>, String)>,
}

impl Keys {
    /// The caller behind a header's value, with the head that was looked at to know; nothing when the
    /// credential is not good.
    pub(crate) async fn principal(
        &self,
        database: &Database,
        header: &str,
    ) -> Result<Option<(Principal, Head)>, Error> {
        let Some((id, random)) = parse(header) else { return Ok(None) };
        let head = database.head().await?;
        let state = (head.epoch.clone(), head.of(pobratim_domain::CollectionName::ApiKeys));
        let known = {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.state != state {
                *seen = Seen { state: state.clone(), keys: HashMap::new() };
            }
            seen.keys.get(&id).cloned()
        };
        let known = match known {
            Some(known) => known,
            None => {
                let Some((record, stored)) = database.api_key(id).await? else { return Ok(None) };
                let known = (std::sync::Arc::new(record), stored);
                let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if seen.state == state && seen.keys.len() < REMEMBERED {
                    seen.keys.insert(id, known.clone());
                }
                known
            }
        };
        let (key, stored) = known;
        let same = hash(database.secret(), random).as_bytes().ct_eq(stored.as_bytes());
        // Expiry is compared on every request: the clock makes no change in the database.
        let live = key.body.is_live(database.clock().now());
        Ok((bool::from(same) && live).then_some((Principal { key }, head)))
    }
}

fn parse(header: &str) -> Option<(Uuid, &str)> {
    let (scheme, token) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (id, random) = token.trim().strip_prefix("pbk_")?.split_once('_')?;
    Some((Uuid::try_parse(id).ok()?, random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back() {
        let secret = Secret::new("s");
        let key = NewKey::new(Uuid::nil(), "abc", &secret);
        let header = format!("Bearer {}", key.text);
        assert_eq!(parse(&header), Some((Uuid::nil(), "abc")));
        assert_eq!(hash(&secret, "abc"), key.hash);
        for wrong in ["", "Bearer", "Bearer x", "Basic pbk_0_0", "Bearer pbk_zz_0"] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}
