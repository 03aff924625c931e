//! OAuth credentials. Their secrets are sealed, not hashed, because they are told to those who list them; except those of programs
//! that act by the rights of an API credential (client_credentials), which are told once.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use sha2::{Digest, Sha256};
use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::{OAuthCredentialId, ServiceId};
use crate::fault::{self, Fault};
use crate::keyring::Keyring;
use crate::operations::Context;
use crate::store;
use crate::store::authentication::oauth::{self, CredentialChanges, Scope};
use crate::store::authentication::tokens;

const IDENTIFIER_BYTES: usize = 16;
const SECRET_BYTES: usize = 64;
/// The length of the part of an identifier that names the company: the column has 80 characters.
const COMPANY_LENGTH: usize = 50;

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// A website lets clients log in with their log-in here (OpenID Connect).
    AuthorizationCode,
    /// A service logs its client in here.
    SingleSignOn,
    /// A program calls the API with short tokens. WHMCS has no such grant.
    ClientCredentials,
}

/// What the scopes of [`Grant::ClientCredentials`] begin with, before the name of an action.
pub const API_SCOPE: &str = "api:";

impl Grant {
    /// The value of `tbloauthserver_clients.grant_types`.
    pub fn name(self) -> &'static str {
        match self {
            Grant::AuthorizationCode => "authorization_code",
            Grant::SingleSignOn => "single_sign_on",
            Grant::ClientCredentials => "client_credentials",
        }
    }

    pub fn parse(text: &str) -> Option<Grant> {
        let grants = [Grant::AuthorizationCode, Grant::SingleSignOn, Grant::ClientCredentials];
        grants.into_iter().find(|grant| grant.name().eq_ignore_ascii_case(text.trim()))
    }
}

/// The fields of a credential to add.
#[derive(Debug)]
pub struct NewCredential {
    pub grant: Grant,
    pub scopes: Vec<String>,
    pub name: String,
    pub service: Option<ServiceId>,
    pub description: String,
    pub logo: String,
    /// Addresses, separated by spaces.
    pub redirects: String,
    /// For [`Grant::ClientCredentials`].
    pub rights: ApiRights,
}

/// What a program may call, and whose rights bound that.
#[derive(Debug, Default)]
pub struct ApiRights {
    /// The API credential of the caller; `None` if the caller has none of their own.
    pub maker: Option<i64>,
    /// Names of actions that the caller may call.
    pub actions: Vec<String>,
}

/// A credential that was added.
#[derive(Debug)]
pub struct CreatedCredential {
    pub id: OAuthCredentialId,
    pub identifier: String,
    pub secret: String,
}

