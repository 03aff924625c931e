//! `[users]`, `[bans]`, `[mail_tickets]` and `[notifications]`.

use anyhow::bail;
use serde::{Deserialize, Serialize};

use super::documents::link;
use super::{Endpoint, Secret};

/// What the URLs in mails to users have in place of the token.
const TOKEN: &str = "{token}";
/// WHMCS's own pages, below its `SystemURL`. No public document names them, so the settings can name others.
const RESET_PAGE: &str = "index.php?rp=/password/reset/use/key/{token}";
const INVITE_PAGE: &str = "index.php?rp=/invite/{token}";

/// The pages to which mails to users lead.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Users {
    /// Where users choose a new password, with `{token}`. Empty for WHMCS's own page.
    pub reset_url: String,
    /// Where invitations are accepted, with `{token}`. Empty for WHMCS's own page.
    pub invite_url: String,
}

impl Users {
    /// The address at which a user chooses a new password; empty if there is none. `system_url` ends with a slash or is empty.
    pub fn reset_link(&self, system_url: &str, token: &str) -> String {
        link(&self.reset_url, system_url, RESET_PAGE, &[(TOKEN, token)])
    }

    /// The address at which an invitation is accepted; empty if there is none.
    pub fn invite_link(&self, system_url: &str, token: &str) -> String {
        link(&self.invite_url, system_url, INVITE_PAGE, &[(TOKEN, token)])
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (path, url) in [("users.reset_url", &self.reset_url), ("users.invite_url", &self.invite_url)] {
            let is_url = url.starts_with("http://") || url.starts_with("https://");
            let is_complete = is_url && url.contains(TOKEN);
            if !url.is_empty() && !is_complete {
                bail!(
                    "{path}: must be a URL with {TOKEN}, such as https://my.example.com/reset?token={TOKEN}, or empty"
                );
            }
        }
        Ok(())
    }
}

/// Bans of network addresses.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bans {
    /// How long a ban lasts if the call names no end.
    pub default_days: u32,
    /// Whether calls from banned addresses are rejected.
    pub apply_to_api: bool,
}

impl Default for Bans {
    fn default() -> Bans {
        Bans { default_days: 30, apply_to_api: false }
    }
}

/// Mails that become tickets (`whmcs-api mail receive`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailTickets {
    /// How many mails of a sender become part of tickets within an hour.
    pub per_hour: u32,
    /// The largest mail.
    pub max_bytes: u64,
}

impl Default for MailTickets {
    fn default() -> MailTickets {
        MailTickets { per_hour: 30, max_bytes: 32 << 20 }
    }
}

/// An HTTP endpoint that gets notifications.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// Begins with `http://` or `https://`. Whoever knows the URL of a chat can write there, so it is a secret.
    pub url: Secret,
    #[serde(default)]
    pub format: NotificationFormat,
    /// The key that signs requests. Empty for none, which only a chat can do without.
    #[serde(default)]
    pub secret: Secret,
    #[serde(default = "Notification::timeout_seconds")]
    pub timeout_seconds: u64,
    /// The identifiers of the notifications that it gets; an asterisk at the end stands for anything. Empty for all.
    #[serde(default)]
    pub identifiers: Vec<String>,
}

/// The form of the body of a notification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NotificationFormat {
    /// A JSON object of our own.
    #[default]
    Json,
    /// The JSON that Slack, Mattermost, Rocket.Chat and others take.
    Slack,
}

impl Notification {
    fn timeout_seconds() -> u64 {
        10
    }

    /// Where and how requests are sent.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { url: self.url.0.clone(), secret: self.secret.clone(), timeout_seconds: self.timeout_seconds }
    }

    /// Whether it gets notifications with this identifier.
    pub fn wants(&self, identifier: &str) -> bool {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => identifier.starts_with(beginning),
            None => identifier == pattern,
        };
        self.identifiers.is_empty() || self.identifiers.iter().any(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_operators_pages_or_to_those_of_whmcs() {
        let users = Users { reset_url: String::new(), invite_url: "https://my.example.com/?t={token}".to_owned() };
        let reset = users.reset_link("https://www.example.com/whmcs/", "abc");
        assert_eq!(reset, "https://www.example.com/whmcs/index.php?rp=/password/reset/use/key/abc");
        let invite = users.invite_link("https://www.example.com/whmcs/", "abc");
        assert_eq!(invite, "https://my.example.com/?t=abc");
        assert_eq!((users.reset_link("", "abc"), users.invite_link("", "abc")), (String::new(), invite));
    }

    #[test]
    fn an_endpoint_gets_the_notifications_that_it_names() {
        let mut notification = Notification {
            url: Secret("https://chat.example.com/".to_owned()),
            format: NotificationFormat::Slack,
            secret: Secret::default(),
            timeout_seconds: 10,
            identifiers: Vec::new(),
        };
        assert!(notification.wants("custom.server.add"));
        notification.identifiers = vec!["custom.*".to_owned(), "billing.paid".to_owned()];
        for (identifier, wants) in [
            ("custom.server.add", true),
            ("custom.", true),
            ("custom", false),
            ("billing.paid", true),
            ("billing.paid2", false),
        ] {
            assert_eq!(notification.wants(identifier), wants, "{identifier}");
        }
    }
}
