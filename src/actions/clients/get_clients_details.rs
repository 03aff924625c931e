//! `GetClientsDetails`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::MySqlConnection;

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::clients::country::Country;
use crate::domain::clients::phone;
use crate::domain::clients::preferences::Preferences;
use crate::domain::clients::topic::Topic;
use crate::domain::currency::Currency;
use crate::domain::id::ClientId;
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::time::to_local_format;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::param::Param;
use crate::store;
use crate::store::clients::details::{ClientDetails, DetailedClient};
use crate::store::clients::preferences;
use crate::store::clients::statistics::{ClientStatistics, InvoiceStatistics, ServiceStatistics};
use crate::store::clients::users::User;

/// Returns the details of one client, found by id or e-mail address; of several with the same address, the oldest.
///
/// The details are in `client`, and repeated at the top level for old programs. Passwords are never returned, not even
/// as hashes, and values of custom fields of type password are empty for callers whose roles only read, unless the setting
/// `access.secret_readers` says otherwise. `lastlogin` is the owner's last log-in. In `stats`, amounts of invoices are their totals, except that
/// those of due and overdue invoices are what is left to pay; `expenses` are refunds and gateway fees, and `income` is
/// `grossRevenue` less these. Sign-ups through affiliates are not stored, so their number is 0.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetClientsDetails {
    clientid: Param<ClientId>,
    /// The client's e-mail address, instead of `clientid`.
    email: Param<String>,
    /// Also returns statistics about the client's invoices, services, domains, quotes and tickets.
    stats: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetClientsDetailsReply {
    client: Client,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<Stats>,
    #[serde(flatten)]
    again: Client,
}

#[derive(Debug, Clone, JsonSchema, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the documented fields")]
struct Client {
    client_id: i64,
    owner_user_id: i64,
    userid: i64,
    id: i64,
    uuid: String,
    firstname: String,
    lastname: String,
    fullname: String,
    companyname: String,
    email: String,
    address1: String,
    address2: String,
    city: String,
    fullstate: String,
    state: String,
    postcode: String,
    countrycode: String,
    country: String,
    phonenumber: String,
    tax_id: String,
    email_preferences: EmailPreferences,
    statecode: String,
    countryname: String,
    /// The calling code; 0 if neither the number nor a country determines it.
    phonecc: u32,
    phonenumberformatted: String,
    #[serde(rename = "telephoneNumber")]
    telephone_number: String,
    billingcid: i64,
    notes: String,
    currency: i64,
    defaultgateway: String,
    groupid: i64,
    status: String,
    credit: Money,
    taxexempt: bool,
    latefeeoveride: bool,
    overideduenotices: bool,
    separateinvoices: bool,
    disableautocc: bool,
    emailoptout: bool,
    marketing_emails_opt_in: bool,
    overrideautoclose: bool,
    #[serde(rename = "allowSingleSignOn")]
    allow_single_sign_on: i64,
    email_verified: bool,
    language: String,
    #[serde(rename = "isOptedInToMarketingEmails")]
    is_opted_in_to_marketing_emails: bool,
    lastlogin: String,
    currency_code: String,
    customfields: Vec<CustomField>,
    /// `customfields1` and so on: the values without their ids.
    #[serde(flatten)]
    numbered: Map<String, Value>,
    users: Users,
}

/// A boolean, written as the string `1` or `0`.
#[derive(Debug, Clone, JsonSchema, Serialize)]
struct EmailPreferences {
    general: &'static str,
    invoice: &'static str,
    support: &'static str,
    product: &'static str,
    domain: &'static str,
    affiliate: &'static str,
}

#[derive(Debug, Clone, JsonSchema, Serialize)]
struct CustomField {
    id: i64,
    value: String,
}

#[derive(Debug, Clone, JsonSchema, Serialize)]
struct Users {
    user: Vec<UserItem>,
}

#[derive(Debug, Clone, JsonSchema, Serialize)]
struct UserItem {
    id: i64,
    name: String,
    email: String,
    is_owner: bool,
}

