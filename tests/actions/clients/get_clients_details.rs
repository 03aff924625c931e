use serde_json::json;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetClientsDetails&clientid=1&stats=1"],
    every_parameter: "GetClientsDetails&clientid=1&email=one@example.com&stats=1",
    ..Calls::NONE
};

async fn with_client() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.sql(
        "UPDATE tblclients SET uuid = 'f08ea4d1', firstname = 'Test', address1 = '123 Test Street', city = 'Test', \
           state = 'Tester', postcode = 'TE5 5ST', country = 'GB', phonenumber = '01234567890', password = 'hash', \
           taxexempt = 1, marketing_emails_opt_in = 1, email_preferences = '{\"domain\":0}', ip = '10.1.2.3' WHERE id = 1; \
         UPDATE tblusers SET last_login = '2016-10-03 10:26:59', email_verified_at = '2016-01-01' WHERE id = 1; \
         INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) VALUES (1001, 1, 'Radio'), (1001, 2, 'Press'), (1003, 1, 'x')",
    )
    .await;
    api
}

#[tokio::test]
async fn has_the_documented_shape_twice() {
    let api = with_client().await;
    let client = concat!(
        r#""client_id":1,"owner_user_id":1,"userid":1,"id":1,"uuid":"f08ea4d1","firstname":"Test","lastname":"Client","#,
        r#""fullname":"Test Client","companyname":"Acme","email":"one@example.com","address1":"123 Test Street","#,
        r#""address2":"","city":"Test","fullstate":"Tester","state":"Tester","postcode":"TE5 5ST","countrycode":"GB","#,
        r#""country":"GB","phonenumber":"01234567890","tax_id":"","email_preferences":{"general":"1","invoice":"1","#,
        r#""support":"1","product":"1","domain":"0","affiliate":"1"},"statecode":"Tester","#,
        r#""countryname":"United Kingdom","phonecc":44,"phonenumberformatted":"+44.1234567890","#,
        r#""telephoneNumber":"+44.1234567890","billingcid":0,"notes":"","currency":1,"defaultgateway":"","groupid":0,"#,
        r#""status":"Active","credit":"100.00","taxexempt":true,"latefeeoveride":false,"overideduenotices":false,"#,
        r#""separateinvoices":false,"disableautocc":false,"emailoptout":false,"marketing_emails_opt_in":true,"#,
        r#""overrideautoclose":false,"allowSingleSignOn":1,"email_verified":true,"language":"","#,
        r#""isOptedInToMarketingEmails":true,"#,
        r#""lastlogin":"Date: 03/10/2016 10:26\u003Cbr\u003EIP Address: 10.1.2.3\u003Cbr\u003EHost:","currency_code":"USD","#,
        r#""customfields":[{"id":1002,"value":""},{"id":1001,"value":"Radio"}],"customfields1":"","customfields2":"Radio","#,
        r#""users":{"user":[{"id":1,"name":"Una Owner","email":"una@example.com","is_owner":true},"#,
        r#"{"id":2,"name":"Ben Both","email":"ben@example.com","is_owner":false}]}"#,
    );
    let reply = format!(r#"{{"result":"success","client":{{{client}}},{client}}}"#);
    for request in
        ["clientid=1", "email=one@example.com", "clientid=1&email=two@example.com", "clientid=&email=ONE@example.com"]
    {
        api.check(&format!("action=GetClientsDetails&{request}&stats=0"), &reply).await;
    }
}

#[tokio::test]
async fn a_client_may_lack_nearly_everything() {
    let api = TestApi::new().await;
    let reply = api.reply("action=GetClientsDetails&clientid=4").await;
    let client = &reply["client"];
    for (field, value) in [
        ("owner_user_id", json!(0)),
        ("fullname", json!("Four")),
        ("countryname", json!("Portugal")),
        ("phonecc", json!(351)),
        ("phonenumberformatted", json!("")),
        ("lastlogin", json!("No Login Logged")),
        ("customfields", json!([])),
        ("users", json!({"user": []})),
        ("customfields1", json!(null)),
    ] {
        assert_eq!(client[field], value, "{field}");
    }
    api.sql("UPDATE tblclients SET currency = 9, country = 'Narnia' WHERE id = 4").await;
    let reply = api.reply("action=GetClientsDetails&clientid=4&stats=1").await;
    assert_eq!((&reply["client"]["currency_code"], &reply["countryname"]), (&json!(""), &json!("Narnia")));
    assert_eq!(reply["stats"]["creditbalance"], "0.00");
}

#[tokio::test]
async fn the_last_login_of_former_days_is_shown_in_the_operators_format() {
    let api = with_client().await;
    api.sql(
        "INSERT INTO tblconfiguration (setting, value) VALUES ('DateFormat', 'MM/DD/YYYY'); \
         UPDATE tblclients SET lastlogin = '2012-05-06 07:08:09', host = 'a.example' WHERE id = 2",
    )
    .await;
    let reply = api.reply("action=GetClientsDetails&clientid=2").await;
    assert_eq!(reply["client"]["lastlogin"], "Date: 05/06/2012 07:08<br>IP Address:<br>Host: a.example");
}

#[tokio::test]
async fn counts_what_the_client_has() {
    let api = with_client().await;
    api.sql(
        "\
         INSERT INTO tblinvoices (id, userid, duedate, total, status) VALUES \
           (1, 1, '2026-11-19', 1000.00, 'Unpaid'), (2, 1, '2026-11-20', 200.00, 'Unpaid'), (3, 1, '2026-01-01', 30.00, 'Paid'), \
           (4, 1, '2026-01-01', 4.00, 'Draft'), (5, 1, '2026-01-01', 5.00, 'Cancelled'), (6, 1, '2026-01-01', 6.00, 'Refunded'), \
           (7, 1, '2026-01-01', 7.00, 'Collections'), (8, 1, '2026-01-01', 8.00, 'Payment Pending'), (9, 2, '2026-01-01', 9.00, 'Unpaid'); \
         INSERT INTO tblaccounts (userid, invoiceid, amountin, fees, amountout) VALUES \
           (1, 1, 300.00, 3.00, 0), (1, 1, 0, 0, 100.00), (1, 2, 50.00, 0, 0), (1, 0, 10.00, 0, 0), (2, 9, 5.00, 0, 0); \
         INSERT INTO tblproducts (id, type) VALUES (1, 'hostingaccount'), (2, 'reselleraccount'), (3, 'server'), (4, 'other'); \
         INSERT INTO tblhosting (userid, packageid, domainstatus) VALUES \
           (1, 1, 'Active'), (1, 1, 'Suspended'), (1, 2, 'Active'), (1, 3, 'Pending'), (1, 4, 'Active'), (1, 99, 'Active'), (2, 1, 'Active'); \
         INSERT INTO tbldomains (userid, status) VALUES (1, 'Active'), (1, 'Expired'), (2, 'Active'); \
         INSERT INTO tblquotes (userid, stage) VALUES (1, 'Accepted'), (1, 'Draft'), (1, 'Lost'), (2, 'Accepted'); \
         INSERT INTO tblticketstatuses (title, showactive) VALUES ('Open', 1), ('Open', 1), ('Closed', 0); \
         INSERT INTO tbltickets (userid, status) VALUES (1, 'Open'), (1, 'Closed'), (1, 'Open'), (2, 'Open'); \
         INSERT INTO tblaffiliates (clientid) VALUES (1), (1); \
         UPDATE tblcurrencies SET format = 2 WHERE id = 1",
    )
    .await;
    let reply = api.reply("action=GetClientsDetails&clientid=1&stats=true").await;
    let stats = concat!(
        r#""numdueinvoices":2,"dueinvoicesbalance":"$950.00 USD","incredit":true,"#,
        r#""creditbalance":"$100.00 USD","grossRevenue":"$360.00 USD","expenses":"$103.00 USD","#,
        r#""income":"$257.00 USD","numoverdueinvoices":1,"overdueinvoicesbalance":"$800.00 USD","#,
        r#""numDraftInvoices":1,"draftInvoicesBalance":"$4.00 USD","numunpaidinvoices":2,"#,
        r#""unpaidinvoicesamount":"$1,200.00 USD","numpaidinvoices":1,"paidinvoicesamount":"$30.00 USD","#,
        r#""numcancelledinvoices":1,"cancelledinvoicesamount":"$5.00 USD","numrefundedinvoices":1,"#,
        r#""refundedinvoicesamount":"$6.00 USD","numcollectionsinvoices":1,"#,
        r#""collectionsinvoicesamount":"$7.00 USD","numpaymentpendinginvoices":1,"#,
        r#""paymentpendinginvoicesamount":"$8.00 USD","productsnumactivehosting":1,"productsnumhosting":2,"#,
        r#""productsnumactivereseller":1,"productsnumreseller":1,"productsnumactiveservers":0,"#,
        r#""productsnumservers":1,"productsnumactiveother":2,"productsnumother":2,"productsnumactive":4,"#,
        r#""productsnumtotal":6,"numactivedomains":1,"numdomains":2,"numacceptedquotes":1,"numquotes":3,"#,
        r#""numtickets":3,"numactivetickets":2,"numaffiliatesignups":0,"isAffiliate":true"#,
    );
    assert_eq!(reply["stats"].to_string(), format!("{{{stats}}}"));
    let nobody = api.reply("action=GetClientsDetails&clientid=3&stats=true").await;
    assert_eq!(nobody["stats"]["dueinvoicesbalance"], "$0.00 USD");
    assert_eq!(nobody["stats"]["isAffiliate"], false);
    let statements = (
        api.statements("action=GetClientsDetails&clientid=1&stats=1").await,
        api.statements("action=GetClientsDetails&clientid=3&stats=1").await,
    );
    assert_eq!(statements, (3, 3), "credential, client and statistics");
}

#[tokio::test]
async fn refuses_what_names_no_client() {
    let api = with_client().await;
    for (request, message) in [
        ("", "Either clientid Or email Is Required"),
        ("clientid=&email=", "Either clientid Or email Is Required"),
        ("clientid=9", "Client Not Found"),
        ("clientid=one", "Client Not Found"),
        ("clientid=x&email=one@example.com", "Client Not Found"),
        ("email=nobody@example.com", "Client Not Found"),
        ("email=%25", "Client Not Found"),
    ] {
        api.refuse(&format!("action=GetClientsDetails&{request}"), message).await;
    }
}
