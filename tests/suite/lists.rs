//! Lists in whatever way they are found: what has been filtered by one thing and sorted by another, common,
//! rare or absent, near the beginning or at the far end, is the same as when all is read and looked through.

use std::collections::{BTreeSet, HashMap};

use pobratim_api::Settings;
use pobratim_domain::{CollectionName, Exchange};
use pobratim_persistence::{
    COMMON_SORTS, Cursor, Database, Declared, Filter, Key, ListQuery, Secret, Sort, View, Wanted,
};
use pobratim_tests::{App, Likeness, Store, analyze, crowd, rows};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};
use uuid::Uuid;

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");

/// So many that half of them are more than what is gathered, and all more than what is looked through.
const CROWD: u64 = 22_000;
/// Pages of several sizes: the small ones are filled along the order.
const LIMITS: [u64; 5] = [3, 50, 7, 200, 4_000];
const COMBINATIONS: usize = 45;

#[tokio::test]
async fn whatever_a_list_is_found_by_it_is_the_same() {
    let app = App::start_with(Store::new().await, Settings::default()).await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    let connection = app.store.beside().await;
    crowd(&connection, CollectionName::Exchanges, CROWD, Likeness::Varied).await;
    strew(&connection).await;
    if Store::server().is_some() {
        // As PostgreSQL does by itself before long. Nobody does it for SQLite.
        analyze(&connection).await;
    }
    let lists = Lists::new(app.database.clone(), &connection).await;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let sorts: Vec<Sort> = COMMON_SORTS.iter().chain(Declared::of(CollectionName::Exchanges).sorts).copied().collect();
    for sizes in [0..1, 1..500, 501..8_000, 8_001..usize::MAX] {
        let has = lists.things.iter().any(|(_, _, fits)| sizes.contains(&fits.len()));
        assert!(has, "nothing that {sizes:?} records have");
    }
    for one in 0..lists.things.len() {
        // Each alone, in the order of creation, in which some are left to the database, and in another.
        lists.walk(&[one], sorts[0], false, &mut random).await;
        let sort = sorts[1 + random.below(sorts.len() - 1)];
        let descending = random.below(2) == 0;
        lists.walk(&[one], sort, descending, &mut random).await;
    }
    for _ in 0..COMBINATIONS {
        let many = 2 + random.below(2);
        let some: BTreeSet<usize> = (0..many).map(|_| random.below(lists.things.len())).collect();
        let some: Vec<usize> = some.into_iter().collect();
        let sort = sorts[random.below(sorts.len())];
        let descending = random.below(2) == 0;
        lists.walk(&some, sort, descending, &mut random).await;
    }
}

/// What is common, rare, absent, and what lies at one end of an order, whatever the demo city has.
async fn strew(connection: &DatabaseConnection) {
    let k = "((created_at - 1400000000000000) / 1000)";
    let copies = "created_at BETWEEN 1400000000000000 AND 1490000000000000";
    let statements = [
        format!(
            "UPDATE exchanges SET direction = CASE WHEN {k} % 3 = 0 THEN 'incoming' ELSE 'outgoing' END, \
             audience = CASE WHEN {k} % 2 = 0 THEN 'officials' WHEN {k} % 13 = 1 THEN 'teachers' \
             WHEN {k} % 101 = 1 THEN 'youth' WHEN {k} > 20000 THEN 'medics' ELSE 'mixed' END, \
             highlight = ({k} % 5000 = 1) WHERE {copies}"
        ),
        // Only in the last years, and many.
        format!(
            "UPDATE exchanges SET state = CASE WHEN period_first > '1995' THEN 'completed' ELSE 'reported' END WHERE {copies}"
        ),
        format!("UPDATE exchanges SET deleted_at = 1500000000000000 WHERE {copies} AND {k} % 50 = 7"),
        "DELETE FROM terms WHERE record_id IN (SELECT id FROM exchanges WHERE deleted_at IS NOT NULL)".to_owned(),
        "DELETE FROM links WHERE record_id IN (SELECT id FROM exchanges WHERE deleted_at IS NOT NULL)".to_owned(),
    ];
    for statement in statements {
        connection.execute_unprepared(&statement).await.unwrap();
    }
}

/// The lists, and by itself what each thing that they are asked for fits.
struct Lists {
    database: Database,
    secret: Secret,
    things: Vec<(String, Wanted, BTreeSet<Uuid>)>,
    /// Where each public record stands, in each order.
    orders: HashMap<&'static str, Vec<(Key, Uuid)>>,
}

