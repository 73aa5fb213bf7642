//! Crashes in the middle of an import: a server in a process of its own is killed while it commits a
//! register of some thousand rows, and while it takes it back. The next one goes on with it, and every
//! row is there once, or nothing is left of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pobratim_api::issue_key;
use pobratim_domain::{ApiKey, Role, Slug};
use pobratim_persistence::{Clock, Database};
use pobratim_tests::{Store, client, municipality};
use reqwest::Client;
use serde_json::{Value, json};

use crate::crash::{Server, entries, operators_key};

const SLUG: &str = "blagoveshchensk";
/// How many ties the register has; each makes a place, too.
const ROWS: usize = 2_000;
/// How often a server is killed in each of the two.
const KILLS: usize = 2;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who asks a server.
struct Office {
    client: Client,
    key: String,
}

impl Office {
    async fn ask(&self, request: reqwest::RequestBuilder) -> (u16, String, Value) {
        let reply = request.bearer_auth(&self.key).send().await.unwrap();
        let tag = reply.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
        (reply.status().as_u16(), tag, serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap())
    }

    async fn get(&self, server: &Server, path: &str) -> (String, Value) {
        let (status, tag, json) = self.ask(self.client.get(format!("http://{}{path}", server.address))).await;
        assert_eq!(status, 200, "{json:#}");
        (tag, json)
    }

    /// The import when it is at rest.
    async fn rested(&self, server: &Server, path: &str) -> (String, Value) {
        let began = Instant::now();
        loop {
            let (tag, import) = self.get(server, path).await;
            if !["checking", "committing", "undoing"].contains(&import["state"].as_str().unwrap()) {
                return (tag, import);
            }
            assert!(began.elapsed() < PATIENCE, "it does not come to rest: {import:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills the server each time when more is done than before, and not all; gives the last one, which goes on.
    async fn kill_in_the_middle(&self, mut server: Server, database: &str, path: &str, state: &str) -> Server {
        let mut before = self.get(&server, path).await.1["made"]["partnerships"].as_i64().unwrap();
        for _ in 0..KILLS {
            let began = Instant::now();
            loop {
                let import = self.get(&server, path).await.1;
                assert_eq!(import["state"], state, "it was over before the server was killed: {import:#}");
                let made = import["made"]["partnerships"].as_i64().unwrap();
                if made != before {
                    before = made;
                    break;
                }
                assert!(began.elapsed() < PATIENCE, "nothing goes on: {import:#}");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            server.kill();
            server = Server::start(database);
        }
        let import = self.get(&server, path).await.1;
        assert_eq!(import["state"], state, "there is something left to do: {import:#}");
        server
    }

    /// How many records a list has.
    async fn total(&self, server: &Server, collection: &str) -> i64 {
        let request = self.client.get(format!("http://{}/v1/{collection}?limit=1", server.address));
        let (_, _, json) = self.ask(request.header("Prefer", "count=exact")).await;
        json["page"]["total"].as_i64().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_survives_the_death_of_its_server() {
    let store = Store::new().await;
    let mut server = Server::start(&store.address);
    let operator = Office { client: client(Duration::from_secs(30)), key: operators_key(&store).await };
    let post = |path: &str| operator.client.post(format!("http://{}{path}", server.address));
    let (status, _, json) = operator.ask(post("/v1/municipalities").json(&municipality(SLUG))).await;
    assert_eq!(status, 201, "{json:#}");
    let office = Office { client: client(Duration::from_secs(30)), key: editors_key(&store).await };
    let before = entries(&store).await;

    // Places that the gazetteer does not have, and far from all it has: nothing is looked up nearly.
    let mut register = "city,country,identifier,city,country,lat,lon\n".to_owned();
    for number in 0..ROWS {
        register += &format!("Благовещенск,RU,2026609,Остров {number},JP,{},{}\n", 30.0, 150.0);
    }
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"islands.csv\"\r\n\r\n";
    let form = office.client.post(format!("http://{}/v1/imports", server.address));
    let form = form.header("Content-Type", "multipart/form-data; boundary=b");
    let (status, _, import) = office.ask(form.body(format!("{head}{register}\r\n--b--\r\n"))).await;
    assert_eq!(status, 201, "{import:#}");
    let path = format!("/v1/imports/{}", import["id"].as_str().unwrap());
    let (tag, import) = office.rested(&server, &path).await;
    assert_eq!((&import["state"], &import["rows"]["new"]), (&json!("checked"), &json!(ROWS)), "{import:#}");

    let commit = office.client.post(format!("http://{}{path}/commit", server.address));
    let (status, ..) = office.ask(commit.header("If-Match", tag)).await;
    assert_eq!(status, 202);
    server = office.kill_in_the_middle(server, &store.address, &path, "committing").await;
    let (tag, import) = office.rested(&server, &path).await;
    let made = json!({"partnerships": ROWS, "updated": 0, "places": ROWS + 1, "same": 0, "records": 0, "left": 0});
    assert_eq!((&import["state"], &import["made"]), (&json!("committed"), &made), "{import:#}");
    assert_eq!(office.total(&server, "partnerships").await, i64::try_from(ROWS).unwrap());
    assert_eq!(office.total(&server, "places").await, i64::try_from(ROWS + 1).unwrap());
    let lines = lines(&office, &server).await;
    assert_eq!(lines.len(), ROWS, "each row has its tie");
    let written = i64::try_from(2 * ROWS + 1).unwrap();
    assert_eq!(entries(&store).await, before + written, "one entry for each record");

    let undo = office.client.post(format!("http://{}{path}/undo", server.address));
    let (status, ..) = office.ask(undo.header("If-Match", tag)).await;
    assert_eq!(status, 202);
    server = office.kill_in_the_middle(server, &store.address, &path, "undoing").await;
    let (_, import) = office.rested(&server, &path).await;
    let nothing = json!({"partnerships": 0, "updated": 0, "places": 0, "same": 0, "records": 0, "left": 0});
    assert_eq!((&import["state"], &import["made"]), (&json!("undone"), &nothing), "{import:#}");
    assert_eq!(office.total(&server, "partnerships").await, 0);
    assert_eq!(office.total(&server, "places").await, 0);
    server.kill();
    assert_eq!(entries(&store).await, before + 2 * written, "one more entry for each record");
}

/// The rows that ties cite; none twice.
async fn lines(office: &Office, server: &Server) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut next = Some("/v1/partnerships?limit=200".to_owned());
    while let Some(path) = next {
        let (_, page) = office.get(server, &path).await;
        for tie in page["items"].as_array().unwrap() {
            let line = tie["sources"][0]["locator"].as_str().unwrap().to_owned();
            assert!(lines.insert(line), "{tie:#} is there twice");
        }
        let cursor = page["page"]["next_cursor"].as_str();
        next = cursor.map(|cursor| format!("/v1/partnerships?limit=200&cursor={cursor}"));
    }
    lines
}

async fn editors_key(store: &Store) -> String {
    let database = Database::open(store.url.clone(), None, Clock::system()).await.unwrap();
    let owner = "The crash test".to_owned();
    let key = ApiKey { owner, role: Role::Editor, scopes: Vec::new(), expires_at: None, revoked_at: None };
    let key = issue_key(&database, key, Some(Slug::parse(SLUG).unwrap()), "crash").await.unwrap();
    database.close().await;
    key
}
