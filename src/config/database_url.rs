//! The URL of a database.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use sqlx::mysql::MySqlConnectOptions;

/// A `mysql://` URL, which may contain a password: `Display` and `Debug` leave it out.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(pub(super) String);

impl DatabaseUrl {
    /// The whole URL, or `None` for the embedded database.
    pub fn reveal(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }

    /// Connection options for each host of the URL (`host:port`, separated by commas), in the order of preference.
    /// Empty for the embedded database.
    pub fn servers(&self) -> Result<Vec<MySqlConnectOptions>, sqlx::Error> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let login = &self.0[..self.0.find('?').unwrap_or(self.0.len())];
        let start = login.rfind('@').map(|at| at + 1).or(self.0.find("://").map(|at| at + 3)).unwrap_or_default();
        let end = self.0[start..].find(['/', '?']).map_or(self.0.len(), |at| start + at);
        let hosts = self.0[start..end].split(',');
        let server = |host: &str| {
            let url = format!("{}{}{}", &self.0[..start], host.trim(), &self.0[end..]);
            let options: MySqlConnectOptions = url.parse()?;
            // sqlx cannot connect to an IPv6 address in the brackets of a URL.
            let bare = options.get_host().trim_matches(['[', ']']).to_owned();
            Ok(options.host(&bare))
        };
        hosts.map(server).collect()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The user name ends at the first colon after the scheme, the password at the last at sign.
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        match rest.rsplit_once('@').and_then(|(login, place)| Some((login.split_once(':')?.0, place))) {
            Some((user, place)) => write!(f, "{scheme}://{user}:***@{place}"),
            None => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
