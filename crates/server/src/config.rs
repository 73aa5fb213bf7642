//! Configuration: the command line, then `POBRATIM_*`, then a TOML file, then what is usual. All
//! of it is checked at the start, and everything that is wrong is told at once.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pobratim_api::{RateLimit, Settings};
use pobratim_files::{Files, Place};
use pobratim_persistence::DatabaseUrl;
use serde::Deserialize;

/// What can be said on the command line and in the environment.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Given {
    /// The database: sqlite:FILE or postgres://user:password@host:port/name
    #[arg(long, global = true, env = "POBRATIM_DATABASE", value_name = "URL", help_heading = "Configuration")]
    database: Option<String>,
    /// A TOML file with any of these settings, named as their variables without POBRATIM_
    #[arg(long, global = true, env = "POBRATIM_CONFIG", value_name = "FILE", help_heading = "Configuration")]
    config: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "POBRATIM_LISTEN", value_name = "ADDRESS", help_heading = "Configuration")]
    listen: Option<String>,
}

/// The same, and what is said in the file or the environment only.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    database: Option<String>,
    listen: Option<String>,
    secret: Option<String>,
    rate_limit: Option<String>,
    rate_limit_keyed: Option<String>,
    trusted_proxies: Option<String>,
    cors_origins: Option<String>,
    files: Option<String>,
    max_upload: Option<String>,
    cache: Option<String>,
    drain_seconds: Option<String>,
    import_days: Option<String>,
    log: Option<String>,
}

/// A checked configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) database: DatabaseUrl,
    pub(crate) listen: SocketAddr,
    pub(crate) secret: Option<String>,
    pub(crate) settings: Settings,
    pub(crate) drain: Duration,
    /// After how many days an import that was not committed is removed.
    pub(crate) import_days: u32,
    pub(crate) log: String,
}

impl Config {
    /// Gathers and checks; gives every fault in one line each.
    pub(crate) fn read(given: &Given) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let file = match &given.config {
            None => Raw::default(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| error.to_string())
                .and_then(|text| toml::from_str(&text).map_err(|error| error.message().to_owned()))
                .unwrap_or_else(|error| {
                    faults.push(format!("{}: {error}", path.display()));
                    Raw::default()
                }),
        };
        let said = |name: &str, in_file: Option<String>| {
            std::env::var(format!("POBRATIM_{name}")).ok().filter(|value| !value.is_empty()).or(in_file)
        };
        let database = given.database.clone().or(file.database).unwrap_or_else(|| "sqlite:pobratim.db".to_owned());
        let listen = given.listen.clone().or(file.listen).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let rate_limit = rate_limit(
            said("RATE_LIMIT", file.rate_limit),
            said("RATE_LIMIT_KEYED", file.rate_limit_keyed),
            &mut faults,
        );
        let trusted_proxies = list(
            said("TRUSTED_PROXIES", file.trusted_proxies),
            |text| text.parse::<IpAddr>().map_err(|_| format!("trusted_proxies: {text:?} is not an IP address")),
            &mut faults,
        );
        let cors_origins = list(
            said("CORS_ORIGINS", file.cors_origins),
            |text| {
                let is_origin = text.starts_with("http://") || text.starts_with("https://");
                if is_origin {
                    Ok(text.trim_end_matches('/').to_owned())
                } else {
                    Err(format!("cors_origins: {text:?} is not an origin such as https://city.example"))
                }
            },
            &mut faults,
        );
        let max_upload = said("MAX_UPLOAD", file.max_upload).map_or(Ok(Settings::MAX_UPLOAD), |text| bytes(&text));
        let max_upload = max_upload.unwrap_or_else(|fault| {
            faults.push(format!("max_upload: {fault}"));
            0
        });
        let cache = match said("CACHE", file.cache).as_deref() {
            None => Ok(Some(Settings::CACHE)),
            Some("off") => Ok(None),
            Some(text) => bytes(text).map(Some),
        };
        let cache = cache.unwrap_or_else(|fault| {
            faults.push(format!("cache: {fault}, nor off"));
            None
        });
        let drain = said("DRAIN_SECONDS", file.drain_seconds).map_or(Ok(0), |text| text.parse::<u64>());
        let drain = drain.unwrap_or_else(|_| {
            faults.push("drain_seconds: a whole number of seconds".to_owned());
            0
        });
        let import_days = said("IMPORT_DAYS", file.import_days).map_or(Ok(30), |text| text.parse::<u32>());
        let import_days = import_days.ok().filter(|days| *days > 0).unwrap_or_else(|| {
            faults.push("import_days: a whole number of days, at least 1".to_owned());
            0
        });
        let secret = said("SECRET", file.secret);
        if secret.as_ref().is_some_and(|secret| secret.len() < 16) {
            faults.push("secret: at least 16 characters".to_owned());
        }
        let log =
            said("LOG", file.log).unwrap_or_else(|| "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn".to_owned());
        let database = database.parse::<DatabaseUrl>().map_err(|error| faults.push(format!("database: {error}")));
        let listen = listen
            .parse::<SocketAddr>()
            .map_err(|_| faults.push(format!("listen: {listen:?} is not an address such as 127.0.0.1:8080")));
        let files = files(said("FILES", file.files), database.as_ref().ok(), std::env::vars(), &mut faults);
        match (database, listen, faults.is_empty()) {
            (Ok(database), Ok(listen), true) => Ok(Self {
                database,
                listen,
                secret,
                settings: Settings {
                    rate_limit,
                    trusted_proxies,
                    cors_origins,
                    files,
                    max_upload,
                    cache,
                    ..Settings::default()
                },
                drain: Duration::from_secs(drain),
                import_days,
                log,
            }),
            _ => Err(faults),
        }
    }
}

