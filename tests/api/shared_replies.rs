//! Replies from memory: who gets them, when they are confirmed, and what is recorded.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use sqlx::Row;
use tower::ServiceExt;
use whmcs_api::actions::{ActionEntry, CATALOGUE};
use whmcs_api::config::{Amounts, Compat, LoggedCalls, ProductUrl, Settings};
use whmcs_api::database::fingerprint::FingerprintQuery;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::wire::Parameters;

use crate::actions::CALLS;
use crate::actions::orders::get_products::with_products;
use crate::support::{CREDENTIAL, Gate, NOW, ends, eventually, post, post_from, replica, router, serve};

pub fn without_memory() -> Settings {
    let mut settings = Settings::default();
    settings.limits.reply_cache_bytes = 0;
    settings
}

fn query(entry: &ActionEntry, parameters: &Parameters) -> Option<FingerprintQuery> {
    let now = Clock::fixed(parse_date_time(NOW).unwrap()).now();
    entry.fingerprint(parameters, &Compat::default(), now).unwrap()
}

/// The actions whose replies are kept.
pub fn kept_actions() -> Vec<&'static str> {
    CATALOGUE.iter().filter(|entry| entry.has_fingerprint()).map(|entry| &*entry.name).collect()
}

/// A reply must depend on nothing but the rows and the values of the fingerprint's query.
#[test]
fn each_parameter_is_part_of_the_query() {
    for name in kept_actions() {
        let entry = CATALOGUE.iter().find(|entry| entry.name == name).unwrap();
        let (_, calls) = CALLS.iter().find(|(action, _)| *action == name).unwrap();
        let query_without = |without: &str| {
            let pairs =
                calls.every_parameter.split('&').skip(1).filter(|pair| !pair.starts_with(&format!("{without}=")));
            let mut parameters = Parameters::default();
            let values = pairs.filter_map(|pair| pair.split_once('='));
            parameters.values.extend(values.map(|(name, value)| (name.to_owned(), value.into())));
            query(entry, &parameters)
        };
        for parameter in calls.every_parameter.split('&').skip(1).filter_map(|pair| pair.split('=').next()) {
            assert!(query_without(parameter) != query_without(""), "{name}: {parameter}");
        }
    }
}

/// The setting decides whether `1.0` is a number of a group.
#[tokio::test]
async fn parameters_mean_the_same_for_the_fingerprint() {
    let api = with_products().await;
    for amounts in [Amounts::Rounded, Amounts::Strict] {
        let (_hosts, router) = replica(&api.database, Compat { amounts, ..Compat::default() }).await;
        let mut settings = without_memory();
        settings.compat.amounts = amounts;
        let (_hosts, fresh) = serve(api.database.options(), settings).await;
        for gid in ["1.0", "1", "1.0", "1e0", "x", "-1"] {
            let request = format!("{CREDENTIAL}&action=GetProductsGroups&gid={gid}");
            assert_eq!(post(&router, &request).await, post(&fresh, &request).await, "{amounts:?}, {gid}");
        }
    }
}

#[tokio::test]
async fn an_answer_from_memory_takes_two_statements() {
    let api = with_products().await;
    for request in ["action=GetProducts", "action=GetProductsActive&pid=1", "action=GetProductsGroups"] {
        let statements = api.statements_with(Settings::default(), request).await;
        assert_eq!(statements, 2, "{request}: of the credential and of the fingerprint");
    }
}

/// What is written through one server is seen through the other at once.
#[tokio::test]
async fn two_servers_on_one_database_agree() {
    let api = with_products().await;
    let (_hosts, other) = serve(api.database.options(), Settings::default()).await;
    for round in 0..10 {
        let name = format!("{CREDENTIAL}&action=AddProduct&name=Round{round}&gid=1");
        let (writing, reading) = if round % 2 == 0 { (&api.router, &other) } else { (&other, &api.router) };
        let (_, added) = post(writing, &name).await;
        let id = &serde_json::from_str::<Value>(&added).unwrap()["pid"];
        for request in ["action=GetProducts", "action=GetProductsActive", "action=GetProducts&gid=1"] {
            let request = format!("{CREDENTIAL}&{request}");
            let read = [post(reading, &request).await.1, post(writing, &request).await.1];
            assert!(
                read[0].contains(&format!("\"pid\":{id},")) && read[0] == read[1],
                "{round}, {request}: {}",
                read[0]
            );
        }
    }
}

