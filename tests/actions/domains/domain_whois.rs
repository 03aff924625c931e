use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use whmcs_api::config::{Compat, Settings, WhoisText};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::whois::Whois;

use crate::support::registry::Registry;
use crate::support::{CREDENTIAL, Calls, NEVER_SECONDS, TestApi, all, eventually, post, router, until_ok};

pub const CALLS: Calls = Calls {
    demo: &["DomainWhois&domain=example.com", "DomainWhois&domain=my-new-shop.com"],
    // Nobody can be asked about names below `test`.
    every_parameter: "DomainWhois&domain=example.test",
    ..Calls::NONE
};

const NOT_SUPPORTED: &str = "The given TLD is not supported for WHOIS lookups";

#[tokio::test]
async fn the_registry_says_whether_a_name_is_registered() {
    let registry = Registry::start("whois").await;
    let api = TestApi::with_settings(registry.settings()).await;
    for (domain, asked, reply) in [
        (
            "taken.rdap",
            "rdap taken.rdap",
            json!({"status": "unavailable", "whois": "Domain Name: taken.rdap<br />\nDomain Status: ok<br />\n"}),
        ),
        ("free.rdap", "rdap free.rdap", json!({"status": "available", "whois": "Domain not found: free.rdap<br />\n"})),
        (
            "taken.port",
            "whois taken.port",
            json!({
                "status": "unavailable",
                "whois": "Domain Name: taken.port<br />\nRegistrar: &lt;b&gt;Example &amp; Co&lt;/b&gt;<br />\n",
            }),
        ),
        ("free.port", "whois free.port", json!({"status": "available", "whois": "No match for free.port<br />\n"})),
        ("free.web", "web free.web", json!({"status": "available", "whois": "No match for free.web<br />\n"})),
    ] {
        let mut expected = json!({"result": "success"});
        expected.as_object_mut().unwrap().extend(reply.as_object().unwrap().clone());
        assert_eq!(api.reply(&format!("action=DomainWhois&domain={domain}")).await, expected, "{domain}");
        assert_eq!(registry.asked(), [asked]);
    }
    assert_eq!(api.rows("COUNT(*)", "tblactivitylog").await, ["0"]);
}

