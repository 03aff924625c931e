//! What is done through one API is seen through the other.

use serde_json::{Value, json};

use super::{ADMIN, CLIENT, Desk};
use whmcs_api::config::Entities;

#[tokio::test]
async fn what_is_written_here_is_read_there() {
    let desk = Desk::open("fossbilling-both-ways").await;
    let new = json!({
        "email": "Rita.Sousa@example.com", "first_name": "Rita", "last_name": "Sousa", "password": "Testing123+",
        "country": "PT", "city": "Porto", "phone_cc": "351", "phone": "912345678", "company": "Sousa Lda", "lang": "pt_PT",
        "notes": "VIP",
    });
    let client = desk.result("admin/client/create", ADMIN, new.clone()).await;
    let seen = desk.whmcs("GetClientsDetails", json!({"clientid": client})).await;
    for (name, value) in [
        ("email", "rita.sousa@example.com"),
        ("firstname", "Rita"),
        ("phonenumber", "+351.912345678"),
        ("companyname", "Sousa Lda"),
        ("language", "portuguese-pt"),
        ("notes", "VIP"),
        ("status", "Active"),
    ] {
        assert_eq!(seen["client"][name], value, "{name}");
    }
    let login = json!({"email": "rita.sousa@example.com", "password2": "Testing123+"});
    assert!(desk.whmcs("ValidateLogin", login).await["userid"].as_i64() > Some(0));
    assert_eq!(desk.error("admin/client/create", ADMIN, new).await, "9999 This email address is already registered.");
    desk.result(
        "admin/client/update",
        ADMIN,
        json!({"id": client, "city": "Lisboa", "status": "suspended", "company": ""}),
    )
    .await;
    let seen = desk.whmcs("GetClientsDetails", json!({"clientid": client})).await;
    let city = ["city", "status", "companyname", "firstname"].map(|name| seen["client"][name].clone());
    assert_eq!(json!(city), json!(["Lisboa", "Inactive", "", "Rita"]));
    desk.result("admin/client/update", ADMIN, json!({"id": client, "status": "active"})).await;
    let funds = json!({"id": client, "amount": "25.50", "description": "Gift"});
    assert_eq!(desk.result("admin/client/balance_add_funds", ADMIN, funds).await, true);
    assert_eq!(desk.whmcs("GetCredits", json!({"clientid": client})).await["credits"]["credit"][0]["amount"], "25.50");

    // An invoice: a draft, changed, approved, and paid.
    let items =
        json!([{"title": "Work", "price": "10.00", "quantity": 2, "taxed": false}, {"title": "More", "price": 5}]);
    let invoice = desk.result("admin/invoice/prepare", ADMIN, json!({"client_id": client, "items": items})).await;
    let seen = desk.whmcs("GetInvoice", json!({"invoiceid": invoice})).await;
    assert_eq!((&seen["status"], &seen["subtotal"]), (&json!("Draft"), &json!("25.00")), "{seen}");
    let line = seen["items"]["item"][1]["id"].to_string();
    let change = json!({
        "id": invoice, "items": {line: {"price": "7.00"}}, "new_item": {"title": "Extra", "price": "1.00"}, "notes": "Thanks",
    });
    desk.result("admin/invoice/update", ADMIN, change).await;
    desk.result("admin/invoice/approve", ADMIN, json!({"id": invoice})).await;
    let seen = desk.whmcs("GetInvoice", json!({"invoiceid": invoice})).await;
    assert_eq!(
        (&seen["status"], &seen["subtotal"], &seen["notes"]),
        (&json!("Unpaid"), &json!("28.00"), &json!("Thanks"))
    );
    let paid = json!({"id": invoice, "transactionId": "TX-1"});
    assert_eq!(desk.result("admin/invoice/mark_as_paid", ADMIN, paid.clone()).await, true);
    assert_eq!(desk.result("admin/invoice/mark_as_paid", ADMIN, paid).await, true);
    let seen = desk.whmcs("GetInvoice", json!({"invoiceid": invoice})).await;
    let transaction = &seen["transactions"]["transaction"][0]["transid"];
    assert_eq!((&seen["status"], transaction), (&json!("Paid"), &json!("TX-1")));

    // An order, with its service.
    let product = desk.result("guest/product/get_list", None, json!({})).await["list"].clone();
    let is_hosting =
        |product: &&Value| product["type"] == "hosting" && product["pricing"]["recurrent"]["1M"]["enabled"] == true;
    let product = product.as_array().unwrap().iter().find(is_hosting).unwrap()["id"].clone();
    let domain = json!({"domain": {"action": "owndomain", "owndomain_sld": "rita", "owndomain_tld": ".example"}});
    let order = json!({"client_id": client, "product_id": product, "period": "1M", "config": domain});
    let order = desk.result("admin/order/create", ADMIN, order).await;
    let service = order.as_i64().unwrap() / 4;
    let status = async || {
        let seen = desk.whmcs("GetClientsProducts", json!({"serviceid": service})).await;
        let seen = &seen["products"]["product"][0];
        format!("{} {}", seen["domain"].as_str().unwrap_or_default(), seen["status"].as_str().unwrap_or_default())
    };
    assert_eq!(status().await, "rita.example Pending");
    for (method, expected, again) in [
        ("activate", "rita.example Active", "9999 Only pending setup or failed orders can be activated"),
        ("suspend", "rita.example Suspended", "9999 Only active orders can be suspended"),
        ("unsuspend", "rita.example Active", "9999 Only suspended orders can be unsuspended"),
        ("cancel", "rita.example Terminated", "9999 Cannot cancel canceled order"),
    ] {
        let method = format!("admin/order/{method}");
        assert_eq!(desk.result(&method, ADMIN, json!({"id": order})).await, true, "{method}");
        assert_eq!(status().await, expected);
        assert_eq!(desk.error(&method, ADMIN, json!({"id": order})).await, again);
    }
    assert_eq!(desk.result("admin/client/delete", ADMIN, json!({"id": client})).await, true);
    assert_eq!(desk.error("admin/client/get", ADMIN, json!({"id": client})).await, "9999 Client not found");
}

