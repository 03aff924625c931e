//! However a caller writes a value, the call does the same. Each file here has the forms of one kind of value, and walks
//! all parameters of that kind in the catalogue, so that a new action is in it by itself.

mod amounts;
mod arrays;
mod attachments;
mod characters;
mod dates;
mod emptied;
mod flags;
mod gateways;
mod ids;
mod lookups;
mod phones;
mod staff;
mod texts;
mod updates;
mod words;
mod written_back;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Column, Either, Row};
use whmcs_api::actions::{Access, ActionEntry, CATALOGUE};
use whmcs_api::demo;
use whmcs_api::wire::decode::Parameters;

use crate::actions::CALLS;
use crate::support::module::Module;
use crate::support::{
    CREDENTIAL, DOCUMENT, Database, Replies, Scratch, TestApi, demo_router, post, post_json, settings_with_keys,
};

/// Tables that describe calls or the schema, not the effects of calls.
const OTHER_TABLES: [&str; 6] = [
    "tblapilog",
    "tblactivitylog",
    "mod_whmcs_api_calls",
    "mod_whmcs_api_requests",
    "mod_whmcs_api_migrations",
    "mod_whmcs_api_revisions",
];
/// Columns whose values are random.
const RANDOM_COLUMNS: [&str; 13] = [
    "previous_secret",
    "token_hash",
    "password",
    "uuid",
    "tid",
    "c",
    "ordernum",
    "request_key",
    "claim",
    "card_data",
    "bank_data",
    "identifier",
    "secret",
];
/// Keys of replies whose values are random.
const RANDOM_KEYS: [&str; 10] = [
    "secret",
    "access_token",
    "redirect_url",
    "tid",
    "c",
    "ordernumber",
    "order_number",
    "clientIdentifier",
    "clientSecret",
    "newClientSecret",
];

/// Whether a parameter's schema describes a kind of value.
pub type IsKind = fn(&Value) -> bool;

/// Returns the names of an action's parameters of this kind. Lists and arrays of such values belong to it, too.
pub fn parameters(action: &str, is_kind: IsKind) -> BTreeSet<String> {
    let schema = &DOCUMENT["paths"][format!("/v1/{action}")]["post"]["requestBody"]["content"]["application/json"];
    let properties = schema["schema"]["properties"].as_object().into_iter().flatten();
    properties.filter(|(_, schema)| describes(schema, is_kind)).map(|(name, _)| base(name).to_owned()).collect()
}

/// Returns the schemas of an action's parameters by name.
pub fn schemas(action: &str) -> BTreeMap<String, &'static Value> {
    let body = &DOCUMENT["paths"][format!("/v1/{action}")]["post"]["requestBody"]["content"]["application/json"];
    let properties = body["schema"]["properties"].as_object().into_iter().flatten();
    properties.map(|(name, schema)| (name.clone(), schema)).collect()
}

/// Whether `null` empties the field of a parameter with this schema.
pub fn is_nullable(schema: &Value) -> bool {
    schema["anyOf"].as_array().is_some_and(|parts| parts.iter().any(|part| part["type"] == "null"))
}

fn describes(schema: &Value, is_kind: IsKind) -> bool {
    let parts = |key: &str| schema[key].as_array().cloned().unwrap_or_default();
    let values = |key: &str| schema[key].as_object().into_iter().flatten().map(|(_, value)| value.clone());
    is_kind(schema)
        || parts("anyOf").into_iter().any(|part| describes(&part, is_kind))
        || ["items", "additionalProperties"]
            .iter()
            .any(|key| schema[key].is_object() && describes(&schema[key], is_kind))
        || values("patternProperties").any(|part| describes(&part, is_kind))
}

