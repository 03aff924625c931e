//! A stand-in registry for the demo: an RDAP server for the extensions that the demo's shop sells. Registered are the
//! domains of the demo's clients, and those whose first label is `example`. So the demo asks nobody outside.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::CLIENTS;
use crate::fault::{Fault, Result};

const EXTENSIONS: [&str; 5] = ["com", "net", "org", "pt", "example"];
const HEADERS: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/rdap+json")];

/// Starts it on a free port of this machine, and returns the file with the list of servers in which it is the only one. The
/// file is in `folder`, which is created.
pub async fn start(folder: &Path) -> Result<PathBuf> {
    let not_started = |error: std::io::Error| Fault::internal(format!("starting the stand-in registry: {error}"));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(not_started)?;
    let url = format!("http://{}/", listener.local_addr().map_err(not_started)?);
    let file = folder.join("rdap.json");
    std::fs::create_dir_all(folder).map_err(not_started)?;
    // Root may have written the one of an earlier run, for the owner of the folder.
    let _ = std::fs::remove_file(&file);
    std::fs::write(&file, json!({"version": "1.0", "services": [[EXTENSIONS, [url]]]}).to_string())
        .map_err(not_started)?;
    let router = Router::new().fallback(async |uri: Uri| {
        let (status, body) = response(uri.path().trim_start_matches("/domain/"));
        (status, HEADERS, body.to_string())
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(file)
}

fn response(name: &str) -> (StatusCode, Value) {
    // The names of clients' domains are texts in SQL.
    let is_registered = name.starts_with("example.") || name.contains('.') && CLIENTS.contains(&format!("'{name}'"));
    if !is_registered {
        return (StatusCode::NOT_FOUND, json!({"errorCode": 404, "title": "Domain not found"}));
    }
    let domain = json!({
        "objectClassName": "domain",
        "ldhName": name,
        "status": ["client transfer prohibited"],
        "entities": [{
            "objectClassName": "entity",
            "roles": ["registrar"],
            "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Stand-in Registrar"]]],
        }],
        "events": [
            {"eventAction": "registration", "eventDate": "2020-01-20T00:00:00Z"},
            {"eventAction": "expiration", "eventDate": "2030-01-20T00:00:00Z"},
        ],
        "nameservers": [
            {"objectClassName": "nameserver", "ldhName": "ns1.example.net"},
            {"objectClassName": "nameserver", "ldhName": "ns2.example.net"},
        ],
    });
    (StatusCode::OK, domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_of_clients_are_registered() {
        for (name, status) in [
            ("example.com", 200),
            ("carter-roofing.example", 200),
            ("carter-roofing.com", 404),
            ("my-new-shop.com", 404),
            ("", 404),
        ] {
            assert_eq!(response(name).0, status, "{name}");
        }
    }
}
