//! What sources and claims give reason to ask: contradictions, lists that go on, abbreviations that
//! may be several countries, dates in doubt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{CitedRecord, Finding, FindingCode, FindingEvidence, FindingFacts, RecordMention};
use crate::country;
use crate::record::{Claim, ClaimState, Source};
use crate::value::PartialInterval;

/// Words by which a quote says that its list goes on.
const OPEN_LIST: &[&str] =
    &["и др.", "и другие", "и других", "и другим", "и другими", "и т.д.", "и т. д.", "и пр.", "etc.", "and others"];

/// Abbreviations that are those of several countries, as КР is.
static AMBIGUOUS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let aliases = country::all().iter().flat_map(|country| &country.aliases).map(|alias| alias.text);
    let abbreviations = aliases.filter(|text| text.chars().all(char::is_uppercase));
    let ambiguous: BTreeSet<_> = abbreviations.filter(|text| country::by_alias(text).len() > 1).collect();
    ambiguous.into_iter().collect()
});

/// Several claims on one field of which none is decided.
pub(super) fn conflicting_claims(facts: &FindingFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    for cited in &facts.cited {
        for (field, claims) in conflicts(&cited.claims) {
            let evidence = claims.into_iter().map(|claim| {
                let locator = claim.sources.first().and_then(|source| source.locator.as_ref());
                FindingEvidence::new(&claim.field, claim.value.as_str()).at(locator)
            });
            let finding = Finding::new(FindingCode::ConflictingClaims, &cited.record, Some(field), evidence.collect());
            found.push(finding);
        }
    }
    found
}

/// The claims of which none is decided, by field, where there are several on one.
pub(super) fn conflicts(claims: &[Claim]) -> BTreeMap<&str, Vec<&Claim>> {
    let mut by_field: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.state == ClaimState::Disputed) {
        by_field.entry(&claim.field).or_default().push(claim);
    }
    by_field.retain(|_, claims| claims.len() > 1);
    by_field
}

/// A list that goes on: of goods, or in the words of a source.
pub(super) fn incomplete_list(facts: &FindingFacts) -> Vec<Finding> {
    let lists = facts.open_lists.iter().map(|case| {
        let quotes = case.sources.iter().filter(|source| source.quote.as_deref().is_some_and(goes_on));
        Finding::new(FindingCode::IncompleteList, &case.record, Some("goods"), quotes.map(quoted).collect())
    });
    let told: BTreeSet<_> = facts.open_lists.iter().flat_map(|case| &case.sources).map(place).collect();
    let sentences = sentences(&facts.cited, goes_on).into_iter().filter(|(source, ..)| !told.contains(&place(source)));
    lists.chain(sentences.map(|sentence| of_sentence(FindingCode::IncompleteList, sentence))).collect()
}

/// A quote that names a country by an abbreviation which several have.
pub(super) fn ambiguous_country_alias(facts: &FindingFacts) -> Vec<Finding> {
    let sentences = sentences(&facts.cited, is_ambiguous).into_iter();
    sentences.map(|sentence| of_sentence(FindingCode::AmbiguousCountryAlias, sentence)).collect()
}

/// A date with a sign of doubt.
pub(super) fn unconfirmed_date(facts: &FindingFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    for cited in &facts.cited {
        for (member, text) in &cited.dates {
            if is_in_doubt(text) {
                let evidence = vec![FindingEvidence::new(member, text.as_str())];
                found.push(Finding::new(FindingCode::UnconfirmedDate, &cited.record, Some(member), evidence));
            }
        }
    }
    found
}

/// Whether a date or an interval carries a sign of doubt. An interval takes what a date takes, so both
/// are read alike.
pub(super) fn is_in_doubt(date: &str) -> bool {
    date.contains(['?', '%']) && PartialInterval::parse(date).is_ok()
}

/// Whether a quote names a country by an abbreviation which several have.
pub(super) fn is_ambiguous(quote: &str) -> bool {
    let mut words = quote.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| AMBIGUOUS.contains(&word))
}

/// Whether a quote says that its list goes on.
pub(super) fn goes_on(quote: &str) -> bool {
    let quote = quote.to_lowercase();
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    OPEN_LIST.iter().any(|words| {
        quote.match_indices(words).any(|(at, _)| {
            // «и других» stands for itself, and is not part of other words.
            let before = quote.get(..at).and_then(|text| text.chars().next_back());
            let after = quote.get(at + words.len()..).and_then(|text| text.chars().next());
            let runs_on = is_letter(words.chars().next_back()) && is_letter(after);
            !is_letter(before) && !runs_on
        })
    })
}

/// A source, and the place within it.
type Place<'s> = (&'s str, Option<&'s str>);

/// Where a sentence stands.
fn place(source: &Source) -> Place<'_> {
    (&source.text, source.locator.as_deref())
}

