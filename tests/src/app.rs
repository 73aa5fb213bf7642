//! The app under test, and requests to it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use actix_web::{App as ActixApp, HttpServer};
use pobratim_api::{Api, Settings, configure, issue_key};
use pobratim_domain::{ApiKey, Role, Slug, Timestamp};
use pobratim_files::{Files, Place, with_tls};
use pobratim_persistence::{Clock, Database};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::store::Store;
use crate::wire;

/// The moment at which the suite's clock stands.
pub const NOW: &str = "2011-09-05T01:30:00Z";

/// A running app with a database of its own.
pub struct App {
    /// The database.
    pub store: Store,
    /// The app's own handle on it.
    pub database: Database,
    /// The clock, which stands still until it is moved.
    pub clock: Clock,
    /// The API.
    pub api: Api,
    /// Where it listens.
    pub address: SocketAddr,
    files: TempDir,
    client: Client,
    stop: actix_web::dev::ServerHandle,
}

impl App {
    /// An app over an empty database, without limits.
    pub async fn start() -> Self {
        Self::start_with(Store::new().await, Settings::default()).await
    }

    /// An app over a database, with settings of the test's own. Files lie in a folder of the test's,
    /// unless the settings have a place for them.
    pub async fn start_with(store: Store, settings: Settings) -> Self {
        Self::start_at(store, settings, Clock::fixed(Timestamp::parse(NOW).unwrap(), 1)).await
    }

    /// An app over an empty database of another installation: the ids it makes are others.
    pub async fn elsewhere() -> Self {
        let clock = Clock::fixed(Timestamp::parse(NOW).unwrap(), 2);
        Self::start_at(Store::new().await, Settings::default(), clock).await
    }

    /// Another app over the same database, as another process is: it shares nothing but the clock.
    pub async fn beside(&self, settings: Settings) -> Self {
        Self::start_at(self.store.clone(), settings, self.clock.clone()).await
    }

    async fn start_at(store: Store, mut settings: Settings, clock: Clock) -> Self {
        let files = tempfile::tempdir().unwrap();
        if settings.files.place() == &Place::default() {
            settings.files = Files::at(Place::Folder(files.path().to_owned()), []).unwrap();
        }
        let database = Database::open(store.url.clone(), Some("a secret of the suite"), clock.clone()).await.unwrap();
        let api = Api::new(database.clone(), settings).unwrap();
        let (address, stop) = listen(&api);
        let client = client(Duration::from_secs(30));
        Self { store, database, clock, api, address, files, client, stop }
    }

    /// An app with the municipality of Blagoveshchensk and its home place.
    pub async fn with_city() -> Self {
        let app = Self::start().await;
        let operator = app.operator().await;
        app.create("municipalities", &operator, municipality("blagoveshchensk")).await;
        app
    }

    /// What lies in the folder of files, by name.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.files.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The folder of files.
    pub fn files_folder(&self) -> &Path {
        self.files.path()
    }

    /// A key of a municipality.
    pub async fn key(&self, role: Role, municipality: &str) -> String {
        self.issue(role, Some(Slug::parse(municipality).unwrap())).await
    }

    /// An editor's key of Blagoveshchensk.
    pub async fn editor(&self) -> String {
        self.key(Role::Editor, "blagoveshchensk").await
    }

    /// The operator's key.
    pub async fn operator(&self) -> String {
        self.issue(Role::Operator, None).await
    }

    /// A key of a municipality with some scopes only.
    pub async fn narrowed(&self, role: Role, municipality: &str, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.issue_with(role, Some(Slug::parse(municipality).unwrap()), scopes).await
    }

    async fn issue(&self, role: Role, municipality: Option<Slug>) -> String {
        self.issue_with(role, municipality, Vec::new()).await
    }

    async fn issue_with(&self, role: Role, municipality: Option<Slug>, scopes: Vec<String>) -> String {
        let key =
            ApiKey { owner: format!("A test's {}", role.as_str()), role, scopes, expires_at: None, revoked_at: None };
        issue_key(&self.database, key, municipality, "test").await.unwrap()
    }

