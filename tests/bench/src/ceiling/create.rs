//! Creating by hand: a writer that takes what waits, writes all rows of it with few statements, and
//! commits once. It writes what the server writes, namely the record, what it is found by, the journal's
//! entry with its chain, the head and the answer under the client's key, and checks next to nothing:
//! that the body is JSON of the right shape.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use actix_web::{HttpRequest, HttpResponse, web};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sea_orm::sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Database, Encode, Row as _, Type, query, query::Query,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::shown::Shown;

/// Parameters of a statement at most.
const PARAMETERS: usize = 4096;
const CITY: &str = "blagoveshchensk";
const ACTOR: &str = "01890a5d-ac96-774b-bcce-b302099a9901";

/// Up to 64 creates share a commit.
pub struct Grouped(pub Writer);

/// Each create has a commit of its own.
pub struct Single(pub Writer);

pub async fn grouped(request: HttpRequest, body: web::Bytes, writer: web::Data<Grouped>) -> HttpResponse {
    create(&request, &body, &writer.0).await
}

pub async fn single(request: HttpRequest, body: web::Bytes, writer: web::Data<Single>) -> HttpResponse {
    create(&request, &body, &writer.0).await
}

async fn create(request: &HttpRequest, body: &[u8], writer: &Writer) -> HttpResponse {
    let Ok(input) = serde_json::from_slice(body) else { return HttpResponse::BadRequest().finish() };
    let key = request.headers().get("Idempotency-Key").map(|key| (key.to_str().unwrap().to_owned(), hex(body)));
    let (reply, answer) = oneshot::channel();
    writer.0.send(Job { id: Uuid::now_v7(), input, key, reply }).await.unwrap();
    HttpResponse::Created().content_type("application/json").body(answer.await.unwrap())
}

/// A new delegation as it is sent.
#[derive(Deserialize)]
struct Input {
    title: Box<RawValue>,
    purpose: Box<RawValue>,
    direction: String,
    audience: String,
    origin: Uuid,
    destination: Uuid,
    period: String,
    fields: Vec<String>,
    headcount: Box<RawValue>,
    organizer: Uuid,
    partnerships: Vec<Uuid>,
    visibility: String,
    sources: Box<RawValue>,
}

struct Job {
    id: Uuid,
    input: Input,
    /// The client's key and the hash of what it sent.
    key: Option<(String, String)>,
    reply: oneshot::Sender<String>,
}

/// A queue that one connection empties.
pub struct Writer(mpsc::Sender<Job>);

impl Writer {
    pub async fn start(database: &str, most: usize) -> Self {
        let (queue, mut jobs) = mpsc::channel(1024);
        let mut connection = Connection::open(database).await;
        actix_web::rt::spawn(async move {
            let mut waiting = Vec::new();
            while jobs.recv_many(&mut waiting, most).await > 0 {
                connection.create(std::mem::take(&mut waiting)).await;
            }
        });
        Self(queue)
    }
}

enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

enum Cell {
    Text(String),
    Whole(i64),
    Id(Uuid),
    Flag(bool),
}

/// Rows of one table.
struct Rows {
    table: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Connection {
    async fn open(database: &str) -> Self {
        match database.strip_prefix("sqlite:") {
            Some(file) => {
                let options = SqliteConnectOptions::new()
                    .filename(file)
                    .synchronous(SqliteSynchronous::Full)
                    .pragma("cache_size", "-32768")
                    .busy_timeout(std::time::Duration::from_secs(5))
                    .disable_statement_logging();
                Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
            }
            None => {
                let options = PgConnectOptions::from_str(database).unwrap().disable_statement_logging();
                Self::Postgres(PgConnection::connect_with(&options).await.unwrap())
            }
        }
    }

    async fn create(&mut self, jobs: Vec<Job>) {
        self.run(if self.is_sqlite() { "BEGIN IMMEDIATE" } else { "BEGIN" }.to_owned(), Vec::new()).await;
        let (mut revision, mut hash, mut last, collections) = self.head().await;
        let now = i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
        let mut tables =
            [Rows::of("exchanges"), Rows::of("links"), Rows::of("terms"), Rows::of("journal"), Rows::of("idempotency")];
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            (revision, last) = (revision + 1, last + 1);
            let reference = format!("EXC-{last}");
            let answer = shown(&job, &reference, now);
            let [exchanges, links, terms, journal, idempotency] = &mut tables;
            exchanges.add(exchange(&job, &reference, now));
            for (field, target) in links_of(&job.input) {
                links.add(vec![
                    ("collection", Cell::text("exchanges")),
                    ("record_id", Cell::Id(job.id)),
                    ("field", Cell::text(field)),
                    ("target", Cell::Id(target)),
                ]);
            }
            for (field, term) in terms_of(&job.input, &reference) {
                terms.add(vec![
                    ("collection", Cell::text("exchanges")),
                    ("record_id", Cell::Id(job.id)),
                    ("field", Cell::text(field)),
                    ("term", Cell::Text(term)),
                ]);
            }
            journal.add(entry(&job, &reference, revision, now, &answer, &mut hash));
            if let Some((key, fingerprint)) = job.key {
                idempotency.add(vec![
                    ("scope", Cell::Text(format!("{ACTOR} POST /v1/exchanges"))),
                    ("key", Cell::Text(key)),
                    ("fingerprint", Cell::Text(fingerprint)),
                    ("answer", Cell::Text(answer.clone())),
                    ("at", Cell::Whole(now)),
                ]);
            }
            answers.push((job.reply, answer));
        }
        for table in tables {
            self.insert(table).await;
        }
        let sets = [
            (
                "UPDATE head SET revision = $1, hash = $2, collections = $3 WHERE id = 1",
                vec![Cell::Whole(revision), Cell::Text(hash), Cell::Text(changed(&collections, revision))],
            ),
            (
                "UPDATE counters SET last = $1 WHERE municipality = $2 AND collection = 'exchanges'",
                vec![Cell::Whole(last), Cell::text(CITY)],
            ),
        ];
        for (sql, cells) in sets {
            self.run(sql.to_owned(), cells).await;
        }
        self.run("COMMIT".to_owned(), Vec::new()).await;
        for (reply, answer) in answers {
            let _ = reply.send(answer);
        }
    }

