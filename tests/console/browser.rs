//! A browser without scripts: it keeps cookies, sends forms as pages have them, and follows no redirect by itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request};
use tower::ServiceExt;
use whmcs_api::auth::second_factor::SecondFactor;
use whmcs_api::config::Settings;
use whmcs_api::domain::id::AdminId;
use whmcs_api::keyring::Keyring;
use whmcs_api::operations::authentication::console::purpose;

use crate::support::{TestApi, demo_keys, settings_with_keys};

/// The hash of `TestSecret`, a cheap one.
pub const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW/vkqcTxDtiL2vZqJBlmDTLpWcyHoswHviWnNY";
pub const PASSWORD: &str = "TestSecret";
/// The time of the clock in tests, in seconds since 1970.
pub const NOW: i64 = 1_795_177_800;
/// The secret of the second factor of all staff of tests.
const SECRET: &[u8; 20] = b"12345678901234567890";

/// A console with a member of staff for each right: `alice` administers, `oscar` operates, `lara` looks, and `nora` may not use it.
pub async fn console() -> TestApi {
    console_with(|_| {}).await
}

/// The same with other settings.
pub async fn console_with(change: impl FnOnce(&mut Settings)) -> TestApi {
    let mut settings = console_settings();
    change(&mut settings);
    let api = TestApi::with_settings(settings).await;
    api.sql(&format!(
        "INSERT INTO tbladminroles (id, name) VALUES (1, 'Full Administrator'), (2, 'Sales Operator'), (3, 'Support Operator'), \
           (4, 'Nobody'); \
         UPDATE tbladmins SET roleid = 1, passwordhash = '{HASH}' WHERE id IN (1, 3); \
         INSERT INTO tbladmins (id, username, roleid, passwordhash) VALUES \
           (11, 'oscar', 2, '{HASH}'), (12, 'lara', 3, '{HASH}'), (13, 'nora', 4, '{HASH}')"
    ))
    .await;
    for admin in [1, 3, 11, 12, 13] {
        give_factor(&api, admin).await;
    }
    api
}

pub fn console_settings() -> Settings {
    let mut settings = settings_with_keys();
    settings.console.enabled = true;
    settings.console.operate = vec!["sales operator".to_owned()];
    settings.console.look = vec!["3".to_owned(), "7".to_owned()];
    settings
}

/// Stores the second factor of a member of staff.
pub async fn give_factor(api: &TestApi, admin: i64) {
    let sealed = Keyring::load(&demo_keys()).unwrap().seal(&purpose(AdminId(admin)), SECRET).unwrap();
    api.sql(&format!(
        "INSERT INTO mod_whmcs_api_console_factors (id, secret, last_step, created_at) \
         VALUES ({admin}, '{sealed}', 0, '2026-11-01')"
    ))
    .await;
}

/// The code of the second factor at a time in seconds since 1970.
pub fn code(at: i64) -> String {
    code_of(SECRET, at)
}

/// The code of another secret.
pub fn code_of(secret: &[u8], at: i64) -> String {
    let totp = totp_rs::Builder::new().with_secret(secret.to_vec()).build().unwrap();
    let code = totp.generate(u64::try_from(at).unwrap()).to_string();
    assert_eq!(SecondFactor::of(secret.to_vec(), "x").unwrap().step(&code, at), Some(at / 30));
    code
}

/// What a browser got.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The cookies that it sets, with their attributes.
    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect()
    }

    /// The value of the first field with this name.
    pub fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&start).unwrap_or_else(|| panic!("no field {name} in {}", self.body));
        rest.split('"').next().unwrap().to_owned()
    }

    pub fn token(&self) -> String {
        self.field("form_token")
    }

    /// The text without tags, with single blanks.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut rest = self.body.as_str();
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            text.push(' ');
            rest = after.split_once('>').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        text.replace("&quot;", "\"").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn shows(&self, parts: &[&str]) {
        let text = self.text();
        for part in parts {
            assert!(text.contains(part), "{part} is missing in {} {text}", self.status);
        }
    }

    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!((self.status, self.header("location").split('?').next().unwrap()), (303, path), "{}", self.body);
    }
}

pub struct Browser {
    router: Router,
    pub cookies: RefCell<BTreeMap<String, String>>,
    pub address: String,
    /// Sent with each request.
    pub headers: Vec<(String, String)>,
}

impl Browser {
    pub fn new(router: &Router) -> Browser {
        Browser {
            router: router.clone(),
            cookies: RefCell::default(),
            address: "127.0.0.1".to_owned(),
            headers: vec![("user-agent".to_owned(), "Test Browser 1.0".to_owned())],
        }
    }

    /// The same browser at another server.
    pub fn at(&self, router: &Router) -> Browser {
        Browser { cookies: self.cookies.clone(), ..Browser::new(router) }
    }

    /// A browser in which somebody has logged in.
    pub async fn of(api: &TestApi, user_name: &str) -> Browser {
        let browser = Browser::new(&api.router);
        let answer = browser.log_in(api, user_name, PASSWORD).await;
        answer.leads_to("/console");
        browser
    }

    /// Sends the form of a log-in with the code of this moment, as if no code had been used before.
    pub async fn log_in(&self, api: &TestApi, user_name: &str, password: &str) -> Answer {
        api.sql("UPDATE mod_whmcs_api_console_factors SET last_step = 0").await;
        self.try_log_in(user_name, password, &code(NOW)).await
    }

    pub async fn try_log_in(&self, user_name: &str, password: &str, code: &str) -> Answer {
        let page = self.get("/console/login").await;
        let fields = [("user_name", user_name), ("password", password), ("code", code), ("to", "")];
        self.post("/console/login", &page.token(), &fields).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    /// Loads a page, and sends a form to a path with the token of the page's first form.
    pub async fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(page).await;
        self.post(path, &page.token(), fields).await
    }

    pub async fn post(&self, path: &str, token: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("form_token", token)]).collect();
        self.send(Method::POST, path, &serde_urlencoded::to_string(fields).unwrap()).await
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let cookies = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if self.headers.iter().all(|(name, _)| name != "host") {
            request = request.header("host", "[::1]:8080");
        }
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address.parse().unwrap(), 4711)));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        for cookie in answer.cookies() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match cookie.contains("Max-Age=0") {
                true => self.cookies.borrow_mut().remove(name),
                false => self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }
}
