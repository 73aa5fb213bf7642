//! The commands that move data: the contract, data sets, backups, verification.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use pobratim_api::{Api, LoadError, Settings};
use pobratim_persistence::{Clock, Database, backup as copy, new_epoch, restore as bring_back};

use crate::config::Config;
use crate::{Outcome, files, open};

/// Writes a line for the caller. A closed pipe is nobody's fault.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Prints the contract.
pub(crate) fn print_contract() -> Outcome {
    let text = pobratim_api::text().map_err(|error| error.to_string())?;
    say(&text);
    Ok(())
}

/// Loads a data set.
pub(crate) async fn load(config: &Config, file: &Path) -> Outcome {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let database = open(config).await?;
    let api = Api::new(database, Settings::default())?;
    let progress = Progress::new();
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let told = |done, total| progress.tell(count(done), count(total));
    let loaded = if is_lines(file) {
        pobratim_api::load_records(&api, &text, told).await
    } else {
        pobratim_api::load(&api, &text, told).await
    };
    progress.end();
    match loaded {
        Ok(loaded) => {
            say(&format!("{} created, {} updated, {} as they were", loaded.created, loaded.updated, loaded.same));
            Ok(())
        }
        Err(LoadError::Faults(faults)) => {
            for fault in &faults {
                eprintln!("{}{}: {}", file.display(), fault.pointer, fault.detail);
            }
            Err(format!("{} faults; nothing was written", faults.len()))
        }
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

/// Whether a file has a record a line.
fn is_lines(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "ndjson")
}

/// Writes every record into a new file, which is there when it is whole.
pub(crate) async fn export(config: &Config, file: &Path) -> Outcome {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    if !is_lines(file) {
        return Err(told(&"the name of an export ends in .ndjson, by which `load` knows it"));
    }
    if file.exists() {
        return Err(told(&"it is there already"));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::NamedTempFile::new_in(folder).map_err(|error| told(&error))?;
    let database = open(config).await?;
    let mut count = 0;
    pobratim_api::export(&database, |bytes| {
        count += bytes.iter().filter(|byte| **byte == b'\n').count();
        part.write_all(bytes)
    })
    .await
    .map_err(|error| told(&error))?;
    part.as_file().sync_all().map_err(|error| told(&error))?;
    part.persist_noclobber(file).map_err(|error| told(&error))?;
    say(&format!("{} holds {count} records", file.display()));
    Ok(())
}

/// Copies the database into a new file.
pub(crate) async fn backup(config: &Config, file: &Path) -> Outcome {
    copy(&config.database, file).await.map_err(|error| error.to_string())?;
    say(&format!("{} holds a copy of {}", file.display(), config.database.display_name()));
    Ok(())
}

/// Brings a backup back, or begins a new history after other tools did.
pub(crate) async fn restore(config: &Config, file: Option<&Path>) -> Outcome {
    let clock = Clock::system();
    match file {
        Some(file) => bring_back(&config.database, file, &clock).await,
        None => new_epoch(&config.database, &clock).await,
    }
    .map_err(|error| error.to_string())?;
    say(&format!("{} begins a new history", config.database.display_name()));
    Ok(())
}

/// Makes anew what records are found by.
pub(crate) async fn reindex(config: &Config) -> Outcome {
    let database = open(config).await?;
    let progress = Progress::new();
    let outcome = database.reindex(|done, total| progress.tell(done, total)).await;
    progress.end();
    let done = outcome.map_err(|error| error.to_string())?;
    say(&format!(
        "{} records, {} of them indexed anew; {} that are not there removed",
        done.records, done.mended, done.strays
    ));
    Ok(())
}

/// Makes anew what records are found by when an older version made it.
pub(crate) async fn bring_index_up(database: &Database) -> Outcome {
    let progress = Progress::new();
    let outcome = database.reindex_if_older(|done, total| progress.tell(done, total)).await;
    progress.end();
    let failed = |error| format!("the search index, which an older version made, could not be made anew: {error}");
    if let Some(done) = outcome.map_err(failed)? {
        tracing::info!(done.records, done.mended, done.strays, "the search index was made anew for this version");
    }
    Ok(())
}

/// Tells on a terminal how far work on records has come. Quick work needs no bar.
struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
}

impl Progress {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::hidden();
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {eta} left") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, began: Instant::now() }
    }

    fn tell(&self, done: u64, total: u64) {
        let Some(bar) = &self.bar else { return };
        if self.began.elapsed() > Duration::from_secs(1) && bar.is_hidden() {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        bar.set_length(total);
        bar.set_position(done);
    }

    fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Checks the whole database.
pub(crate) async fn verify(config: &Config, contents: bool) -> Outcome {
    let database = open(config).await?;
    let verified = database.verify().await.map_err(|error| error.to_string())?;
    say(&format!(
        "{} changes, {} of them erased; {} references",
        verified.entries, verified.erased, verified.references
    ));
    let (count, faults) = files::verify(&config.settings.files, &database, contents).await?;
    say(&format!("{count} files of documents{}", if contents { ", each read" } else { "" }));
    let faults: Vec<String> = verified.faults.into_iter().chain(faults).collect();
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("{} faults were found", faults.len())) }
}
