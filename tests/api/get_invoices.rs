use crate::support::TestApi;

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
    assert_eq!(api.statements("action=GetInvoices").await, 3, "the credential, the number and the page");
}
