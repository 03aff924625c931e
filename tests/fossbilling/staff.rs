//! Billing and orders by staff, and what clients and guests do for themselves: done here, and seen through WHMCS's API.

use serde_json::{Value, json};
use whmcs_api::outbox::webhooks::relay;

use super::{ADMIN, CLIENT, Desk};

#[tokio::test]
async fn staff_bill_and_change_orders() {
    let desk = Desk::open("fossbilling-staff").await;
    let status = async |id: &Value| desk.whmcs("GetInvoice", json!({"invoiceid": id})).await["status"].clone();
    let items = json!([{"title": "Work", "price": "10.00"}, {"title": "More", "price": "5.00"}]);
    let issue = async || {
        let new = json!({"client_id": 1, "approve": true, "items": items.clone()});
        desk.result("admin/invoice/prepare", ADMIN, new).await
    };
    let gateways = desk.result("admin/invoice/gateway_get_pairs", ADMIN, json!({})).await;
    let gateway = gateways.as_object().unwrap().keys().next().unwrap().parse::<i64>().unwrap();

    // A line less, a payment in part, changed and completed, and a refund.
    let invoice = issue().await;
    let lines = desk.result("admin/invoice/get", ADMIN, json!({"id": invoice})).await["lines"].clone();
    assert_eq!(desk.result("admin/invoice/item_delete", ADMIN, json!({"id": lines[1]["id"]})).await, true);
    assert_eq!(
        desk.error("admin/invoice/item_delete", ADMIN, json!({"id": lines[1]["id"]})).await,
        "9999 Invoice item was not found"
    );
    let new =
        json!({"invoice_id": invoice, "gateway_id": gateway, "amount": "4.00", "txn_id": "TX-9", "note": "By hand"});
    let transaction = desk.result("admin/invoice/transaction_create", ADMIN, new.clone()).await;
    let again = desk.error("admin/invoice/transaction_create", ADMIN, new).await;
    assert_eq!(again, "9999 Transaction ID is already associated with another invoice.");
    let found = desk.result("admin/invoice/transaction_get", ADMIN, json!({"id": transaction})).await;
    assert_eq!(
        json!([found["amount"], found["txn_id"], found["note"], found["ipn"]]),
        json!([4, "TX-9", "By hand", null])
    );
    assert_eq!(status(&invoice).await, "Unpaid");
    let total = desk.whmcs("GetInvoice", json!({"invoiceid": invoice})).await["total"].clone();
    let change = json!({"id": transaction, "amount": total, "note": "All of it"});
    assert_eq!(desk.result("admin/invoice/transaction_update", ADMIN, change).await, true);
    let seen =
        desk.whmcs("GetTransactions", json!({"invoiceid": invoice})).await["transactions"]["transaction"][0].clone();
    assert_eq!((&seen["amountin"], &seen["description"]), (&total, &json!("All of it")));
    assert_eq!(status(&invoice).await, "Paid");
    assert_eq!(desk.result("admin/invoice/refund", ADMIN, json!({"id": invoice})).await, Value::Null);
    assert_eq!(status(&invoice).await, "Refunded");
    for (method, sent, refusal) in [
        ("refund", json!({"id": 999_999}), "9999 Invoice was not found"),
        ("refund", json!({"id": issue().await}), "9999 Invoice has no payment that could be refunded"),
        ("delete", json!({"id": invoice}), "9999 Invoice not deletable"),
        ("transaction_get", json!({"id": 999_999}), "9999 Transaction not found"),
        ("transaction_update", json!({"id": 999_999}), "9999 Transaction not found"),
        ("transaction_create", json!({"gateway_id": gateway}), "9999 Transaction invoice ID is missing"),
        ("transaction_create", json!({"invoice_id": invoice}), "9999 Payment gateway ID is missing"),
    ] {
        assert_eq!(desk.error(&format!("admin/invoice/{method}"), ADMIN, sent).await, refusal, "{method}");
    }
    let unpaid = issue().await;
    assert_eq!(desk.result("admin/invoice/delete", ADMIN, json!({"id": unpaid})).await, true);
    assert_eq!(desk.error("admin/invoice/get", ADMIN, json!({"id": unpaid})).await, "9999 Invoice was not found");
    // By default, what is left to pay.
    let invoice = issue().await;
    desk.result("admin/invoice/transaction_create", ADMIN, json!({"invoice_id": invoice, "gateway_id": gateway})).await;
    assert_eq!(status(&invoice).await, "Paid");

    // Orders.
    let order = json!({"client_id": 1, "product_id": 2, "period": "1M"});
    let order = desk.result("admin/order/create", ADMIN, order).await;
    let service = order.as_i64().unwrap() / 4;
    let change = json!({
        "id": order, "price": "7.50", "period": "1Y", "expires_at": "2027-01-31", "notes": "Moved", "status": "active",
    });
    assert_eq!(desk.result("admin/order/update", ADMIN, change).await, true);
    assert_eq!(desk.result("admin/order/renew", ADMIN, json!({"id": order})).await, true);
    let seen = desk.whmcs("GetClientsProducts", json!({"serviceid": service})).await["products"]["product"][0].clone();
    let names = ["recurringamount", "billingcycle", "nextduedate", "notes", "status"];
    assert_eq!(json!(names.map(|name| &seen[name])), json!(["7.50", "Annually", "2028-01-31", "Moved", "Active"]));
    let domains = desk.result("admin/order/get_list", ADMIN, json!({"client_id": 1, "type": "domain"})).await;
    let domain = &domains["list"][0]["id"];
    let change = json!({"id": domain, "price": "9.99", "notes": "Keep"});
    assert_eq!(desk.result("admin/order/update", ADMIN, change).await, true);
    let seen = desk.whmcs("GetClientsDomains", json!({"domainid": domain.as_i64().unwrap() / 4})).await;
    let seen = &seen["domains"]["domain"][0];
    assert_eq!((&seen["recurringamount"], &seen["notes"]), (&json!("9.99"), &json!("Keep")));
    for (method, sent, refusal) in [
        ("update", json!({"id": 999_999}), "9999 Order Not Found"),
        ("update", json!({"id": order, "status": "failed"}), "9999 Invalid order status: failed"),
        ("update", json!({"id": order, "price": "-1"}), "9999 Price cannot be negative."),
        ("update", json!({"id": order, "period": "5Y"}), "9999 Selected billing period is invalid"),
        ("update", json!({"id": order, "expires_at": "soon"}), "9999 Invalid date format for expires_at: soon"),
        ("renew", json!({"id": 999_999}), "9999 Order Not Found"),
        ("delete", json!({"id": 999_999}), "9999 Order Not Found"),
    ] {
        assert_eq!(desk.error(&format!("admin/order/{method}"), ADMIN, sent).await, refusal, "{method}");
    }
    assert_eq!(desk.result("admin/order/update", ADMIN, json!({"id": order, "status": "canceled"})).await, true);
    assert_eq!(desk.error("admin/order/renew", ADMIN, json!({"id": order})).await, "9999 Cannot renew canceled order");
    assert_eq!(desk.result("admin/order/delete", ADMIN, json!({"id": order})).await, true);
    assert_eq!(desk.error("admin/order/get", ADMIN, json!({"id": order})).await, "9999 Order Not Found");
    assert_eq!(desk.whmcs("GetClientsProducts", json!({"serviceid": service})).await["totalresults"], 0);
    // The other way, and together with others.
    let both = json!({
        "clientid": 1, "paymentmethod": "banktransfer", "pid": [10], "domain": ["both.com"], "domaintype": ["register"], "regperiod": [1],
    });
    let both = desk.whmcs("AddOrder", both).await;
    let order = both["serviceids"].as_str().unwrap().parse::<i64>().unwrap() * 4;
    let together = "9999 Order was placed together with others: cancel it instead";
    assert_eq!(desk.error("admin/order/delete", ADMIN, json!({"id": order})).await, together);
    assert_eq!(desk.error("client/order/delete", CLIENT, json!({"id": order})).await, together);
    let alone = desk.whmcs("AddOrder", json!({"clientid": 1, "paymentmethod": "banktransfer", "pid": [10]})).await;
    let order = alone["serviceids"].as_str().unwrap().parse::<i64>().unwrap() * 4;
    assert_eq!(desk.result("client/order/delete", CLIENT, json!({"id": order})).await, true);
    let only_pending = "9999 Only pending and failed setup orders can be deleted.";
    assert_eq!(desk.error("client/order/delete", CLIENT, json!({"id": order})).await, only_pending);
    assert_eq!(
        desk.whmcs("GetOrders", json!({"id": alone["orderid"]})).await["orders"]["order"][0]["status"],
        "Cancelled"
    );
    desk.books_agree().await;
}

