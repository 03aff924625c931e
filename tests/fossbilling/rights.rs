//! What callers may do: a client never sees anything of another one, and keys of staff may do what their roles permit.

use serde_json::{Value, json};

use super::{ADMIN, CLIENT, Desk};
use whmcs_api::fossbilling::catalogue::METHODS;

/// Methods of clients, each with parameters that name something of client 2, or of nobody where it names nothing.
fn calls(theirs: &Value) -> Vec<(&'static str, Value, &'static str)> {
    let denied = "9999 You do not have permission to reference this order.";
    vec![
        ("client/cart/checkout", json!({"client_id": 2}), "9999 Cart is empty"),
        ("client/client/balance_get_list", json!({"client_id": 2, "id": 2}), ""),
        ("client/client/balance_get_total", json!({"client_id": 2}), ""),
        ("client/client/is_taxable", json!({"client_id": 2}), ""),
        ("client/invoice/funds_invoice", json!({"client_id": 2, "amount": "20.00"}), ""),
        ("client/invoice/transaction_get_list", json!({"client_id": 2, "invoice_hash": theirs["hash"]}), ""),
        ("client/order/delete", json!({"id": theirs["order"]}), "9999 Order not found"),
        (
            "client/profile/change_password",
            json!({"id": 2, "current_password": "x", "new_password": "Testing123", "confirm_password": "Testing123"}),
            "9999 Current password incorrect",
        ),
        ("client/profile/logout", json!({"id": 2}), ""),
        ("client/invoice/get", json!({"hash": theirs["hash"]}), "9999 Invoice was not found"),
        ("client/invoice/get_list", json!({"client_id": 2}), ""),
        ("client/order/get", json!({"id": theirs["order"]}), "9999 Order not found"),
        ("client/order/get_list", json!({"client_id": 2}), ""),
        ("client/profile/get", json!({"id": 2}), ""),
        ("client/profile/api_key_get", json!({"id": 2}), ""),
        ("client/profile/update", json!({"id": 2, "client_id": 2, "city": "Elsewhere", "custom_1": "mine"}), ""),
        ("client/support/helpdesk_get_pairs", json!({}), ""),
        ("client/support/ticket_get", json!({"id": theirs["ticket"]}), "9999 Ticket not found"),
        ("client/support/ticket_get_list", json!({"client_id": 2}), ""),
        (
            "client/support/ticket_create",
            json!({"support_helpdesk_id": 1, "subject": "s", "content": "c", "rel_type": "order", "rel_id": theirs["order"]}),
            denied,
        ),
        ("client/support/ticket_reply", json!({"id": theirs["ticket"], "content": "c"}), "9999 Ticket not found"),
        ("client/support/ticket_close", json!({"id": theirs["ticket"]}), "9999 Ticket not found"),
        // The last one: it ends the key with which the others are called.
        ("client/profile/api_key_reset", json!({"id": 2}), ""),
    ]
}

#[tokio::test]
async fn clients_see_and_change_nothing_of_others() {
    let desk = Desk::open("fossbilling-rights").await;
    let of_second = async |method: &str| {
        desk.result(method, ADMIN, json!({"client_id": 2, "approved": true})).await["list"][0].clone()
    };
    let theirs = json!({
        "hash": of_second("admin/invoice/get_list").await["hash"],
        "order": of_second("admin/order/get_list").await["id"],
        "ticket": of_second("admin/support/ticket_get_list").await["id"],
    });
    assert!(theirs.as_object().unwrap().values().all(|value| !value.is_null()), "{theirs}");
    let before = desk.result("admin/client/get", ADMIN, json!({"id": 2})).await;
    let email = before["email"].as_str().unwrap();
    // What is for staff.
    for statement in [
        "UPDATE tblhosting SET notes = 'for-staff' WHERE userid = 1",
        "UPDATE tbldomains SET additionalnotes = 'for-staff' WHERE userid = 1",
        "UPDATE tblcustomfieldsvalues SET value = 'for-staff' WHERE fieldid = 1 AND relid = 1",
        "UPDATE tblcustomfields SET adminonly = 'on' WHERE id = 1",
    ] {
        sqlx::query(statement).execute(&desk.pool).await.unwrap();
    }
    let calls = calls(&theirs);
    let covered: Vec<&str> = calls.iter().map(|(method, ..)| *method).collect();
    let all: Vec<&str> = METHODS.iter().map(|method| method.name).filter(|name| name.starts_with("client/")).collect();
    assert!(all.iter().all(|name| covered.contains(name)), "a method of clients is not covered: {all:?}");
    for (method, sent, refusal) in calls {
        let (_, answer) = desk.post(method, CLIENT, sent).await;
        let shown = answer.to_string();
        assert!(!shown.contains(email) && !shown.contains("for-staff"), "{method}: {answer}");
        let said = match answer["error"]["message"].as_str() {
            Some(text) => format!("{} {text}", answer["error"]["code"]),
            None => String::new(),
        };
        assert_eq!(said, refusal, "{method}");
        if method == "client/profile/api_key_reset" {
            let new = format!("client:{}", answer["result"].as_str().unwrap());
            assert_eq!(desk.result("client/profile/get", Some(&new), json!({})).await["id"], 1);
            assert_eq!(desk.error("client/profile/get", CLIENT, json!({})).await, "204 Authentication Failed");
        }
        for one in answer["result"]["list"].as_array().into_iter().flatten() {
            let owner = one.get("client_id").or_else(|| one["client"].get("id"));
            // Rows of a balance and payments do not say whose they are.
            let is_anonymous = method.contains("balance") || method.contains("transaction");
            assert_eq!(owner, Some(&json!(1)).filter(|_| !is_anonymous), "{method}");
        }
    }
    assert_eq!(desk.result("admin/client/get", ADMIN, json!({"id": 2})).await, before);
    let own = desk.result("admin/client/get", ADMIN, json!({"id": 1})).await;
    assert_eq!((&own["city"], &own["custom_1"]), (&json!("Elsewhere"), &json!("for-staff")));
    // A guest fills the required fields, but for those.
    let person = json!({
        "email": "new@example.com", "first_name": "New", "password": "Testing123", "password_confirm": "Testing123",
    });
    for (statement, refusal) in [
        ("UPDATE tblcustomfields SET required = 'on' WHERE id = 1", None),
        ("UPDATE tblcustomfields SET adminonly = '' WHERE id = 1", Some("How did you find us? is required (custom_1)")),
    ] {
        sqlx::query(statement).execute(&desk.pool).await.unwrap();
        let (_, answer) = desk.post("guest/client/create", None, person.clone()).await;
        assert_eq!(answer["error"]["message"].as_str(), refusal, "{statement}");
    }
}

