//! API keys: the credentials of other systems, each with an owner, a role and an end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::collection::{Collection, CollectionName, Keeper};
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::record::Head;
use crate::timestamp::Timestamp;

/// A credential of another system. Its secret is shown once, when it is made, and never stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApiKey {
    /// Who answers for it: a person or a system, by name.
    #[schema(min_length = 1, max_length = 200, examples("City portal"))]
    pub owner: String,
    /// What it may do.
    pub role: Role,
    /// Narrows the role to these scopes; empty for all the role has.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["exchanges:write", "*:read"])))]
    pub scopes: Vec<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What a credential may do: `reader` and `editor` see the municipality's records up to `internal`,
/// `approver` and `admin` also `restricted`; `operator` runs the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Reader,
    /// Reads and writes.
    Editor,
    /// Also decides and signs.
    Approver,
    /// Also changes the municipality's settings and keys.
    Admin,
    /// Municipalities, keys and the shared directory, not other people's records.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: &[Self] = &[Self::Reader, Self::Editor, Self::Approver, Self::Admin, Self::Operator];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Editor => "editor",
            Self::Approver => "approver",
            Self::Admin => "admin",
            Self::Operator => "operator",
        }
    }

    /// Finds a role by its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == name)
    }

    /// Whether the role holds a scope.
    pub fn holds(self, scope: Scope) -> bool {
        let keeper = scope.collection.keeper();
        match scope.verb {
            "read" => true,
            "write" => match keeper {
                Keeper::Municipality => matches!(self, Self::Editor | Self::Approver | Self::Admin),
                Keeper::Shared => self != Self::Reader,
                Keeper::Installation => matches!(self, Self::Admin | Self::Operator),
            },
            "delete" => match keeper {
                Keeper::Municipality => matches!(self, Self::Editor | Self::Approver | Self::Admin),
                Keeper::Shared | Keeper::Installation => self == Self::Operator,
            },
            "create" => match keeper {
                Keeper::Installation => self == Self::Operator,
                _ => self.holds(Scope { verb: "write", ..scope }),
            },
            "approve" => matches!(self, Self::Approver | Self::Admin),
            _ => false,
        }
    }
}

/// Leave to do one kind of thing in one collection, such as `agreements:write`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The collection.
    pub collection: CollectionName,
    /// `read`, `write`, `create`, `delete` or `approve`.
    pub verb: &'static str,
}

impl Scope {
    /// Whether a pattern, such as `agreements:write`, `*:read` or `exchanges:*`, covers this scope.
    /// Leave to write covers creating and deleting.
    pub fn is_covered_by(self, pattern: &str) -> bool {
        let Some((collection, verb)) = pattern.split_once(':') else { return false };
        let same_verb =
            verb == "*" || verb == self.verb || (verb == "write" && matches!(self.verb, "create" | "delete"));
        (collection == "*" || collection == self.collection.as_str()) && same_verb
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.collection, self.verb)
    }
}

impl ApiKey {
    /// Whether the key holds a scope: its role does, and its own list does not narrow it away.
    pub fn holds(&self, scope: Scope) -> bool {
        self.role.holds(scope)
            && (self.scopes.is_empty() || self.scopes.iter().any(|pattern| scope.is_covered_by(pattern)))
    }

    /// Whether it can be used at this moment.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Collection for ApiKey {
    const NAME: CollectionName = CollectionName::ApiKeys;

    fn check(&self, head: &Head, faults: &mut Faults) {
        faults.unless(
            (self.role == Role::Operator) == head.keeper().is_empty(),
            "/role",
            "not_allowed",
            "An operator's key belongs to no municipality; every other key belongs to one.",
        );
    }

    fn references(&self, _references: &mut References) {}

    fn terms(&self, terms: &mut Terms) {
        terms.text(&self.owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_directory_is_edited_by_editors_and_deleted_by_the_operator() {
        let write = Scope { collection: CollectionName::Places, verb: "write" };
        let delete = Scope { verb: "delete", ..write };
        assert!(Role::Editor.holds(write) && !Role::Editor.holds(delete) && !Role::Reader.holds(write));
        assert!(Role::Operator.holds(delete));
    }

    #[test]
    fn a_list_of_scopes_narrows_the_role() {
        let key = ApiKey {
            owner: "Portal".into(),
            role: Role::Editor,
            scopes: vec!["*:read".into()],
            expires_at: None,
            revoked_at: None,
        };
        let read = Scope { collection: CollectionName::Places, verb: "read" };
        assert!(key.holds(read) && !key.holds(Scope { verb: "write", ..read }));
    }
}
