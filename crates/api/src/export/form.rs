//! The forms of a list, and which of them is asked for: what `format` names, else what `Accept` would
//! rather have.

use pobratim_domain::value::LanguageTag;
use serde_json::{Value, json};

use crate::contract::operation::Operation;
use crate::contract::{Schemas, reference};
use crate::csv::CSV;
use crate::ctx::Ctx;
use crate::export::pages::PAGE;
use crate::query::Reader;

/// A form in which a list is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ListForm {
    /// A page of it: what is answered when nothing is said.
    #[default]
    Json,
    /// A table as text.
    Csv,
    /// A table as a spreadsheet has it.
    Xlsx,
    /// The records as JSON has them, a line each.
    Ndjson,
    /// A map (RFC 7946).
    GeoJson,
    /// A calendar (RFC 5545).
    Calendar,
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The media type of lines of JSON.
pub(super) const NDJSON: &str = "application/x-ndjson";
const GEOJSON: &str = "application/geo+json";
const CALENDAR: &str = "text/calendar";

/// What a list takes that is answered in pages, and not when it is answered whole.
const OF_PAGES: &[&str] = &["limit", "cursor", "expand"];

/// The schemas that name the forms of a list, by the form it is shown in.
const FORMATS: &[(Option<ListForm>, &str)] =
    &[(None, "ListFormat"), (Some(ListForm::GeoJson), "MapFormat"), (Some(ListForm::Calendar), "CalendarFormat")];

impl ListForm {
    const ALL: &[Self] = &[Self::Json, Self::Csv, Self::Xlsx, Self::Ndjson, Self::GeoJson, Self::Calendar];

    /// What `format` calls it, and how files of it end.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ndjson => "ndjson",
            Self::GeoJson => "geojson",
            Self::Calendar => "ics",
        }
    }

    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => CSV,
            Self::Xlsx => XLSX,
            Self::Ndjson => NDJSON,
            Self::GeoJson => GEOJSON,
            Self::Calendar => CALENDAR,
        }
    }

    /// The media type with what has to be said of its letters.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Calendar => "text/calendar; charset=utf-8",
            other => other.media_type(),
        }
    }

    /// Whether it is for looking at: a map or a calendar.
    pub(crate) const fn is_shown(self) -> bool {
        matches!(self, Self::GeoJson | Self::Calendar)
    }

    /// The types that a list has beside JSON, when it is also shown in this form.
    pub(crate) const fn also(shown: Option<Self>) -> &'static [&'static str] {
        match shown {
            Some(Self::GeoJson) => &[CSV, XLSX, NDJSON, GEOJSON],
            Some(Self::Calendar) => &[CSV, XLSX, NDJSON, CALENDAR],
            _ => &[CSV, XLSX, NDJSON],
        }
    }

    /// The forms of such a list.
    fn of(shown: Option<Self>) -> Vec<Self> {
        let also = Self::also(shown);
        Self::ALL.iter().copied().filter(|form| *form == Self::Json || also.contains(&form.media_type())).collect()
    }
}

/// What a list is asked for beside its records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The form.
    pub(crate) form: ListForm,
    /// The language of what is shown.
    pub(crate) lang: Option<String>,
}

impl Asked {
    /// Reads the form from the query, else from the headers.
    pub(crate) fn read(ctx: &Ctx, reader: &mut Reader<'_>) -> Self {
        let has =
            |form: ListForm| [ctx.entry.produces].iter().chain(ctx.entry.also).any(|has| *has == form.media_type());
        let forms: Vec<ListForm> = ListForm::ALL.iter().copied().filter(|form| has(*form)).collect();
        let form = match reader.take("format") {
            Some(name) => forms.iter().find(|form| form.name() == name).copied().unwrap_or_else(|| {
                let names: Vec<&str> = forms.iter().map(|form| form.name()).collect();
                reader.fault("format", "unknown_code", format!("It is one of {}.", names.join(", ")));
                ListForm::Json
            }),
            None => {
                let preferred = ctx.entry.preferred(&ctx.headers);
                forms.iter().find(|form| form.media_type() == preferred).copied().unwrap_or_default()
            }
        };
        if form != ListForm::Json {
            for name in OF_PAGES.iter().filter(|name| ctx.query.iter().any(|(given, _)| given == *name)) {
                reader.fault(name, "not_allowed", "All records come in one answer, and nothing beside them.");
            }
        }
        let lang = if forms.iter().any(|form| form.is_shown()) { reader.take("lang") } else { None };
        if lang.is_some_and(|lang| LanguageTag::parse(lang).is_err()) {
            reader.fault("lang", "invalid", "Give a language tag, such as ru.");
        } else if lang.is_some() && !form.is_shown() {
            reader.fault("lang", "not_allowed", "Records are told in all their languages in this form.");
        }
        Self { form, lang: lang.map(str::to_owned) }
    }
}

