//! `import`: a register from a file, with its verdicts.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pobratim_api::{Api, LoadError, Register, Settings, import_register};
use pobratim_domain::{CollectionName, Municipality, PartnershipKind, Slug, Visibility};
use pobratim_persistence::{Database, ListQuery, View};

use crate::config::Config;
use crate::data::say;
use crate::{Outcome, open};

/// How many doubtful and wrong rows are printed.
const PRINTED: u64 = 200;

/// What is wanted of an import.
pub(crate) struct Wanted<'a> {
    pub(crate) file: &'a Path,
    pub(crate) municipality: Option<&'a str>,
    pub(crate) collection: CollectionName,
    pub(crate) profile: Option<&'a str>,
    pub(crate) source: Option<String>,
    pub(crate) choices: Option<&'a Path>,
    pub(crate) commit: bool,
}

/// Reads a register, judges its rows, prints what it comes to, and commits it when that is wanted.
pub(crate) async fn import(config: &Config, wanted: Wanted<'_>) -> Outcome {
    let shown = wanted.file.display();
    let bytes = std::fs::read(wanted.file).map_err(|error| format!("{shown}: {error}"))?;
    let choices = wanted.choices.map(choices).transpose()?;
    let database = open(config).await?;
    let keeper = keeper(&database, wanted.municipality).await?;
    let api = Api::new(database, Settings::default())?;
    let register = Register {
        name: wanted.file.file_name().map(|name| name.to_string_lossy().into_owned()),
        bytes,
        collection: wanted.collection,
        profile: wanted.profile.and_then(pobratim_api::Profile::parse),
        kind: PartnershipKind::Twin,
        source: wanted.source,
        visibility: Visibility::Internal,
    };
    let bar = std::io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left") {
            bar.set_style(style);
        }
        bar
    });
    let began = Instant::now();
    let collection = wanted.collection;
    let imported = import_register(&api, keeper, register, choices, wanted.commit, PRINTED, |done, total| {
        if let Some(bar) = &bar {
            bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        }
    })
    .await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if let Err(LoadError::Faults(faults)) = &imported {
        faults.iter().for_each(|fault| eprintln!("{}: {}", fault.pointer, fault.detail));
    }
    let imported = imported.map_err(|error| format!("{shown}: {error}"))?;
    for finding in &imported.findings {
        say(finding);
    }
    for row in &imported.rows {
        say(&format!("row {} is {}: {}", row.line, row.verdict, row.text));
        row.reasons.iter().for_each(|reason| say(&format!("    {reason}")));
    }
    let of = |verdict: &str| imported.counts.get(verdict).copied().unwrap_or_default();
    let left = of("doubtful") + of("wrong") - i64::try_from(imported.rows.len()).unwrap_or_default();
    if left > 0 {
        say(&format!("… and {left} more; GET /v1/imports/{}/rows tells all", imported.id));
    }
    let counts =
        ["new", "same", "update", "doubtful", "wrong", "skipped"].map(|verdict| format!("{} {verdict}", of(verdict)));
    say(&counts.join(", "));
    match imported.made {
        Some([made, changed, places, left]) => say(&format!(
            "import {}: {made} {collection} and {places} places for them made, {changed} changed, {left} rows left out after all; {:.1} s",
            imported.id,
            began.elapsed().as_secs_f64()
        )),
        None => say(&format!("import {}: nothing was written; --commit writes it", imported.id)),
    }
    Ok(())
}

/// What was decided, from a file.
fn choices(file: &Path) -> Result<serde_json::Value, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// The municipality that keeps what is made: the one that is named, else the only one there is.
async fn keeper(database: &Database, named: Option<&str>) -> Result<Slug, String> {
    if let Some(named) = named {
        return Slug::parse(named).map_err(|error| error.to_string());
    }
    let secret = database.secret().clone();
    let page = database
        .read(async |snapshot| {
            snapshot.list::<Municipality>(&View::System, &ListQuery::all::<Municipality>(2), &secret).await
        })
        .await
        .map_err(|error| error.to_string())?;
    match page.rows.as_slice() {
        [one] => Slug::parse(&one.slug).map_err(|error| error.to_string()),
        [] => Err("there is no municipality yet".to_owned()),
        _ => Err("there are several municipalities; name one with --municipality".to_owned()),
    }
}
