//! Distinct pairs: two records that look alike and are not about the same, as somebody found out.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName};
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::record::Head;

/// That two records are about two things, however alike they look. They are not told as duplicates any more
/// to those who see this, and cannot be merged. Deleting the record takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "collection": "places",
    "records": ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"],
    "reason": "Инчхон и Ичхон: два города."
})))]
pub struct DistinctPair {
    /// The collection of both.
    pub collection: DistinctPairCollection,
    /// The two records: their ids.
    #[schema(min_items = 2, max_items = 2, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"])))]
    pub records: Vec<Uuid>,
    /// How that is known.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S", examples("Инчхон и Ичхон: два города."))]
    pub reason: Option<String>,
}

/// The collections in which duplicates are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("places"))]
pub enum DistinctPairCollection {
    /// Places.
    Places,
    /// Organizations.
    Organizations,
    /// Partnerships.
    Partnerships,
}

impl DistinctPairCollection {
    /// The collection.
    pub const fn name(self) -> CollectionName {
        match self {
            Self::Places => CollectionName::Places,
            Self::Organizations => CollectionName::Organizations,
            Self::Partnerships => CollectionName::Partnerships,
        }
    }
}

impl Collection for DistinctPair {
    const NAME: CollectionName = CollectionName::DistinctPairs;

    fn check(&self, _head: &Head, faults: &mut Faults) {
        match self.records[..] {
            [one, other] => {
                faults.unless(one != other, "/records/1", "duplicate", "A record is not told apart from itself.");
            }
            // Two that were merged are one in a list.
            _ => faults.add("/records", "too_few", "Two records are told apart."),
        }
    }

    fn references(&self, references: &mut References) {
        for (index, record) in self.records.iter().enumerate() {
            references.to(format!("/records/{index}"), "record", self.collection.name(), *record);
        }
    }

    fn terms(&self, terms: &mut Terms) {
        terms.text(self.reason.as_deref().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_to_two_records() {
        let id = Uuid::from_u128;
        let pair = |records: Vec<Uuid>| DistinctPair {
            collection: DistinctPairCollection::Partnerships,
            records,
            reason: None,
        };
        let faults = |pair: &DistinctPair| {
            let mut faults = Faults::default();
            pair.check(&Head::default(), &mut faults);
            faults.iter().map(|fault| fault.pointer.clone()).collect::<Vec<_>>()
        };
        assert_eq!(faults(&pair(vec![id(1), id(1)])), ["/records/1"]);
        assert_eq!(faults(&pair(vec![id(1)])), ["/records"]);
        assert!(faults(&pair(vec![id(1), id(2)])).is_empty());
        let mut references = References::default();
        pair(vec![id(1), id(2)]).references(&mut references);
        assert!(references.iter().all(|reference| reference.collection == CollectionName::Partnerships));
    }
}
