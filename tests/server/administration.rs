//! The commands for credentials, roles and the API log.

use serde_json::Value;
use whmcs_api::auth::secret;

use super::process::{Running, eventually, stderr, stdout, whmcs_api};
use crate::support::{Scratch, TestApi};

/// Runs a command on a test's database; returns its output, or its error.
fn run(url: &str, arguments: &[&str]) -> Result<String, String> {
    let output = whmcs_api(arguments).env("WHMCS_API_DATABASE_URL", url).output().unwrap();
    if output.status.success() { Ok(stdout(&output)) } else { Err(stderr(&output)) }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Returns the status of a call with a credential as the command printed it.
async fn status(api: &TestApi, credential: &Value, action: &str) -> u16 {
    let (identifier, secret) = (credential["identifier"].as_str().unwrap(), credential["secret"].as_str().unwrap());
    crate::support::post(&api.router, &format!("identifier={identifier}&secret={secret}&action={action}&clientid=1"))
        .await
        .0
}

/// All commands on one database, as an operator would use them.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_and_roles_are_made_changed_and_deleted() {
    let api = TestApi::new().await;
    let url = api.database.url();
    let run = |arguments: &[&str]| tokio::task::block_in_place(|| run(&url, arguments));

    run(&["role", "create", "Accounting", "--grant", "billing/read-only", "--description", "Sync"]).unwrap();
    let create =
        ["credential", "create", "--admin", "bob", "--role", "accounting", "--description", "nightly", "--json"];
    let credential = json(&run(&create).unwrap());
    assert_eq!(status(&api, &credential, "GetCredits").await, 200);
    assert_eq!(status(&api, &credential, "AddCredit").await, 403);
    run(&["role", "grant", "Accounting", "AddCredit", "products/*"]).unwrap();
    assert_eq!(status(&api, &credential, "AddCredit").await, 200);
    run(&["role", "revoke", "Accounting", "addcredit"]).unwrap();
    assert_eq!(status(&api, &credential, "AddCredit").await, 403);
    assert_eq!(status(&api, &credential, "GetProductsGroups").await, 200);

    run(&["role", "grant", "Accounting", "--upstream", "MyAction"]).unwrap();
    let granted = "JSON_KEYS(permissions) LIKE '%\"myaction\"%'";
    assert_eq!(api.rows(granted, "tblapi_roles WHERE role = 'Accounting'").await, ["1"]);
    run(&["role", "grant", "Accounting", "MyAction"]).unwrap_err();
    run(&["role", "grant", "Accounting", "--upstream", "My*"]).unwrap_err();
    run(&["role", "grant", "Accounting", "upstream/*"]).unwrap();

    let identifier = credential["identifier"].as_str().unwrap();
    run(&["credential", "disable", identifier]).unwrap();
    assert_eq!(status(&api, &credential, "GetCredits").await, 403);
    run(&["credential", "enable", identifier]).unwrap();
    assert_eq!(status(&api, &credential, "GetCredits").await, 200);

    let rotated = json(&run(&["credential", "rotate", identifier, "--keep-old-for", "300000h", "--json"]).unwrap());
    assert_eq!(status(&api, &credential, "GetCredits").await, 200, "the old secret");
    assert_eq!(status(&api, &rotated, "GetCredits").await, 200, "the new secret");
    let again = json(&run(&["credential", "rotate", identifier, "--json"]).unwrap());
    let kept = "previous_secret = '' AND previous_compat_secret = '' AND previous_until IS NULL";
    assert_eq!(api.rows(kept, "mod_whmcs_api_credentials").await, ["1"]);
    assert_eq!(status(&api, &credential, "GetCredits").await, 403);
    assert_eq!(status(&api, &rotated, "GetCredits").await, 403);
    assert_eq!(status(&api, &again, "GetCredits").await, 200);
    let sum = secret::md5_hex(again["secret"].as_str().unwrap());
    let legacy = format!("username={identifier}&password={sum}&action=GetCredits&clientid=1");
    assert_eq!(crate::support::post(&api.router, &legacy).await.0, 200, "the MD5 sum of the secret as a password");

    run(&["credential", "set", identifier, "--allow", "10.0.0.0/8", "--allow", "::1", "--expires-in", "90d"]).unwrap();
    assert_eq!(status(&api, &again, "GetCredits").await, 403);
    let listed = json(&run(&["credential", "list", "--json"]).unwrap());
    let listed = listed.as_array().unwrap().iter().find(|listed| listed["identifier"] == identifier).unwrap().clone();
    assert_eq!(
        (&listed["state"], &listed["roles"][0], &listed["staff"], &listed["description"], &listed["allow"][1]),
        (&"active".into(), &"Accounting".into(), &"bob".into(), &"nightly".into(), &"::1".into())
    );
    assert!(listed["expires_at"].is_string());
    run(&["credential", "set", identifier, "--allow", "127.0.0.1", "--expires-in", "never"]).unwrap();
    assert_eq!(status(&api, &again, "GetCredits").await, 200);

    run(&["credential", "set", identifier, "--per-minute", "1", "--per-day", "none"]).unwrap();
    assert_eq!((status(&api, &again, "GetCredits").await, status(&api, &again, "GetCredits").await), (200, 429));
    let limits = |listed: &str| listed.lines().find(|line| line.contains(identifier)).unwrap().to_owned();
    assert!(limits(&run(&["credential", "list"]).unwrap()).contains("  1/minute none/day  "));
    run(&["credential", "set", identifier, "--per-minute", "default", "--per-day", "100"]).unwrap();
    assert_eq!(status(&api, &again, "GetCredits").await, 200);
    assert!(limits(&run(&["credential", "list"]).unwrap()).contains("  100/day  "));
    run(&["credential", "set", identifier, "--per-day", "default"]).unwrap();
    assert!(limits(&run(&["credential", "list"]).unwrap()).contains("  default  "));

    let listed = || limits(&run(&["credential", "list"]).unwrap());
    assert!(listed().contains("  default  read  "), "{}", listed());
    run(&["credential", "set", identifier, "--agent-writes", "--agent-limit", "50", "--agent-daily", "200"]).unwrap();
    assert!(listed().contains("  write 50.00/call 200.00/day  "), "{}", listed());
    let json_list = json(&run(&["credential", "list", "--json"]).unwrap());
    let credential = json_list.as_array().unwrap().iter().find(|listed| listed["identifier"] == identifier).unwrap();
    assert_eq!((&credential["agent_writes"], &credential["agent_limit"]), (&true.into(), &"50.00".into()));
    run(&["credential", "set", identifier, "--agent-limit", "none"]).unwrap();
    assert!(listed().contains("  write 200.00/day  "), "{}", listed());

    assert!(run(&["role", "delete", "Accounting"]).unwrap_err().contains(identifier));
    run(&["credential", "delete", identifier]).unwrap();
    assert_eq!(status(&api, &again, "GetCredits").await, 403);
    run(&["role", "delete", "Accounting"]).unwrap();
    assert!(!run(&["credential", "list"]).unwrap().contains(identifier));
    assert!(run(&["credential", "list", "--all"]).unwrap().contains(identifier));
    assert_eq!(api.rows("deleted_at IS NOT NULL", "tbldeviceauth ORDER BY id").await, ["0", "1"]);
    let stored = api.rows("secret, compat_secret", "tbldeviceauth").await;
    assert!(!format!("{stored:?}").contains(again["secret"].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_nothing_is_made() {
    let api = TestApi::new().await;
    let url = api.database.url();
    for (arguments, told) in [
        (&["credential", "create"][..], "name its owner with --admin: alice, bob"),
        (&["credential", "create", "--admin", "gone"], "no enabled member of staff"),
        (&["credential", "create", "--admin", "bob", "--role", "Nope"], "there are All, Readers, Billers"),
        (&["credential", "create", "--admin", "bob", "--allow", "everywhere"], "an address such as"),
        (&["credential", "create", "--admin", "bob", "--expires-in", "soon"], "invalid value 'soon'"),
        (&["credential", "create", "--admin", "bob", "--expires-in", "900000000000000d"], "expires-in"),
        (&["credential", "rotate", "nobody"], "there is no credential nobody"),
        (&["credential", "create", "--per-minute", "0"], "a number of calls from 1"),
        (&["credential", "create", "--per-day", "many"], "\"none\" or \"default\""),
        (&["role", "create", "all"], "role all already exists"),
        (&["role", "create", "New", "--grant", "AddCredits"], "no action matches it"),
        (&["role", "grant", "Nope", "*"], "there is no role Nope"),
        (&["role", "revoke", "Readers", "AddCredit"], "it has getcredits, getinvoice"),
        (&["role", "delete", "All"], "is used by credential TestIdentifier"),
        (&["log", "search", "--since", "yesterday"], "YYYY-MM-DD HH:MM:SS"),
    ] {
        let error = tokio::task::block_in_place(|| run(&url, arguments)).unwrap_err();
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
    assert_eq!(api.rows("COUNT(*)", "tbldeviceauth").await, ["1"]);
    assert_eq!(api.rows("COUNT(*)", "tblapi_roles").await, ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_searched() {
    let api = TestApi::new().await;
    for (id, action, status, credential, address, at) in [
        (1, "AddCredit", 200, "Sync", "10.0.0.1", "2026-11-20 10:00:00"),
        (2, "GetCredits", 403, "Shop", "10.0.0.2", "2026-11-20 11:00:00"),
        (3, "AddCredit", 200, "Shop", "10.0.0.1", "2026-11-20 12:00:00"),
    ] {
        api.sql(&format!(
            "INSERT INTO tblapilog (id, action, request, request_headers, response, response_status, response_headers, created_at) \
             VALUES ({id}, '{action}', '{{\"n\":{id}}}', '{{\"request_id\":\"x\",\"address\":\"{address}\",\"credential\":\"{credential}\"}}', \
                     '{{\"result\":\"success\"}}', {status}, '{{\"duration\":1.5}}', '{at}')"
        ))
        .await;
    }
    api.sql("INSERT INTO tblapilog (id, action, request, request_headers, response, response_headers) VALUES (4, 'x', 'cut...', 'no json', '', '')").await;
    let url = api.database.url();
    for (arguments, found) in [
        ("tail", vec![1, 2, 3, 4]),
        ("tail -n 2", vec![3, 4]),
        ("search --action addcredit", vec![1, 3]),
        ("search --credential Shop", vec![2, 3]),
        ("search --address 10.0.0.1 --credential Shop", vec![3]),
        ("search --status 403", vec![2]),
        ("search --since 2026-11-20T11 --until 2026-11-20", vec![]),
        ("search --since 2026-11-20 --until 2026-11-21 --limit 2", vec![2, 3]),
    ] {
        let arguments: Vec<&str> = ["log"].into_iter().chain(arguments.split(' ')).chain(["--json"]).collect();
        match tokio::task::block_in_place(|| run(&url, &arguments)) {
            Ok(printed) => {
                let ids: Vec<i64> = printed.lines().map(|line| json(line)["id"].as_i64().unwrap()).collect();
                assert_eq!(ids, found, "{arguments:?}");
            }
            Err(error) => assert!(error.contains("invalid value '2026-11-20T11'"), "{error}"),
        }
    }
    let printed = tokio::task::block_in_place(|| run(&url, &["log", "tail"])).unwrap();
    assert!(
        printed.contains("2026-11-20 11:00:00  403  GetCredits            Shop  10.0.0.2  1.5 ms  {\"n\":2}"),
        "{printed}"
    );
}

/// A newcomer's first steps on the embedded database, with and without a running server.
#[test]
fn the_embedded_database_is_reached_whether_it_runs_or_not() {
    let folder = Scratch::new("administration");
    let command = |arguments: &[&str]| {
        let mut command = whmcs_api(arguments);
        command.args(["--data-dir", folder.to_str().unwrap()]);
        command
    };
    let made = command(&["role", "create", "Everything", "--grant", "*"]).output().unwrap();
    assert!(made.status.success(), "{}", stderr(&made));
    let mut server = Running::start(command(&["serve", "--listen", "127.0.0.1:0"]));
    let made = command(&["credential", "create", "--role", "Everything", "--json"]).output().unwrap();
    assert!(stderr(&made).contains("created `api`"), "{}", stderr(&made));
    let credential = json(&stdout(&made));
    let body = format!(
        "identifier={}&secret={}&action=AddPromoCode&x=1",
        credential["identifier"].as_str().unwrap(),
        credential["secret"].as_str().unwrap()
    );
    let answer = server.exchange(&format!(
        "POST /includes/api.php HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    eventually("the call is in the log", || {
        stdout(&command(&["log", "tail"]).output().unwrap()).contains("AddPromoCode")
    });
    server.stop();
    let listed = stdout(&command(&["credential", "list", "--json"]).output().unwrap());
    assert!(json(&listed)[0]["last_used"].is_string(), "the last use is stored when the server stops: {listed}");
}

#[test]
fn the_actions_are_listed_with_their_groups() {
    let printed = stdout(&super::process::run(&["actions"]));
    assert_eq!(printed.lines().count(), whmcs_api::actions::CATALOGUE.len() + 1);
    let mut rows = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert!(rows.any(|row| row[..5] == ["AddCredit", "billing", "write", "whmcs", "Adds"]), "{printed}");
    // Whatever WHMCS documents is in the list, or is missing.
    let missing = stdout(&super::process::run(&["actions", "--missing"]));
    assert!(missing.lines().all(|name| !printed.contains(&format!("\n{name} "))), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_says_what_is_wrong_and_fails() {
    let api = TestApi::new().await;
    let url = api.database.url();
    let audit = |arguments: &[&str]| {
        let output = whmcs_api(arguments).env("WHMCS_API_DATABASE_URL", &url).output().unwrap();
        (output.status.success(), stdout(&output), stderr(&output))
    };
    let looked_at = "Looked at 4 clients with 2 credit entries, 0 invoices with 0 lines, and 0 payments.\n";
    let in_order = format!("{looked_at}The books are in order.\n");
    assert_eq!(audit(&["audit"]), (true, in_order, String::new()));
    api.sql("UPDATE tblclients SET credit = 1 WHERE id = 1").await;
    let told = format!("{looked_at}client 1 has a balance of 1.00 and a history that adds up to 100.00\n");
    assert_eq!(audit(&["audit"]), (false, told, "whmcs-api: 1 inconsistency found\n".to_owned()));
    let (is_fine, printed, _) = audit(&["audit", "--format", "prometheus"]);
    assert!(!is_fine && printed.contains("whmcs_api_audit_findings{rule=\"balance\"} 1\n"), "{printed}");
    assert!(printed.contains("whmcs_api_audit_findings{rule=\"paid\"} 0\n"), "{printed}");
    assert!(audit(&["audit", "--ignore", "balance"]).0);
    let (is_fine, printed, _) = audit(&["audit", "--format", "json"]);
    assert!(!is_fine && json(&printed)["rule"] == "balance" && json(&printed)["of"] == "client 1", "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bans_are_listed_and_lifted() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblbannedips (ip, reason, expires) VALUES ('198.51.100.7', 'Guessing', '2037-01-01'), \
         ('198.51.100.*', '', '2036-01-01'), ('2001:DB8:0::1', '', '2037-02-01'), ('2001:db8::1', '', '2037-03-01'), \
         ('203.0.113.1', '', '2020-01-01')",
    )
    .await;
    let url = api.database.url();
    let run = |arguments: &[&str]| tokio::task::block_in_place(|| run(&url, &[&["ban"], arguments].concat()));
    let listed = run(&["list"]).unwrap();
    let words: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        words[1..3],
        [vec!["198.51.100.*", "2036-01-01", "00:00:00"], vec!["198.51.100.7", "2037-01-01", "00:00:00", "Guessing"]]
    );
    assert_eq!(words.len(), 5, "{listed}");

    assert_eq!(run(&["lift", "198.51.100.7"]).unwrap(), "Bans that were ended: 1\n");
    assert_eq!(run(&["lift", "2001:db8:0:0::1"]).unwrap(), "Bans that were ended: 2\n");
    assert_eq!(api.rows("ip", "tblbannedips ORDER BY id").await, ["198.51.100.*", "203.0.113.1"]);
    for (address, error) in
        [("198.51.100.7", "is not banned"), ("203.0.113.1", "is not banned"), ("x", "is neither an address")]
    {
        assert!(run(&["lift", address]).unwrap_err().contains(error), "{address}");
    }
}
