//! The lists of servers: which registry is asked about which extension.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::Path;

use reqwest::Url;
use serde::Deserialize;

use crate::domain::domain_name::DomainName;
use crate::fault::{Fault, Result};

/// The list of RDAP servers in IANA's format. docs/whois.md says how it is renewed.
const RDAP_SERVERS: &str = include_str!("dns.json");
/// The list of WHOIS servers in the format of WHMCS's `whois.json`.
const WHOIS_SERVERS: &str = include_str!("whois.json");

const DEFAULT_PORT: u16 = 43;
/// Stands for the name in a question.
const PLACEHOLDER: &str = "{domain}";

/// A server of a registry.
#[derive(Debug, Clone)]
pub enum Server<'s> {
    /// The base URL of an RDAP server, which ends with a slash.
    Rdap(&'s Url),
    Port43(&'s Port43),
    Web(&'s Web),
}

impl fmt::Display for Server<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Server::Rdap(url) => write!(f, "{url}"),
            Server::Port43(server) => write!(f, "{}:{}", server.host, server.port),
            Server::Web(server) => write!(f, "{}", server.url),
        }
    }
}

/// A WHOIS server, and how it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port43 {
    pub host: String,
    pub port: u16,
    /// The question, with `{domain}` in place of the name.
    question: String,
    /// A phrase of answers about names that are not registered, [`normalized`].
    pub available: String,
}

impl Port43 {
    pub fn question(&self, name: &DomainName) -> String {
        self.question.replace(PLACEHOLDER, name.ascii())
    }
}

/// A registry that answers with text over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// The URL, to which the name is appended.
    pub url: String,
    /// As of [`Port43`].
    pub available: String,
}

/// RDAP servers by extensions in ASCII, without the leading dot.
pub struct RdapServers(HashMap<String, Url>);

impl RdapServers {
    /// Reads a list from a file, or the one that is compiled in if the path is empty.
    pub fn read(file: &Path) -> Result<RdapServers> {
        let list = match is_named(file) {
            true => text(file, "whois.rdap_file")?,
            false => RDAP_SERVERS.to_owned(),
        };
        RdapServers::parse(&list).map_err(|reason| unreadable("whois.rdap_file", file, &reason))
    }

    /// Parses the format of RFC 9224.
    fn parse(list: &str) -> Result<RdapServers, String> {
        #[derive(Deserialize)]
        struct List {
            services: Vec<(Vec<String>, Vec<String>)>,
        }
        let list: List = serde_json::from_str(list).map_err(|error| error.to_string())?;
        let mut servers = HashMap::new();
        for (extensions, urls) in list.services {
            let url = urls.iter().find(|url| url.starts_with("https:")).or(urls.first());
            let url = url.ok_or_else(|| format!("{extensions:?} has no URL"))?;
            let base = web_url(&format!("{}/", url.trim_end_matches('/')))?;
            servers.extend(extensions.into_iter().map(|extension| (extension.to_lowercase(), base.clone())));
        }
        Ok(RdapServers(servers))
    }

    pub fn has(&self, extension: &str) -> bool {
        self.0.contains_key(extension)
    }

