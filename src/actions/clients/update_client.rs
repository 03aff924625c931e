//! `UpdateClient`.

use std::mem;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::person::{self, LANGUAGE_BYTES, NO_ADDRESS, NOT_AN_EMAIL, preferences};
use crate::actions::custom_fields;
use crate::actions::words::clients::{
    CLIENT_MUST_RECEIVE_DOMAIN_MAILS, CLIENT_NOT_FOUND, CURRENCY_NOT_FOUND, DUPLICATE_EMAIL, GROUP_NOT_FOUND,
    SEVERAL_CARDS,
};
use crate::actions::words::with_text;
use crate::actions::{Access, Action, Ignored};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::clients::email::Email;
use crate::domain::id::{ClientGroupId, ClientId, CurrencyId};
use crate::error::DocumentedError::{self, Exact, Never};
use crate::error::{Result, refuse_as};
use crate::operations::billing;
use crate::operations::clients::{self, ClientUpdate, Refusal};
use crate::param::{Clearable, Keyed, Nested, Param, ParamValue};
use crate::store;
use crate::store::clients::client::{ClientChanges, LockedClient};

/// Changes the given fields of a client.
///
/// A field that is sent empty or as `null` is emptied, except the first and last name, the e-mail address and the
/// country, which stay as they are. A telephone number is stored as `+CC.number` if it begins with a plus sign and a
/// calling code, and is otherwise reduced to its digits. The users of the client stay unchanged, including their names
/// and addresses, except for the owner's address with `updateowner`. A new `currency` does not convert existing amounts,
/// and a new `status` has no further effects, unlike CloseClient. `clearcreditcard` deletes the card that is stored with
/// the client.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateClient {
    clientid: Param<ClientId>,
    /// The client's current e-mail address, instead of `clientid`.
    clientemail: Param<String>,
    #[serde(flatten)]
    person: person::Parameters,
    currency: Param<CurrencyId>,
    /// The client group's id; 0 for none.
    groupid: Clearable<ClientGroupId>,
    /// Values by the ids of their custom fields: an array, or base64 of a serialized array. Other fields stay
    /// unchanged.
    customfields: Param<Nested>,
    /// The language's full name in lower case, such as `english`.
    language: Clearable<String>,
    /// The network address that the client comes from.
    clientip: Clearable<IpAddr>,
    /// Notes that only staff read.
    notes: Clearable<String>,
    /// `Active`, `Inactive` or `Closed`.
    status: Param<Status>,
    /// The default payment method of the client: the name of a gateway.
    paymentmethod: Clearable<String>,
    /// Flags by `general`, `product`, `domain`, `invoice`, `support` and `affiliate`.
    email_preferences: Param<Keyed<bool>>,
    marketingoptin: Param<bool>,
    clearcreditcard: Param<bool>,
    /// Gives the client's owner the `email` that is sent, too: the owner then logs in with it. An address of another user
    /// is rejected. WHMCS lacks this parameter.
    updateowner: Param<bool>,
    /// Allows required custom fields to be emptied.
    skipvalidation: Param<bool>,
    /// Whether the client is exempt from late fees.
    latefeeoveride: Param<bool>,
    /// Whether the client gets no notices of overdue invoices.
    overideduenotices: Param<bool>,
    taxexempt: Param<bool>,
    separateinvoices: Param<bool>,
    /// Whether the client's cards are not charged automatically.
    disableautocc: Param<bool>,
    /// Whether the client is not closed automatically after inactivity.
    overrideautoclose: Param<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
enum Status {
    Active,
    Inactive,
    Closed,
}

impl ParamValue for Status {
    fn parse(text: &str) -> Option<Self> {
        let all = [Status::Active, Status::Inactive, Status::Closed];
        all.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))
    }
}

impl Status {
    /// Returns the value of `tblclients.status`.
    fn name(self) -> &'static str {
        match self {
            Status::Active => "Active",
            Status::Inactive => "Inactive",
            Status::Closed => "Closed",
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateClientReply {
    /// The client's id, as a string.
    clientid: String,
}

const NO_OWNER: &str = "The client has no owner whose address could be changed";

impl Action for UpdateClient {
    const NAME: &'static str = "UpdateClient";
    const ACCESS: Access = Access::Write;
    const EXAMPLE: &'static str = r#"{"clientid": 1, "city": "Lisbon"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(CLIENT_MUST_RECEIVE_DOMAIN_MAILS),
        Exact(DUPLICATE_EMAIL),
        Exact(NOT_AN_EMAIL),
        Exact(SEVERAL_CARDS),
        Never { text: "Multiple Bank Account Pay Methods Found", reason: "bank accounts are not stored here" },
    ];
    const IGNORED: &'static [Ignored] = &[
        person::IGNORED_CARD,
        Ignored {
            parameters: &["bankcode", "bankacct"],
            reason: "no bank details are stored, and WHMCS has deprecated them",
        },
    ];
    type Reply = UpdateClientReply;

