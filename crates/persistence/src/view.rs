//! Who sees what: the one place where visibility and municipality are enforced, for every
//! collection alike, so that a new one cannot forget it.

use pobratim_domain::{CollectionName, Keeper};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait};

/// How much a caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// Everybody: what is public.
    Public,
    /// Readers and editors of a municipality: what is public, and its own records up to `internal`.
    Internal(String),
    /// Approvers and admins of a municipality: all of its own records too.
    Restricted(String),
    /// The operator: what is public, and the credentials of the installation.
    Operator,
    /// The program itself: everything.
    System,
}

impl View {
    /// A short name: views that see the same have the same. Part of ETags, cursors and cache keys.
    pub fn tag(&self) -> String {
        match self {
            Self::Public => "p".to_owned(),
            Self::Internal(municipality) => format!("i:{municipality}"),
            Self::Restricted(municipality) => format!("r:{municipality}"),
            Self::Operator => "o".to_owned(),
            Self::System => "s".to_owned(),
        }
    }

    /// The municipality the caller belongs to.
    pub fn municipality(&self) -> Option<&str> {
        match self {
            Self::Internal(municipality) | Self::Restricted(municipality) => Some(municipality),
            _ => None,
        }
    }

    /// Whether a record with this keeper and visibility is seen.
    pub fn sees(&self, collection: CollectionName, municipality: &str, visibility: &str) -> bool {
        if collection == CollectionName::ApiKeys {
            return match self {
                Self::System | Self::Operator => true,
                Self::Restricted(own) => own == municipality,
                _ => false,
            };
        }
        let own_up_to = |own: &str, levels: &[&str]| own == municipality && levels.contains(&visibility);
        visibility == "public"
            || match self {
                Self::System => true,
                Self::Internal(own) => own_up_to(own, INTERNAL),
                Self::Restricted(own) => own_up_to(own, RESTRICTED),
                Self::Public | Self::Operator => false,
            }
    }

    /// Whether the caller reads the office's remarks on a record of this keeper.
    pub fn sees_notes(&self, municipality: &str) -> bool {
        match self {
            Self::System => true,
            Self::Public => false,
            Self::Operator => municipality.is_empty(),
            Self::Internal(own) | Self::Restricted(own) => municipality.is_empty() || own == municipality,
        }
    }

    /// The same as [`View::sees`], as a condition on a collection's table.
    pub(crate) fn condition(&self, collection: CollectionName) -> Condition {
        let table = || Alias::new(collection.as_str());
        let municipality = || Expr::col((table(), Alias::new("municipality")));
        let visibility = || Expr::col((table(), Alias::new("visibility")));
        if *self == Self::System {
            return Condition::all();
        }
        if collection == CollectionName::ApiKeys {
            return match self {
                Self::Operator => Condition::all(),
                Self::Restricted(own) => Condition::all().add(municipality().eq(own.as_str())),
                _ => Condition::all().add(Expr::value(1).eq(0)),
            };
        }
        if collection.keeper() != Keeper::Municipality {
            // The directory is public throughout; its check on save says so.
            return Condition::all();
        }
        let public = Condition::any().add(visibility().eq("public"));
        let own = |own: &str, levels: &[&str]| {
            Condition::all().add(municipality().eq(own)).add(visibility().is_in(levels.iter().copied()))
        };
        match self {
            Self::Internal(name) => public.add(own(name, INTERNAL)),
            Self::Restricted(name) => public.add(own(name, RESTRICTED)),
            _ => public,
        }
    }
}

const INTERNAL: &[&str] = &["public", "partner", "internal"];
const RESTRICTED: &[&str] = &["public", "partner", "internal", "restricted"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_municipality_sees_what_is_public() {
        let own = View::Internal("heihe".to_owned());
        let collection = CollectionName::ApiKeys;
        assert!(!own.sees(collection, "heihe", "restricted"));
        assert!(View::Restricted("heihe".to_owned()).sees(collection, "heihe", "restricted"));
        assert!(!View::Restricted("heihe".to_owned()).sees(collection, "joetsu", "restricted"));
    }
}
