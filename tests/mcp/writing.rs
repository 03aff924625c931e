//! Agents that write: in two steps, once, and within limits.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::agent::{newer_tool, reply, settings, tool, tools};
use crate::support::TestApi;
use crate::support::module::{Module, ScriptedResponse};

pub async fn writing(limits: &str) -> TestApi {
    let api = TestApi::with_settings(settings()).await;
    let row = format!(
        "INSERT INTO mod_whmcs_api_agents (credential_id, may_write, call_limit, day_limit) VALUES (1, 1, {limits})"
    );
    api.sql(&row).await;
    api
}

pub async fn plan(api: &TestApi, action: &str, arguments: &Value) -> Value {
    reply(api, "plan", json!({"action": action, "arguments": arguments})).await
}

pub async fn confirm(api: &TestApi, action: &str, arguments: &Value, digest: &Value) -> (bool, String) {
    tool(api, "confirm", json!({"action": action, "arguments": arguments, "digest": digest})).await
}

async fn next_id(api: &TestApi, table: &str) -> i64 {
    api.sql("SET GLOBAL innodb_stats_on_metadata = 0").await;
    let rows = api.rows("seq", &format!("(SELECT COALESCE(MAX(id), 0) AS seq FROM {table}) AS x")).await;
    rows[0].parse().unwrap()
}

#[tokio::test]
async fn a_plan_changes_nothing_and_is_confirmed_once() {
    let api = writing("NULL, NULL").await;
    let listed = tools(&api).await;
    assert!(["AddCredit", "plan", "confirm"].iter().all(|name| listed.iter().any(|tool| tool == name)), "{listed:?}");
    let invoice =
        json!({"userid": 1, "paymentmethod": "banktransfer", "itemdescription1": "Hours", "itemamount1": "12.50"});
    // What a rehearsal may write outside its transaction.
    api.sql("UPDATE tblclients SET credit = 100 WHERE id = 1").await;
    let (before, id) = (api.checksums().await, next_id(&api, "tblinvoices").await);
    let mut digests = Vec::new();
    for _ in 0..3 {
        let planned = plan(&api, "CreateInvoice", &invoice).await;
        assert_eq!(planned["would_change"]["amount"], "12.50", "{planned}");
        assert_eq!(planned["touches"], "outbox");
        let changes = planned["would_change"]["changes"].as_array().unwrap();
        let new = changes.iter().find(|change| change["table"] == "tblinvoices").unwrap();
        assert_eq!((&new["change"], &new["row"]), (&json!("insert"), &json!("(new)")), "{planned}");
        digests.push(planned["digest"].clone());
    }
    let after: Vec<_> =
        api.checksums().await.into_iter().filter(|(table, _)| !table.ends_with("_agent_plans")).collect();
    let before: Vec<_> = before.into_iter().filter(|(table, _)| !table.ends_with("_agent_plans")).collect();
    assert_eq!(after, before, "a plan has changed rows");

    for wrong in
        [json!({"userid": 1, "paymentmethod": "banktransfer", "itemdescription1": "Hours", "itemamount1": "99"})]
    {
        let (failed, text) = confirm(&api, "CreateInvoice", &wrong, &digests[0]).await;
        assert!(failed && text.contains("plan_outdated"), "{text}");
    }
    let (failed, text) = confirm(&api, "CreateInvoice", &invoice, &digests[0]).await;
    assert!(!failed, "{text}");
    let created: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(created["invoiceid"], id + 1, "no number was used up: {created}");
    // It is repeated after a lost answer.
    assert_eq!(confirm(&api, "CreateInvoice", &invoice, &digests[0]).await, (false, text));
    assert_eq!(next_id(&api, "tblinvoices").await, id + 1);
    let (failed, text) = confirm(&api, "CreateInvoice", &invoice, &json!("0".repeat(64))).await;
    assert!(failed && text.contains("plan_unknown"), "{text}");
}

