//! `whmcs-api console`, and the first start.

use std::io::{BufRead, BufReader};

use super::browser::{Browser, console};
use crate::server::process::{Running, eventually, stderr, stdout, whmcs_api};
use crate::support::{Scratch, demo_keys};

#[tokio::test(flavor = "multi_thread")]
async fn commands_invite_list_and_end() {
    let api = console().await;
    let lara = Browser::of(&api, "lara").await;
    Browser::of(&api, "alice").await;
    // The commands have the computer's clock, those sessions that of the tests.
    api.sql("UPDATE mod_whmcs_api_console_sessions SET seen_at = UTC_TIMESTAMP(), ends_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR").await;
    let session = api.rows("id", "mod_whmcs_api_console_sessions WHERE admin_id = 1").await.remove(0);
    let run = |arguments: &[&str]| {
        let mut command = whmcs_api(&["console"]);
        command.args(arguments).env("WHMCS_API_DATABASE_URL", api.database.url());
        command.env("WHMCS_API_KEYS_FILE", demo_keys()).env("WHMCS_API_LISTEN", "127.0.0.1:8123");
        let output = tokio::task::block_in_place(|| command.output().unwrap());
        (output.status.success(), if output.status.success() { stdout(&output) } else { stderr(&output) })
    };
    for (arguments, succeeds, parts) in [
        (&["sessions"][..], true, &["USER", "alice", "lara", "127.0.0.1", "Test Browser 1.0"][..]),
        (&["revoke", &session], true, &["The session has ended."]),
        (&["revoke", &session], false, &["there is no such session"]),
        (&["revoke", "--user", "lara"], true, &["1 sessions have ended."]),
        (&["revoke", "--user", "nobody"], false, &["no member of staff who is not disabled has this user name"]),
        (&["revoke"], false, &["required"]),
        (&["reset-second-factor", "lara"], true, &["The second factor was removed"]),
        (&["reset-second-factor", "lara"], false, &["they have no second factor"]),
        (&["invite", "nobody"], false, &["no member of staff who is not disabled has this user name"]),
        (&["invite", "lara"], true, &["http://127.0.0.1:8123/console/welcome/", "The link works once, for an hour."]),
        (&["invite", "lara", "--url", "https://x.example.com/"], true, &["https://x.example.com/console/welcome/"]),
    ] {
        let (succeeded, said) = run(arguments);
        assert_eq!(succeeded, succeeds, "{arguments:?}: {said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{arguments:?}: {said}");
    }
    assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_console_sessions").await, ["0"]);
    lara.get("/console").await.leads_to("/console/login");
    let invitations = "mod_whmcs_api_console_invitations";
    assert_eq!(api.rows("admin_id, sets_password", invitations).await, ["12 | 0"]);
    // Nor is there a link that begins another session.
    assert!(run(&["revoke", "--user", "lara"]).0);
    assert_eq!(api.rows("COUNT(*)", invitations).await, ["0"]);
}

/// The console has a listener of its own here, so that nothing else is reached through it.
#[test]
fn the_first_start_prints_a_link_for_the_first_administrator() {
    let folder = Scratch::new("first-start");
    let mut command = whmcs_api(&["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    command.arg(&*folder).env("WHMCS_API_CONSOLE_LISTEN", "127.0.0.1:0");
    let mut server = Running::start(command);
    let mut lines = BufReader::new(server.child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("Nobody can log in to the console yet."));
    let link = lines.next().unwrap().unwrap();
    eventually("it logs where the console is", || server.says().contains("the console is at http://127.0.0.1:"));
    let (address, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let request = |path: &str| format!("GET /{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(server.exchange(&request("console/login")).starts_with("HTTP/1.1 404 "));
    server.address = address.parse().unwrap();
    let answer = server.exchange(&request(path));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("Set up your log-in"), "{answer}");
    assert!(server.exchange(&request("docs")).starts_with("HTTP/1.1 404 "));
    server.stop();
}
