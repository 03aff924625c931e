use whmcs_api::actions::CATALOGUE;
use whmcs_api::config::Settings;
use whmcs_api::database::migrations;
use whmcs_api::demo;
use whmcs_api::doctor::{self, grants};

use super::{WHMCS_9, allowed, codes, examine, not_working, of_whmcs, sql};
use crate::server::process::{stdout, whmcs_api};
use crate::support::{Scratch, User, documented_calls, serve, settings_with_keys};

fn script(user: &User, settings: &Settings) -> Vec<String> {
    let entries = allowed(settings);
    grants::script(&user.grantee(), &doctor::needed(&entries, settings), settings.read_only)
}

#[tokio::test]
async fn what_is_documented_works_with_no_other_rights() {
    let database = of_whmcs(WHMCS_9).await;
    migrations::run(database.options()).await.unwrap();
    let user = User::create(database).await;
    let mut settings = settings_with_keys();
    for grant in script(&user, &settings) {
        sql(&user.database, &grant).await;
    }
    let report = examine(user.options(), &settings).await;
    assert_eq!((codes(&report.problems), not_working(&report)), (vec![], vec![]), "{:?}", report.problems);
    assert!(!codes(&report.warnings).contains(&"wide_rights"), "{:?}", report.warnings);

    let folder = Scratch::new("grants");
    settings.attachments.dir = folder.to_path_buf();
    demo::write_attachments(&folder).unwrap();
    demo::add_stand_ins(&mut settings).await.unwrap();
    let (_hosts, router) = serve(user.options(), settings).await;
    for (request, status, reply) in documented_calls(&router).await {
        assert!(status == 200 && reply["result"] == "success", "{request}: {reply}");
    }
}

/// Each privilege is necessary: without it, something would fail.
#[tokio::test]
async fn each_right_is_needed() {
    let database = of_whmcs(WHMCS_9).await;
    migrations::run(database.options()).await.unwrap();
    let user = User::create(database).await;
    let settings = Settings::default();
    let script = script(&user, &settings);
    for grant in &script {
        sql(&user.database, grant).await;
    }
    for grant in &script {
        // Only MySQL requires a privilege to lock rows.
        let grant = grant.replace(", UPDATE (`id`)", "");
        let revoke = grant.replacen("GRANT", "REVOKE", 1).replacen(" TO ", " FROM ", 1);
        sql(&user.database, &revoke).await;
        let report = examine(user.options(), &settings).await;
        assert!(!report.problems.is_empty(), "the doctor finds no problem after {revoke}");
        sql(&user.database, &grant).await;
    }
}

#[tokio::test]
async fn the_command_prints_what_is_asked_for() {
    let printed = |arguments: &[&str]| {
        let mut command = whmcs_api(&["doctor", "--grants", "--database-url", "mysql://x:y@127.0.0.1:1/billing"]);
        stdout(&command.args(arguments).output().unwrap())
    };
    let all = printed(&[]);
    for line in [
        &*format!("for {} actions", CATALOGUE.len()),
        " ON `billing`.`tblinvoices` TO 'whmcs_api'@'localhost';",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON `billing`.`mod_whmcs_api_requests` TO",
    ] {
        assert!(all.contains(line), "{line} is not in\n{all}");
    }
    let one = printed(&["--action", "getcurrencies", "--user", "reader", "--host", "10.0.0.1", "--read-only"]);
    assert!(one.contains("GRANT SELECT ON `billing`.`tblcurrencies` TO 'reader'@'10.0.0.1';"), "{one}");
    assert!(!one.contains("INSERT") && !one.contains("tblinvoices"), "{one}");
}
