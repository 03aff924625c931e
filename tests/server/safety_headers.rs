//! The headers that keep replies out of caches and browsers from guessing their type.

use axum::body::Body;
use axum::http::{Request, Response};
use tower::ServiceExt;
use whmcs_api::config::Settings;

use crate::support::{CREDENTIAL, TestApi};

async fn send(api: &TestApi, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
}

/// Every kind of response, of the actions and of what is decided before any action, in all formats.
#[tokio::test]
async fn no_reply_is_cached_or_guessed_at() {
    let mut settings = Settings::default();
    settings.limits.request_bytes = 1000;
    settings.access.failures_per_identifier = 1;
    let api = TestApi::with_settings(settings.clone()).await;
    settings.limits.calls = 0;
    let overloaded = TestApi::with_settings(settings).await;
    let right = format!("{CREDENTIAL}&");
    let wrong = "identifier=x&secret=y&";
    let form = "application/x-www-form-urlencoded";
    for (api, method, path, content_type, body, status) in [
        (&api, "POST", "/includes/api.php", form, format!("{right}action=GetCredits&clientid=1"), 200),
        (&api, "POST", "/includes/api.php", form, format!("{right}action=GetCredits"), 200),
        (&api, "POST", "/includes/api.php", form, format!("{right}action=None"), 200),
        (&api, "POST", "/includes/api.php", form, right.clone(), 400),
        (&api, "POST", "/includes/api.php", form, format!("{wrong}action=GetCredits"), 403),
        (&api, "POST", "/includes/api.php", form, format!("{wrong}action=GetCredits"), 429),
        (&api, "POST", "/includes/api.php", "application/json", "{".to_owned(), 400),
        (&api, "POST", "/includes/api.php", form, "x".repeat(2000), 413),
        (&api, "PUT", "/includes/api.php", form, String::new(), 405),
        (&overloaded, "POST", "/includes/api.php", form, format!("{right}action=GetCredits"), 503),
        (&api, "POST", "/v1/GetCredits", form, format!("{right}clientid=1"), 401),
        (&api, "POST", "/v1/GetCredits", "application/json", "{".to_owned(), 400),
        (&api, "POST", "/v1/GetCredits", form, "x".repeat(2000), 413),
        (&api, "GET", "/v1/GetCredits", form, String::new(), 405),
        (&overloaded, "POST", "/v1/GetCredits", form, String::new(), 503),
        (&api, "POST", "/nothing", form, String::new(), 404),
        (&api, "GET", "/healthz", form, String::new(), 200),
        (&api, "GET", "/readyz", form, String::new(), 200),
        (&api, "POST", "/healthz", form, String::new(), 405),
        (&api, "POST", "/openapi.json", form, String::new(), 405),
    ] {
        for response_type in ["json", "xml", "nvp"] {
            let path = format!("{path}?responsetype={response_type}");
            let response = send(api, method, &path, &[("content-type", content_type)], body.clone()).await;
            let is_guess = status == 403 && response.status() == 429;
            assert!(response.status() == status || is_guess, "{method} {path} {body}: {}", response.status());
            let header = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
            assert_eq!(header("cache-control"), ["no-store"], "{method} {path} {body}");
            assert_eq!(header("x-content-type-options"), ["nosniff"], "{method} {path} {body}");
        }
    }
}