/// The name of a parameter without its key or number: `newitemamount` for `newitemamount[0]`, `itemamount` for
/// `itemamount1`.
fn base(name: &str) -> &str {
    let name = name.split('[').next().unwrap_or(name);
    let numbered = ["itemdescription", "itemamount", "itemtaxed", "itemtype", "itemrelid", "configoption"];
    numbered.into_iter().find(|numbered| name.strip_prefix(numbered).is_some_and(is_number)).unwrap_or(name)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Rewrites the parameters with these names in a call such as `AddCredit&clientid=1&amount=5`. A form returns the
/// pairs that are sent instead of one, or an empty text for none.
pub fn rewrite(call: &str, names: &BTreeSet<String>, form: &dyn Fn(&str, &str) -> String) -> String {
    let (action, _) = call.split_once('&').unwrap_or((call, ""));
    let pairs =
        pairs(call).into_iter().map(|(name, value)| match names.contains(base(&name)) && !is_placeholder(&value) {
            true => form(&name, &value),
            false => pair(&name, &value),
        });
    pairs.filter(|pair| !pair.is_empty()).fold(action.to_owned(), |call, pair| format!("{call}&{pair}"))
}

/// Returns the parameters of a call.
fn pairs(call: &str) -> Vec<(String, String)> {
    let (_, pairs) = call.split_once('&').unwrap_or((call, ""));
    serde_urlencoded::from_str(pairs).unwrap()
}

/// Whether a value is that of an earlier reply.
fn is_placeholder(value: &str) -> bool {
    value.starts_with('{')
}

/// Writes one pair of a form.
pub fn pair(name: &str, value: &str) -> String {
    if is_placeholder(value) {
        format!("{name}={value}")
    } else {
        serde_urlencoded::to_string([(name, value)]).unwrap()
    }
}

/// Checks that every parameter of this kind can be written in each of these forms: the calls that the tests of the
/// actions declare then return the same and store the same. A form converts a declared value.
pub async fn same_effect(is_kind: IsKind, forms: &[fn(&str) -> String]) {
    let declared = str::to_owned as fn(&str) -> String;
    let failures = walk(is_kind, declared, forms, |expected| {
        let refused = expected.iter().filter(|(_, value)| value.contains(r#""result":"error""#));
        refused.map(|refused| format!("{refused:?}")).collect()
    });
    let failures = failures.await;
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Checks that the declared calls have the same effect in these forms as in the first, which may be an error.
pub async fn equal_effects(is_kind: IsKind, first: fn(&str) -> String, forms: &[fn(&str) -> String]) {
    let failures = walk(is_kind, first, forms, |_| Vec::new()).await;
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Returns how the effects of these forms differ from that of the first one, and what is wrong with that.
async fn walk(
    is_kind: IsKind,
    first: fn(&str) -> String,
    forms: &[fn(&str) -> String],
    flaws: fn(&Effect) -> Vec<String>,
) -> Vec<String> {
    let mut failures = Vec::new();
    let shared = Demo::new(&[]).await;
    for entry in CATALOGUE {
        let names = parameters(&entry.name, is_kind);
        if names.is_empty() {
            continue;
        }
        let sequence = Sequence::of(entry, &names);
        // What earlier calls have changed is seen by the calls of this action alone.
        let of_its_own = if sequence.before.is_empty() { None } else { Some(Demo::new(&sequence.before).await) };
        let demo = of_its_own.as_ref().unwrap_or(&shared);
        let expected = sequence.effect(demo, &names, first).await;
        failures.extend(flaws(&expected).into_iter().map(|flaw| format!("{:?}:\n    {flaw}", sequence.own)));
        for form in forms {
            let effect = sequence.effect(demo, &names, *form).await;
            let differences = differences(&expected, &effect);
            let own = sequence.written(&names, *form);
            failures.extend(differences.map(|difference| format!("{own:?}:\n    {difference}")));
        }
    }
    failures
}

/// Declared calls that succeed, which together have every parameter of a kind.
struct Sequence {
    access: Access,
    setup: &'static str,
    /// Calls of other actions, which come first.
    before: Vec<String>,
    /// Calls of the action itself.
    own: Vec<String>,
}

impl Sequence {
    /// The calls are `writing` of an action that writes, and `demo` of one that reads. The last call also gets the
    /// parameters that none of them has, with their values of `every_parameter`.
    fn of(entry: &ActionEntry, names: &BTreeSet<String>) -> Sequence {
        let (_, calls) = CALLS.iter().find(|(name, _)| *name == entry.name).unwrap();
        let declared = if entry.access == Access::Write { calls.writing } else { calls.demo };
        let declared = declared.iter().map(|call| (*call).to_owned());
        let (mut own, before): (Vec<_>, Vec<_>) =
            declared.partition(|call| call.split('&').next() == Some(&entry.name));
        let called: BTreeSet<String> =
            own.iter().flat_map(|call| pairs(call)).map(|(name, _)| base(&name).to_owned()).collect();
        let others = pairs(calls.every_parameter).into_iter();
        let missing = others.filter(|(name, _)| names.contains(base(name)) && !called.contains(base(name)));
        let last = own.last_mut().unwrap();
        missing.for_each(|(name, value)| *last = format!("{last}&{}", pair(&name, &value)));
        Sequence { access: entry.access, setup: calls.setup, before, own }
    }

    /// Returns the action's own calls in this form.
    fn written(&self, names: &BTreeSet<String>, form: fn(&str) -> String) -> Vec<String> {
        self.own.iter().map(|call| rewrite(call, names, &|name, value| pair(name, &form(value)))).collect()
    }

    /// Makes the calls, those of the action in this form.
    async fn effect(&self, demo: &Demo, names: &BTreeSet<String>, form: fn(&str) -> String) -> Effect {
        let own = self.written(names, form);
        if self.access == Access::Read {
            return replies(&demo.router, &Demo::credential(), &[], &own).await;
        }
        let (api, _module) = prepare(self.setup).await;
        let mut effect = replies(&api.router, CREDENTIAL, &self.before, &own).await;
        effect.extend(rows(&api).await);
        keep(api.database);
        effect
    }

    /// Makes the calls of an action that writes, its own in JSON and with these changes of their parameters.
    async fn effect_in_json(&self, change: &dyn Fn(&mut Map<String, Value>)) -> Effect {
        let (api, _module) = prepare(self.setup).await;
        let (mut effect, mut replies) = (Effect::new(), Replies::default());
        for call in &self.before {
            let (_, body) = post(&api.router, &format!("{CREDENTIAL}&action={}", replies.fill_in(call))).await;
            replies.keep(&serde_json::from_str(&body).unwrap());
        }
        for (number, call) in self.own.iter().enumerate() {
            let mut parameters = json_parameters(&replies.fill_in(call)).await;
            change(&mut parameters);
            let (status, mut reply) = post_json(&api.router, parameters).await;
            replies.keep(&reply);
            reply.as_object_mut().unwrap().retain(|key, _| !RANDOM_KEYS.contains(&key.as_str()));
            effect.insert(format!("the reply to call {number}"), format!("{status} {reply}"));
        }
        effect.extend(rows(&api).await);
        keep(api.database);
        effect
    }
}

/// Creates an API with these rows, on which the calls of an action that writes succeed.
pub async fn prepare(setup: &str) -> (TestApi, Module) {
    let (mut settings, module) = (settings_with_keys(), Module::start().await);
    settings.mcp = true;
    settings.compat.configuration_writable.push("*".to_owned());
    settings.modules.insert("cpanel".to_owned(), module.settings());
    settings.registrars.insert("enom".to_owned(), module.registrar());
    demo::add_stand_ins(&mut settings).await.unwrap();
    let idle = IDLE.lock().unwrap().pop();
    let database = match idle {
        Some(database) => database.reset().await,
        None => Database::migrated().await,
    };
    let api = TestApi::on(database, settings).await;
    api.sql("INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'DD/MM/YYYY')").await;
    api.sql(setup).await;
    (api, module)
}

/// Databases whose effects were read.
static IDLE: Mutex<Vec<Database>> = Mutex::new(Vec::new());

/// Keeps a database for another call of [`prepare`].
pub fn keep(database: Database) {
    IDLE.lock().unwrap().push(database);
}

/// Returns the parameters of a call such as `AddCredit&clientid=1&amount=5` as a JSON object.
pub async fn json_parameters(call: &str) -> Map<String, Value> {
    let form = format!("action={call}");
    Parameters::decode("", "application/x-www-form-urlencoded", form.as_bytes()).await.unwrap().values
}

/// A server on the demo data.
struct Demo {
    router: Router,
    _database: Database,
    _attachments: Scratch,
}

impl Demo {
    fn credential() -> String {
        format!("identifier={}&secret={}", demo::IDENTIFIER, demo::SECRET)
    }

    async fn new(before: &[String]) -> Demo {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let name = format!("forms-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let (database, attachments, router) = demo_router(&name).await;
        replies(&router, &Demo::credential(), before, &[]).await;
        Demo { router, _database: database, _attachments: attachments }
    }
}

/// What calls returned, and every value in every table after them.
pub type Effect = BTreeMap<String, String>;

async fn replies(router: &Router, credential: &str, before: &[String], own: &[String]) -> Effect {
    let (mut effect, mut replies) = (Effect::new(), Replies::default());
    for call in before.iter().chain(own) {
        let (status, body) = post(router, &format!("{credential}&action={}", replies.fill_in(call))).await;
        let mut reply: Value = serde_json::from_str(&body).unwrap();
        replies.keep(&reply);
        for key in RANDOM_KEYS {
            reply.as_object_mut().unwrap().remove(key);
        }
        let number = effect.len() + 1;
        effect.insert(format!("the reply to call {number}"), format!("{status} {reply}"));
    }
    effect
}

/// Returns every value in every table, without those that are random.
pub async fn rows(api: &TestApi) -> Effect {
    let tables = api.rows("table_name", "information_schema.tables WHERE table_schema = DATABASE()").await;
    let tables: Vec<&String> = tables.iter().filter(|table| !OTHER_TABLES.contains(&table.as_str())).collect();
    let statements = tables.iter().fold(String::new(), |all, table| all + "SELECT * FROM `" + table + "`;");
    let mut results = sqlx::raw_sql(AssertSqlSafe(statements)).fetch_many(&api.pool);
    let mut effect = Effect::new();
    let (mut table, mut number) = (0, 0);
    while let Some(result) = results.try_next().await.unwrap() {
        let Either::Right(row) = result else {
            (table, number) = (table + 1, 0);
            continue;
        };
        for column in row.columns().iter().filter(|column| !RANDOM_COLUMNS.contains(&column.name())) {
            let value: Option<Vec<u8>> = row.try_get_unchecked(column.ordinal()).unwrap();
            let value = value.map_or("NULL".to_owned(), |value| without_token(&String::from_utf8_lossy(&value)));
            effect.insert(format!("{}[{number}].{}", tables[table], column.name()), without_command_ids(&value));
        }
        number += 1;
    }
    effect
}

/// Replaces the random ids of commands to modules and registrars.
fn without_command_ids(value: &str) -> String {
    const ID: &str = "command-";
    let mut parts = value.split(ID);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + ID + part.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
}

/// Returns a value without the random token or its hash: 64 hexadecimal digits.
fn without_token(value: &str) -> String {
    let is_digit = |byte: &u8| byte.is_ascii_hexdigit();
    match value.as_bytes().windows(64).position(|window| window.iter().all(is_digit)) {
        Some(at) => format!("{}(token){}", &value[..at], &value[at + 64..]),
        None => value.to_owned(),
    }
}

fn differences<'e>(expected: &'e Effect, effect: &'e Effect) -> impl Iterator<Item = String> {
    let keys: BTreeSet<&String> = expected.keys().chain(effect.keys()).collect();
    keys.into_iter()
        .filter(|key| expected.get(*key) != effect.get(*key))
        .map(|key| format!("{key} is {:?}, not {:?}", effect.get(key), expected.get(key)))
}
