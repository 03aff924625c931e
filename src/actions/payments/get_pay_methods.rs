//! `GetPayMethods`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::domain::payments::PayMethodKind;
use crate::domain::payments::card::CardMonth;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::keyring::Keyring;
use crate::outbox::gateways::{CardSecrets, expiry};
use crate::param::Param;
use crate::store;
use crate::store::billing::pay_methods::PayMethodRow;

/// Lists the stored ways in which a client pays, the default first.
///
/// The number of a card is stored nowhere, and bank details are never returned.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetPayMethods {
    clientid: Param<ClientId>,
    /// Only this one.
    paymethodid: Param<u32>,
    /// `BankAccount` or `CreditCard`; each includes those that a gateway has stored.
    r#type: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetPayMethodsReply {
    clientid: String,
    paymethods: Vec<PayMethod>,
}

/// A way to pay: of a card or of a bank account.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum PayMethod {
    Card(Card),
    Account(Account),
}

#[derive(Debug, JsonSchema, Serialize)]
struct Card {
    id: i64,
    /// `CreditCard` or `RemoteCreditCard`.
    r#type: String,
    description: String,
    /// The gateway that has stored it, or empty.
    gateway_name: String,
    contact_type: String,
    contact_id: i64,
    card_last_four: String,
    /// `MM/YY`.
    expiry_date: String,
    /// `MM/YY`, or empty.
    start_date: String,
    issue_number: String,
    card_type: String,
    /// The gateway's token. Empty for callers who get no secrets (`access.secret_readers`), and if it cannot be read here.
    remote_token: String,
    /// `DD/MM/YYYY HH:MM`, in UTC.
    last_updated: String,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Account {
    id: i64,
    /// `BankAccount` or `RemoteBankAccount`.
    r#type: String,
    description: String,
    /// The gateway that debits it, or empty.
    gateway_name: String,
    contact_type: String,
    contact_id: i64,
    bank_name: String,
    /// As that of a card.
    remote_token: String,
    /// `DD/MM/YYYY HH:MM`, in UTC.
    last_updated: String,
}

const CLIENT_MISSING: &str = "Client ID Is Required";
const CLIENT_NOT_FOUND: &str = "Client Not Found";
const TYPE_INVALID: &str = "Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'";

impl Action for GetPayMethods {
    const NAME: &'static str = "GetPayMethods";
    const ACCESS: Access = Access::Read;
    const TELLS_SECRETS: bool = true;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_MISSING), Exact(TYPE_INVALID), Exact(CLIENT_NOT_FOUND)];
    type Reply = GetPayMethodsReply;

    async fn run(self, call: Call<'_>) -> Result<GetPayMethodsReply> {
        let client = self.clientid.required_or(CLIENT_MISSING, CLIENT_NOT_FOUND)?;
        let wants_cards = match self.r#type.optional(TYPE_INVALID)?.as_deref().map(str::trim) {
            None => None,
            Some(name) if name.eq_ignore_ascii_case("CreditCard") => Some(true),
            Some(name) if name.eq_ignore_ascii_case("BankAccount") => Some(false),
            Some(_) => return refuse(TYPE_INVALID),
        };
        if !store::clients::client::exists(call.db, client).await? {
            return refuse(CLIENT_NOT_FOUND);
        }
        let wanted_id = match self.paymethodid {
            Param::Absent => None,
            id => Some(id.lenient().map_or(-1, i64::from)).filter(|id| *id != 0),
        };
        let keyring = call.tells_secrets.then_some(call.keyring);
        let methods = store::billing::pay_methods::of_client(call.db, client).await?;
        let methods = methods.into_iter().filter_map(|row| {
            let is_card = PayMethodKind::parse(&row.kind)?.is_card();
            let is_wanted = wanted_id.is_none_or(|id| id == row.id) && wants_cards.is_none_or(|cards| cards == is_card);
            is_wanted.then(|| PayMethod::new(row, is_card, keyring))
        });
        Ok(GetPayMethodsReply { clientid: client.to_string(), paymethods: methods.collect() })
    }
}

impl PayMethod {
    /// `keyring` is there if the caller gets secrets.
    fn new(row: PayMethodRow, is_card: bool, keyring: Option<&Keyring>) -> PayMethod {
        let secrets = keyring.and_then(|keyring| CardSecrets::open(keyring, row.id, &row.sealed)).unwrap_or_default();
        let updated = NaiveDateTime::parse_from_str(&row.updated_at, "%Y-%m-%d %H:%M:%S");
        let last_updated = updated.map(|at| at.format("%d/%m/%Y %H:%M").to_string()).unwrap_or_default();
        let PayMethodRow { id, kind, description, gateway, contact_type, contact, .. } = row;
        if !is_card {
            return PayMethod::Account(Account {
                id,
                r#type: kind,
                description,
                gateway_name: gateway,
                contact_type,
                contact_id: contact,
                bank_name: row.bank_name,
                remote_token: secrets.token,
                last_updated,
            });
        }
        PayMethod::Card(Card {
            id,
            r#type: kind,
            description,
            gateway_name: gateway,
            contact_type,
            contact_id: contact,
            card_last_four: row.last_four,
            expiry_date: expiry(&row.expires).map(CardMonth::shown).unwrap_or_default(),
            start_date: CardMonth::parse(&secrets.start).map(CardMonth::shown).unwrap_or_default(),
            issue_number: secrets.issue,
            card_type: row.card_type,
            remote_token: secrets.token,
            last_updated,
        })
    }
}
