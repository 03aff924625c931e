//! Examines the WHMCS behind this server: whether it can be reached, and whether it lets this server in.

use std::time::Duration;

use hyper::header::LOCATION;

use super::Finding;
use crate::config;
use crate::upstream::{self, Answer};

/// Time limit of the request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Larger answers to a request without credentials are no errors of WHMCS.
const MAX_BYTES: usize = 64 * 1024;

/// Sends a request without credentials, so that no attempt to log in fails, and returns what keeps calls from being passed.
pub async fn problem(settings: &config::Upstream) -> Option<Finding> {
    if settings.url.is_empty() {
        return None;
    }
    let not_reached = |reason: String| {
        Some(Finding::new("upstream_not_reached", format!("upstream.url cannot be reached: {reason}")))
    };
    let response = match upstream::client(TIMEOUT) {
        Ok(client) => client.get(&settings.url).timeout(TIMEOUT).send().await,
        Err(error) => Err(error),
    };
    let response = match response {
        Ok(response) => response,
        Err(error) => return not_reached(innermost(&error)),
    };
    if response.status().is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let target = location.and_then(|location| response.url().join(location).ok());
        let target = target.map_or_else(String::new, |target| format!(" to {}", upstream::shown(&target)));
        let message =
            format!("upstream.url answers with a redirect{target}, which is not followed: set the final address");
        return Some(Finding::new("upstream_redirect", message));
    }
    match Answer::read_within(response, MAX_BYTES, None).await {
        Ok(answer) => problem_of(&answer),
        Err(error) => not_reached(error.to_string()),
    }
}

fn problem_of(answer: &Answer) -> Option<Finding> {
    if !answer.has_form_of_whmcs() {
        let message = format!(
            "upstream.url answers with HTTP status {}, and not as the API of a WHMCS does: it must be the address of \
             includes/api.php",
            answer.status
        );
        return Some(Finding::new("upstream_not_whmcs", message));
    }
    let text = String::from_utf8_lossy(&answer.body);
    let (_, rest) = text.split_once("Invalid IP")?;
    let address: String =
        rest.trim_start().chars().take_while(|c| c.is_ascii_hexdigit() || ".:".contains(*c)).collect();
    let message = format!(
        "the WHMCS does not let this server in: add {address} to its API IP Access Restriction (General Settings, Security)"
    );
    Some(Finding::new("upstream_address", message))
}

/// Secrets that others can read.
pub fn warning(settings: &config::Upstream) -> Option<Finding> {
    let url: reqwest::Url = settings.url.parse().ok()?;
    let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&url.host_str().unwrap_or_default());
    (url.scheme() == "http" && !is_local).then(|| {
        let message = "upstream.url begins with http://: the secrets of callers are sent unencrypted";
        Finding::new("upstream_in_clear", message.to_owned())
    })
}

/// The reason at the end of a chain of errors, such as `Connection refused`.
fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
