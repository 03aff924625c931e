//! What an operator's commands say of custom actions, and what keeps a server from starting.

use std::process::{Command, Output};

use whmcs_api::database::migrations;

use super::url_of;
use crate::server::process::{Running, stderr, stdout, whmcs_api};
use crate::support::{CREDENTIAL, Database, Scratch, TestApi, UnusedAddress, User};

const SETTINGS: &str = "[actions.GetGroupNames]\nsql = 'SELECT g.id, g.name FROM tblproductgroups g JOIN other.Notes n USING (id)'\n\
                        [actions.Provision]\nurl = 'http://127.0.0.1:9/'\nsecret = 'canary'\n";

/// Creates a command with these settings in a file of this folder, and the database of a test.
fn command(settings: &str, folder: &Scratch, database: &Database, arguments: &[&str]) -> Command {
    let file = folder.join("settings.toml");
    std::fs::write(&file, settings).unwrap();
    let mut command = whmcs_api(arguments);
    command.env("WHMCS_API_CONFIG", &file).env("WHMCS_API_DATABASE_URL", database.url());
    command
}

fn run(settings: &str, name: &str, database: &Database, arguments: &[&str]) -> Output {
    let folder = Scratch::new(name);
    let mut command = command(settings, &folder, database, arguments);
    tokio::task::block_in_place(|| command.output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_know_the_actions_of_the_settings() {
    let api = TestApi::new().await;
    let run = |arguments: &[&str]| run(SETTINGS, "custom-commands", &api.database, arguments);
    let actions = stdout(&run(&["actions"]));
    for line in ["GetGroupNames           custom    read    custom", "Provision               custom    write   custom"]
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let begins = |line: &str| line.split_whitespace().take(words.len()).eq(words.iter().copied());
        assert!(actions.lines().any(begins), "{actions}");
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

/// That of `actions_url`, or else that of the replica.
#[tokio::test(flavor = "multi_thread")]
async fn doctor_examines_the_account_that_runs_custom_actions() {
    let user = User::create(Database::create().await).await;
    migrations::run(user.database.options()).await.unwrap();
    user.as_owner("GRANT SELECT ON {database}.tblclients TO {user}").await;
    for setting in ["actions_url", "replica_url"] {
        let settings = format!(
            "[database]\n{setting} = '{}'\n[actions.GetGroupNames]\nsql = 'SELECT id, name FROM tblproductgroups'\n",
            url_of(&user)
        );
        let run = |arguments: &[&str]| stdout(&run(&settings, "custom-doctor", &user.database, arguments));
        let report = run(&["doctor", "--action", "GetGroupNames"]);
        let denied = format!("actions.GetGroupNames: sql: SELECT command denied to user '{}'@", user.name);
        assert!(report.contains(&denied), "{setting}: {report}");
        let grant = format!("GRANT SELECT ON `{}`.`tblproductgroups` TO '{}'@", user.database.name(), user.name);
        let grants = run(&["doctor", "--grants", "--user", "me"]);
        assert!(grants.contains(&grant), "{setting}: {grants}");
    }
}

/// It may have a secret in it.
#[tokio::test(flavor = "multi_thread")]
async fn the_url_of_an_endpoint_is_not_logged() {
    let (api, unused, folder) = (TestApi::new().await, UnusedAddress::reserve(), Scratch::new("custom-log"));
    api.sql("UPDATE tblapi_roles SET permissions = '{\"provision\":1}' WHERE id = 1").await;
    let settings = format!("[actions.Provision]\nurl = 'http://{unused}/?token=canary'\nsecret = 'x'\n");
    let command = command(&settings, &folder, &api.database, &["serve", "--listen", "127.0.0.1:0"]);
    let (answer, log) = tokio::task::block_in_place(|| {
        let mut server = Running::start(command);
        let body = format!("{CREDENTIAL}&action=Provision");
        let answer = server.exchange(&format!(
            "POST /includes/api.php HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
        server.stop();
        (answer, server.says())
    });
    assert!(answer.contains("could not be reached"), "{answer}");
    assert!(log.contains("an endpoint gave no response") && !log.contains("canary"), "{log}");
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
        let output = run(settings, "custom-start", &api.database, &["serve", "--listen", "127.0.0.1:0"]);
        assert!(!output.status.success() && stderr(&output).contains(message), "{settings}: {}", stderr(&output));
    }
}