#[tokio::test]
async fn clients_serve_themselves() {
    let desk = Desk::open("fossbilling-self-service").await;
    desk.sql(
        "INSERT INTO mod_whmcs_api_webhooks (id, kind, url, events, secret, previous_secret, created_at, updated_at) \
         VALUES (1000, 'pull', '', 'UserChangePassword', '', '', '2026-11-20', '2026-11-20')",
    )
    .await;
    relay::read_listeners(&desk.hosts).await.unwrap();
    let mut browser = desk.browser();
    let client = browser.sign_up("ana@example.com").await;
    let mut elsewhere = desk.browser();
    let login = |password: &str| json!({"email": "ana@example.com", "password": password});
    elsewhere.post("guest/client/login", login("Testing123")).await;
    let change = |current: &str, new: &str, confirmed: &str| json!({"current_password": current, "new_password": new, "confirm_password": confirmed});
    for (sent, refusal) in [
        (change("Testing123", "Changed123", "Changed124"), "9999 Passwords do not match."),
        (change("Testing123", "changed", "changed"), "9999 Minimum password length is 8 characters."),
        (change("Testing124", "Changed123", "Changed123"), "9999 Current password incorrect"),
    ] {
        assert_eq!(browser.error("client/profile/change_password", sent).await, refusal);
    }
    let sent = change("Testing123", "Changed123", "Changed123");
    assert_eq!(browser.post("client/profile/change_password", sent).await, true);
    assert_eq!(browser.post("client/profile/get", json!({})).await["id"], client);
    assert_eq!(elsewhere.error("client/profile/get", json!({})).await, "201 Authentication Failed");
    let valid = json!({"email": "ana@example.com", "password2": "Changed123"});
    assert!(desk.whmcs("ValidateLogin", valid).await["userid"].as_i64() > Some(0));
    let sent = json!({"id": client, "password": "ByStaff123", "password_confirm": "ByStaff123"});
    assert_eq!(desk.result("admin/client/change_password", ADMIN, sent).await, true);
    let told = "SELECT COUNT(*), COUNT(DISTINCT data) FROM mod_whmcs_api_events WHERE name = 'UserChangePassword' \
                AND data = CONCAT('{\"userid\":', subject_id, '}')";
    assert_eq!(sqlx::query_as::<_, (i64, i64)>(told).fetch_one(&desk.pool).await.unwrap(), (2, 1));
    assert_eq!(browser.error("client/profile/get", json!({})).await, "201 Authentication Failed");
    assert_eq!(browser.post("guest/client/login", login("ByStaff123")).await["id"], client);
    // How often a password is changed is limited.
    for _ in 0..3 {
        browser.post("client/profile/change_password", change("x", "Changed123", "Changed123")).await;
    }
    let limited = "429 Rate limit exceeded. Please try again later.";
    assert_eq!(browser.error("client/profile/change_password", change("x", "y", "z")).await, limited);
    for email in ["ana@example.com", "nobody@example.com"] {
        assert_eq!(desk.result("guest/client/reset_password", None, json!({"email": email})).await, true, "{email}");
    }
    let tokens = "SELECT COUNT(*) FROM tblusers WHERE reset_token <> ''";
    assert_eq!(sqlx::query_scalar::<_, i64>(tokens).fetch_one(&desk.pool).await.unwrap(), 1);

    // Funds.
    let invoice = browser.post("client/invoice/funds_invoice", json!({"amount": "20.00"})).await;
    let invoice = browser.post("client/invoice/get", json!({"hash": invoice})).await;
    assert_eq!((&invoice["total"], &invoice["lines"][0]["type"]), (&json!(20), &json!("deposit")));
    desk.whmcs("AddInvoicePayment", json!({"invoiceid": invoice["id"], "transid": "F-1", "gateway": "paypal"})).await;
    assert_eq!(browser.post("client/client/balance_get_total", json!({})).await, 20);
    let transactions = browser.post("client/invoice/transaction_get_list", json!({})).await;
    assert_eq!((&transactions["total"], &transactions["list"][0]["txn_id"]), (&json!(1), &json!("F-1")));
    for (amount, refusal) in [
        ("x", "9999 You need to enter numeric value"),
        ("0", "9999 You need to enter numeric value"),
        ("9.99", "981 Amount must be at least 10.00"),
        ("1000.01", "982 Amount cannot exceed 1000.00"),
    ] {
        assert_eq!(browser.error("client/invoice/funds_invoice", json!({"amount": amount})).await, refusal, "{amount}");
    }
    desk.sql("UPDATE tblconfiguration SET value = '' WHERE setting = 'AddFundsEnabled'").await;
    let disabled = "980 Adding funds to the account balance is currently disabled";
    assert_eq!(browser.error("client/invoice/funds_invoice", json!({"amount": 20})).await, disabled);
    assert_eq!(browser.post("client/client/is_taxable", json!({})).await, true);
    let listed = desk.result("admin/client/balance_get_list", ADMIN, json!({"client_id": client})).await;
    assert_eq!((&listed["total"], &listed["list"][0]["amount"]), (&json!(1), &json!(20)));
    let pairs = desk.result("admin/client/get_pairs", ADMIN, json!({"per_page": 2})).await;
    assert_eq!((pairs.as_object().unwrap().len(), &pairs[client.to_string()]), (2, &json!("Ana")));
    desk.books_agree().await;
}