/// Statistics about the client. Amounts are formatted for people: `$2645.80 USD`.
#[derive(Debug, JsonSchema, Serialize)]
struct Stats {
    numdueinvoices: i64,
    dueinvoicesbalance: String,
    incredit: bool,
    creditbalance: String,
    #[serde(rename = "grossRevenue")]
    gross_revenue: String,
    expenses: String,
    income: String,
    numoverdueinvoices: i64,
    overdueinvoicesbalance: String,
    #[serde(rename = "numDraftInvoices")]
    num_draft_invoices: i64,
    #[serde(rename = "draftInvoicesBalance")]
    draft_invoices_balance: String,
    numunpaidinvoices: i64,
    unpaidinvoicesamount: String,
    numpaidinvoices: i64,
    paidinvoicesamount: String,
    numcancelledinvoices: i64,
    cancelledinvoicesamount: String,
    numrefundedinvoices: i64,
    refundedinvoicesamount: String,
    numcollectionsinvoices: i64,
    collectionsinvoicesamount: String,
    numpaymentpendinginvoices: i64,
    paymentpendinginvoicesamount: String,
    productsnumactivehosting: i64,
    productsnumhosting: i64,
    productsnumactivereseller: i64,
    productsnumreseller: i64,
    productsnumactiveservers: i64,
    productsnumservers: i64,
    productsnumactiveother: i64,
    productsnumother: i64,
    productsnumactive: i64,
    productsnumtotal: i64,
    numactivedomains: i64,
    numdomains: i64,
    numacceptedquotes: i64,
    numquotes: i64,
    numtickets: i64,
    numactivetickets: i64,
    numaffiliatesignups: i64,
    #[serde(rename = "isAffiliate")]
    is_affiliate: bool,
}

const NOT_FOUND: &str = "Client Not Found";
const NO_CLIENT: &str = "Either clientid Or email Is Required";

impl Action for GetClientsDetails {
    const NAME: &'static str = "GetClientsDetails";
    const ACCESS: Access = Access::Read;
    const TELLS_SECRETS: bool = true;
    const EXAMPLE: &'static str = r#"{"clientid": 1, "stats": true}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NO_CLIENT), Exact(NOT_FOUND)];
    type Reply = GetClientsDetailsReply;

    async fn run(self, call: Call<'_>) -> Result<GetClientsDetailsReply> {
        let id = find(call.db, self.clientid, self.email).await?;
        let details = store::clients::details::find(call.db, id).await?;
        let mut details = details.ok_or(Error::Refused(NOT_FOUND))?;
        details
            .fields
            .iter_mut()
            .filter(|field| field.is_secret && !call.tells_secrets)
            .for_each(|field| field.value.clear());
        let stats = match self.stats.is_set() {
            true => Some(stats(call.db, &details.client, call.now.date()).await?),
            false => None,
        };
        let client = client(details);
        Ok(GetClientsDetailsReply { client: client.clone(), stats, again: client })
    }
}

async fn find(db: &mut MySqlConnection, client: Param<ClientId>, email: Param<String>) -> Result<ClientId> {
    if client != Param::Absent {
        return client.required(NOT_FOUND);
    }
    let email = email.required_or(NO_CLIENT, NOT_FOUND)?;
    let client = store::clients::client::by_email(db, &email).await?;
    client.ok_or(Error::Refused(NOT_FOUND))
}

fn client(ClientDetails { client: details, fields, users }: ClientDetails) -> Client {
    let country = Country::parse(&details.country);
    let phone = phone::format(&details.phone, country);
    let numbered = (1..).zip(&fields).map(|(number, field)| {
        let name: String = format!("customfields{number}");
        (name, Value::from(field.value.clone()))
    });
    Client {
        client_id: details.id,
        owner_user_id: details.owner,
        userid: details.id,
        id: details.id,
        lastlogin: last_login(&details),
        uuid: details.uuid,
        fullname: full_name(&details.first_name, &details.last_name),
        firstname: details.first_name,
        lastname: details.last_name,
        companyname: details.company,
        email: details.email,
        address1: details.address1,
        address2: details.address2,
        city: details.city,
        fullstate: details.state.clone(),
        statecode: details.state.clone(),
        state: details.state,
        postcode: details.postcode,
        countryname: country.map_or(details.country.clone(), |country| country.name.to_owned()),
        countrycode: details.country.clone(),
        country: details.country,
        phonenumber: details.phone,
        tax_id: details.tax_id,
        email_preferences: EmailPreferences::new(preferences::parse(&details.email_preferences)),
        phonecc: phone.calling_code,
        telephone_number: phone.formatted.clone(),
        phonenumberformatted: phone.formatted,
        billingcid: details.billing_contact,
        notes: details.notes,
        currency: details.currency,
        defaultgateway: details.default_gateway,
        groupid: details.group,
        status: details.status,
        credit: details.credit,
        taxexempt: details.tax_exempt,
        latefeeoveride: details.no_late_fees,
        overideduenotices: details.no_due_notices,
        separateinvoices: details.separate_invoices,
        disableautocc: details.no_automatic_charge,
        emailoptout: details.refuses_marketing,
        marketing_emails_opt_in: details.wants_marketing,
        overrideautoclose: details.no_automatic_close,
        allow_single_sign_on: details.allows_single_sign_on,
        email_verified: details.email_verified,
        language: details.language,
        is_opted_in_to_marketing_emails: details.wants_marketing,
        currency_code: details.currency_code,
        numbered: numbered.collect(),
        customfields: fields.into_iter().map(|field| CustomField { id: field.id, value: field.value }).collect(),
        users: Users { user: users.into_iter().map(UserItem::from).collect() },
    }
}

