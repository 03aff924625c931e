//! Mails, from the operator's templates.
//!
//! An action prepares a [`Letter`] before its first write, because that reads; sets what is only known then; and has it
//! written in its own transaction. It is delivered after that is committed: a call that is rolled back sends nothing.

mod template;

use std::collections::BTreeMap;

use sqlx::MySqlConnection;

use crate::domain::id::ClientId;
use crate::domain::time::Moment;
use crate::domain::topic::Topic;
use crate::error::Result;
use crate::store;
use crate::store::clients::Addressee;
use crate::store::email_templates::Template;
use crate::store::emails::NewEmail;
use crate::store::writer::Writer;

/// The names of WHMCS's templates that actions send.
pub const CLIENT_SIGNUP: &str = "Client Signup Email";
pub const INVOICE_CREATED: &str = "Invoice Created";
pub const INVOICE_PAYMENT_CONFIRMATION: &str = "Invoice Payment Confirmation";
pub const ORDER_CONFIRMATION: &str = "Order Confirmation";
pub const TICKET_OPENED: &str = "Support Ticket Opened";
pub const TICKET_OPENED_BY_STAFF: &str = "Support Ticket Opened by Admin";
pub const TICKET_REPLY: &str = "Support Ticket Reply";

/// A mail about to be written: a template, whom it is for, and what its merge fields stand for.
#[derive(Debug, Clone)]
pub struct Letter {
    template: Template,
    client: Option<ClientId>,
    to: String,
    cc: Vec<String>,
    fields: BTreeMap<String, String>,
}

impl Letter {
    /// Prepares a mail to a client, with copies to those of their contacts who get mails of the template's kind.
    /// `None` where the operator has no such template or disabled it, or the client has no address.
    pub async fn to_client(
        db: &mut MySqlConnection,
        template: &str,
        client: ClientId,
        now: Moment,
    ) -> Result<Option<Letter>> {
        let Some(addressee) = store::clients::addressee(db, client).await? else { return Ok(None) };
        let language = addressee.language.clone();
        let Some(mut letter) = Letter::to_addressee(db, template, addressee, &language, now).await? else {
            return Ok(None);
        };
        letter.client = Some(client);
        letter.cc = store::contacts::addresses(db, client, letter.topic()).await?;
        Ok(Some(letter))
    }

    /// Prepares a mail to somebody who need not be stored yet.
    pub async fn to_addressee(
        db: &mut MySqlConnection,
        template: &str,
        addressee: Addressee,
        language: &str,
        now: Moment,
    ) -> Result<Option<Letter>> {
        let Some(template) = store::email_templates::find(db, template, language).await? else { return Ok(None) };
        if template.is_disabled || addressee.email.is_empty() {
            return Ok(None);
        }
        let company = store::configuration::company(db).await?;
        let to = addressee.email.clone();
        let mut letter = Letter { template, client: None, to, cc: Vec::new(), fields: BTreeMap::new() };
        letter.set("company_name", company.name);
        letter.set("company_domain", company.domain);
        letter.set("whmcs_url", company.system_url);
        letter.set("signature", company.signature);
        letter.set("date", now.local().format("%Y-%m-%d").to_string());
        letter.set("time", now.local().format("%H:%M").to_string());
        letter.set_addressee(addressee);
        Ok(Some(letter))
    }

    /// What it is about, which decides who gets a copy.
    fn topic(&self) -> Topic {
        Topic::parse(&self.template.kind).unwrap_or(Topic::General)
    }

    fn set_addressee(&mut self, addressee: Addressee) {
        self.set("client_name", format!("{} {}", addressee.first_name, addressee.last_name).trim());
        self.set("client_first_name", addressee.first_name);
        self.set("client_last_name", addressee.last_name);
        self.set("client_company_name", addressee.company);
        self.set("client_email", addressee.email);
        self.set("client_address1", addressee.address1);
        self.set("client_address2", addressee.address2);
        self.set("client_city", addressee.city);
        self.set("client_state", addressee.state);
        self.set("client_postcode", addressee.postcode);
        self.set("client_country", addressee.country);
        self.set("client_phonenumber", addressee.phone);
        self.set("client_language", addressee.language);
    }

    /// Says what a merge field stands for: `{$name}` in the template.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    /// Sends copies to these addresses, too, which commas separate.
    pub fn copy_to(&mut self, list: &str) {
        self.cc.extend(addresses(list).map(str::to_owned));
    }

    /// Whom it belongs to, where that was not known when it was prepared.
    pub fn belongs_to(&mut self, client: ClientId) {
        self.client = Some(client);
        self.set("client_id", client.to_string());
    }

    /// Writes it, to be delivered when the transaction is committed.
    pub async fn send(&self, books: &mut Writer<'_>) -> Result<()> {
        let template = &self.template;
        let email = NewEmail {
            client: self.client,
            subject: &template::fill_in(&template.subject, &self.fields, true),
            message: &template::fill_in(&template.message, &self.fields, template.is_plain),
            to: &self.to,
            cc: &join(self.cc.iter().map(String::as_str).chain(addresses(&template.copy_to))),
            bcc: &join(addresses(&template.blind_copy_to)),
            sender_name: &template.sender_name,
            sender_address: &template.sender_address,
            is_plain: template.is_plain,
        };
        Ok(store::emails::add(books, &email).await?)
    }
}

fn addresses(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|address| !address.is_empty())
}

fn join<'a>(addresses: impl Iterator<Item = &'a str>) -> String {
    addresses.collect::<Vec<_>>().join(",")
}
