//! Settings, from the defaults, then a TOML file, then the environment, then the command line.
//!
//! Apart from the file of settings, nothing is opened here: listeners, connections and folders are opened by those who use
//! them.

mod actions;
mod affiliates;
mod automation;
mod compat;
mod database_url;
mod documents;
mod endpoint_url;
mod gateways;
mod keys;
mod load;
mod monitoring;
mod people;
mod registrars;
mod reload;
mod sso;
mod surfaces;
mod tls;
mod upstream;
mod whois;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};
use sqlx::mysql::MySqlConnectOptions;

use crate::network::Network;

pub use actions::{Action, ActionAccess, ActionParameter, ParameterKind, is_name};
pub use affiliates::{Affiliates, Amount, Percentage};
pub use automation::{Automation, AutomationRun, Date, MonthEnd};
pub use compat::{
    AcceptQuoteTwice, Amounts, Compat, CreditsOrder, DefaultCancellation, DefaultFormat, DomainGroupColumn,
    DuplicateTransid, Entities, FossBillingMoney, FreeOrders, OtherDepartments, PriceColumn, ProductUrl, ProductsShape,
    RenewalDueDate, Slashes, ToDoWrapper, UnknownActionStatus, UnknownDomainStatus, UpgradeDays, UserPermissionsForm,
    WhoisText,
};
pub use database_url::DatabaseUrl;
pub use documents::{DOCUMENT_LANGUAGES, Invoices, Links, NumberReset, Numbering, Paper, Pdf};
pub use gateways::{CheckedOrders, Gateway, Orders};
pub use keys::{Crypto, Keys, PasswordStorage};
pub use load::PREFIX;
pub use monitoring::{LogFormat, Metrics, Traces};
pub use people::{Bans, MailTickets, Notification, NotificationFormat, Users};
pub use registrars::Registrar;
pub use reload::{Changes, Loaded, RELOADABLE, Shown, Source, is_reloadable};
pub use sso::{Sso, SsoMode};
pub use surfaces::{Console, FossBillingLimits, Webhooks};
pub use tls::Tls;
pub use upstream::Upstream;
pub use whois::Whois;

/// All settings with their defaults. `config.example.toml` explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Settings {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub time_zone: chrono_tz::Tz,
    pub log: String,
    pub log_format: LogFormat,
    /// Interval of audits; 0 for never.
    pub audit_hours: u64,
    /// Whether the server rejects every write and writes nothing itself.
    pub read_only: bool,
    /// Whether `/`, `/docs` and `/openapi.json` are served.
    pub docs: bool,
    /// Whether agents are served at `/mcp`.
    pub mcp: bool,
    /// Whether FOSSBilling's API is served at `/api/`, besides WHMCS's.
    pub fossbilling: bool,
    pub fossbilling_limits: FossBillingLimits,
    /// How long calls are still accepted after `/readyz` has begun to respond with 503.
    pub drain_seconds: u64,
    #[serde(deserialize_with = "Console::table_or_flag")]
    pub console: Console,
    pub tls: Tls,
    pub database: Database,
    pub keys: Keys,
    pub crypto: Crypto,
    pub access: Access,
    pub api_log: ApiLog,
    pub attachments: Attachments,
    pub mail: Mail,
    pub limits: Limits,
    pub metrics: Metrics,
    pub traces: Traces,
    pub module_queue: ModuleQueue,
    /// The endpoints of provisioning modules, by the module's name in products.
    pub modules: BTreeMap<String, Endpoint>,
    pub whois: Whois,
    /// The endpoints of registrars, by the registrar's name in domains.
    pub registrars: BTreeMap<String, Registrar>,
    /// The endpoints of payment gateways, by the gateway's name.
    pub gateways: BTreeMap<String, Gateway>,
    /// The endpoints that check orders for fraud, by name; the first one that is active is asked.
    pub fraud: BTreeMap<String, Endpoint>,
    pub orders: Orders,
    pub affiliates: Affiliates,
    pub automation: Automation,
    pub invoices: Invoices,
    pub links: Links,
    pub pdf: Pdf,
    /// The endpoints that get notifications, by names of the operator's choice.
    pub notifications: BTreeMap<String, Notification>,
    pub webhooks: Webhooks,
    pub users: Users,
    pub sso: Sso,
    pub mail_tickets: MailTickets,
    pub bans: Bans,
    /// Actions in addition to those of this program, by name.
    pub actions: BTreeMap<String, Action>,
    /// The WHMCS that answers what this server passes to it.
    pub upstream: Upstream,
    pub compat: Compat,
}

