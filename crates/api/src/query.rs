//! Query strings and headers: read against what an operation declares. Unknown parameters, and
//! repeated ones that take one value, are faults like any other, and all faults come at once.

use actix_web::http::header::HeaderMap;
use pobratim_domain::value::{PartialDate, asked_words};
use pobratim_domain::{CollectionName, Faults, Keeper};
use pobratim_persistence::{COMMON_SORTS, Filter, FilterBy, ListQuery, Sort, Stored, THROUGH, WORDS_MOST, Wanted};
use serde_json::Value;
use uuid::Uuid;

use crate::api::Api;
use crate::ctx::Ctx;
use crate::export::Asked;
use crate::problem::{ApiError, ApiResult, FieldError};
use crate::routes::Entry;

/// The most records on a page.
pub(crate) const MOST: u64 = 200;
/// How many there are when nothing is said.
pub(crate) const DEFAULT: u64 = 50;
/// The most values of one filter.
pub(crate) const VALUES: usize = 50;

/// The query of a list, and what to send along.
pub(crate) struct Listed {
    pub(crate) query: ListQuery,
    pub(crate) expand: Vec<CollectionName>,
    /// The form it is answered in.
    pub(crate) asked: Asked,
}

impl Listed {
    /// The collections that the list depends on.
    pub(crate) fn made_from(&self, own: CollectionName) -> Vec<CollectionName> {
        let mut made_from = vec![own];
        made_from.extend(&self.expand);
        // A country is that of a place.
        let by_country = |wanted: &Wanted| matches!(wanted, Wanted::Any(FilterBy::Country { .. }, _));
        if self.query.filters.iter().any(by_country) {
            made_from.push(CollectionName::Places);
        }
        // Words may be met by the names of what records refer to.
        for wanted in &self.query.filters {
            if let Wanted::Words { through, .. } = wanted {
                made_from.extend(through);
            }
        }
        made_from
    }
}

/// What can be sent along with a list.
pub(crate) const EXPANDABLE: &[&str] = &["places", "organizations"];

/// The parameters of a query string in their order. What is not UTF-8 is refused: read as something
/// near to it, it would find what nobody asked for.
pub(crate) fn pairs(text: &str) -> ApiResult<Vec<(String, String)>> {
    let mut faults = Vec::new();
    let mut decode = |text: &str, name: &str| {
        let spaced = text.replace('+', " ");
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(&spaced).collect();
        String::from_utf8(bytes).unwrap_or_else(|error| {
            faults.push(FieldError::parameter(name, "invalid", "It is not UTF-8."));
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        })
    };
    let parts = text.split('&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = decode(name, name);
        let value = decode(value, &name);
        (name, value)
    });
    let pairs = pairs.collect();
    if faults.is_empty() { Ok(pairs) } else { Err(ApiError::parameters(faults)) }
}

/// The parameters by name: their order says nothing, that of the values of one may. What an answer
/// says of its question (its tag, its links) is the same in whatever order it was asked.
pub(crate) fn ordered(query: &[(String, String)]) -> Vec<&(String, String)> {
    let mut ordered: Vec<_> = query.iter().collect();
    ordered.sort_by(|one, other| one.0.cmp(&other.0));
    ordered
}

/// Reads parameters one by one, noting faults.
pub(crate) struct Reader<'c> {
    ctx: &'c Ctx,
    given: Vec<(&'c str, &'c str)>,
    faults: Vec<FieldError>,
}

impl<'c> Reader<'c> {
    pub(crate) fn new(ctx: &'c Ctx) -> Self {
        let mut faults = Vec::new();
        let given: Vec<(&str, &str)> = ctx.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for (name, value) in &given {
            if value.contains('\0') {
                faults.push(FieldError::parameter(name, "nul", "A text has no NUL character."));
            }
        }
        Self { ctx, given, faults }
    }

