//! When sessions end, and which forms are accepted.

use whmcs_api::auth::secret;

use super::browser::{Browser, HASH, PASSWORD, console, console_with};

#[tokio::test]
async fn sessions_end_with_time_and_with_what_they_stand_for() {
    let api = console().await;
    let sessions = "mod_whmcs_api_console_sessions";
    for (change, back) in [
        // Half an hour without a request, twelve hours in any case.
        (format!("UPDATE {sessions} SET seen_at = '2026-11-20 12:00:00'"), String::new()),
        (format!("UPDATE {sessions} SET ends_at = '2026-11-20 12:30:00'"), String::new()),
        (
            "UPDATE tbladmins SET disabled = 1 WHERE id = 12".to_owned(),
            "UPDATE tbladmins SET disabled = 0 WHERE id = 12".to_owned(),
        ),
        (
            "UPDATE tbladmins SET roleid = 7 WHERE id = 12".to_owned(),
            "UPDATE tbladmins SET roleid = 3 WHERE id = 12".to_owned(),
        ),
        (
            "UPDATE tbladmins SET passwordhash = CONCAT(passwordhash, ' ') WHERE id = 12".to_owned(),
            format!("UPDATE tbladmins SET passwordhash = '{HASH}' WHERE id = 12"),
        ),
        (
            "UPDATE tbladmins SET password = 'x' WHERE id = 12".to_owned(),
            "UPDATE tbladmins SET password = '' WHERE id = 12".to_owned(),
        ),
        (
            // It began without the second factor that is asked for now.
            "UPDATE mod_whmcs_api_console_factors SET created_at = '2026-11-20 12:30:01' WHERE id = 12".to_owned(),
            "UPDATE mod_whmcs_api_console_factors SET created_at = '2026-11-01' WHERE id = 12".to_owned(),
        ),
        (format!("DELETE FROM {sessions}"), String::new()),
    ] {
        let browser = Browser::of(&api, "lara").await;
        assert_eq!(browser.get("/console").await.status, 200);
        api.sql(&change).await;
        let answer = browser.get("/console").await;
        answer.leads_to("/console/login");
        assert!(!browser.cookies.borrow().contains_key("whmcs-api-console"), "{change}");
        if !back.is_empty() {
            api.sql(&back).await;
        }
        api.sql(&format!("DELETE FROM {sessions}")).await;
    }
    // Without the tables, nobody is let in, and the page says what to do.
    let browser = Browser::of(&api, "lara").await;
    api.sql(&format!("RENAME TABLE {sessions} TO elsewhere")).await;
    let answer = browser.get("/console").await;
    assert_eq!(answer.status, 503);
    answer.shows(&["The database lacks tables of the console", "whmcs-api migrate"]);
    api.sql(&format!("RENAME TABLE elsewhere TO {sessions}; DELETE FROM {sessions}")).await;
    // That a session is used is written once a minute.
    let mut browser = Browser::of(&api, "lara").await;
    let refresh = [("x-console-refresh".to_owned(), "1".to_owned())];
    for (seen, headers, expected) in [
        ("12:29:30", &[][..], "12:29:30"),
        ("12:29:00", &[], "12:30:00"),
        // A page that loads itself again is not somebody.
        ("12:29:00", &refresh, "12:29:00"),
    ] {
        browser.headers = headers.to_vec();
        api.sql(&format!("UPDATE {sessions} SET seen_at = '2026-11-20 {seen}'")).await;
        assert_eq!(browser.get("/console").await.status, 200);
        assert_eq!(api.rows("seen_at", sessions).await, [format!("2026-11-20 {expected}")]);
    }
    // With a short time until it ends, more often.
    let short = console_with(|settings| settings.console.idle_minutes = 1).await;
    let browser = Browser::of(&short, "lara").await;
    for (seen, expected) in [("12:29:46", "12:29:46"), ("12:29:45", "12:30:00")] {
        short.sql(&format!("UPDATE {sessions} SET seen_at = '2026-11-20 {seen}'")).await;
        assert_eq!(browser.get("/console").await.status, 200);
        assert_eq!(short.rows("seen_at", sessions).await, [format!("2026-11-20 {expected}")]);
    }
    // Made-up cookies are nobody's.
    for token in ["x", "../../../etc", &"A".repeat(43), "' OR 1=1 -- "] {
        browser.cookies.borrow_mut().insert("whmcs-api-console".to_owned(), token.to_owned());
        browser.get("/console").await.leads_to("/console/login");
    }
    // The upkeep deletes what ended a day ago, with its forms.
    api.sql(&format!(
        "INSERT INTO mod_whmcs_api_console_forms VALUES (UNHEX(SHA2('1', 256)), 1), (UNHEX(SHA2('2', 256)), (SELECT MAX(id) FROM {sessions})); \
         INSERT INTO {sessions} (id, token_hash, login_hash, created_at, seen_at, ends_at) VALUES (1, 'x', 'x', 0, 0, '2026-11-19 12:00:00')"
    ))
    .await;
    let now = whmcs_api::domain::time::parse_date_time("2026-11-19 12:30:00").unwrap();
    let mut connection = api.pool.acquire().await.unwrap();
    whmcs_api::store::authentication::console::forget_before(&mut connection, now).await.unwrap();
    assert_eq!(api.rows("COUNT(*)", sessions).await, ["1"]);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_console_forms").await, ["1"]);
}

