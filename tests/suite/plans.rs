//! The plans of lists: over a hundred thousand records, whatever a list is filtered or sorted by,
//! on its first page and on page 2000, the database finds the page by an index.
//!
//! What is tested is taken from the declarations, so a new filter or sort key is tested without a
//! line of its own, and the statements are those that lists are read with. The rule:
//!
//! 1. No large table is read from end to end without an index.
//! 2. Records come in the order of the list, not sorted for it, whatever the list is sorted by. What a
//!    filter or words have picked out may be sorted when it is few: at most [`FEW`] records, one in a hundred.
//! 3. A page is looked for in two ways at most. The first goes along the index of the order, from a
//!    place to a place; when what is common fills no page there, the last resort gathers all that have
//!    it, which may be the whole table.
//! 4. Page 2000 is read in the same way as page 1.
//!
//! What is computed from the exchanges of some days is held to the same rule, and to the indexes that are
//! made for it ([`Dated`]).
//!
//! The exchanges stand for all collections, for the sake of time: they have every kind of filter.

use pobratim_api::Settings;
use pobratim_domain::{CollectionName, Role, TermKind};
use pobratim_persistence::{
    COMMON_SORTS, Cursor, Database, Dated, Declared, Filter, FilterBy, Key, ListQuery, Only, Secret, Sort, THROUGH,
    View, Wanted, When,
};
use pobratim_tests::{App, Likeness, Store, analyze, around, crowd, extremes, rows};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde_json::Value;
use uuid::Uuid;

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");

/// How many records a collection has: so many that page 2000 is not the end, where PostgreSQL may
/// think that so few are left that it can as well sort them.
const CROWD: u64 = 105_000;
/// How many records a page has, and where page 2000 begins.
const LIMIT: u64 = 50;
const DEEP: u64 = 1_999 * LIMIT;
/// The indexes by which exchanges of some days are found.
const DATED: [&str; 4] = ["by_municipality_and_period", "across_years", "highlights", "open"];
/// How many records may be sorted.
const FEW: u64 = 1_000;

#[tokio::test]
async fn every_list_finds_its_page_by_an_index() {
    let faults = faults_of(CollectionName::Exchanges).await;
    assert!(faults.is_empty(), "{} plans are bad:\n{}", faults.len(), faults.join("\n"));
}

