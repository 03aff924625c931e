//! `whmcs-api actions`: lists the actions.

use clap::{Args, ValueEnum};

use super::{print, table};
use crate::actions::Catalogue;
use crate::config::Settings;
use crate::openapi;

#[derive(Args)]
pub struct Arguments {
    /// "text", or "markdown" for the table in docs/actions.md
    #[arg(long, default_value = "text")]
    format: Format,
    /// Print the names of the actions that WHMCS documents and this program lacks instead; nothing if there are none
    #[arg(long, conflicts_with = "format")]
    missing: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Markdown,
}

pub fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    if arguments.missing {
        let missing = Catalogue::of(settings)?.missing();
        let lines: Vec<&str> = missing.into_iter().flat_map(|name| [name, "\n"]).collect();
        return print(&lines.concat());
    }
    match arguments.format {
        Format::Text => print(&text(&Catalogue::of(settings)?)),
        Format::Markdown => print(&openapi::markdown(&Catalogue::compiled())),
    }
}

fn text(catalogue: &Catalogue) -> String {
    let rows = catalogue.iter().map(|entry| {
        [
            entry.name.to_string(),
            entry.group.to_string(),
            entry.access.to_string(),
            entry.origin().to_owned(),
            openapi::summary(entry).replace('\n', " "),
        ]
    });
    table(["ACTION", "GROUP", "ACCESS", "ORIGIN", "DESCRIPTION"], rows)
}