#[tokio::test]
async fn who_administers_sees_and_ends_the_sessions_of_all() {
    let api = console().await;
    let (alice, lara) = (Browser::of(&api, "alice").await, Browser::of(&api, "lara").await);
    let page = alice.get("/console/sessions").await;
    page.shows(&[
        "Sessions of all staff",
        "alice this one",
        "lara",
        "Support Operator",
        "Test Browser 1.0",
        "2026-11-20 12:30:00",
    ]);
    let page = lara.get("/console/sessions").await;
    page.shows(&["Your sessions", "lara this one"]);
    assert!(!page.text().contains("alice"));
    let id = api.rows("id", "mod_whmcs_api_console_sessions WHERE admin_id = 12").await.remove(0);
    let end = format!("/console/sessions/{id}/end");
    let of_alice = api.rows("id", "mod_whmcs_api_console_sessions WHERE admin_id = 1").await.remove(0);
    assert_eq!(lara.submit("/console", &format!("/console/sessions/{of_alice}/end"), &[]).await.status, 404);
    // Everybody ends their own.
    let at_home = Browser::of(&api, "lara").await;
    let other = api.rows("MAX(id)", "mod_whmcs_api_console_sessions WHERE admin_id = 12").await.remove(0);
    lara.get("/console/sessions").await.shows(&["End"]);
    lara.submit("/console/sessions", &format!("/console/sessions/{other}/end"), &[])
        .await
        .leads_to("/console/sessions");
    at_home.get("/console").await.leads_to("/console/login");
    let answer = alice.submit("/console/sessions", &end, &[]).await;
    answer.leads_to("/console/sessions");
    alice.get(answer.header("location")).await.shows(&["The session has ended."]);
    lara.get("/console").await.leads_to("/console/login");
    assert_eq!(alice.submit("/console/sessions", &end, &[]).await.status, 404);
    assert_eq!(alice.submit("/console/sessions", "/console/sessions/x/end", &[]).await.status, 404);
    let logged = api.rows("user, description", "tblactivitylog WHERE description LIKE '%Ended%'").await;
    let line = |who: &str, id: &str| format!("{who} | Console: Ended the Session {id}");
    assert_eq!(logged, [line("lara", &other), line("alice", &id)]);
    // A notice is shown only if this server has written it for this session.
    for query in ["?notice=Call+this+number", "?notice=Call+this+number&code=x"] {
        assert!(!alice.get(&format!("/console{query}")).await.text().contains("Call this number"));
    }
}

/// A form is accepted from the session that it was made for, and once.
#[tokio::test]
async fn forms_are_accepted_once_and_from_who_has_them() {
    let api = console().await;
    let (alice, oscar) = (Browser::of(&api, "alice").await, Browser::of(&api, "oscar").await);
    let (path, fields) = ("/console/roles", [("name", "Made once"), ("patterns", "GetCredits")]);
    let token = alice.get(path).await.token();
    let of_guest = Browser::new(&api.router).get("/console/login").await.token();
    let before = api.checksums().await;
    for wrong in ["", "x", ".", &of_guest, &oscar.get("/console").await.token(), &format!("{token}x")] {
        let answer = alice.post(path, wrong, &fields).await;
        assert_eq!(answer.status, 403, "{wrong}");
        answer.shows(&["Nothing was changed"]);
    }
    let mut elsewhere = Browser::new(&api.router);
    *elsewhere.cookies.borrow_mut() = alice.cookies.borrow().clone();
    for site in ["cross-site", "same-site"] {
        elsewhere.headers = vec![("sec-fetch-site".to_owned(), site.to_owned())];
        assert_eq!(elsewhere.post(path, &token, &fields).await.status, 403, "{site}");
    }
    assert_eq!(api.checksums().await, before);
    // What was refused, by the page or by the transaction, can be sent again.
    for (name, patterns) in [("Made once", "GetNothing"), ("readers", "GetCredits")] {
        assert_eq!(alice.post(path, &token, &[("name", name), ("patterns", patterns)]).await.status, 422, "{name}");
    }
    assert_eq!(api.checksums().await, before);
    // Of two at a time, one is carried out.
    elsewhere.headers = vec![("sec-fetch-site".to_owned(), "same-origin".to_owned())];
    let (one, other) = tokio::join!(elsewhere.post(path, &token, &fields), alice.post(path, &token, &fields));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let after = api.checksums().await;
    let again = alice.post(path, &token, &fields).await;
    assert_eq!(again.status, 409);
    again.shows(&["This form was carried out before, and nothing was changed now"]);
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_console_forms").await, ["1"]);
    assert_eq!(api.checksums().await, after);
    assert_eq!(api.rows("role", "tblapi_roles WHERE role LIKE 'Made%'").await, ["Made once"]);
    // Without a session, nothing is done, and nothing is read as JSON or in another way.
    let guest = Browser::new(&api.router);
    let answer = guest.post(path, &token, &fields).await;
    assert_eq!(answer.status, 422);
    answer.shows(&["You are not logged in any more"]);
    assert_eq!(guest.post("/console/login", "", &[("user_name", "alice"), ("password", PASSWORD)]).await.status, 403);
    assert_eq!(api.checksums().await, after);
    assert!(secret::matches(HASH, PASSWORD));
}
