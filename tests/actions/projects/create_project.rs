use whmcs_api::config::Compat;

use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["CreateProject&title=x&adminid=1"],
    writing: &["CreateProject&title=x&adminid=1&userid=1"],
    every_parameter: "CreateProject&title=x&adminid=1&userid=1&status=x&created=2026-11-20&duedate=2026-11-20&completed=1&ticketids=1&invoiceids=1&notes=x",
    ..Calls::NONE
};

const PROJECT: &str = "userid, title, ticketids, invoiceids, notes, adminid, status, created, duedate, completed, \
                       lastmodified, watchers";

#[tokio::test]
async fn keeps_what_was_sent() {
    let api = TestApi::new().await;
    for (id, (request, row)) in [
        (
            "title=This+is+a+Test+Project&adminid=2",
            "0 | This is a Test Project |  |  |  | 2 | Pending | 2026-11-20 | 2026-11-20 | 0 | 2026-11-20 12:30:00 | ",
        ),
        (
            "title=x&adminid=1&userid=0&created=1969-07-11",
            "0 | x |  |  |  | 1 | Pending | 1969-07-11 | 1969-07-11 | 0 | 2026-11-20 12:30:00 | ",
        ),
        (
            "title=x&adminid=1&userid=1&status=Half+done&created=2026-01-01&duedate=2026-02-01&completed=true&ticketids=1,+2,x\
             &invoiceids[]=3&invoiceids[]=4&notes=n",
            "1 | x | 1,2 | 3,4 | n | 1 | Half done | 2026-01-01 | 2026-02-01 | 1 | 2026-11-20 12:30:00 | ",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = id + 1;
        let reply = format!(r#"{{"result":"success","message":"Project has been created","projectid":{id}}}"#);
        api.check(&format!("action=CreateProject&{request}"), &reply).await;
        assert_eq!(api.rows(PROJECT, &format!("mod_project WHERE id = {id}")).await, [row], "{request}");
    }
    assert_eq!(api.rows("projectid, msg, adminid", "mod_projectlog LIMIT 1").await, ["1 | Project Created | 1"]);
    let log = api.rows("description, userid", "tblactivitylog ORDER BY id DESC LIMIT 1").await;
    assert_eq!(log, ["Created Project - Project ID: 3 | 1"]);
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = TestApi::new().await;
    for (request, message) in [
        ("userid=99", "Client ID Not Found"),
        ("userid=x&title=x&adminid=1", "Client ID Not Found"),
        ("title=x", "Admin ID not Set"),
        ("title=x&adminid=99", "Admin ID Not Found"),
        // Whose account is disabled.
        ("title=x&adminid=3", "Admin ID Not Found"),
        ("adminid=1", "Project Title is Required."),
        ("adminid=1&title=+", "Project Title is Required."),
        ("adminid=1&title=x&created=x", "Date Format is not Valid"),
    ] {
        api.refuse(&format!("action=CreateProject&{request}"), message).await;
    }
}

/// By a setting, or because the database is that of a WHMCS without the addon.
#[tokio::test]
async fn says_when_there_are_no_projects() {
    let off = TestApi::with(Compat { project_management: false, ..Compat::default() }).await;
    let missing = TestApi::new().await;
    missing
        .sql("DROP TABLE mod_project, mod_projecttasks, mod_projecttimes, mod_projectmessages, mod_projectlog")
        .await;
    for api in [off, missing] {
        for request in [
            "CreateProject&title=x&adminid=1",
            "GetProjects",
            "GetProject&projectid=1",
            "UpdateProject&projectid=1",
            "AddProjectTask&projectid=1&task=x",
            "UpdateProjectTask&taskid=1",
            "DeleteProjectTask&projectid=1&taskid=1",
            "StartTaskTimer&projectid=1&taskid=1",
            "EndTaskTimer&timerid=1",
            "EndTaskTimer&taskid=1",
            "AddProjectMessage&projectid=1&message=x",
        ] {
            api.refuse(&format!("action={request}"), "Project Management is not active.").await;
        }
    }
}

#[tokio::test]
async fn the_operator_names_the_first_status() {
    let api = TestApi::with(Compat { project_status: "New".to_owned(), ..Compat::default() }).await;
    api.reply("action=CreateProject&title=x&adminid=1&status=").await;
    assert_eq!(api.rows("status", "mod_project").await, ["New"]);
}
