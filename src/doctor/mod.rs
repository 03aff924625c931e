//! Examines a database, the settings of the listener, and the upstream: what the server needs of them, and what they lack.
//! Nothing here writes.

pub mod grants;
mod listener;
pub mod needs;
mod probe;
mod statements;
mod upstream;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use serde::Serialize;
use sqlx::MySqlConnection;

use self::needs::TableUse;
use self::probe::{SchemaSnapshot, TableFault};
use crate::actions::{Access, ActionEntry};
use crate::automation::CRON_IS_ALIVE;
use crate::config::{AutomationRun, Entities, LoggedCalls, Numbering, Settings};
use crate::database::errors::is_schema_mismatch;
use crate::database::migrations::{self, Plan};
use crate::domain::time::{Clock, parse_date_time};
use crate::operations::system::database_server::{self, ServerFinding};
use crate::store::automation::runs;
use crate::store::billing::invoice_numbers;
use crate::store::system::holds;
use crate::store::system::inspection::{self, Right};

/// The result of an examination.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Such as `MariaDB 10.11.19`.
    pub server: String,
    pub database: String,
    /// The database account as the server sees it.
    pub account: String,
    /// The version of WHMCS, if it is WHMCS's database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whmcs: Option<String>,
    /// Findings that keep actions or the server from working.
    pub problems: Vec<Finding>,
    /// Findings that are not a problem now but may become one.
    pub warnings: Vec<Finding>,
    pub actions: Vec<ActionOutlook>,
}

/// One finding about the database.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The kind of finding, for programs.
    pub code: &'static str,
    pub message: String,
    /// The affected actions; empty if the whole server is affected, or nothing yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

/// Whether an action would work.
#[derive(Debug, Serialize)]
pub struct ActionOutlook {
    pub action: String,
    /// Whether it works as the database is.
    pub works: bool,
    /// Whether it does not work as the database is, but will once `whmcs-api migrate` has created what is missing.
    #[serde(skip_serializing_if = "is_false")]
    pub works_after_migrate: bool,
    /// The reasons why it does not work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl From<ServerFinding> for Finding {
    fn from(found: ServerFinding) -> Finding {
        Finding::new(found.code, found.message)
    }
}

impl Finding {
    fn new(code: &'static str, message: String) -> Finding {
        Finding { code, message, actions: Vec::new() }
    }
}

/// The keys in [`needs`] of an action and of what accompanies its calls.
fn parts_of<'e>(entry: &'e ActionEntry, settings: &Settings) -> Vec<&'e str> {
    let mut parts = vec![needs::ADMISSION, &*entry.name];
    if settings.api_log().calls != LoggedCalls::Off {
        parts.push(needs::LOG);
    }
    if entry.runs_modules {
        parts.push(needs::MODULES);
    }
    if entry.runs_registrars {
        parts.push(needs::REGISTRARS);
    }
    if entry.gateway_words.is_some() {
        parts.push(needs::GATEWAYS);
    }
    match &*entry.name {
        "CreateSsoToken" => parts.push(needs::SIGN_IN),
        "CreateOAuthCredential" => parts.push(needs::TOKEN),
        _ => {}
    }
    parts
}

/// What these actions need, and what the server itself needs while it runs.
pub fn needed(entries: &[Arc<ActionEntry>], settings: &Settings) -> BTreeMap<&'static str, TableUse> {
    let upkeep = (!settings.read_only).then_some([needs::UPKEEP, needs::MAIL]);
    // On a database of its own, this server may do everything.
    let automation = (settings.automation.run == AutomationRun::InPlaceOfWhmcs).then_some(needs::AUTOMATION);
    let console = (settings.console.enabled && !settings.read_only).then_some(needs::CONSOLE);
    let fossbilling = settings.fossbilling.then_some(needs::FOSSBILLING);
    let parts = entries.iter().flat_map(|entry| parts_of(entry, settings));
    let parts = parts.chain(upkeep.into_iter().flatten()).chain(automation).chain(console).chain(fossbilling);
    let mut tables = needs::combined(parts);
    if settings.mcp && !settings.read_only {
        add_plans(&mut tables);
    }
    tables
}

