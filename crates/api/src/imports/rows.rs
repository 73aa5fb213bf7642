//! The rows of an import, with what each comes to.

use pobratim_persistence::{Cursor, Key};
use serde_json::json;

use crate::answer::Answer;
use crate::ctx::Ctx;
use crate::imports::handlers::{import_id, keeper, page};
use crate::imports::telling::told_row;
use crate::imports::work::nested;
use crate::problem::ApiResult;
use crate::query::{Reader, codes};

/// `GET /v1/imports/{import_id}/rows`
pub(super) async fn list(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let cursor = reader.take("cursor").map(str::to_owned);
    let verdicts = reader.values("verdict").unwrap_or_default();
    codes(&ctx, &mut reader, "verdict", "ImportVerdict", &verdicts)?;
    reader.finish()?;
    let id = import_id(&ctx)?;
    let secret = ctx.api.database().secret().clone();
    let name = format!("import rows {id} {verdicts:?}");
    let after = match cursor.map(|cursor| Cursor::decode(&cursor, &secret, &name)).transpose()? {
        Some(Cursor { key: Key::Whole(number), .. }) => number,
        _ => 0,
    };
    let (items, next) = ctx
        .read(async |snapshot| {
            let import = snapshot.import(Some(slug.as_str()), id).await?;
            let heading: Vec<String> = nested(&import.heading)?;
            let (mut found, known) = if verdicts.is_empty() {
                let found = snapshot.import_rows(id, after, limit + 1).await?;
                let last = found.last().map_or(after, |row| row.number);
                let mut known = snapshot.import_verdicts(id, &[], after, limit + 1).await?;
                known.retain(|verdict| verdict.number <= last);
                (found, known)
            } else {
                let known = snapshot.import_verdicts(id, &verdicts, after, limit + 1).await?;
                let numbers: Vec<i64> = known.iter().map(|verdict| verdict.number).collect();
                (snapshot.import_rows_at(id, &numbers).await?, known)
            };
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = found.len() > most;
            found.truncate(most);
            let mut items = Vec::new();
            for row in &found {
                let verdict = known.iter().find(|verdict| verdict.number == row.number);
                items.push(json!(told_row(&heading, row, verdict)?));
            }
            let last = found.last().filter(|_| more).map(|last| Cursor { key: Key::Whole(last.number), id });
            Ok((items, last.map(|last| last.encode(&secret, &name)).transpose()?))
        })
        .await?;
    Ok(page(&ctx, &items, limit, next))
}
