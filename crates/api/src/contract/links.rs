//! Links: which request an answer leads to, and what it needs from there. They are made from the
//! paths, so that every collection and every action has them without a word of its own.

use serde_json::{Map, Value, json};

/// Links between the operations on the records of one collection.
struct Linked<'p> {
    paths: &'p Map<String, Value>,
    /// `/v1/places`
    list: &'p str,
    /// `/v1/places/{place_id}`
    record: String,
    /// `place_id`
    id: String,
}

/// Puts links into the answers of a document: what was made, read or listed leads to what can be
/// done with it, and a deleted record to its restoring.
pub(crate) fn add(document: &mut Value) {
    let Some(paths) = document["paths"].as_object().cloned() else { return };
    let mut links = Map::new();
    for list in paths.iter().filter(|(_, item)| item["post"]["responses"]["201"].is_object()).map(|(path, _)| path) {
        let prefix = format!("{list}/{{");
        let record = paths.keys().find(|path| path.starts_with(&prefix) && !path[prefix.len()..].contains('/'));
        let Some(record) = record.cloned() else { continue };
        let id = record[prefix.len()..].trim_end_matches('}').to_owned();
        let linked = Linked { paths: &paths, list, record, id };
        let (first, next, restore) = (linked.first(), linked.next(), linked.restore());
        let done: Vec<_> = linked.done_with_a_record().collect();
        let mut put = |path: &str, method: &str, status: &str, given: &[(String, Value)]| {
            let response = &mut document["paths"][path][method]["responses"][status];
            for (name, link) in given {
                response["links"][name] = json!({"$ref": format!("#/components/links/{name}")});
                links.insert(name.clone(), link.clone());
            }
        };
        put(list, "post", "201", &done);
        put(&linked.record, "get", "200", &done);
        put(list, "get", "200", &[first, next]);
        if let Some(restore) = restore {
            put(&linked.record, "delete", "204", &[restore]);
        }
    }
    document["components"]["links"] = Value::Object(links);
}

impl Linked<'_> {
    /// Every operation on a record but its restoring, which is for what was deleted.
    fn done_with_a_record(&self) -> impl Iterator<Item = (String, Value)> {
        let below = self
            .paths
            .iter()
            .filter(|(path, _)| **path == self.record || path.starts_with(&(self.record.clone() + "/")));
        let operations = below.filter(|(path, _)| !path.ends_with("/restore")).flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |(_, operation)| (path, operation))
        });
        operations.map(|(path, operation)| {
            let mut given = Map::new();
            given.insert(format!("path.{}", self.id), "$response.body#/id".into());
            if takes_if_match(operation) {
                given.insert("header.If-Match".to_owned(), "$response.header.ETag".into());
            }
            // `…/parties/{party_key}/stance`: the key of the first element of that list.
            let parts: Vec<&str> = path[self.record.len()..].split('/').collect();
            for pair in parts.windows(2) {
                if let Some(name) = pair[1].strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    given.insert(format!("path.{name}"), format!("$response.body#/{}/0/key", pair[0]).into());
                }
            }
            let id = operation_id(operation);
            (id.clone(), link(&id, "For this record, in the version that is answered.", &given))
        })
    }

    fn first(&self) -> (String, Value) {
        let get = operation_id(&self.paths[&self.record]["get"]);
        let given = Map::from_iter([(format!("path.{}", self.id), "$response.body#/items/0/id".into())]);
        (format!("{get}_of_list"), link(&get, "The first record of the page.", &given))
    }

    fn next(&self) -> (String, Value) {
        let list = operation_id(&self.paths[self.list]["get"]);
        let given = Map::from_iter([("query.cursor".to_owned(), "$response.body#/page/next_cursor".into())]);
        (format!("{list}_next"), link(&list, "The next page, for the same filters and sort.", &given))
    }

    /// What is no record cannot be deleted and brought back.
    fn restore(&self) -> Option<(String, Value)> {
        let restore = operation_id(&self.paths.get(&format!("{}/restore", self.record))?["post"]);
        let given = Map::from_iter([
            (format!("path.{}", self.id), format!("$request.path.{}", self.id).into()),
            ("header.If-Match".to_owned(), "$response.header.ETag".into()),
        ]);
        Some((restore.clone(), link(&restore, "Brings it back.", &given)))
    }
}

fn link(operation: &str, description: &str, parameters: &Map<String, Value>) -> Value {
    json!({"operationId": operation, "description": description, "parameters": parameters})
}

fn operation_id(operation: &Value) -> String {
    operation["operationId"].as_str().unwrap_or_default().to_owned()
}

fn takes_if_match(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|parameter| parameter["$ref"] == "#/components/parameters/IfMatch"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_leads_to_what_can_be_done_with_it() {
        let document = crate::contract::document();
        let links = &document["components"]["links"];
        let made = &document["paths"]["/v1/agreements"]["post"]["responses"]["201"]["links"];
        for name in ["get_agreement", "update_agreement", "delete_agreement", "sign_agreement"] {
            assert_eq!(made[name]["$ref"], format!("#/components/links/{name}"), "{made:#}");
        }
        assert!(made.get("restore_agreement").is_none());
        assert_eq!(
            links["decide_agreement_approval"]["parameters"],
            json!({
                "path.agreement_id": "$response.body#/id", "header.If-Match": "$response.header.ETag",
                "path.approval_key": "$response.body#/approvals/0/key",
            })
        );
        assert_eq!(links["get_agreement"]["parameters"], json!({"path.agreement_id": "$response.body#/id"}));
        assert_eq!(links["restore_agreement"]["parameters"]["path.agreement_id"], "$request.path.agreement_id");
    }

    #[test]
    fn every_link_leads_to_an_operation_and_its_parameters() {
        let document = crate::contract::document();
        let operations: Vec<&Value> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
            .collect();
        let links = document["components"]["links"].as_object().unwrap();
        assert!(links.len() > 50, "{}", links.len());
        for (name, link) in links {
            let target = operations.iter().find(|operation| operation["operationId"] == link["operationId"]).unwrap();
            let declared: Vec<String> = target["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .map(|parameter| match parameter["$ref"].as_str() {
                    Some(shared) => document.pointer(shared.trim_start_matches('#')).unwrap(),
                    None => parameter,
                })
                .map(|parameter| {
                    format!("{}.{}", parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap())
                })
                .collect();
            for parameter in link["parameters"].as_object().unwrap().keys() {
                assert!(declared.contains(parameter), "{name}: {parameter} of {declared:?}");
            }
        }
    }
}
