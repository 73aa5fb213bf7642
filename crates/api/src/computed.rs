//! Lists that are computed from the records of one municipality, as reminders and findings are:
//! whose records, for which day, in which language, and how a page of them is cut.

use jiff::civil::Date;
use pobratim_domain::value::LanguageTag;
use pobratim_domain::{CollectionName, Municipality, Record, RecordMention, to_json};
use pobratim_persistence::{Cursor, Error, Key, Secret, Snapshot, View};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::contract::reference;
use crate::ctx::Ctx;
use crate::feed;
use crate::problem::{ApiError, ApiResult, FieldError};
use crate::query::{self, Reader, VALUES};
use crate::resource::{self, next_link};

/// Who is asked about, for which day, in which language, and which part of the list.
pub(crate) struct Asked {
    /// The municipality that was named, else the caller's own.
    municipality: Option<String>,
    on: Option<Date>,
    lang: Option<String>,
    pub(crate) collections: Vec<CollectionName>,
    record: Option<String>,
    pub(crate) severities: Vec<String>,
    limit: u64,
    cursor: Option<String>,
    /// The collections that may be told of; nothing for all.
    pub(crate) readable: Option<Vec<CollectionName>>,
}

/// What all computed lists take, as the contract has it.
pub(crate) fn parameters(plain: &str) -> Vec<Value> {
    let [municipality, collection, record] = of_records(plain);
    vec![
        municipality,
        json!({
            "name": "on", "in": "query", "description": "The day; today in the municipality's time zone when it is left out.",
            "schema": {"type": "string", "format": "date", "examples": ["2011-12-31"]},
        }),
        json!({
            "name": "lang", "in": "query",
            "description": "The language of titles and suggestions: ru, en, zh, ja or ko; English for any other. That of the municipality when it is left out. What stands in records is told as it is.",
            "schema": reference("LanguageTag"),
        }),
        collection,
        record,
        many("severity", "Only what matters so much.", "Severity"),
    ]
}

/// What those of them take that depend on no day and have no texts.
pub(crate) fn of_records(plain: &str) -> [Value; 3] {
    [
        json!({
            "name": "municipality", "in": "query",
            "description": "The municipality whose records are looked at. When it is left out, that of the key, or the only one there is; where there are several, it is required without a key of one of them.",
            "schema": reference("Slug"),
        }),
        many("collection", &format!("Only {plain} about records of these collections."), "CollectionName"),
        json!({
            "name": "record", "in": "query", "description": format!("Only {plain} about this record: its id, or its ref."),
            "schema": {"type": "string", "minLength": 1, "maxLength": 36, "examples": ["PAR-0001"]},
        }),
    ]
}

/// A parameter that takes several codes of a schema.
pub(crate) fn many(name: &str, description: &str, schema: &str) -> Value {
    json!({
        "name": name, "in": "query", "style": "form", "explode": true, "description": description,
        "schema": {"type": "array", "items": reference(schema), "minItems": 1, "maxItems": VALUES},
    })
}

impl Asked {
    /// Reads what all computed lists take.
    pub(crate) fn read(ctx: &Ctx, reader: &mut Reader<'_>) -> ApiResult<Self> {
        let lang = reader.take("lang").map(str::to_owned);
        if lang.as_deref().is_some_and(|lang| LanguageTag::parse(lang).is_err()) {
            reader.fault("lang", "invalid", "Give a language tag, such as ru.");
        }
        let on = resource::day(reader, "on");
        let severities = codes(ctx, reader, "severity", "Severity")?;
        Ok(Self { lang, on, severities, ..Self::about_records(ctx, reader)? })
    }

    /// Reads what those of them take that depend on no day and have no texts.
    pub(crate) fn about_records(ctx: &Ctx, reader: &mut Reader<'_>) -> ApiResult<Self> {
        let named = reader.take("municipality").map(str::to_owned);
        let mut collections = Vec::new();
        for name in codes(ctx, reader, "collection", "CollectionName")? {
            collections.extend(CollectionName::parse(&name));
        }
        // Naming one that may not be read is refused, and so is a key that may read none.
        feed::readable(ctx, collections.clone())?;
        let own = Self::of_key(ctx, None);
        Ok(Self {
            municipality: named.or(own.municipality),
            on: own.on,
            lang: own.lang,
            collections,
            record: reader.take("record").map(str::to_owned),
            severities: own.severities,
            limit: reader.limit(),
            cursor: reader.take("cursor").map(str::to_owned),
            readable: own.readable,
        })
    }

    /// All that the key's own municipality has, on a day.
    pub(crate) fn of_key(ctx: &Ctx, on: Option<Date>) -> Self {
        let own = ctx.principal.as_ref().and_then(|principal| principal.municipality());
        let all = CollectionName::ALL;
        let may: Vec<_> = all.iter().copied().filter(|name| ctx.require_in(*name, "read").is_ok()).collect();
        Self {
            municipality: own.map(|slug| slug.as_str().to_owned()),
            on,
            lang: None,
            collections: Vec::new(),
            record: None,
            severities: Vec::new(),
            limit: query::MOST,
            cursor: None,
            readable: Some(may).filter(|may| may.len() < all.len()),
        }
    }