/// A call that comes while another one's fingerprint is under way waits for the next one, and shares it with all that have
/// come until then.
#[tokio::test]
async fn a_fingerprint_that_began_before_a_call_does_not_serve_it() {
    let api = with_products().await;
    let gate = Gate::start("gate", api.database.options(), "GROUP_CONCAT(SHA2(");
    let hosts = Hosts::open(vec![gate.options(api.database.options())], 10).await.unwrap();
    let mut settings = Settings::default();
    // Its statements would be counted, too.
    settings.api_log.calls = LoggedCalls::Off;
    let router = router(hosts, &settings);
    let request = format!("{CREDENTIAL}&action=GetProductsActive");
    let send = || {
        let (router, request) = (router.clone(), request.clone());
        tokio::spawn(async move { post(&router, &request).await.1 })
    };
    let name = |body: &str| serde_json::from_str::<Value>(body).unwrap()["products"]["product"][1]["name"].clone();
    assert_eq!(name(&send().await.unwrap()), "Best Hosting Plan");

    let (marked, others) = (gate.marked(), gate.others());
    gate.close();
    let first = send();
    eventually("the database has computed a fingerprint", async || gate.marked() == marked + 1).await;
    api.sql("UPDATE tblproducts SET name = 'Changed' WHERE id = 1").await;
    let mut later = Vec::new();
    for number in 1..=3 {
        later.push(send());
        // One after the other, because calls that come at the same time share the look-up of the credential.
        eventually("the later call has come", async || gate.others() > others + number).await;
    }
    gate.open();
    assert_eq!(name(&ends("the first call", first).await.unwrap()), "Best Hosting Plan", "as when it came");
    for call in later {
        assert_eq!(name(&ends("a later call", call).await.unwrap()), "Changed");
    }
    // The later calls together have computed one before and one in the snapshot in which they have read the rows.
    assert_eq!(gate.marked() - marked, 3);
}

