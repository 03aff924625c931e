//! `GetQuotes`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Listed;
use crate::domain::id::{ClientId, QuoteId};
use crate::domain::money::Money;
use crate::error::Result;
use crate::param::{Param, schema};
use crate::store;
use crate::store::sales::quotes::{ItemRow, QuoteClient, QuoteFilter, QuoteRow};

/// Returns a page of quotes with their items, newest first. A malformed id or day matches no quote.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetQuotes {
    #[serde(flatten)]
    paging: Paging,
    quoteid: Param<QuoteId>,
    /// Only quotes to this client.
    userid: Param<ClientId>,
    /// Only quotes with exactly this subject, in any case.
    subject: Param<String>,
    /// `Draft`, `Delivered`, `On Hold`, `Accepted`, `Lost` or `Dead`.
    stage: Param<String>,
    /// `YYYY-MM-DD`, like the next two.
    #[schemars(with = "schema::Date")]
    datecreated: Param<NaiveDate>,
    #[schemars(with = "schema::Date")]
    lastmodified: Param<NaiveDate>,
    #[schemars(with = "schema::Date")]
    validuntil: Param<NaiveDate>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetQuotesReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    quotes: Quotes,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Quotes {
    quote: Vec<Quote>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Quote {
    id: i64,
    subject: String,
    stage: String,
    validuntil: String,
    /// 0 if it is for somebody who is no client.
    userid: i64,
    /// `null` if it is for somebody who is no client.
    client: Option<Client>,
    /// Like the rest of the name and address, empty if the quote is for a client.
    firstname: String,
    lastname: String,
    companyname: String,
    email: String,
    address1: String,
    address2: String,
    city: String,
    state: String,
    postcode: String,
    country: String,
    phonenumber: String,
    tax_id: String,
    currency: i64,
    subtotal: Money,
    tax1: Money,
    tax2: Money,
    total: Money,
    proposal: String,
    customernotes: String,
    adminnotes: String,
    datecreated: String,
    lastmodified: String,
    datesent: String,
    dateaccepted: String,
    items: Items,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Client {
    id: i64,
    firstname: String,
    lastname: String,
    companyname: String,
    email: String,
    datecreated: String,
    groupid: i64,
    status: String,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Items {
    item: Vec<Item>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Item {
    id: i64,
    description: String,
    quantity: String,
    unitprice: Money,
    /// In percent.
    discount: Money,
    taxable: i64,
}

impl Action for GetQuotes {
    const NAME: &'static str = "GetQuotes";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"userid": 4}"#;
    type Reply = GetQuotesReply;

    async fn run(mut self, call: Call<'_>) -> Result<GetQuotesReply> {
        let page = std::mem::take(&mut self.paging).page();
        let Listed { total, rows } = store::sales::quotes::list(call.db, &self.filter(), page).await?;
        let mut items = store::sales::quotes::items_of_all(call.db, rows.iter().map(|quote| quote.id)).await?;
        let numreturned = rows.len();
        let quote = |quote: QuoteRow| {
            let items = items.remove(&quote.id).unwrap_or_default();
            Quote::new(quote, items)
        };
        let quotes = Quotes { quote: rows.into_iter().map(quote).collect() };
        Ok(GetQuotesReply { totalresults: total, startnumber: page.start, numreturned, quotes })
    }
}

impl GetQuotes {
    fn filter(self) -> QuoteFilter {
        let days = [&self.datecreated, &self.lastmodified, &self.validuntil];
        let is_malformed = days.iter().any(|day| day.is_sent() && matches!(day, Param::Malformed(_)));
        QuoteFilter {
            id: if is_malformed { Some(QuoteId(-1)) } else { self.quoteid.filter() },
            client: self.userid.filter(),
            subject: self.subject.lenient(),
            stage: self.stage.lenient(),
            created_on: self.datecreated.lenient(),
            modified_on: self.lastmodified.lenient(),
            valid_until: self.validuntil.lenient(),
        }
    }
}

impl Quote {
    fn new(quote: QuoteRow, items: Vec<ItemRow>) -> Quote {
        let QuoteRow { person, totals, .. } = quote;
        Quote {
            id: quote.id.0,
            subject: quote.subject,
            stage: quote.stage,
            validuntil: quote.valid_until,
            userid: quote.user,
            client: quote.client.map(Client::from),
            firstname: person.first_name.unwrap_or_default(),
            lastname: person.last_name.unwrap_or_default(),
            companyname: person.company.unwrap_or_default(),
            email: person.email.unwrap_or_default(),
            address1: person.address1.unwrap_or_default(),
            address2: person.address2.unwrap_or_default(),
            city: person.city.unwrap_or_default(),
            state: person.state.unwrap_or_default(),
            postcode: person.postcode.unwrap_or_default(),
            country: person.country.unwrap_or_default(),
            phonenumber: person.phone.unwrap_or_default(),
            tax_id: person.tax_id.unwrap_or_default(),
            currency: quote.currency,
            subtotal: totals.subtotal,
            tax1: totals.tax,
            tax2: totals.tax2,
            total: totals.total,
            proposal: quote.proposal,
            customernotes: quote.customer_notes,
            adminnotes: quote.admin_notes,
            datecreated: quote.created_on,
            lastmodified: quote.modified_on,
            datesent: quote.sent_on,
            dateaccepted: quote.accepted_on,
            items: Items { item: items.into_iter().map(Item::from).collect() },
        }
    }
}

impl From<QuoteClient> for Client {
    fn from(client: QuoteClient) -> Client {
        Client {
            id: client.id,
            firstname: client.first_name,
            lastname: client.last_name,
            companyname: client.company,
            email: client.email,
            datecreated: client.created_on,
            groupid: client.group,
            status: client.status,
        }
    }
}

impl From<ItemRow> for Item {
    fn from(item: ItemRow) -> Item {
        Item {
            id: item.id,
            description: item.description,
            quantity: item.quantity,
            unitprice: item.unit_price,
            discount: item.discount,
            taxable: item.taxable,
        }
    }
}
