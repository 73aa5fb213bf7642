//! What organizations, places and ties give reason to ask: who is listed as what it is not, who has
//! no name, what may be there twice.

use super::{Finding, FindingCode, FindingEvidence, FindingFacts, RecordMention};
use crate::collection::CollectionName;
use crate::duplicate::DuplicateLikelihood;
use crate::organization::{OrganizationKind, OrganizationScope};
use crate::record::ClaimState;

/// A national association that a source lists as international: a claim that was rejected says so.
pub(super) fn national_as_international(facts: &FindingFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    for record in &facts.organizations {
        let organization = &record.body;
        let is_national = organization.kind == OrganizationKind::Association
            && organization.scope == Some(OrganizationScope::National);
        let listed = record.head.claims.iter().find(|claim| {
            claim.field == "scope" && claim.value == "international" && claim.state == ClaimState::Rejected
        });
        if let Some(claim) = listed.filter(|_| is_national) {
            let locator = claim.sources.first().and_then(|source| source.locator.as_ref());
            let evidence = vec![
                FindingEvidence::new("scope", OrganizationScope::National.as_str()),
                FindingEvidence::new("claim", claim.value.as_str()).at(locator),
            ];
            let mention = RecordMention::of(CollectionName::Organizations, &record.head);
            found.push(Finding::new(FindingCode::NationalAsInternational, &mention, Some("scope"), evidence));
        }
    }
    found
}

/// An organization whose name is not known.
pub(super) fn unnamed_organization(facts: &FindingFacts) -> Vec<Finding> {
    let unnamed = facts.organizations.iter().filter(|record| !record.body.name_known);
    unnamed
        .map(|record| {
            let evidence = vec![FindingEvidence::new("names", record.body.name_in(&["ru", "en"]))];
            let mention = RecordMention::of(CollectionName::Organizations, &record.head);
            Finding::new(FindingCode::UnnamedOrganization, &mention, Some("name_known"), evidence)
        })
        .collect()
}

/// Pairs that are probably one. The younger record is the one to look at.
pub(super) fn possible_duplicates(facts: &FindingFacts) -> Vec<Finding> {
    let pairs = facts.duplicates.iter().filter(|pair| pair.likelihood <= DuplicateLikelihood::Probable);
    pairs
        .filter_map(|pair| {
            let [first, record] = &pair.records[..] else { return None };
            let field = if pair.collection == CollectionName::Partnerships { "parties" } else { "names" };
            let evidence = vec![FindingEvidence::of("same_as", first.clone())];
            Some(Finding::new(FindingCode::PossibleDuplicates, record, Some(field), evidence))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::duplicate::Duplicate;
    use crate::finding::tests::mention;

    fn facts(organization: Value) -> FindingFacts {
        let mut facts = FindingFacts::new(jiff::civil::date(2011, 9, 5), None);
        facts.organizations.push(serde_json::from_value(organization).unwrap());
        facts
    }

    fn association(scope: &str, state: &str) -> FindingFacts {
        facts(json!({
            "kind": "association", "names": [{"text": "АСДГ", "lang": "ru", "preferred": true}], "scope": scope,
            "claims": [{"field": "scope", "value": "international", "state": state, "sources": [{"text": "Отчёт", "locator": "F09"}]}],
        }))
    }

    #[test]
    fn a_national_association_is_not_international() {
        let found = national_as_international(&association("national", "rejected"));
        assert_eq!(found[0].evidence[1].locator.as_deref(), Some("F09"));
        assert!(national_as_international(&association("international", "rejected")).is_empty());
        assert!(national_as_international(&association("national", "disputed")).is_empty());
    }

    #[test]
    fn who_has_no_name_is_found() {
        let of = |known: bool| {
            let names = json!([{"text": "Фонды из США", "lang": "ru", "preferred": true}]);
            unnamed_organization(&facts(json!({"kind": "foundation", "names": names, "name_known": known}))).len()
        };
        assert_eq!((of(false), of(true)), (1, 0));
    }

    #[test]
    fn what_is_probably_one_is_told_of_the_younger_record() {
        let of = |likelihood: DuplicateLikelihood| {
            let mut facts = FindingFacts::new(jiff::civil::date(2011, 9, 5), None);
            let collection = CollectionName::Organizations;
            let records = vec![mention(collection, 1), mention(collection, 2)];
            facts.duplicates.push(Duplicate { collection, likelihood, records, evidence: Vec::new() });
            possible_duplicates(&facts)
        };
        let found = of(DuplicateLikelihood::Probable);
        assert_eq!((found.len(), found[0].record.reference.as_str()), (1, "ORG-0002"));
        assert_eq!(found[0].evidence[0].text, "ORG-0001");
        assert!(of(DuplicateLikelihood::Possible).is_empty());
    }
}