#[tokio::test]
async fn guests_open_tickets() {
    let desk = Desk::with("fossbilling-guest-tickets", |settings| settings.fossbilling_limits.guest_tickets = 5).await;
    let guest = async |method: &str, sent| desk.result(&format!("guest/support/{method}"), None, sent).await;
    assert_eq!(guest("guest_tickets_enabled", json!({})).await, true);
    assert_eq!(guest("helpdesk_get_pairs", json!({})).await, json!({"1": "Sales"}));
    let new = json!({"name": "Eva", "email": "eva@example.com", "subject": "Prices", "message": "How much?"});
    let with = |name: &str, value: Value| {
        let mut new = new.clone();
        new[name] = value;
        new
    };
    for (sent, refusal) in [
        (with("name", json!("")), "9999 Please enter your name"),
        (with("message", json!(" ")), "9999 Please enter your message"),
        (with("email", json!("eva")), "9999 Email address is invalid"),
        // Technical support is for clients.
        (with("support_helpdesk_id", json!(2)), "9999 Helpdesk invalid"),
    ] {
        assert_eq!(desk.error("guest/support/ticket_create", None, sent).await, refusal);
    }
    let hash = guest("ticket_create", new.clone()).await;
    let (status, _) = desk.post("guest/support/ticket_create", None, new).await;
    assert_eq!(status, 429);
    let ticket = guest("ticket_get", json!({"hash": hash})).await;
    let id = &ticket["id"];
    assert_eq!(json!([ticket["hash"], ticket["author"]["name"], ticket["replies"]]), json!([hash, "Eva", 1]));
    desk.whmcs("AddTicketReply", json!({"ticketid": id, "message": "Little", "adminusername": "admin"})).await;
    assert!(guest("ticket_reply", json!({"hash": hash, "content": "Thanks"})).await.is_i64());
    let seen = desk.whmcs("GetTicket", json!({"ticketid": id})).await;
    let replies = seen["replies"]["reply"].as_array().unwrap().iter();
    let replies: Vec<Value> = replies.map(|reply| json!([reply["message"], reply["requestor_name"]])).collect();
    assert_eq!((&seen["status"], replies.len(), &replies[2]), (&json!("Customer-Reply"), 3, &json!(["Thanks", "Eva"])));
    let hash_text = hash.as_str().unwrap();
    let swapped: String = hash_text
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    for wrong in [&hash_text[..hash_text.len() - 1], &*swapped, "12345678", "x"] {
        for method in ["ticket_get", "ticket_close"] {
            let refusal = "9999 Guest ticket not found";
            assert_eq!(
                desk.error(&format!("guest/support/{method}"), None, json!({"hash": wrong})).await,
                refusal,
                "{wrong}"
            );
        }
    }
    assert_eq!(guest("ticket_close", json!({"hash": hash})).await, true);
    assert_eq!(desk.whmcs("GetTicket", json!({"ticketid": id})).await["status"], "Closed");
    desk.sql("UPDATE tblticketdepartments SET clientsonly = 'on'").await;
    assert_eq!(guest("public_tickets_enabled", json!({})).await, false);
}

