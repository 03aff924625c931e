//! What is stored sealed of ways to pay: the token of a card, and the details of a bank account.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Result};
use crate::keyring::Keyring;

/// What a gateway needs to charge a card that it has stored.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CardSecrets {
    pub token: String,
    /// `MMYY`, or empty.
    pub start: String,
    /// The issue number, or empty.
    pub issue: String,
}

/// A bank account.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountSecrets {
    /// The sort code or routing number.
    pub code: String,
    pub account: String,
}

impl CardSecrets {
    /// Seals it for a way to pay, so that it cannot be moved to another one.
    pub fn seal(&self, keyring: &Keyring, pay_method: i64) -> Result<String> {
        seal(self, keyring, pay_method)
    }

    /// Opens what was sealed for a way to pay; `None` if it cannot be read here.
    pub fn open(keyring: &Keyring, pay_method: i64, sealed: &str) -> Option<CardSecrets> {
        open(keyring, pay_method, sealed)
    }
}

impl AccountSecrets {
    pub fn seal(&self, keyring: &Keyring, pay_method: i64) -> Result<String> {
        seal(self, keyring, pay_method)
    }

    pub fn open(keyring: &Keyring, pay_method: i64, sealed: &str) -> Option<AccountSecrets> {
        open(keyring, pay_method, sealed)
    }
}

fn seal(secrets: &impl Serialize, keyring: &Keyring, pay_method: i64) -> Result<String> {
    let json = serde_json::to_vec(secrets).map_err(Fault::internal)?;
    keyring.seal(&purpose(pay_method), &json).map_err(Fault::internal)
}

fn open<T: DeserializeOwned>(keyring: &Keyring, pay_method: i64, sealed: &str) -> Option<T> {
    let json = keyring.open(&purpose(pay_method), sealed).ok()?;
    serde_json::from_slice(&json).ok()
}

/// What the secrets of a way to pay are sealed for.
pub fn purpose(pay_method: i64) -> String {
    format!("pay method {pay_method}")
}
