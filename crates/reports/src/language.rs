//! The words of reports: one Fluent file a language in `locales`, which knows plural forms, cases
//! and the ways dates are told. What belongs here: finding a message, and telling dates, periods,
//! quantities and lists in it. A message that a language lacks is told in English.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::civil::Date;
use pobratim_domain::value::{
    LanguageTag, LocalizedText, PartialDate, PartialInterval, Precision, Qualifier, Quantity,
};
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

/// The languages of reports, with their words. Russian and English are whole; the others have
/// headings, labels and dates.
const LOCALES: &[(&str, &str)] = &[
    ("ru", include_str!("../locales/ru.ftl")),
    ("en", include_str!("../locales/en.ftl")),
    ("zh", include_str!("../locales/zh.ftl")),
    ("ja", include_str!("../locales/ja.ftl")),
    ("ko", include_str!("../locales/ko.ftl")),
];

static BUNDLES: LazyLock<Vec<(&str, Bundle)>> =
    LazyLock::new(|| LOCALES.iter().map(|(lang, source)| (*lang, bundle(lang, source))).collect());

fn bundle(lang: &str, source: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![lang.parse::<LanguageIdentifier>().unwrap_or_default()]);
    // Marks around what is put into a sentence help where scripts run both ways; here they would
    // only stand in the way of searching.
    bundle.set_use_isolating(false);
    // A file with a fault is read as far as it goes; a test sees that none has one.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The languages that reports can be had in.
pub const LANGUAGES: &[&str] = &["ru", "en", "zh", "ja", "ko"];

/// What is put into a message.
#[derive(Default)]
pub(crate) struct Args<'a>(FluentArgs<'a>);

/// Nothing to put in yet.
pub(crate) fn args<'a>() -> Args<'a> {
    Args(FluentArgs::new())
}

impl<'a> Args<'a> {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<FluentValue<'a>>) -> Self {
        self.0.set(name, value);
        self
    }

    /// A name in all its cases: `$name`, `$name_genitive`, `$name_prepositional`,
    /// `$name_instrumental`, and what kind of place it is in `$name_kind`.
    pub(crate) fn named(mut self, name: &str, named: &Named) -> Self {
        for (case, text) in [
            ("", &named.nominative),
            ("_genitive", &named.genitive),
            ("_prepositional", &named.prepositional),
            ("_instrumental", &named.instrumental),
            ("_kind", &named.kind),
        ] {
            self.0.set(format!("{name}{case}"), text.clone());
        }
        self
    }
}

/// A name in the cases that sentences need; all alike in languages without cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) nominative: String,
    pub(crate) genitive: String,
    pub(crate) prepositional: String,
    pub(crate) instrumental: String,
    /// `municipality`, `district`, `region`, `country`, `macro_region` or `organization`.
    pub(crate) kind: String,
}

/// The words of one language.
pub(crate) struct Words {
    lang: &'static str,
}

impl Words {
    /// The words for a reader of this language; English when there are none.
    pub(crate) fn of(lang: &str) -> Self {
        let language = lang.split('-').next().unwrap_or_default();
        Self { lang: LANGUAGES.iter().find(|known| **known == language).copied().unwrap_or("en") }
    }