/// Where the files of documents lie: beside a SQLite database when nothing is said.
fn files(
    text: Option<String>,
    database: Option<&DatabaseUrl>,
    environment: impl Iterator<Item = (String, String)>,
    faults: &mut Vec<String>,
) -> Files {
    let usual = || {
        let beside = database.and_then(DatabaseUrl::file).and_then(|file| file.parent());
        Place::Folder(beside.unwrap_or(Path::new("")).join("pobratim-files"))
    };
    let place = text.map_or_else(|| Ok(usual()), |text| text.parse::<Place>());
    let files = place.and_then(|place| Files::at(place, environment).map_err(|error| error.to_string()));
    files.unwrap_or_else(|fault| {
        faults.push(format!("files: {fault}"));
        Files::default()
    })
}

/// A number of bytes, such as 1048576, 512 KiB or 100 MiB.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let number = digits.parse::<u64>().ok().filter(|number| *number > 0);
    let bytes = number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    // The size of a file is a whole number of JSON.
    bytes.filter(|bytes| *bytes < 1 << 53).ok_or_else(|| format!("{text:?} is no size such as 100 MiB"))
}

fn rate_limit(anonymous: Option<String>, keyed: Option<String>, faults: &mut Vec<String>) -> Option<RateLimit> {
    let usual = RateLimit::default();
    if anonymous.as_deref() == Some("off") {
        return None;
    }
    let mut number = |name: &str, text: Option<String>, usual: u32| match text.map(|text| text.parse::<u32>()) {
        None => usual,
        Some(Ok(number)) if number > 0 => number,
        Some(_) => {
            faults.push(format!("{name}: requests a minute, or off"));
            usual
        }
    };
    Some(RateLimit {
        anonymous: number("rate_limit", anonymous, usual.anonymous),
        keyed: number("rate_limit_keyed", keyed, usual.keyed),
    })
}

fn list<T>(text: Option<String>, read: impl Fn(&str) -> Result<T, String>, faults: &mut Vec<String>) -> Vec<T> {
    let text = text.unwrap_or_default();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let read = parts.map(read);
    read.filter_map(|outcome| outcome.map_err(|fault| faults.push(fault)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let given = Given { database: Some("mysql:x".into()), listen: Some("here".into()), config: None };
        let faults = Config::read(&given).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn files_lie_beside_the_database_or_where_it_is_said() {
        let at = |text: Option<&str>, database: &str, environment: &[(&str, &str)]| {
            let mut faults = Vec::new();
            let database = database.parse::<DatabaseUrl>().unwrap();
            let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let files = files(text.map(str::to_owned), Some(&database), environment, &mut faults);
            if faults.is_empty() { Ok(files.place().to_string()) } else { Err(faults.join("; ")) }
        };
        let sqlite = "sqlite:/var/lib/pobratim/city.db";
        assert_eq!(at(None, sqlite, &[]), Ok("/var/lib/pobratim/pobratim-files".to_owned()));
        assert_eq!(at(None, "postgres://localhost/pobratim", &[]), Ok("pobratim-files".to_owned()));
        assert_eq!(at(Some("elsewhere"), sqlite, &[]), Ok("elsewhere".to_owned()));
        let known = [("AWS_REGION", "eu-central-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"), ("HOME", "/root")];
        assert_eq!(at(Some("s3://city-files/a"), sqlite, &known), Ok("s3://city-files/a".to_owned()));
        assert!(at(Some("s3://"), sqlite, &known).unwrap_err().starts_with("files: "));
        assert!(at(Some("ftp://host/x"), sqlite, &known).is_err());
        let wrong = [("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "perhaps")];
        assert!(at(Some("s3://city-files"), sqlite, &wrong).is_err(), "a bucket's settings are looked at at the start");
    }

    #[test]
    fn sizes() {
        for (text, size) in
            [("1", 1), ("1048576", 1 << 20), ("512 KiB", 512 << 10), ("100MiB", 100 << 20), ("2 GiB", 2 << 30)]
        {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for wrong in
            ["", "0", "-1", "MiB", "100 MB", "1.5 MiB", "99999999999999999999", "9007199254740992", "9999999999 GiB"]
        {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_said_is_the_usual() {
        let config = Config::read(&Given::default()).unwrap();
        assert_eq!(config.database.display_name(), "sqlite:pobratim.db");
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.settings.files.place().to_string(), "pobratim-files");
        assert_eq!(config.settings.max_upload, 100 << 20);
        assert_eq!(config.settings.cache, Some(32 << 20));
    }
}
