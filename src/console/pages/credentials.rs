//! Credentials: who may call, from where, until when, and what.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use maud::{Markup, html};
use sqlx::MySqlConnection;

use crate::auth::administration::{
    Change, Created, CredentialCommand, CredentialRefusal, Rotation, credential, holds, permissions_of,
};
use crate::auth::console::Right;
use crate::console::Console;
use crate::console::html::{self, Field, Mood};
use crate::console::visit::{Answer, ConsoleError, Fields, Result, Visit, refuse};
use crate::domain::time::parse_date;
use crate::network::Network;
use crate::store::system::administration::{self, CredentialRow, Role};

const LIST: &str = "/console/credentials";
/// The most hours for which an old secret is accepted: a month.
const KEPT_HOURS: i64 = 744;
/// Length of the column.
const DESCRIPTION_CHARS: usize = 255;

pub async fn list(console: &Console, visit: Visit) -> Result {
    let (credentials, roles, staff) = console
        .api
        .look(async |db| {
            let credentials = administration::credentials(db).await?;
            Ok((credentials, administration::roles(db).await?, administration::staff(db).await?))
        })
        .await?;
    let shows_deleted = visit.query.has("deleted");
    let listed: Vec<&CredentialRow> = credentials.iter().filter(|row| shows_deleted || !row.is_deleted).collect();
    let rows = html! { @for credential in &listed { (row(credential, &roles, &visit)) } };
    let columns = ["Identifier", "State", "Roles", "Staff", "From", "Limits", "Last used", "Description"];
    let body = html! {
        p {
            @if shows_deleted { a href=(LIST) { "Hide deleted ones" } }
            @else { a href={ (LIST) "?deleted=1" } { "Show deleted ones, too" } }
        }
        (html::table("Credentials", &columns, rows))
        @if visit.may(Right::Administer) { (new(&visit, &Values::default(), &roles, &staff)) }
    };
    Ok(Answer::page("Credentials", body))
}

fn row(credential: &CredentialRow, roles: &[Role], visit: &Visit) -> Markup {
    let allowed = &credential.allowed_addresses;
    html! {
        tr {
            th scope="row" {
                @if credential.is_deleted { code { (credential.identifier) } }
                @else { a href={ (LIST) "/" (credential.id) } { code { (credential.identifier) } } }
            }
            td { (state(credential, visit)) }
            td { (credential.role_names(roles).join(", ")) }
            td { (credential.admin) }
            td { (if allowed.is_empty() { "anywhere" } else { allowed }) }
            td { (credential.limits()) }
            td { (last_used(visit, credential)) }
            td class="wide" { (credential.description) }
        }
    }
}

fn state(credential: &CredentialRow, visit: &Visit) -> Markup {
    let state = credential.state(visit.now.utc());
    let mood = match state {
        "active" => Mood::Good,
        "rotating" => Mood::Warning,
        _ => Mood::Bad,
    };
    html::badge(mood, state)
}

fn new(visit: &Visit, values: &Values, roles: &[Role], staff: &[(i64, String)]) -> Markup {
    let owner = visit.form.text("admin").parse().unwrap_or(visit.person.id.0);
    let body = html! {
        p class="field" {
            label for="admin" { "Belongs to" }
            select id="admin" name="admin" {
                @for (id, name) in staff { option value=(id) selected[*id == owner] { (name) } }
            }
        }
        (fields(values, roles))
        p { button class="main" { "Create" } }
    };
    html! {
        section {
            h2 { "New credential" }
            (html::form(visit, LIST, body))
        }
    }
}

/// What the fields of a form have.
#[derive(Default)]
struct Values {
    /// The ids of the roles.
    roles: Vec<String>,
    allowed: String,
    expires: String,
    per_minute: String,
    per_day: String,
    description: String,
    /// Empty for a new credential.
    version: String,
}

impl Values {
    fn of(credential: &CredentialRow, roles: &[Role]) -> Values {
        let limit = |limit: Option<u32>| limit.map(|calls| calls.to_string()).unwrap_or_default();
        let held = roles.iter().filter(|role| holds(credential, role.id));
        let expires = credential.expires_at.map(|end| end.format("%Y-%m-%d %H:%M").to_string());
        Values {
            roles: held.map(|role| role.id.to_string()).collect(),
            allowed: credential.allowed_addresses.clone(),
            expires: expires.unwrap_or_default(),
            per_minute: limit(credential.per_minute),
            per_day: limit(credential.per_day),
            description: credential.description.clone(),
            version: credential.version(),
        }
    }

