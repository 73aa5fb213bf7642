//! Files in the contract: what is sent and answered as bytes, for which no type gives a schema.

use serde_json::{Map, Value, json};

use crate::contract::forms::reference;
use crate::contract::operation::{Operation, header_refs};

/// Bytes, whatever they are.
fn bytes() -> Value {
    json!({"type": "string", "format": "binary"})
}

/// The form that a file is sent in.
pub(crate) fn form(part: &str) -> Value {
    let mut file = bytes();
    file["minLength"] = 1.into();
    file["description"] =
        "The file. Its name is taken from the part's `Content-Disposition`; its type is told by its bytes.".into();
    json!({
        "type": "object", "description": "A form with a file in it, and nothing else.", "required": [part],
        "properties": {part: file}, "additionalProperties": false, "examples": [{part: "%PDF-1.7"}],
    })
}

impl Operation {
    /// It takes a file as the body itself.
    pub(crate) fn takes_file(self, media_type: &str, description: &str) -> Self {
        let mut file = bytes();
        file["minLength"] = 1.into();
        self.sent(media_type, file, description)
    }

    /// It takes a file in a form.
    pub(crate) fn takes_form(self, schema: &str, description: &str) -> Self {
        self.sent("multipart/form-data", reference(schema), description)
    }

    /// It answers a file, of any of these types.
    pub(crate) fn answers_file(mut self, status: &str, types: &[&str], description: &str, headers: &[&str]) -> Self {
        let content: Map<String, Value> =
            types.iter().map(|media_type| ((*media_type).to_owned(), json!({"schema": bytes()}))).collect();
        self.value["responses"][status] =
            json!({"description": description, "headers": header_refs(headers), "content": content});
        self
    }
}
