//! FOSSBilling's API.

mod both_ways;
mod document;
mod exchanges;
mod filters;
mod objects;
mod rights;
mod sessions;
mod shop;
mod staff;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::Value;
use sqlx::MySqlPool;
use sqlx::mysql::MySqlPoolOptions;
use tower::ServiceExt;

use crate::support::{Database, Scratch, demo, needs, router};
use whmcs_api::audit;
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::store;

pub const ADMIN: Option<&str> = Some("admin:DemoAdminKey00000000000000000001");
pub const CLIENT: Option<&str> = Some("client:DemoClientKey0000000000000000001");

/// A server on the demo data.
pub struct Desk {
    pub pool: MySqlPool,
    pub database: Database,
    pub hosts: Arc<Hosts>,
    router: Router,
    settings: Settings,
    _folder: Scratch,
}

impl Desk {
    pub async fn open(name: &str) -> Desk {
        Desk::with(name, |_| {}).await
    }

    /// A server with other settings.
    pub async fn with(name: &str, change: impl FnOnce(&mut Settings)) -> Desk {
        let (database, folder, mut settings) = demo(name).await;
        settings.fossbilling = true;
        settings.access.allow = vec!["127.0.0.0/8".parse().unwrap()];
        change(&mut settings);
        let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
        let router = router(Arc::clone(&hosts), &settings);
        let pool = MySqlPoolOptions::new().max_connections(2).connect_with(database.options()).await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        store::fossbilling::keys::keep_secret(&mut connection, [7; 32]).await.unwrap();
        drop(connection);
        Desk { pool, database, hosts, router, settings, _folder: folder }
    }

    /// A browser or another program that keeps cookies.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: BTreeMap::new(), set: Vec::new() }
    }

    /// Another server on the same database.
    pub async fn replica(&self) -> Router {
        let hosts = Hosts::open(vec![self.database.options()], 4).await.unwrap();
        router(hosts, &self.settings)
    }

    /// The audit finds nothing.
    pub async fn books_agree(&self) {
        let mut connection = self.pool.acquire().await.unwrap();
        assert_eq!(audit::run(&mut connection, |_, _| {}).await.unwrap().findings, []);
    }

    pub async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }

    /// Sends a request with this in `Basic`, and returns the status, the headers and the body.
    pub async fn send(&self, method: Method, path: &str, login: Option<&str>, body: &str) -> (u16, HeaderMap, String) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(login) = login {
            request = request.header("authorization", format!("Basic {}", BASE64.encode(login)));
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        needs::check();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, headers, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Posts JSON, and returns the status and the answer.
    pub async fn post(&self, method: &str, login: Option<&str>, parameters: Value) -> (u16, Value) {
        let (status, _, body) =
            self.send(Method::POST, &format!("/api/{method}"), login, &parameters.to_string()).await;
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{method}: {error}: {body}")))
    }

    /// Posts JSON, and returns the result of a call that must succeed.
    #[track_caller]
    pub fn result(&self, method: &str, login: Option<&str>, parameters: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let (status, mut answer) = self.post(method, login, parameters).await;
            assert!(status == 200 && answer["error"].is_null(), "{method} at {caller}: {status} {answer}");
            answer["result"].take()
        }
    }

    /// Posts JSON, and returns number and text of the error.
    pub async fn error(&self, method: &str, login: Option<&str>, parameters: Value) -> String {
        let (_, answer) = self.post(method, login, parameters).await;
        let text = answer["error"]["message"].as_str().unwrap_or_default();
        format!("{} {text}", answer["error"]["code"])
    }

    /// Calls an action of WHMCS's API, which must succeed.
    #[track_caller]
    pub fn whmcs(&self, action: &str, parameters: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let login = format!("{}:{}", whmcs_api::demo::IDENTIFIER, whmcs_api::demo::SECRET);
            let request = Request::post(format!("/v1/{action}"))
                .header("authorization", format!("Basic {}", BASE64.encode(login)))
                .header("content-type", "application/json")
                .body(Body::from(parameters.to_string()));
            let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let reply: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(status, 200, "{action} at {caller}: {reply}");
            reply
        }
    }

    /// Posts JSON as staff with an idempotency key.
    pub async fn post_with_key(&self, method: &str, key: &str, body: &str) -> (u16, String) {
        let request = Request::post(format!("/api/{method}"))
            .header("authorization", format!("Basic {}", BASE64.encode(ADMIN.unwrap())))
            .header("idempotency-key", key)
            .body(Body::from(body.to_owned()));
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

/// A program that keeps cookies, and sends the token against forged requests in a header.
pub struct Browser {
    pub router: Router,
    pub cookies: BTreeMap<String, String>,
    /// The cookies that were set last, with their attributes.
    pub set: Vec<String>,
}

impl Browser {
    /// Sends a request with these headers besides the cookies, and returns the status, and the result or the error.
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/{path}"));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = request.header("cookie", cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        needs::check();
        let status = response.status().as_u16();
        let set = response.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned());
        self.set = set.collect();
        for cookie in &self.set {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        self.cookies.retain(|_, value| !value.is_empty());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        let is_error = answer["error"].is_object();
        (status, answer[if is_error { "error" } else { "result" }].take())
    }

    /// Posts JSON, and returns the result, or the error as an object with its number.
    pub async fn post(&mut self, method: &str, parameters: Value) -> Value {
        let token = self.cookies.get("csrf_token").cloned().unwrap_or_default();
        self.send(Method::POST, method, &[("x-csrf-token", &token)], &parameters.to_string()).await.1
    }

    /// Posts JSON, and returns number and text of the error.
    pub async fn error(&mut self, method: &str, parameters: Value) -> String {
        let error = self.post(method, parameters).await;
        format!("{} {}", error["code"], error["message"].as_str().unwrap_or_default())
    }

    /// Signs a new client up, who is logged in then.
    pub async fn sign_up(&mut self, email: &str) -> Value {
        let new = serde_json::json!({
            "email": email, "first_name": "Ana", "password": "Testing123", "password_confirm": "Testing123", "country": "PT",
        });
        let client = self.post("guest/client/create", new).await;
        assert!(client.is_i64(), "{client}");
        client
    }
}
