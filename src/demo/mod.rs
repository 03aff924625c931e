//! Demo data that looks real, with the credential for it; and generated clients, in any number.
//!
//! Nothing here is a part of `serve`, and no action knows of the demo.

pub mod seed;
mod stand_in;
mod stand_in_fraud_check;
mod stand_in_gateway;
mod stand_in_module;
mod stand_in_portal;
mod stand_in_registrar;
pub mod stand_in_registry;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use tracing::warn;

use crate::auth::permission::Permissions;
use crate::config::{AutomationRun, DatabaseUrl, Settings, Sso};
use crate::database::pool;
use crate::error::{Error, Result};
use crate::keyring;
use crate::store::system::administration;

/// The published credential, whose hash is in `demo/access.sql`.
pub const IDENTIFIER: &str = "DemoIdentifier000000000000000001";
pub const SECRET: &str = "DemoSecret0000000000000000000001";

/// The password of the demo's staff, whose hash is in the same file.
pub const PASSWORD: &str = "DemoPassword";

/// The modules of the demo's products; a stand-in answers for them.
pub const MODULES: [&str; 2] = ["cpanel", "proxmox"];

/// The registrar of the demo's domains; another stand-in answers for it.
pub const REGISTRAR: &str = "enom";

/// The payment gateway of the demo's cards, and what checks its orders for fraud; stand-ins answer for both.
pub const GATEWAY: &str = "stripe";
pub const FRAUD_CHECK: &str = "maxmind";

/// Adapts the settings to the demo: staff can log in, stand-ins answer for modules, the registrar, the gateway and registries, mail goes to
/// local servers only, and attachments are stored in the demo's folder.
pub async fn adapt(settings: &mut Settings, directory: &Path) -> Result<()> {
    settings.access.admin_login = true;
    // Everybody knows the password, so that a second factor would only be in the way.
    settings.console.second_factor = false;
    settings.console.look.push("Support Operator".to_owned());
    settings.mcp = true;
    settings.fossbilling = true;
    // Its data look like those of a WHMCS, which has an automation of its own.
    if settings.automation.run == AutomationRun::OnOwnDatabase {
        settings.automation.run = AutomationRun::InPlaceOfWhmcs;
    }
    // No WHMCS shows the demo's data.
    settings.compat.entities = settings.compat.entities.in_database(false);
    settings.crypto.mode = settings.crypto.mode.in_database(false);
    add_stand_ins(settings).await?;
    settings.whois.rdap_file = stand_in_registry::start(directory).await?;
    // The e-mail addresses of the demo's clients belong to nobody.
    if !matches!(settings.mail.smtp_host.as_str(), "" | "127.0.0.1" | "::1" | "localhost") {
        warn!("demo sends mail only to a mail server on this machine, not to mail.smtp_host");
        settings.mail.smtp_host.clear();
    }
    // They are those of the demo's own database.
    settings.database.actions_url = DatabaseUrl::default();
    settings.attachments.dir = directory.join("attachments");
    write_attachments(&settings.attachments.dir)
        .map_err(|error| Error::Internal(format!("writing the demo's attachments: {error}").into()))?;
    settings.keys.file = directory.join("keys");
    write_keys(&settings.keys.file)
        .map_err(|error| Error::Internal(format!("writing the demo's keys: {error}").into()))?;
    // There is no load balancer to wait for, but a person at a terminal.
    settings.drain_seconds = 0;
    Ok(())
}

/// The file of a ticket, by the name that `clients.sql` has.
const ATTACHMENT: (&str, &str) = ("814402_bounce.txt", include_str!("attachments/814402_bounce.txt"));

/// Writes the files of the demo's tickets into the folder of attachments, unless they are there: perhaps from another user.
pub fn write_attachments(folder: &Path) -> std::io::Result<()> {
    let (name, content) = ATTACHMENT;
    fs::create_dir_all(folder)?;
    let file = folder.join(name);
    if file.exists() { Ok(()) } else { fs::write(file, content) }
}

/// The keys of the demo, which everybody knows: its data contain what is sealed with them.
const KEYS: &str = include_str!("keys");

/// Writes the file of keys, unless there is one.
fn write_keys(path: &Path) -> std::io::Result<()> {
    match keyring::write_new(path, KEYS) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        written => written,
    }
}

/// Starts the stand-ins, and adds them to settings that have no modules, no registrar and no gateway for the demo's data.
/// WHMCS's settings can be changed, so that every action can be tried.
pub async fn add_stand_ins(settings: &mut Settings) -> Result<()> {
    let module = stand_in_module::start().await?;
    for name in MODULES {
        settings.modules.entry(name.to_owned()).or_insert_with(|| module.clone());
    }
    let registrar = stand_in_registrar::start().await?;
    settings.registrars.entry(REGISTRAR.to_owned()).or_insert(registrar);
    let gateway = stand_in_gateway::start().await?;
    settings.gateways.entry(GATEWAY.to_owned()).or_insert(gateway);
    if settings.fraud.is_empty() {
        settings.fraud.insert(FRAUD_CHECK.to_owned(), stand_in_fraud_check::start().await?);
    }
    if settings.sso.portal_url.is_empty() {
        let portal = stand_in_portal::start().await?;
        settings.sso = Sso { mode: settings.sso.mode, redeem_url: settings.sso.redeem_url.clone(), ..portal };
    }
    if settings.compat.configuration_writable.is_empty() {
        settings.compat.configuration_writable.push("*".to_owned());
    }
    Ok(())
}

