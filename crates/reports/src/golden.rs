//! The founding report as a test: every fact of it is told by the report drawn from the demo city,
//! by the records that cite it, and by no others. Take a record away, and just its facts are gone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use pobratim_domain::{Collection, Record};
use serde_json::Value;
use uuid::Uuid;

use super::*;

const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");

/// What the report has to say for each fact. The records are those that cite it.
const FACTS: &[(&str, &[&str])] = &[
    (
        "F01",
        &["международные отношения, туризм и внешнеэкономическая деятельность", "«Туризм» записей за 2011 год нет"],
    ),
    ("F02", &["углублением отношений с традиционными партнёрами", "новых форм сотрудничества"]),
    ("F03", &["с администрациями и общественными организациями зарубежных городов"]),
    ("F04", &["Хэйхэ (Китай; граничит с Благовещенском", "Удаляньчи (Китай", "17 июля 2003 года"]),
    (
        "F05",
        &["Жичжао (Китай; планируется", "Якутск (Россия; планируется)", "Танджин (Республика Корея", "Пхёнсон (КНДР"],
    ),
    ("F06", &["Мэры городов за мир"]),
    ("F07", &["Объединённые города и местные власти"]),
    (
        "F08",
        &["Ассоциация городов Дальнего Востока и Сибири Российской Федерации и городов Западного побережья Японии"],
    ),
    ("F09", &["Ассоциация сибирских и дальневосточных городов (национальная, не международная)"]),
    ("F10", &["Всероссийский совет местного самоуправления (национальная, не международная)"]),
    ("F11", &["Фонды из США", "Фонды из КНР", "Фонды из Японии", "Фонды из Республики Корея"]),
    ("F12", &["Благовещенск – Дзёэцу – Хэйхэ (решение общих проблем)"]),
    ("F13", &["Благовещенск – Красноярск – Хэйхэ (решение общих проблем)"]),
    ("F14", &["Благовещенск – Нерюнгринский район – Хэйхэ (решение общих проблем)"]),
    ("F15", &["Международный отдел (Управление организационной работы; Администрация города Благовещенска)"]),
    ("F16", &["План работы международного отдела на 2011 год"]),
    (
        "F17",
        &[
            "Укрепление традиционных побратимских связей",
            "Тесное сотрудничество муниципалитетов",
            "Работа по совместным проектам",
            "Обмены творческими, детскими, спортивными делегациями",
        ],
    ),
    ("F18", &["Китай"]),
    ("F19", &["Подписание соглашения об установлении побратимских связей", "Подписано в 2011 году"]),
    ("F20", &["Цель: дальнейшее углубление уже существующих дружественных отношений"]),
    (
        "F21",
        &["С городом Хэйхэ взаимодействие ведётся на уровнях: отраслевые подразделения администраций и предприятия"],
    ),
    (
        "F22",
        &[
            "Содействие развитию контактов между крупными предприятиями",
            "Организация обмена информацией",
            "Оказание активного содействия",
            "Организация поставок высококачественной",
        ],
    ),
    (
        "F23",
        &[
            "предприниматели, медики, педагоги, работники культуры, спортивные коллективы, творческие коллективы и детские коллективы",
        ],
    ),
    (
        "F24",
        &[
            "Совместные проекты университетов",
            "обмен студентами, обмен преподавателями и совместная научно-исследовательская работа",
        ],
    ),
    (
        "F25",
        &[
            "Протокол о сотрудничестве в области культуры",
            "Протокол о сотрудничестве в области образования",
            "Протокол о сотрудничестве в области спорта",
            "Студенческие делегации",
            "Творческие делегации",
        ],
    ),
    ("F26", &["К обменам привлечены: Общественные организации Благовещенска и Культурные организации Благовещенска"]),
    ("F27", &["Выступления национальных художественных коллективов на праздновании Дня города"]),
    ("F28", &["Совместные выставки работ художников и фотохудожников"]),
    (
        "F29",
        &["средствах массовой информации Благовещенска", "средствах массовой информации зарубежных городов-партнёров"],
    ),
    ("F30", &["Детские делегации из Хэйхэ", "Детские делегации в Хэйхэ", "Ряд международных ярмарок"]),
    ("F31", &["представления о Благовещенске как о городе, имеющем необходимый потенциал"]),
    ("F32", &["Жичжао, Далянь, Шэньян, Маньчжурия, Цицикар и Гонконг"]),
    ("F33", &["с целью развития приграничной торговли"]),
    ("F34", &["«Год русского языка в Китае»", "«Год китайского языка в России»"]),
    ("F35", &["области: образование, спорт, туризм и культура"]),
    ("F36", &["Принято: 22 делегации, направлено: 22 делегации"]),
    (
        "F37",
        &[
            "Поиск деловых партнёров и проведение презентаций инвестиционных возможностей (где: Благовещенск, Красноярск и Нерюнгринский район",
        ],
    ),
    (
        "F38",
        &[
            "автобусы, троллейбусы, дорожная техника, коагулянты для очистки воды, удобрения, саженцы, продукты питания, малые архитектурные формы, праздничное убранство города и др.",
        ],
    ),
    ("F39", &["Ниигата, Такацуки и Дзёэцу (связи насчитывают более 10 лет)"]),
    ("F40", &["21-я встреча мэров"]),
    ("F41", &["Экспозиция фоторабот благовещенцев в Дзёэцу"]),
    ("F42", &["сотрудничество в области культуры, спорта, обмены детскими делегациями"]),
    ("F43", &["Ассоциация изучения Ки «Синсинтойцу Айкидо»: создана в 2008 году (вторая в стране"]),
    ("F44", &["в августе 2007 года", "подписано совместное Коммюнике"]),
    ("F45", &["Япония: 9 городов и Россия: 9 городов"]),
    ("F46", &["Выезд участников 21-й встречи мэров в Хэйхэ"]),
    ("F47", &["высочайший уровень организации"]),
    ("F48", &["Республика Корея, КНДР"]),
    ("F49", &["Делегация администрации города на Саммит городов АТР", "в сентябре 2010 года", "место: Инчхон"]),
    ("F50", &["свыше 1000 человек", "150 городов"]),
    ("F51", &["Инвесторы провинции Чхунчхон-Намдо"]),
    (
        "F52",
        &[
            "«Застройка Северного жилого района»",
            "«Берегоукрепление набережной реки Амур»",
            "«Игнатьевская усадьба»",
            "Стадион «Юность»",
        ],
    ),
    (
        "F53",
        &[
            "Отношения сотрудничества: Официальные представители Республики Корея и Официальные представители Корейской Народно-Демократической Республики",
        ],
    ),
    ("F54", &["Танджин — достигнута договорённость о переговорах"]),
    (
        "F55",
        &[
            "О возможности установления побратимских отношений с городом Пхёнсон",
            "Представительство МИД России и Представительство МИД КНДР",
        ],
    ),
    ("F56", &["Выставка изделий декоративно-прикладного искусства КНДР (в октябре 2012 года"]),
];