/// Paying an order's invoice has its service run, although the order is still Pending.
#[tokio::test]
async fn services_that_run_are_not_deleted() {
    let desk = Desk::open("fossbilling-running").await;
    let new = json!({"client_id": 1, "product_id": 6, "period": "1M", "invoice_option": "issue-invoice"});
    let order = desk.result("admin/order/create", ADMIN, new).await;
    let placed = desk.result("admin/order/get", ADMIN, json!({"id": order})).await;
    desk.result("admin/invoice/mark_as_paid", ADMIN, json!({"id": placed["unpaid_invoice_id"]})).await;
    let group = placed["group_id"].as_str().unwrap();
    let stored = desk.whmcs("GetOrders", json!({"id": group})).await["orders"]["order"][0]["status"].clone();
    let status = async || desk.result("admin/order/get", ADMIN, json!({"id": order})).await["status"].clone();
    assert_eq!((stored, status().await), (json!("Pending"), json!("active")));
    for running in ["active", "suspended"] {
        desk.result("admin/order/update", ADMIN, json!({"id": order, "status": running})).await;
        assert_eq!(desk.error("admin/order/delete", ADMIN, json!({"id": order})).await, "9999 Order not ended");
        let refusal = "9999 Only pending and failed setup orders can be deleted.";
        assert_eq!(desk.error("client/order/delete", CLIENT, json!({"id": order})).await, refusal);
        assert_eq!(status().await, running);
    }
    desk.books_agree().await;
}

