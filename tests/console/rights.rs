//! What each right allows: every route is tried with each.

use axum::http::Method;
use whmcs_api::auth::console::Right;
use whmcs_api::console::{Handler, NAVIGATION, ROUTES, Route};

use super::browser::{Browser, console};

/// Everybody can end sessions of their own.
const OWN_SESSION: &str = "/console/sessions/{id}/end";

/// A path of a route, with the id of something that there is.
fn path(route: &Route) -> String {
    route.path.replace("{id}", "1").replace("{token}", "unknown")
}

fn forms() -> impl Iterator<Item = (&'static Route, Right)> {
    ROUTES.iter().filter(|route| route.method == Method::POST).filter_map(|route| match route.handler {
        Handler::Staff(right, _) => Some((route, right)),
        Handler::Everybody(_) => None,
    })
}

#[tokio::test]
async fn who_looks_changes_nothing_whatever_they_send() {
    let api = console().await;
    // The session with the id 1 is not hers.
    let _alice = Browser::of(&api, "alice").await;
    let lara = Browser::of(&api, "lara").await;
    let token = lara.get("/console").await.token();
    let before = api.checksums().await;
    for route in ROUTES.iter().filter(|route| route.method == Method::GET) {
        let answer = lara.get(&path(route)).await;
        if matches!(route.handler, Handler::Staff(right, _) if right > Right::Look) {
            assert_eq!(answer.status, 403, "{}", route.path);
            continue;
        }
        assert!(matches!(answer.status, 200 | 404), "{}: {}", route.path, answer.status);
        assert!(answer.status == 200 || route.path.contains('{'), "{}", route.path);
    }
    for (route, right) in forms() {
        if route.path == OWN_SESSION {
            assert_eq!(lara.post(&path(route), &token, &[]).await.status, 404);
            continue;
        }
        assert!(right > Right::Look, "{} changes something", route.path);
        for fields in [&[][..], &[("name", "x"), ("patterns", "*"), ("admin", "1"), ("id", "1")]] {
            let answer = lara.post(&path(route), &token, fields).await;
            assert_eq!(answer.status, 403, "{}", route.path);
            answer.shows(&["which your role does not have"]);
        }
    }
    assert_eq!(api.checksums().await, before);
}

#[tokio::test]
async fn each_form_needs_its_right_and_each_page_a_session() {
    let api = console().await;
    let (oscar, guest) = (Browser::of(&api, "oscar").await, Browser::new(&api.router));
    let token = oscar.get("/console").await.token();
    let before = api.checksums().await;
    for (route, _) in forms().filter(|(_, right)| *right > Right::Operate) {
        assert_eq!(oscar.post(&path(route), &token, &[]).await.status, 403, "{}", route.path);
    }
    for route in ROUTES {
        let Handler::Staff(..) = route.handler else { continue };
        match route.method == Method::GET {
            true => guest.get(&path(route)).await.leads_to("/console/login"),
            false => assert_eq!(guest.post(&path(route), &token, &[]).await.status, 422, "{}", route.path),
        }
    }
    assert_eq!(api.checksums().await, before);
    // Who loses the right loses it with the next request, and so does everybody if the console is turned off.
    assert_eq!(oscar.get("/console").await.status, 200);
    for (path, title) in NAVIGATION {
        oscar.get(path).await.shows(&[title]);
    }
    let mut settings = api.api.config().settings.clone();
    settings.console.operate.clear();
    api.api.reload(&settings).unwrap();
    oscar.get("/console").await.leads_to("/console/login");
    settings.console.enabled = false;
    api.api.reload(&settings).unwrap();
    assert_eq!(guest.get("/console/login").await.status, 404);
    assert_eq!(guest.get("/console/nothing").await.status, 404);
}