    fn sent(form: &Fields) -> Values {
        let text = |name: &str| form.text(name).to_owned();
        Values {
            roles: form.all("role").map(str::to_owned).collect(),
            allowed: text("allowed"),
            expires: text("expires"),
            per_minute: text("per_minute"),
            per_day: text("per_day"),
            description: text("description"),
            version: text("version"),
        }
    }
}

/// The fields of what can be changed.
fn fields(values: &Values, roles: &[Role]) -> Markup {
    let has = |role: &Role| values.roles.contains(&role.id.to_string());
    html! {
        input type="hidden" name="version" value=(values.version);
        fieldset {
            legend { "Roles" }
            @for role in roles {
                label class="choice" {
                    input type="checkbox" name="role" value=(role.id) checked[has(role)];
                    " " (role.name)
                }
            }
            @if roles.is_empty() { p { "There are none yet. Without a role, a credential may call nothing." } }
        }
        (Field {
            name: "allowed", label: "Allowed addresses",
            value: &values.allowed,
            hint: "Addresses or networks, separated by blanks, such as 198.51.100.7 10.0.0.0/8. Empty for anywhere.",
        })
        (Field {
            name: "expires", label: "Expires (UTC)", value: &values.expires,
            hint: "A day, or a day and a time, such as 2027-01-31 18:00. Empty for never.",
        })
        (Field {
            name: "per_minute", label: "Calls a minute",
            value: &values.per_minute,
            hint: "Empty for that of the settings, 0 for no limit.",
        })
        (Field {
            name: "per_day", label: "Calls a day",
            value: &values.per_day,
            hint: "Empty for that of the settings, 0 for no limit.",
        })
        (Field {
            name: "description", label: "Description", value: &values.description, hint: "",
        })
    }
}

fn last_used(visit: &Visit, credential: &CredentialRow) -> Markup {
    credential.last_used().map_or_else(|| html! { "never" }, |time| html::utc_time(visit, time))
}

pub async fn show(console: &Console, visit: Visit) -> Result {
    let id = visit.id(0)?;
    let (found, roles) =
        console.api.look(async |db| Ok((credential(db, id).await?, administration::roles(db).await?))).await?;
    let found = found.ok_or(ConsoleError::NotFound)?;
    let path = format!("{LIST}/{id}");
    let body = html! {
        (html::pairs(&[
            ("State", state(&found, &visit)),
            ("Belongs to", html! { (if found.admin.is_empty() { "nobody who is not disabled" } else { &found.admin }) }),
            ("Roles", html! { (found.role_names(&roles).join(", ")) }),
            ("Allowed addresses", html! { (if found.allowed_addresses.is_empty() { "anywhere" } else { &found.allowed_addresses }) }),
            ("Expires", moment(&visit, found.expires_at, "never")),
            ("Old secret accepted until", moment(&visit, found.previous_until, "–")),
            ("Limits", html! { (found.limits()) }),
            ("Last used", last_used(&visit, &found)),
            ("Description", html! { (found.description) }),
        ]))
        (may_call(console, &visit, &path, &found, &roles))
        @if visit.may(Right::Administer) { (decisions(&visit, &path, &found, &roles)) }
    };
    Ok(Answer::page(format!("Credential {}", found.identifier), body))
}

fn moment(visit: &Visit, time: Option<NaiveDateTime>, otherwise: &str) -> Markup {
    time.map_or_else(|| html! { (otherwise) }, |time| html::time(visit, time))
}

/// Answers whether the credential may call an action.
fn may_call(console: &Console, visit: &Visit, path: &str, credential: &CredentialRow, roles: &[Role]) -> Markup {
    let asked = visit.query.text("action");
    html! {
        section {
            h2 { "May it call …?" }
            form method="get" action=(path) {
                p class="field" {
                    label for="action" { "Action" }
                    input id="action" name="action" value=(asked) list="actions" autocomplete="off" required;
                    datalist id="actions" {
                        @for entry in console.api.catalogue().iter() { option value=(entry.name) {} }
                    }
                }
                p { button { "Ask" } }
            }
            @if !asked.is_empty() { p role="status" { (judgment(console, visit, asked, credential, roles)) } }
        }
    }
}