#[tokio::test]
async fn only_what_is_unpaid_is_marked_as_paid() {
    let desk = Desk::open("fossbilling-marked").await;
    let prepare = async |approve: bool| {
        let new = json!({"client_id": 1, "approve": approve, "items": [{"title": "Work", "price": 20}]});
        desk.result("admin/invoice/prepare", ADMIN, new).await
    };
    let mark = async |id: &Value, transaction: &str| {
        let sent = json!({"id": id, "transactionId": transaction});
        let (_, answer) = desk.post("admin/invoice/mark_as_paid", ADMIN, sent).await;
        answer["error"]["message"].as_str().unwrap_or("paid").to_owned()
    };
    let status = async |id: &Value| desk.whmcs("GetInvoice", json!({"invoiceid": id})).await["status"].clone();
    let balance = async || desk.whmcs("GetClientsDetails", json!({"clientid": 1})).await["credit"].clone();
    let before = balance().await;
    // A draft is published first.
    let (draft, approved) = (prepare(false).await, prepare(true).await);
    for id in [&draft, &approved] {
        let transaction = format!("TX-{id}");
        for _ in 0..2 {
            assert_eq!(mark(id, &transaction).await, "paid");
        }
        assert_eq!(status(id).await, "Paid");
        assert_eq!(desk.result("admin/invoice/get", ADMIN, json!({"id": id})).await["approved"], true);
    }
    let other = prepare(true).await;
    let taken = "Transaction ID is already associated with another invoice.";
    assert_eq!(mark(&other, &format!("TX-{draft}")).await, taken);
    assert_eq!(status(&other).await, "Unpaid");
    // What was paid back, or is canceled, stays so.
    desk.result("admin/invoice/refund", ADMIN, json!({"id": approved})).await;
    desk.result("admin/invoice/update", ADMIN, json!({"id": other, "status": "canceled"})).await;
    for (id, stays) in [(&approved, "Refunded"), (&other, "Cancelled")] {
        assert_eq!(mark(id, "").await, "Only unpaid invoices can be marked as paid.");
        assert_eq!(status(id).await, stays);
    }
    let gateways = desk.result("admin/invoice/gateway_get_pairs", ADMIN, json!({})).await;
    let gateway = gateways.as_object().unwrap().keys().next().unwrap().clone();
    let nothing = json!({"invoice_id": draft, "gateway_id": gateway});
    assert_eq!(desk.error("admin/invoice/transaction_create", ADMIN, nothing).await, "9999 Nothing to pay");
    assert_eq!(balance().await, before);
    desk.books_agree().await;
}

