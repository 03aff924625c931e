use crate::support::{Calls, NOW, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["GetInvoices&limitnum=200"],
    every_parameter: "GetInvoices&limitstart=0&limitnum=5&userid=1&status=Paid&orderby=id&order=desc&include=items&updatedsince=2026-01-01",
    ..Calls::NONE
};

/// Twelve invoices, two in each of six statuses, of three clients; the odd ones were due.
async fn with_invoices() -> TestApi {
    let api = TestApi::new().await;
    let statuses = ["Unpaid", "Paid", "Draft", "Cancelled", "Refunded", "Collections"];
    for number in 0..12 {
        let (client, status) = (1 + number % 3, statuses[number % 6]);
        let due = if number % 2 == 0 { "2026-11-19" } else { "2026-11-20" };
        let total = 100 - number;
        api.reply(&format!(
            "action=CreateInvoice&userid={client}&status={status}&itemamount1={total}&date=2026-11-{:02}&duedate={due}&paymentmethod=paypal",
            1 + number / 2
        ))
        .await;
    }
    api
}

/// The ids in a reply, whose numbers must fit.
async fn ids(api: &TestApi, request: &str) -> (i64, Vec<i64>) {
    let reply = api.reply(&format!("action=GetInvoices&{request}")).await;
    let ids: Vec<i64> =
        reply["invoices"]["invoice"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(reply["numreturned"], ids.len(), "{request}");
    (reply["totalresults"].as_i64().unwrap(), ids)
}

#[tokio::test]
async fn has_the_documented_shape() {
    let api = with_invoices().await;
    api.check(
        "action=GetInvoices&userid=2&limitnum=1",
        concat!(
            r#"{"result":"success","totalresults":4,"startnumber":0,"numreturned":1,"invoices":{"invoice":[{"id":2,"userid":2,"#,
            r#""firstname":"Two","lastname":"","companyname":"","invoicenum":"","date":"2026-11-01","duedate":"2026-11-20","#,
            r#""datepaid":"2026-11-20 12:30:00","last_capture_attempt":"0000-00-00 00:00:00","date_refunded":"0000-00-00 00:00:00","#,
            r#""date_cancelled":"0000-00-00 00:00:00","subtotal":"99.00","credit":"0.00","tax":"0.00","tax2":"0.00","#,
            r#""total":"99.00","taxrate":"23.000","taxrate2":"0.000","status":"Paid","paymentmethod":"paypal","#,
            r#""paymethodid":null,"notes":"","created_at":"2026-11-20 12:30:00","updated_at":"2026-11-20 12:30:00","#,
            r#""currencycode":"EUR","currencyprefix":"\u20ac","currencysuffix":""}]}}"#
        ),
    )
    .await;
}

#[tokio::test]
async fn filters_sorts_and_pages() {
    let api = with_invoices().await;
    for (request, total, expected) in [
        ("", 12, (1..=12).collect()),
        ("limitstart=10", 12, vec![11, 12]),
        ("limitstart=4&limitnum=3", 12, vec![5, 6, 7]),
        ("limitstart=12", 12, vec![]),
        ("limitstart=4000000000&limitnum=10000", 12, vec![]),
        ("limitnum=0", 12, vec![]),
        ("userid=1", 4, vec![1, 4, 7, 10]),
        ("userid=9", 0, vec![]),
        ("userid=x", 0, vec![]),
        ("userid=&status=", 12, (1..=12).collect()),
        ("status=Unpaid", 2, vec![1, 7]),
        ("status=unpaid&userid=1&limitnum=1", 2, vec![1]),
        ("status=Overdue", 2, vec![1, 7]),
        ("status=Lost", 0, vec![]),
        ("order=desc&limitnum=2", 12, vec![12, 11]),
        ("orderby=total&limitnum=2", 12, vec![12, 11]),
        ("orderby=total&order=DESC&limitnum=2", 12, vec![1, 2]),
        ("orderby=date&limitnum=3", 12, vec![1, 2, 3]),
        ("orderby=duedate&limitnum=3", 12, vec![1, 3, 5]),
        ("orderby=duedate&order=desc&limitnum=3", 12, vec![12, 10, 8]),
        ("orderby=status&limitnum=3", 12, vec![4, 10, 6]),
        ("orderby=invoicenumber&order=asc&limitnum=2", 12, vec![1, 2]),
        // What is no order is none.
        ("orderby=id;DROP TABLE x&order=up&limitnum=2", 12, vec![1, 2]),
        ("limitstart=x&limitnum=-1", 12, (1..=12).collect()),
    ] {
        assert_eq!(ids(&api, request).await, (total, expected), "{request}");
    }
}

#[tokio::test]
async fn only_what_was_due_is_overdue() {
    let api = with_invoices().await;
    api.sql("UPDATE tblinvoices SET duedate = '2026-11-20' WHERE id = 7").await;
    assert_eq!(ids(&api, "status=overdue").await, (1, vec![1]));
}

/// The loop that clients are written with.
#[tokio::test]
async fn pages_never_overlap_and_come_to_an_end() {
    let api = with_invoices().await;
    let (mut seen, mut start) = (Vec::new(), 0);
    loop {
        let (_, page) = ids(&api, &format!("orderby=status&limitstart={start}&limitnum=5")).await;
        if page.is_empty() {
            break;
        }
        start += page.len();
        seen.extend(page);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=12).collect::<Vec<_>>());
}