/// The role of the demo's credential.
const DEMO_ROLE: i64 = 1;

/// The products, prices, staff and texts of a small web host.
const SHOP: &str = include_str!("shop.sql");
const ACCESS: &str = include_str!("access.sql");
const CLIENTS: &str = include_str!("clients.sql");

/// Fills a database that has no clients yet. Returns whether it did.
pub async fn fill(options: MySqlConnectOptions) -> sqlx::Result<bool> {
    let mut connection = pool::connect(options).await?;
    let is_new = !is_there("tblclients", &mut connection).await?;
    if is_new {
        run(&[SHOP, ACCESS, CLIENTS], &mut connection).await?;
    }
    pool::close(connection).await;
    Ok(is_new)
}

/// Lets the demo's credential call the custom actions, which its role does not grant otherwise.
pub async fn grant_custom_actions(options: MySqlConnectOptions, settings: &Settings) -> anyhow::Result<()> {
    if settings.actions.is_empty() {
        return Ok(());
    }
    let mut connection = pool::connect(options).await?;
    let roles = administration::roles(&mut connection).await?;
    if let Some(role) = roles.iter().find(|role| role.id == DEMO_ROLE) {
        let mut permissions = Permissions::parse(&role.permissions)?;
        permissions.grant_all(&settings.actions.keys().cloned().collect::<Vec<_>>());
        let now = chrono::Utc::now().naive_utc();
        administration::set_permissions(&mut connection, role, &permissions.to_json(), now).await?;
    }
    pool::close(connection).await;
    Ok(())
}

/// Fills an empty database with the demo data except its clients.
pub async fn fill_without_clients(options: MySqlConnectOptions) -> sqlx::Result<()> {
    let mut connection = pool::connect(options).await?;
    run(&[SHOP, ACCESS], &mut connection).await?;
    pool::close(connection).await;
    Ok(())
}

/// Fills a database without products with what clients need. No password or credential is created.
pub async fn open_shop(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    for table in ["tblproducts", "tblcurrencies", "tblpaymentgateways", "tblclients"] {
        if is_there(table, connection).await? {
            return Ok(());
        }
    }
    run(&[SHOP], connection).await
}

async fn is_there(table: &'static str, connection: &mut MySqlConnection) -> sqlx::Result<bool> {
    let statement = format!("SELECT EXISTS(SELECT 1 FROM {table})");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(connection).await
}

async fn run(scripts: &[&'static str], connection: &mut MySqlConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    for script in scripts {
        sqlx::raw_sql(*script).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// The message for newcomers: the API's URL, and a command to paste. `certificate` is the file that clients must trust.
pub fn welcome(url: &str, console: Option<&str>, docs: bool, certificate: Option<&Path>) -> String {
    let base = url.trim_end_matches("/includes/api.php");
    let browser = if docs { format!("Documentation page: {base}/docs\n\n") } else { String::new() };
    let console = console.map_or_else(String::new, |url| {
        format!("Console: {url} for admin, who may do everything, and rui, who may look; password {PASSWORD}, no second factor\n\n")
    });
    let curl = certificate.map_or_else(String::new, |file| format!(" --cacert {}", file.display()));
    let trust = certificate.map_or_else(String::new, trust);
    format!(
        "
whmcs-api demo is answering at {url}

  identifier  {IDENTIFIER}
  secret      {SECRET}

Try it, in another terminal:

  curl -s{curl} {url} \\
    -d identifier={IDENTIFIER} -d secret={SECRET} \\
    -d action=GetCredits -d clientid=1 -d responsetype=json

{trust}{browser}{console}Stand-ins answer for modules, registrars, registries and payment gateways: nothing is created or charged outside.
Ctrl-C stops the server. Each run starts with new data, unless --keep is given.

"
    )
}

/// How clients in several languages come to trust a certificate.
fn trust(certificate: &Path) -> String {
    let file = certificate.display();
    format!(
        "No public authority has signed the server's certificate. Clients trust it with

  Node.js                 NODE_EXTRA_CA_CERTS={file}
  PHP (curl, Guzzle)      php -d curl.cainfo={file} -d openssl.cafile={file}
  Python (requests)       REQUESTS_CA_BUNDLE={file}
  OpenSSL, Go, Ruby       SSL_CERT_FILE={file}

"
    )
}
