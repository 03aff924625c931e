//! `[sso]`: where single sign-on leads, and who vouches for it.

use anyhow::bail;
use serde::{Deserialize, Serialize};

use super::Secret;

/// What the portal's URL has in place of the signed statement.
const TOKEN: &str = "{token}";
/// A key of this length cannot be guessed, even by those who have a statement.
const MIN_SECRET_BYTES: usize = 32;
/// WHMCS documents that tokens are valid for a minute at most.
const MAX_SECONDS: i64 = 60;

/// Single sign-on of clients at the operator's portal (CreateSsoToken).
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sso {
    pub mode: SsoMode,
    /// The page of the operator that logs clients in, with `{token}`. Empty for none.
    pub portal_url: String,
    /// The key that signs statements for the portal.
    pub secret: Secret,
    /// Where browsers reach `/oauth/singlesignon.php` of this server. Empty for below `SystemURL`.
    pub redeem_url: String,
    /// How many seconds a token is valid, and a statement.
    pub ttl: i64,
}

/// Who gives tokens for single sign-on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SsoMode {
    /// This server, for the operator's portal.
    #[default]
    Own,
    /// Nobody.
    Off,
}

impl Default for Sso {
    fn default() -> Sso {
        Sso {
            mode: SsoMode::Own,
            portal_url: String::new(),
            secret: Secret::default(),
            redeem_url: String::new(),
            ttl: MAX_SECONDS,
        }
    }
}

impl Sso {
    /// The address at which a token is redeemed, or `None` if browsers know none. `system_url` ends with a slash or is empty.
    pub fn redeem_link(&self, system_url: &str, token: &str) -> Option<String> {
        match (&*self.redeem_url, system_url) {
            ("", "") => None,
            ("", system_url) => Some(format!("{system_url}oauth/singlesignon.php?access_token={token}")),
            (url, _) => Some(format!("{url}?access_token={token}")),
        }
    }

    /// The address of the portal with a signed statement.
    pub fn portal_link(&self, statement: &str) -> String {
        self.portal_url.replace(TOKEN, statement)
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let is_url = |url: &str| url.starts_with("http://") || url.starts_with("https://");
        let is_complete = is_url(&self.portal_url) && self.portal_url.contains(TOKEN);
        if !self.portal_url.is_empty() && !is_complete {
            bail!(
                "sso.portal_url: must be a URL with {TOKEN}, such as https://my.example.com/sso?token={TOKEN}, or empty"
            );
        }
        if !self.portal_url.is_empty() && self.secret.0.len() < MIN_SECRET_BYTES {
            bail!("sso.secret: must have at least {MIN_SECRET_BYTES} characters, because sso.portal_url is set");
        }
        if !self.redeem_url.is_empty() && (!is_url(&self.redeem_url) || self.redeem_url.contains(['?', '#'])) {
            bail!(
                "sso.redeem_url: must be a URL without `?` and `#`, such as https://api.example.com/oauth/singlesignon.php"
            );
        }
        if !(1..=MAX_SECONDS).contains(&self.ttl) {
            bail!("sso.ttl: must be from 1 to {MAX_SECONDS}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sso(portal_url: &str, secret: &str, redeem_url: &str, ttl: i64) -> Sso {
        let secret = Secret(secret.to_owned());
        Sso { portal_url: portal_url.to_owned(), secret, redeem_url: redeem_url.to_owned(), ttl, ..Sso::default() }
    }

    #[test]
    fn links_lead_to_this_server_and_to_the_portal() {
        let default = Sso::default();
        let link = default.redeem_link("https://www.example.com/whmcs/", "abc");
        assert_eq!(link.unwrap(), "https://www.example.com/whmcs/oauth/singlesignon.php?access_token=abc");
        assert_eq!(default.redeem_link("", "abc"), None);
        let own = sso("https://my.example.com/#t={token}", "", "https://api.example.com/oauth/singlesignon.php", 60);
        let link = own.redeem_link("https://www.example.com/whmcs/", "abc");
        assert_eq!(link.unwrap(), "https://api.example.com/oauth/singlesignon.php?access_token=abc");
        assert_eq!(own.portal_link("a.b.c"), "https://my.example.com/#t=a.b.c");
    }

    #[test]
    fn what_would_not_work_is_rejected() {
        let key = "0123456789abcdef0123456789abcdef";
        for (settings, setting) in [
            (sso("", "", "", 60), ""),
            (sso("https://x.example/{token}", key, "https://x.example/oauth/singlesignon.php", 1), ""),
            (sso("https://x.example/", key, "", 60), "sso.portal_url"),
            (sso("javascript:{token}", key, "", 60), "sso.portal_url"),
            (sso("https://x.example/{token}", &key[1..], "", 60), "sso.secret"),
            (sso("", "", "x.example", 60), "sso.redeem_url"),
            (sso("", "", "https://x.example/?a=1", 60), "sso.redeem_url"),
            (sso("", "", "", 61), "sso.ttl"),
            (sso("", "", "", 0), "sso.ttl"),
        ] {
            let error = settings.check().err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.starts_with(setting) && error.is_empty() == setting.is_empty(), "{error}");
        }
    }
}
