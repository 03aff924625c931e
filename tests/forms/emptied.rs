//! Fields that are emptied: by `null`, and in forms by an empty value if they have texts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use whmcs_api::actions::CATALOGUE;

use super::updates::{UPDATES, Update};
use super::{is_nullable, json_parameters, rows, schemas};
use crate::support::{TestApi, post_json};

/// Every parameter of every action that updates a row is sent empty and as `null`: it changes its field as the table
/// says, or nothing at all.
#[tokio::test]
async fn are_all_and_only_those_that_may_be_empty() {
    let mut failures = Vec::new();
    for update in UPDATES {
        let api = TestApi::new().await;
        api.sql(update.setup).await;
        for name in schemas(update.action()).into_keys() {
            for sent in [Value::Null, Value::from("")] {
                api.sql(update.fill).await;
                let before = rows(&api).await;
                let mut call = json_parameters(update.call).await;
                let names_the_row = call.contains_key(&name);
                call.insert(name.clone(), sent.clone());
                let (_, reply) = post_json(&api.router, call).await;
                let after = rows(&api).await;
                let changed: BTreeMap<String, String> = after
                    .into_iter()
                    .filter(|(key, value)| before.get(key) != Some(value) && !is_history(key))
                    .collect();
                let expected = if names_the_row { BTreeMap::new() } else { expected(update, &name, sent.is_null()) };
                if changed != expected || !(names_the_row || reply["result"] == "success") {
                    failures
                        .push(format!("{} {name}={sent}: {reply}\n  {changed:?}\n  not {expected:?}", update.action()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Whether a row is a line of the history of a ticket or project.
fn is_history(key: &str) -> bool {
    key.starts_with("tblticketlog") || key.starts_with("mod_projectlog")
}

/// The values that are expected to change.
fn expected(update: &Update, parameter: &str, is_null: bool) -> BTreeMap<String, String> {
    let by_null = if is_null { update.emptied_by_null } else { &[] };
    let columns = update.emptied.iter().chain(by_null).filter(|(name, _)| *name == parameter);
    let columns = columns.flat_map(|(_, columns)| *columns);
    // Rows are numbered in the order of their ids.
    columns.map(|(column, value)| (format!("{}[0].{column}", update.table), (*value).to_owned())).collect()
}

/// The description of the API names as nullable what `null` empties, in every action that updates a row.
#[test]
fn are_described_as_nullable() {
    for update in UPDATES {
        let tested = update.emptied.iter().chain(update.emptied_by_null).map(|(name, _)| (*name).to_owned());
        let described = schemas(update.action()).into_iter().filter(|(_, schema)| is_nullable(schema));
        let described: BTreeSet<String> = described.map(|(name, _)| name).collect();
        assert_eq!(described, tested.collect(), "{}", update.action());
    }
    let tested: BTreeSet<&str> = UPDATES.iter().map(Update::action).collect();
    // Three insert rows, a card is also at its gateway, the settings of a module are many rows, and permissions are a list that
    // must not be empty.
    let others = [
        "AddClient",
        "AddContact",
        "CreateQuote",
        "UpdateModuleConfiguration",
        "UpdatePayMethod",
        "UpdateUserPermissions",
    ];
    for entry in CATALOGUE.iter().filter(|entry| !others.contains(&&*entry.name)) {
        let may_empty =
            entry.name.starts_with("Update") || schemas(&entry.name).values().any(|schema| is_nullable(schema));
        assert_eq!(may_empty, tested.contains(&*entry.name), "{}", entry.name);
    }
}

/// As an empty text does; but commas alone are a mistake.
#[tokio::test]
async fn by_an_empty_list_if_they_are_texts_with_commas() {
    for (action, name) in [("UpdateTicket", "cc"), ("AddPromoCode", "cycles"), ("AddPromoCode", "appliesto")] {
        let update = UPDATES.iter().find(|update| update.action() == action).unwrap();
        let api = TestApi::new().await;
        api.sql(update.setup).await;
        for (sent, empties) in [
            (json!([]), true),
            (json!([""]), true),
            (json!({"0": "", "1": ""}), true),
            (json!(","), false),
            (json!(" "), false),
        ] {
            api.sql(update.fill).await;
            let mut call = json_parameters(update.call).await;
            call.insert(name.to_owned(), sent.clone());
            let (_, reply) = post_json(&api.router, call).await;
            assert_eq!(reply["result"], if empties { "success" } else { "error" }, "{action} {name}={sent}: {reply}");
            let is_empty = api.rows(&format!("{name} = ''"), &format!("{} WHERE id = 1", update.table)).await;
            assert_eq!(is_empty, [if empties { "1" } else { "0" }], "{action} {name}={sent}");
        }
    }
}

/// A client asks for erasure: one call empties or overwrites all personal data.
#[tokio::test]
async fn so_that_personal_data_can_be_erased() {
    let api = TestApi::new().await;
    let client = UPDATES.iter().find(|update| update.action() == "UpdateClient").unwrap();
    api.sql(client.setup).await;
    api.sql(client.fill).await;
    api.reply(
        "action=UpdateClient&clientid=1&firstname=Erased&lastname=Client&email=erased-1@example.invalid&companyname=\
         &address1=&address2=&city=&state=&postcode=&phonenumber=&tax_id=&notes=&clientip=&customfields[1001]=\
         &clearcreditcard=1&skipvalidation=1",
    )
    .await;
    let columns = "firstname, lastname, email, companyname, address1, address2, city, state, postcode, phonenumber, \
                   tax_id, notes, ip";
    let erased = "Erased | Client | erased-1@example.invalid |  |  |  |  |  |  |  |  |  | ";
    assert_eq!(api.rows(columns, "tblclients WHERE id = 1").await, [erased]);
    assert_eq!(api.rows("value", "tblcustomfieldsvalues WHERE relid = 1").await, [""]);
}