/// Adds what plans of agents need: they compare the rows of the tables that an action changes.
fn add_plans(tables: &mut BTreeMap<&'static str, TableUse>) {
    let is_changed = |its: &&mut TableUse| !its.insert.is_empty() || !its.update.is_empty() || its.delete;
    for its in tables.values_mut().filter(is_changed) {
        its.select.get_or_insert_default();
    }
    let rates = ["id", "rate"].map(str::to_owned);
    tables.entry("tblcurrencies").or_default().select.get_or_insert_default().extend(rates);
}

/// Examines a database for these actions.
pub async fn examine(
    db: &mut MySqlConnection,
    entries: &[Arc<ActionEntry>],
    settings: &Settings,
    is_local: bool,
) -> sqlx::Result<Report> {
    let server = inspection::server(db).await?;
    let cipher = inspection::cipher(db).await?;
    let schema = SchemaSnapshot::read(db).await?;
    let needed = needed(entries, settings);
    let plan = Plan::read(db).await?;
    let faults = probe::faults(db, &schema, &needed).await?;
    let obstacles = obstacles(db, &server, &schema, &plan, settings).await?;
    let statements = statements::faults(db, entries, &settings.database).await?;
    let outlook = Outlook { plan: &plan, faults: &faults, obstacles: &obstacles, statements: &statements, settings };
    let mut problems: Vec<Finding> = database_server::unsupported(&server).into_iter().map(Finding::from).collect();
    problems.extend(obstacles.iter().map(|obstacle| Finding::new(obstacle.code, obstacle.message.clone())));
    let others = faults.iter().filter(|fault| !outlook.will_be_created(fault));
    problems.extend(others.map(|fault| finding(fault, entries, settings)));
    problems.extend(statements.iter().map(|(action, why)| Finding {
        code: "unfit_statement",
        message: format!("actions.{action}: {why}"),
        actions: vec![action.clone()],
    }));
    problems.extend(upstream::problem(&settings.upstream).await);
    let of_server = database_server::warnings(&server, settings.database.connections, &cipher, is_local);
    let mut warnings: Vec<Finding> = of_server.into_iter().map(Finding::from).collect();
    warnings.extend(listener::warnings(settings));
    warnings.extend(upstream::warning(&settings.upstream));
    warnings.extend(foreign_finding(&schema, &plan));
    warnings.extend(hold_finding(db).await?);
    warnings.extend(charset_findings(&schema, &needed));
    warnings.extend(type_findings(&schema, &needed));
    warnings.extend(rights_findings(db).await?);
    warnings.extend(time_zone_finding(db, settings).await?);
    let whmcs = inspection::whmcs_version(db).await?;
    warnings.extend(entities_finding(db, whmcs.as_deref(), settings).await?);
    warnings.extend(numbers_finding(db, settings).await?);
    warnings.extend(automation_finding(db, whmcs.is_some(), settings).await?);
    Ok(Report {
        server: database_server::name(&server),
        whmcs,
        database: server.database,
        account: server.account,
        actions: entries.iter().map(|entry| outlook.action(entry)).collect(),
        problems,
        warnings,
    })
}

fn finding(fault: &TableFault, entries: &[Arc<ActionEntry>], settings: &Settings) -> Finding {
    let is_concerned = |entry: &&Arc<ActionEntry>| concerns(fault, &parts_of(entry, settings));
    let actions: Vec<_> = entries.iter().filter(is_concerned).map(|entry| entry.name.to_string()).collect();
    // A finding that affects all actions need not name each.
    let actions = if actions.len() == entries.len() { Vec::new() } else { actions };
    Finding { code: fault.code(), message: fault.to_string(), actions }
}

/// All that decides which actions would work.
struct Outlook<'o> {
    plan: &'o Plan,
    faults: &'o [TableFault],
    obstacles: &'o [Obstacle],
    /// What is wrong with the statements of custom actions, by the name of the action.
    statements: &'o BTreeMap<String, String>,
    settings: &'o Settings,
}

