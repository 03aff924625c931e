//! `UpdatePayMethod`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::card_params::{
    EXPIRY_INVALID, ISSUE_INVALID, START_INVALID, TEXT_BYTES, account_detail, issue_number, month,
};
use crate::actions::words::payments::{
    CANNOT_UPDATE, CARD_NUMBER_OF_GATEWAY, NOTHING_TO_UPDATE, OF_ANOTHER_CLIENT, PAY_METHOD_INVALID, UPDATE_FAILED,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::billing::{self, PayMethodUpdate};
use crate::param::{Param, Password};

/// Changes a stored card or bank account.
///
/// A card is changed at its payment gateway first, which must be one of this server's `[gateways]`. Its number cannot be
/// changed: store it as a new one.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdatePayMethod {
    clientid: Param<ClientId>,
    paymethodid: Param<u32>,
    /// Rejected for cards that a gateway has stored.
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
    /// Makes it the client's default.
    set_as_default: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdatePayMethodReply {
    clientid: String,
    paymethodid: String,
}

const ID_MISSING: &str = "Pay Method ID is Required";
const CLIENT_MISSING: &str = "Client ID is Required";

impl Action for UpdatePayMethod {
    const NAME: &'static str = "UpdatePayMethod";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["clientid", "paymethodid"];
    const EXAMPLE: &'static str = r#"{"clientid": 2, "paymethodid": 1, "card_expiry": "1029"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(ID_MISSING),
        Exact(CLIENT_MISSING),
        Exact(PAY_METHOD_INVALID),
        Exact(OF_ANOTHER_CLIENT),
        Exact(CANNOT_UPDATE),
        Exact(NOTHING_TO_UPDATE),
        Exact(CARD_NUMBER_OF_GATEWAY),
        Exact(EXPIRY_INVALID),
        Exact(START_INVALID),
        Exact(ISSUE_INVALID),
        Prefix { text: UPDATE_FAILED, code: "gateway_failed" },
    ];
    type Reply = UpdatePayMethodReply;

    async fn run(self, call: Call<'_>) -> Result<UpdatePayMethodReply> {
        let id = i64::from(self.paymethodid.required_or(ID_MISSING, PAY_METHOD_INVALID)?);
        let client = self.clientid.required(CLIENT_MISSING)?;
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let update = PayMethodUpdate {
            has_card_number: self.card_number.is_sent(),
            expires: month(self.card_expiry, EXPIRY_INVALID)?,
            start: month(self.card_start, START_INVALID)?,
            issue: issue_number(self.card_issue_number)?,
            bank_name: some(self.bank_name.text("bank_name", TEXT_BYTES)?),
            account_type: some(self.bank_account_type.text("bank_account_type", TEXT_BYTES)?),
            code: account_detail(self.bank_code, "bank_code")?,
            account: account_detail(self.bank_account, "bank_account")?,
            is_default: self.set_as_default.is_set(),
        };
        billing::update_pay_method(call.context(), client, id, update).await?;
        Ok(UpdatePayMethodReply { clientid: client.to_string(), paymethodid: id.to_string() })
    }
}
