//! Compares `src/doctor/needs.json` with what calls do: each statement of a call is prepared again as a database user
//! who has only the privileges that the file lists for the action. With UPDATE set, missing privileges are added to the
//! file.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::{Mutex, OnceLock};

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
use whmcs_api::actions::CATALOGUE;
use whmcs_api::database::migrations;
use whmcs_api::database::pool;
use whmcs_api::doctor::needs::{self, Needs, TableUse};

use super::database::{Database, block_on, server_options};
use super::{derived, failures};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/doctor/needs.json");
/// The first words of statements that use tables.
const VERBS: [&str; 6] = ["SELECT", "(SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
/// A meaningless column: a user who may read it may know of the table, and gets errors that name the columns they may
/// not read.
const NEUTRAL: &str = "neutral_column_of_tests";

/// The statements that were executed since the last check, each with the action or the part of the server that executed
/// it.
static RAN: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// Records the statements of calls from now on.
pub fn record() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let recorder = Recorder.with_filter(LevelFilter::DEBUG);
        let keeper = failures::Keeper.with_filter(LevelFilter::ERROR);
        let _ = tracing_subscriber::registry().with(recorder).with(keeper).try_init();
    });
}

/// Fails if a call has executed a statement that needs more than the file lists.
pub fn check() {
    static CHECKED: Mutex<Option<Checked>> = Mutex::new(None);
    let ran = std::mem::take(&mut *RAN.lock().unwrap());
    if ran.is_empty() {
        return;
    }
    let mut checked = CHECKED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut state = checked.take().unwrap_or_else(|| block_on(Checked::new()));
    let (state, denied) = block_on(async move {
        let denied = state.check(ran).await;
        (state, denied)
    });
    *checked = Some(state);
    drop(checked);
    assert!(denied.is_empty(), "src/doctor/needs.json is stale (`make update` renews it):\n{}", denied.join("\n"));
}

/// Whether a part is an action that a test has defined in its settings.
fn is_custom(part: &str) -> bool {
    part.starts_with(char::is_uppercase) && CATALOGUE.iter().all(|entry| entry.name != part)
}

/// What has been checked so far.
struct Checked {
    database: Database,
    /// The host from which the tests connect, as the database sees it.
    host: String,
    needs: Needs,
    /// Whether the tests' user may create users; if not, nothing is checked.
    may_grant: bool,
    /// The database user for each part, with the privileges that the part needs.
    users: BTreeMap<String, String>,
    seen: HashSet<(String, String)>,
}

impl Checked {
    async fn new() -> Checked {
        let database = Database::create().await;
        migrations::run(database.options()).await.unwrap();
        let mut admin = MySqlConnection::connect_with(&database.options()).await.unwrap();
        // The tables have zero dates as defaults.
        run(&mut admin, "SET SESSION sql_mode = ''").await;
        for table in tables(&mut admin).await.iter().filter(|table| !table.starts_with("mod_whmcs_api_")) {
            run(&mut admin, &format!("ALTER TABLE `{table}` ADD COLUMN {NEUTRAL} int")).await;
        }
        let host: String = sqlx::query_scalar("SELECT CAST(SUBSTRING_INDEX(CURRENT_USER(), '@', -1) AS CHAR)")
            .fetch_one(&mut admin)
            .await
            .unwrap();
        let rights: Vec<String> = sqlx::query_scalar("SHOW GRANTS").fetch_all(&mut admin).await.unwrap();
        let may_grant = rights.iter().any(|right| right.contains(" ON *.* ") && right.contains("GRANT OPTION"));
        if may_grant {
            remove_abandoned_users(&mut admin).await;
        }
        let needs = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
        Checked { database, host, needs, may_grant, users: BTreeMap::new(), seen: HashSet::new() }
    }

