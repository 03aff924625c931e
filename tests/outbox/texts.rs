//! Modules and mail programs get texts as somebody typed them, although they are stored with HTML entities beside a WHMCS;
//! what they answer is stored with entities, too.

use serde_json::json;
use tokio_util::sync::CancellationToken;
use whmcs_api::config::{Compat, Entities, Mail, Settings};

use crate::support::module::{Module, ScriptedResponse};
use crate::support::{SmtpServer, SmtpStage, TestApi, eventually};

fn settings() -> Settings {
    Settings { compat: Compat { entities: Entities::Encoded, ..Compat::default() }, ..Settings::default() }
}

#[tokio::test]
async fn modules_get_and_set_text() {
    let module = Module::start().await;
    let mut settings = settings();
    settings.modules.insert("cpanel".to_owned(), module.settings());
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/services.sql")).await;
    api.sql(
        "UPDATE tblclients SET firstname = 'O&#039;Neil', companyname = 'Tom & Co <raw>', email = 'o&#039;neil@example.com' \
           WHERE id = 1; \
         UPDATE tblhosting SET domain = 'R&amp;D', password = 'a&amp;b' WHERE id = 901; \
         UPDATE tblproducts SET configoption1 = '&lt;plan&gt;' WHERE id = 501; \
         UPDATE tblservers SET password = 'x&lt;y' WHERE id = 701; \
         UPDATE tblcustomfields SET fieldname = 'R&amp;D|Shown' WHERE id = 941; \
         UPDATE tblcustomfieldsvalues SET value = '&quot;yes&quot;' WHERE fieldid = 941",
    )
    .await;
    api.reply("action=ModuleSuspend&serviceid=901&suspendreason=%3Cx%3E+%26+y").await;
    let [asked] = &module.received()[..] else { panic!() };
    for (path, value) in [
        ("/suspendreason", "<x> & y"),
        ("/domain", "R&D"),
        ("/password", "a&amp;b"),
        ("/serverpassword", "x&lt;y"),
        ("/configoption1", "<plan>"),
        ("/customfields", r#"{"R&D":"\"yes\""}"#),
        ("/clientsdetails/firstname", "O'Neil"),
        ("/clientsdetails/companyname", "Tom & Co <raw>"),
        ("/clientsdetails/email", "o'neil@example.com"),
    ] {
        let sent = asked["params"].pointer(path).unwrap();
        assert_eq!(sent.as_str().map_or(sent.to_string(), str::to_owned), value, "{path}");
    }
    assert_eq!(api.rows("suspendreason", "tblhosting WHERE id = 901").await, ["&lt;x&gt; &amp; y"]);

    // Beside a WHMCS, passwords in custom fields are stored as all texts are.
    api.sql("UPDATE tblcustomfields SET fieldtype = 'password' WHERE id = 941").await;
    api.reply("action=ModuleUnsuspend&serviceid=901").await;
    assert_eq!(module.received()[0]["params"]["customfields"], json!({"R&D": "\"yes\""}));

    module.respond_with([ScriptedResponse::Json(
        r#"{"result":"success","service":{"username":"<u>","domain":"&amp;d","dedicatedip":"<ip>","password":"p&amp;<w"}}"#,
    )]);
    api.reply("action=ModuleChangePw&serviceid=901&servicepassword=n%26amp%3B%3C").await;
    assert_eq!(module.received()[0]["params"]["password"], json!("n&amp;<"));
    assert_eq!(
        api.rows("username, domain, dedicatedip, password", "tblhosting WHERE id = 901").await,
        ["&lt;u&gt; | &amp;d | &lt;ip&gt; | p&amp;<w"]
    );

    module.respond_with([ScriptedResponse::Json(r#"{"result":"error","message":"No <b> & such","retry":false}"#)]);
    let (_, body) = api.send("action=ModuleSuspend&serviceid=901").await;
    let reply: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(reply["message"], "No <b> & such");
    assert_eq!(api.rows("last_attempt_error", "tblmodulequeue").await, ["No &lt;b&gt; &amp; such"]);
    assert_eq!(api.rows("description", "tblactivitylog WHERE description REGEXP '[<>]'").await, Vec::<String>::new());
}

/// Where texts are stored as they are sent, so are passwords in custom fields.
#[tokio::test]
async fn modules_get_passwords_in_custom_fields_as_they_are() {
    let module = Module::start().await;
    let compat = Compat { entities: Entities::Plain, ..Compat::default() };
    let mut settings = Settings { compat, ..Settings::default() };
    settings.modules.insert("cpanel".to_owned(), module.settings());
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/services.sql")).await;
    api.sql("UPDATE tblcustomfields SET fieldtype = 'password', fieldname = 'Pin|Shown' WHERE id = 941").await;
    for (password, command) in [("p&amp;w", "ModuleSuspend"), ("p&w", "ModuleUnsuspend")] {
        api.sql(&format!("UPDATE tblcustomfieldsvalues SET value = '{password}' WHERE fieldid = 941")).await;
        api.reply(&format!("action={command}&serviceid=901")).await;
        assert_eq!(module.received()[0]["params"]["customfields"], json!({"Pin": password}));
    }
}

/// The password of the welcome mail, which looks as if it had entities.
#[tokio::test]
async fn passwords_in_mails_stay_as_they_are() {
    let (module, server) = (Module::start().await, SmtpServer::start().await);
    let mut settings = Settings { mail: server.settings(), ..settings() };
    settings.modules.insert("cpanel".to_owned(), module.settings());
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../support/fixtures/services.sql")).await;
    api.sql(
        "INSERT INTO tblconfiguration (setting, value) VALUES ('Email', 'office@atlantic.example'); \
         UPDATE tblemailtemplates SET message = '[{$service_password}]', plaintext = 1 WHERE id = 601; \
         UPDATE tblhosting SET password = 'a&lt;b<&' WHERE id IN (901, 911)",
    )
    .await;
    api.reply("action=AcceptOrder&orderid=801&autosetup=1&sendemail=1").await;
    api.reply("action=SendEmail&messagename=Managed+Welcome&id=901").await;
    let mails = delivered(&api, &server, 2).await;
    for mail in mails {
        assert!(mail.contains("[a&lt;b<&]"), "{mail}");
    }
}

#[tokio::test]
async fn mails_have_text_in_headers_and_entities_in_html() {
    let server = SmtpServer::start().await;
    let mail = Mail { from_name: String::new(), from_address: String::new(), ..server.settings() };
    let api = TestApi::with_settings(Settings { mail, ..settings() }).await;
    api.sql(include_str!("../support/fixtures/mail.sql")).await;
    api.sql(
        "UPDATE tblconfiguration SET value = 'Tom &amp; Jerry' WHERE setting = 'CompanyName'; \
         UPDATE tblconfiguration SET value = 'o&#039;ffice@atlantic.example' WHERE setting = 'Email'; \
         UPDATE tblclients SET firstname = 'Sean', lastname = 'O&#039;Neil &lt;x&gt;', email = 'o&#039;neil&amp;co@example.com' \
           WHERE id = 3; \
         UPDATE tblemailtemplates SET subject = '{$client_name}', message = 'Dear {$client_name}', plaintext = 1 WHERE id = 6",
    )
    .await;
    api.reply("action=SendEmail&id=3&customtype=general&customsubject=R%26D+%3C1%3E&custommessage=%3Cp%3E%7B%24client_name%7D%3C%2Fp%3E")
        .await;
    api.reply("action=SendEmail&id=3&messagename=Empty").await;
    let mails = delivered(&api, &server, 2).await;
    let has = |subject: &str| mails.iter().find(|mail| mail.contains(&format!("Subject: {subject}\r\n"))).unwrap();
    let (html, plain) = (has("R&D <1>"), has("Sean O'Neil <x>"));
    for mail in [html, plain] {
        assert!(mail.contains("To: o'neil&co@example.com\r\n"), "{mail}");
        // Base64 of `Tom & Jerry`.
        assert!(mail.contains("From: =?utf-8?b?VG9tICYgSmVycnk=?= <o'ffice@atlantic.example>\r\n"), "{mail}");
    }
    assert!(html.contains("<p>Sean O&#39;Neil &lt;x&gt;</p>") && html.contains("\r\nSean O'Neil <x>\r\n"), "{html}");
    assert!(plain.contains("\r\nDear Sean O'Neil <x>") && !plain.contains("&lt;"), "{plain}");
}

/// The reason is what a mail server answered.
#[tokio::test]
async fn reasons_are_stored_with_entities() {
    let server = SmtpServer::start().await;
    server.answer(SmtpStage::From, "550 No <b>spam</b> & such");
    let api = TestApi::with_settings(Settings { mail: server.settings(), ..settings() }).await;
    api.sql(include_str!("../support/fixtures/mail.sql")).await;
    api.reply("action=SendEmail&id=1&customtype=general&customsubject=x&custommessage=x").await;
    let stopping = CancellationToken::new();
    let sending = tokio::spawn({
        let (api, stopping) = (api.api.clone(), stopping.clone());
        async move { api.run_outbox(stopping).await }
    });
    let reason = async || api.rows("failure_reason", "tblemails").await.remove(0);
    eventually("the mail fails", async || reason().await.contains("spam")).await;
    assert!(reason().await.contains("No &lt;b&gt;spam&lt;/b&gt; &amp; such"), "{}", reason().await);
    stopping.cancel();
    sending.await.unwrap();
}

/// Delivers the mails that are waiting, and returns them.
async fn delivered(api: &TestApi, server: &SmtpServer, count: usize) -> Vec<String> {
    let stopping = CancellationToken::new();
    let sending = tokio::spawn({
        let (api, stopping) = (api.api.clone(), stopping.clone());
        async move { api.run_outbox(stopping).await }
    });
    eventually("the mails arrive", async || server.received().len() >= count).await;
    stopping.cancel();
    sending.await.unwrap();
    server.received().into_iter().map(|mail| mail.text).collect()
}