    /// The one value of a parameter.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'c str> {
        let at = self.given.iter().position(|(known, _)| *known == name)?;
        let (_, value) = self.given.remove(at);
        if self.given.iter().any(|(known, _)| *known == name) {
            self.given.retain(|(known, _)| *known != name);
            self.fault(name, "repeated", "Give it once.");
        }
        Some(value)
    }

    pub(crate) fn fault(&mut self, name: &str, code: &str, detail: impl Into<String>) {
        self.faults.push(FieldError::parameter(name, code, detail));
    }

    /// The values of a parameter that takes several: repeated, or in one between commas; none of
    /// them empty.
    pub(crate) fn values(&mut self, name: &str) -> Option<Vec<String>> {
        let (wanted, others) = std::mem::take(&mut self.given).into_iter().partition(|(known, _)| *known == name);
        self.given = others;
        let wanted: Vec<(&str, &str)> = wanted;
        if wanted.is_empty() {
            return None;
        }
        let values: Vec<String> = wanted.iter().flat_map(|(_, value)| value.split(',')).map(str::to_owned).collect();
        if values.iter().any(String::is_empty) || values.len() > VALUES {
            self.fault(name, "invalid", format!("Give 1 to {VALUES} values, repeated or separated by commas."));
            return None;
        }
        Some(values)
    }

    pub(crate) fn limit(&mut self) -> u64 {
        let Some(text) = self.take("limit") else { return DEFAULT };
        match text.parse::<u64>() {
            Ok(limit) if (1..=MOST).contains(&limit) => limit,
            _ => {
                self.fault("limit", "out_of_range", format!("A page has 1 to {MOST} records."));
                DEFAULT
            }
        }
    }

    /// What was not taken is unknown; what was is as the contract says.
    pub(crate) fn finish(mut self) -> ApiResult<()> {
        let mut unknown: Vec<&str> = Vec::new();
        for (name, _) in std::mem::take(&mut self.given) {
            if !unknown.contains(&name) {
                unknown.push(name);
                self.fault(name, "unknown_parameter", "There is no such parameter here.");
            }
        }
        self.hold_against_contract()?;
        if self.faults.is_empty() { Ok(()) } else { Err(ApiError::parameters(self.faults)) }
    }

    /// Every parameter that had no fault so far, and every header that the operation reads.
    fn hold_against_contract(&mut self) -> ApiResult<()> {
        let ctx = self.ctx;
        let mut found = Vec::new();
        for (name, text) in &ctx.query {
            let known = ctx.entry.parameters.iter().find(|known| known.is_query(name));
            if let Some(known) = known.filter(|_| !self.faults.iter().any(|fault| fault.is_of(name))) {
                ctx.api.check_parameter(known, text, &mut found)?;
            }
        }
        found.extend(wrong_headers(&ctx.api, ctx.entry, &ctx.headers)?);
        self.faults.extend(found);
        Ok(())
    }
}

/// Whether the contract takes the headers that a request has. When it does not, the operation
/// itself says so, with all else that is wrong.
pub(crate) fn headers_are_good(api: &Api, entry: &Entry, headers: &HeaderMap) -> ApiResult<bool> {
    Ok(wrong_headers(api, entry, headers)?.is_empty())
}

fn wrong_headers(api: &Api, entry: &Entry, headers: &HeaderMap) -> ApiResult<Vec<FieldError>> {
    let mut found = Vec::new();
    for known in &entry.parameters {
        let Some(value) = known.header().and_then(|name| headers.get(name)) else { continue };
        match value.to_str() {
            Ok(text) => api.check_parameter(known, text, &mut found)?,
            Err(_) => found.push(FieldError::header(known.name(), "invalid", "It has ASCII characters only.")),
        }
    }
    Ok(found)
}

