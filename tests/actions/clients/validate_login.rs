use whmcs_api::auth::secret;
use whmcs_api::store;

use crate::support::{Calls, NOW, TestApi, all, until_ok};

pub const CALLS: Calls = Calls {
    demo: &["ValidateLogin&email=ana.ferreira@example.com&password2=DemoPassword"],
    setup: include_str!("../../support/fixtures/people/people.sql"),
    writing: &["ValidateLogin&email=una@example.com&password2=rasmuslerdorf"],
    every_parameter: "ValidateLogin&email=a@example.com&password2=x&clientip=192.0.2.1",
};

async fn with_users() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api
}

#[tokio::test]
async fn knows_the_hashes_of_both() {
    let api = with_users().await;
    for (request, user, second_factor) in [
        ("email=una@example.com&password2=TestSecret", 1, false),
        ("email=+UNA@example.COM&password2=TestSecret", 1, false),
        ("email=ben@example.com&password2=rasmuslerdorf", 2, true),
    ] {
        let reply =
            format!(r#"{{"result":"success","userid":{user},"passwordhash":"","twoFactorEnabled":{second_factor}}}"#);
        api.check(&format!("action=ValidateLogin&{request}"), &reply).await;
        let login = format!("tblusers WHERE id = {user}");
        assert_eq!(api.rows("last_login, updated_at", &login).await, [format!("{NOW} | {NOW}")], "{request}");
    }
}

#[tokio::test]
async fn refuses_everything_else_alike() {
    let api = with_users().await;
    api.sql("INSERT INTO tblusers (id, email, password) VALUES (3, 'odd@example.com', 'TestSecret'), (4, 'none@example.com', '')")
        .await;
    let long = format!("email=una@example.com&password2={}", "x".repeat(70_000));
    for request in [
        "",
        "email=una@example.com",
        "password2=TestSecret",
        "email=una@example.com&password2=testsecret",
        "email=una@example.com&password2=TestSecret+",
        "email=una@example.com&password2=rasmuslerdorf",
        "email=ben@example.com&password2=rasmuslerdorf2",
        "email=nobody@example.com&password2=TestSecret",
        "email=%25@example.com&password2=TestSecret",
        "email=+&password2=TestSecret",
        // The stored value is not a hash, or empty.
        "email=odd@example.com&password2=TestSecret",
        "email=none@example.com&password2=x",
        "email[]=una@example.com&password2=TestSecret",
        "email=una@example.com&password2[]=TestSecret",
        &long,
    ] {
        api.refuse(&format!("action=ValidateLogin&{request}"), "Email or Password Invalid").await;
    }
}

/// The password is checked against a hash of the same cost, so that the time reveals nothing.
#[tokio::test]
async fn an_unknown_address_takes_as_much_work_as_a_wrong_password() {
    let api = TestApi::new().await;
    let cost = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
    assert_eq!(cost(secret::DUMMY_HASH), "$argon2id$v=19$m=19456,t=2,p=1");
    assert_eq!(cost(&secret::hash("right").unwrap()), cost(secret::DUMMY_HASH));
    let work = async |email: &str| {
        let before = api.api.password_hashes();
        let login = format!("action=ValidateLogin&email={email}@example.com&password2=wrong");
        api.refuse(&login, "Email or Password Invalid").await;
        let mut connection = api.pool.acquire().await.unwrap();
        let decoy = store::clients::users::decoy_hash(&mut connection, &format!("{email}@example.com")).await.unwrap();
        (api.api.password_hashes() - before, decoy)
    };
    assert_eq!(work("nobody").await, (1, None), "without any user, it is checked against NOBODY");
    let hash = "$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a";
    api.sql(&format!("INSERT INTO tblusers (email, password) VALUES ('una@example.com', '{hash}')")).await;
    assert_eq!(work("una").await.0, 1);
    assert_eq!(work("nobody").await, (1, Some(hash.to_owned())), "the hash of another user, of whatever kind it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_log_in_at_once() {
    let api = with_users().await;
    all((0..20).map(async |_| {
        until_ok(async || {
            let login = "action=ValidateLogin&email=una@example.com&password2=TestSecret";
            let (status, body) = api.send(login).await;
            // On a slow machine the server may reject a log-in as overloaded; the client retries.
            if status == 503 {
                return Err(body);
            }
            assert!(status == 200 && body.contains("success"), "{status}: {body}");
            Ok(())
        })
        .await;
    }))
    .await;
}

/// Hashes cost a hundred times as much as usual, and there are more calls than connections.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_turn_keeps_no_connection_from_others() {
    let api = TestApi::new().await;
    let hash = secret::DUMMY_HASH.replace("t=2", "t=200");
    api.sql(&format!(
        "SET SESSION sql_mode = ''; INSERT INTO tblusers (email, password) VALUES ('una@example.com', '{hash}')"
    ))
    .await;
    let login = "action=ValidateLogin&email=una@example.com&password2=wrong".to_owned();
    let requests: Vec<String> = std::iter::repeat_n(login, 12).chain(["action=GetCurrencies".to_owned()]).collect();
    let ended = std::sync::Mutex::new(Vec::new());
    all(requests.iter().map(async |request| {
        let (status, _) = api.send(request).await;
        ended.lock().unwrap().push((request.as_str(), status));
    }))
    .await;
    let ended = ended.into_inner().unwrap();
    let place = ended.iter().position(|(request, _)| *request == "action=GetCurrencies").unwrap();
    // Only calls that hold a connection until they give up waiting may come before it.
    assert!(place < 5 && ended[place].1 == 200, "{place}: {ended:?}");
}

#[tokio::test]
async fn guessing_ends_soon() {
    let mut settings = whmcs_api::config::Settings::default();
    settings.access.failures_per_identifier = 2;
    let api = TestApi::with_settings(settings).await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.sql(
        "SET SESSION sql_mode = ''; INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids) \
         SELECT 'Other', secret, user_id, 1, role_ids FROM tbldeviceauth",
    )
    .await;
    // The database compares the last address as equal, too.
    for (emails, guessed) in [
        (["una@example.com", "UNA@example.com"], "una@%C3%A9xample.com"),
        (["nobody@example.com", "Nobody@example.com"], "nobody@EXAMPLE.com"),
    ] {
        for email in emails {
            let request = format!("action=ValidateLogin&email={email}&password2=wrong");
            api.refuse(&request, "Email or Password Invalid").await;
        }
        for email in [emails[0], guessed] {
            let (status, body) = api.send(&format!("action=ValidateLogin&email={email}&password2=TestSecret")).await;
            assert_eq!((status, body.contains("Too many failed attempts")), (429, true), "{email}: {body}");
        }
    }
    let right = "action=ValidateLogin&email=una@example.com&password2=TestSecret";
    let (_, body) = crate::support::post(&api.router, &format!("identifier=Other&secret=TestSecret&{right}")).await;
    assert!(body.contains("success"), "another credential is not throttled: {body}");
    api.reply("action=ValidateLogin&email=ben@example.com&password2=rasmuslerdorf").await;
}
