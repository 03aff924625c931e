//! The demo data, and the requests of the documentation on it.

pub mod data;
mod seed;

use axum::Router;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use whmcs_api::config::Compat;
use whmcs_api::database::migrations;
use whmcs_api::demo;

use crate::support::{Database, post, replica};

pub struct Demo {
    pub database: Database,
    router: Router,
    pub pool: sqlx::MySqlPool,
}

impl Demo {
    pub async fn new() -> Demo {
        let demo = Demo::empty().await;
        demo::fill(demo.database.options()).await.unwrap();
        demo
    }

    /// Creates a demo database with tables but without rows.
    pub async fn empty() -> Demo {
        let database = Database::create().await;
        migrations::run(database.options()).await.unwrap();
        let (_, router) = replica(&database, Compat::default()).await;
        let pool = sqlx::MySqlPool::connect_lazy_with(database.options());
        Demo { database, router, pool }
    }

    async fn reply(&self, request: &str) -> Value {
        let credential = format!("username={}&password={}", demo::IDENTIFIER, demo::SECRET);
        let (status, body) = post(&self.router, &format!("{credential}&responsetype=json&{request}")).await;
        let reply: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &reply["result"]), (200, &"success".into()), "{request}: {body}");
        reply
    }

    pub async fn number(&self, statement: &str) -> i64 {
        let query = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()));
        query.fetch_one(&self.pool).await.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    pub async fn texts(&self, statement: &str) -> Vec<String> {
        let query = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()));
        query.fetch_all(&self.pool).await.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }
}