    pub(crate) fn lang(&self) -> &'static str {
        self.lang
    }

    /// The language as records name languages.
    pub(crate) fn tag(&self) -> LanguageTag {
        // All of them are well-formed; a test reads them.
        LanguageTag::parse(self.lang).unwrap_or_else(|_| unreachable!("{} is a language", self.lang))
    }

    /// A message.
    #[expect(clippy::needless_pass_by_value, reason = "what is put in is made for the one message")]
    pub(crate) fn say(&self, id: &str, args: Args<'_>) -> String {
        for wanted in [self.lang, "en"] {
            let Some((_, bundle)) = BUNDLES.iter().find(|(lang, _)| *lang == wanted) else { continue };
            let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { continue };
            return bundle.format_pattern(pattern, Some(&args.0), &mut Vec::new()).into_owned();
        }
        id.to_owned()
    }

    /// A message without anything put in.
    pub(crate) fn plain(&self, id: &str) -> String {
        self.say(id, args())
    }

    /// A text for this reader.
    pub(crate) fn text<'t>(&self, text: &'t LocalizedText) -> &'t str {
        text.best(&[self.lang]).1
    }

    /// The label that a codelist has for a value, or the value's code.
    pub(crate) fn label(&self, list: &str, value: &impl serde::Serialize) -> String {
        let code = code(value);
        pobratim_domain::codelist::label(list, &code, self.lang).map_or(code, str::to_owned)
    }

    /// The same, as it stands within a sentence.
    pub(crate) fn within(&self, list: &str, value: &impl serde::Serialize) -> String {
        lower_first(&self.label(list, value))
    }

    /// "A, B and C".
    pub(crate) fn list(&self, items: &[String]) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first, second] => {
                self.say("list-two", args().with("first", first.as_str()).with("second", second.as_str()))
            }
            [first, middle @ .., last] => {
                let mut all = first.clone();
                match self.between() {
                    Some(between) => middle.iter().for_each(|item| {
                        all.push_str(&between);
                        all.push_str(item);
                    }),
                    None => {
                        for item in middle {
                            all = self.say("list-more", args().with("first", all).with("rest", item.as_str()));
                        }
                    }
                }
                self.say("list-last", args().with("first", all).with("last", last.as_str()))
            }
        }
    }

    /// What stands between what is listed, in a language where that is all: a long list need not be told
    /// again for each thing that is added.
    fn between(&self) -> Option<String> {
        const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];
        let [first, rest] = MARKS.map(String::from);
        let told = self.say("list-more", args().with("first", first.as_str()).with("rest", rest.as_str()));
        told.strip_prefix(MARKS[0])?.strip_suffix(MARKS[1]).map(str::to_owned)
    }

    /// What something is, with what more there is to say of it in brackets.
    pub(crate) fn details(&self, what: &str, details: &[String]) -> String {
        if details.is_empty() {
            return what.to_owned();
        }
        let details = details.join(&self.plain("separator"));
        self.say("details", args().with("what", what).with("details", details))
    }

    /// A day told in full.
    pub(crate) fn day(&self, day: Date) -> String {
        self.date(&PartialDate::from_day(day))
    }

    /// A date by itself: 17 July 2003, August 2007, 2008.
    pub(crate) fn date(&self, date: &PartialDate) -> String {
        self.dated("date", date)
    }

    /// A date in the genitive: of 17 July 2003.
    pub(crate) fn date_of(&self, date: &PartialDate) -> String {
        self.dated("date-genitive", date)
    }

    /// A title between quotation marks, unless it has some already.
    pub(crate) fn quoted(&self, title: &str) -> String {
        if title.contains(['«', '“', '"', '「', '『']) {
            return title.to_owned();
        }
        self.say("quoted", args().with("text", title))
    }

    /// A date as the time of something: on 17 July 2003, in August 2007, in 2008.
    pub(crate) fn when(&self, date: &PartialDate) -> String {
        self.dated("when", date)
    }

    /// A period as the time of something.
    pub(crate) fn period(&self, period: &PartialInterval) -> String {
        match period.dates() {
            (Some(start), Some(end)) if start == end => self.when(&start),
            (Some(start), Some(end)) => {
                let (start, end) = (self.dated("date-genitive", &start), self.dated("date", &end));
                self.say("when-from-to", args().with("start", start).with("end", end))
            }
            (Some(start), None) => self.say("when-since", args().with("start", self.dated("date-genitive", &start))),
            (None, Some(end)) => self.say("when-until", args().with("end", self.dated("date-genitive", &end))),
            (None, None) => self.plain("period-unknown"),
        }
    }

    fn dated(&self, form: &str, date: &PartialDate) -> String {
        let form = match (date.is_open(), date.earliest()) {
            (true, None) => "when-before",
            (true, Some(_)) => "when-after",
            (false, _) => form,
        };
        let Some(day) = date.earliest().or_else(|| date.latest()) else { return date.to_string() };
        // An open date names its last or first day; of a year, any of its days names the year.
        let precision = match date.precision() {
            Precision::Day => "day",
            Precision::Month => "month",
            Precision::Year => "year",
        };
        let told = self.say(
            form,
            args()
                .with("precision", precision)
                .with("day", i64::from(day.day()))
                .with("month", i64::from(day.month()))
                .with("year", i64::from(day.year())),
        );
        if date.is_uncertain() {
            self.say("in-doubt", args().with("date", told))
        } else if date.is_approximate() {
            self.say("about-then", args().with("date", told))
        } else {
            told
        }
    }

    /// A count of something: `people`, `cities`, `organizations`, `delegations`.
    pub(crate) fn count(&self, of: &str, count: &Quantity) -> String {
        let qualifier = match count.qualifier {
            Qualifier::Exact => "exact",
            Qualifier::MoreThan => "more_than",
            Qualifier::AtLeast => "at_least",
            Qualifier::About => "about",
            Qualifier::AtMost => "at_most",
        };
        self.say(of, args().with("qualifier", qualifier).with("n", count.value))
    }
}

