//! What is found, and what must not be taken for it.

use proptest::prelude::*;

use super::*;
use crate::gazetteer::gazetteer;

const HEIHE: u32 = 2_036_973;
const HEIHE_IN_QINGHAI: u32 = 8_450_439;
const RIZHAO: u32 = 9_072_919;
const MANZHOULI: u32 = 2_035_836;
const INCHEON: u32 = 1_843_564;
const ICHEON: u32 = 1_843_702;
const PYONGYANG: u32 = 1_871_859;
const PYONGSONG: u32 = 1_871_871;
const DANGJIN: u32 = 1_834_885;
const NIIGATA: u32 = 1_855_431;
const JOETSU: u32 = 6_825_489;
const BLAGOVESHCHENSK: u32 = 2_026_609;
const BLAGOVESHCHENSK_IN_BASHKORTOSTAN: u32 = 576_116;

fn all(text: &str) -> Vec<Found<'static>> {
    gazetteer().unwrap().search(&Query { text, country: None, lang: None, limit: 20 })
}

fn first(text: &str) -> (u32, MatchKind) {
    all(text).first().map_or((0, MatchKind::Fuzzy), |found| (found.city.id(), found.kind))
}

fn ids(text: &str) -> Vec<u32> {
    all(text).iter().map(|found| found.city.id()).collect()
}

#[test]
fn a_city_is_found_by_any_of_its_names() {
    use MatchKind::{Alias, Exact, Fuzzy, Transliteration};
    for (text, city, kind) in [
        ("Хэйхэ", HEIHE, Exact),
        ("ХЭЙ-ХЭ", HEIHE, Exact),
        ("Heihe", HEIHE, Exact),
        ("黑河", HEIHE, Exact),
        ("黑河市", HEIHE, Exact),
        ("黒河", HEIHE, Exact),
        ("헤이허시", HEIHE, Exact),
        ("Хейхе", HEIHE, Transliteration),
        ("Хэйхе", HEIHE, Fuzzy),
        ("Жичжао", RIZHAO, Exact),
        ("Жиджао", RIZHAO, Fuzzy),
        ("日照", RIZHAO, Exact),
        ("Дзёэцу", JOETSU, Exact),
        ("Дзеэцу", JOETSU, Exact),
        ("Joetsu", JOETSU, Exact),
        ("Джоецу", JOETSU, Transliteration),
        ("じょうえつ", JOETSU, Transliteration),
        ("Ниигата", NIIGATA, Exact),
        ("Танджин", DANGJIN, Transliteration),
        ("Dangjin", DANGJIN, Exact),
        ("Tangjin", DANGJIN, Exact),
        ("당진", DANGJIN, Exact),
        ("평성", PYONGSONG, Exact),
        ("Pyongsong", PYONGSONG, Exact),
        ("Пхёнсон", PYONGSONG, Exact),
        ("Pyeongseong", PYONGSONG, Transliteration),
        ("Благовещенск", BLAGOVESHCHENSK, Exact),
        ("海兰泡", BLAGOVESHCHENSK, Exact),
        ("海蘭泡", BLAGOVESHCHENSK, Alias),
        ("Маньчжоули", MANZHOULI, Exact),
        ("满洲里", MANZHOULI, Exact),
    ] {
        assert_eq!(first(text), (city, kind), "{text}: {:?}", all(text));
    }
}

#[test]
fn what_sounds_alike_stays_apart() {
    for (text, city, other) in [
        ("Инчхон", INCHEON, ICHEON),
        ("Ичхон", ICHEON, INCHEON),
        ("Incheon", INCHEON, ICHEON),
        ("Icheon", ICHEON, INCHEON),
        ("인천", INCHEON, ICHEON),
        ("이천", ICHEON, INCHEON),
        ("Пхеньян", PYONGYANG, PYONGSONG),
        ("Пхёнсон", PYONGSONG, PYONGYANG),
        ("Pyongyang", PYONGYANG, PYONGSONG),
        ("平壌", PYONGYANG, PYONGSONG),
        ("평양", PYONGYANG, PYONGSONG),
    ] {
        let found = ids(text);
        assert_eq!(found.first(), Some(&city), "{text}");
        assert!(!found.contains(&other), "{text}");
    }
}

#[test]
fn a_region_is_not_taken_for_its_city() {
    for region in ["Manchuria", "满洲", "満州", "新潟県", "Niigata Prefecture", "Ниигата-кэн", "Приамурье"]
    {
        let found = all(region);
        assert!(!found.iter().any(|found| matches!(found.city.id(), MANZHOULI | NIIGATA)), "{region}: {found:?}");
    }
    // Papers call the city by the region's name, so it is found; but it is not what it is called.
    assert_eq!(first("Маньчжурия"), (MANZHOULI, MatchKind::Alias));
    let city = gazetteer().unwrap().city(MANZHOULI).unwrap();
    assert_eq!(city.name_in("ru").unwrap().text, "Маньчжоули");
}

#[test]
fn of_two_cities_with_one_name_the_larger_comes_first() {
    for text in ["Благовещенск", "布拉戈维申斯克", "Blagoveshchensk", "블라고베셴스크"] {
        assert_eq!(ids(text), [BLAGOVESHCHENSK, BLAGOVESHCHENSK_IN_BASHKORTOSTAN], "{text}");
    }
    let heihes = ids("Heihe");
    assert_eq!(heihes, [HEIHE, HEIHE_IN_QINGHAI]);
    assert_eq!(ids("黑河"), [HEIHE, HEIHE_IN_QINGHAI]);
}