/// An HTTP endpoint of the operator, such as a provisioning module.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Begins with `http://` or `https://`.
    #[serde(serialize_with = "endpoint_url::serialize")]
    pub url: String,
    /// The key that signs requests.
    pub secret: Secret,
    #[serde(default = "Endpoint::timeout_seconds")]
    pub timeout_seconds: u64,
}

impl Endpoint {
    fn timeout_seconds() -> u64 {
        60
    }
}

/// Retries of failed module commands.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModuleQueue {
    /// Maximum number of attempts.
    pub attempts: u32,
    /// Minutes before the first retry; the delay doubles after each further failure.
    pub retry_minutes: u32,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// Empty for the embedded database.
    pub url: DatabaseUrl,
    /// Hosts for actions that only read. Empty for none.
    pub replica_url: DatabaseUrl,
    pub connections: u32,
    /// Hosts and account for the SQL of custom actions. Empty for those of `replica_url`, or else of `url`.
    pub actions_url: DatabaseUrl,
    /// Maximum number of connections for that SQL.
    pub actions_connections: u32,
}

impl Database {
    /// Returns the servers, with their accounts, on which the SQL of custom actions runs, in the order of preference: those of
    /// `actions_url`, or else the replicas, and the main servers while no replica is usable.
    pub fn statement_servers(
        &self,
        replicas: impl IntoIterator<Item = MySqlConnectOptions>,
        main: impl IntoIterator<Item = MySqlConnectOptions>,
    ) -> Result<Vec<MySqlConnectOptions>, sqlx::Error> {
        let own = self.actions_url.servers()?;
        if own.is_empty() { Ok(replicas.into_iter().chain(main).collect()) } else { Ok(own) }
    }
}

/// From which addresses, and by whom, the API may be called.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Networks that may call, in addition to WHMCS's own list.
    pub allow: Vec<Network>,
    /// Proxies whose `proxy_header` is trusted to name the client's address.
    pub trusted_proxies: Vec<Network>,
    pub proxy_header: String,
    /// A key that, sent as `accesskey`, allows calls from any address. Empty for none.
    pub access_key: Secret,
    /// Whether staff may call with their own user name and password.
    pub admin_login: bool,
    /// The permission (`tbladminperms`) that staff need to call with their password, or 0 for none.
    pub admin_permission: i64,
    /// The permission that the owner of a credential needs, or 0 for none.
    pub owner_permission: i64,
    pub secret_readers: SecretReaders,
    /// Whether members of staff may call custom actions with their password.
    pub staff_custom_actions: bool,
    pub failures_per_address: u32,
    pub failures_per_identifier: u32,
    pub failure_minutes: u64,
}

/// Who gets passwords and other secrets in replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretReaders {
    /// Callers who may call at least one action that writes.
    #[default]
    Writers,
    Everyone,
    Nobody,
}

/// What is recorded in `tblapilog`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiLog {
    pub calls: LoggedCalls,
    /// Maximum number of bytes that are recorded of each request and reply.
    pub bytes: usize,
    /// 0 to keep records for ever.
    pub keep_days: u64,
    /// Maximum number of records a minute about callers who were not let in, from all addresses together.
    pub refused_per_minute: u32,
    /// The same for each address.
    pub refused_per_address: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoggedCalls {
    #[default]
    All,
    /// Only calls that failed.
    Errors,
    Off,
}

/// Attachments of tickets.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attachments {
    /// Empty for the folder `attachments` in the data directory.
    pub dir: PathBuf,
    /// Maximum size of a file.
    pub file_bytes: usize,
    /// Accepted file extensions.
    pub extensions: Vec<String>,
}