/// Adds a credential with a new identifier and secret.
pub async fn create(context: Context<'_>, new: NewCredential) -> Result<CreatedCredential, Refusal> {
    check_grant(new.grant, &new.name, new.service)?;
    let db = context.db.lock(Subject::Staff).await?;
    let is_of_program = new.grant == Grant::ClientCredentials;
    let scopes = match is_of_program {
        true if new.rights.actions.is_empty() => return Err(Refusal::NoScope.into()),
        true => Vec::new(),
        false if new.scopes.is_empty() => return Err(Refusal::NoScope.into()),
        false => find_scopes(db, &new.scopes).await?,
    };
    let maker = new.rights.maker.filter(|_| is_of_program);
    if is_of_program && maker.is_none() {
        return Err(Refusal::NoMaker.into());
    }
    let service = new.service.filter(|_| new.grant == Grant::SingleSignOn);
    let user = match service {
        Some(service) => client_of(db, service).await?,
        None => String::new(),
    };
    let company = store::system::configuration::company(db).await?.name;
    let identifier = format!("{}.{}", prefix(&company), random(IDENTIFIER_BYTES)?);
    let secret = random(SECRET_BYTES)?;
    let keyring = context.keyring;

    let mut tx = context.write(Subject::Staff).await?;
    let row = oauth::NewCredential {
        identifier: identifier.clone(),
        grant: new.grant.name(),
        user,
        service: service.map_or(0, |service| service.0),
        name: new.name,
        description: new.description,
        logo: new.logo,
        redirects: new.redirects,
    };
    let id = oauth::create(&mut tx, row).await?;
    if let Some(maker) = maker {
        oauth::set_secret(&mut tx, id, &hashed(&secret)).await?;
        tokens::grant(&mut tx, id, maker, &new.rights.actions.join(" ")).await?;
    } else {
        let sealed = keyring.seal(&purpose(id), secret.as_bytes()).map_err(Refusal::from)?;
        oauth::set_secret(&mut tx, id, &sealed).await?;
        oauth::set_scopes(&mut tx, id, &scopes).await?;
    }
    let line = format!("Created OAuth Credential - Credential ID: {id}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(CreatedCredential { id, identifier, secret })
}

/// The changes of a credential: fields that are `None` stay.
#[derive(Debug, Default)]
pub struct CredentialUpdate {
    pub grant: Option<Grant>,
    pub scopes: Option<Vec<String>>,
    pub name: Option<String>,
    pub service: Option<ServiceId>,
    pub description: Option<String>,
    pub logo: Option<String>,
    pub redirects: Option<String>,
    pub resets_secret: bool,
    /// For a credential of [`Grant::ClientCredentials`], who calls, and the actions that it may call from now on.
    pub rights: ApiRights,
}

/// Changes a credential, and returns its new secret if it gets one.
pub async fn update(
    context: Context<'_>,
    id: OAuthCredentialId,
    update: CredentialUpdate,
) -> Result<Option<String>, Refusal> {
    let db = context.db.lock(Subject::Staff).await?;
    let stored = oauth::find(db, id).await?.ok_or(Refusal::CredentialNotFound)?;
    let maker = tokens::maker(db, id).await?;
    let is_of_program = maker.is_some();
    if update.grant.is_some_and(|grant| (grant == Grant::ClientCredentials) != is_of_program) {
        return Err(Refusal::GrantIsFixed.into());
    }
    let changes_rights = update.scopes.is_some() || update.resets_secret;
    if is_of_program && changes_rights && update.rights.maker != maker {
        return Err(Refusal::NotTheMaker.into());
    }
    let name = update.name.as_deref().unwrap_or(&stored.name);
    if update.grant == Some(Grant::AuthorizationCode) && name.is_empty() {
        return Err(Refusal::NameMissing.into());
    }
    let scopes = match &update.scopes {
        Some(scopes) if !is_of_program => Some(find_scopes(db, scopes).await?),
        _ => None,
    };
    if update.grant == Some(Grant::SingleSignOn) && update.service.is_none() && stored.service == 0 {
        return Err(Refusal::ServiceMissing.into());
    }
    let (service, user) = match update.service {
        Some(service) => {
            let user = client_of(db, service).await?;
            (Some(service.0), Some(user))
        }
        None => (None, None),
    };
    // Only single sign-on is that of a service.
    let (service, user) = match update.grant {
        Some(Grant::AuthorizationCode) => (Some(0), Some(String::new())),
        _ if is_of_program => (None, None),
        _ => (service, user),
    };
    if update.resets_secret && !is_of_program && !stored.secret.is_empty() && !is_sealed(&stored.secret) {
        return Err(Refusal::SecretOfWhmcs.into());
    }
    let secret = if update.resets_secret { Some(random(SECRET_BYTES)?) } else { None };
    let kept = match &secret {
        Some(secret) if is_of_program => Some(hashed(secret)),
        Some(secret) => Some(context.keyring.seal(&purpose(id), secret.as_bytes()).map_err(Refusal::from)?),
        None => None,
    };

    let mut tx = context.write(Subject::Staff).await?;
    let changes = CredentialChanges {
        name: update.name,
        description: update.description,
        grant: update.grant.map(Grant::name),
        service,
        user,
        logo: update.logo,
        redirects: update.redirects,
    };
    if !oauth::update(&mut tx, id, changes).await? {
        return Err(Refusal::CredentialNotFound.into());
    }
    if let Some(scopes) = scopes {
        oauth::set_scopes(&mut tx, id, &scopes).await?;
    }
    if is_of_program && update.scopes.is_some() {
        tokens::change(&mut tx, id, &update.rights.actions.join(" ")).await?;
    }
    if let Some(kept) = kept {
        oauth::set_secret(&mut tx, id, &kept).await?;
        tokens::end(&mut tx, id).await?;
    }
    let line = format!("Modified OAuth Credential - Credential ID: {id}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(secret)
}

/// Deletes a credential, with its tokens.
pub async fn delete(context: Context<'_>, id: OAuthCredentialId) -> Result<(), Refusal> {
    let mut tx = context.write(Subject::Staff).await?;
    if !oauth::delete(&mut tx, id).await? {
        return Err(Refusal::CredentialNotFound.into());
    }
    tokens::end(&mut tx, id).await?;
    tokens::revoke(&mut tx, id).await?;
    let line = format!("Deleted OAuth Credential - Credential ID: {id}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(())
}

/// Finds a credential by its identifier.
pub async fn find_by_identifier(db: &mut MySqlConnection, identifier: &str) -> Result<OAuthCredentialId, Refusal> {
    Ok(oauth::by_identifier(db, identifier).await?.ok_or(Refusal::CredentialNotFound)?)
}

/// Returns the secret of a credential as its holder knows it; `None` if a WHMCS has made it, or another key has sealed it.
pub fn secret(keyring: &Keyring, id: i64, stored: &str) -> Option<String> {
    let opened = keyring.open(&purpose(OAuthCredentialId(id)), stored).ok()?;
    String::from_utf8(opened).ok()
}

fn check_grant(grant: Grant, name: &str, service: Option<ServiceId>) -> Result<(), Refusal> {
    match grant {
        Grant::AuthorizationCode | Grant::ClientCredentials if name.is_empty() => Err(Refusal::NameMissing.into()),
        Grant::SingleSignOn if service.is_none() => Err(Refusal::ServiceMissing.into()),
        Grant::AuthorizationCode | Grant::SingleSignOn | Grant::ClientCredentials => Ok(()),
    }
}

async fn find_scopes(db: &mut MySqlConnection, names: &[String]) -> Result<Vec<Scope>, Refusal> {
    let known = oauth::scopes(db).await?;
    let mut found: Vec<Scope> = Vec::new();
    for name in names {
        let scope = known.iter().find(|scope| scope.name == *name);
        let scope = scope.ok_or_else(|| Refusal::ScopeNotFound(name.clone()))?;
        if !found.contains(scope) {
            found.push(scope.clone());
        }
    }
    Ok(found)
}

async fn client_of(db: &mut MySqlConnection, service: ServiceId) -> Result<String, Refusal> {
    let client = oauth::client_of_service(db, service).await?.ok_or(Refusal::ServiceNotFound)?;
    if client.client_exists { Ok(client.client.to_string()) } else { Err(Refusal::ServiceWithoutClient.into()) }
}

/// A secret that is never told again: so random that its plain sum reveals nothing.
pub fn hashed(secret: &str) -> String {
    let digits = Sha256::digest(secret).iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    format!("sha256:{digits}")
}

fn is_sealed(secret: &str) -> bool {
    secret.starts_with("sealed:")
}

/// What a secret is sealed for: the row that it is stored in.
pub(super) fn purpose(id: OAuthCredentialId) -> String {
    format!("OAuth credential {id}")
}

/// The company's name as it begins an identifier: `ATLANTIC-HOSTING`.
fn prefix(company: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    let plain: String = company.chars().filter(|&c| is_plain(c)).take(COMPANY_LENGTH).collect();
    plain.trim().to_ascii_uppercase().replace(' ', "-")
}

fn random(length: usize) -> fault::Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(|error| Fault::internal(format!("no randomness: {error}")))?;
    Ok(BASE64.encode(bytes))
}
