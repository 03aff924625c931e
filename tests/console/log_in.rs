//! Who is let in.

use super::browser::{Browser, HASH, NOW, PASSWORD, code, console, console_with, give_factor};
use whmcs_api::api::ConsoleLogIn;
use whmcs_api::auth::secret;

const REFUSED: &str = "The user name, the password or the code is wrong, or you may not use the console.";

#[tokio::test]
async fn who_has_the_password_the_code_and_the_right_is_let_in() {
    let api = console().await;
    let browser = Browser::new(&api.router);
    browser.get("/console/roles?x=1").await.leads_to("/console/login");
    let page = browser.get("/console/login?to=/console/roles%3Fx%3D1").await;
    page.shows(&["User name", "Password", "Code"]);
    assert_eq!(page.field("to"), "/console/roles?x=1");
    let fields = [("user_name", "alice"), ("password", PASSWORD), ("code", &code(NOW)), ("to", "/console/roles?x=1")];
    let answer = browser.post("/console/login", &page.token(), &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/roles?x=1"));
    let cookie = answer.cookies()[0];
    assert!(cookie.starts_with("whmcs-api-console=") && cookie.ends_with("; Path=/console; HttpOnly; SameSite=Strict"));
    // The database has a hash of the token, and the log says who came.
    let token = browser.cookies.borrow()["whmcs-api-console"].clone();
    let stored =
        api.rows("HEX(token_hash), admin_id, address, user_agent, ends_at", "mod_whmcs_api_console_sessions").await;
    assert!(stored[0].ends_with(" | 1 | 127.0.0.1 | Test Browser 1.0 | 2026-11-21 00:30:00"), "{stored:?}");
    assert!(!stored[0].contains(&token));
    let logged = api.rows("user, admin_id, ipaddr, description", "tblactivitylog").await;
    assert_eq!(logged, ["alice | 1 | 127.0.0.1 | Console: Logged In"]);
    browser.get("/console").await.shows(&["Overview", "alice may administer"]);
    // A second log-in makes another token: nobody can choose one for somebody else.
    browser.log_in(&api, "alice", PASSWORD).await.leads_to("/console");
    assert_ne!(browser.cookies.borrow()["whmcs-api-console"], token);
    // Logging out ends the session, and with it what anybody has copied.
    let copied = browser.cookies.borrow().clone();
    browser.submit("/console", "/console/logout", &[]).await.leads_to("/console/login");
    *browser.cookies.borrow_mut() = copied;
    browser.get("/console").await.leads_to("/console/login");
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_console_sessions").await, ["1"]);
}

#[tokio::test]
async fn nobody_learns_why_they_are_not_let_in() {
    let api = console_with(|settings| settings.access.failures_per_identifier = 50).await;
    // A hash of the password's MD5 sum, as some versions of WHMCS store it, in either column.
    let of_sum = secret::hash(&secret::md5_hex("another password")).unwrap();
    api.sql(&format!(
        "INSERT INTO tbladmins (id, username, roleid, passwordhash, password, authmodule) VALUES \
           (21, 'summed', 1, '', '{of_sum}', ''), (22, 'foreign', 1, '{HASH}', '', 'duosecurity'), \
           (23, 'without', 1, '{HASH}', '', ''), (24, 'empty', 1, '', '', ''), (25, 'plain', 1, 'TestSecret', '', ''); \
         DELETE FROM mod_whmcs_api_console_factors WHERE id = 22"
    ))
    .await;
    for admin in [21, 24, 25] {
        give_factor(&api, admin).await;
    }
    let browser = Browser::new(&api.router);
    let (right, late) = (code(NOW), code(NOW - 90));
    for (user_name, password, code, why) in [
        ("nobody", PASSWORD, &*right, "unknown"),
        ("", PASSWORD, &right, "no name"),
        ("alice", "testsecret", &right, "wrong password"),
        ("alice", "", &right, "no password"),
        ("alice", PASSWORD, "000000", "wrong code"),
        ("alice", PASSWORD, "", "no code"),
        ("alice", PASSWORD, &late, "a code of a minute ago"),
        ("gone", PASSWORD, &right, "disabled"),
        ("nora", PASSWORD, &right, "role without a right"),
        ("bob", "", &right, "no password is stored"),
        ("empty", "", &right, "no password is stored"),
        ("plain", PASSWORD, &right, "stored without a hash"),
        ("foreign", PASSWORD, &right, "a factor that only WHMCS knows"),
        ("without", PASSWORD, &right, "no second factor"),
        ("summed", &secret::md5_hex("another password"), &right, "the sum itself"),
        ("alice' OR '1'='1", PASSWORD, &right, "no name"),
        ("\u{1F600}", PASSWORD, &right, "no name"),
    ] {
        let answer = browser.try_log_in(user_name, password, code).await;
        assert_eq!(answer.status, 403, "{why}");
        answer.shows(&[REFUSED]);
        assert!(!browser.cookies.borrow().contains_key("whmcs-api-console"), "{why}");
    }
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_console_sessions").await, ["0"]);
    browser.try_log_in("summed", "another password", &right).await.leads_to("/console");
    // A code is accepted once, and none before it afterwards.
    browser.try_log_in("summed", "another password", &right).await.shows(&[REFUSED]);
    browser.try_log_in("summed", "another password", &code(NOW - 30)).await.shows(&[REFUSED]);
    browser.try_log_in("summed", "another password", &code(NOW + 30)).await.leads_to("/console");
}

#[tokio::test]
async fn without_a_required_factor_only_those_who_have_one_are_asked() {
    let api = console_with(|settings| settings.console.second_factor = false).await;
    api.sql(&format!(
        "INSERT INTO tbladmins (id, username, roleid, passwordhash, authmodule) VALUES \
           (22, 'foreign', 1, '{HASH}', 'totp'), (23, 'without', 1, '{HASH}', '')"
    ))
    .await;
    let browser = Browser::new(&api.router);
    browser.try_log_in("without", PASSWORD, "").await.leads_to("/console");
    browser.try_log_in("alice", PASSWORD, "").await.shows(&[REFUSED]);
    browser.try_log_in("foreign", PASSWORD, "").await.shows(&[REFUSED]);
    browser.try_log_in("alice", PASSWORD, &code(NOW)).await.leads_to("/console");
}

#[tokio::test]
async fn guessing_is_limited_as_for_callers() {
    let api = console_with(|settings| {
        settings.access.failures_per_identifier = 3;
        settings.access.failures_per_address = 6;
    })
    .await;
    let browser = Browser::new(&api.router);
    // Wrong codes of who knows the password are counted by member of staff, from wherever they are.
    for _ in 0..3 {
        assert_eq!(browser.try_log_in("lara", PASSWORD, "000000").await.status, 403);
    }
    let blocked = browser.try_log_in("lara", PASSWORD, &code(NOW)).await;
    assert_eq!(blocked.status, 429);
    blocked.shows(&["Too many failed attempts"]);
    // From elsewhere, nobody learns by that whether the password is right.
    let mut elsewhere = Browser::new(&api.router);
    elsewhere.address = "127.0.0.2".to_owned();
    for password in [PASSWORD, "wrong"] {
        let refused = elsewhere.try_log_in("lara", password, &code(NOW)).await;
        assert_eq!(refused.status, 403, "{password}");
        refused.shows(&[REFUSED]);
    }
    // Three more names, and nobody can log in from this address.
    for name in ["a", "b", "c"] {
        assert_eq!(browser.try_log_in(name, PASSWORD, "").await.status, 403);
    }
    assert_eq!(browser.try_log_in("alice", PASSWORD, &code(NOW)).await.status, 429);
    // The activity log has those that were refused, as many as the API log takes of an address in a minute.
    let refused = "tblactivitylog WHERE description = 'Console: Log-in Refused - User Name: lara' ORDER BY id";
    let lines = api.rows("user, admin_id, ipaddr", refused).await;
    let line = |address: &str| format!("System | 0 | {address}");
    assert_eq!(lines, [line("127.0.0.1"), line("127.0.0.1"), line("127.0.0.1"), line("127.0.0.2"), line("127.0.0.2")]);
}

/// Whatever the settings say of calls; never for whoever is at this machine.
#[tokio::test]
async fn nobody_logs_in_from_a_banned_address() {
    let api = console().await;
    api.sql(
        "INSERT INTO tblbannedips (ip, reason, expires) VALUES ('203.0.113.*', 'x', '2037-01-01'), ('127.0.0.1', 'x', '2037-01-01')",
    )
    .await;
    for (address, is_let_in) in [("203.0.113.7", false), ("198.51.100.7", true), ("127.0.0.1", true)] {
        let (address, code) = (address.parse().unwrap(), code(NOW));
        let sent = ConsoleLogIn { user_name: "alice", password: PASSWORD, code: &code, address, user_agent: "x" };
        let token = api.api.log_in_to_console(&sent).await;
        assert_eq!(matches!(token, Ok(Some(_))), is_let_in, "{address}");
        api.sql("UPDATE mod_whmcs_api_console_factors SET last_step = 0").await;
    }
}

#[tokio::test]
async fn a_log_in_leads_to_pages_of_the_console_only() {
    let api = console().await;
    for (wanted, leads_to) in [
        ("/console/roles", "/console/roles"),
        ("/console?x=1", "/console?x=1"),
        ("", "/console"),
        ("//evil.example.com/console", "/console"),
        ("https://evil.example.com/", "/console"),
        ("/consoles", "/console"),
        ("/console/\\evil", "/console"),
        ("/console\r\nset-cookie: x=y", "/console"),
        ("javascript:alert(1)", "/console"),
    ] {
        let browser = Browser::new(&api.router);
        api.sql("UPDATE mod_whmcs_api_console_factors SET last_step = 0").await;
        let page = browser.get("/console/login").await;
        let fields = [("user_name", "alice"), ("password", PASSWORD), ("code", &code(NOW)), ("to", wanted)];
        let answer = browser.post("/console/login", &page.token(), &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, leads_to), "{wanted:?}");
    }
}