    /// Returns the privileges that these statements need and the file does not list.
    async fn check(&mut self, ran: BTreeSet<(String, String)>) -> Vec<String> {
        let mut admin = MySqlConnection::connect_with(&self.database.options()).await.unwrap();
        let mut denied = Vec::new();
        for (part, statement) in ran.into_iter().filter(|_| self.may_grant).collect::<Vec<_>>() {
            // The file is about this program's own statements; and a server that has no variables of clusters cannot prepare theirs.
            if is_custom(&part) || statement.contains("@@wsrep") {
                continue;
            }
            if !self.seen.insert((part.clone(), statement.clone())) {
                continue;
            }
            let user = self.user(&mut admin, &part).await;
            let mut connection = pool::connect(user).await.unwrap();
            for lacking in Denied::by_text(&statement) {
                if !self
                    .needs
                    .get(&part)
                    .and_then(|tables| tables.get(&lacking.table))
                    .is_some_and(|its| lacking.is_in(its))
                {
                    denied.extend(self.learn(&mut admin, &part, lacking).await);
                }
            }
            while let Err(error) = (&mut connection).prepare(AssertSqlSafe(statement.clone()).into_sql_str()).await {
                let Some(lacking) = Denied::of(&error) else {
                    denied.push(format!("{part}: {error}\n{statement}"));
                    break;
                };
                if let Some(told) = self.learn(&mut admin, &part, lacking).await {
                    denied.push(format!("{told}: {statement}"));
                    break;
                }
            }
            pool::close(connection).await;
        }
        denied
    }

    /// Returns the options to connect as a user with the privileges of a part.
    async fn user(&mut self, admin: &mut MySqlConnection, part: &str) -> MySqlConnectOptions {
        let count = self.users.len();
        if !self.users.contains_key(part) {
            let user = format!("wat_{}_{count}", std::process::id());
            run(admin, &format!("CREATE USER '{user}'@'{}' IDENTIFIED BY 'x'", self.host)).await;
            self.users.insert(part.to_owned(), user);
            for table in tables(admin).await.iter().filter(|table| table.starts_with("mod_whmcs_api_")) {
                self.grant(admin, part, table, "SELECT, INSERT, UPDATE, DELETE").await;
            }
            for (table, its) in self.needs.get(part).cloned().unwrap_or_default() {
                for rights in rights(&its) {
                    self.grant(admin, part, &table, &rights).await;
                }
            }
        }
        server_options().username(&self.users[part]).password("x").database(self.database.name())
    }

    async fn grant(&self, admin: &mut MySqlConnection, part: &str, table: &str, rights: &str) {
        run(admin, &format!("GRANT {rights} ON `{table}` TO '{}'@'{}'", self.users[part], self.host)).await;
    }

    /// Adds a missing privilege to the file, or returns it if the file is only checked.
    async fn learn(&mut self, admin: &mut MySqlConnection, part: &str, denied: Denied) -> Option<String> {
        let entry = self.needs.entry(part.to_owned()).or_default().entry(denied.table.clone()).or_default();
        let before = entry.clone();
        denied.add_to(entry);
        if *entry == before || !derived::is_updating() {
            *entry = before;
            return Some(format!("{part} needs {denied}"));
        }
        let rights = rights(entry);
        for rights in rights {
            self.grant(admin, part, &denied.table, &rights).await;
        }
        std::fs::write(FILE, written(&self.needs)).unwrap();
        None
    }
}

/// Returns the privileges for the use of a table, as GRANT spells them.
fn rights(its: &TableUse) -> Vec<String> {
    let list = |right: &str, columns: &BTreeSet<String>| {
        let columns: String = columns.iter().fold(String::new(), |all, column| all + ", `" + column + "`");
        format!("{right} ({NEUTRAL}{columns})")
    };
    let select = its.select.as_ref().map(|columns| list("SELECT", columns));
    let insert = (!its.insert.is_empty()).then(|| list("INSERT", &its.insert));
    let update = (its.lock || !its.update.is_empty()).then(|| list("UPDATE", &its.update));
    let delete = its.delete.then(|| "DELETE".to_owned());
    [select, insert, update, delete].into_iter().flatten().collect()
}

/// Formats the file with one line for each table.
fn written(needs: &Needs) -> String {
    let line = |(table, its): (&String, &TableUse)| format!("  {table:?}: {}", serde_json::to_string(its).unwrap());
    let part = |(part, tables): (&String, &BTreeMap<String, TableUse>)| {
        let lines: Vec<String> = tables.iter().map(line).collect();
        format!("{part:?}: {{\n{}\n}}", lines.join(",\n"))
    };
    let parts: Vec<String> = needs.iter().map(part).collect();
    format!("{{\n{}\n}}\n", parts.join(",\n"))
}

