//! Single sign-on: a token logs a user in at the operator's portal, once.

use std::fmt::Write;
use std::net::IpAddr;

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use sqlx::MySqlConnection;

use crate::config::{Sso, SsoMode};
use crate::database::writer::Subject;
use crate::domain::clients::destination::{About, Destination};
use crate::domain::entities::decoded;
use crate::domain::id::{ClientId, DomainId, ServiceId, UserId};
use crate::fault::{self, Fault};
use crate::operations::{Context, system};
use crate::store;
use crate::store::authentication::sso::{self, ClientOfUser, NewToken};
use crate::store::clients::memberships;

const TOKEN_BYTES: usize = 20;

/// The reasons for which a user is not logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsoRefusal {
    ClientNotFound,
    UserNotFound,
    /// The user may not act for the client, or the client has no owner.
    NotAMember,
    /// Neither a client nor a user was named.
    NobodyNamed,
    /// The destination is about no service or domain, or about one of somebody else.
    NotAbout,
    /// The settings say that nobody gives tokens.
    Off,
    /// The settings name no portal.
    NoPortal,
    /// Neither the settings nor `SystemURL` say where browsers reach this server.
    NoRedeemUrl,
    /// The client was closed, or allows no single sign-on.
    ClientBlocked(ClientId),
    /// The token is unknown, was used, or has expired.
    TokenNotValid,
    /// Nobody can log in from this address.
    AddressBanned,
}

impl crate::operations::Refusal for SsoRefusal {
    fn code(&self) -> &'static str {
        match self {
            SsoRefusal::ClientNotFound => "client_not_found",
            SsoRefusal::UserNotFound => "user_not_found",
            SsoRefusal::NotAMember => "not_a_member",
            SsoRefusal::NobodyNamed => "nobody_named",
            SsoRefusal::NotAbout => "invalid_destination",
            SsoRefusal::Off | SsoRefusal::NoPortal | SsoRefusal::NoRedeemUrl => "token_not_provisioned",
            SsoRefusal::ClientBlocked(_) => "single_sign_on_blocked",
            SsoRefusal::TokenNotValid => "token_not_valid",
            SsoRefusal::AddressBanned => "address_banned",
        }
    }
}

type Result<T> = crate::operations::Result<T, SsoRefusal>;

/// Who is to be logged in.
#[derive(Debug, Clone, Copy)]
pub struct SsoUser {
    pub user: UserId,
    /// `None` if the user chooses one of theirs.
    pub client: Option<ClientId>,
}

/// Finds who is to be logged in: a user, for a client if one is named; for a client alone, the owner.
pub async fn find_user(db: &mut MySqlConnection, client: Option<ClientId>, user: Option<UserId>) -> Result<SsoUser> {
    if let Some(client) = client
        && sso::client(db, client).await?.is_none()
    {
        return Err(SsoRefusal::ClientNotFound.into());
    }
    let Some(user) = user else {
        let client = client.ok_or(SsoRefusal::NobodyNamed)?;
        let user = sso::owner(db, client).await?.ok_or(SsoRefusal::NotAMember)?;
        return Ok(SsoUser { user, client: Some(client) });
    };
    store::clients::users::find(db, user).await?.ok_or(SsoRefusal::UserNotFound)?;
    match client {
        Some(client) if !memberships::find(db, user, client).await?.is_member() => Err(SsoRefusal::NotAMember.into()),
        client => Ok(SsoUser { user, client }),
    }
}

