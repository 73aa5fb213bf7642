//! What gives reason to ask when the report of a year is looked at: what it would tell that belongs
//! to another year, and what it has to tell and cannot.

use jiff::civil::Date;

use super::{Finding, FindingCode, FindingEvidence, FindingFacts, ReportFacts};
use crate::record::Source;
use crate::value::PartialInterval;

/// The dates that say to which year a record belongs. When a tie was established, or a membership
/// began, is told in every report.
const TELLING: &[&str] = &["signed_on", "period", "founded", "published_on", "sent_on"];

/// The years that a report can be of.
pub const REPORT_YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

/// Fields that are foreign economic activity.
const ECONOMY: &[&str] = &["trade", "border_trade", "investment", "industry", "small_business", "agriculture"];

/// A record that cites a source about this year, and is of another one.
pub(super) fn outside_year(facts: &FindingFacts) -> Vec<Finding> {
    let Some(year) = facts.year else { return Vec::new() };
    let mut found = Vec::new();
    for cited in &facts.cited {
        let Some(source) = cited.sources.iter().find(|source| is_about(source, year)) else { continue };
        for (member, text) in cited.dates.iter().filter(|(member, text)| lies_outside(member, text, year)) {
            let evidence = vec![FindingEvidence::new(member, text.as_str()), cites(source)];
            found.push(Finding::new(FindingCode::OutsideYear, &cited.record, Some(member), evidence));
        }
    }
    found
}

/// Whether a date says that its record is of another year.
pub(super) fn lies_outside(member: &str, date: &str, year: i16) -> bool {
    let days = (Date::new(year, 1, 1), Date::new(year, 12, 31), PartialInterval::parse(date));
    let (Ok(first), Ok(last), Ok(when)) = days else { return false };
    TELLING.contains(&member)
        && (when.latest().is_some_and(|latest| latest < first) || when.earliest().is_some_and(|day| last < day))
}

/// An edition of a series that took place more than a year before, cited from a source about this
/// year.
pub(super) fn reused_edition(facts: &FindingFacts) -> Vec<Finding> {
    let Some(year) = facts.year else { return Vec::new() };
    let mut found = Vec::new();
    for record in &facts.editions {
        let event = &record.body;
        let Some((series, edition)) = event.series.as_ref().and_then(|series| Some((series, series.edition?))) else {
            continue;
        };
        let Some(latest) = event.period.and_then(|period| period.latest()) else { continue };
        let Some(source) = record.head.sources.iter().find(|source| is_about(source, year)) else { continue };
        if latest.year() < year - 1 {
            let mention = super::RecordMention::of(crate::collection::CollectionName::Events, &record.head);
            let evidence = vec![
                FindingEvidence::new("series", format!("{} {edition}", series.code.0)),
                FindingEvidence::new("period", event.period.map(|period| period.to_string()).unwrap_or_default()),
                cites(source),
            ];
            found.push(Finding::new(FindingCode::ReusedEdition, &mention, Some("series"), evidence));
        }
    }
    found
}

/// A domain that the report has to cover, without any activity in the year. What programmes and
/// notes say of a domain is no activity.
pub(super) fn missing_section(facts: &FindingFacts) -> Vec<Finding> {
    let (Some(year), Some(report)) = (facts.year, &facts.report) else { return Vec::new() };
    let missing = report.domains.iter().filter(|domain| has_content(domain, report) == Some(false));
    missing
        .map(|domain| {
            let evidence =
                vec![FindingEvidence::new("domain", domain.as_str()), FindingEvidence::new("year", year.to_string())];
            Finding::new(FindingCode::MissingSection, &report.municipality, Some("report"), evidence)
        })
        .collect()
}

impl Finding {
    /// The domain that a report has to cover and of which nothing is recorded, when the finding says so.
    pub fn missing_domain(&self) -> Option<&str> {
        let domain = self.evidence.iter().find(|evidence| evidence.name == "domain");
        domain.filter(|_| self.code == FindingCode::MissingSection).map(|evidence| evidence.text.as_str())
    }
}

/// The fields of cooperation that a domain of the report is told by; nothing when nobody can say.
pub fn fields_of_domain(domain: &str) -> Vec<&str> {
    match domain {
        "international_relations" => Vec::new(),
        "foreign_economic_activity" => ECONOMY.to_vec(),
        field => Some(field).filter(|field| crate::codelist::is_known("fields", field)).into_iter().collect(),
    }
}

