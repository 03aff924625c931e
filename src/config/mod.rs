//! Settings: the defaults, then a TOML file, then the environment, then the command line.

mod database_url;
mod load;
mod watching;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use crate::network::Network;

pub use database_url::DatabaseUrl;
pub use load::PREFIX;
pub use watching::{LogFormat, Metrics, Traces};

/// Every setting with its default. `config.example.toml` explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub time_zone: chrono_tz::Tz,
    pub log: String,
    pub log_format: LogFormat,
    /// How often the books are audited; 0 for never.
    pub audit_hours: u64,
    /// Whether nothing is written to the database, by whomever.
    pub read_only: bool,
    /// Whether `/`, `/docs` and `/openapi.json` are answered.
    pub docs: bool,
    /// How long calls are still accepted after `/readyz` has begun to say no.
    pub drain_seconds: u64,
    pub database: Database,
    pub access: Access,
    pub api_log: ApiLog,
    pub attachments: Attachments,
    pub mail: Mail,
    pub limits: Limits,
    pub metrics: Metrics,
    pub traces: Traces,
    pub module_queue: ModuleQueue,
    /// The endpoints of provisioning modules, by the names that products have for them.
    pub modules: BTreeMap<String, Module>,
    pub compat: Compat,
}

/// Where a provisioning module is asked.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Begins with `http://` or `https://`.
    pub url: String,
    /// What questions are signed with.
    pub secret: Secret,
    #[serde(default = "Module::timeout_seconds")]
    pub timeout_seconds: u64,
}

impl Module {
    fn timeout_seconds() -> u64 {
        60
    }
}

/// How often a module is asked again that failed.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModuleQueue {
    /// How often it is asked in all.
    pub attempts: u32,
    /// After how many minutes; after each further failure twice as many.
    pub retry_minutes: u32,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Empty for the embedded database.
    pub url: DatabaseUrl,
    /// Where actions that only read may do so. Empty for none.
    pub replica_url: DatabaseUrl,
    pub connections: u32,
}

/// Who may call at all.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// May call, beside the addresses of WHMCS's own list.
    pub allow: Vec<Network>,
    /// May say in `proxy_header` for whom they call.
    pub trusted_proxies: Vec<Network>,
    pub proxy_header: String,
    /// Sent as `accesskey`, it lets a caller in from any address. Empty for none.
    pub access_key: Secret,
    /// Whether staff may call with their own name and password.
    pub admin_login: bool,
    /// What staff's role must have in `tbladminperms` to call, or 0 for nothing.
    pub admin_permission: i64,
    /// What the role of a credential's owner must have there, or 0 for nothing.
    pub owner_permission: i64,
    pub failures_per_address: u32,
    pub failures_per_identifier: u32,
    pub failure_minutes: u64,
}

/// What is kept in `tblapilog`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiLog {
    pub calls: LoggedCalls,
    /// How much is kept of a request and of its reply, each.
    pub bytes: usize,
    /// 0 to keep them for ever.
    pub keep_days: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoggedCalls {
    #[default]
    All,
    /// Those that were answered with an error.
    Errors,
    Off,
}

/// The files that come with tickets.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attachments {
    /// Empty for the folder `attachments` in the data directory.
    pub dir: PathBuf,
    /// How large a file may be.
    pub file_bytes: usize,
    /// How the names of files may end.
    pub extensions: Vec<String>,
}

/// How mail is sent.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Empty where none is sent from here.
    pub smtp_host: String,
    pub smtp_port: u16,
    pub smtp_encryption: Encryption,
    /// Empty where the mail server asks for none.
    pub smtp_username: String,
    pub smtp_password: Secret,
    /// Empty for the company's.
    pub from_name: String,
    /// Empty for the company's.
    pub from_address: String,
    /// How often a mail is tried before it is given up.
    pub attempts: u32,
    /// How long the mail server may take until a mail can be handed to it.
    pub connect_seconds: u64,
    /// How long it may take to accept one.
    pub accept_seconds: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    None,
    /// It begins in the clear, and goes on with TLS or not at all.
    #[default]
    StartTls,
    Tls,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub request_bytes: usize,
    pub header_seconds: u64,
    pub body_seconds: u64,
    pub reply_seconds: u64,
    pub call_seconds: u64,
    /// How many calls are worked on at a time.
    pub calls: usize,
    pub connections: usize,
    pub connections_per_address: usize,
}

/// Where WHMCS, or what its community built on it, leaves two readings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compat {
    pub default_format: DefaultFormat,
    pub slashes: Slashes,
    /// What XML replies tell as the version.
    pub xml_version: String,
    pub unknown_action_status: UnknownActionStatus,
    pub products_active: ProductsShape,
    pub product_url: ProductUrl,
    pub credits_order: CreditsOrder,
    /// Whether the tax of the second level is a tax on that of the first, too.
    pub tax_compound: bool,
    /// Whether taxes are rounded for each line of an invoice, instead of once.
    pub tax_per_line: bool,
    pub duplicate_transid: DuplicateTransid,
    pub entities: Entities,
}

