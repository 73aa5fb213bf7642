use proptest::prelude::*;

use super::*;
use crate::collection::CollectionName;
use crate::statistics_cells::{Cells, Records};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Country,
    Year,
}

fn span(text: &str) -> YearSpan {
    YearSpan::of_interval(Some(&PartialInterval::parse(text).unwrap()))
}

fn counted(groups: &[By], period: Period, spans: &[YearSpan]) -> Vec<(Option<i32>, i64, i64)> {
    let mut cells = Cells::new(groups, By::Year, period);
    for span in spans {
        let key = groups.iter().filter(|group| **group == By::Country).map(|_| Some("CN".to_owned())).collect();
        cells.add(Bucket { key, span: *span, tally: Tally { records: 1, ..Tally::default() } });
    }
    cells.rows(|made| (made.year(By::Year), made.cell.count.certain, made.cell.count.possible))
}

#[test]
fn years_tell_what_the_interval_tells() {
    for text in ["2011", "2011?", "2010-12/2011-01", "[..2001]", "[2001..]", "../2011", "2003/..", "2011-05-01~"] {
        let interval = PartialInterval::parse(text).unwrap();
        for year in [2000, 2001, 2003, 2010, 2011, 2012] {
            let day = |month, day| jiff::civil::date(year, month, day);
            assert_eq!(
                span(text).within(Period::year(year.into())),
                interval.within(day(1, 1), day(12, 31)),
                "{text} in {year}"
            );
        }
    }
    assert_eq!(YearSpan::UNKNOWN.within(Period::year(2011)), Containment::Possible);
    assert_eq!(YearSpan::UNKNOWN.within(Period::default()), Containment::Certain);
}

#[test]
fn what_is_open_or_wide_is_told_once() {
    let spans = ["2011", "2010/2011", "2003/2012", "2003/2013", "2003/.."].map(span);
    let rows = counted(&[By::Year], Period::years(2010, 2012), &spans);
    assert_eq!(rows, [(Some(2010), 0, 2), (Some(2011), 1, 3), (Some(2012), 0, 1), (None, 0, 2)]);
    assert_eq!(counted(&[By::Country, By::Year], Period::year(2014), &spans), [(None, 0, 1)]);
}

#[test]
fn a_figure_is_about_what_was_asked() {
    assert!(is_asked(Some(1), true, &[]) && is_asked(Some(1), true, &[1, 2]) && is_asked(Some(1), false, &[1]));
    assert!(!is_asked(Some(1), false, &[]) && !is_asked(Some(1), false, &[1, 2]) && !is_asked(Some(3), true, &[1]));
    assert!(is_asked(None, false, &[0; 0]) && !is_asked(None, true, &[0; 0]) && !is_asked(None, false, &[1]));
}

#[test]
fn people_are_at_least_so_many_when_some_are_not_known() {
    let tally = Tally { records: 2, people: 40, inexact: 0 };
    assert_eq!(tally.people(), Quantity { value: 40, qualifier: Qualifier::Exact });
    let more = tally + Tally::of_headcount(None);
    assert_eq!(more.people(), Quantity { value: 40, qualifier: Qualifier::AtLeast });
    assert_eq!(more + -Tally::of_headcount(None), tally);
}

#[test]
fn a_list_has_only_the_filters_that_say_something() {
    let list = Records::of(CollectionName::AssistanceCases, None).with("kind", "").with("state", "open,closed");
    let list = list.in_period("period", None, Period { from: Some(800), to: None });
    assert_eq!(list.done(), "/v1/assistance-cases?state=open,closed&period_from=0800");
}

proptest! {
    /// A bounded period tells no more for certain than its years, whatever is counted, and every
    /// record that may lie in it is told somewhere.
    #[test]
    fn certain_years_add_up_and_nothing_is_lost(
        spans in proptest::collection::vec((1990..2030_i32, 0..15_i32, any::<bool>()), 0..20),
        from in 1990..2030_i32,
        length in 0..20_i32,
    ) {
        let spans: Vec<YearSpan> = spans
            .into_iter()
            .map(|(first, more, doubtful)| YearSpan { first, last: first + more, doubtful })
            .collect();
        let period = Period::years(from, from + length);
        let years = counted(&[By::Year], period, &spans);
        let whole = counted(&[], period, &spans);
        let (certain, possible) = whole.first().map_or((0, 0), |(_, certain, possible)| (*certain, *possible));
        let single = spans.iter().filter(|span| span.first == span.last && span.within(period) == Containment::Certain);
        prop_assert_eq!(years.iter().map(|(_, certain, _)| certain).sum::<i64>(), single.count() as i64);
        prop_assert!(years.iter().map(|(_, certain, _)| certain).sum::<i64>() <= certain);
        prop_assert!(years.iter().map(|(_, _, possible)| possible).sum::<i64>() >= possible);
        prop_assert!(years.iter().all(|(_, certain, possible)| certain <= possible));
    }
}