impl Lists {
    async fn new(database: Database, connection: &DatabaseConnection) -> Self {
        let declared = Declared::of(CollectionName::Exchanges);
        let mut orders = HashMap::new();
        for sort in COMMON_SORTS.iter().chain(declared.sorts) {
            let sql = format!(
                "SELECT id, {} AS sort FROM exchanges WHERE deleted_at IS NULL AND visibility = 'public'",
                sort.column
            );
            let mut all: Vec<(Key, Uuid)> = rows(connection, sql).await.iter().map(standing).collect();
            all.sort_by(|(one, a), (other, b)| compare(one, other).then(a.cmp(b)));
            orders.insert(sort.name, all);
        }
        let mut things = Vec::new();
        for (name, wanted, sql) in things_of(declared, connection).await {
            let fits = rows(connection, sql).await.iter().map(|row| row.try_get("", "id").unwrap()).collect();
            things.push((name, wanted, fits));
        }
        Self { database, secret: Secret::new("lists"), things, orders }
    }

    /// Goes through all pages of a list, and compares it with what is looked through here.
    async fn walk(&self, which: &[usize], sort: Sort, descending: bool, random: &mut Random) {
        let things: Vec<_> = which.iter().map(|at| &self.things[*at]).collect();
        let names: Vec<&str> = things.iter().map(|(name, ..)| name.as_str()).collect();
        let label = format!("{names:?} by {}{}", if descending { "-" } else { "" }, sort.name);
        let fits = |id: &Uuid| things.iter().all(|(_, _, fits)| fits.contains(id));
        let mut wanted: Vec<Uuid> = self.orders[sort.name].iter().map(|(_, id)| *id).filter(fits).collect();
        if descending {
            wanted.reverse();
        }
        let mut query = ListQuery {
            filters: things.iter().map(|(_, wanted, _)| wanted.clone()).collect(),
            sort,
            descending,
            limit: LIMITS[random.below(LIMITS.len())],
            cursor: None,
            count: true,
            name: label.clone(),
        };
        let mut found = Vec::new();
        loop {
            let read = self
                .database
                .read(async |snapshot| snapshot.list::<Exchange>(&View::Public, &query, &self.secret).await);
            let page = read.await.unwrap();
            if query.count {
                assert_eq!(page.total, Some(i64::try_from(wanted.len()).unwrap()), "{label}");
            }
            assert!(page.next.is_none() || page.rows.len() as u64 == query.limit, "{label}");
            found.extend(page.rows.iter().map(|row| row.id));
            let Some(next) = page.next else { break };
            // Somewhere in between, far from both ends, a page of its own.
            query.cursor = Some(next);
            query.count = false;
            query.limit = LIMITS[random.below(LIMITS.len())];
        }
        assert!(found == wanted, "{label}: {} were found, {} fit", found.len(), wanted.len());
        self.begin_anywhere(&query, &wanted, &label, random).await;
    }

    /// A page after a place that a client made up its mind to begin at: any record of the order.
    async fn begin_anywhere(&self, query: &ListQuery, wanted: &[Uuid], label: &str, random: &mut Random) {
        let order = &self.orders[query.sort.name];
        let (key, id) = order[random.below(order.len())].clone();
        let places: HashMap<Uuid, usize> = order.iter().enumerate().map(|(at, (_, id))| (*id, at)).collect();
        let here = places[&id];
        let is_after = |id: &&Uuid| if query.descending { places[id] < here } else { places[id] > here };
        let wanted: Vec<Uuid> = wanted.iter().filter(is_after).take(50).copied().collect();
        let cursor = Cursor { key, id }.encode(&self.secret, &query.name).unwrap();
        let query = ListQuery { cursor: Some(cursor), limit: 50, ..query.clone() };
        let read =
            self.database.read(async |snapshot| snapshot.list::<Exchange>(&View::Public, &query, &self.secret).await);
        let found: Vec<Uuid> = read.await.unwrap().rows.iter().map(|row| row.id).collect();
        assert_eq!(found, wanted, "{label}, from place {here}");
    }
}

