//! The `pobratim` program: configuration, telemetry, commands. What it does stands in the crates
//! below; here it is only called.

mod config;
mod data;
mod files;
mod imports;
mod keys;
mod lines;
mod serve;
mod telemetry;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pobratim_domain::{CollectionName, Role};
use pobratim_migrations::{Migrator, MigratorTrait};
use pobratim_persistence::{Clock, Database};

use crate::config::{Config, Given};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a command says when it fails: one clear sentence.
pub(crate) type Outcome = Result<(), String>;

/// A bad configuration (EX_CONFIG of sysexits).
const BAD_CONFIG: u8 = 78;

/// Pobratim: the system of record of a city's international relations.
///
/// Try it: `pobratim serve --demo` starts a service with the data of a demo city and prints its
/// address and a key.
#[derive(Parser)]
#[command(name = "pobratim", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    given: Given,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate the database and serve the API
    Serve {
        /// Load the demo city into an empty database, and print a key that is good for 24 hours.
        /// Listens on loopback only
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database up to this version's schema, and the search index to what it makes of records
    Migrate,
    /// Load a data set: a JSON file with records that refer to each other by ref or external id; or an
    /// export, whose name ends in .ndjson. Loading it again changes nothing
    Load {
        /// The data set or the export
        file: PathBuf,
    },
    /// Write every record, a line each, as of one moment; `load` takes it back. Files of documents, deleted
    /// records, the journal and keys are not in it
    Export {
        /// The new file; its name ends in .ndjson
        file: PathBuf,
    },
    /// Check a register of ties (CSV, XLSX, JSON, NDJSON) row by row, print what each row comes to, and
    /// with --commit write it. Importing it again changes nothing
    Import {
        /// The register
        file: PathBuf,
        /// The municipality that keeps what is made, by its slug; the only one there is when left out
        #[arg(long)]
        municipality: Option<String>,
        /// What the rows are: partnerships, places, organizations, agreements, exchanges or events
        #[arg(long, default_value = "partnerships", value_parser = collection)]
        collection: CollectionName,
        /// A register that is known: how it is cited
        #[arg(long, value_parser = profile)]
        profile: Option<String>,
        /// How records cite it; the name of the file when left out
        #[arg(long)]
        source: Option<String>,
        /// What was decided of doubtful rows: a JSON file with a list of choices, as the command prints them
        #[arg(long)]
        choices: Option<PathBuf>,
        /// Write what the rows make
        #[arg(long)]
        commit: bool,
    },
    /// Print the contract (OpenAPI 3.1)
    Openapi,
    /// Make, list and revoke API keys
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Copy a SQLite database, as of one moment, into a new file; others go on working
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Put a backup where no database is yet, and begin a new history
    Restore {
        /// The backup; leave it out with --new-epoch
        #[arg(required_unless_present = "new_epoch")]
        file: Option<PathBuf>,
        /// The database was restored by its own tools: only begin a new history
        #[arg(long)]
        new_epoch: bool,
    },
    /// Check the journal's chain, the references, the search index, the database's own integrity, and that the file of
    /// every document is there
    Verify {
        /// Read every file, and hold its bytes against its hash
        #[arg(long)]
        contents: bool,
    },
    /// Make the search index anew where it is not what the records make it: when verify says so. Others
    /// go on working, and it may be stopped at any time
    Reindex,
    /// The files of documents
    Files {
        #[command(subcommand)]
        command: FilesCommand,
    },
    /// Check the configuration and say what it comes to
    CheckConfig,
}