/// The code of an enumeration's value, as records have it.
pub(crate) fn code(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A label begins with a capital; within a sentence it does not, unless it is an abbreviation.
pub(crate) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let (first, second) = (letters.next(), letters.clone().next());
    match (first, second) {
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// A text begins with a capital where it begins a sentence.
pub(crate) fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(source: &str) -> Vec<String> {
        let read = FluentResource::try_new(source.to_owned());
        let resource = read.map_err(|(_, errors)| errors).expect("the file is well-formed");
        let entries = resource.entries().filter_map(|entry| match entry {
            fluent_syntax::ast::Entry::Message(message) => Some(message.id.name.to_owned()),
            _ => None,
        });
        let mut ids: Vec<String> = entries.collect();
        ids.sort();
        ids
    }

    #[test]
    fn english_and_russian_have_every_message_and_others_no_unknown_ones() {
        let english = messages(LOCALES[1].1);
        let russian = messages(LOCALES[0].1);
        assert_eq!(english, russian);
        for (lang, source) in LOCALES {
            assert!(LanguageTag::parse(lang).is_ok());
            let unknown: Vec<_> = messages(source).into_iter().filter(|id| !english.contains(id)).collect();
            assert!(unknown.is_empty(), "{lang}: {unknown:?}");
        }
    }

    #[test]
    fn no_message_waits_for_somebody_to_say_it() {
        let source = [
            include_str!("agreements.rs"),
            include_str!("annual.rs"),
            include_str!("annual/annex.rs"),
            include_str!("annual/country.rs"),
            include_str!("annual/country_activity.rs"),
            include_str!("annual/joint_work.rs"),
            include_str!("annual/organization.rs"),
            include_str!("annual/overview.rs"),
            include_str!("annual/plans.rs"),
            include_str!("annual/ties.rs"),
            include_str!("draft.rs"),
            include_str!("language.rs"),
            include_str!("partnership.rs"),
            LOCALES[0].1,
        ]
        .concat();
        let said = |id: &String| source.contains(&format!("\"{id}\"")) || source.contains(&format!("{{ {id} }}"));
        let idle: Vec<String> = messages(LOCALES[1].1).into_iter().filter(|id| !said(id)).collect();
        assert!(idle.is_empty(), "{idle:?}");
    }

    #[test]
    fn russian_dates_are_told_by_their_precision() {
        let words = Words::of("ru");
        let when = |text: &str| words.when(&PartialDate::parse(text).unwrap());
        assert_eq!(when("2003-07-17"), "17 июля 2003 года");
        assert_eq!(when("2007-08"), "в августе 2007 года");
        assert_eq!(when("2008"), "в 2008 году");
        assert_eq!(when("[..2001]"), "не позднее 2001 года");
        assert_eq!(when("2011?"), "в 2011 году (предположительно)");
        let period = |text: &str| words.period(&PartialInterval::parse(text).unwrap());
        assert_eq!(period("2011-09-12/2011-09-16"), "с 12 сентября 2011 года по 16 сентября 2011 года");
        assert_eq!(period("2010-09"), "в сентябре 2010 года");
        assert_eq!(period("2007-08/2008"), "с августа 2007 года по 2008 год");
    }

    #[test]
    fn russian_counts_have_their_plural_forms() {
        let words = Words::of("ru");
        let told = |value, qualifier| words.count("delegations", &Quantity::new(value, qualifier).unwrap());
        assert_eq!(told(1, Qualifier::Exact), "1 делегация");
        assert_eq!(told(22, Qualifier::Exact), "22 делегации");
        assert_eq!(told(11, Qualifier::Exact), "11 делегаций");
        assert_eq!(told(21, Qualifier::MoreThan), "свыше 21 делегации");
        assert_eq!(words.count("people", &Quantity::new(1000, Qualifier::MoreThan).unwrap()), "свыше 1000 человек");
        let years = |years: i64| words.say("more-than-years", args().with("years", years));
        assert_eq!([years(10), years(21)], ["более 10 лет", "более 21 года"]);
    }

    #[test]
    fn lists_end_with_and() {
        let list = |lang: &str, items: &[&str]| {
            Words::of(lang).list(&items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(list("ru", &["А", "Б", "В"]), "А, Б и В");
        assert_eq!(list("en", &["A", "B"]), "A and B");
        assert_eq!(list("zh", &["甲", "乙", "丙"]), "甲、乙和丙");
    }

    #[test]
    fn a_label_within_a_sentence_has_no_capital_unless_it_is_an_abbreviation() {
        assert_eq!(lower_first("Отраслевые подразделения"), "отраслевые подразделения");
        assert_eq!(lower_first("МИД России"), "МИД России");
        assert_eq!(upper_first("договор"), "Договор");
    }
}
