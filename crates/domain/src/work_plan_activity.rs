//! The records that fulfil an item of a work plan, whatever their collection.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::CollectionName;

/// A record that fulfilled an item of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"collection": "events", "id": "01890a5d-ac96-774b-bcce-b302099a8401"})))]
pub struct WorkPlanActivity {
    /// The collection of the record.
    pub collection: WorkPlanActivityCollection,
    /// The record.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8401"))]
    pub id: Uuid,
}

/// Collections whose records can fulfil an item of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("events", "exchanges"))]
pub enum WorkPlanActivityCollection {
    /// A paper that was signed.
    Agreements,
    /// A delegation.
    Exchanges,
    /// An event.
    Events,
    /// An association that was joined.
    Memberships,
    /// A letter.
    Letters,
    /// A programme.
    Programmes,
    /// A project.
    Projects,
    /// Help that was given.
    AssistanceCases,
    /// What the media told.
    Publications,
}

impl WorkPlanActivityCollection {
    /// The collection itself.
    pub const fn name(self) -> CollectionName {
        match self {
            Self::Agreements => CollectionName::Agreements,
            Self::Exchanges => CollectionName::Exchanges,
            Self::Events => CollectionName::Events,
            Self::Memberships => CollectionName::Memberships,
            Self::Letters => CollectionName::Letters,
            Self::Programmes => CollectionName::Programmes,
            Self::Projects => CollectionName::Projects,
            Self::AssistanceCases => CollectionName::AssistanceCases,
            Self::Publications => CollectionName::Publications,
        }
    }
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn each_code_leads_to_its_collection() {
        let codes = serde_json::to_value(WorkPlanActivityCollection::schema()).unwrap()["enum"].clone();
        for code in codes.as_array().unwrap() {
            let collection: WorkPlanActivityCollection = serde_json::from_value(code.clone()).unwrap();
            assert_eq!(collection.name().as_str(), code);
        }
    }
}