#[derive(Subcommand)]
enum FilesCommand {
    /// Remove files that no document refers to, deleted documents included: those that were replaced,
    /// and what a killed server left behind
    Sweep {
        /// How many days a file is kept at least
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        days: u32,
        /// Only say which they are
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Make a key and print it; it is never shown again
    Create {
        /// Who answers for it
        #[arg(long)]
        owner: String,
        /// What it may do: reader, editor, approver or admin
        #[arg(long, value_parser = role, required_unless_present = "operator", conflicts_with = "operator")]
        role: Option<Role>,
        /// The municipality it belongs to, by its slug
        #[arg(long, required_unless_present = "operator", conflicts_with = "operator")]
        municipality: Option<String>,
        /// A key of the installation's operator
        #[arg(long)]
        operator: bool,
        /// After how many days it ends
        #[arg(long, value_name = "DAYS", default_value_t = 365)]
        days: u32,
        /// Narrows the role to scopes such as exchanges:write; may be repeated
        #[arg(long = "scope")]
        scopes: Vec<String>,
    },
    /// List all keys; their secrets are not kept
    List,
    /// Revoke a key at once
    Revoke {
        /// Its id or ref
        key: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text)
        .filter(|role| *role != Role::Operator)
        .ok_or_else(|| "reader, editor, approver or admin".to_owned())
}

fn profile(text: &str) -> Result<String, String> {
    let known = pobratim_api::Profile::ALL.map(pobratim_api::Profile::as_str);
    if known.contains(&text) { Ok(text.to_owned()) } else { Err(format!("one of {}", known.join(", "))) }
}

fn collection(text: &str) -> Result<CollectionName, String> {
    let known = pobratim_api::IMPORTED.map(CollectionName::as_str);
    let found = CollectionName::parse(text).filter(|name| pobratim_api::IMPORTED.contains(name));
    found.ok_or_else(|| format!("one of {}", known.join(", ")))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Openapi) {
        return end(data::print_contract());
    }
    let config = match Config::read(&cli.given) {
        Ok(config) => config,
        Err(faults) => {
            for fault in faults {
                eprintln!("pobratim: {fault}");
            }
            return ExitCode::from(BAD_CONFIG);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match (cli.command, runtime) {
        (Command::Serve { demo }, _) => serve::serve(config, demo),
        (_, Err(error)) => Err(format!("the runtime could not be started: {error}")),
        (command, Ok(runtime)) => runtime.block_on(run(command, &config)),
    };
    end(outcome)
}

fn end(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pobratim: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, config: &Config) -> Outcome {
    match command {
        Command::Serve { .. } | Command::Openapi => Ok(()),
        Command::Migrate => {
            open(config).await?.close().await;
            Ok(())
        }
        Command::Load { file } => data::load(config, &file).await,
        Command::Export { file } => data::export(config, &file).await,
        Command::Import { file, municipality, collection, profile, source, choices, commit } => {
            let (municipality, profile) = (municipality.as_deref(), profile.as_deref());
            let (file, choices) = (file.as_path(), choices.as_deref());
            imports::import(
                config,
                imports::Wanted { file, municipality, collection, profile, source, choices, commit },
            )
            .await
        }
        Command::Keys { command } => {
            let database = open(config).await?;
            match command {
                Keys::Create { owner, role, municipality, days, scopes, .. } => {
                    keys::create(&database, keys::Wanted { owner, role, municipality, days, scopes }).await
                }
                Keys::List => keys::list(&database).await,
                Keys::Revoke { key } => keys::revoke(&database, &key).await,
            }
        }
        Command::Backup { file } => data::backup(config, &file).await,
        Command::Restore { file, .. } => data::restore(config, file.as_deref()).await,
        Command::Reindex => data::reindex(config).await,
        Command::Verify { contents } => data::verify(config, contents).await,
        Command::Files { command: FilesCommand::Sweep { days, dry_run } } => files::sweep(config, days, dry_run).await,
        Command::CheckConfig => {
            data::say(&format!("database: {}", config.database.display_name()));
            data::say(&format!("listen: {}", config.listen));
            data::say(&format!("files: {}", config.settings.files.place()));
            Ok(())
        }
    }
}

/// Brings the schema up to date.
async fn migrate(config: &Config) -> Outcome {
    config.database.settle_log().await;
    let connection = config.database.migrator();
    let migrated = Migrator::up(&connection, None).await;
    let _ = connection.close().await;
    migrated.map_err(|error| format!("{} could not be migrated: {error}", config.database.display_name()))
}

/// Migrates and opens the database, and makes its index anew when an older version made it.
pub(crate) async fn open(config: &Config) -> Result<Database, String> {
    migrate(config).await?;
    let opened = Database::open(config.database.clone(), config.secret.as_deref(), Clock::system()).await;
    let database = opened.map_err(|error| error.to_string())?;
    data::bring_index_up(&database).await?;
    Ok(database)
}