    const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The last number, the hash of the last entry, the last ref, and how far the collections have come.
    async fn head(&mut self) -> (i64, String, i64, String) {
        const SQL: &str = "SELECT head.revision, head.hash, counters.last, head.collections FROM head, counters \
            WHERE head.id = 1 AND counters.municipality = 'blagoveshchensk' AND counters.collection = 'exchanges'";
        match self {
            Self::Sqlite(connection) => {
                let row = query(SQL).fetch_one(connection).await.unwrap();
                (row.get(0), row.get(1), row.get(2), row.get(3))
            }
            Self::Postgres(connection) => {
                let row = query(SQL_LOCKING).fetch_one(connection).await.unwrap();
                (row.get(0), row.get(1), row.get(2), row.get(3))
            }
        }
    }

    /// Inserts rows by statements of few different lengths, so that they stay prepared.
    async fn insert(&mut self, table: Rows) {
        let Rows { table, columns, mut rows } = table;
        while !rows.is_empty() {
            let most = (PARAMETERS / columns.len()).clamp(1, rows.len());
            let later = rows.split_off(1 << most.ilog2());
            let sql = insert(table, &columns, rows.len());
            self.run(sql, rows.into_iter().flatten().collect()).await;
            rows = later;
        }
    }

    async fn run(&mut self, sql: String, cells: Vec<Cell>) {
        match self {
            Self::Sqlite(connection) => {
                bound(sql, cells).execute(connection).await.unwrap();
            }
            Self::Postgres(connection) => {
                bound(sql, cells).execute(connection).await.unwrap();
            }
        }
    }
}

/// What the head row says of the collections, after a change of exchanges.
fn changed(collections: &str, revision: i64) -> String {
    let mut words: Vec<&str> = collections.split(' ').collect();
    let number = revision.to_string();
    let exchanges = words.iter().position(|word| *word == "exchanges").unwrap();
    words[exchanges + 1] = &number;
    words.join(" ")
}

/// On PostgreSQL a second writer has to wait, as the server's would.
const SQL_LOCKING: &str = "SELECT head.revision, head.hash, counters.last, head.collections FROM head, counters \
    WHERE head.id = 1 AND counters.municipality = 'blagoveshchensk' AND counters.collection = 'exchanges' \
    FOR UPDATE OF head";

fn bound<'q, D: Database>(sql: String, cells: Vec<Cell>) -> Query<'q, D, D::Arguments>
where
    String: Encode<'q, D> + Type<D>,
    i64: Encode<'q, D> + Type<D>,
    bool: Encode<'q, D> + Type<D>,
    Uuid: Encode<'q, D> + Type<D>,
    D::Arguments: sea_orm::sqlx::IntoArguments<D>,
{
    let mut query = query(AssertSqlSafe(sql));
    for cell in cells {
        query = match cell {
            Cell::Text(text) => query.bind(text),
            Cell::Whole(number) => query.bind(number),
            Cell::Id(id) => query.bind(id),
            Cell::Flag(flag) => query.bind(flag),
        };
    }
    query
}

fn insert(table: &str, columns: &[&str], rows: usize) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    let mut number = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            number += 1;
            if column > 0 {
                sql.push_str(", ");
            }
            sql.push('$');
            sql.push_str(&number.to_string());
        }
        sql.push(')');
    }
    sql
}

impl Cell {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Rows {
    const fn of(table: &'static str) -> Self {
        Self { table, columns: Vec::new(), rows: Vec::new() }
    }