impl Outlook<'_> {
    /// Whether `migrate` mends a fault, because it creates the table.
    fn will_be_created(&self, fault: &TableFault) -> bool {
        matches!(fault.kind, probe::Kind::Missing | probe::Kind::Hidden) && self.plan.creates(&fault.table)
    }

    fn action(&self, entry: &ActionEntry) -> ActionOutlook {
        let parts = parts_of(entry, self.settings);
        let faults = self.faults.iter().filter(|fault| concerns(fault, &parts));
        let faults = faults.map(|fault| (fault.to_string(), self.will_be_created(fault)));
        let obstacles = self.obstacles.iter().filter(|obstacle| obstacle.concerns(entry));
        let obstacles = obstacles.map(|obstacle| (obstacle.message.clone(), obstacle.code == NOT_MIGRATED));
        let statement = self.statements.get(&*entry.name).map(|why| (why.clone(), false));
        let lacks: Vec<(String, bool)> = obstacles.chain(faults).chain(statement).collect();
        let is_mended = lacks.iter().all(|(_, is_mended)| *is_mended);
        ActionOutlook {
            action: entry.name.to_string(),
            works: lacks.is_empty(),
            works_after_migrate: !lacks.is_empty() && is_mended,
            lacks: lacks.into_iter().map(|(lack, _)| lack).collect(),
        }
    }
}

fn concerns(fault: &TableFault, parts: &[&str]) -> bool {
    let uses = parts.iter().filter_map(|part| needs::NEEDS.get(*part)?.get(&fault.table));
    uses.into_iter().any(|usage| fault.concerns(usage))
}

const NOT_MIGRATED: &str = "not_migrated";

/// What keeps the server from starting, or calls from being carried out, whichever tables of WHMCS they need.
struct Obstacle {
    code: &'static str,
    message: String,
    /// Whether actions that only read work all the same.
    leaves_reading: bool,
}

impl Obstacle {
    fn of_all(code: &'static str, message: String) -> Obstacle {
        Obstacle { code, message, leaves_reading: false }
    }

    fn concerns(&self, entry: &ActionEntry) -> bool {
        !self.leaves_reading || entry.access == Access::Write
    }
}

async fn obstacles(
    db: &mut MySqlConnection,
    server: &inspection::Server,
    schema: &SchemaSnapshot,
    plan: &Plan,
    settings: &Settings,
) -> sqlx::Result<Vec<Obstacle>> {
    let listener = listener::problems(settings).into_iter();
    let mut obstacles: Vec<Obstacle> = listener.map(|found| Obstacle::of_all(found.code, found.message)).collect();
    if server.is_read_only && !settings.read_only {
        let message = "the server is read-only".to_owned();
        obstacles.push(Obstacle { code: "read_only_server", message, leaves_reading: true });
    }
    if let Some(reason) = migrations::unfinished_restore(db).await? {
        let message = format!("the database is not complete ({reason}): run `whmcs-api restore` again");
        obstacles.push(Obstacle::of_all("unfinished_restore", message));
    }
    let missing = plan.names();
    // A server that only reads can do without our own tables, and `migrate` would create none of WHMCS's.
    let can_do_without = settings.read_only && (missing.is_empty() || plan.is_beside_whmcs);
    if !can_do_without && !missing.is_empty() {
        let message = format!("tables are missing ({}): `whmcs-api migrate` creates them", missing.join(", "));
        obstacles.push(Obstacle::of_all(NOT_MIGRATED, message));
    } else if !can_do_without {
        obstacles.extend(lacks_of_own_tables(db, schema).await?);
    }
    Ok(obstacles)
}

/// Our own tables that authentication reads; the others are for what calls write.
const READ_BY_EVERY_CALL: [&str; 2] = ["mod_whmcs_api_credentials", "mod_whmcs_api_rate_limits"];

/// Our own tables that were dropped, or that the account may not use.
async fn lacks_of_own_tables(db: &mut MySqlConnection, schema: &SchemaSnapshot) -> sqlx::Result<Vec<Obstacle>> {
    let mut lacks = Vec::new();
    let mut add = |table: &str, code, message| {
        lacks.push(Obstacle { code, message, leaves_reading: !READ_BY_EVERY_CALL.contains(&table) });
    };
    for (table, rights) in grants::OWN_TABLES {
        let column: Vec<&str> = schema.columns(table).take(1).map(|column| column.name.as_str()).collect();
        if column.is_empty() {
            let message = format!("{table}, one of this program's own tables, is missing, or there is no right to it");
            add(table, "missing_table", message);
            continue;
        }
        let every = [Right::Select, Right::Insert, Right::Update, Right::Delete].into_iter();
        for right in every.filter(|right| rights.contains(&right.to_string())) {
            if inspection::try_prepare(db, table, right, &column).await?.is_some() {
                let message = format!("no right to {right} on {table}, one of this program's own tables");
                add(table, "missing_right", message);
            }
        }
    }
    Ok(lacks)
}

