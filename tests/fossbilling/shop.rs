//! The shop: from a guest's cart to a paid order, and what is rejected.

use serde_json::{Value, json};

use super::{ADMIN, CLIENT, Desk};

fn hosting_with_domain() -> Value {
    let domain = json!({"action": "register", "register_sld": "ana", "register_tld": ".com", "register_years": 1});
    json!({"id": 2, "period": "1M", "domain": domain})
}

/// A guest fills a cart, signs up, orders, pays from the balance and opens a ticket.
#[tokio::test]
async fn from_the_cart_to_a_paid_order() {
    let desk = Desk::open("fossbilling-shop").await;
    let mut browser = desk.browser();
    let empty = browser.post("guest/cart/get", json!({})).await;
    assert_eq!((&empty["items"], &empty["total"], &empty["currency"]["code"]), (&json!([]), &json!(0), &json!("EUR")));
    assert!(browser.cookies.is_empty(), "whoever looks gets no session");
    assert_eq!(browser.post("guest/cart/add_item", hosting_with_domain()).await, true);
    assert!(browser.cookies.contains_key("fossbilling_session"));
    assert_eq!(browser.post("guest/cart/apply_promo", json!({"promocode": "welcome20"})).await, true);
    let amounts = |cart: &Value| json!([cart["subtotal"], cart["discount"], cart["total"]]);
    let cart = browser.post("guest/cart/get", json!({})).await;
    assert_eq!(amounts(&cart), json!([21.39, 1.98, 19.41]), "{cart}");
    let (hosting, domain) = (&cart["items"][0], &cart["items"][1]);
    assert_eq!(
        json!([hosting["type"], hosting["price"], hosting["discount"], hosting["total"], hosting["period"]]),
        json!(["hosting", 9.9, 1.98, 7.92, "1M"])
    );
    assert_eq!(
        json!([domain["type"], domain["title"], domain["price"], domain["register_sld"]]),
        json!(["domain", "Domain ana.com registration", 11.49, "ana"])
    );
    assert_eq!(browser.post("guest/cart/set_currency", json!({"currency": "usd"})).await, true);
    assert_eq!(amounts(&browser.post("guest/cart/get", json!({})).await), json!([23.39, 2.18, 21.21]));
    assert_eq!(browser.post("guest/cart/get_currency", json!({})).await["code"], "USD");

    // The cart stays with whoever signs up, and is in the client's currency then. Another server knows it.
    let client = browser.sign_up("ana@example.com").await;
    browser.router = desk.replica().await;
    let more = json!({"id": 9, "multiple": true});
    assert_eq!(browser.post("guest/cart/add_item", more).await, true);
    let cart = browser.post("guest/cart/get", json!({})).await;
    let added = cart["items"][2].clone();
    assert_eq!((&cart["currency"]["code"], &added["product_id"]), (&json!("EUR"), &json!(9)));
    assert_eq!(browser.post("guest/cart/remove_item", json!({"id": added["id"]})).await, true);
    let gateways = desk.result("guest/invoice/gateways", None, json!({})).await;
    let gateway = gateways.as_array().unwrap().iter().find(|gateway| gateway["code"] == "banktransfer").unwrap();
    let placed = browser.post("client/cart/checkout", json!({"gateway_id": gateway["id"]})).await;
    let orders = placed["orders"].as_array().unwrap();
    assert!(orders.len() == 2 && placed["order_id"] == orders[0] && placed["gateway_id"] == gateway["id"], "{placed}");
    assert_eq!(browser.error("client/cart/checkout", json!({})).await, "9999 Cart is empty");

    // It is the order that AddOrder places.
    let same = json!({
        "clientid": client, "paymentmethod": "banktransfer", "pid": [2], "billingcycle": ["monthly"], "domain": ["eva.com"],
        "domaintype": ["register"], "regperiod": [1], "promocode": "WELCOME20",
    });
    desk.whmcs("AddOrder", same).await;
    let listed = desk.whmcs("GetOrders", json!({"userid": client})).await["orders"]["order"].clone();
    let compared = |order: &Value| {
        let items = order["lineitems"]["lineitem"].as_array().unwrap();
        let items: Vec<Value> =
            items.iter().map(|item| json!([item["type"], item["billingcycle"], item["amount"]])).collect();
        json!([order["amount"], order["promocode"], order["paymentmethod"], order["status"], items])
    };
    assert_eq!(compared(&listed[0]), compared(&listed[1]));
    let invoice = browser.post("client/invoice/get", json!({"hash": placed["invoice_hash"]})).await;
    assert_eq!((&invoice["subtotal"], &invoice["client_id"]), (&json!(19.41), &client));
    // Its client sees it as a guest, too, and nobody else does.
    let by_hash = json!({"hash": placed["invoice_hash"]});
    assert_eq!(browser.post("guest/invoice/get", by_hash.clone()).await["id"], invoice["id"]);
    let refused = "403 You do not have permission to perform this action";
    assert_eq!(desk.error("guest/invoice/get", None, by_hash.clone()).await, refused);
    let mut other = desk.browser();
    other.sign_up("eva@example.com").await;
    assert_eq!(other.error("guest/invoice/get", by_hash).await, "9999 Invoice was not found");

    let funds = json!({"id": client, "amount": 100, "description": "Gift"});
    desk.result("admin/client/balance_add_funds", ADMIN, funds).await;
    for _ in 0..2 {
        assert_eq!(desk.result("admin/invoice/pay_with_credits", ADMIN, json!({"id": invoice["id"]})).await, true);
    }
    assert_eq!(desk.whmcs("GetInvoice", json!({"invoiceid": invoice["id"]})).await["status"], "Paid");
    let balance = browser.post("client/client/balance_get_list", json!({})).await;
    let rows: Vec<&Value> = balance["list"].as_array().unwrap().iter().map(|row| &row["description"]).collect();
    assert_eq!(rows, [&json!(format!("Credit Applied to Invoice #{}", invoice["id"])), &json!("Gift")]);
    let new = json!({"support_helpdesk_id": 1, "subject": "Hello", "content": "Is it there?"});
    let ticket = browser.post("client/support/ticket_create", new).await;
    assert_eq!(desk.whmcs("GetTicket", json!({"ticketid": ticket})).await["subject"], "Hello");
    desk.books_agree().await;
}

