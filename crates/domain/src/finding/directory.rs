//! What organizations, places and ties give reason to ask: who is listed as what it is not, who has
//! no name, what may be there twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, FindingCode, FindingEvidence, FindingFacts, RecordMention};
use crate::collection::CollectionName;
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

/// Records of one collection that are called alike.
pub(super) fn possible_duplicates(facts: &FindingFacts) -> Vec<Finding> {
    let mut groups: BTreeMap<(CollectionName, &str, &str), BTreeSet<&RecordMention>> = BTreeMap::new();
    for named in facts.named.iter().filter(|named| !named.name.is_empty()) {
        let key = (named.record.collection, named.beside.as_str(), named.name.as_str());
        groups.entry(key).or_default().insert(&named.record);
    }
    groups.into_values().flat_map(|group| doubles(group, "names")).collect()
}

/// Living ties of several parties that have the same parties.
pub(super) fn same_parties(facts: &FindingFacts) -> Vec<Finding> {
    let mut groups: BTreeMap<&BTreeSet<uuid::Uuid>, BTreeSet<&RecordMention>> = BTreeMap::new();
    for (record, parties) in &facts.multilateral {
        groups.entry(parties).or_default().insert(record);
    }
    groups.into_values().flat_map(|group| doubles(group, "parties")).collect()
}

/// Each record after the first may be a double of that one.
fn doubles(group: BTreeSet<&RecordMention>, field: &'static str) -> impl Iterator<Item = Finding> {
    let mut group = group.into_iter().cloned();
    let first = group.next();
    group.filter_map(move |record| {
        let evidence = vec![FindingEvidence::of("same_as", first.clone()?)];
        Some(Finding::new(FindingCode::PossibleDuplicates, &record, Some(field), evidence))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::finding::NamedRecord;
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
    fn names_that_are_alike_may_be_one() {
        let of = |names: &[(&str, &str)]| {
            let mut facts = FindingFacts::new(jiff::civil::date(2011, 9, 5), None);
            facts.named.extend((1_u128..).zip(names).map(|(number, (name, beside))| NamedRecord {
                record: mention(CollectionName::Organizations, number),
                name: (*name).to_owned(),
                beside: (*beside).to_owned(),
            }));
            possible_duplicates(&facts)
        };
        let found = of(&[("uclg", "ES"), ("uclg", "ES"), ("uclg", "CN")]);
        assert_eq!((found.len(), found[0].record.reference.as_str()), (1, "ORG-0002"));
        assert_eq!(found[0].evidence[0].text, "ORG-0001");
        assert!(of(&[("uclg", "ES"), ("asdg", "ES")]).is_empty());
    }

    #[test]
    fn two_ties_of_the_same_parties_may_be_one() {
        let of = |second: [u128; 3]| {
            let mut facts = FindingFacts::new(jiff::civil::date(2011, 9, 5), None);
            for (number, parties) in [(1, [1, 2, 3]), (2, second)] {
                let parties = parties.iter().map(|id| Uuid::from_u128(*id)).collect();
                facts.multilateral.push((mention(CollectionName::Partnerships, number), parties));
            }
            same_parties(&facts).len()
        };
        assert_eq!((of([3, 2, 1]), of([1, 2, 4])), (1, 0));
    }
}
