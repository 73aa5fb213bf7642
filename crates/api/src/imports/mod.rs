//! Imports: registers of ties brought in from files. A register is read into rows, each row is judged
//! beside the records that are there, and nothing is written until the whole is committed; it can be taken
//! back as a whole. See ADR 17.
//!
//! What belongs here: the operations on imports, the verdicts, and the work. Reading files and recognising
//! what they say is `pobratim-imports`' business.

mod choices;
mod cities;
mod command;
mod committing;
mod handlers;
mod intake;
mod judge;
mod patch;
mod plan;
mod records;
mod removal;
mod rows;
mod said;
mod sides;
mod telling;
mod wire;
mod work;

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{CollectionName, ImportState};
use serde_json::{Value, json};

use crate::content::PART;
use crate::contract::Schemas;
use crate::contract::binary::form;
use crate::contract::operation::Operation;
use crate::contract::prose::holders;
use crate::problem::{BUILT_UPON, INVALID_STATE};
use crate::routes::{Body, Entry};

pub(crate) use handlers::page;

pub use command::{CheckedRow, Imported, import_register};
pub use intake::Register;
pub use records::IMPORTED;
pub use removal::remove_old_imports;
pub use work::resume_imports;

/// The form that a register is sent in, in the contract.
const FORM: &str = "ImportInput";

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<wire::Import>();
    schemas.add::<wire::ImportRow>();
    schemas.add::<ImportState>();
    schemas.add_page("Import", "A page of imports, the newest first.", false);
    schemas.add_page("ImportRow", "A page of rows, in the order of the file.", false);
    schemas.insert(FORM, form(PART));
    schemas.insert("ImportPatch", patch::patch_schema());
    schemas.insert("ImportColumnInput", patch::column_schema());
    schemas.insert(
        "ImportProfile",
        json!({
            "type": "string", "enum": pobratim_imports::Profile::ALL.map(pobratim_imports::Profile::as_str),
            "description": "A register that is known.", "examples": ["wikipedia_twin_towns"],
        }),
    );
}

pub(crate) fn routes() -> Vec<Entry> {
    let (all, one) = ("/v1/imports", "/v1/imports/{import_id}");
    vec![
        Entry::new(Method::GET, all, Body::None, describe_list, |ctx| handlers::list(ctx).boxed_local()),
        Entry::new(Method::POST, all, Body::Form, describe_create, |ctx| handlers::create(ctx).boxed_local()),
        Entry::new(Method::GET, one, Body::None, describe_get, |ctx| handlers::get(ctx).boxed_local()),
        Entry::new(Method::PATCH, one, Body::MergePatch, describe_update, |ctx| handlers::update(ctx).boxed_local()),
        Entry::new(Method::DELETE, one, Body::None, describe_delete, |ctx| handlers::delete(ctx).boxed_local()),
        Entry::new(Method::GET, format!("{one}/rows"), Body::None, describe_rows, |ctx| rows::list(ctx).boxed_local()),
        Entry::new(Method::POST, format!("{one}/commit"), Body::None, describe_commit, |ctx| {
            handlers::commit(ctx).boxed_local()
        }),
        Entry::new(Method::POST, format!("{one}/undo"), Body::None, describe_undo, |ctx| {
            handlers::undo(ctx).boxed_local()
        }),
    ]
}

/// Who may do anything with imports.
fn access() -> String {
    holders(CollectionName::Partnerships, "create")
}

fn operation(id: &str, summary: &str, description: &str) -> Operation {
    Operation::new(id, "imports", summary, description)
}

fn of_one(id: &str, summary: &str, description: &str) -> Operation {
    operation(id, summary, description)
        .path_parameter("import_id", "The id of an import.", &["01890a5d-ac96-774b-bcce-b302099a8c01"])
        .refused("404", "NotFound")
}

fn describe_list() -> Value {
    operation("list_imports", "List imports", "The imports of the key's municipality, the newest first.")
        .shared_parameter("Limit")
        .shared_parameter("Cursor")
        .secured(access())
        .refused("503", "ServiceUnavailable")
        .answers("200", "ImportPage", "A page.", &["Link"])
        .done()
}