#[tokio::test]
async fn a_plan_is_outdated_if_the_outcome_would_differ() {
    let api = writing("NULL, NULL").await;
    let credit = json!({"clientid": 1, "amount": "5.00", "description": "Sorry"});
    let planned = plan(&api, "AddCredit", &credit).await;
    let changes = planned["would_change"]["changes"].to_string();
    assert!(changes.contains(r#""credit":["100.00","105.00"]"#), "{planned}");
    api.sql("UPDATE tblclients SET credit = 90 WHERE id = 1").await;
    let (failed, text) = confirm(&api, "AddCredit", &credit, &planned["digest"]).await;
    assert!(failed && text.contains("plan_outdated") && text.contains("call `plan` again"), "{text}");
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["90.00"]);
    let planned = plan(&api, "AddCredit", &credit).await;
    api.sql("UPDATE mod_whmcs_api_agent_plans SET expires_at = '2026-11-20 12:30:00'").await;
    let (failed, text) = confirm(&api, "AddCredit", &credit, &planned["digest"]).await;
    assert!(failed && text.contains("plan_unknown"), "{text}");
}

#[tokio::test]
async fn a_person_is_asked_if_the_agents_program_can() {
    let api = writing("NULL, NULL").await;
    let credit = json!({"clientid": 1, "amount": "5.00", "description": "⟦Sorry⟧"});
    let planned = plan(&api, "AddCredit", &credit).await;
    let confirmed = json!({"action": "AddCredit", "arguments": credit, "digest": planned["digest"]});
    let asked = RefCell::new(Value::Null);
    let says = async |capabilities: &Value, answer: Value| {
        let state = asked.borrow()["requestState"].clone();
        let answers = if answer.is_null() { answer } else { json!({"state": state, "inputs": {"confirm": answer}}) };
        newer_tool(&api, "confirm", &confirmed, capabilities.clone(), answers).await
    };
    let able = json!({"elicitation": {"form": {}}});
    let yes = json!({"action": "accept", "content": {"confirm": true}});
    // Without a question, and with one about another plan, there is no answer.
    for _ in 0..2 {
        let question = says(&able, yes.clone()).await;
        assert_eq!(question["resultType"], "input_required", "{question}");
        let text = question["inputRequests"]["confirm"]["params"]["message"].as_str().unwrap();
        let parts = ["AddCredit", "amount: \"5.00\"", "5.00 changes in the books", "update 1 of tblclients"];
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        asked.replace(json!({"requestState": "another"}));
    }
    let question = says(&able, Value::Null).await;
    // The plan of a credential is no business of another one.
    api.sql("UPDATE mod_whmcs_api_agent_plans SET credential_id = 9").await;
    let unknown = says(&able, Value::Null).await;
    assert!(unknown.to_string().contains("plan_unknown"), "{unknown}");
    api.sql("UPDATE mod_whmcs_api_agent_plans SET credential_id = 1").await;
    asked.replace(question);
    for answer in [
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
        json!({"action": "accept", "content": {"confirm": false}}),
        json!("yes"),
    ] {
        let refused = says(&able, answer.clone()).await;
        assert!(refused["isError"] == true && refused.to_string().contains("has declined"), "{answer}: {refused}");
    }
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["100.00"]);
    let done = says(&able, yes).await;
    assert!(done["isError"] == false && done.to_string().contains("105.00"), "{done}");
    // The marks of a text that was copied from a reply are no part of it.
    assert_eq!(api.rows("description", "tblcredit ORDER BY id DESC LIMIT 1").await, ["Sorry"]);
    // Programs that cannot ask are not asked to.
    let again = says(&json!({}), Value::Null).await;
    assert!(again["isError"] == false && again.to_string().contains("105.00"), "{again}");
    let series = [
        r#"whmcs_api_mcp_requests_total{step="confirm",outcome="declined"} 4"#,
        r#"whmcs_api_mcp_requests_total{step="confirm",outcome="success"} 2"#,
        r#"whmcs_api_mcp_requests_total{step="plan",outcome="success"} 1"#,
        r#"whmcs_api_mcp_requests_total{step="session",outcome="success"} 3"#,
    ];
    api.metrics_show(&series).await;
}

