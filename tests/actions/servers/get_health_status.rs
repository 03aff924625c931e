use crate::support::desk::Desk;
use crate::support::{Calls, TestApi};

pub const CALLS: Calls =
    Calls { demo: &["GetHealthStatus"], every_parameter: "GetHealthStatus&fetchStatus=1", ..Calls::NONE };

/// The list in which a check is, and what it says.
async fn found(api: &TestApi, check: &str) -> (String, String) {
    let reply = api.reply("action=GetHealthStatus").await;
    let lists = reply["checks"].as_object().unwrap();
    assert_eq!(lists.keys().collect::<Vec<_>>(), ["success", "warning", "danger"]);
    for (list, checks) in lists {
        if let Some(found) = checks.as_array().unwrap().iter().find(|found| found["name"] == check) {
            assert_eq!((&found["type"], &found["severityLevel"]), (&check.into(), &list.as_str().into()));
            return (list.clone(), found["body"].as_str().unwrap().to_owned());
        }
    }
    panic!("there is no check {check}: {reply}")
}

#[tokio::test]
async fn all_is_well_until_something_is_not() {
    let desk = Desk::open().await;
    for check in ["database_version", "database_writing", "clock", "outbox", "module_queue", "time_zone", "attachments"]
    {
        let (list, body) = found(&desk, check).await;
        assert_eq!(list, "success", "{check}: {body}");
    }
    // The tests have no mail server.
    assert_eq!(found(&desk, "mail").await.0, "warning");
    for (statement, check, list, body) in [
        (
            "INSERT INTO tblmodulequeue (service_type, service_id) VALUES ('service', 1), ('service', 2)",
            "module_queue",
            "warning",
            "2 commands to modules and registrars have failed",
        ),
        (
            "INSERT INTO mod_whmcs_api_outbox_entries (kind, state) VALUES ('module', 'failed')",
            "outbox",
            "warning",
            "1 entries of the outbox have failed for good",
        ),
        (
            "INSERT INTO mod_whmcs_api_outbox_entries (kind, state, due_at) VALUES ('nothing', 'pending', '2026-11-20 12:14:59')",
            "outbox",
            "danger",
            "1 entries of the outbox have been due for more than 15 minutes",
        ),
        (
            "INSERT INTO mod_whmcs_api_holds (name, reason) VALUES ('outbox', 'A restore')",
            "outbox",
            "danger",
            "The outbox is held: nothing is sent until it is released",
        ),
        (
            "INSERT INTO tblactivitylog (date, description) VALUES ('2026-11-20 13:30:00', 'x')",
            "time_zone",
            "warning",
            "The latest line of the activity log is dated 2026-11-20 13:30:00, in the future: see time_zone in the settings",
        ),
    ] {
        desk.sql(statement).await;
        assert_eq!(found(&desk, check).await, (list.to_owned(), body.to_owned()));
    }
}

#[tokio::test]
async fn attachments_need_a_folder() {
    let desk = Desk::open().await;
    let files = desk.files();
    assert_eq!(found(&desk, "attachments").await.0, "success");
    assert_eq!(desk.files(), files, "nothing is left of the check");
    desk.replace_folder_by_a_file();
    let (list, body) = found(&desk, "attachments").await;
    assert!(list == "danger" && body.starts_with("Attachments cannot be stored: "), "{list} {body}");
}