/// Gives a token by which a user is logged in, and sent to a destination; `about` is the id of the service or domain that it is
/// about. Returns the token with the address at which it is redeemed.
pub async fn create_token(
    context: Context<'_>,
    who: SsoUser,
    destination: &Destination,
    about: Option<i64>,
) -> Result<(String, String)> {
    let settings = &context.settings.sso;
    let of_page = match (destination.about, about) {
        (About::Service, Some(id)) => sso::client_of_service(context.db, ServiceId(id), who.user).await?,
        (About::Domain, Some(id)) => sso::client_of_domain(context.db, DomainId(id), who.user).await?,
        (About::Nothing, _) | (About::Service | About::Domain, None) => None,
    };
    let is_of_other = of_page.is_none() || who.client.is_some_and(|client| of_page != Some(client));
    if destination.about != About::Nothing && is_of_other {
        return Err(SsoRefusal::NotAbout.into());
    }
    check_portal(settings)?;
    let client = who.client.or(of_page);
    if let Some(client) = client {
        let access = sso::client(context.db, client).await?.ok_or(SsoRefusal::ClientNotFound)?;
        if access.is_closed || !access.allows_single_sign_on {
            return Err(SsoRefusal::ClientBlocked(client).into());
        }
    } else {
        check_choice(&sso::clients(context.db, who.user).await?)?;
    }
    let system_url = store::system::configuration::read(context.db).await?.system_url;
    let token = random_hex(TOKEN_BYTES)?;
    let related = if destination.about == About::Nothing { 0 } else { about.unwrap_or(0) };
    let redeem_link = settings.redeem_link(&system_url, &token).ok_or(SsoRefusal::NoRedeemUrl)?;
    let expires = context.now.utc() + TimeDelta::seconds(settings.ttl);

    let mut tx = context.write(Subject::User(who.user)).await?;
    let new = NewToken {
        hash: hash(&token),
        user: who.user,
        client,
        destination: destination.name,
        related,
        path: &destination.path(related),
        expires,
    };
    sso::create(&mut tx, &new).await?;
    let line = format!("Single Sign-On Token Created - User ID: {}", who.user);
    store::system::activity::log(&mut tx, client, &line).await?;
    Ok((token, redeem_link))
}

/// Who was logged in by a token.
#[derive(Debug)]
pub struct SignedIn {
    pub user: UserId,
    pub email: String,
    /// The client for whom the user acts; `None` if the user chooses one.
    pub client: Option<ClientId>,
    /// The clients for whom the user may act: only that one, if it was named.
    pub clients: Vec<ClientOfUser>,
    pub destination: String,
    /// The service or domain that the destination is about, or 0.
    pub related: i64,
    pub path: String,
}

/// Uses a token up, and returns who is logged in by it. Who may not log in any more is refused, although the token was given.
pub async fn redeem_token(context: Context<'_>, token: &str, address: IpAddr) -> Result<SignedIn> {
    check_portal(&context.settings.sso)?;
    if system::is_banned(context.db, address, context.now).await? {
        return Err(SsoRefusal::AddressBanned.into());
    }
    let stored = sso::find(context.db, hash(token), context.now.utc()).await?.ok_or(SsoRefusal::TokenNotValid)?;
    let user = UserId(stored.user);
    let db = context.db.lock(Subject::User(user)).await?;
    let account = store::clients::users::account(db, user).await?.ok_or(SsoRefusal::UserNotFound)?;
    let mut clients = sso::clients(db, user).await?;
    let client = (stored.client != 0).then_some(ClientId(stored.client));
    if let Some(client) = client {
        clients.retain(|other| other.id == client.0);
        match clients.first() {
            None => return Err(SsoRefusal::NotAMember.into()),
            Some(found) if !found.may_log_in() => return Err(SsoRefusal::ClientBlocked(client).into()),
            Some(_) => {}
        }
    }
    check_choice(&clients)?;
    clients.retain(ClientOfUser::may_log_in);

    let mut tx = context.write(Subject::User(user)).await?;
    store::system::activity::log(&mut tx, client, &format!("Single Sign-On - User ID: {user}")).await?;
    sso::record_login(&mut tx, user).await?;
    if !sso::use_up(&mut tx, stored.id).await? {
        return Err(SsoRefusal::TokenNotValid.into());
    }
    let (destination, related, path) = (stored.destination, stored.related, stored.path);
    // Texts are stored with entities in the database of a WHMCS.
    let email = decoded(&account.email).into_owned();
    Ok(SignedIn { user, email, client, clients, destination, related, path })
}

impl ClientOfUser {
    fn may_log_in(&self) -> bool {
        !self.is_closed && self.allows_single_sign_on
    }
}

/// Refuses a user who has clients to choose from, none of whom allows to log in.
fn check_choice(clients: &[ClientOfUser]) -> Result<()> {
    match clients.first() {
        Some(first) if !clients.iter().any(ClientOfUser::may_log_in) => {
            Err(SsoRefusal::ClientBlocked(ClientId(first.id)).into())
        }
        _ => Ok(()),
    }
}

fn check_portal(settings: &Sso) -> Result<()> {
    match settings.mode {
        SsoMode::Off => Err(SsoRefusal::Off.into()),
        SsoMode::Own if settings.portal_url.is_empty() => Err(SsoRefusal::NoPortal.into()),
        SsoMode::Own => Ok(()),
    }
}

/// A token is random enough that its plain sum reveals nothing.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn random_hex(length: usize) -> fault::Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(|error| Fault::internal(format!("no randomness: {error}")))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