/// The parameters of a list that say how it is answered, as the contract has them.
pub(crate) fn parameters(shown: Option<ListForm>) -> Vec<Value> {
    let schema = FORMATS.iter().find(|(form, _)| *form == shown).map_or("ListFormat", |(_, schema)| *schema);
    let mut parameters = vec![json!({
        "name": "format", "in": "query",
        "description": "How it is written; goes before `Accept`. In all forms but JSON the answer has all records, so there is no `limit`, `cursor` or `expand` then.",
        "schema": reference(schema),
    })];
    if let Some(form) = shown {
        let what = if form == ListForm::Calendar { "calendars (`ics`)" } else { "maps (`geojson`)" };
        parameters.push(json!({
            "name": "lang", "in": "query",
            "description": format!("The language of titles and names in {what}, as far as records have them in it; that of the record's municipality when it is left out, else English. Not taken with other forms."),
            "schema": reference("LanguageTag"),
        }));
    }
    if shown == Some(ListForm::Calendar) {
        parameters.push(json!({
            "name": "key", "in": "query",
            "description": "A key of the role reader, for calendars that can send no header (`format=ics` only, and not beside `Authorization`). Who has the address has what the key may read.",
            "schema": {"type": "string", "pattern": "^pbk_[0-9a-f]{32}_.+$", "minLength": 38, "maxLength": 200, "examples": ["pbk_01890a5dac96774bbcceb302099a8057_0123456789abcdef"]},
        }));
    }
    parameters
}

/// In which other forms a list is answered.
pub(crate) fn told(shown: Option<ListForm>) -> String {
    let shown = match shown {
        Some(ListForm::GeoJson) => " and as a map (GeoJSON)",
        Some(_) => " and as a calendar (iCalendar)",
        None => "",
    };
    format!(
        "\n\nBy `Accept`, or by `format`, all records come in one answer as CSV, XLSX or NDJSON{shown}, with the same filters and order. They are read {PAGE} at a time while they are sent, so what changes meanwhile is told as it is when it is read; the ETag names the state at the beginning. Who takes nothing for a minute is left, and an answer that is broken off has no proper end."
    )
}

/// What a list answers in its other forms.
pub(crate) fn answers(operation: Operation, shown: Option<ListForm>) -> Operation {
    let operation = operation
        .also(ListForm::Csv.media_type(), "All records as a table (RFC 4180, UTF-8 with a byte order mark): the same columns in every export, texts a column a language. A text that begins like a formula has an apostrophe before it.")
        .also_binary(ListForm::Xlsx.media_type(), "All records as a spreadsheet, with the columns of CSV: up to 1,048,575 of them.")
        .also(ListForm::Ndjson.media_type(), "All records as JSON has them, a line each.");
    match shown {
        Some(form @ ListForm::GeoJson) => operation.also(form.media_type(), "All records as a map (RFC 7946): each is a feature with its id, itself as `properties` with a `label` to print, and `geometry`, which is null where nobody knows it."),
        Some(form) => operation.also(form.media_type(), "All records with a known beginning as a calendar (RFC 5545): all-day entries with a lasting UID."),
        None => operation,
    }
}

/// The names of the forms.
pub(crate) fn schemas(schemas: &mut Schemas) {
    for (shown, name) in FORMATS {
        let names: Vec<&str> = ListForm::of(*shown).into_iter().map(ListForm::name).collect();
        let what = match shown {
            Some(ListForm::GeoJson) => "How a list that is also a map is written.",
            Some(_) => "How a list that is also a calendar is written.",
            None => "How a list is written.",
        };
        schemas.insert(name, json!({"type": "string", "enum": names, "default": "json", "description": what}));
    }
}
