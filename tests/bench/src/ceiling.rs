//! What the server is compared with: bare actix with the same bytes, and handlers written by hand
//! on sqlx that make the same JSON of the same rows and write the same rows. No visibility but the
//! public one, no ETags, no history of what was read, no problem details, no log: what nobody
//! would leave out of a service, and what a quick program could do without.
//!
//! It is a program of its own, `bench ceiling DATABASE ANSWERS`, so that its processor time can be
//! told apart. Each worker has its own connections.

mod create;
mod read;
mod shown;

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr as _;

use actix_web::http::header::ETAG;
use actix_web::{App, HttpResponse, HttpServer, web};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sea_orm::sqlx::{ConnectOptions as _, PgPool, SqlitePool};
use uuid::Uuid;

use crate::requests::LISTENING;

/// Connections for reading; each worker has four.
#[derive(Clone)]
pub enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    fn open(database: &str) -> Self {
        match database.strip_prefix("sqlite:") {
            Some(file) => Self::Sqlite(
                SqlitePoolOptions::new()
                    .max_connections(4)
                    .test_before_acquire(false)
                    .connect_lazy_with(SqliteConnectOptions::new().filename(file).disable_statement_logging()),
            ),
            None => {
                let options = PgConnectOptions::from_str(database).unwrap().disable_statement_logging();
                let pool = PgPoolOptions::new().max_connections(4).test_before_acquire(false);
                Self::Postgres(pool.connect_lazy_with(options))
            }
        }
    }
}

/// Serves until it is killed.
pub fn serve(database: &str, answers: &Path) {
    let answers: HashMap<String, web::Bytes> = std::fs::read_dir(answers)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap().into())
        })
        .collect();
    let answers = web::Data::new(answers);
    let database = database.to_owned();
    actix_web::rt::System::new().block_on(async move {
        let grouped = web::Data::new(create::Grouped(create::Writer::start(&database, 64).await));
        let single = web::Data::new(create::Single(create::Writer::start(&database, 1).await));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(answers.clone())
                .app_data(grouped.clone())
                .app_data(single.clone())
                .app_data(web::Data::new(Pool::open(&database)))
                .route("/static/304", web::get().to(not_modified))
                .route("/static/{name}", web::get().to(same_bytes))
                .route("/v1/exchanges/{id}", web::get().to(record))
                .route("/v1/exchanges", web::get().to(page))
                .route("/grouped", web::post().to(create::grouped))
                .route("/single", web::post().to(create::single))
        });
        let server = server.bind("127.0.0.1:0").unwrap();
        println!("{LISTENING}{}", server.addrs()[0]);
        server.run().await.unwrap();
    });
}

async fn same_bytes(name: web::Path<String>, answers: web::Data<HashMap<String, web::Bytes>>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(answers[name.as_str()].clone())
}

async fn not_modified() -> HttpResponse {
    HttpResponse::NotModified().insert_header((ETAG, "\"1-0123456789abcdef-0-0123456789ab\"")).finish()
}

async fn record(id: web::Path<Uuid>, pool: web::Data<Pool>) -> HttpResponse {
    json(read::record(&pool, *id).await)
}

async fn page(query: web::Query<read::Wanted>, pool: web::Data<Pool>) -> HttpResponse {
    json(Some(read::page(&pool, &query).await))
}

fn json(body: Option<String>) -> HttpResponse {
    match body {
        Some(body) => HttpResponse::Ok().content_type("application/json").body(body),
        None => HttpResponse::NotFound().finish(),
    }
}
