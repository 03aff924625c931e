//! `UpdateClient`.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::add_client::{LANGUAGE_BYTES, NO_ADDRESS, known_currency, known_group};
use super::person::{self, PhoneNumber, preferences, text};
use crate::actions::billing::add_credit::locked_client;
use crate::actions::custom_fields::Sent;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::domain::preferences::Preferences;
use crate::domain::topic::Topic;
use crate::error::{Result, refuse, refuse_as};
use crate::param::{Keyed, Nested, Param, Value};
use crate::store;
use crate::store::clients::client::Changes;
use crate::store::clients::custom_fields::Kind;

/// Changes a client: what is named, and nothing else. What is empty is left as it is.
///
/// The users of the client stay as they are, names and addresses included. Of a telephone number, the digits are kept.
/// Another `currency` converts no amount that is there already, and `status` sets nothing else off, as CloseClient
/// does. Card and bank details are ignored, as everywhere; `clearcreditcard` forgets the one card that is kept.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateClient {
    clientid: Param<ClientId>,
    /// The client's present e-mail address, instead of `clientid`.
    clientemail: Param<String>,
    #[serde(flatten)]
    person: person::Parameters,
    currency: Param<u32>,
    /// 0 for none.
    groupid: Param<u32>,
    /// Values by the ids of their fields: an array, or base64 of a serialized one. Fields that are not named stay.
    customfields: Param<Nested>,
    /// The full name, in lower case: `english`.
    language: Param<String>,
    /// Where the client comes from.
    clientip: Param<IpAddr>,
    /// For staff only.
    notes: Param<String>,
    /// `Active`, `Inactive` or `Closed`.
    status: Param<Status>,
    /// The gateway they pay with unless told otherwise.
    paymentmethod: Param<String>,
    /// Flags by `general`, `product`, `domain`, `invoice`, `support` and `affiliate`.
    email_preferences: Param<Keyed<bool>>,
    marketingoptin: Param<bool>,
    clearcreditcard: Param<bool>,
    /// Allows a required custom field to be emptied, and takes the digits of whatever is sent as a telephone number.
    skipvalidation: Param<bool>,
    /// Set, no late fees are charged.
    latefeeoveride: Param<bool>,
    /// Set, no notices of overdue invoices are sent.
    overideduenotices: Param<bool>,
    taxexempt: Param<bool>,
    separateinvoices: Param<bool>,
    /// Set, cards are not charged automatically.
    disableautocc: Param<bool>,
    /// Set, the client is not closed for want of activity.
    overrideautoclose: Param<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
enum Status {
    Active,
    Inactive,
    Closed,
}

impl Value for Status {
    fn parse(text: &str) -> Option<Self> {
        let all = [Status::Active, Status::Inactive, Status::Closed];
        all.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))
    }
}