fn describe_create() -> Value {
    let described = |name: &str, schema: Value, text: &str| json!({"name": name, "in": "query", "description": text, "schema": schema});
    operation(
        "create_import",
        "Send a register",
        "Reads a register of ties (CSV, XLSX, JSON, NDJSON) into rows and begins to check them; what its columns are is proposed from their headings, in Russian, English, Chinese, Japanese and Korean. Get the import with `Prefer: wait=60` until it is `checked`, look at its rows, then commit it. Nothing else is written before. A file that breaks a bound, is not what its name says, or holds formulas is refused as a whole.",
    )
    .parameter(described("collection", json!({"$ref": "#/components/schemas/ImportCollection"}), "What the rows are: ties of two when nothing is said, else records of this collection, whose columns are those of its exports or are called so in one of five languages."))
    .parameter(described("profile", json!({"$ref": "#/components/schemas/ImportProfile"}), "The register that it is, when it is one that is known: how it is cited."))
    .parameter(described("kind", json!({"$ref": "#/components/schemas/PartnershipKind"}), "The kind of tie where a row does not tell; twin when nothing is said. Not `none`."))
    .parameter(described("source", json!({"type": "string", "minLength": 1, "maxLength": 1000, "examples": ["Реестр городов-побратимов"]}), "How records cite it; the name of the file when nothing is said."))
    .parameter(described("visibility", json!({"$ref": "#/components/schemas/Visibility"}), "The visibility of the partnerships that it makes; internal when nothing is said."))
    .shared_parameter("IdempotencyKey")
    .secured(access())
    .takes_form(FORM, "The form.")
    .refused("503", "ServiceUnavailable")
    .answers("201", "Import", "The import; it is being checked.", &["Location", "ETag"])
    .done()
}

fn describe_get() -> Value {
    of_one("get_import", "Get an import", "How far it has come. With `Prefer: wait=60` the answer is held until it is at rest: `checked`, `committed`, `undone` or `failed`.")
        .shared_parameter("Wait")
        .secured(access())
        .conditional()
        .refused("503", "ServiceUnavailable")
        .answers("200", "Import", "The import.", &["ETag"])
        .done()
}

fn describe_update() -> Value {
    of_one("update_import", "Change what an import is taken for", "Changes what the columns are, the kind of tie, how it is cited, or its visibility, and checks it anew. A merge patch (RFC 7396); `columns` is replaced whole.")
        .versioned()
        .secured(access())
        .merge_patch("ImportPatch", "What to change.")
        .conflicts(&[&INVALID_STATE])
        .answers("200", "Import", "The import; it is being checked.", &["ETag"])
        .done()
}

fn describe_delete() -> Value {
    of_one("delete_import", "Remove an import", "Removes the import with its rows and their verdicts, when it is at rest. What it made stays, and cannot be taken back as a whole any more.")
        .versioned()
        .secured(access())
        .conflicts(&[&INVALID_STATE])
        .answers_nothing("204", "It is removed, and cannot be restored.", &[])
        .done()
}

fn describe_rows() -> Value {
    of_one("list_import_rows", "List the rows of an import", "Every row with its verdict, why, and what may be meant; in the order of the file.")
        .shared_parameter("Limit")
        .shared_parameter("Cursor")
        .parameter(json!({
            "name": "verdict", "in": "query", "style": "form", "explode": true,
            "description": "Only rows with these verdicts.",
            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/ImportVerdict"}, "minItems": 1, "maxItems": crate::query::VALUES},
        }))
        .secured(access())
        .refused("503", "ServiceUnavailable")
        .answers("200", "ImportRowPage", "A page.", &["Link"])
        .done()
}

fn describe_commit() -> Value {
    of_one("commit_import", "Commit an import", "Writes what the rows with the verdicts `new` and `update` make, in slices between which others write; a crash in between is made up for. Doubtful and wrong rows are left out. Every change stands in the journal.")
        .changes_state(access())
        .conflicts(&[&INVALID_STATE])
        .answers("202", "Import", "The import; it is being committed.", &["Location", "ETag"])
        .done()
}

fn describe_undo() -> Value {
    of_one("undo_import", "Take an import back", "Deletes what the import made and sets back what it changed, as long as nothing else was built on it; else `errors` lists what was changed since and what refers to it from outside.")
        .changes_state(access())
        .conflicts(&[&INVALID_STATE, &BUILT_UPON])
        .answers("202", "Import", "The import; it is being taken back.", &["Location", "ETag"])
        .done()
}
