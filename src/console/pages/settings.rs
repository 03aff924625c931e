//! The settings in force, with secrets hidden as `whmcs-api config` hides them.

use maud::html;

use crate::config::{Shown, is_reloadable};
use crate::console::Console;
use crate::console::html::{self, Mood};
use crate::console::visit::{Answer, Result, Visit};

pub async fn show(console: &Console, visit: Visit) -> Result {
    let shown = console.api.config().settings.shown();
    let only_changed = visit.query.has("changed");
    let listed: Vec<&Shown> = shown.iter().filter(|setting| setting.is_changed || !only_changed).collect();
    let rows = html! {
        @for setting in &listed {
            tr {
                th scope="row" { code { (setting.path) } }
                td class="wide" { code { (setting.value) } }
                td { @if setting.is_changed { (html::badge(Mood::Neutral, "set")) } @else { "default" } }
                td { (if is_reloadable(&setting.path) { "reload" } else { "restart" }) }
            }
        }
    };
    let body = html! {
        p { "Secrets are hidden. What needs no restart changes with " code { "whmcs-api reload" } "." }
        p {
            @if only_changed { a href="/console/settings" { "Show all settings" } }
            @else { a href="/console/settings?changed=1" { "Show only those that differ from the defaults" } }
        }
        (html::table("Settings", &["Setting", "Value", "From", "A change needs"], rows))
    };
    Ok(Answer::page("Settings in force", body))
}
