use crate::support::{Calls, TestApi};

pub const CALLS: Calls = Calls {
    demo: &["SendEmail&messagename=Client+Signup+Email&id=1"],
    setup: concat!(
        include_str!("../../support/fixtures/mail.sql"),
        include_str!("../../support/fixtures/people/recipients.sql")
    ),
    writing: &[
        "SendEmail&messagename=Client+Signup+Email&id=1",
        "SendEmail&messagename=Invoice+Notice&id=1003",
        "SendEmail&messagename=Welcome&id=1003",
        "SendEmail&messagename=Domain+Notice&id=1003",
        "SendEmail&messagename=Ticket+Notice&id=1003",
        "SendEmail&messagename=Affiliate+Notice&id=1003",
    ],
    every_parameter: "SendEmail&messagename=x&id=1&customtype=general&custommessage=x&customsubject=x&customvars[a]=1",
};

const MAILS: &str = "userid, subject, message, `to`, cc, bcc, pending, failed";

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/mail.sql")).await;
    api.sql(
        "\
         INSERT INTO tblproducts (id, name) VALUES (5, 'Small & fast'); \
         INSERT INTO tblhosting (id, userid, packageid, domain, username, amount, nextduedate) VALUES \
           (11, 2, 5, 'two.example', 'two', 1234.5, '2027-01-01'), (12, 99, 5, 'x', 'x', 1, NULL); \
         INSERT INTO tbldomains (id, userid, domain, recurringamount) VALUES (21, 1, 'one.co.uk', 10); \
         INSERT INTO tblinvoices (id, userid, invoicenum, total, status) VALUES (31, 3, '2026-31', 20, 'Unpaid'); \
         INSERT INTO tblaccounts (invoiceid, userid, amountin, amountout) VALUES (31, 3, 5, 1); \
         INSERT INTO tbltickets (id, tid, c, userid, title, message, name, email) VALUES \
           (41, '123456', 'abcdefgh', 1, 'Help', 'It <hangs>', '', ''), \
           (42, '654321', 'hgfedcba', 0, 'Guest', 'Hello', 'Gus', 'guest@example.com'); \
         INSERT INTO tblaffiliates (id, clientid, visitors, balance) VALUES (51, 3, 7, 12.5)",
    )
    .await;
    api
}

