//! A database that goes away, at the commit and between requests.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pobratim_api::Settings;
use pobratim_persistence::{DatabaseUrl, Error};
use pobratim_tests::{App, Store, municipality};
use sea_orm::ConnectionTrait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{assert_not_written, assert_sound, beside, create, heihe, unavailable};

#[tokio::test]
async fn a_connection_lost_at_the_commit_leaves_the_outcome_open() {
    if Store::server().is_none() {
        return; // SQLite has no connection to lose.
    }
    let app = App::with_city().await;
    let editor = app.editor().await;
    let before = app.database.verify().await.unwrap().entries;
    let beside = beside(&app.store).await;
    let at_commit = |what: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what} RETURN NULL; END $$"
        )
    };
    beside.execute_unprepared(&at_commit("PERFORM pg_terminate_backend(pg_backend_pid());")).await.unwrap();
    let trigger = "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON places DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()";
    beside.execute_unprepared(trigger).await.unwrap();
    let outcome = create(&app.database, "lost").await;
    assert!(matches!(outcome, Err(Error::OutcomeUnknown)), "{outcome:?}");
    let send = || app.post("/v1/places", heihe("Q1")).key(&editor).header("Idempotency-Key", "once").send();
    let reply = send().await.expect_problem(503, "outcome_unknown");
    assert_eq!(reply.header("retry-after"), "1");

    // What the database itself refuses at the commit is a definite no.
    beside.execute_unprepared(&at_commit("RAISE EXCEPTION 'no';")).await.unwrap();
    assert_not_written(create(&app.database, "refused").await);
    send().await.expect_problem(503, "not_written");

    beside.execute_unprepared("DROP TRIGGER at_commit ON places").await.unwrap();
    let made = send().await.expect(201);
    let again = send().await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.json), ("true", &made.json));
    assert_sound(&app.database, before + 1).await;
}

/// How the proxy between app and server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Open,
    /// Connections stand, nothing passes.
    Silent,
    /// Connections are cut, new ones too.
    Cut,
}

/// Passes bytes between the app and the PostgreSQL server, as long as the test lets it.
async fn proxy(to: String) -> (SocketAddr, watch::Sender<Line>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (line, seen) = watch::channel(Line::Open);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (to, mut cut) = (to.clone(), seen.clone());
            let mode = seen.clone();
            tokio::spawn(async move {
                let passing = async {
                    let far = TcpStream::connect(to).await.unwrap();
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::select! {
                        () = pass(near_in, far_out, mode.clone()) => {}
                        () = pass(far_in, near_out, mode.clone()) => {}
                    }
                };
                tokio::select! {
                    () = passing => {}
                    _ = cut.wait_for(|line| *line == Line::Cut) => {}
                }
            });
        }
    });
    (address, line)
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut line: watch::Receiver<Line>,
) {
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if line.wait_for(|line| *line == Line::Open).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_in_time_and_found_again() {
    let Some(server) = Store::server() else {
        return; // A file does not go away; the lock that is held stands above.
    };
    let server = url_host(server);
    let (address, line) = proxy(server.clone()).await;
    let mut store = Store::new().await;
    let through = store.address.replace(&server, &address.to_string());
    assert_ne!(through, store.address, "the app goes through the proxy");
    store.url = through.parse::<DatabaseUrl>().unwrap();
    let app = App::start_with(store, Settings::default()).await;
    app.create("municipalities", &app.operator().await, municipality("blagoveshchensk")).await;
    let editor = app.editor().await;
    app.post("/v1/places", heihe("Q1")).key(&editor).send().await.expect(201);

    for state in [Line::Cut, Line::Silent] {
        // What is kept does not hide that the database is gone.
        app.get("/v1/places").send().await.expect(200);
        let hits = app.metric("pobratim_cache_hits_total").await;
        app.get("/v1/places").send().await.expect(200);
        assert_eq!(app.metric("pobratim_cache_hits_total").await, hits + 1);
        line.send_replace(state);
        let read = || app.get("/v1/places").key(&editor);
        tokio::join!(
            unavailable(read(), "unavailable"),
            unavailable(read(), "unavailable"),
            unavailable(read(), "unavailable"),
            unavailable(app.get("/v1/places"), "unavailable"),
            unavailable(app.get("/readyz"), "unavailable"),
            unavailable(app.post("/v1/places", heihe("Q2")).key(&editor), "unavailable"),
            async {
                app.get("/livez").send().await.expect(200);
                app.get("/v1/codelists").send().await.expect(200);
                let outcome = create(&app.database, "Q3").await;
                assert!(matches!(outcome, Err(Error::NotWritten(_))), "{outcome:?}");
            },
        );
        line.send_replace(Line::Open);
        let began = Instant::now();
        while app.get("/readyz").send().await.status != 200 {
            assert!(began.elapsed() < Duration::from_secs(5), "{state:?}: the app does not come back");
        }
        while create(&app.database, &format!("{state:?}")).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(5), "{state:?}: the writer does not come back");
        }
        read().send().await.expect(200);
    }
    app.post("/v1/places", heihe("Q2")).key(&editor).send().await.expect(201);
    let listed = app.get("/v1/places").send().await.expect(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 4, "one before, one after each, one at the end");
    let verified = app.database.verify().await.unwrap();
    assert_eq!(verified.faults, Vec::<String>::new());
}

/// `host:port` of a PostgreSQL address.
fn url_host(address: &str) -> String {
    let rest = address.split("://").nth(1).unwrap();
    let rest = rest.split('/').next().unwrap();
    rest.rsplit('@').next().unwrap().to_owned()
}