async fn get(router: &Router, action: &str, etags: &[&str]) -> (u16, Option<String>, String) {
    let mut request = Request::post(format!("/v1/{action}"))
        .header("authorization", "Bearer TestIdentifier:TestSecret")
        .header("content-type", "application/json");
    for etag in etags {
        request = request.header("if-none-match", *etag);
    }
    let response = router.clone().oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    assert_eq!(headers.contains_key("content-type"), status != 304);
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let etag = headers.get("etag").map(|etag| etag.to_str().unwrap().to_owned());
    (status, etag, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_client_that_has_the_reply_gets_no_other() {
    let api = with_products().await;
    let (_hosts, other) = serve(api.database.options(), Settings::default()).await;
    let (_other_hosts, differing) =
        replica(&api.database, Compat { product_url: ProductUrl::Hyphen, ..Compat::default() }).await;
    for action in kept_actions() {
        let (status, etag, body) = get(&api.router, action, &[]).await;
        let etag = etag.unwrap();
        assert!(status == 200 && etag.len() == 34 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        let (weak, among_others) = (format!("W/{etag}"), format!("\"x\", {etag}"));
        // The other server has not made the reply yet.
        for router in [&other, &api.router] {
            for sent in [vec![&*etag], vec![&weak], vec![&among_others], vec!["*"], vec!["\"x\"", &etag]] {
                assert_eq!(get(router, action, &sent).await, (304, Some(etag.clone()), String::new()), "{sent:?}");
            }
            for sent in [vec![], vec!["\"x\""], vec![""], vec![etag.trim_matches('"')]] {
                assert_eq!(get(router, action, &sent).await, (200, Some(etag.clone()), body.clone()), "{sent:?}");
            }
        }
        assert_ne!(get(&differing, action, &[&etag]).await.1.unwrap(), etag, "other settings");
        api.sql(
            "UPDATE tblproductgroups SET name = CONCAT(name, '!'), slug = CONCAT(slug, '-x'); \
             UPDATE tblcurrencies SET prefix = CONCAT(prefix, '!')",
        )
        .await;
        let (status, changed, _) = get(&api.router, action, &[&etag]).await;
        assert!(status == 200 && changed.unwrap() != etag, "{action}");
    }
    assert_eq!(get(&api.router, "GetCurrencies", &["*"]).await.0, 200);
    assert_eq!(get(&api.router, "GetCurrencies", &["*"]).await.1, None);
    let classic =
        post_from(&api.router, "127.0.0.1", &[("if-none-match", "*")], &format!("{CREDENTIAL}&action=GetProducts"))
            .await;
    assert_eq!(classic.0, 200, "WHMCS knows no entity tags");
    api.eventually("response_status, response", "tblapilog WHERE response_status = 304 LIMIT 1", &["304 | "]).await;
}

/// The record of a call does not tell from where its reply came, and has no secret of its caller.
#[tokio::test]
async fn the_log_has_the_same_records() {
    let api = with_products().await;
    api.sql("UPDATE tblproducts SET name = 'The name OtherSecret' WHERE id = 1").await;
    for format in ["json", "xml"] {
        for secret in ["Harmless", "The name OtherSecret"] {
            for _ in 0..2 {
                let request = format!("{CREDENTIAL}&action=GetProducts&pid=1&password2={secret}&responsetype={format}");
                let (status, body) = post_from(&api.router, "127.0.0.1", &[], &request).await;
                assert!(status == 200 && body.contains("OtherSecret"), "{body}");
            }
        }
    }
    let records = "tblapilog WHERE action = 'GetProducts' ORDER BY id";
    eventually("all calls are recorded", async || api.rows("response", records).await.len() == 8).await;
    let records = api.rows("request, response, response_status, level", records).await;
    for (number, pair) in records.chunks(2).enumerate() {
        assert_eq!(pair[0], pair[1], "made anew, and from memory");
        assert_eq!(pair[0].contains("OtherSecret"), number % 2 == 0, "{}", pair[0]);
    }
}

#[tokio::test]
async fn what_is_kept_is_answered_to_those_who_may_call_only() {
    let api = with_products().await;
    let send = async || post(&api.router, &format!("{CREDENTIAL}&action=GetProducts")).await.0;
    assert_eq!((send().await, send().await), (200, 200));
    api.sql("UPDATE tblapi_roles SET permissions = '{\"getcredits\":1}'").await;
    assert_eq!(send().await, 403);
}

/// Without memory, nothing is asked but the rows; and a reply that does not fit is not asked for again.
#[tokio::test]
async fn memory_can_be_limited() {
    let api = with_products().await;
    let products: Vec<String> = (100..160).map(|id| format!("({id}, 'other', 1, 'P{id}', 'recurring')")).collect();
    api.sql(&format!("INSERT INTO tblproducts (id, type, gid, name, paytype) VALUES {}", products.join(", "))).await;
    for (bytes, has_etag) in [(0, [false; 2]), (10_000, [false; 2]), (1 << 20, [true; 2])] {
        let mut settings = Settings::default();
        settings.limits.reply_cache_bytes = bytes;
        let (_hosts, router) = serve(api.database.options(), settings).await;
        let replies = [get(&router, "GetProducts", &[]).await, get(&router, "GetProducts", &[]).await];
        assert_eq!(replies.clone().map(|(_, etag, _)| etag.is_some()), has_etag, "{bytes}");
        assert_eq!(replies[0].2, replies[1].2);
        assert_eq!(serde_json::from_str::<Value>(&replies[0].2).unwrap()["totalresults"], json!(64));
    }
}

/// The fingerprint needs space for a digest of each row. A session that has less cuts what is longer.
#[tokio::test]
async fn a_fingerprint_that_was_cut_is_none() {
    let api = with_products().await;
    let entry = CATALOGUE.iter().find(|entry| entry.name == "GetProducts").unwrap();
    let query = query(entry, &Parameters::default()).unwrap();
    let mut connection = api.hosts.acquire().await.unwrap().connection;
    assert!(query.read(&mut connection).await.unwrap().is_some());
    sqlx::raw_sql("SET SESSION group_concat_max_len = 200").execute(&mut *connection).await.unwrap();
    assert!(query.read(&mut connection).await.unwrap().is_none());
    let row = sqlx::raw_sql("SELECT @@SESSION.group_concat_max_len").fetch_one(&mut *connection).await.unwrap();
    assert_eq!(row.get::<u64, _>(0), 200);
}

/// A transaction in progress, as any other reason why there is no snapshot, makes replies ones that are not kept.
#[tokio::test]
async fn without_a_snapshot_a_reply_is_made_but_not_kept() {
    let api = with_products().await;
    let hosts = Hosts::open(vec![api.database.options()], 1).await.unwrap();
    let router = router(Arc::clone(&hosts), &Settings::default());
    let mut connection = hosts.acquire().await.unwrap().connection;
    // Unknown to the pool, so the statement that finds the credential begins a transaction.
    sqlx::raw_sql("SET autocommit = 0").execute(&mut *connection).await.unwrap();
    connection.release_clean();
    for attempt in 1..3 {
        let (status, etag, body) = get(&router, "GetProducts", &[]).await;
        assert_eq!((status, etag), (200, None), "{attempt}");
        assert!(serde_json::from_str::<Value>(&body).unwrap()["totalresults"].as_u64() > Some(0), "{attempt}");
    }
}
