//! `DomainWhois`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::domains::{EXTENSION_NOT_SUPPORTED, NOT_A_DOMAIN};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::config::WhoisText;
use crate::domain::domain_name::DomainName;
use crate::domain::entities::html_lines;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::domains::availability;
use crate::param::Param;

/// Asks the registry whether a domain name is registered, and returns what it publishes about the name.
///
/// The registry is asked by RDAP, or else by WHOIS on port 43. Its answer is kept for a minute. A reply is never a guess: if
/// no registry gives a clear answer in time, the call fails. That a name is available does not mean that anybody may
/// register it, because registries reserve names and have rules of their own.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DomainWhois {
    /// The name, in Unicode or as `xn--…`, with one label before its extension: `example.co.uk`, and not
    /// `www.example.co.uk`.
    domain: Param<DomainName>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DomainWhoisReply {
    /// `available` or `unavailable`.
    status: &'static str,
    /// What the registry publishes, in lines. As HTML with `<br />` at the end of each line, unless the setting
    /// `compat.whois_text` is `plain`.
    whois: String,
}

impl Action for DomainWhois {
    const NAME: &'static str = "DomainWhois";
    const ACCESS: Access = Access::Read;
    const ASKS_OUTSIDE: bool = true;
    const REQUIRED: &[&str] = &["domain"];
    const EXAMPLE: &'static str = r#"{"domain": "example.com"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOT_A_DOMAIN), Exact(EXTENSION_NOT_SUPPORTED)];
    type Reply = DomainWhoisReply;

    async fn run(self, call: Call<'_>) -> Result<DomainWhoisReply> {
        let name = self.domain.required(NOT_A_DOMAIN)?;
        let form = call.compat.whois_text;
        let answer = availability::look_up(call.context(), &name).await?;
        Ok(DomainWhoisReply {
            status: if answer.is_registered { "unavailable" } else { "available" },
            // No public source tells whether WHMCS escapes what a registry sends. It is escaped here, because pages show it as
            // it is, and everybody can write into some of its fields.
            whois: match form {
                WhoisText::Html => html_lines(&answer.text),
                WhoisText::Plain => answer.text.to_string(),
            },
        })
    }
}