    /// Finds the server for a name, with the extension that it serves.
    pub fn find<'s, 'n>(&'s self, name: &'n DomainName) -> Option<(&'n str, Server<'s>)> {
        name.extensions().find_map(|extension| Some((extension, Server::Rdap(self.0.get(extension)?))))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum WhoisServer {
    Port43(Port43),
    Web(Web),
}

/// WHOIS servers by extensions in ASCII, without the leading dot.
pub struct WhoisServers(HashMap<String, WhoisServer>);

/// An entry of WHMCS's format, which has no `query`.
#[derive(Deserialize)]
struct Entry {
    /// Extensions with their dots, separated by commas.
    extensions: String,
    /// `socket://host`, `socket://host:port`, or the URL of a page to which the name is appended.
    uri: String,
    /// A part of the answer about a name that is not registered.
    available: String,
    /// What is sent in place of the mere name.
    query: Option<String>,
}

impl WhoisServers {
    /// Reads the list that is compiled in, and one from a file that comes before it, unless the path is empty.
    pub fn read(file: &Path) -> Result<WhoisServers> {
        let mut servers = WhoisServers(HashMap::new());
        let compiled_in = servers.add(WHOIS_SERVERS);
        compiled_in.map_err(|reason| unreadable("the list of WHOIS servers", file, &reason))?;
        if is_named(file) {
            let added = servers.add(&text(file, "whois.servers_file")?);
            added.map_err(|reason| unreadable("whois.servers_file", file, &reason))?;
        }
        Ok(servers)
    }

    fn add(&mut self, list: &str) -> Result<(), String> {
        let entries: Vec<Entry> = serde_json::from_str(list).map_err(|error| error.to_string())?;
        for entry in entries {
            let server = entry.server()?;
            let extensions = entry.extensions.split(',').map(|extension| extension.trim().trim_start_matches('.'));
            let named = extensions.filter(|extension| !extension.is_empty());
            self.0.extend(named.map(|extension| (extension.to_lowercase(), server.clone())));
        }
        Ok(())
    }

    pub fn has(&self, extension: &str) -> bool {
        self.0.contains_key(extension)
    }

    /// Whether both extensions have the same server.
    pub fn is_same_server(&self, extension: &str, other: &str) -> bool {
        self.0.get(extension) == self.0.get(other)
    }

    /// Finds the server for a name, with the extension that it serves.
    pub fn find<'s, 'n>(&'s self, name: &'n DomainName) -> Option<(&'n str, Server<'s>)> {
        let (extension, server) = name.extensions().find_map(|extension| Some((extension, self.0.get(extension)?)))?;
        let server = match server {
            WhoisServer::Port43(server) => Server::Port43(server),
            WhoisServer::Web(server) => Server::Web(server),
        };
        Some((extension, server))
    }
}

impl Entry {
    fn server(&self) -> Result<WhoisServer, String> {
        let available = normalized(&self.available);
        if available.is_empty() {
            return Err(format!("{} has no `available`, so no name would ever be free", self.uri));
        }
        let Some(address) = self.uri.strip_prefix("socket://") else {
            web_url(&self.uri)?;
            return Ok(WhoisServer::Web(Web { url: self.uri.clone(), available }));
        };
        let (host, port) = match address.trim_end_matches('/').rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| format!("{} has no port number", self.uri))?),
            None => (address.trim_end_matches('/'), DEFAULT_PORT),
        };
        if host.is_empty() {
            return Err(format!("{} names no server", self.uri));
        }
        let question = self.query.clone().unwrap_or_else(|| PLACEHOLDER.to_owned());
        Ok(WhoisServer::Port43(Port43 { host: host.to_owned(), port, question, available }))
    }
}

