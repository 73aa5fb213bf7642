//! A reported count, with how exactly it was reported.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use super::Malformed;

/// A reported count of people, cities, delegations and the like, as exact as the source has it:
/// «свыше 1000» is 1000 with the qualifier `more_than`. Whole numbers from 0 to 1,000,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"value": 1000, "qualifier": "more_than"}), json!({"value": 22, "qualifier": "exact"})))]
pub struct Quantity {
    /// The number that was reported, a count from 0 to 1,000,000,000.
    #[serde(deserialize_with = "in_range")]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub value: i64,
    /// How the true number relates to the reported one; `exact` when left out, and always written out.
    #[serde(default)]
    #[schema(default = "exact")]
    pub qualifier: Qualifier,
}

/// How a true number relates to the reported one: `exact` is the same, `more_than` is greater
/// (свыше, более), `at_least` is the same or greater (не менее), `about` is near it (около), and
/// `at_most` is the same or less (до, не более).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("exact", "more_than"))]
pub enum Qualifier {
    /// The reported number itself.
    #[default]
    Exact,
    /// Greater than the reported number.
    MoreThan,
    /// The reported number or greater.
    AtLeast,
    /// Near the reported number, on either side.
    About,
    /// The reported number or less.
    AtMost,
}

impl Quantity {
    /// The greatest number that can be reported.
    pub const MAX: i64 = 1_000_000_000;

    /// A quantity within the range.
    pub fn new(value: i64, qualifier: Qualifier) -> Result<Self, Malformed> {
        if !(0..=Self::MAX).contains(&value) {
            return Err(Malformed(format!(
                "{value} is out of range; a quantity is a whole number from 0 to {}.",
                Self::MAX
            )));
        }
        Ok(Self { value, qualifier })
    }

    /// The least the true number can be; none when the report sets no lower bound, so that a sum
    /// over reports can say what is certain. (No count is below zero.)
    pub fn lower(&self) -> Option<i64> {
        match self.qualifier {
            Qualifier::Exact | Qualifier::AtLeast => Some(self.value),
            Qualifier::MoreThan => Some(self.value.saturating_add(1)),
            Qualifier::About | Qualifier::AtMost => None,
        }
    }

    /// The greatest the true number can be; none when the report sets no upper bound.
    pub fn upper(&self) -> Option<i64> {
        match self.qualifier {
            Qualifier::Exact | Qualifier::AtMost => Some(self.value),
            Qualifier::MoreThan | Qualifier::AtLeast | Qualifier::About => None,
        }
    }
}

fn in_range<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = i64::deserialize(deserializer)?;
    Quantity::new(value, Qualifier::Exact).map(|quantity| quantity.value).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use utoipa::PartialSchema;

    use super::*;

    fn read(json: serde_json::Value) -> Result<Quantity, serde_json::Error> {
        serde_json::from_value(json)
    }

    #[test]
    fn the_qualifier_may_be_left_out_and_is_always_written() {
        let quantity = read(json!({"value": 22})).unwrap();
        assert_eq!(quantity, Quantity::new(22, Qualifier::Exact).unwrap());
        assert_eq!(serde_json::to_value(quantity).unwrap(), json!({"value": 22, "qualifier": "exact"}));
    }

    #[test]
    fn what_is_out_of_range_or_unknown_is_refused() {
        assert!(read(json!({"value": -1})).is_err());
        assert!(read(json!({"value": Quantity::MAX + 1})).unwrap_err().to_string().contains("from 0 to 1000000000"));
        assert!(read(json!({"value": 1.5})).is_err());
        assert!(read(json!({"value": "22"})).is_err());
        assert!(read(json!({"value": 22, "qualifier": "roughly"})).is_err());
        assert!(read(json!({"value": 22, "qualifier": null})).is_err());
        assert!(read(json!({"value": 22, "unit": "people"})).is_err());
        assert!(read(json!({"qualifier": "exact"})).is_err());
        assert!(Quantity::new(-1, Qualifier::About).is_err());
    }

    #[test]
    fn the_schema_knows_the_range() {
        let schema = serde_json::to_value(Quantity::schema()).unwrap();
        assert_eq!(schema["properties"]["value"]["minimum"], 0);
        assert_eq!(schema["properties"]["value"]["maximum"], Quantity::MAX);
        assert_eq!(schema["properties"]["value"]["format"], "int64");
        assert_eq!(schema["required"], json!(["value"]));
        assert_eq!(schema["additionalProperties"], false);
        for example in schema["examples"].as_array().unwrap() {
            read(example.clone()).unwrap();
        }
    }

    #[test]
    fn bounds_say_what_is_certain() {
        let bounds = |qualifier| {
            let quantity = Quantity::new(1000, qualifier).unwrap();
            (quantity.lower(), quantity.upper())
        };
        assert_eq!(bounds(Qualifier::Exact), (Some(1000), Some(1000)));
        assert_eq!(bounds(Qualifier::MoreThan), (Some(1001), None));
        assert_eq!(bounds(Qualifier::AtLeast), (Some(1000), None));
        assert_eq!(bounds(Qualifier::About), (None, None));
        assert_eq!(bounds(Qualifier::AtMost), (None, Some(1000)));
    }

    proptest! {
        #[test]
        fn quantities_come_back(value in 0..=Quantity::MAX, which in 0..5_usize) {
            use Qualifier::*;
            let quantity = Quantity::new(value, [Exact, MoreThan, AtLeast, About, AtMost][which]).unwrap();
            let back = read(serde_json::to_value(quantity).unwrap()).unwrap();
            prop_assert_eq!(back, quantity);
        }
    }
}
