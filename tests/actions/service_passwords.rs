//! Passwords of services and servers: sealed with the operator's keys, or those of a WHMCS that nobody else reads.

use serde_json::json;
use whmcs_api::config::{PasswordStorage, Settings};

use crate::support::module::Module;
use crate::support::{TestApi, settings_with_keys};

const SERVICES: &str = include_str!("../support/fixtures/services.sql");
const REJECTED: &str =
    "Passwords in this database are encrypted by WHMCS, and this server cannot write one (crypto.mode)";

async fn api_with_module(mut settings: Settings) -> (TestApi, Module) {
    let module = Module::start().await;
    settings.modules.insert("cpanel".to_owned(), module.settings());
    let api = TestApi::with_settings(settings).await;
    api.sql(SERVICES).await;
    (api, module)
}

/// Each way by which a password comes in: it is sealed in the table, and as it was sent for whoever may read it.
#[tokio::test]
async fn are_sealed_in_the_table_and_clear_for_modules_and_callers() {
    let (api, module) = api_with_module(settings_with_keys()).await;
    api.sql("UPDATE tblproducts SET paytype = 'free' WHERE id = 502").await;
    for (request, service, password) in [
        ("UpdateClientProduct&serviceid=901&servicepassword=by%20staff", 901, "by staff"),
        ("ModuleChangePw&serviceid=901&servicepassword=by%20module", 901, "by module"),
        ("AcceptOrder&orderid=803&servicepassword=with%20order", 913, "with order"),
        ("AddOrder&clientid=1&pid=502&paymentmethod=paypal&rootpw=of%20root", 914, "of root"),
    ] {
        api.reply(&format!("action={request}")).await;
        let stored = api.rows("password", &format!("tblhosting WHERE id = {service}")).await.remove(0);
        assert!(stored.starts_with("sealed:") && !stored.contains(password), "{request}: {stored}");
        let listed = api.reply(&format!("action=GetClientsProducts&serviceid={service}")).await;
        assert_eq!(listed["products"]["product"][0]["password"], password, "{request}");
    }
    api.reply("action=ModuleSuspend&serviceid=901").await;
    let received = module.received();
    assert_eq!(received.last().unwrap()["params"]["password"], "by module");
    assert_eq!(received.last().unwrap()["params"]["serverpassword"], "server password", "from before there were keys");
}

/// Each column of passwords takes what EncryptPassword returns, and DecryptPassword opens what is stored for a service.
#[tokio::test]
async fn are_stored_by_hand_with_encrypt_password() {
    let (api, module) = api_with_module(settings_with_keys()).await;
    for (column, parameter) in [
        ("tblhosting.password", "password"),
        ("tblservers.password", "serverpassword"),
        ("tblservers.accesshash", "serveraccesshash"),
    ] {
        let (table, name) = column.split_once('.').unwrap();
        let sealed = api.reply(&format!("action=EncryptPassword&password2=of%20{column}")).await["password"].clone();
        api.sql(&format!("UPDATE {table} SET {name} = '{}'", sealed.as_str().unwrap())).await;
        api.reply("action=ModuleCustom&serviceid=901&func_name=reboot").await;
        assert_eq!(module.received().last().unwrap()["params"][parameter], format!("of {column}"));
    }
    let listed = api.reply("action=GetClientsProducts&serviceid=901").await;
    assert_eq!(listed["products"]["product"][0]["password"], "of tblhosting.password");

    api.reply("action=UpdateClientProduct&serviceid=901&servicepassword=by%20staff").await;
    let stored = api.rows("password", "tblhosting WHERE id = 901").await.remove(0);
    let sent = serde_urlencoded::to_string([("password2", stored)]).unwrap();
    assert_eq!(api.reply(&format!("action=DecryptPassword&{sent}")).await["password"], "by staff");
}

/// A module is not sent an empty password of its server, which it might take for one.
#[tokio::test]
async fn of_a_server_that_cannot_be_read_fail_the_command() {
    let (api, module) = api_with_module(settings_with_keys()).await;
    for column in ["password", "accesshash"] {
        api.sql(&format!("UPDATE tblservers SET password = '', accesshash = '', {column} = 'sealed:lost:AAAA'")).await;
        let reply = api.send("action=ModuleCustom&serviceid=901&func_name=reboot").await.1;
        assert!(reply.contains("is sealed with a key that is not in the key file"), "{column}: {reply}");
    }
    assert!(module.received().is_empty(), "the module was not asked");
}

/// In the database of a WHMCS they are its own: not told, not given to modules, not overwritten.
#[tokio::test]
async fn of_a_whmcs_are_neither_told_nor_overwritten() {
    let mut settings = Settings::default();
    settings.crypto.mode = PasswordStorage::Whmcs;
    let (api, module) = api_with_module(settings).await;
    let listed = api.reply("action=GetClientsProducts&serviceid=901").await;
    assert_eq!(listed["products"]["product"][0]["password"], "");
    for request in [
        "UpdateClientProduct&serviceid=901&servicepassword=x",
        "ModuleChangePw&serviceid=901&servicepassword=x",
        "AcceptOrder&orderid=803&servicepassword=x",
        "AddOrder&clientid=1&pid=502&paymentmethod=paypal&rootpw=x",
    ] {
        api.refuse(&format!("action={request}"), REJECTED).await;
    }
    assert_eq!(api.rows("password", "tblhosting WHERE id = 901").await, ["old password"]);

    api.reply("action=ModuleSuspend&serviceid=901").await;
    let received = module.received();
    let params = &received.last().unwrap()["params"];
    assert_eq!((&params["password"], &params["serverpassword"]), (&json!(""), &json!("")));

    let created = api.send("action=ModuleCreate&serviceid=901").await.1;
    assert!(created.contains("The password of the service is encrypted by WHMCS"), "{created}");
    assert!(module.received().is_empty(), "the module was not asked");
}