/// The demo data set, in which each record's number stands for its id.
fn dataset() -> Value {
    serde_json::from_str(DEMO).unwrap()
}

fn id_of(reference: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, reference.as_bytes())
}

/// Puts ids where numbers stand, and gives each record its own. What names a record that is not
/// there is left out, as if nobody had said so.
fn with_ids(value: &Value, known: &BTreeSet<String>) -> Option<Value> {
    let is_number = |text: &str| {
        text.len() == 8 && text.as_bytes()[3] == b'-' && text[4..].bytes().all(|byte| byte.is_ascii_digit())
    };
    match value {
        Value::String(text) if is_number(text) => known.contains(text).then(|| id_of(text).to_string().into()),
        Value::Array(items) => {
            // An element that lost what it names is lost with it.
            let kept = items.iter().filter_map(|item| {
                let whole = with_ids(item, known)?;
                let lost = item
                    .as_object()
                    .is_some_and(|members| whole.as_object().is_some_and(|left| left.len() < members.len()));
                (!lost).then_some(whole)
            });
            Some(kept.collect())
        }
        Value::Object(members) => {
            let mut all = serde_json::Map::new();
            for (name, member) in members {
                if name == "ref" {
                    all.insert("id".to_owned(), id_of(member.as_str().unwrap_or_default()).to_string().into());
                    all.insert(name.clone(), member.clone());
                } else if let Some(member) = with_ids(member, known) {
                    all.insert(name.clone(), member);
                }
            }
            Some(Value::Object(all))
        }
        other => Some(other.clone()),
    }
}

fn numbers(data: &Value) -> BTreeSet<String> {
    let records = data["records"].as_object().unwrap().values().flat_map(|records| records.as_array().unwrap());
    records.map(|record| record["ref"].as_str().unwrap().to_owned()).collect()
}

fn read<T: Collection>(data: &Value, known: &BTreeSet<String>) -> Vec<Record<T>> {
    let records = data["records"][T::NAME.as_str()].as_array().into_iter().flatten();
    let living = records.filter(|record| known.contains(record["ref"].as_str().unwrap()));
    living.filter_map(|record| serde_json::from_value(with_ids(record, known).unwrap()).ok()).collect()
}

/// The facts without these records.
fn facts_without(data: &Value, gone: &[&str]) -> Facts {
    let known: BTreeSet<String> = numbers(data).into_iter().filter(|number| !gone.contains(&number.as_str())).collect();
    let mut facts = Facts {
        municipality: serde_json::from_value(with_ids(&data["municipality"], &known).unwrap()).unwrap(),
        places: read(data, &known),
        organizations: read(data, &known),
        partnerships: read(data, &known),
        agreements: read(data, &known),
        exchanges: read(data, &known),
        events: read(data, &known),
        memberships: read(data, &known),
        letters: read(data, &known),
        programmes: read(data, &known),
        projects: read(data, &known),
        assistance_cases: read(data, &known),
        work_plans: read(data, &known),
        publications: read(data, &known),
        observations: read(data, &known),
        report_notes: read(data, &known),
        exchange_figures: Vec::new(),
        findings: Vec::new(),
        missing_domains: vec!["tourism".to_owned()],
    };
    facts.put_in_order();
    facts
}

