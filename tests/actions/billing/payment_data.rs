use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["PaymentData&invoiceid=12"], every_parameter: "PaymentData&invoiceid=22", ..Calls::NONE };

#[tokio::test]
async fn wraps_the_reply_of_get_invoice() {
    let api = TestApi::new().await;
    for (gateway, data) in [
        ("banktransfer", "IBAN: PT50 0001"),
        ("paypal", "https://www.example.com/whmcs/viewinvoice.php?id=2"),
        ("stripe", ""),
        ("mailin", ""),
    ] {
        let request = format!("action=CreateInvoice&userid=2&itemamount1=100&itemtaxed1=1&paymentmethod={gateway}");
        let id = api.reply(&request).await["invoiceid"].to_string();
        let (_, invoice) = api.send(&format!("action=GetInvoice&invoiceid={id}")).await;
        let reply =
            format!(r#"{{"result":"success","paymentdata":{{"order":{invoice},"amount":"123.00","data":"{data}"}}}}"#);
        api.check(&format!("action=PaymentData&invoiceid={id}"), &reply).await;
    }
}

#[tokio::test]
async fn a_gateway_that_is_gone_says_nothing() {
    let api = TestApi::new().await;
    api.reply("action=CreateInvoice&userid=1&paymentmethod=banktransfer").await;
    api.sql("DELETE FROM tblpaymentgateways WHERE gateway = 'banktransfer'").await;
    assert_eq!(api.reply("action=PaymentData&invoiceid=1").await["paymentdata"]["data"], "");
}

#[tokio::test]
async fn refuses_unknown_invoices() {
    let api = TestApi::new().await;
    for invoice in ["", "invoiceid=", "invoiceid=1", "invoiceid=abc"] {
        api.refuse(&format!("action=PaymentData&{invoice}"), "Invoice ID Not Found").await;
    }
}
