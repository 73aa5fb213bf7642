//! The made city: the demo city with ties and delegations as a busy office would have them, copied
//! by SQL until there are as many as wanted.
//!
//! Sixty-seven delegations are the originals, each with all that a real one has: titles in two
//! languages, purpose, results, headcount, days, a tie, a source. That is a prime number, so that
//! copies, which differ in their years, spread over all of them.

use pobratim_api::Settings;
use pobratim_domain::CollectionName;
use pobratim_tests::{App, Likeness, Store, analyze, crowd, rows};
use sea_orm::{DatabaseConnection, DbBackend};
use serde_json::{Value, json};

const DEMO: &str = include_str!("../../../../demo/blagoveshchensk.json");

/// The secret that keys cursors and API keys: the suite's, because its [`App`] makes the city.
pub const SECRET: &str = "a secret of the suite";

/// How many delegations stand beside the demo's seven.
const ORIGINALS: usize = 60;

/// Who travels, what for, and in which field.
const KINDS: [(&str, &str, &str, &str); 13] = [
    ("officials", "trade", "Делегация администрации на переговоры", "City administration for talks on border trade"),
    ("children", "children", "Детская делегация в летний лагерь", "Children for three weeks in a summer camp"),
    ("youth", "youth", "Молодёжный обмен", "Youth exchange with evenings in families"),
    ("students", "education", "Студенты университета на стажировку", "University students for a language course"),
    ("teachers", "education", "Учителя на методический семинар", "Teachers for a seminar on methods"),
    ("specialists", "environment", "Специалисты по охране реки", "Specialists in the protection of the river"),
    ("medics", "health", "Врачи городской больницы", "Doctors of the city hospital for training"),
    ("creative", "culture", "Ансамбль народного танца на фестиваль", "Folk dance ensemble for the festival of arts"),
    ("sports", "sport", "Команда по хоккею на турнир", "Ice hockey team for the tournament of twin cities"),
    ("business", "trade", "Предприниматели на ярмарку", "Entrepreneurs for the international fair"),
    ("media", "media", "Журналисты городских изданий", "Journalists of the city's newspapers"),
    ("citizens", "tourism", "Горожане на день города", "Citizens for the day of the city"),
    ("mixed", "culture", "Сводная делегация на юбилей связей", "A mixed delegation for the anniversary of the tie"),
];

/// A city in a database of its own.
pub struct City {
    pub store: Store,
    /// An editor's key.
    pub key: String,
    /// Some public delegations.
    pub records: Vec<String>,
    /// A place abroad, the home place and the tie between them, for new delegations.
    pub partner: String,
    pub home: String,
    pub tie: String,
    pub organizer: String,
}

impl City {
    /// Makes a city with more than so many ties and delegations.
    pub async fn make(ties: u64, delegations: u64) -> Self {
        let app = App::start_with(Store::new().await, Settings::default()).await;
        pobratim_api::load(&app.api, &data_set(), |_, _| {}).await.unwrap();
        let beside = app.store.beside().await;
        crowd(&beside, CollectionName::Partnerships, ties, Likeness::True).await;
        crowd(&beside, CollectionName::Exchanges, delegations, Likeness::True).await;
        pobratim_migrations::count_exchanges(&beside).await.unwrap();
        if Store::server().is_some() {
            // As PostgreSQL does by itself before long. Nobody does it for SQLite.
            analyze(&beside).await;
        }
        let key = app.editor().await;
        let id = |table: &str, name: &str| format!("SELECT id FROM {table} WHERE ref = '{name}'");
        let one = async |sql: String| ids(&beside, &sql).await.remove(0);
        let city = Self {
            key,
            partner: one(id("places", "PLA-0004")).await,
            home: one(id("places", "PLA-0001")).await,
            tie: one(id("partnerships", "PAR-0001")).await,
            organizer: one(id("organizations", "ORG-0003")).await,
            records: ids(&beside, &some_public(&beside)).await,
            store: app.store.clone(),
        };
        beside.close().await.unwrap();
        app.database.close().await;
        city
    }

