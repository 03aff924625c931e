//! The page of calls: what it finds, and that secrets stay hidden.

use super::browser::{Browser, console};
use crate::support::{CREDENTIAL, TestApi, post_from, until_ok};

const CALLS: &str = "/console/calls";

/// Waits until this number of calls are logged.
async fn logged(api: &TestApi, count: usize) {
    until_ok(async || {
        let rows = api.rows("id", "tblapilog").await;
        if rows.len() == count { Ok(()) } else { Err(format!("{count} rows: {rows:?}")) }
    })
    .await;
}

#[tokio::test]
async fn calls_are_found_by_what_they_were_and_shown_without_secrets() {
    let api = console().await;
    let agent = [("user-agent", "<script>alert(1)</script>")];
    for (address, request) in [
        ("127.0.0.1", "action=GetCredits&clientid=2&x=<script>alert(2)</script>"),
        ("127.0.0.2", "action=AddCredit&clientid=2&amount=1&description=canary-of-a-description"),
        ("127.0.0.2", "action=GetCredits&clientid=99"),
        ("127.0.0.2", "action=ValidateLogin&email=x@example.com&password2=canary-of-a-secret"),
    ] {
        post_from(&api.router, address, &agent, &format!("{CREDENTIAL}&{request}")).await;
    }
    logged(&api, 4).await;
    let lara = Browser::of(&api, "lara").await;
    let all = lara.get(CALLS).await;
    all.shows(&[
        "2026-11-20 12:30:00",
        "AddCredit TestIdentifier 127.0.0.2 200 success client 2",
        "Calls since 2026-11-20 12:30:00",
    ]);
    for (query, found, count) in [
        ("action=getcredits", &["GetCredits TestIdentifier 127.0.0.1"][..], 2),
        ("action=GetCredits&address=127.0.0.2", &["GetCredits TestIdentifier 127.0.0.2 200 error"], 1),
        ("credential=TestIdentifier&outcome=success", &["AddCredit", "GetCredits"], 2),
        ("client=2", &["AddCredit"], 1),
        ("status=403", &["No call matches."], 0),
        ("since=2026-11-20T12:30&until=2026-11-20T12:31", &["AddCredit"], 4),
        ("until=2026-11-20T12:30", &["No call matches."], 0),
        // As scripts write it, whatever the zone of the server.
        ("since=2026-11-20T12:30:00.000Z", &["AddCredit"], 4),
        ("since=2026-11-20T12:31:00.000Z", &["No call matches."], 0),
        ("status=x", &["Status must be a number, such as 403."], 0),
        ("client=x", &["Client must be a number."], 0),
        ("since=yesterday", &["From is no time."], 0),
        ("since=-262143-01-01T00:00", &["From is no time."], 0),
        ("until=%2B262142-01-01T00:00", &["Until is no time."], 0),
        ("action=%3Cscript%3Ealert(3)%3C/script%3E", &["No call matches."], 0),
    ] {
        let page = lara.get(&format!("{CALLS}?{query}")).await;
        page.shows(found);
        assert_eq!(page.body.matches("<tr><td><time").count(), count, "{query}: {}", page.text());
        assert!(!page.body.contains("<script>alert"), "{query}");
    }
    let followed = lara.get(&format!("{CALLS}?live=1&client=2")).await;
    assert!(followed.body.contains("id=\"calls\" data-refresh=\"2\""), "{}", followed.body);
    followed.shows(&["Stop following"]);

    for id in api.rows("id", "tblapilog").await {
        let call = lara.get(&format!("{CALLS}/{id}")).await;
        assert!(!call.body.contains("canary-of-a-secret") && !call.body.contains("TestSecret"), "a secret is shown");
        assert!(!call.body.contains("<script>alert"), "markup is run");
        call.shows(&[
            "\"secret\": \"***\"",
            "TestIdentifier",
            "Sent to POST /includes/api.php",
            "&lt;script&gt;alert(1)",
        ]);
    }
    let id = api.rows("id", "tblapilog WHERE action = 'AddCredit'").await.remove(0);
    let call = lara.get(&format!("{CALLS}/{id}")).await;
    call.shows(&["canary-of-a-description", "\"newbalance\": \"1.00\"", "Names client 2"]);
    for link in ["/console/books/clients/2", "/console/calls?address=127.0.0.2", "/console/credentials/1"] {
        assert!(call.body.contains(&format!("href=\"{link}\"")), "{link}: {}", call.body);
    }
    assert_eq!(lara.get(&format!("{CALLS}/999999")).await.status, 404);

    // Pages, of which each begins after the one before it.
    api.sql(
        "INSERT INTO mod_whmcs_api_calls (log_id, `at`, action, caller, address, status, is_error, client_id, invoice_id) \
         SELECT 1000 + n, '2026-11-19', CONCAT('Paged', n, 'x'), 'Pager', '', 200, 0, 0, 0 FROM \
           (WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 119) SELECT n FROM s) numbers",
    )
    .await;
    let (mut path, mut seen) = (format!("{CALLS}?credential=Pager"), Vec::new());
    loop {
        let page = lara.get(&path).await;
        seen.push(page.body.matches("Paged").count());
        let Some((before, _)) = page.body.split_once("\" rel=\"next\"") else { break };
        path = before.rsplit_once("href=\"").unwrap().1.replace("&amp;", "&");
    }
    assert_eq!(seen, [50, 50, 20]);

    api.sql("DROP TABLE mod_whmcs_api_calls").await;
    let page =
        lara.get(&format!("{CALLS}?action=AddCredit&credential=TestIdentifier&address=127.0.0.2&status=200")).await;
    page.shows(&[
        "This database has no index of calls",
        "newest 1000 rows",
        "AddCredit TestIdentifier 127.0.0.2 200 success",
    ]);
    lara.get(&format!("{CALLS}?action=None")).await.shows(&["No call matches."]);
    lara.get(&format!("{CALLS}?client=2")).await.shows(&["Which client a call has changed is known with it only."]);
}