impl Status {
    /// As `tblclients.status` spells it.
    fn name(self) -> &'static str {
        match self {
            Status::Active => "Active",
            Status::Inactive => "Inactive",
            Status::Closed => "Closed",
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    /// As text.
    clientid: String,
}

pub const DUPLICATE_EMAIL: &str = "Duplicate Email Address";
pub const NOT_AN_EMAIL: &str = "The email address entered is not valid";
const NO_DOMAIN_MAILS: &str = "You must have at least one email address enabled to receive domain related \
     notifications as required by ICANN. To disable domain notifications, please create an alternative contact \
     that is set to receive them";

impl Action for UpdateClient {
    const NAME: &'static str = "UpdateClient";
    const ACCESS: Access = Access::Write;
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let client = find(call.db, self.clientid, self.clientemail).await?;
        let client = locked_client(call.db, client).await?.id;
        let preferences = changed_preferences(call.db, client, self.email_preferences).await?;
        let is_strict = !self.skipvalidation.is_set();
        let fields = store::clients::custom_fields::fields(call.db, Kind::Client, 0).await?;
        let sent = Sent::read(self.customfields)?;
        if let Some(field) = sent.emptied(&fields).filter(|_| is_strict) {
            return refuse_as(
                "custom_field_required",
                format!("You did not provide required custom field value for {}", field.name),
            );
        }
        let changes = Changes {
            person: self.person.read(NOT_AN_EMAIL, PhoneNumber::Digits, is_strict)?,
            currency: known_currency(call.db, self.currency).await?,
            group: known_group(call.db, self.groupid).await?,
            language: text(self.language, "language", LANGUAGE_BYTES)?,
            address: self.clientip.optional(NO_ADDRESS)?.map(|address| address.to_string()),
            notes: text(self.notes, "notes", TEXT_BYTES)?,
            status: status(self.status)?.map(Status::name),
            default_gateway: gateway(call.db, self.paymentmethod).await?,
            preferences,
            wants_marketing: self.marketingoptin.lenient(),
            tax_exempt: self.taxexempt.lenient(),
            no_late_fees: self.latefeeoveride.lenient(),
            no_due_notices: self.overideduenotices.lenient(),
            separate_invoices: self.separateinvoices.lenient(),
            no_automatic_charge: self.disableautocc.lenient(),
            no_automatic_close: self.overrideautoclose.lenient(),
        };
        let forgets_card = self.clearcreditcard.is_set();
        if forgets_card && store::billing::cards::count(call.db, client).await? > 1 {
            return refuse("Multiple Credit Card Pay Methods Found");
        }

        let mut books = call.write(Subject::Client(client)).await?;
        if let Some(email) = &changes.person.email {
            books.also(Subject::address(email)).await?;
        }
        if !store::clients::client::update(&mut books, client, &changes).await? {
            return refuse(DUPLICATE_EMAIL);
        }
        sent.write(&mut books, &fields, client.0).await?;
        if forgets_card {
            store::billing::cards::forget(&mut books, client).await?;
        }
        store::system::activity::log(&mut books, Some(client), &format!("Modified Client - Client ID: {client}"))
            .await?;
        Ok(Reply { clientid: client.to_string() })
    }
}

/// The client's id, by whichever of the two was sent.
async fn find(db: &mut MySqlConnection, client: Param<ClientId>, email: Param<String>) -> Result<Param<ClientId>> {
    match (client, email.lenient()) {
        (Param::Absent, Some(email)) => {
            Ok(store::clients::client::by_email(db, &email).await?.map_or(Param::Absent, Param::Given))
        }
        (client, _) => Ok(client),
    }
}

/// The client's preferences as they will be, if any was sent. Somebody must get the mails about domains.
async fn changed_preferences(
    db: &mut MySqlConnection,
    client: ClientId,
    sent: Param<Keyed<bool>>,
) -> Result<Option<Preferences>> {
    let sent = preferences(sent)?;
    if sent.is_empty() {
        return Ok(None);
    }
    if sent.contains(&(Topic::Domain, false)) && !store::clients::contacts::gets_domain_mails(db, client, 0).await? {
        return refuse(NO_DOMAIN_MAILS);
    }
    let stored = store::clients::client::preferences(db, client).await?;
    Ok(Some(sent.into_iter().fold(stored, |all, (topic, wanted)| all.with(topic, wanted))))
}

fn status(status: Param<Status>) -> Result<Option<Status>> {
    match status {
        Param::Malformed(text) => refuse_as("invalid_status", format!("Invalid status {text}")),
        status => Ok(status.lenient()),
    }
}

async fn gateway(db: &mut MySqlConnection, name: Param<String>) -> Result<Option<String>> {
    let Some(name) = name.lenient() else { return Ok(None) };
    let gateways = store::billing::gateways::active(db).await?;
    if gateways.find(&name).is_none() {
        return refuse_as("invalid_payment_method", gateways.refusal());
    }
    Ok(Some(name))
}