/// Unpaid invoices with a line each, in one statement for each table.
async fn add_unpaid(api: &TestApi, from: i64, to: i64) {
    let count = to - from + 1;
    let numbers = format!(
        "WITH RECURSIVE numbers AS (SELECT {from} AS id UNION ALL SELECT id + 1 FROM numbers WHERE id < {to}) SELECT"
    );
    api.sql(&format!(
        "INSERT INTO tblinvoices (id, userid, invoicenum, date, duedate, subtotal, credit, tax, tax2, total, status, \
                                  paymentmethod, notes, updated_at) \
         {numbers} id, 1 + id % 4, '', '2026-11-01', '2026-11-15', 5, 0, 0, 0, 5, 'Unpaid', 'paypal', '', '{NOW}' FROM numbers; \
         INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, taxed, paymentmethod, notes) \
         {numbers} id, 1 + id % 4, '', 0, CONCAT('Line of ', id), 5, 0, 'paypal', '' FROM numbers"
    ))
    .await;
    assert_eq!(
        api.rows("COUNT(*)", &format!("tblinvoices WHERE id BETWEEN {from} AND {to}")).await,
        [count.to_string()]
    );
}

/// How those who keep the books fetch what is not paid, while new invoices come in.
#[tokio::test]
async fn a_thousand_invoices_are_each_seen_once() {
    let api = TestApi::new().await;
    add_unpaid(&api, 1, 1000).await;
    for added in [0, 30, 100] {
        let last: i64 = api.rows("MAX(id)", "tblinvoices").await[0].parse().unwrap();
        let mut seen = Vec::new();
        loop {
            let start = seen.len();
            let (_, page) = ids(&api, &format!("status=Unpaid&limitstart={start}&limitnum=100")).await;
            seen.extend_from_slice(&page);
            if added > 0 && start == 500 {
                add_unpaid(&api, last + 1, last + added).await;
            }
            if page.len() < 100 {
                break;
            }
        }
        assert_eq!(seen, (1..=last + added).collect::<Vec<_>>(), "{added} added meanwhile");
        let past_the_end = format!("status=Unpaid&limitstart={}&limitnum=100", seen.len());
        assert_eq!(ids(&api, &past_the_end).await, (last + added, vec![]));
    }
}

#[tokio::test]
async fn a_page_takes_a_fixed_number_of_statements() {
    let api = TestApi::new().await;
    add_unpaid(&api, 1, 1000).await;
    for length in [1, 100, 1000] {
        let request = format!("action=GetInvoices&status=Unpaid&limitnum={length}");
        assert_eq!(api.statements(&request).await, 2, "the credential, and the page of {length}");
        assert_eq!(api.statements(&format!("{request}&include=items")).await, 3, "and the lines of {length}");
    }
    let empty = "action=GetInvoices&status=Unpaid&limitnum=0&include=items";
    assert_eq!(api.statements(empty).await, 3, "the credential, an empty page, and the number");
    assert_eq!(api.statements("action=GetInvoices&status=Draft").await, 2, "an empty first page, whose number is 0");
}