/// Reads the query of a list of a collection.
pub(crate) fn list<T: Stored>(ctx: &Ctx) -> ApiResult<Listed> {
    let mut reader = Reader::new(ctx);
    let limit = reader.limit();
    let cursor = reader.take("cursor").map(str::to_owned);
    let (sort, descending) = sort::<T>(&mut reader);
    let expand = expand(&mut reader);
    let asked = Asked::read(ctx, &mut reader);
    let mut filters = common(ctx, &mut reader, T::NAME)?;
    for filter in T::FILTERS {
        declared(ctx, &mut reader, filter, &mut filters)?;
    }
    let count = ctx.header("Prefer").is_some_and(|prefer| prefer.split(',').any(|wish| wish.trim() == "count=exact"));
    reader.finish()?;
    for collection in &expand {
        ctx.require_in(*collection, "read")?;
    }
    let direction = if descending { "-" } else { "" };
    let name = format!("{} {} {direction}{} {filters:?}", ctx.path, ctx.view().tag(), sort.name);
    Ok(Listed { query: ListQuery { filters, sort, descending, limit, cursor, count, name }, expand, asked })
}

fn sort<T: Stored>(reader: &mut Reader<'_>) -> (Sort, bool) {
    let first = COMMON_SORTS[0];
    let Some(text) = reader.take("sort") else { return (first, false) };
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let known = COMMON_SORTS.iter().chain(T::SORTS).find(|sort| sort.name == name);
    match known {
        Some(sort) => (*sort, descending),
        None => {
            let names: Vec<&str> = COMMON_SORTS.iter().chain(T::SORTS).map(|sort| sort.name).collect();
            reader.fault(
                "sort",
                "unknown_code",
                format!("It is one of {}, with - before it to reverse.", names.join(", ")),
            );
            (first, false)
        }
    }
}

fn expand(reader: &mut Reader<'_>) -> Vec<CollectionName> {
    let Some(names) = reader.values("expand") else { return Vec::new() };
    let mut wanted = Vec::new();
    for name in names {
        match CollectionName::parse(&name).filter(|_| EXPANDABLE.contains(&name.as_str())) {
            Some(collection) if !wanted.contains(&collection) => wanted.push(collection),
            Some(_) => {}
            None => reader.fault("expand", "unknown_code", format!("It is any of {}.", EXPANDABLE.join(", "))),
        }
    }
    wanted
}

/// Whether a municipality keeps the records: those of the shared directory belong to all.
pub(crate) fn has_keeper(collection: CollectionName) -> bool {
    collection.keeper() != Keeper::Shared
}

/// The filters of every collection.
fn common(ctx: &Ctx, reader: &mut Reader<'_>, collection: CollectionName) -> ApiResult<Vec<Wanted>> {
    let mut filters = Vec::new();
    if let Some(refs) = reader.values("ref") {
        filters.push(Wanted::Reference(refs));
    }
    if has_keeper(collection)
        && let Some(slugs) = reader.values("municipality")
    {
        filters.push(Wanted::Municipality(slugs));
    }
    if let Some(levels) = reader.values("visibility") {
        codes(ctx, reader, "visibility", "Visibility", &levels)?;
        filters.push(Wanted::Visibility(levels));
    }
    if let Some(tags) = reader.values("tag") {
        filters.push(Wanted::Tag(tags));
    }
    if let Some(text) = reader.take("external_id") {
        match text.split_once(':') {
            Some((scheme, value)) if !value.is_empty() => {
                codes(ctx, reader, "external_id", "ExternalIdScheme", &[scheme.to_owned()])?;
                filters.push(Wanted::ExternalId(scheme.to_owned(), value.to_owned()));
            }
            _ => reader.fault("external_id", "invalid", "Give scheme and value: geonames:2036973."),
        }
    }
    if let Some(text) = words(reader) {
        filters.push(Wanted::Words { text, through: through(ctx) });
    }
    Ok(filters)
}

