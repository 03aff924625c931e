//! Roles: what credentials may call.

use maud::{Markup, html};

use crate::auth::administration::{RoleCommand, RoleRefusal, is_grantable, permissions_of};
use crate::auth::console::Right;
use crate::console::Console;
use crate::console::html::{self, Field};
use crate::console::visit::{Answer, ConsoleError, Result, Visit, refuse};
use crate::store::system::administration::{self, Role};

const LIST: &str = "/console/roles";
/// Length of the columns.
const NAME_CHARS: usize = 255;
const PATTERNS: &str = "Names of actions, separated by blanks: AddCredit; all actions of a group: billing/*; those that only read: \
                        billing/read-only, read-only; all: *. Actions of the settings are granted by their names only.";

pub async fn list(console: &Console, visit: Visit) -> Result {
    let roles = console.api.look(async |db| administration::roles(db).await).await?;
    let may_change = visit.may(Right::Administer);
    let rows = html! {
        @for role in &roles {
            tr {
                th scope="row" { (role.name) }
                td class="wide" { (granted(role)) }
                td class="wide" { (role.description) }
            }
        }
        @if roles.is_empty() { tr { td colspan="3" { "There are no roles." } } }
    };
    let body = html! {
        (html::table("Roles", &["Role", "Permits", "Description"], rows))
        @if may_change { (change(&visit, &roles)) (new(&visit)) }
    };
    Ok(Answer::page("Roles", body))
}

fn granted(role: &Role) -> Markup {
    match permissions_of(role) {
        Ok(permissions) => html! { @for pattern in permissions.granted() { code { (pattern) } " " } },
        Err(refusal) => html! { (words(&refusal)) },
    }
}

fn change(visit: &Visit, roles: &[Role]) -> Markup {
    let field = |hint| Field { name: "patterns", label: "Permissions", value: "", hint };
    html! {
        @for role in roles {
            details {
                summary { "Change " (role.name) }
                (html::form(visit, &format!("{LIST}/{}/grant", role.id), html! {
                    (Field { name: &format!("grant-{}", role.id), label: "Grant", ..field(PATTERNS) })
                    p { button { "Grant" } }
                }))
                (html::form(visit, &format!("{LIST}/{}/revoke", role.id), html! {
                    (Field { name: &format!("revoke-{}", role.id), label: "Revoke", ..field("As they are listed above.") })
                    p { button { "Revoke" } }
                }))
                (html::final_button(visit, &format!("{LIST}/{}/delete", role.id), "Delete", "It cannot be brought back."))
            }
        }
    }
}

fn new(visit: &Visit) -> Markup {
    let body = html! {
        (Field { name: "name", label: "Name", value: visit.form.text("name"), hint: "" })
        (Field { name: "description", label: "Description", value: visit.form.text("description"), hint: "" })
        (Field { name: "patterns", label: "Permissions", value: visit.form.text("patterns"), hint: PATTERNS })
        p { button class="main" { "Create" } }
    };
    html! { section { h2 { "New role" } (html::form(visit, LIST, body)) } }
}

/// Reads the permissions of a form.
fn patterns(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect()
}

/// Rejects permissions that no action fits.
fn check(console: &Console, patterns: &[String]) -> Result<()> {
    let targets = || console.api.catalogue().iter().map(|entry| entry.target());
    match patterns.iter().find(|pattern| !is_grantable(pattern, targets())) {
        Some(pattern) => refuse(format!("No action fits {pattern}.")),
        None => Ok(()),
    }
}

pub async fn create(console: &Console, visit: Visit) -> Result {
    match made(console, &visit).await {
        Err(ConsoleError::Refused(why)) => Ok(html::again("Not done", &why, new(&visit))),
        answer => answer,
    }
}

async fn made(console: &Console, visit: &Visit) -> Result {
    let (name, description) = (visit.form.text("name"), visit.form.text("description"));
    if name.is_empty() || [name, description].iter().any(|text| text.chars().count() > NAME_CHARS) {
        return refuse(
            "The role needs a name, and neither that nor the description may have more than 255 characters.",
        );
    }
    let grants = patterns(visit.form.text("patterns"));
    check(console, &grants)?;
    let command = RoleCommand::Create { name: name.to_owned(), description: description.to_owned(), grants };
    decide(console, visit, command, "The role was created.").await
}

pub async fn grant(console: &Console, visit: Visit) -> Result {
    let id = visit.id(0)?;
    let grants = patterns(visit.form.text(&format!("grant-{id}")));
    if grants.is_empty() {
        return refuse("Name at least one permission.");
    }
    check(console, &grants)?;
    decide(console, &visit, RoleCommand::Grant { id, grants }, "The role was changed.").await
}

pub async fn revoke(console: &Console, visit: Visit) -> Result {
    let id = visit.id(0)?;
    let patterns = patterns(visit.form.text(&format!("revoke-{id}")));
    if patterns.is_empty() {
        return refuse("Name at least one permission.");
    }
    decide(console, &visit, RoleCommand::Revoke { id, patterns }, "The role was changed.").await
}

pub async fn delete(console: &Console, visit: Visit) -> Result {
    visit.check_sure()?;
    decide(console, &visit, RoleCommand::Delete { id: visit.id(0)? }, "The role was deleted.").await
}

async fn decide(console: &Console, visit: &Visit, command: RoleCommand, said: &str) -> Result {
    match console.api.administer_role(visit.sender(), command).await? {
        Ok(()) => Ok(Answer::to(LIST).saying(said)),
        Err(RoleRefusal::NotFound) => Err(ConsoleError::NotFound),
        Err(refusal) => refuse(words(&refusal)),
    }
}

fn words(refusal: &RoleRefusal) -> String {
    match refusal {
        RoleRefusal::NameTaken(role) => format!("There is a role {role}."),
        RoleRefusal::NotFound => "There is no such role.".to_owned(),
        RoleRefusal::Malformed { reason, .. } => format!("The permissions are not a JSON object: {reason}"),
        RoleRefusal::NotGranted { role, pattern, .. } => format!("{role} does not have the permission {pattern}."),
        RoleRefusal::InUse { role, holders } => format!("{role} is used by the credential {}.", holders.join(", ")),
        RoleRefusal::ChangedMeanwhile(role) => format!("{role} was changed meanwhile. Look at it and try again."),
    }
}
