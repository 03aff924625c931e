//! Links with which staff set up their log-in: a second factor, and a password where there is none.

use std::fmt::Write;

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use fast_qr::qr::QRBuilder;
use maud::{Markup, html};

use super::log_in::input;
use crate::api::{AcceptedInvitation, NotAccepted, OpenInvitation};
use crate::auth::console::token_hash;
use crate::auth::second_factor::SecondFactor;
use crate::console::cookies::Cookie;
use crate::console::visit::{Answer, ConsoleError, Guest, Result, refuse};
use crate::console::{Console, html};
use crate::error::Error;

/// The shortest new password.
const PASSWORD_CHARS: usize = 12;
const USER_NAME_CHARS: usize = 60;
/// What the first administrator is called, unless they choose another name.
const FIRST_USER_NAME: &str = "admin";

pub async fn show(console: &Console, guest: Guest) -> Result {
    let open = opened(console, &guest).await?;
    let factor = match open.sets_factor {
        true => Some(SecondFactor::random(account(&open, &guest))?),
        false => None,
    };
    page(console, &guest, &open, factor.as_ref(), None)
}

async fn opened(console: &Console, guest: &Guest) -> Result<OpenInvitation> {
    let open = console.api.open_invitation(token(guest), guest.address).await?;
    open.ok_or(ConsoleError::NotFound)
}

fn token(guest: &Guest) -> &str {
    guest.parameters.first().map_or("", String::as_str)
}

fn page(
    console: &Console,
    guest: &Guest,
    open: &OpenInvitation,
    factor: Option<&SecondFactor>,
    problem: Option<&str>,
) -> Result {
    let sealed = factor.map(|factor| sealed(console, guest, factor)).transpose()?;
    let body = html! {
        @if let Some(problem) = problem { p class="problem" role="alert" { (problem) } }
        form method="post" action=(guest.path) {
            (html::token(&guest.forms))
            @match &open.staff {
                Some(staff) => { p { "For " strong { (staff.user_name) } "." } }
                None => {
                    p { "Nobody can log in yet. This makes the first administrator." }
                    @let name = guest.form.text("user_name");
                    (input("user_name", "User name", "text", "username", if name.is_empty() { FIRST_USER_NAME } else { name }))
                }
            }
            @if open.sets_password {
                (input("password", "New password", "password", "new-password", ""))
                (input("again", "The same password again", "password", "new-password", ""))
            } @else {
                (input("password", "Your password", "password", "current-password", ""))
            }
            @if let Some(factor) = factor { (set_up(factor)?) }
            @if let Some(sealed) = &sealed { input type="hidden" name="factor" value=(sealed); }
            @if factor.is_none() {
                p class="problem" { "No second factor can be set up: this server has no key file (keys.file)." }
            }
            p { button class="main" { "Set up and log in" } }
        }
    };
    Ok(Answer::page("Set up your log-in", body))
}

/// The name by which an app knows the second factor.
fn account<'a>(open: &'a OpenInvitation, guest: &'a Guest) -> &'a str {
    let chosen = guest.form.text("user_name");
    let named = if chosen.is_empty() { FIRST_USER_NAME } else { chosen };
    open.staff.as_ref().map_or(named, |staff| &staff.user_name)
}

/// The secret as a code for cameras and as text, and the field for the first code.
fn set_up(factor: &SecondFactor) -> Result<Markup> {
    Ok(html! {
        fieldset {
            legend { "Second factor" }
            p { "Scan this with an app for one-time codes, or type the secret into it." }
            (qr_code(&factor.link()?)?)
            p { "Secret: " code class="secret" { (factor.typed()) } }
            p class="field" {
                label for="code" { "The code that the app shows" }
                input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required;
            }
        }
    })
}

/// Draws a QR code: dark on light in any color scheme, with the margin that cameras need.
fn qr_code(text: &str) -> Result<Markup> {
    let code = QRBuilder::new(text).build();
    let code = code.map_err(|_| Error::Internal("a QR code cannot be made".into()))?;
    let mut path = String::new();
    for row in 0..code.size {
        for (column, module) in code[row].iter().enumerate() {
            if module.value() {
                let _ = write!(path, "M{} {}h1v1h-1z", column + 4, row + 4);
            }
        }
    }
    let side = code.size + 8;
    Ok(html! {
        svg class="qr" role="img" aria-label="QR code of the secret" viewBox=(format!("0 0 {side} {side}")) {
            rect class="light" width=(side) height=(side) {}
            path class="dark" d=(path) {}
        }
    })
}

/// What the secret is sealed for while the form is open, so that nobody can choose one for somebody else.
fn purpose(guest: &Guest) -> String {
    format!("set-up of a second factor {}", BASE64.encode(token_hash(token(guest))))
}

fn sealed(console: &Console, guest: &Guest, factor: &SecondFactor) -> Result<String> {
    let sealed = console.api.config().keyring.seal(&purpose(guest), factor.secret());
    Ok(sealed.map_err(|error| Error::Internal(error.to_string().into()))?)
}

pub async fn accept(console: &Console, guest: Guest) -> Result {
    let open = opened(console, &guest).await?;
    let user_name = guest.form.text("user_name");
    let factor = match guest.form.text("factor") {
        "" => None,
        sealed => {
            let secret = console.api.config().keyring.open(&purpose(&guest), sealed);
            let Ok(secret) = secret else { return refuse("This form is too old. Open the link again.") };
            Some(SecondFactor::of(secret, account(&open, &guest))?)
        }
    };
    let again = |problem| {
        page(console, &guest, &open, factor.as_ref(), Some(problem))
            .map(|answer| answer.with_status(StatusCode::UNPROCESSABLE_ENTITY))
    };
    let password = guest.form.raw("password");
    if open.sets_password && password.chars().count() < PASSWORD_CHARS {
        return again("The password needs at least 12 characters.");
    }
    if open.sets_password && password != guest.form.raw("again") {
        return again("The two passwords differ.");
    }
    if open.staff.is_none() && !(1..=USER_NAME_CHARS).contains(&user_name.chars().count()) {
        return again("The user name needs 1 to 60 characters.");
    }
    let sent = AcceptedInvitation {
        token: token(&guest),
        user_name,
        password,
        factor: factor.as_ref().map(|factor| (factor, guest.form.text("code"))),
        address: guest.address,
        user_agent: &guest.user_agent,
    };
    match console.api.accept_invitation(&sent).await? {
        Ok(token) => Ok(Answer::to("/console").with_cookie(Cookie::Session.set(&token, guest.is_secure))),
        Err(NotAccepted::NotValid) => Err(ConsoleError::NotFound),
        Err(NotAccepted::NameTaken) => again("Somebody has this user name."),
        Err(NotAccepted::WrongPassword) => again("The password is wrong."),
        Err(NotAccepted::WrongCode) => again("The code is wrong. Codes change every half minute."),
        Err(NotAccepted::NotLetIn) => {
            refuse("Your log-in is set up, but your role may not use the console, or it asks for a second factor.")
        }
    }
}