/// A privilege that a database user lacks.
struct Denied {
    table: String,
    right: Right,
    /// The column; `None` if the privilege is missing for the whole table.
    column: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Select,
    Insert,
    Update,
    Delete,
    Lock,
}

impl Denied {
    /// Parses the server's message: `SELECT command denied to user 'u'@'h' for column 'c' in table 't'`.
    fn of(error: &sqlx::Error) -> Option<Denied> {
        let error = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
        let message = error.message();
        let last = |text: &str| Some(text.rsplit(['\'', '`']).nth(1)?.to_owned());
        let column = match error.number() {
            1142 => None,
            1143 => Some(last(message.split(" in table ").next()?)?),
            _ => return None,
        };
        let right = match message.split(' ').next()? {
            "SELECT" if message.contains("locking clause") => Right::Lock,
            "SELECT" => Right::Select,
            "INSERT" => Right::Insert,
            "UPDATE" => Right::Update,
            "DELETE" => Right::Delete,
            _ => return None,
        };
        Some(Denied { table: last(message)?, right, column })
    }

    /// Returns needs that MariaDB does not check when a statement is prepared: the columns that `INSERT … SELECT` fills,
    /// those that an UPDATE of tables with aliases reads, those by which a DELETE finds its rows, and the
    /// locking of rows.
    fn by_text(statement: &str) -> Vec<Denied> {
        let mut needed = Vec::new();
        if let Some((table, columns)) = inserted(statement) {
            let insert = |column: &str| Denied {
                table: table.to_owned(),
                right: Right::Insert,
                column: Some(column.to_owned()),
            };
            needed.extend(words(columns).filter(|word| !word.is_empty()).map(insert));
        }
        let select = |table: &str, column: &str| Denied {
            table: table.to_owned(),
            right: Right::Select,
            column: Some(column.to_owned()),
        };
        needed.extend(read_by_update(statement).into_iter().map(|(table, column)| select(table, column)));
        if let Some((table, columns)) = deleted(statement) {
            needed.extend(columns.into_iter().map(|column| select(table, column)));
        }
        if statement.contains("FOR UPDATE") {
            let lock = |table: &str| Denied { table: table.to_owned(), right: Right::Lock, column: None };
            needed.extend(words(statement).filter(|word| word.starts_with("tbl")).map(lock));
        }
        needed.retain(|needed| !needed.table.starts_with("mod_whmcs_api_"));
        needed
    }

    fn add_to(&self, its: &mut TableUse) {
        let column = self.column.clone();
        match self.right {
            Right::Select => its.select.get_or_insert_default().extend(column),
            Right::Insert => its.insert.extend(column),
            // A user who may change no column is denied the table first, and single columns only afterwards.
            Right::Update => its.update.extend(column.or(Some(NEUTRAL.to_owned()))),
            Right::Delete => its.delete = true,
            Right::Lock => its.lock = true,
        }
        if its.update.len() > 1 {
            its.update.remove(NEUTRAL);
        }
    }

    fn is_in(&self, its: &TableUse) -> bool {
        let mut with = its.clone();
        self.add_to(&mut with);
        with == *its
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}.{}", self.right, self.table, self.column.as_deref().unwrap_or("*"))
    }
}

async fn run(connection: &mut MySqlConnection, statement: &str) {
    connection.execute(AssertSqlSafe(statement)).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
}

async fn tables(connection: &mut MySqlConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE()")
        .fetch_all(connection)
        .await
        .unwrap()
}

/// Removes users of earlier test runs: they outlive the process that created them.
async fn remove_abandoned_users(admin: &mut MySqlConnection) {
    let users: Vec<(String, String)> =
        sqlx::query_as("SELECT CAST(user AS CHAR), CAST(host AS CHAR) FROM mysql.user WHERE user LIKE 'wat\\_%\\_%'")
            .fetch_all(&mut *admin)
            .await
            .unwrap();
    for (user, host) in users {
        let process = user.split('_').nth(1).unwrap_or_default();
        if !std::path::Path::new("/proc").join(process).exists() {
            run(admin, &format!("DROP USER '{user}'@'{host}'")).await;
        }
    }
}

