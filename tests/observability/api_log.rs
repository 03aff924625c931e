//! The API log: what it records, and what never reaches it.

use whmcs_api::config::{LoggedCalls, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::store::system::api_log::{self, Indexing, Record};

use crate::support::{CREDENTIAL, Cut, HANG, NOW, Proxy, TestApi, all, api_with, post, post_from, until_ok};

async fn logging(calls: LoggedCalls) -> TestApi {
    let mut settings = Settings::default();
    settings.api_log.calls = calls;
    TestApi::with_settings(settings).await
}

/// Waits until this number of calls are logged, and returns these columns of them.
#[track_caller]
fn logged(api: &TestApi, count: usize, columns: &str) -> impl Future<Output = Vec<String>> {
    until_ok(async move || {
        let rows = api.rows(columns, "tblapilog ORDER BY id").await;
        assert!(rows.len() <= count, "{rows:?}");
        if rows.len() == count { Ok(rows) } else { Err(format!("{count} rows: {rows:?}")) }
    })
}

#[tokio::test]
async fn tells_of_every_call_who_what_and_how_it_ended() {
    let api = TestApi::new().await;
    let agent = [("user-agent", "sync/1.0"), ("x-request-id", "abc-1")];
    let call = format!("{CREDENTIAL}&action=getcredits&clientid=2&x[y]=caf%C3%A9");
    post_from(&api.router, "127.0.0.1", &agent, &call).await;
    let columns = "action, endpoint, method, request, response, response_status, level, created_at, updated_at";
    assert_eq!(
        logged(&api, 1, columns).await,
        [concat!(
            "getcredits | /includes/api.php | POST | ",
            r#"{"responsetype":"json","identifier":"TestIdentifier","secret":"***","clientid":"2","x":{"y":"caf\u00e9"}}"#,
            r#" | {"result":"success","totalresults":0,"clientid":"2","credits":{"credit":[]}}"#,
            " | 200 | 200 | 2026-11-20 12:30:00 | 2026-11-20 12:30:00"
        )]
    );
    let headers = api.rows("JSON_VALUE(request_headers, '$.address'), JSON_VALUE(request_headers, '$.credential'), JSON_VALUE(request_headers, '$.\"User-Agent\"'), JSON_VALUE(request_headers, '$.request_id'), JSON_VALUE(response_headers, '$.\"Content-Type\"'), JSON_VALUE(response_headers, '$.duration') > 0", "tblapilog").await;
    assert_eq!(headers, ["127.0.0.1 | TestIdentifier | sync/1.0 | abc-1 | application/json | 1"]);

    for (request, action, status, level, credential) in [
        (format!("{CREDENTIAL}&action=GetCredits&clientid=9"), "GetCredits", 200, 400, Some("TestIdentifier")),
        (format!("{CREDENTIAL}&action=Nothing"), "Nothing", 200, 400, Some("TestIdentifier")),
        (CREDENTIAL.to_owned(), "", 400, 400, Some("TestIdentifier")),
        ("identifier=TestIdentifier&secret=x&action=GetCredits".to_owned(), "GetCredits", 403, 400, None),
        ("action=GetCredits".to_owned(), "GetCredits", 403, 400, None),
        (format!("{CREDENTIAL}&action=AddCredit&clientid=9&amount=1"), "AddCredit", 200, 400, Some("TestIdentifier")),
    ] {
        api.sql("DELETE FROM tblapilog").await;
        post(&api.router, &request).await;
        let columns = "action, response_status, level, COALESCE(JSON_VALUE(request_headers, '$.credential'), 'nobody'), \
                       COALESCE(JSON_VALUE(request_headers, '$.claimed'), '')";
        let claimed = if credential.is_none() && request.contains("identifier") { "TestIdentifier" } else { "" };
        let expected = format!("{action} | {status} | {level} | {} | {claimed}", credential.unwrap_or("nobody"));
        assert_eq!(logged(&api, 1, columns).await, [expected], "{request}");
    }
}

/// The record is committed with the change, and moved to the API log: later, if that cannot take it now, and by a server that
/// is started later, if this one is gone.
#[tokio::test]
async fn the_record_of_a_write_is_part_of_it() {
    let api = TestApi::new().await;
    api.reply("action=AddCredit&clientid=2&amount=1").await;
    let rows = api.rows("action, response, created_at", "tblapilog").await;
    assert_eq!(rows, [format!(r#"AddCredit | {{"result":"success","newbalance":"1.00"}} | {NOW}"#)]);
    api.sql("RENAME TABLE tblapilog TO away").await;
    api.reply("action=AddCredit&clientid=2&amount=2").await;
    api.reply("action=AddCredit&clientid=2&amount=3").await;
    api.api.shut_down(HANG).await;
    api.sql("RENAME TABLE away TO tblapilog").await;
    let kept = api.rows("COUNT(*)", "mod_whmcs_api_requests WHERE is_log_pending = 1").await;
    assert_eq!(kept, ["2"], "the records are kept");
    for _ in 0..2 {
        let hosts = Hosts::open(vec![api.database.options()], 2).await.unwrap();
        let (other, _) = api_with(hosts, None, &Settings::default());
        other.config().log.wake();
    }
    let replies = api.rows("response", "tblapilog ORDER BY id").await;
    let expected =
        ["1.00", "3.00", "6.00"].map(|balance| format!(r#"{{"result":"success","newbalance":"{balance}"}}"#));
    assert_eq!(replies, expected);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_requests WHERE log IS NOT NULL").await, ["0"]);
}

/// A server loses its transactions at each of the statements that move records.
#[tokio::test]
async fn a_record_of_a_write_is_moved_once() {
    let api = TestApi::new().await;
    api.reply("action=AddCredit&clientid=2&amount=1").await;
    api.records_are_moved().await;
    api.sql("RENAME TABLE tblapilog TO away").await;
    for amount in 2..=10 {
        api.reply(&format!("action=AddCredit&clientid=2&amount={amount}")).await;
    }
    api.api.shut_down(HANG).await;
    api.sql("RENAME TABLE away TO tblapilog").await;
    let proxy = Proxy::start("moved-once", api.database.options(), Cut::Vanish, 5);
    let hosts = Hosts::open(vec![proxy.options(api.database.options())], 2).await.unwrap();
    let (other, _) = api_with(hosts, None, &Settings::default());
    other.config().log.wake();
    let rows = api.rows("JSON_VALUE(request, '$.amount')", "tblapilog ORDER BY id").await;
    assert_eq!(rows, (1..=10).map(|amount| amount.to_string()).collect::<Vec<_>>());
    assert_eq!(proxy.cuts_left(), 0);
}

/// A record that the API log rejects is not in the way of the others.
#[tokio::test]
async fn a_record_of_a_write_that_does_not_fit_is_dropped_alone() {
    let api = TestApi::new().await;
    api.sql("ALTER TABLE tblapilog MODIFY request varchar(150)").await;
    for description in ["first", &"long".repeat(40), "last"] {
        api.reply(&format!("action=AddCredit&clientid=2&amount=1&description={description}")).await;
    }
    // One by one, records of the same second come in any order.
    let requests = api
        .rows("JSON_VALUE(request, '$.description')", "tblapilog ORDER BY JSON_VALUE(request, '$.description')")
        .await;
    assert_eq!((requests, api.api.lost_records()), (vec!["first".to_owned(), "last".to_owned()], 1));
}

/// Records of writes and of other calls come by two ways, so their order is not certain.
#[tokio::test]
async fn keeps_what_the_setting_says() {
    async fn actions(api: &TestApi, count: usize) -> Vec<String> {
        let mut actions = logged(api, count, "action").await;
        actions.sort();
        actions
    }

    for (calls, expected) in [
        (LoggedCalls::All, vec!["AddCredit", "GetCredits", "GetCredits"]),
        (LoggedCalls::Errors, vec!["GetCredits"]),
        (LoggedCalls::Off, vec![]),
    ] {
        let api = logging(calls).await;
        for request in
            ["action=AddCredit&clientid=2&amount=1", "action=GetCredits&clientid=2", "action=GetCredits&clientid=9"]
        {
            api.send(request).await;
        }
        assert_eq!(actions(&api, expected.len()).await, expected, "{calls:?}");
        // All background writes are finished after this.
        api.api.shut_down(HANG).await;
        assert_eq!(actions(&api, expected.len()).await, expected, "{calls:?}");
    }
}

#[tokio::test]
async fn long_texts_are_cut() {
    let mut settings = Settings::default();
    settings.api_log.bytes = 100;
    let api = TestApi::with_settings(settings).await;
    api.send(&format!("action=GetCredits&clientid=9&x={}", "é".repeat(100_000))).await;
    let rows = logged(&api, 1, "LENGTH(request), RIGHT(request, 3)").await;
    assert_eq!(rows, ["103 | ..."]);
    api.sql("DELETE FROM tblapilog").await;
    let long = "x".repeat(1000);
    post_from(&api.router, "127.0.0.1", &[("user-agent", &long)], &format!("{CREDENTIAL}&action={long}")).await;
    let rows = logged(&api, 1, "LENGTH(action), LENGTH(JSON_VALUE(request_headers, '$.\"User-Agent\"'))").await;
    assert_eq!(rows, ["102 | 200"]);
}

/// Of the rows that are old enough, those that WHMCS wrote are kept.
#[tokio::test]
async fn old_records_of_our_own_are_deleted() {
    let api = TestApi::new().await;
    api.reply("action=GetCredits&clientid=2").await;
    logged(&api, 1, "id").await;
    api.sql(
        "\
         INSERT INTO tblapilog (action, request, request_headers, response, response_headers, created_at) \
         SELECT 'Old', request, request_headers, response, response_headers, '2026-10-01 00:00:00' FROM tblapilog; \
         INSERT INTO tblapilog (action, request, request_headers, response, response_headers, created_at) \
         VALUES ('OfWhmcs', '', '[]', '', '[]', '2026-10-01 00:00:00')",
    )
    .await;
    let before = whmcs_api::domain::time::parse_date_time("2026-11-01").unwrap();
    api_log::forget_before(&mut api.pool.acquire().await.unwrap(), before).await.unwrap();
    assert_eq!(api.rows("action", "tblapilog ORDER BY id").await, ["GetCredits", "OfWhmcs"]);
}

/// While no record can be written, all calls are answered. Records are dropped and counted once the queue is full, or, on
/// a machine that takes longer to fill it, once a batch exceeds its time limit.
#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_no_room_for_is_dropped_and_not_waited_for() {
    let api = TestApi::new().await;
    let mut lock = api.pool.acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES tblapilog WRITE").execute(&mut *lock).await.unwrap();
    let mut sent = 0;
    while api.api.lost_records() == 0 {
        let answers = all((0..100).map(|_| api.send("action="))).await;
        assert!(answers.iter().all(|(status, _)| *status == 400));
        sent += answers.len();
    }
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *lock).await.unwrap();
    drop(lock);
    until_ok(async || {
        let (rows, lost) = (api.rows("COUNT(*)", "tblapilog").await, api.api.lost_records());
        let kept: u64 = rows[0].parse().unwrap();
        if kept + lost == sent as u64 { Ok(()) } else { Err(format!("{kept} kept and {lost} lost of {sent}")) }
    })
    .await;
}

/// Of callers who were not let in, some calls a minute are recorded, without what they sent; the rest is counted.
#[tokio::test(flavor = "multi_thread")]
async fn refused_callers_cannot_fill_the_disk() {
    let mut settings = Settings::default();
    // So many failures would otherwise be rejected before authentication.
    (settings.access.failures_per_address, settings.access.failures_per_identifier) = (100_000, 100_000);
    let api = TestApi::with_settings(settings).await;
    let body = format!("action=AddCredit&x={}", "f".repeat(8_000));
    let wrong = format!("identifier=TestIdentifier&secret=x&{body}");
    let flood = (0..500).map(async |number| {
        let address = format!("127.0.0.{}", number % 20);
        let (address, sent) = match number % 4 {
            0 => (&*address, &body),
            1 => ("127.0.0.1", &body),
            2 => ("198.51.100.7", &body),
            _ => ("198.51.100.7", &wrong),
        };
        let (status, _) = post_from(&api.router, address, &[("user-agent", "<script>")], sent).await;
        assert_eq!(status, 403);
    });
    all(flood).await;
    // Those who are let in are recorded nevertheless, however many they are.
    let honest = (0..500).map(async |_| api.send("action=GetCredits&clientid=2").await);
    all(honest).await;
    logged(&api, 560, "id").await;
    let rows = api
        .rows("COUNT(*), SUM(LENGTH(request)), MAX(LENGTH(request_headers))", "tblapilog WHERE action <> 'GetCredits'")
        .await;
    assert_eq!(rows[0].split(" | ").take(2).collect::<Vec<_>>(), ["60", "0"], "{rows:?}");
    let per_address =
        "tblapilog WHERE action = 'AddCredit' GROUP BY JSON_VALUE(request_headers, '$.address') HAVING COUNT(*) > 10";
    let by_address = api.rows("COUNT(*)", per_address).await;
    assert!(by_address.is_empty(), "{by_address:?}");
    assert_eq!(
        api.rows("id", "tblapilog WHERE request_headers LIKE '%<%' OR request LIKE '%<%'").await,
        Vec::<String>::new()
    );
    assert_eq!(api.api.lost_records(), 0);
    api.metrics_show(&["whmcs_api_log_records_omitted_total 440"]).await;
}

/// A page of WHMCS shows the log to staff.
#[tokio::test]
async fn markup_is_recorded_with_escapes() {
    let api = TestApi::new().await;
    for request in ["action=GetCredits&clientid=2&x=<script>'%26", "action=<b>&x[<b>]=1"] {
        let agent = [("user-agent", "<script>'&")];
        post_from(&api.router, "127.0.0.1", &agent, &format!("{CREDENTIAL}&{request}")).await;
    }
    logged(&api, 2, "id").await;
    let columns = ["action", "endpoint", "request", "request_headers", "response", "response_headers"];
    for column in columns {
        let rows = api.rows(column, &format!("tblapilog WHERE {column} REGEXP '[<>&]'")).await;
        assert!(rows.is_empty(), "{column}: {rows:?}");
    }
    let sent = api
        .rows(
            "JSON_VALUE(request, '$.x'), JSON_VALUE(request_headers, '$.\"User-Agent\"')",
            "tblapilog ORDER BY id LIMIT 1",
        )
        .await;
    assert_eq!(sent, ["<script>'& | <script>'&"]);
}

/// The value of a custom field of type password is neither recorded where it is sent nor where it is told.
#[tokio::test]
async fn values_of_custom_fields_are_not_recorded() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblcustomfields (id, type, relid, fieldname, fieldtype) VALUES (900, 'client', 0, 'Server login', 'password')",
    )
    .await;
    let base64 = "YToxOntpOjkwMDtzOjk6ImM0bjRyeS0wMSI7fQ==";
    for request in [
        "action=UpdateClient&clientid=1&customfields[900]=c4n4ry-01".to_owned(),
        format!("action=UpdateClient&clientid=1&customfields=+{base64}"),
        "action=GetClientsDetails&clientid=1&stats=1".to_owned(),
        "action=GetClientsDetails&clientid=1&responsetype=xml".to_owned(),
        "action=UpdateClient&clientid=9999&customfields[900]=c4n4ry-01".to_owned(),
    ] {
        post(&api.router, &format!("{CREDENTIAL}&{request}")).await;
    }
    assert_eq!(api.rows("value", "tblcustomfieldsvalues WHERE fieldid = 900").await, ["c4n4ry-01"]);
    logged(&api, 5, "id").await;
    let leaks =
        api.rows("CONCAT(request, response)", "tblapilog WHERE CONCAT(request, response) LIKE '%c4n4ry%'").await;
    assert!(leaks.is_empty(), "{leaks:?}");
    let leaks = api.rows("description", "tblactivitylog WHERE description LIKE '%c4n4ry%'").await;
    assert!(leaks.is_empty(), "{leaks:?}");
}

/// Statements insert 128, 32, 8 or 1 records, and less than a megabyte.
#[tokio::test]
async fn any_number_of_records_is_written_however_long_they_are() {
    let api = TestApi::new().await;
    let mut db = api.pool.acquire().await.unwrap();
    for (count, length) in [(169, 10), (169, 9_000), (169, 60_000)] {
        let record = |number: usize| Record {
            at: "2026-01-01T00:00:00".parse().unwrap(),
            action: number.to_string(),
            endpoint: String::new(),
            method: "POST".to_owned(),
            request: String::new(),
            request_headers: "{}".to_owned(),
            response: "x".repeat(length),
            response_headers: "{}".to_owned(),
            status: 200,
            level: 200,
            client: 0,
            invoice: 0,
        };
        let records: Vec<Record> = (0..count).map(record).collect();
        api_log::insert_all(&mut db, &records, Indexing::On).await.unwrap();
        let written = api.rows("action", "tblapilog ORDER BY id").await;
        assert_eq!(written, (0..count).map(|number| number.to_string()).collect::<Vec<_>>());
        api.sql("DELETE FROM tblapilog").await;
    }
}
