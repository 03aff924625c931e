//! How the URLs of endpoints are shown: they may have a password or a key in them.

use reqwest::Url;
use serde::Serializer;

/// Serializes a URL without what may be secret in it: who logs in, and the values of its query.
pub fn serialize<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&shown(url))
}

fn shown(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let has_login = !url.username().is_empty() || url.password().is_some();
    if has_login {
        // These fail for URLs without a host only, which have no login.
        let _ = url.set_username("***").and_then(|()| url.set_password(None));
    }
    let query = url.query().map(|query| {
        let hidden = query
            .split('&')
            .map(|pair| pair.split_once('=').map_or("***".to_owned(), |(name, _)| format!("{name}=***")));
        hidden.collect::<Vec<_>>().join("&")
    });
    url.set_query(query.as_deref());
    if has_login || query.is_some() { url.to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_hidden() {
        for (url, expected) in [
            ("", ""),
            ("http://modules.example.com/whmcs", "http://modules.example.com/whmcs"),
            ("http://user:SECRET@127.0.0.1:99/x", "http://***@127.0.0.1:99/x"),
            ("https://SECRET@host/", "https://***@host/"),
            ("https://:SECRET@host/", "https://***@host/"),
            ("https://host/x?key=SECRET&other=SECRET", "https://host/x?key=***&other=***"),
            ("https://host/x?SECRET", "https://host/x?***"),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
    }
}