#[tokio::test]
async fn includes_the_lines_when_asked_to() {
    let api = with_invoices().await;
    api.reply("action=UpdateInvoice&invoiceid=2&newitemdescription[0]=Second&newitemamount[0]=1&newitemtaxed[0]=1")
        .await;
    api.sql("DELETE FROM tblinvoiceitems WHERE invoiceid = 3").await;
    let lines = |reply: &serde_json::Value, at: usize| reply["invoices"]["invoice"][at]["items"].to_string();
    for request in ["limitnum=3&include=items", "limitnum=3&include=Items&order=asc"] {
        let reply = api.reply(&format!("action=GetInvoices&{request}")).await;
        for at in [0, 1] {
            let invoice = api.reply(&format!("action=GetInvoice&invoiceid={}", at + 1)).await;
            assert_eq!(lines(&reply, at), invoice["items"].to_string(), "as GetInvoice has them");
        }
        assert_eq!(reply["invoices"]["invoice"][1]["items"]["item"].as_array().unwrap().len(), 2);
        assert_eq!(lines(&reply, 2), r#"{"item":[]}"#);
    }
    let reply = api.reply("action=GetInvoices&include=").await;
    assert!(reply["invoices"]["invoice"][0].get("items").is_none(), "nobody asked");
    api.refuse("action=GetInvoices&include=transactions", "include can only be items").await;
}

#[tokio::test]
async fn only_what_was_changed_since() {
    let api = with_invoices().await;
    api.sql(
        "UPDATE tblinvoices SET updated_at = '2026-11-10 08:00:00'; \
         UPDATE tblinvoices SET updated_at = '2026-11-18 10:00:00' WHERE id = 5; \
         UPDATE tblinvoices SET updated_at = '2026-11-19 00:00:00' WHERE id IN (7, 9); \
         SET SESSION sql_mode = ''; UPDATE tblinvoices SET updated_at = '0000-00-00 00:00:00' WHERE id = 1",
    )
    .await;
    for (request, total, expected) in [
        ("updatedsince=2026-11-19", 2, vec![7, 9]),
        ("updatedsince=2026-11-18+10:00:00", 3, vec![5, 7, 9]),
        ("updatedsince=2026-11-18+10:00:01", 2, vec![7, 9]),
        ("updatedsince=2026-11-18T12:00:00%2B02:00", 3, vec![5, 7, 9]),
        ("updatedsince=2026-11-18T12:00:01%2B02:00", 2, vec![7, 9]),
        ("updatedsince=2026-11-19&status=Unpaid", 1, vec![7]),
        ("updatedsince=2026-11-19&limitnum=1", 2, vec![7]),
        ("updatedsince=2026-11-20", 0, vec![]),
        ("updatedsince=9999-12-31", 0, vec![]),
        ("updatedsince=1000-01-01", 11, (2..=12).collect()),
        ("updatedsince=", 12, (1..=12).collect()),
    ] {
        assert_eq!(ids(&api, request).await, (total, expected), "{request}");
    }
    let not_a_time = "updatedsince must be YYYY-MM-DD or YYYY-MM-DD HH:MM:SS";
    for time in ["yesterday", "2026-02-30", "2026-11-20T25:00:00Z", "1763632800", "2026-11-20 25:00:00", "20/11/2026"] {
        api.refuse(&format!("action=GetInvoices&updatedsince={time}"), not_a_time).await;
    }
}

/// Whoever asks what was changed must be told of every change.
#[tokio::test]
async fn every_change_of_an_invoice_says_when_it_was() {
    let api = TestApi::new().await;
    for (number, setup, change) in [
        (1, "CreateInvoice&userid=1&itemamount1=10", "UpdateInvoice&invoiceid=1&notes=x"),
        (2, "CreateInvoice&userid=1&itemamount1=10", "ApplyCredit&invoiceid=2&amount=1"),
        (3, "CreateInvoice&userid=1&itemamount1=10", "ApplyCredit&invoiceid=3"),
        (4, "CreateInvoice&userid=1&itemamount1=10", "AddInvoicePayment&invoiceid=4&gateway=paypal&transid=T4"),
        (5, "CreateInvoice&userid=1&itemamount1=10", "AddTransaction&invoiceid=5&paymentmethod=paypal&amountin=10"),
        (6, "CreateInvoice&userid=1&draft=1&itemamount1=10", "UpdateInvoice&invoiceid=6&publish=1"),
        (7, "AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal", "UpdateInvoice&invoiceid=7&status=Cancelled"),
    ] {
        api.reply(&format!("action={setup}")).await;
        assert_eq!(ids(&api, "updatedsince=2026-11-20+12:30:00").await.1, [number], "{setup}");
        api.sql("UPDATE tblinvoices SET updated_at = '2026-01-01'").await;
        api.reply(&format!("action={change}")).await;
        assert_eq!(ids(&api, "updatedsince=2026-11-20+12:30:00").await.1, [number], "{change}");
        api.sql("UPDATE tblinvoices SET updated_at = '2026-01-01'").await;
    }
}