/// A sentence that is quoted: where, by which record first, and by which others.
type Sentence<'s> = (&'s Source, RecordMention, Vec<RecordMention>);

/// The sentences that are quoted, each once.
fn sentences(cited: &[CitedRecord], wanted: impl Fn(&str) -> bool) -> Vec<Sentence<'_>> {
    let mut quoted: BTreeMap<Place<'_>, &Source> = BTreeMap::new();
    let mut quoting: BTreeMap<Place<'_>, BTreeSet<&RecordMention>> = BTreeMap::new();
    for record in cited {
        for source in record.sources.iter().filter(|source| source.quote.as_deref().is_some_and(&wanted)) {
            quoted.entry(place(source)).or_insert(source);
            quoting.entry(place(source)).or_default().insert(&record.record);
        }
    }
    let sentences = quoting.into_iter().filter_map(|(place, records)| {
        let mut records = records.into_iter().cloned();
        Some((*quoted.get(&place)?, records.next()?, records.collect()))
    });
    sentences.collect()
}

fn quoted(source: &Source) -> FindingEvidence {
    FindingEvidence::new("quote", source.quote.clone().unwrap_or_default()).at(source.locator.as_ref())
}

/// One finding for a sentence, however many records quote it: about the first of them.
fn of_sentence(code: FindingCode, (source, first, others): Sentence<'_>) -> Finding {
    Finding::new(code, &first, Some("sources"), vec![quoted(source)]).seen_in(others)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::collection::CollectionName;
    use crate::finding::tests::mention;

    fn facts(number: u128, sources: Value, claims: Value, dates: &[(&'static str, &str)]) -> FindingFacts {
        let mut facts = FindingFacts::new(jiff::civil::date(2011, 9, 5), None);
        facts.cited.push(CitedRecord {
            record: mention(CollectionName::Partnerships, number),
            sources: serde_json::from_value(sources).unwrap(),
            claims: serde_json::from_value(claims).unwrap(),
            dates: dates.iter().map(|(member, text)| (*member, (*text).to_owned())).collect(),
        });
        facts
    }

    fn quoting(quote: &str) -> FindingFacts {
        facts(1, json!([{"text": "Отчёт", "locator": "F32", "quote": quote}]), json!([]), &[])
    }

    #[test]
    fn several_disputed_claims_on_a_field_conflict() {
        let claim = |value: &str, state: &str| json!({"field": "established", "value": value, "state": state});
        let of = |claims| conflicting_claims(&facts(1, json!([]), claims, &[]));
        let found = of(json!([claim("2003-07-17", "disputed"), claim("2009", "disputed"), claim("2011", "disputed")]));
        assert_eq!((found.len(), found[0].evidence.len(), found[0].field.as_deref()), (1, 3, Some("established")));
        assert!(of(json!([claim("2003", "accepted"), claim("2009", "disputed")])).is_empty());
    }

    #[test]
    fn a_sentence_that_goes_on_is_told_once() {
        let mut facts = quoting("с другими городами (Далянь, Цицикар и др.)");
        let mut again = facts.cited[0].clone();
        again.record = mention(CollectionName::Partnerships, 2);
        facts.cited.push(again);
        let found = incomplete_list(&facts);
        assert_eq!((found.len(), found[0].record.reference.as_str()), (1, "PAR-0001"));
        assert_eq!(found[0].evidence[1].text, "PAR-0002");
        for whole in ["мир и дружба", "с городами и друзьями", "Далянь и Цицикар"]
        {
            assert!(incomplete_list(&quoting(whole)).is_empty(), "{whole}");
        }
    }

    #[test]
    fn a_list_of_goods_takes_its_sentence_with_it() {
        let mut facts = quoting("автобусов, саженцев и др.");
        let mut case = facts.cited[0].clone();
        case.record = mention(CollectionName::AssistanceCases, 2);
        facts.open_lists.push(case);
        let found = incomplete_list(&facts);
        assert_eq!((found.len(), found[0].field.as_deref(), found[0].evidence.len()), (1, Some("goods"), 1));
    }

    #[test]
    fn an_abbreviation_of_several_countries_is_ambiguous() {
        assert_eq!(*AMBIGUOUS, ["КР"]);
        assert_eq!(ambiguous_country_alias(&quoting("с южнокорейским городом Танджин (КР)")).len(), 1);
        for clear in ["в г. Инчон (РК)", "Жиджао (КНР)", "кр"] {
            assert!(ambiguous_country_alias(&quoting(clear)).is_empty(), "{clear}");
        }
    }

    #[test]
    fn a_date_in_doubt_is_to_be_confirmed() {
        let of = |text: &str| unconfirmed_date(&facts(1, json!([]), json!([]), &[("period", text)]));
        assert_eq!((of("2011?").len(), of("2011-09/2012?").len(), of("2011%").len()), (1, 1, 1));
        assert!(of("2011~").is_empty() && of("2011-09").is_empty());
    }
}
