use serde_json::json;

use super::*;

fn candidate(number: u128, names: &[&str]) -> DuplicateCandidate {
    DuplicateCandidate {
        record: RecordMention {
            collection: CollectionName::Places,
            reference: format!("PLA-{number:04}"),
            id: Uuid::from_u128(number),
        },
        within: "municipality KR".to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        country: None,
        seat: None,
        location: None,
        external_ids: Vec::new(),
        is_city: true,
        cities: BTreeSet::new(),
        parties: BTreeSet::new(),
    }
}

fn at(number: u128, name: &str, lat: f64, lon: f64) -> DuplicateCandidate {
    DuplicateCandidate { location: Some(Location { lat, lon }), ..candidate(number, &[name]) }
}

fn found(candidates: &[DuplicateCandidate]) -> Vec<(DuplicateLikelihood, Vec<DuplicateEvidenceKind>)> {
    let pairs = duplicates(candidates, &HashSet::new());
    pairs.into_iter().map(|pair| (pair.likelihood, pair.evidence.iter().map(|found| found.kind).collect())).collect()
}

#[test]
fn the_same_name_in_any_language_is_enough() {
    use DuplicateEvidenceKind::{NearCoordinates, NearName, SameName};
    use DuplicateLikelihood::{Certain, Possible, Probable};
    assert_eq!(
        found(&[candidate(1, &["Хэйхэ", "黑河"]), candidate(2, &["Heihe", "黑河"])]),
        [(Probable, vec![SameName])]
    );
    assert_eq!(found(&[candidate(1, &["Хэй-хэ"]), candidate(2, &["хэйхэ"])]), [(Probable, vec![SameName])]);
    assert_eq!(found(&[candidate(1, &["Шэньян"]), candidate(2, &["Шеньян"])]), [(Possible, vec![NearName])]);
    assert!(found(&[candidate(1, &["平壌"]), candidate(2, &["平城"])]).is_empty(), "a sign is a word");
    let near = [at(1, "Далянь", 38.91, 121.60), at(2, "Далянь", 38.92, 121.61)];
    assert_eq!(found(&near), [(Certain, vec![SameName, NearCoordinates])]);
    let near = [at(1, "Далянь", 38.91, 121.60), at(2, "Dalian", 38.92, 121.61)];
    assert_eq!(found(&near), [(Possible, vec![NearCoordinates])]);
}

#[test]
fn what_only_looks_alike_stays_apart() {
    let cities = |candidate: DuplicateCandidate, city: &str| DuplicateCandidate {
        cities: BTreeSet::from([city.to_owned()]),
        ..candidate
    };
    let (incheon, icheon) = (candidate(1, &["Инчхон", "Incheon"]), candidate(2, &["Ичхон", "Icheon"]));
    assert_eq!(found(&[incheon.clone(), icheon.clone()]).len(), 1, "nobody knows better");
    assert!(found(&[cities(incheon, "1843564"), cities(icheon, "1843561")]).is_empty());
    let far = [at(1, "Благовещенск", 50.27, 127.54), at(2, "Благовещенск", 55.03, 55.98)];
    assert!(found(&far).is_empty());
    let ids = |candidate: DuplicateCandidate, value: &str| DuplicateCandidate {
        external_ids: serde_json::from_value(json!([{"scheme": "geonames", "value": value}])).unwrap(),
        ..candidate
    };
    assert!(found(&[ids(candidate(1, &["Heihe"]), "2036973"), ids(candidate(2, &["Heihe"]), "1280517")]).is_empty());
    let prefecture = DuplicateCandidate { within: "region KR".to_owned(), ..candidate(2, &["Ниигата"]) };
    assert!(found(&[candidate(1, &["Ниигата"]), prefecture]).is_empty());
    let seat =
        |candidate: DuplicateCandidate, seat: &str| DuplicateCandidate { seat: Some(seat.to_owned()), ..candidate };
    assert!(found(&[seat(candidate(1, &["Школа"]), "a"), seat(candidate(2, &["Школа"]), "b")]).is_empty());
    assert!(found(&[candidate(1, &["Школа № 1"]), candidate(2, &["Школа № 2"])]).is_empty(), "a number tells apart");
    assert!(found(&[candidate(1, &["Пхёнсон"]), candidate(2, &["Пхеньян"])]).is_empty());
}

#[test]
fn a_pair_that_was_told_distinct_is_not_found() {
    let pair = [candidate(2, &["Хэйхэ"]), candidate(1, &["Хэйхэ"])];
    let told = HashSet::from([pair_of(pair[0].record.id, pair[1].record.id)]);
    assert!(duplicates(&pair, &told).is_empty());
    let records = &duplicates(&pair, &HashSet::new())[0].records;
    assert!(records[0] < records[1]);
}

#[test]
fn one_letter_is_near() {
    for (one, other) in [("шэньян", "шеньян"), ("удаляньчи", "удалянчи"), ("инчхон", "ичхон"), ("joetsu", "jōetsu")]
    {
        let (one, other) = (fold(one), fold(other));
        assert!(one == other || (is_near(&one, &other) && is_near(&other, &one)), "{one} {other}");
    }
    for (one, other) in [("пхёнсон", "пхеньян"), ("абвгде", "авбгде"), ("сеул", "сеуль"), ("школа1", "школа2")]
    {
        assert!(!is_near(one, other), "{one} {other}");
    }
}

#[test]
fn ties_between_the_same_sides_are_probably_one() {
    let tie = |number: u128, sides: [u128; 3]| DuplicateCandidate {
        parties: sides.map(Uuid::from_u128).into(),
        ..candidate(number, &[])
    };
    assert_eq!(found(&[tie(1, [1, 2, 3]), tie(2, [3, 2, 1])]).len(), 1);
    assert!(found(&[tie(1, [1, 2, 3]), tie(2, [1, 2, 4])]).is_empty());
}

#[test]
fn thousands_of_one_name_do_not_take_the_square_of_that() {
    let many: Vec<_> = (0..5_000).map(|number| candidate(number, &["Новое"])).collect();
    let pairs = duplicates(&many, &HashSet::new());
    assert!((4_999..10_000).contains(&pairs.len()), "{}", pairs.len());
}