/// What lists are asked for, each with a plain statement that finds the same.
async fn things_of(declared: Declared, connection: &DatabaseConnection) -> Vec<(String, Wanted, String)> {
    let by = |name: &str| declared.filters.iter().find(|filter: &&Filter| filter.name == name).unwrap().by;
    let of_columns = |condition: &str| format!("SELECT id FROM exchanges WHERE {condition}");
    let mut things = Vec::new();
    let mut any = |name: &str, column: &str, values: &[&str]| {
        let list = values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
        let wanted = Wanted::Any(by(name), values.iter().map(|value| (*value).to_owned()).collect());
        things.push((format!("{name} {values:?}"), wanted, of_columns(&format!("{column} IN ({list})"))));
    };
    for value in ["officials", "teachers", "youth", "medics", "citizens"] {
        any("audience", "audience", &[value]);
    }
    any("audience", "audience", &["teachers", "youth", "mixed"]);
    any("direction", "direction", &["incoming"]);
    any("state", "state", &["completed"]);
    any("state", "state", &["reported"]);
    for (value, is) in [("true", "highlight"), ("false", "NOT highlight")] {
        things.push((
            format!("highlight {value}"),
            Wanted::Any(by("highlight"), vec![value.to_owned()]),
            of_columns(is),
        ));
    }
    for country in ["CN", "JP"] {
        let places = format!("SELECT id FROM places WHERE country = '{country}' OR country_group = '{country}'");
        let wanted = Wanted::Any(by("country"), vec![country.to_owned()]);
        things.push((format!("country {country}"), wanted, of_columns(&format!("partner IN ({places})"))));
    }
    for day in ["1950-01-01", "1990-06-01", "2015-01-01", "2030-01-01"] {
        let (from, to) = (Wanted::From(by("period"), day.to_owned()), Wanted::To(by("period"), day.to_owned()));
        things.push((format!("from {day}"), from, of_columns(&format!("period_last >= '{day}'"))));
        things.push((format!("to {day}"), to, of_columns(&format!("period_first <= '{day}'"))));
    }
    for table in ["links", "terms"] {
        let (column, field) = if table == "links" { ("target", "partnerships") } else { ("term", "fields") };
        let sql = format!(
            "SELECT {column} AS value, count(*) AS n FROM {table} WHERE collection = 'exchanges' AND field = '{field}' \
             GROUP BY {column} ORDER BY n DESC, {column}"
        );
        let known = rows(connection, sql).await;
        for row in [&known[0], &known[known.len() / 2]] {
            let (wanted, name) = if table == "links" {
                let id: Uuid = row.try_get("", "value").unwrap();
                (Wanted::Refers(by("partnerships"), vec![id]), id.simple().to_string())
            } else {
                let term: String = row.try_get("", "value").unwrap();
                (Wanted::Any(by("fields"), vec![term.clone()]), term)
            };
            let is = if table == "links" { hex_of(connection, "target") } else { "term".to_owned() };
            let sql = format!(
                "SELECT DISTINCT record_id AS id FROM {table} WHERE collection = 'exchanges' AND field = '{field}' AND {is} = '{name}'"
            );
            things.push((format!("{field} {name}"), wanted, sql));
        }
    }
    let mut words = Vec::new();
    for (text, through) in
        [("хэйхэ", false), ("хэйхэ", true), ("делегация", false), ("дружб", false), ("abracadabra", false)]
    {
        let term = format!("term >= '{text}' AND term < '{text}\u{10ffff}'");
        let own = format!(
            "SELECT record_id AS id FROM terms WHERE collection = 'exchanges' AND field IN ('number', 'title', 'q') AND {term}"
        );
        let linked = format!(
            " UNION SELECT record_id AS id FROM links WHERE collection = 'exchanges' AND target IN \
             (SELECT record_id FROM terms WHERE collection = 'places' AND field = 'title' AND {term})"
        );
        let sql = if through { own + &linked } else { own };
        let through = if through { vec![CollectionName::Places] } else { Vec::new() };
        words.push((format!("q {text} {through:?}"), Wanted::Words { text: text.to_owned(), through }, sql));
    }
    things.extend(words);
    things.push((
        "visibility".to_owned(),
        Wanted::Visibility(vec!["public".to_owned()]),
        of_columns("visibility = 'public'"),
    ));
    things.push((
        "municipality".to_owned(),
        Wanted::Municipality(vec!["blagoveshchensk".to_owned()]),
        of_columns("municipality = 'blagoveshchensk'"),
    ));
    things.push((
        "ref".to_owned(),
        Wanted::Reference(vec!["EXC-1000007".to_owned()]),
        of_columns("ref = 'EXC-1000007'"),
    ));
    things
}

fn hex_of(connection: &DatabaseConnection, column: &str) -> String {
    match connection.get_database_backend() {
        sea_orm::DbBackend::Sqlite => format!("lower(hex({column}))"),
        _ => format!("replace({column}::text, '-', '')"),
    }
}

fn standing(row: &QueryResult) -> (Key, Uuid) {
    let key = row.try_get::<i64>("", "sort").map(Key::Whole).or_else(|_| row.try_get("", "sort").map(Key::Text));
    (key.unwrap(), row.try_get("", "id").unwrap())
}

fn compare(one: &Key, other: &Key) -> std::cmp::Ordering {
    match (one, other) {
        (Key::Whole(one), Key::Whole(other)) => one.cmp(other),
        (Key::Text(one), Key::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
        _ => panic!("one order has two kinds of keys"),
    }
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}
