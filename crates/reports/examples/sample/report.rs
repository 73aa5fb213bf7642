//! A report that has everything a renderer must bear: five languages, quotes, attempts at markup, a
//! long table, neighbours on a map. The example writes it, the tests read what became of it.

use pobratim_domain::value::LanguageTag;
use pobratim_domain::{CollectionName, Slug};

use super::reports::{
    Labels, RecordMention, Report, ReportBlock, ReportBlockKind, ReportChart, ReportChartKind, ReportColumn,
    ReportItem, ReportKind, ReportPoint, ReportRow, ReportSection, ReportSeries, ReportTable,
};

/// What must stay text.
pub const ATTACK: &str =
    "</style><script>alert('побратим')</script> & \"кавычки\" | *звёзды* `код` [ссылка](http://x) ]]>";

/// A report with a title and nothing else.
pub fn empty() -> Report {
    Report {
        kind: ReportKind::Annual,
        municipality: Slug::parse("blagoveshchensk").expect("a slug"),
        year: Some(2011),
        partnership: None,
        lang: LanguageTag::parse("ru").expect("a tag"),
        as_of: "2011-12-31".into(),
        title: "Пустой отчёт".into(),
        subtitle: None,
        sections: Vec::new(),
        labels: Labels {
            page: "Страница".into(), contents: "Содержание".into(), records: "Записи".into()
        },
    }
}

/// The sample.
pub fn report() -> Report {
    Report {
        title: "Международная деятельность города Благовещенска в 2011 году".into(),
        subtitle: Some(
            "Управление международных связей администрации города. По данным на 31 декабря 2011 года".into(),
        ),
        sections: vec![overview(), map_section(), china(), japan(), korea(), annex()],
        ..empty()
    }
}

fn overview() -> ReportSection {
    let text = "Международная деятельность администрации города Благовещенска ведётся по трём направлениям: \
        международные связи, туризм и внешнеэкономическая деятельность. Города-побратимы: Хэйхэ 黑河 (договор от \
        17 июля 2003 года) и Удаляньчи 五大连池. Планируется установить побратимские связи с городами Жичжао 日照, \
        Якутск, Танджин 당진 и Пхёнсон 평성. Углублялись традиционные дружеские связи с Ниигатой 新潟, Такацуки 高槻 и \
        Дзёэцу 上越, налаживались новые контакты.";
    let items = vec![
        member("«Мэры за мир»", 1),
        member("Объединённые города и местные власти (UCLG)", 2),
        member("Ассоциация мэров городов Дальнего Востока и Сибири и городов западного побережья Японии", 3),
        ReportItem {
            text: "Всероссийский совет местного самоуправления".into(), records: Vec::new()
        },
    ];
    section(
        "overview",
        "Общая картина",
        1,
        vec![
            ReportBlock {
                text: Some(text.into()),
                records: records(CollectionName::Partnerships, "PAR", 6),
                ..block(ReportBlockKind::Paragraph)
            },
            ReportBlock {
                text: Some("Город состоит в международных объединениях:".into()),
                items,
                ..block(ReportBlockKind::List)
            },
            ReportBlock {
                chart: Some(bars()),
                records: records(CollectionName::Exchanges, "EXC", 23),
                ..block(ReportBlockKind::Chart)
            },
        ],
    )
}

fn map_section() -> ReportSection {
    section(
        "map",
        "Где живут наши партнёры",
        2,
        vec![ReportBlock { chart: Some(map()), ..block(ReportBlockKind::Chart) }],
    )
}