    /// A new delegation, as a client sends it.
    pub fn delegation(&self) -> Value {
        json!({
            "title": {
                "ru": "Делегация администрации города на переговоры о приграничной торговле",
                "en": "Delegation of the city administration for talks on border trade",
            },
            "purpose": {"ru": "Подготовка соглашения о сотрудничестве", "en": "To prepare an agreement on cooperation"},
            "direction": "outgoing", "audience": "officials", "origin": self.home, "destination": self.partner,
            "period": "2011-09-05/2011-09-09", "fields": ["trade"], "headcount": {"total": {"value": 12}},
            "organizer": self.organizer, "partnerships": [self.tie], "visibility": "public",
            "sources": [source(7)],
        })
    }
}

fn some_public(connection: &DatabaseConnection) -> String {
    let seven = match connection.get_database_backend() {
        DbBackend::Sqlite => "substr(ref, -2) = '07'",
        _ => "right(ref, 2) = '07'",
    };
    format!(
        "SELECT id FROM exchanges WHERE visibility = 'public' AND length(ref) > 8 AND {seven} ORDER BY id LIMIT 200"
    )
}

async fn ids(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    rows(connection, sql).await.iter().map(|row| row.try_get::<uuid::Uuid>("", "id").unwrap().to_string()).collect()
}

/// The demo city with the originals of what is copied.
fn data_set() -> String {
    let mut demo: Value = serde_json::from_str(DEMO).unwrap();
    let ties = ties_by_place(&demo);
    let places: Vec<String> = demo["records"]["places"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|place| place["country"] != "RU")
        .map(|place| place["ref"].as_str().unwrap().to_owned())
        .collect();
    let exchanges = demo["records"]["exchanges"].as_array_mut().unwrap();
    for number in 0..ORIGINALS {
        let place = &places[number % places.len()];
        let tie = ties.iter().find(|(party, _)| party == place).map(|(_, tie)| tie.as_str());
        exchanges.push(original(number, place, tie));
    }
    demo.to_string()
}

fn ties_by_place(demo: &Value) -> Vec<(String, String)> {
    let mut ties = Vec::new();
    for tie in demo["records"]["partnerships"].as_array().unwrap() {
        for party in tie["parties"].as_array().unwrap() {
            if let Some(place) = party["place"].as_str() {
                ties.push((place.to_owned(), tie["ref"].as_str().unwrap().to_owned()));
            }
        }
    }
    ties
}

fn original(number: usize, place: &str, tie: Option<&str>) -> Value {
    let (audience, field, ru, en) = KINDS[number % KINDS.len()];
    let incoming = number.is_multiple_of(2);
    let (origin, destination) = if incoming { (place, "PLA-0001") } else { ("PLA-0001", place) };
    let (month, day) = (1 + number % 12, 1 + number % 20);
    let period =
        if number.is_multiple_of(4) { format!("2011-{month:02}") } else { format!("2011-{month:02}-{day:02}") };
    let mut exchange = json!({
        "ref": format!("EXC-{}", 101 + number), "visibility": "public", "state": "completed",
        "title": {"ru": format!("{ru}: {}", number + 1), "en": format!("{en}, {}", number + 1)},
        "purpose": {
            "ru": "Знакомство с опытом города-партнёра и подготовка совместных мероприятий на следующий год",
            "en": "To learn from the partner city's experience and to prepare what is done together next year",
        },
        "results": {
            "ru": "Подписан протокол о намерениях; стороны договорились продолжить обмены и составить план работы.",
            "en": "A protocol of intent was signed; the sides agreed to go on with exchanges and to draw up a work plan.",
        },
        "direction": if incoming { "incoming" } else { "outgoing" }, "mode": "in_person", "audience": audience,
        "origin": origin, "destination": destination, "period": period, "fields": [field],
        "organizer": "ORG-0003",
        "headcount": {"total": {"value": 8 + number % 30, "qualifier": if number.is_multiple_of(3) { "about" } else { "exact" }}},
        "itinerary": [
            {"text": {"ru": "Встреча в администрации города", "en": "Meeting at the city administration"}},
            {"text": {"ru": "Посещение учреждений и предприятий", "en": "Visits to institutions and enterprises"}},
        ],
        "sources": [source(number)],
    });
    if let Some(tie) = tie {
        exchange["partnerships"] = json!([tie]);
    }
    exchange
}

fn source(number: usize) -> Value {
    json!({
        "text": "Отчёт о международной деятельности города Благовещенска за 2011 год",
        "locator": format!("с. {}", 1 + number),
        "quote": "В рамках подписанных протоколов о сотрудничестве в области культуры, образования, спорта осуществляются обмены делегациями",
        "lang": "ru",
    })
}
