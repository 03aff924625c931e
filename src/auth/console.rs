//! Staff at the console: what they may do, and their passwords.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::authenticator::Authenticator;
use super::password::{self, HashingPermit};
use super::verifier::SecretKind;
use super::{Login, secret};
use crate::config::Console;
use crate::database::errors::{busy_if_transient, is_invalid_value};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::store::authentication::console::{self, StaffLogin};

/// Longer passwords are wrong: nobody has stored one.
const MAX_PASSWORD_BYTES: usize = 1024;

/// What a member of staff may do at the console. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// See everything, and change nothing.
    Look,
    /// Decide about deliveries, start audits and dry runs.
    Operate,
    /// Decide who may call, and end the sessions of others.
    Administer,
}

impl Right {
    pub const ALL: [Right; 3] = [Right::Look, Right::Operate, Right::Administer];

    /// The right of a role, or `None` if its members may not use the console. Roles are named by id or by name.
    pub fn of(settings: &Console, role: i64, role_name: &str) -> Option<Right> {
        let is_role = |named: &String| match named.trim().parse::<i64>() {
            Ok(id) => id == role,
            Err(_) => !role_name.is_empty() && named.trim().eq_ignore_ascii_case(role_name.trim()),
        };
        let lists = [&settings.administer, &settings.operate, &settings.look];
        let rights = Right::ALL.into_iter().rev();
        rights.zip(lists).find_map(|(right, roles)| roles.iter().any(is_role).then_some(right))
    }

    pub fn name(self) -> &'static str {
        match self {
            Right::Look => "look",
            Right::Operate => "operate",
            Right::Administer => "administer",
        }
    }
}

/// A password that somebody tries.
#[derive(Debug)]
pub struct PasswordAttempt<'a> {
    pub user_name: &'a str,
    pub password: &'a str,
    pub address: IpAddr,
}

impl PasswordAttempt<'_> {
    fn login(&self) -> Login<'_> {
        Login { identifier: self.user_name, secret: self.password, is_legacy: true }
    }
}

impl Authenticator {
    /// Returns the member of staff with this user name if the password is right. A wrong one takes as long, whether there is
    /// such a member of staff or not. It is not counted: [`Authenticator::count_staff`] does that, because more than the
    /// password decides whether a log-in succeeds.
    pub async fn verify_staff(
        &self,
        attempt: &PasswordAttempt<'_>,
        permit: &HashingPermit,
        hosts: &Arc<Hosts>,
    ) -> Result<Option<StaffLogin>> {
        let (staff, decoy) = find(attempt.user_name, hosts).await?;
        let mut hashes: Vec<String> = match &staff {
            Some(staff) => vec![staff.password_hash.clone(), staff.password.clone()],
            None => Vec::new(),
        };
        hashes.retain(|hash| !hash.is_empty());
        // As many comparisons for everybody: members of staff can have a hash in either column or in both.
        let filler = hashes.first().cloned().or(decoy).unwrap_or_else(|| secret::DUMMY_HASH.to_owned());
        hashes.resize(2, filler);
        // Nobody's password begins with this, so that the decoy never matches.
        let prefix = if staff.is_some() { String::new() } else { secret::random()? };
        let is_whole = attempt.password.len() <= MAX_PASSWORD_BYTES;
        let password = if is_whole { attempt.password } else { "" };
        // WHMCS has stored the hash of the password's MD5 sum, or that of the password, by its version. Old clients of the API
        // have the sum, which is not the password.
        let as_it_is = (!secret::is_md5_hex(password)).then(|| password.to_owned());
        let forms: Vec<String> = as_it_is.into_iter().chain([secret::md5_hex(password)]).collect();
        let mut is_right = false;
        for hash in hashes {
            for form in &forms {
                is_right |= password::matches(permit, hash.clone(), format!("{prefix}{form}")).await?;
            }
        }
        Ok(staff.filter(|_| is_right && !password.is_empty()))
    }

    /// Rejects another log-in after too many failures, unless this one succeeded recently.
    pub async fn check_staff(&self, attempt: &PasswordAttempt<'_>) -> Result<()> {
        match self.failures.blocked(attempt.address, Some(attempt.user_name)).await {
            Some(wait) if !self.is_exempt(Some(attempt.login()), attempt.address).await => {
                Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 })
            }
            _ => Ok(()),
        }
    }

    /// Counts a log-in that was refused, or remembers one that succeeded.
    pub async fn count_staff(&self, attempt: &PasswordAttempt<'_>, has_succeeded: bool) {
        let address = attempt.address;
        if has_succeeded {
            self.verifier.remember(&attempt.login(), address, SecretKind::Chosen).await;
        } else if self.failures.add(address, Some(attempt.user_name)).await {
            warn!(%address, "too many failed attempts from this address: rejecting further ones");
        }
    }
}

/// Finds a member of staff, or else the hash of somebody else's password.
async fn find(user_name: &str, hosts: &Arc<Hosts>) -> Result<(Option<StaffLogin>, Option<String>)> {
    let found = Lease::with_connection(hosts, async |db| {
        let staff = match console::login(db, user_name).await {
            // A text that cannot be compared is nobody's name.
            Err(error) if is_invalid_value(&error) => None,
            found => found?,
        };
        let decoy = if staff.is_none() { console::decoy_hash(db).await? } else { None };
        Ok((staff, decoy))
    });
    Ok(found.await.map_err(busy_if_transient)?)
}

/// Makes a token with 256 random bits, for a cookie or a link.
pub fn new_token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
    Ok(BASE64.encode(bytes))
}

/// What is stored of a token. It has so many random bits that its plain sum reveals nothing.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_of_a_role_is_the_highest_of_those_that_it_has() {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let settings = Console {
            look: texts(&["Support", "3"]),
            operate: texts(&["3", " sales operators "]),
            administer: texts(&["1"]),
            ..Console::default()
        };
        for (role, name, right) in [
            (1, "Full Administrator", Some(Right::Administer)),
            (2, "Sales Operators", Some(Right::Operate)),
            (3, "Anything", Some(Right::Operate)),
            (4, "SUPPORT", Some(Right::Look)),
            (5, "3", None),
            (5, "", None),
            (0, "", None),
        ] {
            assert_eq!(Right::of(&settings, role, name), right, "{role} {name}");
        }
        assert_eq!(Right::of(&Console::default(), 2, "1"), None);
    }

    #[test]
    fn tokens_differ_and_so_do_their_hashes() {
        let (one, other) = (new_token().unwrap(), new_token().unwrap());
        assert!(one.len() == 43 && one != other && token_hash(&one) != token_hash(&other));
    }
}