/// The other collections are held to the rule's premise: what their lists filter and sort by has an
/// index of its own.
#[tokio::test]
async fn every_filter_and_sort_has_an_index() {
    let app = App::start_with(Store::new().await, Settings::default()).await;
    let connection = app.store.beside().await;
    let sql = match connection.get_database_backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index'",
        _ => "SELECT indexname::text AS name FROM pg_indexes",
    };
    let known: Vec<String> = rows(&connection, sql).await.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    let mut missing = Vec::new();
    for name in CollectionName::ALL {
        let declared = Declared::of(*name);
        let filtered = declared.filters.iter().filter_map(|filter| match filter.by {
            FilterBy::Code { column, .. }
            | FilterBy::Reference { column }
            | FilterBy::Flag { column }
            | FilterBy::Country { column }
            | FilterBy::Whole { column } => Some(column),
            FilterBy::Days { last, .. } => Some(last),
            FilterBy::Link { .. } | FilterBy::Term { .. } => None,
        });
        let sorted = COMMON_SORTS.iter().chain(declared.sorts).map(|sort| sort.column);
        for column in filtered.chain(sorted) {
            let index = format!("{name}_by_{column}");
            if !known.contains(&index) {
                missing.push(index);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// Fills a database with one collection and looks at all plans of its lists.
async fn faults_of(name: CollectionName) -> Vec<String> {
    let app = App::start_with(Store::new().await, Settings::default()).await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    app.key(Role::Admin, "blagoveshchensk").await;
    let connection = app.store.beside().await;
    crowd(&connection, name, CROWD, Likeness::Varied).await;
    let mut lists = Lists {
        database: app.database.clone(),
        connection,
        declared: Declared::of(name),
        secret: Secret::new("plans"),
        faults: Vec::new(),
        compared: 0,
    };
    if lists.is_sqlite() {
        // A SQLite that nobody has analysed has no statistics: the usual case in use.
        lists.check_all("without statistics").await;
    }
    analyze(&lists.connection).await;
    lists.check_all("analysed").await;
    assert!(lists.compared > 0, "nothing is common");
    lists.faults
}

struct Lists {
    database: Database,
    connection: DatabaseConnection,
    declared: Declared,
    secret: Secret,
    faults: Vec<String>,
    /// How many ways of finding a page were compared with the last one.
    compared: usize,
}

/// What a plan comes to: the tables it reads and by which index, and how many records it sorts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    reads: Vec<(String, Option<String>)>,
    sorts: Option<u64>,
    text: String,
}

impl Lists {
    async fn check_all(&mut self, when: &str) {
        let default = COMMON_SORTS[0];
        let other = self.declared.sorts[0];
        let places = [
            (default, false, None),
            (default, false, Some(self.cursor(default, false, CROWD / 2).await)),
            (other, true, None),
            (other, true, Some(self.cursor(other, true, CROWD / 2).await)),
        ];
        let filters = self.filters().await;
        for view in [View::Public, View::Internal("blagoveshchensk".to_owned())] {
            self.check_dated(when, &view).await;
            for (label, wanted) in &filters {
                for (sort, descending, cursor) in &places {
                    let place = if cursor.is_some() { "after a cursor" } else { "first page" };
                    let query = query(vec![wanted.clone()], *sort, *descending, cursor.clone());
                    let label = format!("{when}, {}, {label} by {}, {place}", view.tag(), sort.name);
                    // Once is enough: what is found does not depend on statistics.
                    if when == "analysed" && query.cursor.is_none() && view == View::Public {
                        self.compare(&label, &view, &query).await;
                    }
                    for plan in self.plans(&label, &view, &query).await {
                        self.judge(&label, &plan, FEW);
                    }
                }
            }
            for sort in COMMON_SORTS.iter().chain(self.declared.sorts) {
                for descending in [false, true] {
                    let mut shapes = Vec::new();
                    for cursor in [
                        None,
                        Some(self.cursor(*sort, descending, LIMIT).await),
                        Some(self.cursor(*sort, descending, DEEP).await),
                    ] {
                        let page = ["1", "2", "2000"][shapes.len()];
                        let query = query(Vec::new(), *sort, descending, cursor);
                        let direction = if descending { "-" } else { "" };
                        let label = format!("{when}, {}, sort {direction}{}, page {page}", view.tag(), sort.name);
                        let plan = self.plans(&label, &view, &query).await.remove(0);
                        self.judge(&label, &plan, 0);
                        shapes.push((plan.reads, plan.sorts.is_some()));
                    }
                    if shapes.iter().any(|shape| *shape != shapes[0]) {
                        self.faults
                            .push(format!("{when}, sort {}: pages are read in different ways: {shapes:?}", sort.name));
                    }
                }
            }
        }
    }

    /// What reports ask of the exchanges of some days, whether much is of then or next to nothing.
    async fn check_dated(&mut self, when: &str, view: &View) {
        let day = |text: &str| text.parse().unwrap();
        let spans = [("1955-01-01", "1955-12-31"), ("1990-01-01", "1990-12-31"), ("2018-03-10", "2019-03-09")];
        let spans = spans.map(|(first, last)| When::Between(day(first), day(last)));
        let times = spans.into_iter().chain([When::Since(day("2017-01-01")), When::Unknown]);
        for time in times {
            for only in [Only::All, Only::Highlights, Only::Open(&["proposed", "approved"])] {
                let dated = Dated { municipality: "blagoveshchensk", when: time, only, limit: 100 };
                for statement in dated.statements(view, CollectionName::Exchanges) {
                    let statement = self.connection.get_database_backend().build(&statement);
                    let plan = self.plan(&statement).await;
                    let label = format!("{when}, {}, {dated:?}", view.tag());
                    self.judge(&label, &plan, FEW);
                    // A database that has counted may find what is in a rare state by its state.
                    let counted = (when == "analysed").then_some("by_state");
                    let mut ours = DATED.into_iter().chain(counted);
                    if !ours.any(|index| plan.text.contains(&format!("exchanges_{index}"))) {
                        self.faults.push(format!("{label}: another index: {}", plan.text));
                    }
                }
            }
        }
    }

    fn judge(&mut self, label: &str, plan: &Plan, most: u64) {
        let large = [self.declared.name.as_str(), "links", "terms"];
        let unindexed = plan.reads.iter().find(|(table, index)| index.is_none() && large.contains(&table.as_str()));
        let is_sorted = plan.sorts.is_some_and(|records| records > most);
        if unindexed.is_some() || is_sorted {
            self.faults.push(format!("{}: {label}: {}", self.declared.name, plan.text));
        }
    }

    /// A cursor to the record at this place of a list.
    async fn cursor(&self, sort: Sort, descending: bool, place: u64) -> String {
        let (table, column) = (self.declared.name.as_str(), sort.column);
        let order = if descending { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT id, {column} AS key FROM {table} ORDER BY {column} {order}, id {order} LIMIT 1 OFFSET {place}"
        );
        let row = rows(&self.connection, sql).await.remove(0);
        let key = match row.try_get::<i64>("", "key") {
            Ok(number) => Key::Whole(number),
            Err(_) => Key::Text(row.try_get("", "key").unwrap()),
        };
        Cursor { key, id: row.try_get("", "id").unwrap() }.encode(&self.secret, NAME).unwrap()
    }

    /// Everything a list can be filtered by, each with the value most and the value fewest have.
    async fn filters(&self) -> Vec<(String, Wanted)> {
        let mut wanted = Vec::new();
        for filter in self.declared.filters {
            wanted.extend(self.declared_filter(filter).await);
        }
        for kind in TermKind::ALL {
            for word in self.texts("terms", "term", &field(self.declared.name, kind.field())).await {
                let beginning: String = word.chars().take(2).collect();
                wanted.extend([&word, &beginning].map(|word| (format!("q {word}"), words(word))));
            }
        }
        // What all of them refer to, what few do, and what is called so here and there.
        for word in ["Благовещенск", "Хэйхэ Благовещенск", "Хэйхэ дружба", "Пхеньян", "г"]
        {
            wanted.push((format!("q {word}"), words(word)));
        }
        for tag in self.texts("terms", "term", &field(self.declared.name, "tag")).await {
            wanted.push((format!("tag {tag}"), Wanted::Tag(vec![tag])));
        }
        // Not `visibility`: by an index on it, a SQLite without statistics reads every public list
        // and sorts it. The few records of a rare level are found along the list's own index.
        for (name, column) in [("ref", "ref"), ("municipality", "municipality")] {
            for value in self.texts(self.declared.name.as_str(), column, "1 = 1").await {
                let label = format!("{name} {value}");
                wanted.push((
                    label,
                    if name == "ref" { Wanted::Reference(vec![value]) } else { Wanted::Municipality(vec![value]) },
                ));
            }
        }
        wanted.push(("external id".to_owned(), Wanted::ExternalId("wikidata".to_owned(), "Q2".to_owned())));
        wanted
    }

    async fn declared_filter(&self, filter: &Filter) -> Vec<(String, Wanted)> {
        let (by, table) = (filter.by, self.declared.name.as_str());
        let any = |value: String| (format!("{} {value}", filter.name), Wanted::Any(by, vec![value]));
        let refers = |id: Uuid| (format!("{} {id}", filter.name), Wanted::Refers(by, vec![id]));
        match by {
            FilterBy::Code { column, .. } => self.texts(table, column, "1 = 1").await.into_iter().map(any).collect(),
            FilterBy::Term { field: name, .. } => {
                let among = field(self.declared.name, name);
                self.texts("terms", "term", &among).await.into_iter().map(any).collect()
            }
            FilterBy::Reference { column } => self.ids(table, column, "1 = 1").await.into_iter().map(refers).collect(),
            FilterBy::Link { field: name } => {
                let among = field(self.declared.name, name);
                self.ids("links", "target", &among).await.into_iter().map(refers).collect()
            }
            FilterBy::Country { .. } => ["CN", "KP"].map(str::to_owned).map(any).into(),
            FilterBy::Flag { .. } => ["true", "false"].map(str::to_owned).map(any).into(),
            FilterBy::Whole { .. } => vec![any("1".to_owned())],
            FilterBy::Days { .. } => ["1950-01-01", "1990-06-01", "2030-01-01"]
                .into_iter()
                .flat_map(|day| {
                    [
                        (format!("{}_from {day}", filter.name), Wanted::From(by, day.to_owned())),
                        (format!("{}_to {day}", filter.name), Wanted::To(by, day.to_owned())),
                    ]
                })
                .collect(),
        }
    }

    async fn texts(&self, table: &str, column: &str, among: &str) -> Vec<String> {
        let found = extremes(&self.connection, table, column, among).await;
        let known: Vec<String> = found.iter().map(|row| row.try_get("", "value").unwrap()).collect();
        if known.is_empty() { vec!["nothing".to_owned()] } else { known }
    }

    async fn ids(&self, table: &str, column: &str, among: &str) -> Vec<Uuid> {
        let found = extremes(&self.connection, table, column, among).await;
        let known: Vec<Uuid> = found.iter().map(|row| row.try_get("", "value").unwrap()).collect();
        if known.is_empty() { vec![Uuid::nil()] } else { known }
    }

    async fn statements(&self, view: &View, query: &ListQuery) -> Vec<Statement> {
        let read = self.database.read(async |snapshot| self.declared.pages(snapshot, view, query, &self.secret).await);
        let backend = self.connection.get_database_backend();
        read.await.unwrap().iter().map(|statement| backend.build(statement)).collect()
    }

    /// Where a page is looked for in several ways, all of them find the same, as far as they look.
    async fn compare(&mut self, label: &str, view: &View, query: &ListQuery) {
        let mut found: Vec<Vec<Uuid>> = Vec::new();
        for statement in self.statements(view, query).await {
            let rows = self.connection.query_all_raw(statement).await.unwrap();
            found.push(rows.iter().map(|row| row.try_get("", "id").unwrap()).collect());
        }
        let Some(whole) = found.pop() else { return };
        if found.iter().any(|near| !whole.starts_with(near)) {
            self.faults.push(format!("{label}: what is near is not the beginning of all: {found:?} {whole:?}"));
        }
        self.compared += found.len();
    }

    /// The plan of each statement that a page may be read with, but for the last resort.
    async fn plans(&mut self, label: &str, view: &View, query: &ListQuery) -> Vec<Plan> {
        let mut plans = Vec::new();
        let statements = self.statements(view, query).await;
        let many = Ord::max(1, statements.len() - 1);
        if many > 1 {
            self.faults.push(format!("{label}: {} statements", statements.len()));
        }
        for (index, statement) in statements.iter().enumerate().take(many) {
            let mut plan = self.plan(statement).await;
            let along = format!("SEARCH {0} USING INDEX {0}_by_{1} ", self.declared.name, query.sort.column);
            if statements.len() > 1 && self.is_sqlite() && !plan.text.starts_with(&along) {
                self.faults.push(format!("{label}: not along a part of the order: {}", plan.text));
            }
            if plan.sorts.is_some() && self.is_sqlite() {
                // SQLite does not say how many it thinks they are, so they are counted.
                let whole = ListQuery { limit: CROWD * 2, ..query.clone() };
                let whole = self.statements(view, &whole).await.remove(index);
                let counted = around(&self.connection, "SELECT count(*) AS n FROM (", &whole, ")");
                let row = self.connection.query_one_raw(counted).await.unwrap().unwrap();
                plan.sorts = Some(row.try_get::<i64>("", "n").unwrap().unsigned_abs());
            }
            plans.push(plan);
        }
        plans
    }

    fn is_sqlite(&self) -> bool {
        self.connection.get_database_backend() == DbBackend::Sqlite
    }

    async fn plan(&self, statement: &Statement) -> Plan {
        if !self.is_sqlite() {
            let explain = around(&self.connection, "EXPLAIN (FORMAT JSON) ", statement, "");
            let row = self.connection.query_one_raw(explain).await.unwrap().unwrap();
            let plan: Value = row.try_get("", "QUERY PLAN").unwrap();
            let mut seen = Plan::default();
            postgres(&plan[0]["Plan"], 0, &mut seen);
            return seen;
        }
        let explain = around(&self.connection, "EXPLAIN QUERY PLAN ", statement, "");
        let lines = self.connection.query_all_raw(explain).await.unwrap();
        let lines: Vec<String> = lines.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        sqlite(&lines)
    }
}

fn words(text: &str) -> Wanted {
    Wanted::Words { text: text.to_owned(), through: THROUGH.to_vec() }
}

/// The name of the list that all cursors here belong to.
const NAME: &str = "plans";

fn query(filters: Vec<Wanted>, sort: Sort, descending: bool, cursor: Option<String>) -> ListQuery {
    ListQuery { filters, sort, descending, limit: LIMIT, cursor, count: false, name: NAME.to_owned() }
}

fn field(collection: CollectionName, name: &str) -> String {
    format!("collection = '{collection}' AND field = '{name}'")
}

fn sqlite(lines: &[String]) -> Plan {
    let mut plan = Plan { text: lines.join(" | "), ..Plan::default() };
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        if matches!(words[0], "SCAN" | "SEARCH") {
            let index = words.iter().position(|word| *word == "INDEX").map(|at| words[at + 1].to_owned());
            plan.reads.push((words[1].to_owned(), index));
        }
        if line.starts_with("USE TEMP B-TREE") {
            plan.sorts = Some(0);
        }
    }
    plan
}

fn postgres(node: &Value, depth: usize, plan: &mut Plan) {
    let text = |name: &str| node[name].as_str().map(str::to_owned);
    let kind = text("Node Type").unwrap();
    if text("One-Time Filter").as_deref() == Some("false") {
        return; // What is asked for contradicts the view: nothing is read.
    }
    let records = node["Plan Rows"].as_u64().unwrap_or_default();
    let what = text("Index Name").or(text("Relation Name")).unwrap_or_default();
    plan.text.push_str(&format!("{}{kind} {what} ~{records}", if depth == 0 { "" } else { " > " }));
    if let Some(table) = text("Relation Name")
        && kind != "Bitmap Heap Scan"
    {
        plan.reads.push((table, text("Index Name")));
    }
    for below in node["Plans"].as_array().into_iter().flatten() {
        if kind.ends_with("Sort") {
            let records = below["Plan Rows"].as_u64().unwrap_or_default();
            plan.sorts = Some(plan.sorts.unwrap_or_default().max(records));
        }
        postgres(below, depth + 1, plan);
    }
}
