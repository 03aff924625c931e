//! What an operator's commands say of custom actions, and what keeps a server from starting.

use std::process::Output;

use crate::server::process::{stderr, stdout, whmcs_api};
use crate::support::{Scratch, TestApi};

const SETTINGS: &str = "[actions.GetGroupNames]\nsql = 'SELECT g.id, g.name FROM tblproductgroups g JOIN other.Notes n USING (id)'\n\
                        [actions.Provision]\nurl = 'http://127.0.0.1:9/'\nsecret = 'canary'\n";

/// Runs a command with these settings, and the database of a test.
fn run(settings: &str, name: &str, api: &TestApi, arguments: &[&str]) -> Output {
    let folder = Scratch::new(name);
    let file = folder.join("settings.toml");
    std::fs::write(&file, settings).unwrap();
    let mut command = whmcs_api(arguments);
    command.env("WHMCS_API_CONFIG", &file).env("WHMCS_API_DATABASE_URL", api.database.url());
    tokio::task::block_in_place(|| command.output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_know_the_actions_of_the_settings() {
    let api = TestApi::new().await;
    let run = |arguments: &[&str]| run(SETTINGS, "custom-commands", &api, arguments);
    let actions = stdout(&run(&["actions"]));
    for line in ["GetGroupNames           custom    read    custom", "Provision               custom    write   custom"]
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(actions.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == words), "{actions}");
    }
    assert!(stdout(&run(&["openapi"])).contains("/v1/GetGroupNames"));
    assert!(!stdout(&run(&["config"])).contains("canary"));
    let output = run(&["role", "create", "Custom", "--grant", "GetGroupNames", "--grant", "provision"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        api.rows("permissions", "tblapi_roles WHERE role = 'Custom'").await,
        [r#"{"getgroupnames":1,"provision":1}"#]
    );
    let output = run(&["role", "grant", "Custom", "custom/*"]);
    assert!(!output.status.success() && stderr(&output).contains("no action matches it"), "{}", stderr(&output));
    let grants = stdout(&run(&["doctor", "--grants", "--user", "me"]));
    let database = api.database.name();
    for (database, table) in [("other", "Notes"), (database, "tblproductgroups")] {
        let grant = format!("GRANT SELECT ON `{database}`.`{table}` TO 'me'@'localhost';");
        assert!(grants.contains(&grant), "{grants}");
    }
    let report = stdout(&run(&["doctor", "--action", "GetGroupNames"]));
    assert!(
        report.contains("actions.GetGroupNames: sql: ") && report.contains("0 of 1 actions would work"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_with_a_definition_that_is_wrong() {
    let api = TestApi::new().await;
    for (settings, message) in [
        ("[actions.GetX]\nsql = 'SELECT missing FROM tblclients'", "actions.GetX: sql: Unknown column 'missing'"),
        ("[actions.GetX]\nsql = 'SELECT id FROM missing'", "actions.GetX: sql: "),
        ("[actions.GetX]\nsql = 'SELECT FROM WHERE'", "actions.GetX: sql: "),
        ("[actions.GetX]\nsql = 'SELECT COUNT(*) FROM tblclients'", "column 1, \"COUNT(*)\", needs a name"),
        ("[actions.GetX]\nsql = 'SELECT a.id, b.id FROM tblclients a, tblclients b'", "two columns have the name id"),
        ("[actions.GetX]\nsql = 'SELECT SLEEP(5) AS a'", "actions.GetX: sql: it calls sleep"),
        ("[actions.GetClients]\nsql = 'SELECT 1 AS a'", "the name is taken by the action GetClients"),
        ("[actions.GetX]\nsql = 'SELECT 1 AS a'\nrows = 5", "unknown field `rows`"),
        ("[actions.GetX]\nurl = 'http://127.0.0.1:9/'\nsecret = 'whsec_!'", "not base64 after whsec_"),
    ] {
        let output = run(settings, "custom-start", &api, &["serve", "--listen", "127.0.0.1:0"]);
        assert!(!output.status.success() && stderr(&output).contains(message), "{settings}: {}", stderr(&output));
    }
}