impl Default for Compat {
    fn default() -> Compat {
        Compat {
            default_format: DefaultFormat::default(),
            slashes: Slashes::default(),
            xml_version: "8.13.1".to_owned(),
            unknown_action_status: UnknownActionStatus::default(),
            products_active: ProductsShape::default(),
            product_url: ProductUrl::default(),
            credits_order: CreditsOrder::default(),
            tax_compound: false,
            tax_per_line: false,
            duplicate_transid: DuplicateTransid::default(),
            entities: Entities::default(),
        }
    }
}

/// How a reply is written when the request does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultFormat {
    /// NVP where it is flat, XML where it is nested.
    #[default]
    ByShape,
    Nvp,
    Xml,
    Json,
}

/// How JSON replies write a slash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Slashes {
    #[default]
    Plain,
    /// With a backslash before it.
    Escaped,
}

/// The HTTP status of a reply that says that there is no such action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum UnknownActionStatus {
    #[default]
    #[serde(rename = "200")]
    Ok,
    #[serde(rename = "403")]
    Forbidden,
}

impl UnknownActionStatus {
    pub fn code(self) -> u16 {
        match self {
            UnknownActionStatus::Ok => 200,
            UnknownActionStatus::Forbidden => 403,
        }
    }
}

/// The key of a product's address, which the documentation spells in two ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductUrl {
    /// `product_url`
    #[default]
    Underscore,
    /// `product-url`
    Hyphen,
}

/// The shape of `products` in the reply of GetProductsActive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProductsShape {
    /// `{"product":[…]}`, as documented and as in GetProducts.
    #[default]
    Wrapped,
    /// `[…]`, as the original script returns it.
    Flat,
}

/// The order of the entries in the reply of GetCredits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditsOrder {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// When a payment of an invoice is refused because the gateway's id for it is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateTransid {
    /// Of the same invoice through the same gateway.
    #[default]
    Invoice,
    /// Of any invoice through the same gateway.
    Gateway,
    /// Never: it is booked again.
    Accept,
}

/// How texts that are sent are stored. They are told as they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Entities {
    /// As they are sent.
    #[default]
    Plain,
    /// With HTML entities in place of what is markup to HTML.
    Encoded,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("./data"),
            time_zone: chrono_tz::Tz::UTC,
            log: "info".to_owned(),
            log_format: LogFormat::default(),
            audit_hours: 0,
            read_only: false,
            docs: true,
            drain_seconds: 5,
            database: Database::default(),
            access: Access::default(),
            api_log: ApiLog::default(),
            attachments: Attachments::default(),
            mail: Mail::default(),
            limits: Limits::default(),
            metrics: Metrics::default(),
            traces: Traces::default(),
            module_queue: ModuleQueue::default(),
            modules: BTreeMap::new(),
            compat: Compat::default(),
        }
    }
}

impl Settings {
    /// What is kept of calls, which where nothing is written is nothing.
    pub fn api_log(&self) -> ApiLog {
        let calls = if self.read_only { LoggedCalls::Off } else { self.api_log.calls };
        ApiLog { calls, ..self.api_log.clone() }
    }

    /// How attachments are kept, with the folder that they are really in.
    pub fn attachments(&self) -> Attachments {
        let is_named = !self.attachments.dir.as_os_str().is_empty();
        let dir = if is_named { self.attachments.dir.clone() } else { self.data_dir.join("attachments") };
        Attachments { dir, ..self.attachments.clone() }
    }
}

impl Default for Database {
    fn default() -> Database {
        Database { url: DatabaseUrl::default(), replica_url: DatabaseUrl::default(), connections: 20 }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            request_bytes: 1 << 20,
            header_seconds: 10,
            body_seconds: 15,
            reply_seconds: 30,
            call_seconds: 20,
            calls: 512,
            connections: 2048,
            connections_per_address: 512,
        }
    }
}

impl Default for Access {
    fn default() -> Access {
        Access {
            allow: Network::LOOPBACK.to_vec(),
            trusted_proxies: Vec::new(),
            proxy_header: "X-Forwarded-For".to_owned(),
            access_key: Secret(String::new()),
            admin_login: false,
            admin_permission: 81,
            owner_permission: 0,
            failures_per_address: 100,
            failures_per_identifier: 10,
            failure_minutes: 5,
        }
    }
}

impl Default for ModuleQueue {
    fn default() -> ModuleQueue {
        ModuleQueue { attempts: 5, retry_minutes: 5 }
    }
}

impl Default for ApiLog {
    fn default() -> ApiLog {
        ApiLog { calls: LoggedCalls::default(), bytes: 8192, keep_days: 30 }
    }
}

impl Default for Attachments {
    fn default() -> Attachments {
        let extensions = [".jpg", ".gif", ".jpeg", ".png", ".txt", ".pdf"];
        Attachments {
            dir: PathBuf::new(),
            file_bytes: 10 << 20,
            extensions: extensions.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Default for Mail {
    fn default() -> Mail {
        Mail {
            smtp_host: String::new(),
            smtp_port: 587,
            smtp_encryption: Encryption::default(),
            smtp_username: String::new(),
            smtp_password: Secret(String::new()),
            from_name: String::new(),
            from_address: String::new(),
            attempts: 12,
            connect_seconds: 30,
            accept_seconds: 300,
        }
    }
}

/// A text that is shown to nobody.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "" } else { "***" })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}