/// Parses the table and the columns of `INSERT INTO table (columns)`.
fn inserted(statement: &str) -> Option<(&str, &str)> {
    let (table, rest) = statement.strip_prefix("INSERT ")?.split_once("INTO ")?.1.split_once('(')?;
    Some((table.trim().trim_matches('`'), rest.split_once(')')?.0))
}

/// Returns the table and the column of each `alias.column` that an UPDATE of tables with aliases reads.
fn read_by_update(statement: &str) -> Vec<(&str, &str)> {
    if !statement.starts_with("UPDATE ") {
        return Vec::new();
    }
    let names = || words(statement).filter(|word| !word.is_empty());
    let is_alias = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let aliases: BTreeMap<&str, &str> = names()
        .zip(names().skip(1))
        .filter(|(table, alias)| table.starts_with("tbl") && is_alias(alias))
        .map(|(table, alias)| (alias, table))
        .collect();
    let mut read = Vec::new();
    for mention in statement.split(|c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c)) {
        let Some((alias, column)) = mention.split_once('.') else { continue };
        let at = mention.as_ptr().addr() - statement.as_ptr().addr();
        let (before, after) = (&statement[..at], &statement[at + mention.len()..]);
        let is_set = after.starts_with(" = ") && (before.ends_with("SET ") || before.ends_with(", "));
        if let (Some(table), false) = (aliases.get(alias), is_set) {
            read.push((*table, column));
        }
    }
    read
}

/// Parses the table and columns of `DELETE alias FROM … JOIN table alias ON alias.column = …`, or those of
/// `DELETE FROM table … ORDER BY column`.
fn deleted(statement: &str) -> Option<(&str, Vec<&str>)> {
    let rest = statement.strip_prefix("DELETE ")?;
    if let Some(rest) = rest.strip_prefix("FROM ") {
        let order = rest.split_once("ORDER BY ").and_then(|(_, order)| words(order).next());
        return Some((rest.split(' ').next()?, order.into_iter().collect()));
    }
    let (alias, rest) = rest.split_once(' ')?;
    let table = rest.split(' ').zip(rest.split(' ').skip(1)).find(|(_, next)| *next == alias)?.0;
    let reads = rest.split(|c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c));
    Some((table, reads.filter_map(|read| read.strip_prefix(alias)?.strip_prefix('.')).collect()))
}

fn words(statement: &str) -> impl Iterator<Item = &str> {
    statement.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// Records the executed statements, with the action or the part of the server, which the span names.
struct Recorder;

/// The field of a span or an event to read, and its value.
struct Value {
    names: &'static [&'static str],
    text: Option<String>,
}

impl Visit for Value {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if self.names.contains(&field.name()) && !value.trim().is_empty() {
            self.text = Some(value.trim().to_owned());
        }
    }
}

struct Part(String);

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut part = Value { names: &["part"], text: None };
        attributes.record(&mut part);
        if let (Some(part), Some(span)) = (part.text, context.span(id)) {
            span.extensions_mut().insert(Part(part));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let part = context.event_scope(event).into_iter().flatten().find_map(|span| {
            let extensions = span.extensions();
            extensions.get::<Part>().map(|part| part.0.clone())
        });
        let action = || Some(whmcs_api::observability::current_call::current()?.action.as_deref()?.to_owned());
        let part = part.or_else(action);
        // The file has one entry for all methods of FOSSBilling's API.
        let part = part.map(|part| if part.contains('/') { needs::FOSSBILLING.to_owned() } else { part });
        // The summary is the whole statement if that is short enough.
        let mut statement = Value { names: &["summary", "db.statement"], text: None };
        event.record(&mut statement);
        let (Some(part), Some(statement)) = (part, statement.text) else { return };
        // A plan compares all columns that the tables have.
        if part == "plan" {
            return;
        }
        if VERBS.iter().any(|verb| statement.starts_with(verb)) {
            RAN.lock().unwrap().insert((part, statement));
        }
    }
}