#[tokio::test]
async fn carts_reject_what_cannot_be_ordered() {
    let desk = Desk::open("fossbilling-cart-errors").await;
    let mut browser = desk.browser();
    let domain =
        |sld: &str, tld: &str| json!({"id": 1, "action": "register", "register_sld": sld, "register_tld": tld});
    let owned = |sld: &str| json!({"id": 2, "period": "1M", "domain": {"owndomain_sld": sld, "owndomain_tld": ".com"}});
    let registered_for = |years: &str| {
        let mut sent = domain("ana", ".com");
        sent["register_years"] = json!(years);
        sent
    };
    for (method, sent, refusal) in [
        ("add_item", json!({}), "9999 Product ID was not passed"),
        ("add_item", json!({"id": 999}), "9999 Product not found"),
        // Hidden products are not on sale.
        ("add_item", json!({"id": 11}), "9999 Product not found"),
        ("add_item", json!({"id": 1, "period": "1M"}), "9999 Selected billing period is invalid"),
        ("add_item", json!({"id": 1, "period": "9X"}), "9999 Selected billing period is invalid"),
        (
            "add_item",
            json!({"id": 1, "addons": [1]}),
            "9999 One or more of your selected add-ons are invalid for the associated product.",
        ),
        ("add_item", domain("ana", ".nosuch"), "9999 TLD not found"),
        ("add_item", domain("a b", ".com"), "701 Domain name is invalid"),
        ("add_item", owned("<script>.x\"y"), "701 Domain name is invalid"),
        ("add_item", owned(&"a".repeat(300)), "701 Domain name is invalid"),
        ("add_item", registered_for("0"), "9999 Domain registration period is invalid"),
        ("add_item", registered_for("-1"), "9999 Domain registration period is invalid"),
        ("add_item", registered_for("abc"), "9999 Domain registration period is invalid"),
        ("remove_item", json!({"id": 1}), "9999 Product not found"),
        ("apply_promo", json!({"promocode": "WELCOME20"}), "9999 Add products to your cart before applying promo code"),
        ("set_currency", json!({"currency": "XXX"}), "9999 Currency not found"),
    ] {
        assert_eq!(browser.error(&format!("guest/cart/{method}"), sent.clone()).await, refusal, "{method} {sent}");
    }
    assert!(browser.cookies.is_empty(), "nothing was stored");
    desk.sql("UPDATE tblproducts SET stockcontrol = 1, qty = 0 WHERE id = 6").await;
    assert_eq!(
        browser.error("guest/cart/add_item", json!({"id": 6})).await,
        "9999 This item is currently out of stock"
    );
    // An item takes the place of the others, unless there are to be several; prices come from the catalog alone.
    browser.post("guest/cart/add_item", json!({"id": 7, "quantity": 2, "period": "1M", "price": "0.01"})).await;
    browser.post("guest/cart/add_item", json!({"id": 2, "period": "1Y", "quantity": 3, "price": "0.01"})).await;
    browser
        .post(
            "guest/cart/add_item",
            json!({"multiple": 1, "id": 1, "action": "register", "register_sld": "ana", "register_tld": "com"}),
        )
        .await;
    let twice = json!({"multiple": 1, "id": 1, "action": "register", "register_sld": "ANA", "register_tld": ".com"});
    assert_eq!(browser.error("guest/cart/add_item", twice).await, "9999 This domain is already in the cart.");
    let cart = browser.post("guest/cart/get", json!({})).await;
    let items: Vec<Value> = cart["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| json!([item["id"], item["quantity"], item["total"]]))
        .collect();
    assert_eq!(json!(items), json!([[1, 1, 99], [2, 1, 11.49]]));
    for code in ["NOSUCH", "SUMMER2022", "VPS5"] {
        let refusal = "9999 The promo code has expired or does not exist";
        assert_eq!(browser.error("guest/cart/apply_promo", json!({"promocode": code})).await, refusal, "{code}");
    }
    // A code that was used since is rejected when the order is placed, and the cart stays.
    browser.post("guest/cart/apply_promo", json!({"promocode": "WELCOME20"})).await;
    browser.sign_up("ana@example.com").await;
    desk.sql("UPDATE tblpromotions SET newsignups = 1 WHERE id = 1").await;
    let order = json!({"clientid": 3, "paymentmethod": "banktransfer", "pid": [10]});
    desk.whmcs("AddOrder", order).await;
    desk.sql(
        "UPDATE tblorders SET status = 'Active', userid = (SELECT MAX(id) FROM tblclients) ORDER BY id DESC LIMIT 1",
    )
    .await;
    let refusal = "9999 Promo code cannot be applied to your account";
    assert_eq!(browser.error("client/cart/checkout", json!({})).await, refusal);
    assert_eq!(browser.post("guest/cart/remove_promo", json!({})).await, true);
    assert!(browser.post("client/cart/checkout", json!({})).await["order_id"].is_i64());
    assert_eq!(browser.post("guest/cart/reset", json!({})).await, true);
    // A key of another client has no cart of this session, and one without a session has none.
    browser.post("guest/cart/add_item", json!({"id": 2, "period": "1M"})).await;
    assert_eq!(desk.error("client/cart/checkout", CLIENT, json!({})).await, "9999 Cart is empty");
    let refusal = "9999 Payment gateway not found";
    assert_eq!(browser.error("client/cart/checkout", json!({"gateway_id": 5})).await, refusal);
    let count = "SELECT COUNT(*) FROM mod_whmcs_api_fossbilling_sessions WHERE cart IS NOT NULL";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&desk.pool).await.unwrap(), 1);
}

