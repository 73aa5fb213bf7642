//! What clients change in an import that was checked.

use pobratim_domain::{Faults, PartnershipKind, Visibility};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::imports::records::Member;
use crate::imports::wire::{ImportChoice, ImportColumn};

/// A change of an import, as it is sent.
#[derive(Deserialize)]
pub(super) struct Patch {
    pub(super) columns: Option<Vec<ImportColumn>>,
    pub(super) choices: Option<Vec<ImportChoice>>,
    pub(super) kind: Option<PartnershipKind>,
    pub(super) source: Option<String>,
    pub(super) visibility: Option<Visibility>,
}

/// The mapping that somebody sends, by columns: fields of ties, or members of another collection.
pub(super) fn mapped(
    heading: &[String],
    columns: &[ImportColumn],
    members: Option<&[Member]>,
    faults: &mut Faults,
) -> Vec<Option<String>> {
    let mut mapping: Vec<Option<String>> = vec![None; heading.len()];
    for (index, column) in columns.iter().enumerate() {
        let Some(at) = heading.iter().position(|name| *name == column.heading) else {
            faults.add(format!("/columns/{index}/heading"), "unknown_key", "There is no such column.");
            continue;
        };
        faults.unless(
            !columns[..index].iter().any(|other| other.heading == column.heading),
            format!("/columns/{index}/heading"),
            "duplicate",
            "This column stands here already.",
        );
        let (right, wrong) = if members.is_some() { ("member", "field") } else { ("field", "member") };
        let field = column.field.map(|field| field.as_str().to_owned());
        let (code, other) = if members.is_some() { (&column.member, &field) } else { (&field, &column.member) };
        faults.unless(
            other.is_none(),
            format!("/columns/{index}/{wrong}"),
            "not_allowed",
            format!("In a table of this collection a column has a `{right}`."),
        );
        let Some(code) = code else { continue };
        faults.unless(
            members.is_none_or(|members| members.iter().any(|member| member.name == *code)),
            format!("/columns/{index}/member"),
            "unknown_code",
            "Records of this collection have no such member that a cell can hold.",
        );
        faults.unless(
            !mapping.contains(&Some(code.clone())),
            format!("/columns/{index}/{right}"),
            "duplicate",
            "Another column is this already.",
        );
        mapping[at] = Some(code.clone());
    }
    mapping
}

/// The merge patch of an import, which is written by hand as no record has its like.
pub(super) fn patch_schema() -> Value {
    json!({
        "type": "object",
        "description": "What to change in an import that was checked. It is checked anew.",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": {
            "columns": {
                "type": "array", "minItems": 1, "maxItems": 100,
                "items": {"$ref": "#/components/schemas/ImportColumnInput"},
                "description": "What the columns are, by their headings; the list is replaced whole, and those left out are not looked at. No two columns are the same.",
            },
            "choices": {
                "type": "array", "maxItems": 1000,
                "items": {"$ref": "#/components/schemas/ImportChoiceInput"},
                "description": "What is decided of names that may mean several cities, and of rows; the list is replaced whole.",
            },
            "kind": {"$ref": "#/components/schemas/PartnershipKind"},
            "source": {"type": "string", "minLength": 1, "maxLength": 1000, "description": "How records cite it.", "examples": ["Реестр городов-побратимов"]},
            "visibility": {"$ref": "#/components/schemas/Visibility"},
        },
        "examples": [{"columns": [{"heading": "Город", "field": "partner_city"}], "kind": "friendship"}, {"choices": [{"name": "Жиджао", "country": "CN", "geonames": 9_072_919}, {"rows": [7], "action": "skip"}]}],
    })
}

/// A column as it is sent.
pub(super) fn column_schema() -> Value {
    json!({
        "type": "object",
        "description": "A column, and what it is to be taken for.",
        "additionalProperties": false,
        "required": ["heading"],
        "properties": {
            "heading": {"type": "string", "minLength": 1, "maxLength": 9000, "description": "Its heading, as the import tells it.", "examples": ["Город"]},
            "field": {"$ref": "#/components/schemas/ImportField"},
            "member": {"type": "string", "minLength": 1, "maxLength": 200, "description": "In tables of other collections than partnerships: the member of a record, as the column of an export is called.", "examples": ["period"]},
        },
        "examples": [{"heading": "Город", "field": "partner_city"}],
    })
}