#[tokio::test]
async fn an_answer_that_is_none_is_not_believed() {
    let registry = Registry::start("whois-answers").await;
    let api = TestApi::with_settings(registry.settings()).await;
    // The label tells how the RDAP server answers, and then the WHOIS server.
    let about = async |domain: &str| {
        let (status, body) = api.send(&format!("action=DomainWhois&domain={domain}")).await;
        assert_eq!(status, 200, "{body}");
        let reply: serde_json::Value = serde_json::from_str(&body).unwrap();
        reply["status"].as_str().or(reply["message"].as_str()).unwrap().to_owned()
    };
    for rdap in ["limited", "broken", "lost", "garbage", "other", "long", "clear", "relative", "private", "local"] {
        assert_eq!(about(&format!("{rdap}-free.both")).await, "available", "{rdap}");
        assert_eq!(registry.asked(), [format!("rdap {rdap}-free.both"), format!("whois {rdap}-free.both")]);
    }
    let unanswered = "No registry of .both has answered. Nothing is known of the name, try again later";
    for whois in ["limited", "garbage", "cut", "long"] {
        assert_eq!(about(&format!("lost-{whois}.both")).await, unanswered, "{whois}");
        assert_eq!(registry.asked().len(), 2);
    }
    assert_eq!(about("lost.rdap").await, unanswered.replace("both", "rdap"), "there is nobody else to ask");
    // What is no answer is not kept, so it is asked for again.
    about("lost-cut.both").await;
    assert_eq!(registry.asked().len(), 3);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let registry = Registry::start("whois-late").await;
    let mut settings = registry.settings();
    settings.whois.timeout_seconds = 1;
    let api = TestApi::with_settings(settings).await;
    let about = async |domain: &str| api.send(&format!("action=DomainWhois&domain={domain}")).await.1;
    assert!(about("late-late.both").await.contains("No registry of .both has answered"));
    assert_eq!(registry.asked(), ["rdap late-late.both", "whois late-late.both"]);
    // On a busy machine the other server may be late, too.
    until_ok(async || {
        let reply = about("late-free.both").await;
        reply.contains(r#""status":"available""#).then_some(()).ok_or(reply)
    })
    .await;
}

#[tokio::test]
async fn names_are_checked_before_anybody_is_asked() {
    let registry = Registry::start("whois-names").await;
    let api = TestApi::with_settings(registry.settings()).await;
    api.sql("INSERT INTO tbldomainpricing (extension) VALUES ('.co.zz'), ('.sold.rdap')").await;
    let long = format!("{}.rdap", "a".repeat(64));
    for domain in ["", "rdap", "a_b.rdap", "-a.rdap", "a..rdap", "a%0D%0Ab.rdap", "a%20b.rdap", "127.0.0.1", &long] {
        api.refuse(&format!("action=DomainWhois&domain={domain}"), "Domain not valid").await;
    }
    api.refuse("action=DomainWhois", "Domain not valid").await;
    for domain in ["taken.unknown", "www.taken.rdap", "taken.sold.rdap", "www.taken.co.port", "taken.other.zz"] {
        api.refuse(&format!("action=DomainWhois&domain={domain}"), NOT_SUPPORTED).await;
    }
    assert_eq!(registry.asked(), Vec::<String>::new());
    for (domain, asked) in [
        ("+TAKEN.Rdap+", "rdap taken.rdap"),
        ("B%C3%BCcher.rdap", "rdap xn--bcher-kva.rdap"),
        ("xn--bcher-kva.port", "whois xn--bcher-kva.port"),
        ("taken.co.port", "whois taken.co.port"),
        ("taken.co.zz", "rdap taken.co.zz"),
    ] {
        assert_eq!(api.reply(&format!("action=DomainWhois&domain={domain}")).await["status"], "unavailable");
        assert_eq!(registry.asked(), [asked]);
    }
}

#[tokio::test]
async fn an_answer_is_kept_and_shared() {
    let registry = Registry::start("whois-kept").await;
    let api = TestApi::with_settings(registry.settings()).await;
    let about = async |domain: &str| api.reply(&format!("action=DomainWhois&domain={domain}")).await;
    let ask_together = all((0..5).map(|_| about("hold.rdap")));
    let answer_once = async {
        eventually("the registry is asked", async || registry.asked_count() > 0).await;
        registry.answer(1);
    };
    let (replies, ()) = tokio::join!(ask_together, answer_once);
    assert!(replies.iter().all(|reply| reply["status"] == "unavailable"), "{replies:?}");
    about("HOLD.rdap").await;
    about("b%C3%BCcher.rdap").await;
    about("xn--bcher-kva.rdap").await;
    assert_eq!(registry.asked(), ["rdap hold.rdap", "rdap xn--bcher-kva.rdap"]);
}

#[tokio::test]
async fn a_slow_registry_keeps_nobody_from_the_database() {
    let registry = Registry::start("whois-slow").await;
    let api = TestApi::new().await;
    let mut settings = registry.settings();
    (settings.whois.concurrent, settings.limits.call_seconds) = (1, NEVER_SECONDS);
    // All calls share one connection.
    let one = Hosts::open(vec![api.database.options()], 1).await.unwrap();
    let router = router(Arc::clone(&one), &settings);
    let about = async |domain: &str| post(&router, &format!("{CREDENTIAL}&action=DomainWhois&domain={domain}")).await;
    let slow = about("hold.rdap");
    let others = async {
        eventually("the registry is asked", async || registry.asked_count() > 0).await;
        let (status, body) = post(&router, &format!("{CREDENTIAL}&action=GetCurrencies")).await;
        assert_eq!(status, 200, "{body}");
        let (status, body) = about("taken.rdap").await;
        assert_eq!(status, 503, "no more questions than are allowed: {body}");
        registry.answer(1);
    };
    let ((status, body), ()) = tokio::join!(slow, others);
    assert_eq!(status, 200, "{body}");
    assert_eq!(about("taken.rdap").await.0, 200);
    assert_eq!(registry.asked(), ["rdap hold.rdap", "rdap taken.rdap"]);
}

#[tokio::test]
async fn settings_decide_who_is_asked() {
    let registry = Registry::start("whois-settings").await;
    let compat = Compat { whois_text: WhoisText::Plain, ..Compat::default() };
    let settings = Settings { compat, ..registry.settings() };
    let api = TestApi::with_settings(settings.clone()).await;
    let plain = r#"{"result":"success","status":"available","whois":"Domain not found: free.rdap\n"}"#;
    api.check("action=DomainWhois&domain=free.rdap", plain).await;

    // The lists are read again with the settings.
    registry.serve_by_rdap(&["new"]);
    api.refuse("action=DomainWhois&domain=free.new", NOT_SUPPORTED).await;
    api.api.reload(&settings).unwrap();
    assert_eq!(api.reply("action=DomainWhois&domain=free.new").await["status"], "available");
    api.refuse("action=DomainWhois&domain=free.rdap", NOT_SUPPORTED).await;

    let mut off = settings.clone();
    off.whois.enabled = false;
    api.api.reload(&off).unwrap();
    registry.asked();
    api.refuse("action=DomainWhois&domain=free.new", NOT_SUPPORTED).await;
    api.refuse("action=DomainWhois&domain=-", "Domain not valid").await;
    assert_eq!(registry.asked(), Vec::<String>::new());

    let mut wrong = settings.whois.clone();
    wrong.rdap_file = PathBuf::from("/nowhere/dns.json");
    let error = Whois::new(&wrong).err().unwrap().to_string();
    assert!(error.starts_with("whois.rdap_file: /nowhere/dns.json: No such file"), "{error}");
    wrong = settings.whois.clone();
    wrong.servers_file.clone_from(&wrong.rdap_file);
    let error = Whois::new(&wrong).err().unwrap().to_string();
    assert!(error.contains("whois.servers_file: ") && error.contains("invalid type"), "{error}");
}