/// Returns a text in lower case and with one blank between words, as phrases are compared.
pub fn normalized(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn web_url(text: &str) -> Result<Url, String> {
    let url = text.parse::<Url>().map_err(|error| format!("{text:?} is no URL: {error}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(format!("{text:?} begins neither with https:// nor with http://")),
    }
}

fn is_named(file: &Path) -> bool {
    !file.as_os_str().is_empty()
}

fn text(file: &Path, setting: &str) -> Result<String> {
    fs::read_to_string(file).map_err(|error| unreadable(setting, file, &error.to_string()))
}

fn unreadable(setting: &str, file: &Path, reason: &str) -> Fault {
    Fault::internal(format!("{setting}: {}: {reason}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(found: Option<(&str, Server<'_>)>) -> String {
        found.map_or_else(String::new, |(extension, server)| format!("{extension} {server}"))
    }

    #[test]
    fn the_lists_that_are_compiled_in_can_be_read() {
        let (rdap, whois) = (RdapServers::read(Path::new("")).unwrap(), WhoisServers::read(Path::new("")).unwrap());
        for (name, rdap_server, whois_server) in [
            ("example.com", "com https://rdap.verisign.com/com/v1/", "com whois.verisign-grs.com:43"),
            (
                "example.org",
                "org https://rdap.publicinterestregistry.org/rdap/",
                "org whois.publicinterestregistry.org:43",
            ),
            ("example.co.uk", "uk https://rdap.nominet.uk/uk/", "co.uk whois.nic.uk:43"),
            ("example.uk.com", "com https://rdap.verisign.com/com/v1/", "uk.com whois.centralnic.com:43"),
            ("example.de", "", "de whois.denic.de:43"),
            ("example.test", "", ""),
        ] {
            let name = DomainName::parse(name).unwrap();
            assert_eq!((&*found(rdap.find(&name)), &*found(whois.find(&name))), (rdap_server, whois_server));
        }
        assert!(rdap.0.len() > 1000, "{}", rdap.0.len());
        assert!(rdap.0.values().all(|url| url.scheme() == "https"));
    }

    #[test]
    fn rdap_lists_are_read_as_published() {
        let list = r#"{"description": "RDAP bootstrap file", "publication": "2026-11-20T12:30:00Z", "version": "1.0", "services": [
            [["net", "COM"], ["http://registry.example.com/myrdap/", "https://registry.example.com/myrdap"]],
            [["xn--zckzah"], ["http://example.net/rdap/xn--zckzah/"]]
        ]}"#;
        let servers = RdapServers::parse(list).unwrap();
        for (name, server) in [
            ("a.com", "com https://registry.example.com/myrdap/"),
            ("a.b.net", "net https://registry.example.com/myrdap/"),
            ("例え.テスト", "xn--zckzah http://example.net/rdap/xn--zckzah/"),
            ("a.org", ""),
        ] {
            assert_eq!(found(servers.find(&DomainName::parse(name).unwrap())), server);
        }
        for (list, reason) in [
            ("", "EOF"),
            (r#"{"services": 1}"#, "invalid type"),
            (r#"{"services": [[["com"], []]]}"#, "has no URL"),
            (r#"{"services": [[["com"], ["registry"]]]}"#, "is no URL"),
            (r#"{"services": [[["com"], ["ftp://registry.example"]]]}"#, "begins neither with"),
        ] {
            let error = RdapServers::parse(list).err().unwrap();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn whois_lists_are_those_of_whmcs() {
        let mut servers = WhoisServers(HashMap::new());
        let list = r#"[
            {"extensions": ".com, .NET,", "uri": "socket://whois.example", "available": "No Match"},
            {"extensions": ".jp", "uri": "socket://127.0.0.1:4343", "available": "No match!!", "query": "{domain}/e"},
            {"extensions": ".page", "uri": "https://whois.example/?domain=", "available": "Free"}
        ]"#;
        servers.add(list).unwrap();
        servers.add(r#"[{"extensions": ".net", "uri": "socket://other.example", "available": "free"}]"#).unwrap();
        for (name, server) in [
            ("a.com", "com whois.example:43"),
            ("a.net", "net other.example:43"),
            ("a.jp", "jp 127.0.0.1:4343"),
            ("a.page", "page https://whois.example/?domain="),
            ("a.org", ""),
        ] {
            assert_eq!(found(servers.find(&DomainName::parse(name).unwrap())), server);
        }
        let name = DomainName::parse("a.jp").unwrap();
        let Some((_, Server::Port43(server))) = servers.find(&name) else { panic!("no server") };
        assert_eq!((server.question(&name), &*server.available), ("a.jp/e".to_owned(), "no match!!"));
        for (uri, available, reason) in [
            ("socket://", "free", "names no server"),
            ("socket://whois.example:x", "free", "no port number"),
            ("whois.example", "free", "is no URL"),
            ("socket://whois.example", " ", "no `available`"),
        ] {
            let list = format!(r#"[{{"extensions": ".com", "uri": "{uri}", "available": "{available}"}}]"#);
            let error = servers.add(&list).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