fn judgment(console: &Console, visit: &Visit, asked: &str, credential: &CredentialRow, roles: &[Role]) -> Markup {
    let Some(entry) = console.api.catalogue().find(asked) else {
        return html! { (html::badge(Mood::Warning, "unknown")) " There is no action " code { (asked) } "." };
    };
    let permits = |role: &&Role| permissions_of(role).is_ok_and(|permissions| permissions.permits(entry.target()));
    let granting: Vec<&str> =
        roles.iter().filter(|role| holds(credential, role.id)).filter(permits).map(|role| role.name.as_str()).collect();
    let state = credential.state(visit.now.utc());
    let is_usable = matches!(state, "active" | "rotating");
    html! {
        @if granting.is_empty() {
            (html::badge(Mood::Bad, "no")) " None of its roles permits " code { (entry.name) } "."
        } @else if !is_usable {
            (html::badge(Mood::Bad, "no")) " The credential is " (state) ", although its roles permit " code { (entry.name) } "."
        } @else {
            (html::badge(Mood::Good, "yes")) " " code { (entry.name) } " is permitted by the role " (granting.join(", ")) "."
            " A call can still be rejected for the address that it comes from"
            @if !credential.allowed_addresses.is_empty() { " (this credential's, and " code { "access.allow" } ")" } @else { " (" code { "access.allow" } ")" }
            ", by rate limits, and, if an agent makes it, by what agents may do with this credential."
        }
    }
}

fn decisions(visit: &Visit, path: &str, credential: &CredentialRow, roles: &[Role]) -> Markup {
    let rotation = html! {
        (Field {
            name: "keep_hours", label: "Accept the old secret for so many hours", value: "24",
            hint: "At most a month (744). 0 rejects it at once, which needs the box below.",
        })
        (html::sure_if_needed("Whoever still has the old secret is rejected at once."))
        p { button { "Make a new secret" } }
    };
    let (switch, label) = if credential.is_disabled { ("enable", "Enable") } else { ("disable", "Disable") };
    html! {
        section {
            h2 { "Change" }
            (change_form(visit, path, &Values::of(credential, roles), roles))
        }
        section {
            h2 { "Rotate the secret" }
            (html::form(visit, &format!("{path}/rotate"), rotation))
        }
        section {
            h2 { "Disable or delete" }
            (html::button(visit, &format!("{path}/{switch}"), label))
            (html::final_button(visit, &format!("{path}/delete"), "Delete", "Its callers are rejected for good."))
        }
    }
}

fn change_form(visit: &Visit, path: &str, values: &Values, roles: &[Role]) -> Markup {
    html::form(visit, path, html! { (fields(values, roles)) p { button class="main" { "Save" } } })
}

/// Reads what a form changes.
fn change(form: &Fields) -> Result<Change> {
    let ids: Option<BTreeSet<i64>> = form.all("role").map(|id| id.parse().ok()).collect();
    let allowed: std::result::Result<Vec<Network>, _> =
        form.text("allowed").split([' ', ',']).filter(|network| !network.is_empty()).map(str::parse).collect();
    let allowed = match allowed {
        Ok(allowed) => allowed,
        Err(error) => return refuse(error.to_string()),
    };
    let description = form.text("description");
    if description.chars().count() > DESCRIPTION_CHARS {
        return refuse("The description has more than 255 characters.");
    }
    Ok(Change {
        roles: Some(
            ids.ok_or_else(|| ConsoleError::Refused("There is no such role.".to_owned()))?.into_iter().collect(),
        ),
        allowed: Some(allowed),
        expires_at: Some(expiry(form.text("expires"))?),
        per_minute: Some(calls(form.text("per_minute"))?),
        per_day: Some(calls(form.text("per_day"))?),
        description: Some(description.to_owned()),
        ..Change::default()
    })
}

fn expiry(text: &str) -> Result<Option<NaiveDateTime>> {
    if text.is_empty() {
        return Ok(None);
    }
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let time =
        NaiveTime::parse_from_str(time, "%H:%M").ok().or_else(|| NaiveTime::parse_from_str(time, "%H:%M:%S").ok());
    match parse_date(day).zip(time) {
        Some((day, time)) => Ok(Some(day.and_time(time))),
        None => refuse("The expiry must be a day such as 2027-01-31, or a day and a time such as 2027-01-31 18:00."),
    }
}

fn calls(text: &str) -> Result<Option<u32>> {
    match text {
        "" => Ok(None),
        // The column's largest number.
        text => match text.parse() {
            Ok(calls @ 0..=0x7fff_ffff) => Ok(Some(calls)),
            _ => refuse("A number of calls must be from 0 to 2147483647."),
        },
    }
}

pub async fn create(console: &Console, visit: Visit) -> Result {
    match made(console, &visit).await {
        Err(ConsoleError::Refused(why)) => {
            let (roles, staff) = console
                .api
                .look(async |db| Ok((administration::roles(db).await?, administration::staff(db).await?)))
                .await?;
            Ok(html::again("Not done", &why, new(&visit, &Values::sent(&visit.form), &roles, &staff)))
        }
        answer => answer,
    }
}

