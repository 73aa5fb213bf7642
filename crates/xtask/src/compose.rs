//! `docker-compose.yml` and the Dockerfile, as a test.
//!
//! What belongs here: that the file parses without an unknown key, and the promises of its comments
//! that a careless edit would break silently. Whether the services start only Docker can tell.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use crate::process;

/// The keys we use; any other is refused, which finds the misspelt ones that Docker might ignore.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compose {
    name: String,
    services: BTreeMap<String, Service>,
    volumes: BTreeMap<String, Option<()>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    image: String,
    build: Option<String>,
    #[serde(default)]
    depends_on: BTreeMap<String, Dependency>,
    environment: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    volumes: Vec<String>,
    healthcheck: Option<HealthCheck>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    tmpfs: Vec<String>,
    #[serde(default)]
    cap_drop: Vec<String>,
    security_opt: Vec<String>,
    #[serde(rename = "shm_size")]
    _shm_size: Option<String>,
    stop_grace_period: String,
    restart: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dependency {
    condition: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HealthCheck {
    test: Vec<String>,
    #[serde(rename = "interval")]
    _interval: String,
    #[serde(rename = "timeout")]
    _timeout: String,
    retries: u32,
    #[serde(rename = "start_period")]
    _start_period: String,
}

fn read(name: &str) -> String {
    fs::read_to_string(process::workspace_root().join(name)).unwrap()
}

fn compose() -> Compose {
    yaml_serde::from_str(&read("docker-compose.yml")).unwrap()
}

#[test]
fn there_are_two_services_that_come_back_after_a_restart() {
    let compose = compose();
    assert_eq!(compose.name, "pobratim");
    assert_eq!(compose.services.keys().collect::<Vec<_>>(), ["pobratim", "postgres"]);
    for (name, service) in &compose.services {
        assert_eq!(service.restart, "unless-stopped", "{name}");
        assert_eq!(service.stop_grace_period, "1m", "{name}");
        assert_eq!(service.security_opt, ["no-new-privileges:true"], "{name}");
    }
}

#[test]
fn the_server_waits_for_a_database_that_answers() {
    let compose = compose();
    let (server, database) = (&compose.services["pobratim"], &compose.services["postgres"]);
    assert_eq!(server.depends_on["postgres"].condition, "service_healthy");
    let check = database.healthcheck.as_ref().unwrap();
    assert_eq!(check.test[..2], ["CMD", "pg_isready"]);
    assert!(check.retries > 0);
}

#[test]
fn the_data_is_on_a_declared_volume() {
    let compose = compose();
    let (volume, place) = compose.services["postgres"].volumes[0].split_once(':').unwrap();
    assert!(compose.volumes.contains_key(volume), "{volume}");
    // From version 18 on the image keeps its data elsewhere.
    assert_eq!((compose.services["postgres"].image.as_str(), place), ("postgres:17", "/var/lib/postgresql/data"));
}

#[test]
fn the_server_signs_in_with_what_the_database_was_made_with() {
    let compose = compose();
    let database = &compose.services["postgres"].environment;
    let url = format!(
        "postgres://{}:${{POSTGRES_PASSWORD}}@postgres:5432/{}",
        database["POSTGRES_USER"], database["POSTGRES_DB"]
    );
    assert_eq!(compose.services["pobratim"].environment["POBRATIM_DATABASE"], url);
    assert!(database["POSTGRES_PASSWORD"].starts_with("${POSTGRES_PASSWORD:?"), "a password by default");
}

#[test]
fn nothing_is_reachable_from_outside_the_machine() {
    for (name, service) in compose().services {
        for port in &service.ports {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
    }
}

#[test]
fn the_server_has_no_rights_it_does_not_use() {
    let compose = compose();
    let server = &compose.services["pobratim"];
    assert_eq!(server.build.as_deref(), Some("."));
    assert!(server.read_only);
    assert_eq!(server.volumes, ["pobratim-files:/var/lib/pobratim"], "the files of documents, in its own folder");
    assert!(compose.volumes.contains_key("pobratim-files"));
    assert_eq!(
        (server.cap_drop.as_slice(), server.tmpfs.as_slice()),
        (["ALL".to_owned()].as_slice(), ["/tmp".to_owned()].as_slice())
    );
}

#[test]
fn the_image_runs_what_was_built_for_its_own_debian_and_not_as_root() {
    let dockerfile = read("Dockerfile");
    let debian = |start: &str| {
        let line = dockerfile.lines().find(|line| line.starts_with(start)).unwrap();
        line.split(['-', ':', ' ']).find(|part| matches!(*part, "bookworm" | "trixie" | "forky")).unwrap()
    };
    assert_eq!(debian("FROM rust:"), debian("FROM debian:"));
    assert!(dockerfile.contains("\nUSER 10001:10001\n"));

    // The port stands in four places.
    let server = &compose().services["pobratim"];
    assert_eq!(server.environment["POBRATIM_LISTEN"], "0.0.0.0:8080");
    assert_eq!(server.ports, ["127.0.0.1:8080:8080"]);
    for place in ["\nENV POBRATIM_LISTEN=0.0.0.0:8080\n", "\nEXPOSE 8080\n", "/dev/tcp/127.0.0.1/8080 "] {
        assert!(dockerfile.contains(place), "{place}");
    }
}

#[test]
fn the_image_is_built_with_the_toolchain_the_manifest_asks_for() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(read("Dockerfile").contains(&format!("\nFROM rust:{version}-slim-")), "{version}");
}