#[tokio::test]
async fn domains_are_looked_up_and_categories_listed() {
    let desk = Desk::open("fossbilling-domains").await;
    let pricing = desk.result("guest/servicedomain/pricing", None, json!({"tld": ".com"})).await;
    assert_eq!((&pricing["tld"], &pricing["price_registration"]), (&json!(".com"), &json!("11.49")));
    for (method, sent, answer) in [
        ("pricing", json!({"tld": ".nosuch"}), "9999 TLD not found"),
        ("check", json!({"sld": "free"}), "9999 TLD is missing"),
        ("check", json!({"sld": "a b", "tld": ".com"}), "9999 Domain name is invalid"),
        ("check", json!({"sld": "a.b", "tld": ".com"}), "9999 Domain name is invalid"),
        (
            "check",
            json!({"sld": "free", "tld": ".nosuch"}),
            "9999 Domain availability could not be determined. TLD is not configured.",
        ),
        ("can_be_transferred", json!({"sld": "free", "tld": ".nosuch"}), "9999 TLD is not configured."),
    ] {
        assert_eq!(desk.error(&format!("guest/servicedomain/{method}"), None, sent).await, answer, "{method}");
    }
    for sld in ["example", "available-9d8f7"] {
        let whois = desk.whmcs("DomainWhois", json!({"domain": format!("{sld}.com")})).await;
        let is_available = whois["status"] == "available";
        for (method, is_possible) in [("check", is_available), ("can_be_transferred", !is_available)] {
            let sent = json!({"sld": sld, "tld": ".com"});
            let (_, answer) = desk.post(&format!("guest/servicedomain/{method}"), None, sent).await;
            assert_eq!(answer["result"] == true, is_possible, "{method} {sld}: {answer}");
        }
    }
    let categories = desk.result("guest/product/category_get_list", None, json!({"per_page": 1})).await;
    let first = &categories["list"][0];
    assert!(categories["total"].as_i64() > Some(1) && first["products"][0]["title"] == "Starter", "{categories}");
    let pairs = desk.result("guest/product/category_get_pairs", None, json!({})).await;
    let all = desk.result("admin/product/category_get_pairs", ADMIN, json!({})).await;
    assert_eq!(pairs[first["id"].to_string()], first["title"]);
    assert!(all.as_object().unwrap().len() > pairs.as_object().unwrap().len(), "{all}");
    let category = desk.result("admin/product/category_get", ADMIN, json!({"id": first["id"]})).await;
    assert!(category["products"].as_array().unwrap().len() > first["products"].as_array().unwrap().len());
    let products = desk.result("admin/product/get_pairs", ADMIN, json!({"type": "hosting", "active_only": "0"})).await;
    assert_eq!((&products["5"], &products["9"]), (&json!("Starter 2016"), &Value::Null));
}