/// A mail from each type of template, with its contents.
#[tokio::test]
async fn sends_templates_about_what_their_type_says() {
    let api = api().await;
    for (request, mail) in [
        (
            "messagename=Client+Signup+Email&id=1",
            "1 | Welcome to Atlantic Hosting | <p>Dear One Müller,</p><p>welcome</p><p>Yours,<br />\nAtlantic Hosting</p> \
             | one@example.com | assistant@example.com |  | 0 | 0",
        ),
        (
            "messagename=client+signup+email&id=3&customvars[custommerge]=%3Cb%3Efree%3C/b%3E",
            "3 | Welcome to Atlantic Hosting | <p>Dear Three,</p><p><b>free</b></p><p>Yours,<br />\nAtlantic Hosting</p> \
             | three@example.com |  |  | 0 | 0",
        ),
        // The template in the client's language is used if there is one.
        ("messagename=Client+Signup+Email&id=2", "2 | Willkommen | <p>Guten Tag</p> | two@example.com |  |  | 0 | 0"),
        (
            "messagename=Welcome&id=11",
            "2 | Your Small & fast | two.example two €1234.50 01/01/2027 | two@example.com |  |  | 0 | 0",
        ),
        (
            "messagename=Domain+Notice&id=21",
            "1 | About one.co.uk | one . co.uk $10.00 USD | one@example.com |  |  | 0 | 0",
        ),
        ("messagename=Invoice+Notice&id=31", "3 | 2026-31 is Unpaid | $16.00 USD | three@example.com |  |  | 0 | 0"),
        (
            "messagename=Ticket+Notice&id=41",
            "1 | [123456] Help | It <hangs> https://www.example.com/whmcs/viewticket.php?tid=123456&c=abcdefgh \
             | one@example.com |  |  | 0 | 0",
        ),
        (
            "messagename=Ticket+Notice&id=42",
            "0 | [654321] Guest | Hello https://www.example.com/whmcs/viewticket.php?tid=654321&c=hgfedcba \
             | guest@example.com |  |  | 0 | 0",
        ),
        ("messagename=Affiliate+Notice&id=51", "3 | Your balance | $12.50 USD 7 | three@example.com |  |  | 0 | 0"),
    ] {
        api.check(&format!("action=SendEmail&{request}"), r#"{"result":"success"}"#).await;
        assert_eq!(api.rows(MAILS, "tblemails").await, [mail], "{request}");
        assert_eq!(api.rows("attempts, state", "mod_whmcs_api_outbox_entries").await, ["0 | pending"]);
        let line =
            format!("Email Sent - {} | {}", mail.split(" | ").nth(1).unwrap(), mail.split(" | ").next().unwrap());
        assert_eq!(api.rows("description, userid", "tblactivitylog").await, [line]);
        api.sql("DELETE FROM tblemails; DELETE FROM mod_whmcs_api_outbox_entries; DELETE FROM tblactivitylog").await;
    }
}

#[tokio::test]
async fn sends_what_the_caller_wrote() {
    let api = api().await;
    // base64 of a:2:{s:11:"custommerge";s:5:"Hello";s:12:"custommerge2";a:1:{s:1:"a";i:7;}}
    let variables =
        "YToyOntzOjExOiJjdXN0b21tZXJnZSI7czo1OiJIZWxsbyI7czoxMjoiY3VzdG9tbWVyZ2UyIjthOjE6e3M6MToiYSI7aTo3O319";
    for (request, mail) in [
        (
            format!(
                "id=11&customtype=product&customsubject={{$service_domain}}&customvars={variables}\
                 &custommessage=%3Cp%3E{{$custommerge}}%3Cbr+/%3E{{$custommerge2.a}}%3C/p%3E{{$nothing}}"
            ),
            "2 | two.example | <p>Hello<br />7</p>",
        ),
        // A type takes precedence over a template.
        ("id=1&customtype=General&customsubject=x&custommessage=y&messagename=Welcome".to_owned(), "1 | x | y"),
        ("id=31&customtype=invoice&customsubject=x&custommessage={$invoice_total}".to_owned(), "3 | x | $20.00 USD"),
    ] {
        api.check(&format!("action=SendEmail&{request}"), r#"{"result":"success"}"#).await;
        assert_eq!(api.rows("userid, subject, message", "tblemails").await, [mail], "{request}");
        api.sql("DELETE FROM tblemails").await;
    }
}

#[tokio::test]
async fn refuses_in_the_documented_order() {
    let api = api().await;
    let failed = "Sending Failed. Please see documentation.";
    for (request, message) in [
        ("", "You must provide either an existing email template name or a custom message type"),
        ("id=x&customvars=x", "You must provide either an existing email template name or a custom message type"),
        ("customtype=letter&customvars=x", "Invalid message type provided"),
        ("customtype=admin", "Invalid message type provided"),
        ("customtype=general&customvars=x", "A subject is required for a custom message"),
        ("customtype=general&customsubject=x&customvars=x", "A message body is required for a custom message"),
        ("messagename=Nothing&customvars=x", "The custom variables you provided are invalid."),
        ("messagename=Nothing&customvars=aToxOw==", "The custom variables you provided are invalid."),
        ("messagename=Nothing", "A related ID is required"),
        ("messagename=Nothing&id=9", "Email Template not found"),
        ("messagename=Nothing&id=x", "Email Template not found"),
        ("messagename=Staff+Notice&id=1", "Email Template not found"),
        ("messagename=Disabled&id=9", "Email Template is disabled"),
        ("messagename=Order+Confirmation&id=1", failed),
        ("messagename=order+confirmation&id=1", failed),
        ("messagename=Order+Confirmation+&id=1", failed),
        ("messagename=Ord%C3%A9r+Confirmation&id=1", failed),
        ("messagename=Client+Signup+Email&id=9", failed),
        ("messagename=Client+Signup+Email&id=0", failed),
        ("messagename=Client+Signup+Email&id=x", failed),
        ("messagename=Client+Signup+Email&id=4", failed),
        ("messagename=Empty&id=1", failed),
        ("messagename=Welcome&id=9", failed),
        ("messagename=Welcome&id=12", failed),
        ("messagename=Domain+Notice&id=11", failed),
        ("messagename=Invoice+Notice&id=9", failed),
        ("messagename=Ticket+Notice&id=9", failed),
        ("messagename=Affiliate+Notice&id=9", failed),
        ("id=1&customtype=general&customsubject=x&custommessage={$nothing}", failed),
        (
            &format!("id=1&customtype=general&customsubject={}", "x".repeat(65_536)),
            "customsubject is too long: at most 65535 bytes are allowed",
        ),
        // The subject or message exceeds its limit once merge fields are filled in.
        (
            &format!(
                "id=1&customtype=general&customsubject=x&custommessage={}{{$a}}{{$a}}&customvars[a]={}",
                "x".repeat(50_000),
                "y".repeat(10_000)
            ),
            failed,
        ),
        // The message would have gigabytes if all fields were filled in.
        (
            &format!(
                "id=1&customtype=general&customsubject=x&custommessage={}&customvars[a]={}",
                "{$a}".repeat(16_383),
                "y".repeat(900_000)
            ),
            failed,
        ),
    ] {
        api.refuse(&format!("action=SendEmail&{request}"), message).await;
    }
}

/// A subject of any length fits its own column and that of the activity log.
#[tokio::test]
async fn a_long_subject_is_cut() {
    let api = api().await;
    let request = format!("id=1&customtype=general&customsubject={}&custommessage=x", "x".repeat(65_535));
    api.check(&format!("action=SendEmail&{request}"), r#"{"result":"success"}"#).await;
    assert_eq!(api.rows("LENGTH(description)", "tblactivitylog").await, ["65535"]);
}

#[tokio::test]
async fn goes_only_to_those_who_want_it() {
    let api = api().await;
    api.sql(r#"UPDATE tblclients SET email_preferences = '{"general":"0"}' WHERE id IN (1, 3)"#).await;
    let send = |id| format!("action=SendEmail&customtype=general&customsubject=x&custommessage=x&id={id}");
    api.check(&send(1), r#"{"result":"success"}"#).await;
    assert_eq!(api.rows("`to`, cc", "tblemails").await, ["assistant@example.com | "]);
    api.refuse(&send(3), "Sending Failed. Please see documentation.").await;
    api.reply("action=SendEmail&customtype=invoice&customsubject=x&custommessage=x&id=31").await;
    assert_eq!(api.rows("`to`", "tblemails WHERE userid = 3").await, ["three@example.com"], "invoices are wanted");
}

/// Whoever is assigned to departments has nothing mailed of tickets in others.
#[tokio::test]
async fn tickets_of_other_departments_are_not_found() {
    let api = api().await;
    api.sql("UPDATE tbltickets SET did = 2; UPDATE tbladmins SET supportdepts = '1' WHERE id = 1").await;
    for message in
        ["messagename=Ticket+Notice", "customtype=support&customsubject=x&custommessage=%7B$ticket_message%7D"]
    {
        api.refuse(&format!("action=SendEmail&{message}&id=41"), "Sending Failed. Please see documentation.").await;
    }
    api.sql("UPDATE tbladmins SET supportdepts = '1,2' WHERE id = 1").await;
    api.reply("action=SendEmail&messagename=Ticket+Notice&id=41").await;
}
