use crate::support::{Calls, TestApi, all};

pub const CALLS: Calls = Calls {
    demo: &["DeleteClient&clientid=6"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["DeleteClient&clientid=1001&deleteusers=1", "DeleteClient&clientid=1002&deletetransactions=1"],
    every_parameter: "DeleteClient&clientid=6&deleteusers=1&deletetransactions=1",
};

/// Columns that refer to a client, including those of other installations and of future tables.
const CLIENT_COLUMNS: &str = "('userid', 'user_id', 'uid', 'clientid', 'client_id', 'client')";
/// Columns whose rows stay: logs, credentials of staff, and projects, which WHMCS's addon leaves alone, too. A client of OAuth is a
/// program, and a token for single sign-on is forgotten within a day. A session is the client's, and not the user's.
const NOT_THEIRS: [&str; 9] = [
    "mod_whmcs_api_fossbilling_sessions.user_id",
    "mod_project.userid",
    "mod_whmcs_api_calls.client_id",
    "mod_whmcs_api_sso_tokens.client_id",
    "mod_whmcs_api_sso_tokens.user_id",
    "tblactivitylog.userid",
    "tblactivitylog.user_id",
    "tbldeviceauth.user_id",
    "tbloauthserver_client_scopes.client_id",
];
const DELETED: &str = r#"{"result":"success","clientid":"77"}"#;

/// Creates two clients, and a row of each in every table that refers to clients.
async fn with_rows_everywhere() -> (TestApi, Vec<(String, String)>) {
    let api = TestApi::new().await;
    let columns = api
        .rows(
            "table_name, column_name",
            &format!(
                "information_schema.columns WHERE table_schema = DATABASE() AND LOWER(column_name) IN {CLIENT_COLUMNS} \
                 ORDER BY table_name, column_name"
            ),
        )
        .await;
    let mut theirs = Vec::new();
    for column in columns {
        let (table, column) = column.split_once(" | ").unwrap();
        if !NOT_THEIRS.contains(&format!("{table}.{column}").as_str()) {
            theirs.push((table.to_owned(), column.to_owned()));
        }
    }
    api.sql("INSERT INTO tblclients (id, currency) VALUES (77, 2), (78, 2)").await;
    for (table, column) in &theirs {
        let key = match table.as_str() {
            table if table.ends_with("_keys") => ", key_hash",
            table if table.ends_with("_sessions") => ", cookie_hash",
            _ => "",
        };
        let (one, other) = if key.is_empty() { ("", "") } else { (", 'a'", ", 'b'") };
        api.sql(&format!("INSERT INTO `{table}` (`{column}`{key}) VALUES (77{one}), (78{other})")).await;
    }
    api.sql("UPDATE mod_whmcs_api_charges SET state = 'succeeded'").await;
    (api, theirs)
}

#[tokio::test]
async fn nothing_is_left_that_names_the_client() {
    for request in ["", "&deletetransactions=1", "&deleteusers=true", "&deletetransactions=1&deleteusers=1"] {
        let (api, columns) = with_rows_everywhere().await;
        assert!(columns.len() >= 20, "{columns:?}");
        api.check(&format!("action=DeleteClient&clientid=77{request}"), DELETED).await;
        for (table, column) in &columns {
            for (client, left) in [(77, "0"), (78, "1")] {
                let rows = api.rows("COUNT(*)", &format!("`{table}` WHERE `{column}` = {client}")).await;
                assert_eq!(rows, [left], "{table}.{column} of client {client} with '{request}'");
            }
        }
        assert_eq!(api.rows("id", "tblclients WHERE id > 4").await, ["78"]);
        let log = api.rows("description, userid", "tblactivitylog").await;
        assert_eq!(log, ["Deleted Client - Client ID: 77 | 77"]);
    }
}

/// Money that is on its way must be booked.
#[tokio::test]
async fn a_client_with_an_unsettled_charge_stays() {
    for (state, is_unsettled) in
        [("open", true), ("sent", true), ("unknown", true), ("pending", true), ("succeeded", false), ("failed", false)]
    {
        let api = TestApi::new().await;
        api.sql(&format!(
            "INSERT INTO tblclients (id, currency) VALUES (77, 2); \
             INSERT INTO mod_whmcs_api_charges (kind, client_id, gateway, state) VALUES ('capture', 77, 'stripe', '{state}')"
        ))
        .await;
        match is_unsettled {
            true => {
                let message = "A payment gateway has not said yet what becomes of a charge or refund of this client";
                api.refuse("action=DeleteClient&clientid=77", message).await;
            }
            false => api.check("action=DeleteClient&clientid=77", DELETED).await,
        }
    }
}

/// Rows without a client's id that belong to rows with one: those with odd ids are the deleted client's.
#[tokio::test]
async fn nor_anything_that_hangs_off_what_is_gone() {
    let api = TestApi::new().await;
    api.sql(
        "INSERT INTO tblclients (id) VALUES (77), (78); \
         INSERT INTO tblhosting (id, userid) VALUES (1, 77), (2, 78); \
         INSERT INTO tblhostingaddons (id, hostingid, userid) VALUES (1, 1, 0), (2, 2, 0), (3, 9, 77), (4, 9, 78); \
         INSERT INTO tbldomains (id, userid) VALUES (1, 77), (2, 78); \
         INSERT INTO tblinvoices (id, userid) VALUES (1, 77), (2, 78); \
         INSERT INTO tblquotes (id, userid) VALUES (1, 77), (2, 78); \
         INSERT INTO tbltickets (id, userid) VALUES (1, 77), (2, 78); \
         INSERT INTO tblemails (id, userid) VALUES (1, 77), (2, 78); \
         INSERT INTO tblcustomfields (id, type) VALUES (1, 'client'), (2, 'product'), (3, 'addon'), (4, 'support'); \
         INSERT INTO tblcustomfieldsvalues (id, fieldid, relid) VALUES \
           (1, 1, 77), (2, 1, 78), (3, 2, 1), (4, 2, 2), (5, 3, 1), (6, 3, 2), (7, 3, 3), (8, 3, 4), (9, 4, 1), (10, 4, 2); \
         INSERT INTO tblhostingconfigoptions (id, relid) VALUES (1, 1), (2, 2); \
         INSERT INTO mod_whmcs_api_module_calls (id, service_id) VALUES (1, 1), (2, 2); \
         INSERT INTO tblcancelrequests (id, relid) VALUES (1, 1), (2, 2); \
         INSERT INTO tblmodulequeue (id, service_type, service_id) VALUES (1, 'service', 1), (2, 'service', 2), (3, 'addon', 1), \
           (4, 'addon', 2), (5, 'addon', 3), (6, 'addon', 4), (7, 'domain', 1), (8, 'domain', 2); \
         INSERT INTO tblinvoiceitems (id, invoiceid) VALUES (1, 1), (2, 2); \
         INSERT INTO tblquoteitems (id, quoteid) VALUES (1, 1), (2, 2); \
         INSERT INTO tblticketreplies (id, tid, userid, name) VALUES (1, 1, 0, ''), (2, 2, 77, 'Guest'); \
         INSERT INTO tblticketnotes (id, ticketid) VALUES (1, 1), (2, 2); \
         INSERT INTO tblticketlog (id, tid) VALUES (1, 1), (2, 2); \
         INSERT INTO tbltickettags (id, ticketid) VALUES (1, 1), (2, 2); \
         INSERT INTO mod_whmcs_api_outbox (email_id) VALUES (1), (2); \
         INSERT INTO mod_whmcs_api_outbox_entries (id, kind, subject, subject_id) VALUES \
           (1, 'mail', 'client', 77), (2, 'mail', 'client', 78), (3, 'module', 'service', 1), (4, 'module', 'service', 2)",
    )
    .await;
    api.check("action=DeleteClient&clientid=77", DELETED).await;
    for (table, id) in [
        ("tblhosting", "id"),
        ("tblhostingaddons", "id"),
        ("tbldomains", "id"),
        ("tblinvoices", "id"),
        ("tblquotes", "id"),
        ("tbltickets", "id"),
        ("tblemails", "id"),
        ("tblcustomfieldsvalues", "id"),
        ("tblhostingconfigoptions", "id"),
        ("tblcancelrequests", "id"),
        ("tblmodulequeue", "id"),
        ("tblinvoiceitems", "id"),
        ("tblquoteitems", "id"),
        ("tblticketreplies", "id"),
        ("tblticketnotes", "id"),
        ("tblticketlog", "id"),
        ("tbltickettags", "id"),
        ("mod_whmcs_api_outbox", "email_id"),
        ("mod_whmcs_api_outbox_entries", "id"),
        ("mod_whmcs_api_module_calls", "id"),
    ] {
        assert_eq!(api.rows("COUNT(*)", &format!("{table} WHERE {id} % 2 = 1")).await, ["0"], "{table}");
        assert_ne!(api.rows("COUNT(*)", &format!("{table} WHERE {id} % 2 = 0")).await, ["0"], "{table}");
    }
    assert_eq!(api.rows("COUNT(*)", "tblcustomfieldsvalues").await, ["5"]);
    assert_eq!(api.rows("COUNT(*)", "tblmodulequeue").await, ["4"]);
    assert_eq!(api.rows("userid, name", "tblticketreplies").await, ["0 | Guest"], "in the ticket of another client");
}

#[tokio::test]
async fn money_stays_in_the_books_unless_told_otherwise() {
    for (request, left) in [
        ("", vec!["0 | 2 | 0 | 5.00 | T1", "0 | 1 | 0 | 7.00 | T2", "78 | 0 | 2 | 9.00 | T3"]),
        ("&deletetransactions=0", vec!["0 | 2 | 0 | 5.00 | T1", "0 | 1 | 0 | 7.00 | T2", "78 | 0 | 2 | 9.00 | T3"]),
        ("&deletetransactions=1", vec!["78 | 0 | 2 | 9.00 | T3"]),
    ] {
        let api = TestApi::new().await;
        api.sql(
            "INSERT INTO tblclients (id, currency) VALUES (77, 2), (78, 2); \
             INSERT INTO tblinvoices (id, userid) VALUES (1, 77), (2, 78); \
             INSERT INTO tblaccounts (userid, currency, invoiceid, amountin, transid) VALUES \
               (77, 0, 1, 5.00, 'T1'), (77, 1, 0, 7.00, 'T2'), (78, 0, 2, 9.00, 'T3')",
        )
        .await;
        api.check(&format!("action=DeleteClient&clientid=77{request}"), DELETED).await;
        let rows = api.rows("userid, currency, invoiceid, amountin, transid", "tblaccounts ORDER BY id").await;
        assert_eq!(rows, left, "{request}");
    }
}

#[tokio::test]
async fn users_go_when_told_to_and_nobody_else_needs_them() {
    for (request, users) in
        [("", vec!["1", "2", "3"]), ("&deleteusers=false", vec!["1", "2", "3"]), ("&deleteusers=1", vec!["2", "3"])]
    {
        let api = TestApi::new().await;
        api.sql(
            "INSERT INTO tblclients (id) VALUES (77), (78); \
             INSERT INTO tblusers (id) VALUES (1), (2), (3); \
             INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (1, 77, 1), (2, 77, 0), (2, 78, 0), (3, 78, 1)",
        )
        .await;
        api.check(&format!("action=DeleteClient&clientid=77{request}"), DELETED).await;
        assert_eq!(api.rows("id", "tblusers ORDER BY id").await, users, "{request}");
        let rows = api.rows("auth_user_id, client_id", "tblusers_clients ORDER BY id").await;
        assert_eq!(rows, ["2 | 78", "3 | 78"], "{request}");
    }
}

/// Rows that actions wrote are deleted too, and the e-mail address can be used again.
#[tokio::test]
async fn whoever_is_deleted_may_come_again() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    let add =
        "action=AddClient&firstname=J&lastname=D&email=j@example.com&skipvalidation=1&password2=x&customfields[1001]=x";
    for client in [5, 6] {
        let reply = api.reply(add).await;
        assert_eq!(reply["clientid"], client);
        for request in [
            "AddContact&email=c@example.com&clientid=",
            "AddClientNote&notes=x&userid=",
            "AddCredit&amount=1&clientid=",
            "CreateInvoice&itemdescription1=x&itemamount1=5&autoapplycredit=1&userid=",
            "DeleteClient&deleteusers=1&clientid=",
        ] {
            api.reply(&format!("action={request}{client}")).await;
        }
    }
    assert_eq!(api.rows("COUNT(*)", "tblusers").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn is_deleted_once_while_others_write() {
    let api = TestApi::new().await;
    let requests = (0..20).map(|number| match number % 4 {
        0 => "action=DeleteClient&clientid=1",
        1 => "action=AddCredit&clientid=1&amount=1",
        2 => "action=CreateInvoice&userid=1&itemdescription1=x&itemamount1=1",
        _ => "action=AddContact&clientid=1",
    });
    let answers = all(requests.map(|request| api.send(request))).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(api.rows("COUNT(*)", "tblactivitylog WHERE description LIKE 'Deleted%'").await, ["1"]);
    for (table, column) in [("tblcredit", "clientid"), ("tblinvoices", "userid"), ("tblcontacts", "userid")] {
        assert_eq!(api.rows("COUNT(*)", &format!("{table} WHERE {column} = 1")).await, ["0"], "{table}");
    }
}

#[tokio::test]
async fn refuses_unknown_clients() {
    let api = TestApi::new().await;
    for client in ["", "9", "one"] {
        api.refuse(&format!("action=DeleteClient&clientid={client}"), "Client ID Not Found").await;
    }
}