fn china() -> ReportSection {
    let note = "Приграничное положение Благовещенска и Хэйхэ, которые разделяет лишь река Амур, сделало сотрудничество \
        с Китаем главным направлением международной деятельности города.\n\nОтношения, по словам мэра, «вышли на \
        качественно новый уровень».";
    let table = ReportTable {
        caption: "Соглашения, действующие в 2011 году".into(),
        columns: columns(&[("Документ", false), ("Подписан", false), ("Срок, мес.", true)]),
        rows: vec![
            row(
                &["Договор о побратимских связях между городами Благовещенск и Хэйхэ", "17 июля 2003 г.", "60"],
                records(CollectionName::Agreements, "AGR", 1),
            ),
            row(
                &["Протокол о сотрудничестве в области культуры, образования и спорта", "май 2011 г.", "12"],
                records(CollectionName::WorkPlans, "WPL", 2),
            ),
            row(&["关于建立友好城市关系的协议书", "2011", ""], Vec::new()),
            row(&[ATTACK, "2011?", "−1"], Vec::new()),
        ],
    };
    section(
        "countries_cn",
        "Китайская Народная Республика",
        1,
        vec![
            ReportBlock {
                text: Some(note.into()),
                records: records(CollectionName::ReportNotes, "RPN", 1),
                ..block(ReportBlockKind::Note)
            },
            ReportBlock { text: Some(ATTACK.into()), ..block(ReportBlockKind::Paragraph) },
            ReportBlock { table: Some(table), ..block(ReportBlockKind::Table) },
        ],
    )
}

fn japan() -> ReportSection {
    let text = "В августе 2007 года прошла 21-я встреча мэров: 9 японских и 9 российских городов приняли совместное \
        коммюнике 「共同コミュニケ」. Фотовыставка показана в Дзёэцу (префектура Ниигата, 新潟県上越市).";
    section(
        "countries_jp",
        "Япония",
        1,
        vec![
            ReportBlock {
                text: Some(text.into()),
                records: records(CollectionName::Events, "EVT", 2),
                ..block(ReportBlockKind::Paragraph)
            },
            ReportBlock {
                text: Some("О туризме сведений нет.".into()), ..block(ReportBlockKind::Empty)
            },
        ],
    )
}

fn korea() -> ReportSection {
    let text = "В сентябре 2010 года делегация города участвовала в саммите городов АТР в Инчхоне 인천광역시: более 1000 \
        участников из 150 городов. Достигнута договорённость о переговорах с Танджином (당진시, 충청남도).";
    let objects = ReportBlock {
        text: Some("Инвесторам представлены объекты:".into()),
        items: ["Северный жилой район", "Набережная Амура", "Игнатьевская усадьба", "Стадион «Юность»"]
            .map(|text| ReportItem { text: text.into(), records: records(CollectionName::Projects, "PRJ", 1) })
            .into(),
        ..block(ReportBlockKind::List)
    };
    section(
        "countries_kr_kp",
        "Республика Корея и КНДР",
        1,
        vec![
            ReportBlock {
                text: Some(text.into()),
                records: records(CollectionName::Letters, "LET", 9),
                ..block(ReportBlockKind::Paragraph)
            },
            objects,
        ],
    )
}

fn annex() -> ReportSection {
    let places =
        ["Хэйхэ 黑河", "Удаляньчи 五大连池", "Далянь 大连", "Шэньян 沈阳", "Ниигата 新潟", "Танджин 당진", "Якутск"];
    let rows = (1..=45).map(|number| {
        let place = places[number % places.len()];
        let figures = [(number * 7 % 31).to_string(), (number * 13 % 47).to_string()];
        let record = record(CollectionName::Exchanges, "EXC", number);
        row(
            &[
                &number.to_string(),
                place,
                "Обмен детскими творческими коллективами в рамках протокола",
                &figures[0],
                &figures[1],
            ],
            vec![record],
        )
    });
    let table = ReportTable {
        caption: "Реестр обменов по странам и направлениям".into(),
        columns: columns(&[
            ("№", true),
            ("Город", false),
            ("Содержание", false),
            ("Принято", true),
            ("Направлено", true),
        ]),
        rows: rows.collect(),
    };
    section(
        "annex",
        "Приложение. Реестр обменов",
        1,
        vec![ReportBlock { table: Some(table), ..block(ReportBlockKind::Table) }],
    )
}