/// Whether something of a domain is recorded; nothing when nobody can say what belongs to it.
fn has_content(domain: &str, report: &ReportFacts) -> Option<bool> {
    let fields = fields_of_domain(domain);
    let has_field = fields.iter().any(|field| report.fields.contains(*field));
    match domain {
        "international_relations" => Some(report.has_activity),
        "foreign_economic_activity" => Some(report.has_economy || has_field),
        "tourism" => Some(has_field || report.indicators.contains("tourists")),
        _ => (!fields.is_empty()).then_some(has_field),
    }
}

/// Whether a source is about a year, as its title says: «Отчёт за 2011 год».
fn is_about(source: &Source, year: i16) -> bool {
    years_of(source).any(|named| named == year)
}

/// The years that the title of a source names, among those that a report can be of.
pub(super) fn years_of(source: &Source) -> impl Iterator<Item = i16> + '_ {
    let numbers = source.text.split(|letter: char| !letter.is_ascii_digit()).filter(|number| number.len() == 4);
    numbers.filter_map(|number| number.parse().ok()).filter(|year| REPORT_YEARS.contains(year))
}

fn cites(source: &Source) -> FindingEvidence {
    FindingEvidence::new("source", source.text.as_str()).at(source.locator.as_ref())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::collection::CollectionName;
    use crate::finding::CitedRecord;
    use crate::finding::tests::mention;

    const REPORT: &str = "Отчёт о международной деятельности города Благовещенска за 2011 год";

    fn facts(year: Option<i16>) -> FindingFacts {
        FindingFacts::new(jiff::civil::date(2012, 12, 31), year)
    }

    fn cited(source: &str, member: &'static str, date: &str, year: Option<i16>) -> FindingFacts {
        let mut facts = facts(year);
        facts.cited.push(CitedRecord {
            record: mention(CollectionName::Events, 6),
            sources: serde_json::from_value(json!([{"text": source, "locator": "F40"}])).unwrap(),
            claims: Vec::new(),
            dates: vec![(member, date.to_owned())],
        });
        facts
    }

    #[test]
    fn what_the_report_tells_of_other_years_lies_outside() {
        for date in ["2007-08", "2012-10", "2008"] {
            assert_eq!(outside_year(&cited(REPORT, "period", date, Some(2011))).len(), 1, "{date}");
        }
        assert!(outside_year(&cited(REPORT, "period", "2007-08", None)).is_empty(), "without a year it is silent");
        assert!(outside_year(&cited(REPORT, "period", "2011?", Some(2011))).is_empty());
        assert!(outside_year(&cited(REPORT, "established", "2003-07-17", Some(2011))).is_empty());
        assert!(outside_year(&cited("Протокол 201112", "period", "2007-08", Some(2011))).is_empty());
    }

    fn edition(period: &str, year: Option<i16>) -> Vec<Finding> {
        let mut facts = facts(year);
        let event = json!({
            "kind": "mayors_meeting", "title": {"ru": "21-я встреча мэров"}, "period": period, "status": "held",
            "series": {"code": "japan_russia_mayors", "edition": 21}, "sources": [{"text": REPORT, "locator": "F40"}],
        });
        facts.editions.push(serde_json::from_value(event).unwrap());
        reused_edition(&facts)
    }

    #[test]
    fn an_older_edition_is_told_again() {
        assert_eq!(edition("2007-08", Some(2011)).len(), 1);
        assert!(edition("2010-08", Some(2011)).is_empty() && edition("2007-08", None).is_empty());
    }

    #[test]
    fn a_domain_without_activity_is_missing() {
        let of = |domain: &str, fields: &[&str]| {
            let mut facts = facts(Some(2011));
            facts.report = Some(ReportFacts {
                municipality: mention(CollectionName::Municipalities, 1),
                domains: vec![domain.to_owned()],
                fields: fields.iter().map(|field| (*field).to_owned()).collect(),
                indicators: BTreeSet::new(),
                has_activity: true,
                has_economy: false,
            });
            missing_section(&facts).len()
        };
        assert_eq!((of("tourism", &["culture"]), of("tourism", &["tourism"])), (1, 0));
        let domain = "foreign_economic_activity";
        assert_eq!((of(domain, &["culture"]), of(domain, &["border_trade"])), (1, 0));
        assert_eq!((of("international_relations", &[]), of("sport", &[]), of("unheard_of", &[])), (0, 1, 0));
    }
}
