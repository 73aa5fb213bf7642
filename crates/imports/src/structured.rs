//! JSON: an array of flat objects, or an object a line.

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::table::{Format, Grid, MOST_COLUMNS, MOST_ROWS, Refused};

/// What a text is, when it is JSON by its first sign.
pub(crate) fn format(text: &str) -> Option<Format> {
    let text = text.trim_start();
    match text.chars().next()? {
        '[' => Some(Format::Json),
        '{' => Some(Format::Ndjson),
        _ => None,
    }
}

/// The names of all members, in the order in which they come, and the objects as rows.
pub(crate) fn read(text: &str, format: Format) -> Result<(Vec<String>, Grid), Refused> {
    let mut rows = Rows::default();
    if format == Format::Json {
        let all: Vec<Members> = serde_json::from_str(text).map_err(|error| Refused::unreadable("JSON", &error))?;
        for (at, members) in all.into_iter().enumerate() {
            rows.add(at + 1, members)?;
        }
    } else {
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let members = serde_json::from_str(line)
                .map_err(|error| Refused::unreadable(&format!("NDJSON (line {})", at + 1), &error))?;
            rows.add(at + 1, members)?;
        }
    }
    Ok((rows.heading, rows.grid))
}

/// The members of an object in the order in which they stand.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object with the columns as members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[derive(Default)]
struct Rows {
    heading: Vec<String>,
    columns: HashMap<String, usize>,
    grid: Grid,
}

impl Rows {
    fn add(&mut self, line: usize, members: Members) -> Result<(), Refused> {
        if self.grid.rows.len() > MOST_ROWS {
            return Err(Refused::new("too_many_rows", format!("It has more than {MOST_ROWS} rows. Send it in parts.")));
        }
        let cells = self.cells(line, members)?;
        self.grid.push(line, cells)
    }

    fn cells(&mut self, line: usize, Members(members): Members) -> Result<Vec<String>, Refused> {
        let mut cells = vec![String::new(); self.heading.len()];
        for (name, value) in members {
            let at = match self.columns.get(&name) {
                Some(at) => *at,
                None if self.heading.len() == MOST_COLUMNS => {
                    let detail = format!("The objects have more than {MOST_COLUMNS} members, all together.");
                    return Err(Refused::new("too_many_columns", detail));
                }
                None => {
                    crate::table::check_cell(&name, line, self.heading.len())?;
                    self.heading.push(name.clone());
                    self.columns.insert(name.clone(), self.heading.len() - 1);
                    cells.push(String::new());
                    self.heading.len() - 1
                }
            };
            cells[at] = match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    let name: String = name.chars().take(60).collect();
                    let detail =
                        format!("The member {name:?} of element {line} is nested. Rows are flat: texts and numbers.");
                    return Err(Refused::new("unreadable", detail));
                }
            };
        }
        Ok(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_the_order_of_the_members() {
        let (heading, grid) = read(r#"[{"b": 1, "a": null}, {"c": "x", "b": true}]"#, Format::Json).unwrap();
        assert_eq!(heading, ["b", "a", "c"]);
        let rows: Vec<_> = grid.rows.iter().map(|row| row.cells.clone()).collect();
        assert_eq!(rows, [vec!["1"], vec!["true", "", "x"]]);
    }

    #[test]
    fn what_is_not_flat_is_refused() {
        for text in [r#"[{"a": {"b": 1}}]"#, r#"[{"a": [1]}]"#, "[1]", "[", r#"[{"a": 1}"#] {
            assert_eq!(read(text, Format::Json).unwrap_err().code, "unreadable", "{text}");
        }
        assert!(read("{\"a\": 1}\n{\"a\": \n", Format::Ndjson).unwrap_err().detail.contains("line 2"));
    }
}