/// What is searched, in `q`.
pub(crate) fn words(reader: &mut Reader<'_>) -> Option<String> {
    let text = reader.take("q")?;
    if text.trim().is_empty() || text.chars().count() > 200 {
        reader.fault("q", "invalid", "Give 1 to 200 characters.");
    } else if asked_words(text).len() > WORDS_MOST {
        reader.fault("q", "too_many", format!("Give {WORDS_MOST} words at most."));
    }
    Some(text.to_owned())
}

/// The collections through whose names others are found, as far as the caller may read them.
pub(crate) fn through(ctx: &Ctx) -> Vec<CollectionName> {
    THROUGH.into_iter().filter(|collection| ctx.require_in(*collection, "read").is_ok()).collect()
}

fn declared(ctx: &Ctx, reader: &mut Reader<'_>, filter: &Filter, filters: &mut Vec<Wanted>) -> ApiResult<()> {
    let name = filter.name;
    match filter.by {
        FilterBy::Code { schema, .. } | FilterBy::Term { schema, .. } => {
            if let Some(values) = reader.values(name) {
                codes(ctx, reader, name, schema, &values)?;
                filters.push(Wanted::Any(filter.by, values));
            }
        }
        FilterBy::Country { .. } => {
            if let Some(values) = reader.values(name) {
                codes(ctx, reader, name, "CountryCode", &values)?;
                filters.push(Wanted::Any(filter.by, values));
            }
        }
        FilterBy::Reference { .. } | FilterBy::Link { .. } => {
            if let Some(values) = reader.values(name) {
                let ids: Vec<Uuid> = values.iter().filter_map(|value| Uuid::try_parse(value).ok()).collect();
                if ids.len() < values.len() {
                    reader.fault(name, "invalid", "Give ids.");
                }
                filters.push(Wanted::Refers(filter.by, ids));
            }
        }
        FilterBy::Flag { .. } => {
            if let Some(value) = reader.take(name) {
                if !matches!(value, "true" | "false") {
                    reader.fault(name, "invalid", "It is true or false.");
                }
                filters.push(Wanted::Any(filter.by, vec![value.to_owned()]));
            }
        }
        FilterBy::Whole { .. } => {
            if let Some(values) = reader.values(name) {
                if values.iter().any(|value| value.parse::<i64>().is_err()) {
                    reader.fault(name, "invalid", "Give whole numbers.");
                }
                filters.push(Wanted::Any(filter.by, values));
            }
        }
        FilterBy::Days { .. } => days(reader, filter, filters),
    }
    Ok(())
}

/// `{name}_from` and `{name}_to`: the interval reaches into that span. A month or a year stands
/// for its first or last day.
fn days(reader: &mut Reader<'_>, filter: &Filter, filters: &mut Vec<Wanted>) {
    let from = format!("{}_from", filter.name);
    let to = format!("{}_to", filter.name);
    let wrong = "Give a day, a month or a year: 2011-08-14, 2011-08, 2011.";
    let mut read = |name: &str| {
        let date = PartialDate::parse(reader.take(name)?)
            .ok()
            .filter(|date| !date.is_open() && !date.is_uncertain() && !date.is_approximate());
        if date.is_none() {
            reader.fault(name, "invalid", wrong);
        }
        date
    };
    if let Some(day) = read(&from).and_then(|date| date.earliest()) {
        filters.push(Wanted::From(filter.by, day.to_string()));
    }
    if let Some(day) = read(&to).and_then(|date| date.latest()) {
        filters.push(Wanted::To(filter.by, day.to_string()));
    }
}

pub(crate) fn codes(ctx: &Ctx, reader: &mut Reader<'_>, name: &str, schema: &str, values: &[String]) -> ApiResult<()> {
    for value in values {
        let mut faults = Faults::default();
        ctx.api.check(schema, &Value::from(value.as_str()), &mut faults)?;
        if let Some(fault) = faults.iter().next() {
            reader.fault(name, "unknown_code", fault.detail.clone());
        }
    }
    Ok(())
}