    async fn run(mut self, call: Call<'_>) -> Result<UpdateClientReply> {
        let client = find(call.db, mem::take(&mut self.clientid), mem::take(&mut self.clientemail)).await?;
        let stored = clients::lock_to_update(call.db, client.required(CLIENT_NOT_FOUND)?).await?;
        let default_gateway = mem::take(&mut self.paymentmethod).unless_stored(&stored.client.default_gateway);
        let default_gateway = gateway(call.db, default_gateway).await?;
        let update = self.update(&stored, default_gateway)?;
        let updated = clients::update(call.context(), &stored, update).await;
        updated.map_err(|error| with_text(error, &Refusal::OwnerNotFound, NO_OWNER))?;
        Ok(UpdateClientReply { clientid: stored.client.id.to_string() })
    }
}

impl UpdateClient {
    fn update(self, stored: &LockedClient, default_gateway: Option<String>) -> Result<ClientUpdate> {
        let owner_email = self.owner_email(stored);
        let currency = self.currency.unless_stored(&stored.client.currency.to_string());
        let group = self.groupid.unless_stored(&stored.group.to_string());
        Ok(ClientUpdate {
            preferences: preferences(self.email_preferences)?,
            custom_fields: custom_fields::read(self.customfields)?,
            checks_custom_fields: !self.skipvalidation.is_set(),
            owner_email: owner_email.optional(NOT_AN_EMAIL)?.map(|email| email.as_str().to_owned()),
            forgets_card: self.clearcreditcard.is_set(),
            changes: ClientChanges {
                person: self.person.read(NOT_AN_EMAIL, &stored.person, false)?,
                currency: currency.optional(CURRENCY_NOT_FOUND)?.map(|id| id.0),
                group: group.value(ClientGroupId(0), GROUP_NOT_FOUND)?.map(|id| id.0),
                language: self.language.text("language", LANGUAGE_BYTES)?,
                address: address(self.clientip)?,
                notes: self.notes.text("notes", TEXT_BYTES)?,
                status: status(self.status)?.map(Status::name),
                default_gateway,
                preferences: None,
                wants_marketing: self.marketingoptin.lenient(),
                tax_exempt: self.taxexempt.lenient(),
                no_late_fees: self.latefeeoveride.lenient(),
                no_due_notices: self.overideduenotices.lenient(),
                separate_invoices: self.separateinvoices.lenient(),
                no_automatic_charge: self.disableautocc.lenient(),
                no_automatic_close: self.overrideautoclose.lenient(),
            },
        })
    }

    /// Returns the address that the owner is to have. A malformed one is none if it is the client's, so that whatever was
    /// read can be written back.
    fn owner_email(&self, stored: &LockedClient) -> Param<Email> {
        match self.person.email.clone() {
            _ if !self.updateowner.is_set() => Param::Absent,
            email @ Param::Malformed(_) => email.unless_stored(stored.person.email.as_deref().unwrap_or_default()),
            email => email,
        }
    }
}

/// Finds the client's id by whichever of the two parameters was sent.
async fn find(db: &mut MySqlConnection, client: Param<ClientId>, email: Param<String>) -> Result<Param<ClientId>> {
    match (client, email.lenient()) {
        (client, Some(email)) if !client.is_sent() => {
            Ok(store::clients::client::by_email(db, &email).await?.map_or(Param::Absent, Param::Given))
        }
        (client, _) => Ok(client),
    }
}

fn status(status: Param<Status>) -> Result<Option<Status>> {
    match status {
        Param::Malformed(text) => refuse_as("invalid_status", format!("Invalid status {text}")),
        status => Ok(status.lenient()),
    }
}

fn address(address: Clearable<IpAddr>) -> Result<Option<String>> {
    let address = address.or_by_empty_text();
    match address.is_emptied() {
        true => Ok(Some(String::new())),
        false => Ok(address.optional(NO_ADDRESS)?.map(|address| address.to_string())),
    }
}

/// Returns the name of the gateway, which is empty if the client is to have no default.
async fn gateway(db: &mut MySqlConnection, name: Clearable<String>) -> Result<Option<String>> {
    match name.text("paymentmethod", TEXT_BYTES)? {
        Some(name) if !name.is_empty() => Ok(Some(billing::active_gateway(db, &name).await?.name)),
        name => Ok(name),
    }
}