    /// The municipality that is meant; nothing when it was not named and there are several.
    pub(crate) async fn municipality(&self, snapshot: &Snapshot) -> Result<Option<String>, Error> {
        match &self.municipality {
            Some(slug) => Ok(Some(slug.clone())),
            None => {
                let meant = snapshot.municipality_meant(&View::Public, None).await?;
                Ok(meant.map(|slug| slug.as_str().to_owned()))
            }
        }
    }

    /// The day that is meant.
    pub(crate) fn day(&self, ctx: &Ctx, municipality: Option<&Record<Municipality>>) -> Date {
        let zone = municipality.map_or("UTC", |record| record.body.timezone.as_str());
        self.on.unwrap_or_else(|| ctx.today(zone))
    }

    /// The language that is meant.
    pub(crate) fn language(&self, municipality: Option<&Record<Municipality>>) -> String {
        let lang = self.lang.clone().and_then(|lang| LanguageTag::parse(&lang).ok());
        let lang = lang.or_else(|| municipality.map(|record| record.body.default_locale.clone()));
        lang.map_or_else(|| "en".to_owned(), |lang| lang.language().to_owned())
    }

    /// Whether a record and a severity are among those asked for.
    pub(crate) fn wants(&self, record: &RecordMention, severity: pobratim_domain::Severity) -> bool {
        (self.collections.is_empty() || self.collections.contains(&record.collection))
            && (self.severities.is_empty() || self.severities.iter().any(|wanted| wanted == severity.as_str()))
            && self.names(record)
    }

    /// Whether it is about a record, as far as one was named.
    pub(crate) fn names(&self, record: &RecordMention) -> bool {
        let is_named = |wanted: &String| *wanted == record.reference || *wanted == record.id.to_string();
        self.record.as_ref().is_none_or(is_named)
    }

    /// Whether records of a collection are asked for and may be told of.
    pub(crate) fn tells_of(&self, collection: CollectionName) -> bool {
        (self.collections.is_empty() || self.collections.contains(&collection))
            && self.readable.as_ref().is_none_or(|readable| readable.contains(&collection))
    }

    /// A page of a list that is in the order of its keys.
    pub(crate) fn page<T: Serialize>(
        &self,
        items: &[T],
        key: impl Fn(&T) -> (String, Uuid),
        list: &str,
        truncated: bool,
        secret: &Secret,
    ) -> Result<Page, Error> {
        let last = self.cursor.as_deref().map(|text| Cursor::decode(text, secret, list)).transpose()?;
        let last = match last {
            Some(Cursor { key: Key::Text(text), id }) => Some((text, id)),
            Some(_) => return Err(Error::BadCursor),
            None => None,
        };
        let mut rest = items.iter().filter(|item| last.as_ref().is_none_or(|last| *last < key(item)));
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let page: Vec<&T> = rest.by_ref().take(limit).collect();
        let next = match (page.last(), rest.next()) {
            (Some(end), Some(_)) => {
                let (text, id) = key(end);
                Some(Cursor { key: Key::Text(text), id }.encode(secret, list)?)
            }
            _ => None,
        };
        let mut info = json!({"limit": self.limit});
        if let Some(next) = &next {
            info["next_cursor"] = next.as_str().into();
        }
        if truncated {
            info["truncated"] = true.into();
        }
        let body = json!({"items": to_json(&page)?, "page": info}).to_string();
        Ok(Page { body, next, shape: format!("{list} {:?} {}", self.cursor, self.limit) })
    }

    /// Names the list for its cursors and its tag: what it depends on beside the records.
    pub(crate) fn list(&self, ctx: &Ctx, more: &str) -> String {
        let filters = (&self.collections, &self.severities, &self.record, &self.readable);
        format!("{} {} {filters:?} {more}", ctx.path, ctx.view().tag())
    }
}

/// A page that is ready to be sent.
pub(crate) struct Page {
    body: String,
    next: Option<String>,
    shape: String,
}

impl Page {
    /// The answer, with its tag: any change of a record may change what is computed.
    pub(crate) fn answer(self, ctx: &Ctx, snapshot: &Snapshot) -> Answer {
        let answer = Answer::json(200, self.body).drawn_from(snapshot.head(), CollectionName::ALL, &[&self.shape]);
        match self.next {
            Some(next) => answer.with("Link", next_link(ctx, &next)),
            None => answer,
        }
    }
}

/// The refusal when several municipalities could be meant.
pub(crate) fn which_municipality() -> Box<ApiError> {
    let detail = "There are several municipalities: name one.";
    ApiError::parameters(vec![FieldError::parameter("municipality", "required", detail)])
}

/// Codes of a schema of the contract.
pub(crate) fn codes(ctx: &Ctx, reader: &mut Reader<'_>, name: &str, schema: &str) -> ApiResult<Vec<String>> {
    let values = reader.values(name).unwrap_or_default();
    query::codes(ctx, reader, name, schema, &values)?;
    Ok(values)
}