#[tokio::test]
async fn what_is_paid_at_once_has_no_invoice_to_pay() {
    let desk = Desk::open("fossbilling-nothing-due").await;
    let mut browser = desk.browser();
    let transfer =
        json!({"id": 1, "action": "transfer", "transfer_sld": "ana", "transfer_tld": ".com", "transfer_code": "x"});
    assert_eq!(browser.post("guest/cart/add_item", transfer).await, true);
    let cart = browser.post("guest/cart/get", json!({})).await;
    assert_eq!(cart["items"][0]["title"], "Domain ana.com transfer");
    browser.sign_up("ana@example.com").await;
    let placed = browser.post("client/cart/checkout", json!({})).await;
    assert!(placed["invoice_hash"].is_string(), "{placed}");
    desk.sql("UPDATE tblpricing SET monthly = 0, msetupfee = 0 WHERE type = 'product' AND relid = 2").await;
    browser.post("guest/cart/add_item", json!({"id": 2, "period": "1M"})).await;
    let placed = browser.post("client/cart/checkout", json!({})).await;
    assert!(placed["order_id"].is_i64() && placed["invoice_hash"].is_null(), "{placed}");
    let invoices = browser.post("client/invoice/get_list", json!({})).await;
    assert_eq!((&invoices["total"], &invoices["list"][0]["status"]), (&json!(2), &json!("paid")));
}
