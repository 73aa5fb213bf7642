//! Documents: their files, sent and fetched by themselves.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{Collection, Document};
use serde_json::Value;

use crate::collections::Resource;
use crate::content::{self, BYTES, PART, SHOWN};
use crate::contract::Schemas;
use crate::contract::binary::form;
use crate::contract::operation::Operation;
use crate::contract::prose::{holders, readers};
use crate::routes::{Body, Entry};

/// The form a file is sent in, in the contract.
const FORM: &str = "DocumentContentInput";

/// The headers that tell of a file.
const HEADERS: &[&str] = &["ETag", "Accept-Ranges", "Content-Disposition", "Repr-Digest"];

impl Resource for Document {
    const ABOUT: &'static str = "Papers and pictures: the texts of agreements, letters, reports, photographs, each with its file. Records cite them among their sources.";

    fn bodies(schemas: &mut Schemas) {
        schemas.insert(FORM, form(PART));
    }

    fn actions() -> Vec<Entry> {
        let path = "/v1/documents/{document_id}/content";
        vec![
            Entry::new(Method::GET, path, Body::None, describe_download, |ctx| content::download(ctx).boxed_local())
                .producing(BYTES),
            Entry::new(Method::PUT, path, Body::File, describe_put, |ctx| content::put(ctx).boxed_local()),
            Entry::new(Method::POST, path, Body::Form, describe_submit, |ctx| content::submit(ctx).boxed_local()),
        ]
    }
}

fn describe_download() -> Value {
    let description = "The file of a document, for whoever sees the document. PDF, GIF, JPEG, PNG, WebP and plain text are told to be what they are and may be shown; everything else is answered as `application/octet-stream`, for saving, and the record tells what it is. `Range` takes one range of bytes.";
    let types: Vec<&str> = std::iter::once(BYTES).chain(SHOWN.iter().copied()).collect();
    let part: Vec<&str> = HEADERS.iter().copied().chain(["Content-Range"]).collect();
    Operation::new("download_document_content", Document::NAME.as_str(), "Download the file of a document", description)
        .record::<Document>()
        .shared_parameter("Range")
        .shared_parameter("IfRange")
        .public(readers(Document::NAME))
        .conditional()
        .refused("416", "RangeNotSatisfiable")
        .answers_file("206", &types, "The bytes that were asked for.", &part)
        .answers_file("200", &types, "The file.", HEADERS)
        .done()
}

/// What both ways of sending a file have in common.
fn upload(id: &str, summary: &str, description: &str) -> Operation {
    let description = format!(
        "{description} The file takes the place of the one before. What kind of file it is, is told by its bytes; a type that is said of it is not looked at. Nothing of it is kept when the request is refused or breaks off."
    );
    Operation::new(id, Document::NAME.as_str(), summary, &description)
        .record::<Document>()
        .shared_parameter("ContentDigest")
        .shared_parameter("ReprDigest")
        .answers("200", &Document::NAME.type_name(), "The document with what is known of its file.", &["ETag"])
}

fn describe_put() -> Value {
    upload(
        "upload_document_content",
        "Upload the file of a document",
        "The body is the file, whatever its `Content-Type`; `Content-Disposition` may tell its name.",
    )
    .shared_parameter("ContentDisposition")
    .versioned()
    .secured(holders(Document::NAME, "write"))
    .takes_file(BYTES, "The file.")
    .done()
}

fn describe_submit() -> Value {
    upload(
        "upload_document_form",
        "Upload the file of a document by a form",
        "As a page sends it: a form with one part, `file`.",
    )
    .changes_state(holders(Document::NAME, "write"))
    .takes_form(FORM, "The form.")
    .done()
}
