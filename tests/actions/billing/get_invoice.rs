use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetInvoice&invoiceid=12"], every_parameter: "GetInvoice&invoiceid=22", ..Calls::NONE };

#[tokio::test]
async fn has_the_documented_keys_in_their_order() {
    let api = TestApi::new().await;
    api.reply(
        "action=CreateInvoice&userid=2&date=2016-01-01&duedate=2020-12-30&paymentmethod=paypal&notes=N\
         &itemdescription1=Sample+Monthly+Product&itemamount1=15.95&itemtaxed1=1",
    )
    .await;
    api.check(
        "action=GetInvoice&invoiceid=1",
        concat!(
            r#"{"result":"success","invoiceid":1,"invoicenum":"","userid":2,"date":"2016-01-01","duedate":"2020-12-30","#,
            r#""datepaid":"0000-00-00 00:00:00","lastcaptureattempt":"0000-00-00 00:00:00","subtotal":"15.95","#,
            r#""credit":"0.00","tax":"3.67","tax2":"0.00","total":"19.62","balance":"19.62","taxrate":"23.000","#,
            r#""taxrate2":"0.000","status":"Unpaid","paymentmethod":"paypal","notes":"N","ccgateway":false,"#,
            r#""items":{"item":[{"id":1,"type":"","relid":0,"description":"Sample Monthly Product","amount":"15.95","taxed":1}]},"#,
            r#""transactions":"","currencycode":"EUR","currencyprefix":"\u20ac","currencysuffix":""}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn shows_payments_and_what_is_left_to_pay() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=2&paymentmethod=stripe&itemdescription1=x&itemamount1=100").await;
    api.reply(
        "action=AddInvoicePayment&invoiceid=1&gateway=stripe&transid=ch_1&amount=60&fees=1.50&date=2026-11-19+08:09:10",
    )
    .await;
    api.sql("INSERT INTO tblaccounts (userid, currency, gateway, date, description, amountin, amountout, transid, invoiceid, refundid) \
             VALUES (2, 0, 'stripe', NULL, 'Refund', 0, 10, 're_1', 1, 1)").await;
    let invoice = api.reply("action=GetInvoice&invoiceid=1").await;
    assert_eq!(invoice["balance"], "50.00");
    assert_eq!(invoice["ccgateway"], true);
    let transactions = r#"{"transaction":[{"id":"1","userid":"2","currency":"0","gateway":"stripe","date":"2026-11-19 08:09:10","description":"Invoice Payment","amountin":"60.00","fees":"1.50","amountout":"0.00","rate":"0.90000","transid":"ch_1","invoiceid":"1","refundid":"0"},{"id":"2","userid":"2","currency":"0","gateway":"stripe","date":"0000-00-00 00:00:00","description":"Refund","amountin":"0.00","fees":"0.00","amountout":"10.00","rate":"1.00000","transid":"re_1","invoiceid":"1","refundid":"1"}]}"#;
    assert_eq!(invoice["transactions"].to_string(), transactions);
}

#[tokio::test]
async fn reads_what_an_old_database_holds() {
    let api = TestApi::new().await;
    api.sql(
        "\
         INSERT INTO tblinvoices (id, userid, date, duedate, subtotal, total, status) VALUES (7, 99, NULL, '0000-00-00', 1, 1, 'Unpaid')",
    )
    .await;
    let invoice = api.reply("action=GetInvoice&invoiceid=7").await;
    assert_eq!((&invoice["date"], &invoice["duedate"]), (&"0000-00-00".into(), &"0000-00-00".into()));
    assert_eq!(invoice["items"].to_string(), r#"{"item":[]}"#);
    assert_eq!(invoice["userid"], 99);
}

#[tokio::test]
async fn refuses_unknown_invoices() {
    let api = TestApi::new().await;
    for invoice in ["", "invoiceid=", "invoiceid=1", "invoiceid=0", "invoiceid=abc", "invoiceid=1.0"] {
        api.refuse(&format!("action=GetInvoice&{invoice}"), "Invoice ID Not Found").await;
    }
}