fn full_name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

fn last_login(details: &DetailedClient) -> String {
    if details.last_login.is_empty() || details.last_login.starts_with("0000") {
        return "No Login Logged".to_owned();
    }
    let date = to_local_format(&details.last_login, &details.date_format);
    let line = |name: &str, value: &str| format!("{name}: {value}").trim_end().to_owned();
    [line("Date", &date), line("IP Address", &details.address), line("Host", &details.host)].join("<br>")
}

impl EmailPreferences {
    fn new(preferences: Preferences) -> EmailPreferences {
        let flag = |topic| if preferences.wants(topic) { "1" } else { "0" };
        EmailPreferences {
            general: flag(Topic::General),
            invoice: flag(Topic::Invoice),
            support: flag(Topic::Support),
            product: flag(Topic::Product),
            domain: flag(Topic::Domain),
            affiliate: flag(Topic::Affiliate),
        }
    }
}

impl From<User> for UserItem {
    fn from(user: User) -> UserItem {
        UserItem {
            id: user.id,
            name: full_name(&user.first_name, &user.last_name),
            email: user.email,
            is_owner: user.is_owner,
        }
    }
}

async fn stats(db: &mut MySqlConnection, client: &DetailedClient, today: chrono::NaiveDate) -> Result<Stats> {
    let id = ClientId(client.id);
    let statistics = store::clients::statistics::read(db, id, today).await?;
    let ClientStatistics { invoices, services, .. } = &statistics;
    let currency = Currency {
        prefix: client.currency_prefix.clone(),
        suffix: client.currency_suffix.clone(),
        format: client.currency_format,
    };
    let amount = |amount: Money| currency.format(amount);
    let in_state = |status: Status| invoices.iter().find(|row: &&InvoiceStatistics| row.status == status.name());
    let count = |status| in_state(status).map_or(0, |row| row.count);
    let total = |status| amount(in_state(status).map_or(Money::ZERO, |row| row.total));
    let unpaid = in_state(Status::Unpaid);
    let of_kind = |kind: &'static str| services.iter().filter(move |row: &&ServiceStatistics| row.kind == kind);
    let all = |kind| of_kind(kind).map(|row| row.count).sum();
    let active = |kind| of_kind(kind).map(|row| row.active).sum();
    Ok(Stats {
        numdueinvoices: count(Status::Unpaid),
        dueinvoicesbalance: amount(unpaid.map_or(Money::ZERO, |row| row.due)),
        incredit: client.credit.is_positive(),
        creditbalance: amount(client.credit),
        gross_revenue: amount(statistics.money_in),
        expenses: amount(statistics.expenses),
        income: amount(statistics.money_in - statistics.expenses),
        numoverdueinvoices: unpaid.map_or(0, |row| row.overdue_count),
        overdueinvoicesbalance: amount(unpaid.map_or(Money::ZERO, |row| row.overdue)),
        num_draft_invoices: count(Status::Draft),
        draft_invoices_balance: total(Status::Draft),
        numunpaidinvoices: count(Status::Unpaid),
        unpaidinvoicesamount: total(Status::Unpaid),
        numpaidinvoices: count(Status::Paid),
        paidinvoicesamount: total(Status::Paid),
        numcancelledinvoices: count(Status::Cancelled),
        cancelledinvoicesamount: total(Status::Cancelled),
        numrefundedinvoices: count(Status::Refunded),
        refundedinvoicesamount: total(Status::Refunded),
        numcollectionsinvoices: count(Status::Collections),
        collectionsinvoicesamount: total(Status::Collections),
        numpaymentpendinginvoices: count(Status::PaymentPending),
        paymentpendinginvoicesamount: total(Status::PaymentPending),
        productsnumactivehosting: active("hostingaccount"),
        productsnumhosting: all("hostingaccount"),
        productsnumactivereseller: active("reselleraccount"),
        productsnumreseller: all("reselleraccount"),
        productsnumactiveservers: active("server"),
        productsnumservers: all("server"),
        productsnumactiveother: active("other"),
        productsnumother: all("other"),
        productsnumactive: services.iter().map(|row| row.active).sum(),
        productsnumtotal: services.iter().map(|row| row.count).sum(),
        numactivedomains: statistics.active_domains,
        numdomains: statistics.domains,
        numacceptedquotes: statistics.accepted_quotes,
        numquotes: statistics.quotes,
        numtickets: statistics.tickets,
        numactivetickets: statistics.active_tickets,
        numaffiliatesignups: 0,
        is_affiliate: statistics.is_affiliate,
    })
}
