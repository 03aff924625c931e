//! `[console]`: the pages for operators, and who may use them.

use std::fmt;
use std::net::SocketAddr;

use anyhow::bail;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// The longest time for which a session can last, in hours.
const MAX_SESSION_HOURS: u64 = 720;

/// The console. `console = false` in the file of settings stands for `enabled = false`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// Whether the console is served at `/console`: if it is not said, only with the embedded database.
    pub enabled: bool,
    /// The address of a listener of its own. Empty for that of the API.
    pub listen: String,
    /// Whether it is served without TLS to other machines.
    pub plain_http: bool,
    /// Whether nobody can log in without a second factor.
    pub second_factor: bool,
    /// The roles of staff (`tbladminroles`), by name or id, whose members may look at everything and change nothing.
    pub look: Vec<String>,
    /// The roles whose members may also repeat, release and run things.
    pub operate: Vec<String>,
    /// The roles whose members may also decide who may call, and end the sessions of others.
    pub administer: Vec<String>,
    /// After how many minutes without a request a session ends.
    pub idle_minutes: u64,
    /// After how many hours a session ends in any case.
    pub session_hours: u64,
}

impl Default for Console {
    fn default() -> Console {
        Console {
            enabled: false,
            listen: String::new(),
            plain_http: false,
            second_factor: true,
            look: Vec::new(),
            operate: Vec::new(),
            // The role `Full Administrator` of each WHMCS.
            administer: vec!["1".to_owned()],
            idle_minutes: 30,
            session_hours: 12,
        }
    }
}

impl Console {
    /// The address to listen on, if the console has a listener of its own.
    pub fn address(&self) -> Result<Option<SocketAddr>, std::net::AddrParseError> {
        if self.listen.is_empty() { Ok(None) } else { self.listen.parse().map(Some) }
    }

    pub(in crate::config) fn check(&self) -> anyhow::Result<()> {
        if self.address().is_err() {
            bail!("console.listen: must be an address with a port, such as 127.0.0.1:8081, or empty");
        }
        if !(1..=MAX_SESSION_HOURS).contains(&self.session_hours) {
            bail!("console.session_hours: must be from 1 to {MAX_SESSION_HOURS}");
        }
        if !(1..=MAX_SESSION_HOURS * 60).contains(&self.idle_minutes) {
            bail!("console.idle_minutes: must be from 1 to {}", MAX_SESSION_HOURS * 60);
        }
        Ok(())
    }

    /// Writes `console = false` as the table that it stands for, so that every setting has one path.
    pub(in crate::config) fn write_out(settings: &mut Table) {
        if let Some(console) = settings.get_mut("console")
            && let Value::Boolean(enabled) = *console
        {
            *console = Value::Table(Table::from_iter([("enabled".to_owned(), Value::Boolean(enabled))]));
        }
    }

    /// Reads the table, or whether the console is served.
    pub(in crate::config) fn table_or_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Console, D::Error> {
        deserializer.deserialize_any(TableOrFlag)
    }
}

struct TableOrFlag;

impl<'de> Visitor<'de> for TableOrFlag {
    type Value = Console;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a table")
    }

    fn visit_bool<E>(self, enabled: bool) -> Result<Console, E> {
        Ok(Console { enabled, ..Console::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Console, A::Error> {
        Console::deserialize(MapAccessDeserializer::new(map))
    }
}