#[tokio::test]
async fn a_plan_says_who_would_be_asked_and_asks_nobody() {
    let module = Module::start().await;
    let mut settings = settings();
    settings.fraud.insert("maxmind".to_owned(), module.settings());
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/services.sql")).await;
    api.sql("INSERT INTO mod_whmcs_api_agents (credential_id, may_write) VALUES (1, 1)").await;
    let order = json!({"orderid": 802});
    let planned = plan(&api, "OrderFraudCheck", &order).await;
    assert_eq!(
        planned["would_ask"],
        json!({"kind": "fraud check", "target": "⟦maxmind check of order 802⟧"}),
        "{planned}"
    );
    assert!(planned["would_change"].is_null() && planned["not_run"].is_string(), "{planned}");
    assert!(module.received().is_empty());
    module.respond_with([ScriptedResponse::Json(r#"{"fraud":true}"#)]);
    let (failed, text) = confirm(&api, "OrderFraudCheck", &order, &planned["digest"]).await;
    assert!(!failed, "{text}");
    assert_eq!(module.received().len(), 1);
}

#[tokio::test]
async fn a_write_at_once_needs_a_key_and_is_not_destructive() {
    let api = writing("50, 120").await;
    let credit =
        |amount: &str, key: &str| json!({"clientid": 1, "amount": amount, "description": "x", "idempotencykey": key});
    let before = api.checksums().await;
    for (action, arguments, said) in [
        ("AddCredit", json!({"clientid": 1, "amount": "5.00", "description": "x"}), "idempotency_key_needed"),
        ("DeleteClient", json!({"clientid": 1, "idempotencykey": "d"}), "plan_needed"),
        ("AddWebhook", json!({"url": "https://one.example/", "events": "*", "idempotencykey": "d"}), "plan_needed"),
        ("CreateSsoToken", json!({"client_id": 1, "idempotencykey": "d"}), "plan_needed"),
        ("DeleteWebhook", json!({"webhookid": 1, "idempotencykey": "d"}), "plan_needed"),
        ("DomainRequestEPP", json!({"domainid": 1, "idempotencykey": "d"}), "plan_needed"),
        ("ModuleCustom", json!({"serviceid": 1, "func_name": "wipe", "idempotencykey": "d"}), "plan_needed"),
        (
            "UpdateOAuthCredential",
            json!({"credentialId": 2, "resetSecret": true, "idempotencykey": "d"}),
            "plan_needed",
        ),
        ("UpdatePayMethod", json!({"clientid": 1, "paymethodid": 1, "idempotencykey": "d"}), "plan_needed"),
        ("UpdateWebhook", json!({"webhookid": 1, "rotatesecret": true, "idempotencykey": "d"}), "plan_needed"),
        ("AddCredit", credit("50.01", "a"), "agent_limit"),
        (
            "AddPromoCode",
            json!({"code": "HALF", "type": "Percentage", "value": 50, "idempotencykey": "p"}),
            "agent_limit",
        ),
    ] {
        let (failed, text) = tool(&api, action, arguments).await;
        assert!(failed && text.contains(said) && text.contains("Next: "), "{action}: {text}");
    }
    assert_eq!(api.checksums().await, before);
    for _ in 0..2 {
        assert_eq!(reply(&api, "AddCredit", credit("50.00", "b")).await["newbalance"], "150.00");
    }
    // At the same time, no more than the limit of the day is given.
    let calls = (0..6).map(|index| {
        let arguments = credit("30.00", &format!("c{index}"));
        let api = &api;
        async move { tool(api, "AddCredit", arguments).await.0 }
    });
    let refused = futures_util::future::join_all(calls).await.into_iter().filter(|failed| *failed).count();
    assert_eq!(refused, 4);
    assert_eq!(api.rows("credit", "tblclients WHERE id = 1").await, ["210.00"]);
    assert_eq!(api.rows("amount", "mod_whmcs_api_agent_days").await, ["110.00"]);
}

/// Each changes more than the limit, or nobody knows how much.
#[tokio::test]
async fn money_is_limited_however_it_is_moved() {
    let mut settings = settings();
    settings.compat.configuration_writable.push("*".to_owned());
    let api = TestApi::with_settings(settings).await;
    api.sql(
        "INSERT INTO mod_whmcs_api_agents (credential_id, may_write, call_limit, day_limit) VALUES (1, 1, 5, 20); \
         INSERT INTO tblinvoices (id, userid, duedate, subtotal, total, status, paymentmethod) \
             VALUES (95, 1, '2026-12-01', 106.93, 106.93, 'Unpaid', 'banktransfer'); \
         INSERT INTO tblclientgroups (id, groupname, discountpercent) VALUES (3, 'Friends', 10); \
         INSERT INTO tblpromotions (id, code, type, value) VALUES (2, 'HALF', 'Percentage', 50); \
         INSERT INTO tblproducts (id, gid, name, paytype) VALUES (1, 1, 'Small', 'recurring'); \
         INSERT INTO tblhosting (id, userid, packageid, amount, billingcycle, nextduedate, domainstatus) \
             VALUES (3, 1, 1, 9.00, 'Monthly', '2026-12-01', 'Active'); \
         INSERT INTO tblhostingaddons (id, hostingid, userid, recurring, billingcycle, nextduedate, status) \
             VALUES (4, 3, 1, 2.00, 'Monthly', '2026-12-01', 'Active'); \
         INSERT INTO tbldomains (id, userid, domain, recurringamount, registrationperiod, nextduedate, status) \
             VALUES (5, 1, 'one.example', 12.00, 1, '2026-12-01', 'Active'); \
         INSERT INTO tblconfiguration (setting, value) VALUES ('TaxEnabled', 'on')",
    )
    .await;
    let books = async || {
        let all = api.checksums().await;
        all.into_iter().filter(|(table, _)| !table.ends_with("_agent_plans")).collect::<Vec<_>>()
    };
    let before = books().await;
    let unknown = Value::Null;
    for (action, arguments, amount) in [
        ("UpdateInvoice", json!({"invoiceid": 95, "status": "Paid"}), json!("106.93")),
        ("UpdateInvoice", json!({"invoiceid": 95, "status": "Cancelled"}), json!("106.93")),
        ("UpdateClient", json!({"clientid": 1, "groupid": 3}), unknown.clone()),
        ("UpdateClient", json!({"clientid": 1, "taxexempt": true}), unknown.clone()),
        ("UpdateClient", json!({"clientid": 1, "currency": 2}), unknown.clone()),
        ("UpdateClientProduct", json!({"serviceid": 3, "promoid": 2}), unknown.clone()),
        ("UpdateClientProduct", json!({"serviceid": 3, "nextduedate": "2036-01-01"}), unknown.clone()),
        ("UpdateClientProduct", json!({"serviceid": 3, "billingcycle": "Annually"}), unknown.clone()),
        ("UpdateClientAddon", json!({"id": 4, "nextduedate": "2036-01-01"}), unknown.clone()),
        ("UpdateClientDomain", json!({"domainid": 5, "nextduedate": "2036-01-01"}), unknown.clone()),
        ("SetConfigurationValue", json!({"setting": "TaxEnabled", "value": ""}), unknown.clone()),
        (
            "AddTransaction",
            json!({"userid": 1, "paymentmethod": "banktransfer", "transid": "x", "amountin": 1, "fees": 300}),
            json!("301.00"),
        ),
    ] {
        let planned = plan(&api, action, &arguments).await;
        assert_eq!(planned["would_change"]["amount"], amount, "{action} {arguments}: {planned}");
        let (failed, text) = confirm(&api, action, &arguments, &planned["digest"]).await;
        assert!(failed && text.contains("agent_limit"), "{action} {arguments}: {text}");
    }
    assert_eq!(books().await, before);
    // A payment is what it is, although it moves the due date of what was paid.
    api.sql(
        "UPDATE tblinvoices SET subtotal = 4, total = 4 WHERE id = 95; \
         INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, amount) VALUES (95, 1, 'Hosting', 3, 4)",
    )
    .await;
    let paid = json!({"invoiceid": 95, "transid": "y", "gateway": "banktransfer", "idempotencykey": "y"});
    reply(&api, "AddInvoicePayment", paid).await;
    assert_eq!(api.rows("status", "tblinvoices WHERE id = 95").await, ["Paid"]);
    assert_eq!(api.rows("amount", "mod_whmcs_api_agent_days").await, ["4.00"]);
}
