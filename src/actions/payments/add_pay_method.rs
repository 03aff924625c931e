//! `AddPayMethod`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::card_params::{
    EXPIRY_INVALID, ISSUE_INVALID, START_INVALID, TEXT_BYTES, account_detail, issue_number, month,
};
use crate::actions::words::payments::{CANNOT_STORE, CREATE_FAILED};
use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::domain::payments::PayMethodKind;
use crate::domain::payments::card::CardNumber;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::operations::billing::{self, PayMethodDetails, Refusal};
use crate::param::{Param, Password};
use crate::store;

/// Stores a card or a bank account with which a client pays.
///
/// The number of a card is handed to a payment gateway (`[gateways]`) and kept nowhere: what is stored is the gateway's
/// token, sealed with the operator's key, the brand, the last four digits and the expiry. So each card is stored as a
/// RemoteCreditCard. Bank details are stored sealed.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddPayMethod {
    clientid: Param<ClientId>,
    /// `CreditCard` (the default), `RemoteCreditCard` or `BankAccount`.
    r#type: Param<String>,
    description: Param<String>,
    /// The gateway that stores the card. By default, for a CreditCard, the first active one that this server has an
    /// endpoint for.
    gateway_module_name: Param<String>,
    card_number: Param<Password>,
    /// `MMYY`.
    card_expiry: Param<String>,
    /// `MMYY`.
    card_start: Param<String>,
    card_issue_number: Param<String>,
    bank_name: Param<String>,
    bank_account_type: Param<String>,
    /// The sort code or routing number.
    bank_code: Param<Password>,
    bank_account: Param<Password>,
    /// Makes it the client's default. The first one of a client is the default in any case.
    set_as_default: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddPayMethodReply {
    clientid: String,
    paymethodid: String,
}

const CLIENT_MISSING: &str = "Client ID Is Required";
const CLIENT_INVALID: &str = "Invalid Client ID";
const TYPE_INVALID: &str =
    "Invalid Pay Method Type. Type should be one of 'BankAccount', 'CreditCard', or 'RemoteCreditCard'";
const GATEWAY_MISSING: &str = "Gateway is Required for RemoteCreditCard type";
const NO_GATEWAY: &str = "No Local Credit Card Payment Gateways Enabled";
const NUMBER_MISSING: &str = "Card Number is required for 'CreditCard' or 'RemoteCreditCard' type";
const EXPIRY_MISSING: &str = "Expiry Date is required for 'CreditCard' or 'RemoteCreditCard' type";
const GATEWAY_INVALID: &str = "Invalid Gateway Module Name. Must be one of: ";
const CODE_MISSING: &str = "Routing number is required";
const ACCOUNT_MISSING: &str = "Account number is required";