async fn made(console: &Console, visit: &Visit) -> Result {
    let Ok(admin) = visit.form.text("admin").parse() else { return refuse("There is no such member of staff.") };
    let command = CredentialCommand::Create { admin, change: change(&visit.form)? };
    match decide(console, visit, command).await? {
        Some(created) => Ok(secret_page("The new credential", &created)),
        None => Err(ConsoleError::NotFound),
    }
}

pub async fn change_credential(console: &Console, visit: Visit) -> Result {
    match changed(console, &visit).await {
        Err(ConsoleError::Refused(why)) => change_again(console, &visit, &why).await,
        answer => answer,
    }
}

async fn changed(console: &Console, visit: &Visit) -> Result {
    let id = visit.id(0)?;
    let version = Some(visit.form.text("version").to_owned());
    let change = Change { version, ..change(&visit.form)? };
    decide(console, visit, CredentialCommand::Change { id, change }).await?;
    Ok(Answer::to(format!("{LIST}/{id}")).saying("The credential was changed."))
}

/// The form that was refused, with what was sent; with what is stored if that is newer.
async fn change_again(console: &Console, visit: &Visit, why: &str) -> Result {
    let id = visit.id(0)?;
    let read = async |db: &mut MySqlConnection| Ok((credential(db, id).await?, administration::roles(db).await?));
    let (found, roles) = console.api.look(read).await?;
    let stored = Values::of(&found.ok_or(ConsoleError::NotFound)?, &roles);
    let sent = Values::sent(&visit.form);
    let values = if stored.version == sent.version { sent } else { stored };
    Ok(html::again("Not done", why, change_form(visit, &format!("{LIST}/{id}"), &values, &roles)))
}

pub async fn rotate(console: &Console, visit: Visit) -> Result {
    let hours = match visit.form.text("keep_hours") {
        "" => 0,
        text => match text.parse() {
            Ok(hours @ 0..=KEPT_HOURS) => hours,
            _ => return refuse("The number of hours must be from 0 to 744."),
        },
    };
    if hours == 0 {
        visit.check_sure()?;
    }
    let previous_until = (hours > 0).then(|| visit.now.utc() + TimeDelta::hours(hours));
    let command = CredentialCommand::Rotate { id: visit.id(0)?, rotation: Rotation { previous_until } };
    match decide(console, &visit, command).await? {
        Some(created) => Ok(secret_page("The new secret", &created)),
        None => Err(ConsoleError::NotFound),
    }
}

pub async fn disable(console: &Console, visit: Visit) -> Result {
    switch(console, visit, true).await
}

pub async fn enable(console: &Console, visit: Visit) -> Result {
    switch(console, visit, false).await
}

async fn switch(console: &Console, visit: Visit, disables: bool) -> Result {
    let id = visit.id(0)?;
    decide(console, &visit, CredentialCommand::Disable { id, disables }).await?;
    let said = if disables { "The credential is disabled." } else { "The credential is enabled." };
    Ok(Answer::to(format!("{LIST}/{id}")).saying(said))
}

pub async fn delete(console: &Console, visit: Visit) -> Result {
    visit.check_sure()?;
    decide(console, &visit, CredentialCommand::Delete { id: visit.id(0)? }).await?;
    Ok(Answer::to(LIST).saying("The credential was deleted."))
}

async fn decide(console: &Console, visit: &Visit, command: CredentialCommand) -> Result<Option<Created>> {
    match console.api.administer_credential(visit.sender(), command).await? {
        Ok(created) => Ok(created),
        Err(CredentialRefusal::NotFound) => Err(ConsoleError::NotFound),
        Err(CredentialRefusal::RoleNotFound) => refuse("There is no such role."),
        Err(CredentialRefusal::ChangedMeanwhile) => {
            refuse("Somebody has changed this credential meanwhile. Nothing was changed now: this is how it is.")
        }
        Err(CredentialRefusal::StaffNotFound) => refuse("There is no such member of staff, or they are disabled."),
    }
}

/// Shows a secret, once: only its hash is stored.
fn secret_page(title: &str, created: &Created) -> Answer {
    let body = html! {
        p class="notice" { "Copy the secret now: only a hash of it is stored, so it cannot be shown again." }
        (html::pairs(&[
            ("Identifier", html! { code class="secret" { (created.identifier) } }),
            ("Secret", html! { code class="secret" { (created.secret) } }),
        ]))
        p { a href={ (LIST) "/" (created.id) } { "To the credential" } }
    };
    Answer::page(title, body)
}
