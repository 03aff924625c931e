//! The list of routes: each page and each form, with the right that it needs.

use std::pin::Pin;

use axum::http::Method;

use super::Console;
use super::pages::{
    automation, books, calls, credentials, invitations, log_in, outbox, overview, roles, sessions, settings, stories,
};
use super::visit::{Guest, Result, Visit};
use crate::auth::console::Right;

/// The pages that each page leads to, with their titles.
pub const NAVIGATION: &[(&str, &str)] = &[
    ("/console", "Overview"),
    ("/console/credentials", "Credentials"),
    ("/console/roles", "Roles"),
    ("/console/calls", "Calls"),
    ("/console/outbox", "Outbox"),
    ("/console/automation", "Automation"),
    ("/console/books", "Books"),
    ("/console/settings", "Settings"),
    ("/console/sessions", "Sessions"),
];

pub(super) type Answering<'c> = Pin<Box<dyn Future<Output = Result> + Send + 'c>>;

/// What answers, and to whom.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Everybody, logged in or not.
    Everybody(for<'c> fn(&'c Console, Guest) -> Answering<'c>),
    /// Who is logged in and has this right.
    Staff(Right, for<'c> fn(&'c Console, Visit) -> Answering<'c>),
}

/// A page, or what a form does.
pub struct Route {
    /// GET for pages, POST for forms. Only forms change anything.
    pub method: Method,
    /// `{…}` stands for one name.
    pub path: &'static str,
    pub handler: Handler,
}

macro_rules! everybody {
    ($method:ident $path:literal $handler:path) => {
        Route {
            method: Method::$method,
            path: $path,
            handler: Handler::Everybody(|console, guest| Box::pin($handler(console, guest))),
        }
    };
}

macro_rules! staff {
    ($right:ident $method:ident $path:literal $handler:path) => {
        Route {
            method: Method::$method,
            path: $path,
            handler: Handler::Staff(Right::$right, |console, visit| Box::pin($handler(console, visit))),
        }
    };
}

/// All routes.
pub static ROUTES: &[Route] = &[
    everybody!(GET "/console/login" log_in::show),
    everybody!(POST "/console/login" log_in::log_in),
    everybody!(POST "/console/logout" log_in::log_out),
    everybody!(GET "/console/welcome/{token}" invitations::show),
    everybody!(POST "/console/welcome/{token}" invitations::accept),
    staff!(Look GET "/console" overview::show),
    staff!(Look GET "/console/credentials" credentials::list),
    staff!(Administer POST "/console/credentials" credentials::create),
    staff!(Look GET "/console/credentials/{id}" credentials::show),
    staff!(Administer POST "/console/credentials/{id}" credentials::change_credential),
    staff!(Administer POST "/console/credentials/{id}/rotate" credentials::rotate),
    staff!(Administer POST "/console/credentials/{id}/disable" credentials::disable),
    staff!(Administer POST "/console/credentials/{id}/enable" credentials::enable),
    staff!(Administer POST "/console/credentials/{id}/delete" credentials::delete),
    staff!(Look GET "/console/roles" roles::list),
    staff!(Administer POST "/console/roles" roles::create),
    staff!(Administer POST "/console/roles/{id}/grant" roles::grant),
    staff!(Administer POST "/console/roles/{id}/revoke" roles::revoke),
    staff!(Administer POST "/console/roles/{id}/delete" roles::delete),
    staff!(Look GET "/console/calls" calls::list),
    staff!(Look GET "/console/calls/{id}" calls::show),
    staff!(Look GET "/console/outbox" outbox::list),
    staff!(Look GET "/console/outbox/{id}" outbox::show),
    staff!(Operate GET "/console/outbox/{id}/mail" outbox::mail),
    staff!(Operate POST "/console/outbox/{id}/retry" outbox::retry),
    staff!(Operate POST "/console/outbox/{id}/give-up" outbox::give_up),
    staff!(Operate POST "/console/outbox/{id}/resolve" outbox::resolve),
    staff!(Look GET "/console/automation" automation::show),
    staff!(Operate POST "/console/automation/dry-run" automation::dry_run),
    staff!(Look GET "/console/books" books::show),
    staff!(Operate POST "/console/books/audit" books::audit),
    staff!(Look GET "/console/books/clients/{id}" stories::client),
    staff!(Look GET "/console/books/invoices/{id}" stories::invoice),
    staff!(Look GET "/console/settings" settings::show),
    staff!(Look GET "/console/sessions" sessions::list),
    staff!(Look POST "/console/sessions/{id}/end" sessions::end),
];

/// What a path and a method lead to.
pub(super) enum Found {
    Route(&'static Route, Vec<String>),
    /// The path has other methods.
    OtherMethod,
    Nothing,
}

/// Finds the route of a request.
pub(super) fn find(method: &Method, path: &str) -> Found {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let mut found = Found::Nothing;
    for route in ROUTES {
        match parameters(route.path, path) {
            Some(parameters) if route.method == method => return Found::Route(route, parameters),
            Some(_) => found = Found::OtherMethod,
            None => {}
        }
    }
    found
}

/// Returns what stands in place of `{…}` if a path fits a pattern. A trailing slash is ignored.
fn parameters(pattern: &str, path: &str) -> Option<Vec<String>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if pattern.matches('/').count() != path.matches('/').count() {
        return None;
    }
    let mut parameters = Vec::new();
    for (name, sent) in pattern.split('/').zip(path.split('/')) {
        match name.starts_with('{') {
            true if !sent.is_empty() => parameters.push(sent.to_owned()),
            false if name == sent => {}
            _ => return None,
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::PREFIX;

    #[test]
    fn patterns_fit_whole_paths() {
        for (pattern, path, expected) in [
            ("/console", "/console", Some(vec![])),
            ("/console", "/console/", Some(vec![])),
            ("/console/roles/{id}/grant", "/console/roles/7/grant", Some(vec!["7"])),
            ("/console/roles/{id}/grant", "/console/roles//grant", None),
            ("/console/roles/{id}/grant", "/console/roles/7/revoke", None),
            ("/console/roles/{id}", "/console/roles/7/grant", None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(parameters(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn forms_need_more_than_to_look_and_no_route_is_hidden_by_another() {
        for (index, route) in ROUTES.iter().enumerate() {
            if let Handler::Staff(right, _) = route.handler {
                // Everybody can end sessions of their own.
                let is_own = route.path == "/console/sessions/{id}/end";
                assert!(route.method == Method::GET || right > Right::Look || is_own, "{}", route.path);
            }
            let hiding = ROUTES[..index]
                .iter()
                .find(|earlier| earlier.method == route.method && parameters(earlier.path, route.path).is_some());
            assert!(hiding.is_none(), "{} is hidden", route.path);
            assert!(route.path.starts_with(PREFIX));
        }
        for (path, _) in NAVIGATION {
            assert!(matches!(find(&Method::GET, path), Found::Route(..)), "{path}");
        }
    }
}