    /// A request.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        Request { app: self, method: method.to_owned(), path: path.to_owned(), headers: HeaderMap::new(), body: None }
    }

    /// A figure of its metrics; 0 when it is not there.
    pub async fn metric(&self, name: &str) -> u64 {
        let text = String::from_utf8(self.get("/metrics").send().await.expect(200).bytes).unwrap();
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        found.unwrap_or(0)
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    /// A POST request.
    pub fn post(&self, path: &str, body: Value) -> Request<'_> {
        self.request("POST", path).json(body)
    }

    /// Creates a record and gives it; it must work.
    pub async fn create(&self, collection: &str, key: &str, body: Value) -> Value {
        let reply = self.post(&format!("/v1/{collection}"), body).key(key).send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{:#}", reply.json);
        reply.json
    }

    /// Where a path is, for clients of the test's own.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let stop = self.stop.clone();
        std::thread::spawn(move || actix_web::rt::System::new().block_on(stop.stop(false)));
    }
}

/// A client of HTTP.
pub fn client(timeout: Duration) -> Client {
    // The store of files brings TLS into the client, which then asks for its cryptography.
    with_tls();
    // Where an answer leads is the test's to look at.
    Client::builder().timeout(timeout).redirect(Policy::none()).build().unwrap()
}

/// Serves an API on a free port, on a thread of its own.
pub fn listen(api: &Api) -> (SocketAddr, actix_web::dev::ServerHandle) {
    let (say, hear) = std::sync::mpsc::channel();
    let api = api.clone();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || ActixApp::new().configure(|app| configure(&api, app)))
                .workers(1)
                .disable_signals()
                .shutdown_timeout(1)
                .bind("127.0.0.1:0")
                .unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            say.send((address, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    hear.recv().unwrap()
}

/// A municipality to be created.
pub fn municipality(slug: &str) -> Value {
    json!({
        "slug": slug, "name": {"en": slug}, "timezone": "Asia/Yakutsk", "default_locale": "ru", "visibility": "public",
    })
}

/// A request being put together.
pub struct Request<'a> {
    app: &'a App,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

impl Request<'_> {
    /// With a key.
    pub fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
        self
    }

    /// With the version that was seen.
    pub fn if_match(self, tag: &str) -> Self {
        self.header("If-Match", tag)
    }

    /// With a JSON body.
    #[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]
    pub fn json(self, body: Value) -> Self {
        let media_type = if self.method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        self.header("Content-Type", media_type).bytes(body.to_string().into_bytes())
    }

    /// With a body as it is.
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }

    /// Sends it, and holds the answer against the contract.
    pub async fn send(self) -> Reply {
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let mut request = self.app.client.request(method, self.app.url(&self.path)).headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        if !headers.contains_key("content-encoding") {
            wire::check(&self.method, &self.path, status.as_u16(), &headers, &bytes);
        }
        for name in
            ["api-version", "x-request-id", "x-content-type-options", "content-security-policy", "referrer-policy"]
        {
            assert!(headers.contains_key(name), "{} {}: the header {name} is missing", self.method, self.path);
        }
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status, headers, json, bytes }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as JSON; null when it is none.
    pub json: Value,
    /// Its body as it came.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// A header as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The ETag.
    pub fn tag(&self) -> &str {
        self.header("etag")
    }

    /// Asserts the status; gives the body back for more.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.json);
        self
    }

    /// Asserts a problem of this kind.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status.as_u16(), self.json["code"].as_str().unwrap_or_default()),
            (status, code),
            "{:#}",
            self.json
        );
        self
    }

    /// The faults of a problem: where and what.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |fault: &Value, name: &str| fault[name].as_str().map(str::to_owned);
        let place = |fault: &Value| {
            text(fault, "pointer").or(text(fault, "parameter")).or(text(fault, "header")).unwrap_or_default()
        };
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|fault| (place(fault), text(fault, "code").unwrap_or_default())).collect()
    }
}