/// Each request that the documentation of these actions shows, exactly as it is there.
#[tokio::test]
async fn answers_the_documented_requests() {
    let demo = Demo::new().await;
    let reply = demo.reply("action=AddCredit&clientid=1&description=Adding+funds+via+api&amount=12.34&adminid=1").await;
    assert_eq!(reply["newbalance"], "123.45");

    let reply = demo.reply("action=GetCredits&clientid=1").await;
    assert_eq!((&reply["totalresults"], &reply["clientid"]), (&4.into(), &"1".into()));
    assert_eq!(reply["credits"]["credit"][1]["description"], "Credit Applied to Invoice #14");

    let reply = demo.reply("action=GetProductsActive&pid=1").await;
    assert_eq!(reply["totalresults"], 1);
    let product = &reply["products"]["product"][0];
    assert_eq!((&product["module"], &product["paytype"]), (&"cpanel".into(), &"recurring".into()));
    assert_eq!(
        (&product["pricing"]["EUR"]["annually"], &product["pricing"]["EUR"]["monthly"]),
        (&"40.00".into(), &"-1.00".into())
    );

    let reply = demo.reply("action=AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal").await;
    assert_eq!((&reply["invoiceid"], &reply["status"]), (&130.into(), &"Unpaid".into()));
    assert_eq!(
        reply["paymentMethod"].to_string(),
        r#"{"amount":"50.00","data":"https://billing.example.com/viewinvoice.php?id=130"}"#
    );

    let reply = demo.reply("action=GetProductsGroups&gid=1").await;
    assert_eq!(reply["groups"].to_string(), r#"[{"id":1,"name":"Web Hosting - Linux"}]"#);

    let data = &demo.reply("action=PaymentData&invoiceid=66").await["paymentdata"];
    assert_eq!((&data["order"]["invoiceid"], &data["order"]["transactions"]), (&66.into(), &"".into()));
    assert_eq!(
        (&data["amount"], &data["order"]["items"]["item"][0]["type"]),
        (&"14.75".into(), &"DomainRegister".into())
    );
    assert!(data["data"].as_str().unwrap().starts_with("Bank: Banco Atlântico\r\n"));

    let promotion =
        "code=PROMO10&type=percentage&value=10&cycles=Monthly&appliesto=1,2,3&expirationdate=2023-12-31&maxuses=50";
    let reply = demo.reply(&format!("action=AddPromoCode&action=create&{promotion}")).await;
    assert_eq!(reply["message"], "Promotion code created successfully");
    let reply = demo
        .reply(&format!("action=AddPromoCode&action=update&promotionid={}&{promotion}", reply["promotionid"]))
        .await;
    assert_eq!(reply["message"], "Promotion code updated successfully");
}

/// The calls that the README shows one after the other, with their replies.
#[tokio::test]
async fn answers_as_the_readme_shows() {
    let demo = Demo::new().await;
    let mut lines = include_str!("../../README.md").lines();
    let mut calls = 0;
    while let Some(line) = lines.next() {
        let Some(arguments) = line.strip_prefix("api -d ") else { continue };
        let reply = lines.next().and_then(|line| line.strip_prefix("# ")).unwrap();
        let request = arguments.replace(" -d ", "&").replace(['\'', '"'], "");
        assert_eq!(demo.reply(&request).await, serde_json::from_str::<Value>(reply).unwrap(), "{line}");
        calls += 1;
    }
    assert_eq!(calls, 3);
}

#[tokio::test]
async fn credit_that_a_client_pays_for_is_in_their_history_once() {
    let demo = Demo::new().await;
    let invoice = demo.reply("action=AddCreditApi&userid=2&itemamount=50&paymentmethod=stripe").await;
    demo.reply(&format!("action=AddInvoicePayment&invoiceid={}&transid=ch_1&gateway=stripe", invoice["invoiceid"]))
        .await;
    let reply = demo.reply("action=GetCredits&clientid=2").await;
    assert_eq!(reply["totalresults"], 1);
    assert_eq!(reply["credits"]["credit"][0]["amount"], "50.00");
}

#[tokio::test]
async fn is_something_a_person_would_believe() {
    let demo = Demo::new().await;
    let none_wrong = [
        "SELECT COUNT(*) FROM tblclients c WHERE credit <> COALESCE((SELECT SUM(amount) FROM tblcredit WHERE clientid = c.id), 0)",
        "SELECT COUNT(*) FROM tblinvoices WHERE total <> subtotal + tax + tax2 - credit",
        "SELECT COUNT(*) FROM tblinvoices i WHERE subtotal <> (SELECT SUM(amount) FROM tblinvoiceitems WHERE invoiceid = i.id)",
        "SELECT COUNT(*) FROM tblinvoices i WHERE tax <> ROUND(taxrate / 100 * (SELECT COALESCE(SUM(amount), 0) FROM tblinvoiceitems WHERE invoiceid = i.id AND taxed = 1), 2)",
        "SELECT COUNT(*) FROM tblinvoices i WHERE status = 'Paid' AND total <> (SELECT COALESCE(SUM(amountin - amountout), 0) FROM tblaccounts WHERE invoiceid = i.id)",
        "SELECT COUNT(*) FROM tblinvoices i WHERE NOT EXISTS (SELECT 1 FROM tblclients WHERE id = i.userid)",
        "SELECT COUNT(*) FROM tblproducts p WHERE NOT EXISTS (SELECT 1 FROM tblproductgroups WHERE id = p.gid)",
    ];
    for statement in none_wrong {
        assert_eq!(demo.number(statement).await, 0, "{statement}");
    }
    for (statement, least) in [
        ("SELECT COUNT(DISTINCT status) FROM tblinvoices", 7),
        ("SELECT COUNT(*) FROM tblproducts", 12),
        ("SELECT COUNT(*) FROM tblproducts WHERE hidden = 1", 2),
        ("SELECT COUNT(*) FROM tblproducts WHERE retired = 1", 1),
        ("SELECT COUNT(DISTINCT paytype) FROM tblproducts", 3),
        ("SELECT COUNT(*) FROM tblcurrencies", 2),
        ("SELECT COUNT(*) FROM tblproductgroups WHERE hidden = 1", 1),
        ("SELECT COUNT(*) FROM tblpromotions", 3),
        ("SELECT COUNT(DISTINCT status) FROM tblorders", 4),
        ("SELECT COUNT(DISTINCT domainstatus) FROM tblhosting", 5),
        ("SELECT COUNT(DISTINCT status) FROM tbldomains", 10),
        ("SELECT COUNT(*) FROM tbldomainpricing", 20),
        ("SELECT COUNT(DISTINCT type) FROM tblservers", 2),
        ("SELECT COUNT(*) FROM tbltickets", 12),
        ("SELECT COUNT(DISTINCT status) FROM tbltickets", 6),
        ("SELECT COUNT(DISTINCT name) FROM tblemailtemplates", 14),
        (
            "SELECT MAX(owned.clients) FROM \
             (SELECT COUNT(*) AS clients FROM tblusers_clients WHERE owner = 1 GROUP BY auth_user_id) AS owned",
            2,
        ),
    ] {
        assert!(demo.number(statement).await >= least, "{statement}");
    }
}

#[tokio::test]
async fn filling_twice_changes_nothing() {
    let demo = Demo::new().await;
    demo.reply("action=AddCredit&clientid=1&description=x&amount=1").await;
    demo::fill(demo.database.options()).await.unwrap();
    assert_eq!(demo.reply("action=GetCredits&clientid=1").await["totalresults"], 4);
}