/// Delegations by country.
pub fn bars() -> ReportChart {
    let series = |name: &str, values: &[i64]| ReportSeries { name: name.into(), values: values.to_vec() };
    let countries = ["Китайская Народная Республика", "Япония", "Республика Корея", "КНДР", "Россия"];
    ReportChart {
        caption: "Делегации по странам".into(),
        categories: countries.map(str::to_owned).into(),
        series: vec![series("Принято", &[22, 3, 2, 0, 7]), series("Направлено", &[22, 4, 5, 1, 11])],
        ..ReportChart::default()
    }
}

/// The ties of the demo city.
pub fn map() -> ReportChart {
    let points = [
        ("Благовещенск", 50.2907, 127.5272, "Наш город"),
        ("Хэйхэ", 50.2441, 127.4902, "Побратимы"),
        ("Удаляньчи", 48.5163, 126.1966, "Побратимы"),
        ("Жичжао", 35.4275, 119.4555, "Планируемые побратимы"),
        ("Якутск", 62.0339, 129.7331, "Планируемые побратимы"),
        ("Танджин", 36.8944, 126.6297, "Планируемые побратимы"),
        ("Пхёнсон", 39.2464, 125.8719, "Планируемые побратимы"),
        ("Ниигата", 37.9161, 139.0364, "Дружба"),
        ("Такацуки", 34.8461, 135.6175, "Дружба"),
        ("Дзёэцу 上越", 37.1478, 138.2361, "Дружба"),
        ("Далянь 大连", 38.9140, 121.6147, "Контакты"),
        ("Шэньян", 41.8057, 123.4315, "Контакты"),
        ("Маньчжурия", 49.5978, 117.3786, "Контакты"),
        ("Цицикар", 47.3543, 123.9180, "Контакты"),
        ("Гонконг 香港", 22.3193, 114.1694, "Контакты"),
        ("Красноярск", 56.0153, 92.8932, "Трёхсторонние связи"),
        ("Нерюнгри", 56.6589, 124.7203, "Трёхсторонние связи"),
        ("Инчхон 인천", 37.4563, 126.7052, "Контакты"),
    ];
    let point = |(label, lat, lon, group): (&str, f64, f64, &str)| ReportPoint {
        label: label.into(),
        lat,
        lon,
        group: group.into(),
        home: group == "Наш город",
    };
    let caption = "Связи города на карте".into();
    ReportChart { kind: ReportChartKind::Map, caption, points: points.map(point).into(), ..ReportChart::default() }
}

fn section(key: &str, title: &str, level: i32, blocks: Vec<ReportBlock>) -> ReportSection {
    ReportSection { key: key.into(), title: title.into(), level, countries: Vec::new(), blocks }
}

fn block(kind: ReportBlockKind) -> ReportBlock {
    ReportBlock { kind, ..ReportBlock::default() }
}

fn member(text: &str, number: usize) -> ReportItem {
    ReportItem { text: text.into(), records: vec![record(CollectionName::Memberships, "MEM", number)] }
}

fn columns(columns: &[(&str, bool)]) -> Vec<ReportColumn> {
    columns.iter().map(|(title, numeric)| ReportColumn { title: (*title).into(), numeric: *numeric }).collect()
}

fn row(cells: &[&str], records: Vec<RecordMention>) -> ReportRow {
    ReportRow { cells: cells.iter().map(|cell| (*cell).into()).collect(), records }
}

fn records(collection: CollectionName, prefix: &str, count: usize) -> Vec<RecordMention> {
    (1..=count).map(|number| record(collection, prefix, number)).collect()
}

fn record(collection: CollectionName, prefix: &str, number: usize) -> RecordMention {
    let id = format!("01890a5d-ac96-774b-bcce-b302099a{:04x}", 0x8058 + number).parse().expect("an id");
    RecordMention { collection, id, reference: format!("{prefix}-{number:04}") }
}
