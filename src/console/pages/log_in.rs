//! Logging in and out.

use maud::{Markup, html};

use crate::api::ConsoleLogIn;
use crate::console::cookies::Cookie;
use crate::console::html;
use crate::console::visit::{Answer, Guest, Result};
use crate::console::{Console, PREFIX};
use axum::http::StatusCode;
use tracing::warn;

/// What is said about each log-in that is refused: nobody learns what was wrong.
const REFUSED: &str = "The user name, the password or the code is wrong, or you may not use the console.";

pub async fn show(console: &Console, guest: Guest) -> Result {
    Ok(page(console, &guest, guest.query.text("to"), None))
}

fn page(console: &Console, guest: &Guest, wanted: &str, problem: Option<&str>) -> Answer {
    let needs_code = console.api.config().settings.console.second_factor;
    let hint: &str = match needs_code {
        true => "From your app. A link to set it up comes from `whmcs-api console invite USERNAME`, on the server.",
        false => "From your app, if you have set one up.",
    };
    let body = html! {
        @if let Some(problem) = problem { p class="problem" role="alert" { (problem) } }
        form method="post" action="/console/login" {
            (html::token(&guest.forms))
            input type="hidden" name="to" value=(local(wanted));
            (input("user_name", "User name", "text", "username", guest.form.raw("user_name")))
            (input("password", "Password", "password", "current-password", ""))
            p class="field" {
                label for="code" { "Code" }
                input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" aria-describedby="code-hint"
                    required[needs_code];
                small id="code-hint" { (hint) }
            }
            p { button class="main" { "Log in" } }
        }
    };
    Answer::page("Log in", body)
}

/// A field of a log-in, with the name by which password managers know it.
pub(super) fn input(name: &str, label: &str, kind: &str, autocomplete: &str, value: &str) -> Markup {
    html! {
        p class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) type=(kind) value=(value) autocomplete=(autocomplete) required;
        }
    }
}

/// A page of the console, to which a log-in leads; the overview for everything else.
fn local(wanted: &str) -> &str {
    let is_inside = wanted.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_inside && is_plain { wanted } else { PREFIX }
}

pub async fn log_in(console: &Console, guest: Guest) -> Result {
    let sent = ConsoleLogIn {
        user_name: guest.form.text("user_name"),
        password: guest.form.raw("password"),
        code: guest.form.text("code"),
        address: guest.address,
        user_agent: &guest.user_agent,
    };
    let wanted = guest.form.text("to");
    Ok(match console.api.log_in_to_console(&sent).await? {
        Some(token) => Answer::to(local(wanted)).with_cookie(Cookie::Session.set(&token, guest.is_secure)),
        None => page(console, &guest, wanted, Some(REFUSED)).with_status(StatusCode::FORBIDDEN),
    })
}

/// Ends the session whose cookie the browser has sent, if there is one.
pub async fn log_out(console: &Console, guest: Guest) -> Result {
    if let Some(session) = console.api.console_session(&guest.session).await? {
        let author = session.author(guest.address);
        if let Err(refusal) = console.api.end_console_session(author, session.row.id, None).await? {
            warn!(?refusal, "a session had ended before it was logged out");
        }
    }
    Ok(Answer::to("/console/login").with_cookie(Cookie::Session.remove(guest.is_secure)))
}
