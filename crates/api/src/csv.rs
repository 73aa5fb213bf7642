//! Tables as CSV (RFC 4180), for spreadsheets: a line of names, then a line for each row. Names are
//! those of the members in JSON, values are codes.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use serde_json::Value;

use crate::problem::{ApiError, ApiResult};

/// The media type of CSV.
pub(crate) const CSV: &str = "text/csv";

/// A column: its name, and where its value stands in a row, as a JSON Pointer. `/list/*/member` is
/// that member of every element, with spaces between them.
pub(crate) type Column = (&'static str, &'static str);

/// Rows as CSV.
pub(crate) fn table(columns: &[Column], rows: &[impl Serialize]) -> ApiResult<String> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(name, _)| *name)).map_err(ApiError::defect)?;
    for row in rows {
        let row = serde_json::to_value(row).map_err(ApiError::defect)?;
        writer.write_record(columns.iter().map(|(_, place)| cell(&row, place))).map_err(ApiError::defect)?;
    }
    let bytes = writer.into_inner().map_err(ApiError::defect)?;
    String::from_utf8(bytes).map_err(ApiError::defect)
}

fn cell(row: &Value, place: &str) -> String {
    let Some((list, member)) = place.split_once("/*") else {
        return row.pointer(place).map_or_else(String::new, text);
    };
    let elements = row.pointer(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let values = elements.iter().map(|element| element.pointer(member).map_or_else(|| "-".to_owned(), text));
    values.collect::<Vec<_>>().join(" ")
}

/// A text as a cell. A spreadsheet takes one that begins like a formula for one and runs it, so it gets
/// an apostrophe before it; one that begins so after apostrophes gets another, so that the first can
/// always be taken away again.
pub(crate) fn defused(text: &str) -> Cow<'_, str> {
    let begins_like_a_formula = text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if begins_like_a_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Numbers stay numbers.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => defused(text).into_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_those_of_rfc_4180() {
        let rows = [json!({"name": "a, \"b\"", "count": {"certain": -3}}), json!({"count": {"certain": 0}})];
        let columns = [("name", "/name"), ("certain", "/count/certain")];
        assert_eq!(table(&columns, &rows).unwrap(), "name,certain\r\n\"a, \"\"b\"\"\",-3\r\n,0\r\n");
    }

    #[test]
    fn a_text_is_never_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1"] {
            let line = table(&[("text", "/text")], &[json!({"text": text})]).unwrap();
            assert!(line.contains(&format!("'{text}")), "{line:?}");
        }
        assert_eq!(defused("'s-Hertogenbosch"), "'s-Hertogenbosch");
    }

    #[test]
    fn lists_stand_in_one_cell() {
        let row = json!({"reported": [{"value": 22, "scope": "city"}, {"value": 7}]});
        assert_eq!(cell(&row, "/reported/*/value"), "22 7");
        assert_eq!(cell(&row, "/reported/*/scope"), "city -");
        assert_eq!(cell(&json!({"reported": []}), "/reported/*/value"), "");
    }
}
