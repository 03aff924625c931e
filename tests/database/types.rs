use serde_json::json;

use whmcs_api::config::{Compat, Entities};

use crate::support::TestApi;

async fn with_invoice() -> TestApi {
    let api = TestApi::new().await;
    api.sql("INSERT INTO tblinvoices (id, userid, status, paymentmethod) VALUES (1, 1, 'Unpaid', 'paypal')").await;
    api
}

/// Types of columns in installations, and the value that is returned for them.
#[tokio::test]
async fn what_columns_hold_is_told_as_it_is() {
    let invoice = "action=GetInvoice&invoiceid=1";
    let credits = "action=GetCredits&clientid=2";
    let details = "action=GetClientsDetails&clientid=2";
    let credit = "INSERT INTO tblcredit (clientid, description, amount) VALUES (2, 'x', 1)";
    for (what, setup, request, pointer, told) in [
        ("a zero date", "UPDATE tblinvoices SET duedate = '0000-00-00'", invoice, "/duedate", json!("0000-00-00")),
        (
            "no date",
            "ALTER TABLE tblinvoices MODIFY duedate date NULL; UPDATE tblinvoices SET duedate = NULL",
            invoice,
            "/duedate",
            json!("0000-00-00"),
        ),
        ("half a date", "UPDATE tblinvoices SET duedate = '2024-00-00'", invoice, "/duedate", json!("2024-00-00")),
        (
            "a time for a date",
            "ALTER TABLE tblinvoices MODIFY duedate datetime; UPDATE tblinvoices SET duedate = '2024-01-02 03:04:05'",
            invoice,
            "/duedate",
            json!("2024-01-02 03:04:05"),
        ),
        (
            "the largest amount",
            "UPDATE tblclients SET credit = 99999999999999.99",
            details,
            "/client/credit",
            json!("99999999999999.99"),
        ),
        ("an exact amount", "UPDATE tblclients SET credit = 0.10", details, "/client/credit", json!("0.10")),
        (
            "more decimals",
            "ALTER TABLE tblclients MODIFY credit decimal(20,6); UPDATE tblclients SET credit = 1.100000",
            details,
            "/client/credit",
            json!("1.10"),
        ),
        (
            "a large number without sign",
            "ALTER TABLE tblcredit MODIFY relid int unsigned NOT NULL DEFAULT 4294967295",
            credits,
            "/credits/credit/0/relid",
            json!("4294967295"),
        ),
        (
            "a larger one",
            "ALTER TABLE tblcredit MODIFY relid bigint unsigned NOT NULL DEFAULT 9223372036854775807",
            credits,
            "/credits/credit/0/relid",
            json!("9223372036854775807"),
        ),
        (
            "a small one",
            "ALTER TABLE tblcredit MODIFY relid smallint NOT NULL DEFAULT 7",
            credits,
            "/credits/credit/0/relid",
            json!("7"),
        ),
        ("a flag that is 2", "UPDATE tblclients SET taxexempt = 2", details, "/client/taxexempt", json!(true)),
        (
            "an enumeration",
            "UPDATE tblclients SET status = 'Active'; ALTER TABLE tblclients MODIFY status enum('Active','Inactive','Closed') NOT NULL",
            details,
            "/client/status",
            json!("Active"),
        ),
        (
            "characters of Western Europe",
            "ALTER TABLE tblclients CONVERT TO CHARACTER SET latin1; UPDATE tblclients SET city = 'Zürich'",
            details,
            "/client/city",
            json!("Zürich"),
        ),
        (
            "characters that are compared by their bytes",
            "ALTER TABLE tblclients CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; UPDATE tblclients SET city = 'Zürich'",
            details,
            "/client/city",
            json!("Zürich"),
        ),
        (
            "JSON",
            "ALTER TABLE tblclients MODIFY email_preferences json; UPDATE tblclients SET email_preferences = '{\"general\": 0}'",
            details,
            "/client/email_preferences/general",
            json!("0"),
        ),
        (
            "an HTML entity",
            "UPDATE tblclients SET city = 'O&#039;Fallon &amp; more'",
            details,
            "/client/city",
            json!("O&#039;Fallon &amp; more"),
        ),
    ] {
        let api = with_invoice().await;
        api.sql(setup).await;
        api.sql(credit).await;
        let reply = api.reply(request).await;
        assert_eq!(reply.pointer(pointer), Some(&told), "{what}: {reply}");
    }
}

/// Values from callers are stored byte by byte, whatever they would mean within a statement.
#[tokio::test]
async fn what_is_sent_is_stored_as_it_is() {
    let api = TestApi::new().await;
    for text in ["it's", "a \\' b", "\\", "%_", "😀", "-- x", "a;b", "\"q\"", "`t`", "&lt;b&gt;", "?"] {
        api.sql("DELETE FROM tblcredit").await;
        let sent = text.bytes().fold(String::new(), |sent, byte| sent + &format!("%{byte:02X}"));
        api.reply(&format!("action=AddCredit&clientid=1&amount=1&description={sent}")).await;
        assert_eq!(api.rows("description", "tblcredit").await, [text]);
    }
}

/// HTML entities, as a WHMCS that displays them expects, if the setting asks for these.
#[tokio::test]
async fn what_is_markup_is_stored_as_whmcs_does() {
    let api = TestApi::with(Compat { entities: Entities::Encoded, ..Compat::default() }).await;
    api.reply("action=UpdateClient&clientid=1&firstname=O%27Neil+%26+%3Cb%3E").await;
    let stored = "O&#039;Neil &amp; &lt;b&gt;";
    assert_eq!(api.rows("firstname", "tblclients WHERE id = 1").await, [stored]);
    let told = api.reply("action=GetClientsDetails&clientid=1").await;
    assert_eq!(told["client"]["firstname"], stored);
    // A search finds the stored value.
    let found = api.reply("action=GetClients&search=O%27Neil").await;
    assert_eq!(found["totalresults"], 1);
}

/// A database converts `1abc` to 1, and any word to 0.
#[tokio::test]
async fn an_id_is_a_number_and_nothing_else() {
    let api = TestApi::new().await;
    for id in ["1abc", "1.5", "0x1", "1e-1", "abc", "-1", "''"] {
        api.refuse(&format!("action=GetCredits&clientid={id}"), "Client ID Not Found").await;
    }
}

/// An update that changes nothing still counts its row as found.
#[tokio::test]
async fn what_is_as_it_was_is_found() {
    let api = with_invoice().await;
    for _ in 0..2 {
        api.reply("action=UpdateClient&clientid=1&firstname=Same").await;
        api.reply("action=UpdateInvoice&invoiceid=1&notes=same").await;
    }
}
