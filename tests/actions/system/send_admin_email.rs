use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["SendAdminEmail&customsubject=x&custommessage=x&type=system"],
    setup: concat!(
        include_str!("../../support/fixtures/mail.sql"),
        include_str!("../../support/fixtures/people/recipients.sql")
    ),
    writing: &["SendAdminEmail&messagename=Staff+Notice&type=support&deptid=1"],
    every_parameter: "SendAdminEmail&messagename=x&custommessage=x&customsubject=x&type=system&deptid=1&mergefields[a]=1",
};

const MAILS: &str = "userid, subject, message, `to`";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/mail.sql")).await;
    api.sql(
        "\
         INSERT INTO tbladminroles (id, name, systememails, accountemails, supportemails) VALUES \
           (1, 'Full', 1, 1, 1), (2, 'Support', 0, 0, 1), (3, 'Nothing', 0, 0, 0); \
         UPDATE tbladmins SET roleid = 1, email = 'alice@atlantic.example', ticketnotifications = ',1,' WHERE id = 1; \
         UPDATE tbladmins SET roleid = 2, email = 'bob@atlantic.example', ticketnotifications = '1,2' WHERE id = 2; \
         UPDATE tbladmins SET roleid = 1, email = 'gone@atlantic.example' WHERE id = 3; \
         INSERT INTO tbladmins (id, username, roleid, email) VALUES (4, 'dora', 3, 'dora@atlantic.example'), (5, 'eve', 1, '')",
    )
    .await;
    api
}

#[tokio::test]
async fn goes_to_those_whose_role_gets_such_mails() {
    let api = api().await;
    for (request, to) in [
        ("", "alice@atlantic.example"),
        ("type=system", "alice@atlantic.example"),
        ("type=Account&deptid=2", "alice@atlantic.example"),
        ("type=support", "alice@atlantic.example,bob@atlantic.example"),
        ("type=support&deptid=1", "alice@atlantic.example,bob@atlantic.example"),
        ("type=support&deptid=2", "bob@atlantic.example"),
    ] {
        api.check(&format!("action=SendAdminEmail&messagename=Staff+Notice&{request}"), r#"{"result":"success"}"#)
            .await;
        assert_eq!(api.rows("`to`", "tblemails").await, [to], "{request}");
        assert_eq!(api.rows("COUNT(*)", "mod_whmcs_api_outbox_entries").await, ["1"]);
        api.sql("DELETE FROM tblemails; DELETE FROM mod_whmcs_api_outbox_entries").await;
    }
    for nobody in ["type=support&deptid=3", "type=support&deptid=x"] {
        api.check(&format!("action=SendAdminEmail&messagename=Staff+Notice&{nobody}"), r#"{"result":"success"}"#).await;
        assert_eq!(api.rows("`to`", "tblemails").await, [""; 0], "{nobody}");
    }
}

#[tokio::test]
async fn says_what_the_template_or_the_caller_says() {
    let api = api().await;
    for (request, mail) in [
        (
            "messagename=Staff+Notice&mergefields[service_id]=7&mergefields[service_domain]=a.example",
            "0 | Service 7 | <p>a.example https://www.example.com/whmcs/admin/</p> | alice@atlantic.example",
        ),
        (
            "customsubject=Look&custommessage=At+{$this}&mergefields[this]=that",
            "0 | Look | At that | alice@atlantic.example",
        ),
        ("messagename=Staff+Notice&custommessage=Mine", "0 |  | Mine | alice@atlantic.example"),
    ] {
        api.check(&format!("action=SendAdminEmail&{request}"), r#"{"result":"success"}"#).await;
        assert_eq!(api.rows(MAILS, "tblemails").await, [mail], "{request}");
        api.sql("DELETE FROM tblemails").await;
    }
}

#[tokio::test]
async fn refuses_what_it_cannot_send() {
    let api = api().await;
    api.sql("INSERT INTO tblemailtemplates (type, name, subject, message, attachments, fromname, fromemail, disabled, custom, language, copyto, blind_copy_to, plaintext) \
             VALUES ('admin', 'Off', 'x', 'x', '', '', '', 1, 0, '', '', '', 0)").await;
    for (request, message) in [
        ("", "Email Template not found"),
        ("messagename=Nothing&type=x", "Email Template not found"),
        ("messagename=Welcome", "Email Template not found"),
        ("customsubject=x", "Email Template not found"),
        ("messagename=Off", "Email Template is disabled"),
        ("messagename=Staff+Notice&type=x&mergefields=x", "Invalid notification type provided"),
        ("messagename=Staff+Notice&mergefields=x", "The merge fields you provided are invalid."),
    ] {
        api.refuse(&format!("action=SendAdminEmail&{request}"), message).await;
    }
}
