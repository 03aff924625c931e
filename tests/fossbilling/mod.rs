//! FOSSBilling's API.

mod both_ways;
mod document;
mod exchanges;
mod objects;
mod rights;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::Value;
use sqlx::MySqlPool;
use sqlx::mysql::MySqlPoolOptions;
use tower::ServiceExt;

use crate::support::{Database, Scratch, demo, router};
use whmcs_api::config::Settings;
use whmcs_api::database::hosts::Hosts;
use whmcs_api::store;

pub const ADMIN: Option<&str> = Some("admin:DemoAdminKey00000000000000000001");
pub const CLIENT: Option<&str> = Some("client:DemoClientKey0000000000000000001");

/// A server on the demo data.
pub struct Desk {
    pub pool: MySqlPool,
    router: Router,
    _database: Database,
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
        let router = router(hosts, &settings);
        let pool = MySqlPoolOptions::new().max_connections(2).connect_with(database.options()).await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        store::fossbilling::keys::keep_secret(&mut connection, [7; 32]).await.unwrap();
        drop(connection);
        Desk { pool, router, _database: database, _folder: folder }
    }

    /// Sends a request with this in `Basic`, and returns the status, the headers and the body.
    pub async fn send(&self, method: Method, path: &str, login: Option<&str>, body: &str) -> (u16, HeaderMap, String) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(login) = login {
            request = request.header("authorization", format!("Basic {}", BASE64.encode(login)));
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
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