#[tokio::test]
async fn credit_of_canceled_invoices_returns() {
    let desk = Desk::open("fossbilling-credit-returns").await;
    let funds = json!({"id": 1, "amount": 50, "description": "Gift"});
    desk.result("admin/client/balance_add_funds", ADMIN, funds).await;
    let balance = async || desk.whmcs("GetClientsDetails", json!({"clientid": 1})).await["credit"].clone();
    let before = balance().await;
    for (method, change) in
        [("admin/invoice/delete", json!({})), ("admin/invoice/update", json!({"status": "canceled"}))]
    {
        let new = json!({"client_id": 1, "approve": true, "items": [{"title": "Work", "price": 500}]});
        let invoice = desk.result("admin/invoice/prepare", ADMIN, new).await;
        desk.result("admin/invoice/pay_with_credits", ADMIN, json!({"id": invoice})).await;
        assert_ne!(balance().await, before);
        let mut change = change;
        change["id"] = invoice.clone();
        assert_eq!(desk.result(method, ADMIN, change).await, true);
        assert_eq!(balance().await, before, "{method}");
        assert_eq!(desk.whmcs("GetInvoice", json!({"invoiceid": invoice})).await["status"], "Cancelled");
    }
    desk.books_agree().await;
}

#[tokio::test]
async fn prices_are_rounded_and_those_of_domains_recur() {
    let desk = Desk::open("fossbilling-prices").await;
    for (price, stored) in [
        (json!(59.699_999_999_999_996), "59.70"),
        (json!("1.115"), "1.12"),
        (json!(".5"), "0.50"),
        (json!("+3"), "3.00"),
        (json!("1e2"), "100.00"),
    ] {
        let new = json!({"client_id": 1, "items": [{"title": "Work", "price": price}]});
        let invoice = desk.result("admin/invoice/prepare", ADMIN, new).await;
        let seen = desk.whmcs("GetInvoice", json!({"invoiceid": invoice})).await["items"]["item"][0].clone();
        assert_eq!(seen["amount"], stored, "{price}");
    }
    for price in ["1,5", "x", "1.2.3"] {
        let new = json!({"client_id": 1, "items": [{"title": "Work", "price": price}]});
        assert_eq!(
            desk.error("admin/invoice/prepare", ADMIN, new).await,
            "9999 Price must be a valid number.",
            "{price}"
        );
    }
    for (action, title) in [("register", "registration"), ("transfer", "transfer")] {
        let domain = |name: &str| format!("{action}_{name}");
        let config = json!({"action": action, domain("sld"): format!("{action}-me"), domain("tld"): ".com"});
        let new = json!({"client_id": 1, "product_id": 1, "price": "5", "config": config});
        let order = desk.result("admin/order/create", ADMIN, new).await;
        let seen = desk.result("admin/order/get", ADMIN, json!({"id": order})).await;
        assert_eq!(
            (&seen["price"], &seen["title"], &seen["config"]["action"]),
            (&json!(5), &json!(format!("Domain {action}-me.com {title}")), &json!(action))
        );
        assert_eq!(seen["config"][domain("sld")], format!("{action}-me"));
        let stored = desk.whmcs("GetClientsDomains", json!({"domainid": order.as_i64().unwrap() / 4})).await;
        assert_eq!(stored["domains"]["domain"][0]["recurringamount"], "5.00");
    }
}