#[test]
fn country_and_language_narrow_and_order() {
    let gazetteer = gazetteer().unwrap();
    let query = Query { text: "Moscow", country: Some("US"), lang: None, limit: 3 };
    let found = gazetteer.search(&query);
    assert!(!found.is_empty() && found.iter().all(|found| found.city.country() == "US"), "{found:?}");
    assert!(gazetteer.search(&Query { limit: 0, ..query }).is_empty());
    assert_eq!(gazetteer.search(&Query { limit: 1, country: None, ..query }).len(), 1);
    // 广州 and others have names in several languages; the one asked for is told.
    for (lang, told) in [("zh", "zh"), ("ja", "ja"), ("zh-Hant", "zh"), ("fr", "zh")] {
        let found = gazetteer.search(&Query { text: "黑河市", country: None, lang: Some(lang), limit: 1 });
        assert_eq!(found[0].city.id(), HEIHE);
        let query = Query { text: "日照市", country: None, lang: Some(lang), limit: 1 };
        assert_eq!(gazetteer.search(&query)[0].name.lang, told, "{lang}");
    }
}

#[test]
fn what_is_no_name_finds_nothing() {
    for text in ["", " ", "-", "ъ", "qqqqqqqq", "啊", "\u{200b}", &"я".repeat(5000), "!!!!"] {
        assert!(all(text).is_empty(), "{text}: {:?}", all(text));
    }
}

#[test]
fn a_name_made_by_rule_is_marked() {
    let gazetteer = gazetteer().unwrap();
    let dangjin = gazetteer.city(DANGJIN).unwrap().name_in("ru").unwrap();
    assert_eq!((dangjin.text, dangjin.origin), ("Танджин", Origin::Generated));
    let heihe = gazetteer.city(HEIHE).unwrap().name_in("ru").unwrap();
    assert_eq!((heihe.text, heihe.origin), ("Хэйхэ", Origin::Labelled));
    let wudalianchi = gazetteer.city(2_034_137).unwrap();
    assert_eq!(wudalianchi.name_in("ru").unwrap().text, "Удаляньчи");
    assert_eq!(wudalianchi.population(), None);
    // Loose spellings are to be found by, and not for printing.
    assert!(gazetteer.cities().all(|city| city.name_in("ru").is_none_or(|name| name.origin != Origin::Practical)));
}

/// Each name of the data, but for those that no key is left of.
#[test]
fn every_name_finds_its_city() {
    let gazetteer = gazetteer().unwrap();
    let mut looked_up = 0;
    for city in gazetteer.cities() {
        for name in city.names() {
            let key = key(name.text);
            let Some(entry) = gazetteer.index.get(&key) else {
                assert_eq!(key, "", "{name:?} of {city:?}");
                continue;
            };
            let found = gazetteer.postings(entry).any(|posting| posting.city == city.place());
            assert!(found, "{name:?} of {city:?}");
            looked_up += 1;
        }
    }
    assert!(looked_up > 300_000, "{looked_up}");
}

/// How many letters must be changed, added, left out or swapped with the next, the plain way.
fn edits(one: &[char], other: &[char]) -> usize {
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = table[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
                let swapped = if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                    table[i - 2][j - 2] + 1
                } else {
                    usize::MAX
                };
                changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(swapped)
            };
        }
    }
    table[one.len()][other.len()]
}

/// Cyrillic letters share their first byte with many others: an automaton that went by bytes would
/// not find a word by itself.
#[test]
fn a_word_is_near_to_itself() {
    for word in ["хэйхэ", "жичжао", "дзеэцу", "平壌市", "블라고베셴스크", "heihe"] {
        for automata in [&ONE, &TWO] {
            assert_eq!(automata.build_dfa(word).eval(word), Distance::Exact(0), "{word}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn distances_are_those_of_the_plain_way(asked in "[а-еA-C河]{1,8}", name in "[а-еA-C河]{1,8}") {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let edits = edits(&letters(&asked), &letters(&name));
        match TWO.build_dfa(&asked).eval(&name) {
            Distance::Exact(distance) => prop_assert_eq!(usize::from(distance), edits),
            Distance::AtLeast(_) => prop_assert!(edits > 2),
        }
    }

    #[test]
    fn no_text_is_too_odd_to_look_up(text in any::<String>()) {
        let found = all(&text);
        prop_assert!(found.len() <= 20);
        prop_assert!(found.is_sorted_by_key(|found| (found.kind, found.distance)));
    }

    /// One letter of a name of six or more is left out: the city is found, unless another is called so.
    #[test]
    fn a_slip_of_the_pen_is_forgiven(number in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let gazetteer = gazetteer().unwrap();
        let cities: Vec<_> = gazetteer.cities().filter(|city| city.country() == "RU").collect();
        let city = number.get(&cities);
        let Some(name) = city.name_in("ru").filter(|name| name.text.chars().count() >= 6) else { return Ok(()) };
        let left_out = at.index(name.text.chars().count());
        let asked: String = name.text.chars().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| c).collect();
        let found = gazetteer.search(&Query { text: &asked, country: None, lang: None, limit: 200 });
        let taken = found.first().is_some_and(|found| found.kind != MatchKind::Fuzzy);
        prop_assert!(taken || found.iter().any(|found| found.city.id() == city.id()), "{asked} for {}", name.text);
    }
}
