//! Reading by hand: one statement a request.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sea_orm::sqlx::query;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Pool;
use super::shown::{COLUMNS, Shown};

const LIMIT: usize = 50;

static RECORD: LazyLock<&'static str> = LazyLock::new(|| {
    leaked(format!("SELECT {COLUMNS} FROM exchanges WHERE id = $1 AND deleted_at IS NULL AND visibility = 'public'"))
});

static PAGE: LazyLock<&'static str> = LazyLock::new(|| {
    leaked(format!(
        "SELECT {COLUMNS} FROM exchanges WHERE deleted_at IS NULL AND visibility = 'public' AND audience = $1 \
         ORDER BY created_at, id LIMIT 51"
    ))
});

/// A statement that is made once need not be copied for each request.
fn leaked(sql: String) -> &'static str {
    Box::leak(sql.into_boxed_str())
}

/// The parameters of a page.
#[derive(Deserialize)]
pub struct Wanted {
    audience: String,
}

#[derive(Serialize)]
struct Page<'r> {
    items: &'r [Shown<'r>],
    page: About,
}

#[derive(Serialize)]
struct About {
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub async fn record(pool: &Pool, id: Uuid) -> Option<String> {
    match pool {
        Pool::Sqlite(pool) => {
            let row = query(*RECORD).bind(id).fetch_optional(pool).await.unwrap()?;
            Some(serde_json::to_string(&Shown::of(&row)).unwrap())
        }
        Pool::Postgres(pool) => {
            let row = query(*RECORD).bind(id).fetch_optional(pool).await.unwrap()?;
            Some(serde_json::to_string(&Shown::of(&row)).unwrap())
        }
    }
}

pub async fn page(pool: &Pool, wanted: &Wanted) -> String {
    match pool {
        Pool::Sqlite(pool) => {
            let rows = query(*PAGE).bind(&wanted.audience).fetch_all(pool).await.unwrap();
            of(&rows.iter().map(Shown::of).collect::<Vec<_>>())
        }
        Pool::Postgres(pool) => {
            let rows = query(*PAGE).bind(&wanted.audience).fetch_all(pool).await.unwrap();
            of(&rows.iter().map(Shown::of).collect::<Vec<_>>())
        }
    }
}

fn of(rows: &[Shown<'_>]) -> String {
    let items = &rows[..rows.len().min(LIMIT)];
    let last = items.last().filter(|_| rows.len() > LIMIT);
    let next_cursor = last.map(|last| {
        let mut cursor = String::new();
        for byte in format!("{} {}", last.created_at, last.id).bytes() {
            write!(cursor, "{byte:02x}").unwrap();
        }
        cursor
    });
    serde_json::to_string(&Page { items, page: About { limit: LIMIT, next_cursor } }).unwrap()
}