impl Action for AddPayMethod {
    const NAME: &'static str = "AddPayMethod";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["clientid"];
    const EXAMPLE: &'static str = r#"{"clientid": 1, "type": "CreditCard", "description": "New Card", "card_number": "4242424242424242", "card_expiry": "0428"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_MISSING),
        Exact(CLIENT_INVALID),
        Exact(TYPE_INVALID),
        Exact(GATEWAY_MISSING),
        Exact(NO_GATEWAY),
        Exact(NUMBER_MISSING),
        Exact(EXPIRY_MISSING),
        Exact(EXPIRY_INVALID),
        Exact(START_INVALID),
        Exact(ISSUE_INVALID),
        Prefix { text: GATEWAY_INVALID, code: "invalid_gateway_module_name" },
        Exact(CANNOT_STORE),
        Prefix { text: CREATE_FAILED, code: "gateway_failed" },
        Exact(CODE_MISSING),
        Exact(ACCOUNT_MISSING),
    ];
    type Reply = AddPayMethodReply;

    async fn run(mut self, mut call: Call<'_>) -> Result<AddPayMethodReply> {
        let client = self.clientid.clone().required_or(CLIENT_MISSING, CLIENT_INVALID)?;
        if !store::clients::client::exists(call.db, client).await? {
            return refuse(CLIENT_INVALID);
        }
        let kind = match self.r#type.clone().optional(TYPE_INVALID)? {
            None => PayMethodKind::CreditCard,
            Some(name) => match PayMethodKind::parse(name.trim()) {
                Some(PayMethodKind::RemoteBankAccount) | None => return refuse(TYPE_INVALID),
                Some(kind) => kind,
            },
        };
        let description = std::mem::take(&mut self.description).text("description", TEXT_BYTES)?;
        let is_default = self.set_as_default.is_set();
        let details = match kind {
            PayMethodKind::BankAccount | PayMethodKind::RemoteBankAccount => self.account(&mut call).await?,
            PayMethodKind::CreditCard | PayMethodKind::RemoteCreditCard => self.card(&mut call, kind).await?,
        };
        let added = billing::add_pay_method(call.context(), client, &description, details, is_default).await;
        let id = added.map_err(|error| with_text(error, &Refusal::ClientNotFound, CLIENT_INVALID))?;
        Ok(AddPayMethodReply { clientid: client.to_string(), paymethodid: id.to_string() })
    }
}

impl AddPayMethod {
    async fn card(self, call: &mut Call<'_>, kind: PayMethodKind) -> Result<PayMethodDetails> {
        let named = self.gateway_module_name.text("gateway_module_name", TEXT_BYTES)?;
        if named.is_empty() && kind == PayMethodKind::RemoteCreditCard {
            return refuse(GATEWAY_MISSING);
        }
        let active = store::billing::gateways::active(call.db).await?.into_names();
        let usable = active.iter().find(|name| call.gateways.has(name)).cloned();
        if named.is_empty() && usable.is_none() {
            return refuse(NO_GATEWAY);
        }
        let number = self.card_number.text("card_number", TEXT_BYTES)?;
        if number.trim().is_empty() {
            return refuse(NUMBER_MISSING);
        }
        let expires = month(self.card_expiry, EXPIRY_INVALID)?;
        let expires = expires.ok_or(Error::Refused(EXPIRY_MISSING))?;
        let start = month(self.card_start, START_INVALID)?;
        let issue = issue_number(self.card_issue_number)?.unwrap_or_default();
        let gateway = match named.is_empty() {
            true => usable.unwrap_or_default(),
            false => active_gateway(&named, &active)?,
        };
        let Some(number) = CardNumber::parse(&number) else {
            return refuse("Card number must be at least 13 chars");
        };
        Ok(PayMethodDetails::Card { gateway, number, expires, start, issue })
    }

    async fn account(self, call: &mut Call<'_>) -> Result<PayMethodDetails> {
        let named = self.gateway_module_name.text("gateway_module_name", TEXT_BYTES)?;
        let gateway = match named.is_empty() {
            true => String::new(),
            false => active_gateway(&named, &store::billing::gateways::active(call.db).await?.into_names())?,
        };
        let code = account_detail(self.bank_code, "bank_code")?.ok_or(Error::Refused(CODE_MISSING))?;
        let account = account_detail(self.bank_account, "bank_account")?.ok_or(Error::Refused(ACCOUNT_MISSING))?;
        let bank_name = self.bank_name.text("bank_name", TEXT_BYTES)?;
        let account_type = self.bank_account_type.text("bank_account_type", TEXT_BYTES)?;
        Ok(PayMethodDetails::Account { gateway, bank_name, account_type, code, account })
    }
}

/// Returns the name of an active gateway as it is stored.
fn active_gateway(named: &str, active: &[String]) -> Result<String> {
    match active.iter().find(|name| name.eq_ignore_ascii_case(named.trim())) {
        Some(name) => Ok(name.clone()),
        None => refuse_as("invalid_gateway_module_name", format!("{GATEWAY_INVALID}{}", active.join(", "))),
    }
}