/// A database with tables, but neither with those of a WHMCS nor with our own, may be the wrong one.
fn foreign_finding(schema: &SchemaSnapshot, plan: &Plan) -> Option<Finding> {
    let known = migrations::column_types();
    let is_known = |name: &str| known.keys().any(|(table, _)| *table == name);
    let is_foreign = !plan.is_beside_whmcs && !schema.tables.iter().any(|table| is_known(&table.name));
    (is_foreign && !schema.tables.is_empty()).then(|| {
        let count = schema.tables.len();
        let message = format!("the database has {count} tables, and none of WHMCS: is it the right one?");
        Finding::new("other_tables", message)
    })
}

async fn hold_finding(db: &mut MySqlConnection) -> sqlx::Result<Option<Finding>> {
    let hold = match holds::outbox(db).await {
        Err(error) if is_schema_mismatch(&error) => None,
        hold => hold?,
    };
    Ok(hold.map(|hold| {
        let message = format!("the outbox is held ({}): nothing is sent until `whmcs-api outbox release`", hold.reason);
        Finding::new("outbox_held", message)
    }))
}

fn charset_findings(schema: &SchemaSnapshot, needed: &BTreeMap<&str, TableUse>) -> Vec<Finding> {
    let mut by_collation: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for table in schema.tables.iter().filter(|table| needed.contains_key(table.name.as_str())) {
        by_collation.entry(&table.collation).or_default().push(&table.name);
    }
    let mut findings = Vec::new();
    let narrow: Vec<_> = by_collation.iter().filter(|(collation, _)| !collation.starts_with("utf8mb4")).collect();
    let count: usize = narrow.iter().map(|(_, tables)| tables.len()).sum();
    if count > 0 {
        let collations: Vec<&str> = narrow.iter().map(|(collation, _)| **collation).collect();
        let message = format!(
            "{count} tables cannot hold every character, such as emoji ({}): where one is sent, U+FFFD is stored or nothing is found",
            collations.join(", ")
        );
        findings.push(Finding::new("narrow_characters", message));
    }
    if by_collation.len() > 1 {
        let collations: Vec<&str> = by_collation.keys().copied().collect();
        let message = format!("tables have different collations: {}", collations.join(", "));
        findings.push(Finding::new("mixed_collations", message));
    }
    findings
}

/// The family of a column type; types of different families are not interchangeable.
fn family(data_type: &str) -> &'static str {
    match data_type.split(['(', ' ']).next().unwrap_or_default() {
        "decimal" | "numeric" => "an exact number",
        "float" | "double" | "real" => "a floating-point number",
        "date" => "a date",
        "datetime" | "timestamp" => "a time",
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => "bytes",
        kind if kind.ends_with("int") || kind == "integer" => "a whole number",
        _ => "text",
    }
}

fn type_findings(schema: &SchemaSnapshot, needed: &BTreeMap<&str, TableUse>) -> Vec<Finding> {
    let expected = migrations::column_types();
    let mut findings = Vec::new();
    for column in &schema.columns {
        let Some(usage) = needed.get(column.table.as_str()) else { continue };
        let is_needed =
            usage.select.iter().chain([&usage.insert, &usage.update]).any(|names| names.contains(&column.name));
        let Some(wanted) = expected.get(&(column.table.as_str(), column.name.as_str())).filter(|_| is_needed) else {
            continue;
        };
        let (wanted, found) = (family(wanted), family(&column.data_type));
        if wanted != found {
            let message = format!("{}.{} holds {found}, where WHMCS has {wanted}", column.table, column.name);
            findings.push(Finding::new("other_type", message));
        }
    }
    findings
}

async fn rights_findings(db: &mut MySqlConnection) -> sqlx::Result<Vec<Finding>> {
    let excess = grants::excess(&inspection::grants(db).await?);
    let finding = |right| {
        let message = format!("more rights than needed: {right} (`whmcs-api doctor --grants` prints the needed ones)");
        Finding::new("wide_rights", message)
    };
    Ok(excess.into_iter().map(finding).collect())
}

/// The activity log has no lines in the future, unless the clocks show different time zones.
async fn time_zone_finding(db: &mut MySqlConnection, settings: &Settings) -> sqlx::Result<Option<Finding>> {
    let latest = inspection::latest_activity(db).await?;
    let Some(latest) = latest.as_deref().and_then(parse_date_time) else { return Ok(None) };
    let now = Clock::System(settings.time_zone).now().local();
    Ok((latest > now + TimeDelta::minutes(10)).then(|| {
        let message = format!(
            "the latest line of tblactivitylog is dated {latest}, but in {} it is {now}: set time_zone to that of WHMCS",
            settings.time_zone
        );
        Finding::new("other_time_zone", message)
    }))
}