fn report_without(data: &Value, gone: &[&str]) -> Report {
    annual(&facts_without(data, gone), 2011, "ru", date(2011, 12, 31))
}

/// The records that cite each fact. Places are named, not told: nothing is drawn from them.
fn cited(data: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut cited: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut look = |record: &Value| {
        for source in record["sources"].as_array().into_iter().flatten() {
            if let Some(fact) = source["locator"].as_str().filter(|text| text.len() == 3 && text.starts_with('F')) {
                cited.entry(fact.to_owned()).or_default().insert(record["ref"].as_str().unwrap().to_owned());
            }
        }
    };
    look(&data["municipality"]);
    for (collection, records) in data["records"].as_object().unwrap() {
        if collection != "places" {
            records.as_array().unwrap().iter().for_each(&mut look);
        }
    }
    cited
}

/// Everything the report says, and the records it says it from. The annexes repeat, so they prove
/// nothing.
fn said(report: &Report) -> (String, BTreeSet<String>) {
    let (mut text, mut records) = (String::new(), BTreeSet::new());
    let mut note = |words: &str, from: &[RecordMention]| {
        text.push_str(words);
        text.push('\n');
        records.extend(from.iter().map(|record| record.reference.clone()));
    };
    for section in report.sections.iter().filter(|section| !section.key.starts_with("annex")) {
        note(&section.title, &[]);
        for block in section.blocks.iter().filter(|block| block.chart.is_none()) {
            note(block.text.as_deref().unwrap_or_default(), &block.records);
            block.items.iter().for_each(|item| note(&item.text, &item.records));
        }
    }
    (text, records)
}

/// The facts the report does not tell.
fn missing(report: &Report, cited: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let (text, records) = said(report);
    let told = |fact: &str, words: &[&str]| {
        words.iter().all(|words| text.contains(words)) && cited[fact].iter().all(|record| records.contains(record))
    };
    FACTS.iter().filter(|(fact, words)| !told(fact, words)).map(|(fact, _)| (*fact).to_owned()).collect()
}

#[test]
fn every_fact_is_told_by_the_records_that_cite_it() {
    let data = dataset();
    let cited = cited(&data);
    assert_eq!(
        cited.keys().map(String::as_str).collect::<Vec<_>>(),
        FACTS.iter().map(|(fact, _)| *fact).collect::<Vec<_>>()
    );
    let report = report_without(&data, &[]);
    let (text, records) = said(&report);
    let untold = missing(&report, &cited).into_iter().map(|fact| {
        let (_, words) = FACTS.iter().find(|(known, _)| *known == fact).unwrap();
        let words: Vec<_> = words.iter().filter(|words| !text.contains(**words)).collect();
        let unlinked: Vec<_> = cited[&fact].difference(&records).collect();
        format!("{fact}: not said {words:?}, not linked {unlinked:?}")
    });
    let untold: Vec<String> = untold.collect();
    assert!(untold.is_empty(), "{} in\n{text}", untold.join("\n"));
}

#[test]
fn the_countries_stand_in_the_order_of_the_founding_report() {
    let report = report_without(&dataset(), &[]);
    let keys: Vec<&str> = report.sections.iter().map(|section| section.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "introduction",
            "overview",
            "multilateral",
            "organization",
            "countries_cn",
            "countries_jp",
            "countries_kr_kp",
            "other_events",
            "assistance",
            "media",
            "bodies",
            "plans",
            "annex_partnerships",
            "annex_agreements",
            "annex_exchanges",
            "annex_findings",
        ]
    );
}

#[test]
fn without_a_record_just_its_facts_are_gone() {
    let data = dataset();
    let cited = cited(&data);
    let records: BTreeSet<&String> = cited.values().flatten().filter(|number| *number != "MUN-0001").collect();
    assert!(records.len() > 80, "{}", records.len());
    let mut wrong = Vec::new();
    for record in records {
        let of_record: BTreeSet<String> =
            cited.iter().filter(|(_, records)| records.contains(record)).map(|(fact, _)| fact.clone()).collect();
        let gone = missing(&report_without(&data, &[record]), &cited);
        if gone != of_record {
            wrong.push(format!("{record}: gone {gone:?}, cited {of_record:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_facts_give_the_same_report() {
    let data = dataset();
    assert_eq!(report_without(&data, &[]), report_without(&data, &[]));
    for lang in LANGUAGES {
        let report = annual(&facts_without(&data, &[]), 2011, lang, date(2011, 12, 31));
        let (text, _) = said(&report);
        // A message that is missing is told by its name, one that lacks a variable by that.
        assert!(!text.contains("country-") && !text.contains("{ $") && !text.contains("{$"), "{lang}: {text}");
    }
}

#[test]
fn a_city_with_nothing_has_a_report_that_says_so() {
    let data = dataset();
    let all: Vec<String> = numbers(&data).into_iter().collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let report = report_without(&data, &all);
    let overview = report.sections.iter().find(|section| section.key == "overview").unwrap();
    assert_eq!(overview.blocks[0].kind, ReportBlockKind::Empty);
    assert!(report.title.contains("Благовещенск"), "{}", report.title);
}