#[tokio::test]
async fn addresses_are_allowed_for_all_roles() {
    let elsewhere = vec!["10.0.0.0/8".parse().unwrap()];
    let desk = Desk::with("fossbilling-addresses", |settings| settings.access.allow = elsewhere).await;
    for (method, login) in
        [("guest/system/company", None), ("client/profile/get", CLIENT), ("admin/client/get_list", ADMIN)]
    {
        assert_eq!(desk.error(method, login, json!({})).await, "1002 Unauthorized IP", "{method}");
    }
}

#[tokio::test]
async fn keys_of_staff_have_the_roles_of_their_credential() {
    let desk = Desk::open("fossbilling-roles").await;
    let denied = "403 You do not have permission to perform this action";
    for (permissions, listed, added) in [
        (r#"{"getclients":1}"#, true, false),
        (r#"{"read-only":1}"#, true, false),
        (r#"{"clients/*":1}"#, true, true),
        (r#"{"billing/*":1}"#, false, false),
        ("{}", false, false),
    ] {
        sqlx::query("UPDATE tblapi_roles SET permissions = ?").bind(permissions).execute(&desk.pool).await.unwrap();
        let list = desk.post("admin/client/get_list", ADMIN, json!({})).await;
        let email = format!("{}@example.com", permissions.len());
        let add = desk.post("admin/client/create", ADMIN, json!({"email": email, "first_name": "A"})).await;
        for ((status, answer), is_allowed) in [(list, listed), (add, added)] {
            let said =
                format!("{} {}", answer["error"]["code"], answer["error"]["message"].as_str().unwrap_or_default());
            let expected = if is_allowed { (200, "null ".to_owned()) } else { (403, denied.to_owned()) };
            assert_eq!((status, said), expected, "{permissions}");
        }
    }
    // Clients in other objects show no more than the permission for clients allows.
    for (permissions, is_shown) in [
        (r#"{"getclientsproducts":1,"gettickets":1}"#, false),
        (r#"{"getclientsproducts":1,"gettickets":1,"getclientsdetails":1}"#, true),
    ] {
        sqlx::query("UPDATE tblapi_roles SET permissions = ?").bind(permissions).execute(&desk.pool).await.unwrap();
        for method in ["admin/order/get_list", "admin/support/ticket_get_list"] {
            let list = desk.result(method, ADMIN, json!({"client_id": 1})).await;
            let client = &list["list"][0]["client"];
            assert_eq!(
                (&client["id"], client.get("balance").is_some()),
                (&json!(1), is_shown),
                "{method} {permissions}"
            );
        }
    }
    // A key of a client who is not active, and one that was revoked, let nobody in.
    for statement in
        ["UPDATE tblclients SET status = 'Inactive' WHERE id = 1", "DELETE FROM mod_whmcs_api_fossbilling_keys"]
    {
        sqlx::query(statement).execute(&desk.pool).await.unwrap();
        assert_eq!(
            desk.error("client/profile/get", CLIENT, json!({})).await,
            "204 Authentication Failed",
            "{statement}"
        );
    }
    assert_eq!(desk.error("admin/client/get_list", ADMIN, json!({})).await, "205 Authentication Failed");
}