/// Sending of mail.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Empty if this server sends no mail.
    pub smtp_host: String,
    pub smtp_port: u16,
    pub smtp_encryption: Encryption,
    /// Empty if the mail server requires no authentication.
    pub smtp_username: String,
    pub smtp_password: Secret,
    /// Empty for the company's name.
    pub from_name: String,
    /// Empty for the company's address.
    pub from_address: String,
    /// Maximum number of attempts for each mail.
    pub attempts: u32,
    /// Time limit for everything before a mail is handed to the mail server.
    pub connect_seconds: u64,
    /// Time limit for the mail server to accept one mail.
    pub accept_seconds: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    None,
    /// The connection begins unencrypted and must switch to TLS.
    #[default]
    StartTls,
    Tls,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub request_bytes: usize,
    pub handshake_seconds: u64,
    pub header_seconds: u64,
    pub body_seconds: u64,
    pub reply_seconds: u64,
    pub call_seconds: u64,
    /// Maximum number of concurrent calls.
    pub calls: usize,
    pub connections: usize,
    pub connections_per_address: usize,
    /// Maximum numbers of calls of each caller that has no limits of its own; 0 for no limit.
    pub calls_per_minute: u32,
    pub calls_per_day: u32,
    /// Maximum memory of kept replies; 0 to keep none.
    pub reply_cache_bytes: usize,
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
            mcp: false,
            fossbilling: false,
            fossbilling_limits: FossBillingLimits::default(),
            drain_seconds: 5,
            console: Console::default(),
            tls: Tls::default(),
            database: Database::default(),
            keys: Keys::default(),
            crypto: Crypto::default(),
            access: Access::default(),
            api_log: ApiLog::default(),
            attachments: Attachments::default(),
            mail: Mail::default(),
            limits: Limits::default(),
            metrics: Metrics::default(),
            traces: Traces::default(),
            module_queue: ModuleQueue::default(),
            modules: BTreeMap::new(),
            whois: Whois::default(),
            registrars: BTreeMap::new(),
            gateways: BTreeMap::new(),
            fraud: BTreeMap::new(),
            orders: Orders::default(),
            affiliates: Affiliates::default(),
            automation: Automation::default(),
            invoices: Invoices::default(),
            links: Links::default(),
            pdf: Pdf::default(),
            notifications: BTreeMap::new(),
            webhooks: Webhooks::default(),
            users: Users::default(),
            sso: Sso::default(),
            mail_tickets: MailTickets::default(),
            bans: Bans::default(),
            actions: BTreeMap::new(),
            upstream: Upstream::default(),
            compat: Compat::default(),
        }
    }
}

impl Settings {
    /// The settings of the API log; nothing is recorded if the server is read-only.
    pub fn api_log(&self) -> ApiLog {
        let calls = if self.read_only { LoggedCalls::Off } else { self.api_log.calls };
        ApiLog { calls, ..self.api_log.clone() }
    }

    /// The settings of attachments, with the actual folder.
    pub fn attachments(&self) -> Attachments {
        let is_named = !self.attachments.dir.as_os_str().is_empty();
        let dir = if is_named { self.attachments.dir.clone() } else { self.data_dir.join("attachments") };
        Attachments { dir, ..self.attachments.clone() }
    }
}

impl Default for Database {
    fn default() -> Database {
        Database {
            url: DatabaseUrl::default(),
            replica_url: DatabaseUrl::default(),
            connections: 20,
            actions_url: DatabaseUrl::default(),
            actions_connections: 4,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            request_bytes: 1 << 20,
            handshake_seconds: 10,
            header_seconds: 10,
            body_seconds: 15,
            reply_seconds: 30,
            call_seconds: 20,
            calls: 512,
            connections: 2048,
            connections_per_address: 512,
            calls_per_minute: 0,
            calls_per_day: 0,
            reply_cache_bytes: 16 << 20,
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
            secret_readers: SecretReaders::default(),
            staff_custom_actions: false,
            failures_per_address: 100,
            failures_per_identifier: 10,
            failure_minutes: 5,
        }
    }
}

impl Access {
    /// Whether failed log-ins are counted in the same way.
    pub fn has_same_failure_limits(&self, other: &Access) -> bool {
        let limits =
            |access: &Access| (access.failures_per_address, access.failures_per_identifier, access.failure_minutes);
        limits(self) == limits(other)
    }
}

impl Default for ModuleQueue {
    fn default() -> ModuleQueue {
        ModuleQueue { attempts: 5, retry_minutes: 5 }
    }
}

impl Default for ApiLog {
    fn default() -> ApiLog {
        ApiLog {
            calls: LoggedCalls::default(),
            bytes: 8192,
            keep_days: 30,
            refused_per_minute: 60,
            refused_per_address: 10,
        }
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

/// A text that `Debug` and serialization hide.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl Secret {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

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