/// Beside a WHMCS, whose pages show texts as they are stored.
#[tokio::test]
async fn texts_are_stored_with_entities_but_not_passwords() {
    let desk = Desk::with("fossbilling-entities", |settings| settings.compat.entities = Entities::Encoded).await;
    let password = r#" A"<b>'123a "#;
    let new = json!({
        "email": "O'Neil@example.com", "first_name": "<script>", "notes": "a & b", "password": password, "ip": "2001:db8::1",
        "custom_1": "<b>",
    });
    let client = desk.result("admin/client/create", ADMIN, new).await;
    let stored = sqlx::query_as::<_, (String, String, String, String)>(
        "SELECT firstname, email, notes, ip FROM tblclients WHERE id = ?",
    );
    let (name, email, notes, ip) = stored.bind(client.as_i64()).fetch_one(&desk.pool).await.unwrap();
    let stored = [&*name, &*email, &*notes, &*ip];
    assert_eq!(stored, ["&lt;script&gt;", "o&#039;neil@example.com", "a &amp; b", "2001:db8::1"]);
    let found = desk.result("admin/client/get_list", ADMIN, json!({"search": "<script>"})).await;
    assert_eq!((&found["total"], &found["list"][0]["custom_1"]), (&json!(1), &json!("&lt;b&gt;")));
    let login = json!({"email": "O'Neil@example.com", "password": password});
    let identity = desk.result("guest/client/login", None, login.clone()).await;
    assert_eq!(identity["id"], client);
    // A stored reply is no way around the password, nor is the password one around the second factor.
    let (status, _) = desk.post_with_key("guest/client/login", "key-1", &login.to_string()).await;
    let wrong = json!({"email": "O'Neil@example.com", "password": "x"});
    let (_, answer) = desk.post_with_key("guest/client/login", "key-1", &wrong.to_string()).await;
    assert!(status == 200 && answer.contains(r#""result":null"#), "{status} {answer}");
    sqlx::query("UPDATE tblusers SET second_factor = 'totp'").execute(&desk.pool).await.unwrap();
    assert_eq!(desk.error("guest/client/login", None, login).await, "401 Please check your login details.");
    let bad = json!({"email": "b@example.com", "first_name": "B", "ip": "<b>"});
    assert_eq!(desk.error("admin/client/create", ADMIN, bad).await, "9999 IP address is invalid");
}

#[tokio::test]
async fn tickets_and_what_others_write_are_seen() {
    let desk = Desk::open("fossbilling-tickets").await;
    let helpdesk = desk.result("client/support/helpdesk_get_pairs", CLIENT, json!({})).await;
    let helpdesk: i64 = helpdesk.as_object().unwrap().keys().next().unwrap().parse().unwrap();
    let new = json!({"support_helpdesk_id": helpdesk, "subject": "Slow", "content": "It is slow"});
    let ticket = desk.result("client/support/ticket_create", CLIENT, new).await;
    let reply = desk.result("admin/support/ticket_reply", ADMIN, json!({"id": ticket, "content": "Looking"})).await;
    assert!(reply.is_i64());
    let own = desk.result("client/support/ticket_get", CLIENT, json!({"id": ticket})).await;
    assert_eq!((&own["status"], &own["replies"]), (&json!("on_hold"), &json!(2)));
    assert_eq!(
        desk.result("client/support/ticket_reply", CLIENT, json!({"id": ticket, "content": "Thanks"})).await,
        true
    );
    let seen = desk.whmcs("GetTicket", json!({"ticketid": ticket})).await;
    let replies = seen["replies"]["reply"].as_array().unwrap();
    let messages: Vec<&str> = replies.iter().map(|reply| reply["message"].as_str().unwrap()).collect();
    assert_eq!(
        (seen["status"].as_str().unwrap(), &*messages),
        ("Customer-Reply", &["It is slow", "Looking", "Thanks"][..])
    );
    assert_eq!(desk.result("admin/support/ticket_close", ADMIN, json!({"id": ticket})).await, true);
    assert_eq!(desk.whmcs("GetTicket", json!({"ticketid": ticket})).await["status"], "Closed");

    // The other way.
    let invoice = json!({"userid": 1, "itemdescription1": "By WHMCS", "itemamount1": "12.00"});
    let invoice = desk.whmcs("CreateInvoice", invoice).await["invoiceid"].clone();
    let seen = desk.result("client/invoice/get_list", CLIENT, json!({"id": invoice})).await;
    let seen = &seen["list"][0];
    assert_eq!(
        (&seen["subtotal"], &seen["status"], &seen["lines"][0]["title"]),
        (&json!(12), &json!("unpaid"), &json!("By WHMCS"))
    );
    desk.whmcs("AddCredit", json!({"clientid": 1, "amount": "3.25", "description": "x"})).await;
    let balance = desk.result("client/client/balance_get_total", CLIENT, json!({})).await.as_f64().unwrap();
    let client = desk.whmcs("GetClientsDetails", json!({"clientid": 1})).await;
    assert_eq!(format!("{balance:.2}"), client["client"]["credit"].as_str().unwrap());

    // A repeated call with an idempotency key is carried out once.
    let funds = json!({"id": 1, "amount": 1, "description": "Once", "idempotencykey": "ignored"}).to_string();
    for _ in 0..2 {
        let (status, body) = desk.post_with_key("admin/client/balance_add_funds", "key-1", &funds).await;
        assert_eq!((status, &*body), (200, r#"{"result":true,"error":null}"#));
    }
    let credits = desk.whmcs("GetCredits", json!({"clientid": 1})).await;
    let once = credits["credits"]["credit"].as_array().unwrap().iter().filter(|credit| credit["description"] == "Once");
    assert_eq!(once.count(), 1);
    // The sign-up of a guest, who can log in then.
    let person = json!({
        "email": "new@example.com", "first_name": "New", "password": "Testing123", "password_confirm": "Testing123",
    });
    assert!(desk.result("guest/client/create", None, person.clone()).await.is_i64());
    let identity = desk.result("guest/client/login", None, person).await;
    assert_eq!((&identity["email"], &identity["role"]), (&json!("new@example.com"), &json!("client")));
    let wrong = json!({"email": "new@example.com", "password": "Testing124"});
    assert_eq!(desk.error("guest/client/login", None, wrong).await, "401 Please check your login details.");
    let logged = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM tblapilog WHERE request LIKE '%Testing123%'");
    assert_eq!(logged.fetch_one(&desk.pool).await.unwrap(), 0);
}