/// What was found about HTML entities in stored texts, and how the server will store texts.
async fn entities_finding(
    db: &mut MySqlConnection,
    whmcs: Option<&str>,
    settings: &Settings,
) -> sqlx::Result<Option<Finding>> {
    let names = inspection::encoded_names(db).await?.unwrap_or_default();
    let found = match (whmcs, names) {
        (None, 0) => return Ok(None),
        (None, names) => format!("{names} names of clients contain HTML entities, as WHMCS stores texts"),
        (Some(version), 0) => format!("WHMCS {version} shows texts as they are stored"),
        (Some(version), names) => {
            format!(
                "WHMCS {version} shows texts as they are stored, and {names} names of clients contain HTML entities"
            )
        }
    };
    let setting = settings.compat.entities;
    let origin = if setting == Entities::Auto { "compat.entities is \"auto\"" } else { "compat.entities is set" };
    Ok(Some(match (setting.in_database(whmcs.is_some()), whmcs) {
        (Entities::Encoded, _) => {
            Finding::new("html_entities", format!("{found}: the server will store texts with HTML entities ({origin})"))
        }
        (_, None) => {
            let message =
                format!("{found}: the server will store texts as they are sent ({origin}), and return them as stored");
            Finding::new("html_entities", message)
        }
        (_, Some(_)) => {
            let message = format!(
                "{found}: the server will store texts as they are sent ({origin}), so that a script in a name would run \
                 in a page of WHMCS; set compat.entities to \"auto\""
            );
            Finding::new("plain_texts", message)
        }
    }))
}

/// Whether invoices that turn Paid through this server lack the sequential numbers that the operator wants.
async fn numbers_finding(db: &mut MySqlConnection, settings: &Settings) -> sqlx::Result<Option<Finding>> {
    let numbers = match invoice_numbers::settings(db).await {
        Err(error) if is_schema_mismatch(&error) => return Ok(None),
        numbers => numbers?,
    };
    let is_left_to_whmcs = numbers.is_of_whmcs && settings.invoices.numbering == Numbering::Auto;
    Ok((numbers.is_on && is_left_to_whmcs && !settings.read_only).then(|| {
        let message = "invoices have sequential numbers, and those that turn Paid through this server get none while WHMCS may \
                       give numbers, too: set invoices.numbering to \"on\" if it does not, or to \"off\"";
        Finding::new("invoice_numbers", message.to_owned())
    }))
}

/// Whether nobody runs the daily automation in the database of a WHMCS, or both do.
async fn automation_finding(
    db: &mut MySqlConnection,
    is_of_whmcs: bool,
    settings: &Settings,
) -> sqlx::Result<Option<Finding>> {
    if !is_of_whmcs || settings.read_only {
        return Ok(None);
    }
    let marker = runs::marker(db).await?;
    let is_own = match runs::is_own(db, &marker).await {
        Err(error) if is_schema_mismatch(&error) => false,
        is_own => is_own?,
    };
    let now = Clock::System(settings.time_zone).now();
    let is_alive = parse_date_time(&marker).is_some_and(|at| now.local() - at < CRON_IS_ALIVE);
    let message = match settings.automation.run {
        AutomationRun::InPlaceOfWhmcs if is_alive && !is_own => {
            format!(
                "the daily automation does not run, because the cron job of a WHMCS ran at {marker}: stop that, or set automation.run \
                 to \"on_own_database\""
            )
        }
        AutomationRun::OnOwnDatabase if !is_alive => {
            let last = if marker.is_empty() { "never ran".to_owned() } else { format!("ran last at {marker}") };
            format!(
                "nobody invoices, reminds and suspends: the cron job of WHMCS {last}; if it is not to run any more, set automation.run \
                 to \"in_place_of_whmcs\""
            )
        }
        _ => return Ok(None),
    };
    Ok(Some(Finding::new("automation", message)))
}

/// Whether the settings allow an action: always if it only reads, and if it writes unless the server is read-only.
pub fn is_allowed(entry: &ActionEntry, settings: &Settings) -> bool {
    !settings.read_only || entry.access == Access::Read
}
