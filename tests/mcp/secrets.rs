//! Plans tell no secrets.

use std::collections::BTreeSet;

use serde_json::json;
use whmcs_api::redaction::is_secret_column;

use super::agent::tool;
use super::writing::{plan, writing};
use crate::support::TestApi;

/// The columns with secrets of WHMCS's tables.
const SECRET_COLUMNS: &str = "
    tbladminlog.sessionid
    tbladmins.authdata tbladmins.authmodule tbladmins.password tbladmins.password_reset_data
    tbladmins.password_reset_expiry tbladmins.password_reset_key tbladmins.passwordhash
    tblapilog.request tblapilog.request_headers tblapilog.response tblapilog.response_headers
    tblbankaccts.bank_data tblbankaccts.bank_name
    tblclients.authdata tblclients.authmodule tblclients.bankacct tblclients.bankcode tblclients.bankname
    tblclients.banktype tblclients.cardlastfour tblclients.cardnum tblclients.cardtype tblclients.expdate
    tblclients.issuenumber tblclients.password tblclients.pwresetexpiry tblclients.pwresetkey tblclients.securityqans
    tblclients.startdate
    tblcontacts.password tblcontacts.pwresetexpiry tblcontacts.pwresetkey
    tblcreditcards.card_data tblcreditcards.card_type
    tblcustomfieldsvalues.value
    tbldeviceauth.compat_secret tbldeviceauth.secret
    tbldomainsadditionalfields.value
    tblemails.message tblemails.message_data
    tblfraud.value
    tblgatewaylog.data
    tblhosting.password
    tblmodulelog.arrdata tblmodulelog.request tblmodulelog.response
    tbloauthserver_clients.secret
    tblorders.transfersecret
    tblpaymentgateways.value
    tblregistrars.value
    tblservers.accesshash tblservers.password
    tblticketdepartments.mail_auth_config tblticketdepartments.password
    tbluser_invites.token
    tblusers.email_verification_token tblusers.email_verification_token_expiry tblusers.password
    tblusers.remember_token tblusers.reset_token tblusers.reset_token_expiry tblusers.second_factor_config
    tblusers.security_question_answer
";

/// Returns the columns whose values plans hide, as pairs of table and column.
pub async fn secret_columns(api: &TestApi) -> BTreeSet<(String, String)> {
    let columns = "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR) FROM information_schema.columns \
                   WHERE table_schema = DATABASE() AND table_name NOT LIKE 'mod|_whmcs|_api|_%' ESCAPE '|'";
    let columns: Vec<(String, String)> = sqlx::query_as(columns).fetch_all(&api.pool).await.unwrap();
    columns.into_iter().filter(|(table, column)| is_secret_column(table, column, None)).collect()
}

#[tokio::test]
async fn the_secrets_of_all_tables_are_known() {
    let api = TestApi::new().await;
    let columns: Vec<String> =
        secret_columns(&api).await.into_iter().map(|(table, column)| format!("{table}.{column}")).collect();
    let expected: Vec<&str> = SECRET_COLUMNS.split_whitespace().collect();
    assert_eq!(columns, expected, "{}", columns.join("\n"));
    for (setting, is_secret) in [("SMTPPassword", true), ("License", true), ("CompanyName", false)] {
        assert_eq!(is_secret_column("tblconfiguration", "value", Some(setting)), is_secret, "{setting}");
    }
}

#[tokio::test]
async fn plans_hide_secrets_and_so_does_the_log() {
    let api = writing("NULL, NULL").await;
    api.sql(include_str!("../support/fixtures/people/people.sql")).await;
    api.sql(
        "INSERT INTO tblpaymentgateways (gateway, setting, value) VALUES ('paypal', 'secretKey', 'canary'); \
         INSERT INTO tblhosting (userid, username, password) VALUES (1001, 'u', 'canary'); \
         INSERT INTO tblconfiguration (setting, value) VALUES ('SMTPPassword', 'canary'); \
         INSERT INTO tbloauthserver_clients (id, identifier, secret, user_id, name) VALUES (1, 'x', 'canary', '1001', 'n'); \
         UPDATE tblclients SET password = 'canary', securityqans = 'canary', cardnum = 'canary', pwresetkey = 'canary' WHERE id = 1001; \
         UPDATE tblusers SET password = 'canary', security_question_answer = 'canary', second_factor_config = 'canary'",
    )
    .await;
    let mut hidden = 0;
    for (action, arguments) in [
        ("DeactivateModule", json!({"moduleType": "gateway", "moduleName": "paypal", "newGateway": "stripe"})),
        ("DeleteClient", json!({"clientid": 1001, "deleteusers": true})),
        ("DeleteOAuthCredential", json!({"credentialId": 1})),
        (
            "AddClient",
            json!({"firstname": "A", "lastname": "B", "email": "new@one.example", "password2": "canary-pass",
            "address1": "x", "city": "x", "state": "x", "postcode": "1", "country": "GB", "phonenumber": "1"}),
        ),
    ] {
        let planned = plan(&api, action, &arguments).await.to_string();
        assert!(!planned.contains("canary") && !planned.contains("$argon2"), "{action}: {planned}");
        hidden += planned.matches("(hidden)").count();
    }
    assert!(hidden > 12, "{hidden}");
    // What the agent has sent is no secret before it.
    let (_, text) = tool(&api, "SetConfigurationValue", json!({"setting": "CompanyName", "value": "x"})).await;
    assert!(!text.contains("canary"));
    let log = api.rows("action, request, response", "tblapilog").await.join("\n");
    assert!(log.contains("DeactivateModule") && !log.contains("canary") && !log.contains("$argon2"), "{log}");
}