    fn add(&mut self, row: Vec<(&'static str, Cell)>) {
        let (columns, cells) = row.into_iter().unzip();
        self.columns = columns;
        self.rows.push(cells);
    }
}

fn shown(job: &Job, reference: &str, now: i64) -> String {
    let Job { id, input, .. } = job;
    let (partnerships, fields) = (raw(&input.partnerships), raw(&input.fields));
    let nothing = raw::<[u8; 0]>(&[]);
    let shown = Shown {
        id: *id,
        reference,
        municipality: CITY,
        visibility: &input.visibility,
        tags: &nothing,
        sources: &input.sources,
        claims: &nothing,
        external_ids: &nothing,
        version: 1,
        created_at: now,
        updated_at: now,
        title: &input.title,
        direction: &input.direction,
        mode: "in_person",
        audience: &input.audience,
        origin: input.origin,
        destination: input.destination,
        period: Some(&input.period),
        purpose: Some(&input.purpose),
        fields: &fields,
        state: "proposed",
        headcount: Some(&input.headcount),
        organizer: Some(input.organizer),
        host: None,
        partnerships: &partnerships,
        agreement: None,
        programme: None,
        events: &nothing,
        projects: &nothing,
        implementers: &nothing,
        itinerary: &nothing,
        results: None,
        highlight: false,
        counts_in_statistics: true,
    };
    serde_json::to_string(&shown).unwrap()
}

fn raw<T: serde::Serialize>(value: &T) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn exchange(job: &Job, reference: &str, now: i64) -> Vec<(&'static str, Cell)> {
    let Job { id, input, .. } = job;
    let (first, last) = input.period.split_once('/').unwrap_or((&input.period, &input.period));
    let list = || Cell::text("[]");
    vec![
        ("id", Cell::Id(*id)),
        ("ref", Cell::text(reference)),
        ("municipality", Cell::text(CITY)),
        ("visibility", Cell::text(&input.visibility)),
        ("tags", list()),
        ("sources", Cell::text(input.sources.get())),
        ("claims", list()),
        ("external_ids", list()),
        ("version", Cell::Whole(1)),
        ("created_at", Cell::Whole(now)),
        ("updated_at", Cell::Whole(now)),
        ("title", Cell::text(input.title.get())),
        ("direction", Cell::text(&input.direction)),
        ("mode", Cell::text("in_person")),
        ("audience", Cell::text(&input.audience)),
        ("origin", Cell::Id(input.origin)),
        ("destination", Cell::Id(input.destination)),
        ("period", Cell::text(&input.period)),
        ("purpose", Cell::text(input.purpose.get())),
        ("fields", Cell::text(raw(&input.fields).get())),
        ("state", Cell::text("proposed")),
        ("headcount", Cell::text(input.headcount.get())),
        ("organizer", Cell::Id(input.organizer)),
        ("partnerships", Cell::text(raw(&input.partnerships).get())),
        ("events", list()),
        ("projects", list()),
        ("implementers", list()),
        ("itinerary", list()),
        ("highlight", Cell::Flag(false)),
        ("counts_in_statistics", Cell::Flag(true)),
        ("title_key", Cell::Text(input.title.get().to_lowercase())),
        ("period_first", Cell::text(first)),
        ("period_last", Cell::text(last)),
        ("partner", Cell::Id(input.destination)),
    ]
}

fn links_of(input: &Input) -> Vec<(&'static str, Uuid)> {
    let mut links = vec![("origin", input.origin), ("destination", input.destination), ("organizer", input.organizer)];
    links.extend(input.partnerships.iter().map(|tie| ("partnerships", *tie)));
    links
}

fn terms_of(input: &Input, reference: &str) -> BTreeSet<(&'static str, String)> {
    let mut terms: BTreeSet<_> = input.fields.iter().map(|field| ("fields", field.clone())).collect();
    for text in [input.title.get(), input.purpose.get()] {
        let texts: std::collections::HashMap<String, String> = serde_json::from_str(text).unwrap();
        for text in texts.values() {
            let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
            terms.extend(words.map(|word| ("q", word.to_lowercase())));
        }
    }
    terms.extend(reference.split('-').map(|part| ("q", part.to_lowercase())));
    terms
}

fn entry(
    job: &Job,
    reference: &str,
    revision: i64,
    now: i64,
    answer: &str,
    hash: &mut String,
) -> Vec<(&'static str, Cell)> {
    let salt = Uuid::now_v7().simple().to_string();
    let content = format!("{{\"patch\":{answer},\"inverse\":null}}");
    let content_hash = hex(format!("{salt}{content}").as_bytes());
    *hash = hex(format!("{hash}{revision}{now}{ACTOR}{}{reference}{content_hash}", job.id).as_bytes());
    vec![
        ("revision", Cell::Whole(revision)),
        ("at", Cell::Whole(now)),
        ("actor", Cell::text(ACTOR)),
        ("actor_name", Cell::text("A test's editor")),
        ("municipality", Cell::text(CITY)),
        ("collection", Cell::text("exchanges")),
        ("record_id", Cell::Id(job.id)),
        ("record_ref", Cell::text(reference)),
        ("version", Cell::Whole(1)),
        ("action", Cell::text("create")),
        ("event", Cell::text("exchange.created")),
        ("visibility", Cell::text(&job.input.visibility)),
        ("content", Cell::Text(content)),
        ("salt", Cell::Text(salt)),
        ("content_hash", Cell::Text(content_hash)),
        ("hash", Cell::text(hash)),
        ("request_id", Cell::Text(Uuid::now_v7().to_string())),
    ]
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
