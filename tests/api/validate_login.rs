use std::time::{Duration, Instant};

use crate::support::{NOW, TestApi, all};

async fn with_users() -> TestApi {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/clients.sql")).await;
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
        // What is stored is no hash, or nothing.
        "email=odd@example.com&password2=TestSecret",
        "email=none@example.com&password2=x",
        "email[]=una@example.com&password2=TestSecret",
        "email=una@example.com&password2[]=TestSecret",
        &long,
    ] {
        api.refuse(&format!("action=ValidateLogin&{request}"), "Email or Password Invalid").await;
    }
}

/// With hashes of the usual cost, so that the difference would show.
#[tokio::test]
async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
    let api = TestApi::new().await;
    let hash = whmcs_api::auth::secret::hash("right").unwrap();
    api.sql(&format!("INSERT INTO tblusers (email, password) VALUES ('una@example.com', '{hash}')")).await;
    let shortest = async |request: &'static str| {
        let mut shortest = Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            api.send(&format!("action=ValidateLogin&{request}")).await;
            shortest = shortest.min(start.elapsed());
        }
        shortest
    };
    let wrong = shortest("email=una@example.com&password2=wrong").await;
    let unknown = shortest("email=nobody@example.com&password2=wrong").await;
    let (less, more) = (wrong.min(unknown), wrong.max(unknown));
    assert!(less * 2 > more, "{wrong:?} for a wrong password, {unknown:?} for an unknown address");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_log_in_at_once() {
    let api = with_users().await;
    let answers =
        all((0..20).map(|_| api.send("action=ValidateLogin&email=una@example.com&password2=TestSecret"))).await;
    assert!(answers.iter().all(|(status, body)| *status == 200 && body.contains("success")), "{answers:?}");
}
