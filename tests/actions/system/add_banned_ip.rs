use tower::ServiceExt;
use whmcs_api::config::Settings;

use crate::support::{CREDENTIAL, Calls, TestApi, form};

pub const CALLS: Calls = Calls {
    demo: &["AddBannedIp&ip=203.0.113.9&reason=x&days=1"],
    setup: "",
    writing: &["AddBannedIp&ip=203.0.113.9&reason=x&days=1&expires=2026-12-01+00:00:00"],
    every_parameter: "AddBannedIp&ip=203.0.113.9&reason=x&days=1&expires=2026-12-01",
};

const FOREVER: &str = "2037-12-31 23:59:59";

#[tokio::test]
async fn bans_an_address_for_a_while() {
    let api = TestApi::new().await;
    for (number, (request, row)) in [
        ("ip=1.2.3.4&reason=Abuse&days=1", "1.2.3.4 | Abuse | 2026-11-21 12:30:00"),
        ("ip=+1.2.3.4+&reason=Abuse&days=2.0", "1.2.3.4 | Abuse | 2026-11-22 12:30:00"),
        ("ip=1.2.3.*&days=30", "1.2.3.* |  | 2026-12-20 12:30:00"),
        ("ip=1.2.*.*", "1.2.*.* |  | 2026-12-20 12:30:00"),
        ("ip=2001:DB8:0:0::1&days=0", "2001:db8::1 |  | 2026-12-20 12:30:00"),
        ("ip=1.2.3.4&days=1&expires=2026-12-24+18:00:00", "1.2.3.4 |  | 2026-12-24 18:00:00"),
        ("ip=1.2.3.4&days=99999", &format!("1.2.3.4 |  | {FOREVER}")),
        ("ip=1.2.3.4&expires=9999-12-31", &format!("1.2.3.4 |  | {FOREVER}")),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = format!(r#"{{"result":"success","banid":{}}}"#, number + 1);
        api.check(&format!("action=AddBannedIp&{request}"), &reply).await;
        assert_eq!(api.rows("ip, reason, expires", "tblbannedips ORDER BY id DESC LIMIT 1").await, [row], "{request}");
    }
    let log = api.rows("description", "tblactivitylog LIMIT 1").await;
    assert_eq!(log, ["Banned IP Added - Ban ID: 1 - IP: 1.2.3.4"]);
}

#[tokio::test]
async fn the_settings_say_how_long_a_ban_lasts() {
    let mut settings = Settings::default();
    settings.bans.default_days = 2;
    let api = TestApi::with_settings(settings).await;
    api.reply("action=AddBannedIp&ip=1.2.3.4").await;
    assert_eq!(api.rows("expires", "tblbannedips").await, ["2026-11-22 12:30:00"]);
}

#[tokio::test]
async fn refuses_what_would_hold_for_nobody() {
    let api = TestApi::new().await;
    for (request, message) in [
        ("", "The IP address is not valid"),
        ("ip=localhost", "The IP address is not valid"),
        ("ip=1.2.3", "The IP address is not valid"),
        ("ip=1.*.*.*", "The IP address is not valid"),
        ("ip=1.2.3.4/24", "The IP address is not valid"),
        ("ip=1.2.3.4&days=soon", "days must be a whole number"),
        ("ip=1.2.3.4&expires=soon", "Date Format is not Valid"),
    ] {
        api.refuse(&format!("action=AddBannedIp&{request}"), message).await;
    }
}

/// A ban holds until it ends, for whoever logs in from there, and for nobody else.
#[tokio::test]
async fn nobody_logs_in_from_a_banned_address() {
    let api = TestApi::new().await;
    api.sql(include_str!("../../support/fixtures/people/clients.sql")).await;
    api.sql(
        "INSERT INTO tblbannedips (ip, reason, expires) VALUES \
           ('198.51.100.7', '', '2026-11-20 12:30:01'), ('203.0.113.*', '', '2027-01-01'), \
           ('2001:0db8::0001', '', '2027-01-01'), ('192.0.2.1', '', '2026-11-20 12:30:00'), ('127.0.0.1', '', '2027-01-01')",
    )
    .await;
    let login = "action=ValidateLogin&email=una@example.com&password2=TestSecret";
    for banned in ["198.51.100.7", "::ffff:198.51.100.7", "203.0.113.200", "2001:db8::1"] {
        api.refuse(&format!("{login}&clientip={banned}"), "Email or Password Invalid").await;
    }
    assert_eq!(api.api.password_hashes(), 0, "the password is not even looked at");
    for free in ["198.51.100.8", "192.0.2.1", "127.0.0.1", "::1", "2001:db8::2", "", "nonsense"] {
        api.reply(&format!("{login}&clientip={free}")).await;
    }
}

/// The status of a call that comes from an address through a proxy on this machine.
async fn call_from(api: &TestApi, address: &str) -> u16 {
    let mut request = form(&format!("{CREDENTIAL}&action=GetCurrencies"));
    request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
    let response = api.router.clone().oneshot(request).await.unwrap();
    response.status().as_u16()
}

#[tokio::test]
async fn bans_hold_for_calls_only_if_the_operator_says_so() {
    for (apply_to_api, banned) in [(false, 200), (true, 403)] {
        let mut settings = Settings::default();
        settings.bans.apply_to_api = apply_to_api;
        settings.access.allow = whmcs_api::network::Network::EVERYWHERE.to_vec();
        settings.access.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let api = TestApi::with_settings(settings).await;
        api.sql(
            "INSERT INTO tblbannedips (ip, reason, expires) VALUES ('198.51.*.*', '', '2027-01-01'), \
               ('10.1.2.3', '', '2027-01-01'), ('127.0.0.1', '', '2027-01-01'), ('192.0.2.1', '', '2026-11-20 12:30:00')",
        )
        .await;
        for (address, expected) in [
            ("198.51.100.7", banned),
            ("198.52.100.7", 200),
            ("192.0.2.1", 200),
            // Trusted proxies, and this machine.
            ("10.1.2.3", 200),
            ("127.0.0.1", 200),
        ] {
            assert_eq!(call_from(&api, address).await, expected, "{apply_to_api} {address}");
        }
    }
}
