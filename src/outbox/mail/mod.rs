//! Mails, from the operator's templates.
//!
//! An action prepares a [`MailDraft`] before its first write, because preparing reads; sets the fields that are only known
//! later; and stores the mail in its own transaction. It is delivered after the commit: a call that is rolled back
//! sends nothing.

pub mod delivery;
mod html;
mod invoice;
mod quote;
mod smtp;
mod template;

use sqlx::MySqlConnection;

use crate::config::Links;
use crate::database::TEXT_BYTES;
use crate::database::writer::Writer;
use crate::domain::clients::topic::Topic;
use crate::domain::entities::floor_boundary;
use crate::domain::id::ClientId;
use crate::domain::time::{Moment, to_local_format};
use crate::fault::Result;
use crate::store;
use crate::store::clients::client::Addressee;
use crate::store::system::email_templates::Template;
use crate::store::system::emails::{HIDDEN_TOKEN, NewEmail};

pub use invoice::{Invoice, InvoiceMail, invoice_fields};
pub use quote::quote_mail;
use template::{Field, Fields, Form};

/// The names of WHMCS's templates that actions send.
pub const CARD_PAYMENT_CONFIRMATION: &str = "Credit Card Payment Confirmation";
pub const CARD_PAYMENT_FAILED: &str = "Credit Card Payment Failed";
pub const CARD_PAYMENT_PENDING: &str = "Credit Card Payment Pending";
pub const CLIENT_SIGNUP: &str = "Client Signup Email";
pub const DOMAIN_TRANSFER_COMPLETED: &str = "Domain Transfer Completed";
pub const INVOICE_CREATED: &str = "Invoice Created";
pub const INVOICE_PAYMENT_CONFIRMATION: &str = "Invoice Payment Confirmation";
pub const INVOICE_PAYMENT_REMINDER: &str = "Invoice Payment Reminder";
pub const FIRST_OVERDUE_NOTICE: &str = "First Invoice Overdue Notice";
pub const SECOND_OVERDUE_NOTICE: &str = "Second Invoice Overdue Notice";
pub const THIRD_OVERDUE_NOTICE: &str = "Third Invoice Overdue Notice";
pub const ORDER_CONFIRMATION: &str = "Order Confirmation";
pub const QUOTE_ACCEPTED: &str = "Quote Accepted";
pub const QUOTE_DELIVERY: &str = "Quote Delivery with PDF";
pub const SERVICE_SUSPENDED: &str = "Service Suspension Notification";
pub const SERVICE_UNSUSPENDED: &str = "Service Unsuspension Notification";
pub const TICKET_OPENED: &str = "Support Ticket Opened";
pub const TICKET_OPENED_BY_STAFF: &str = "Support Ticket Opened by Admin";
pub const TICKET_REPLY: &str = "Support Ticket Reply";
pub const PASSWORD_RESET: &str = "Password Reset Validation";
pub const ACCOUNT_INVITATION: &str = "Account Access Invitation";

/// A mail to be stored: a template, recipients, and the values of merge fields.
#[derive(Debug, Clone)]
pub struct MailDraft {
    template: Template,
    client: Option<ClientId>,
    to: String,
    cc: Vec<String>,
    fields: Fields,
    /// The operator's date format.
    date_format: String,
    /// A secret of the recipient; empty for none.
    token: String,
    /// Where answers go; empty for the sender.
    reply_to: String,
}

impl MailDraft {
    /// Prepares a mail to a client, with copies to those of their contacts who get mails of the template's kind; only
    /// to these if the client has disabled the kind. Returns `None` if nobody gets it, the template does not exist or
    /// is disabled, or the client has no address.
    pub async fn to_client(
        db: &mut MySqlConnection,
        template: &str,
        client: ClientId,
        now: Moment,
    ) -> Result<Option<MailDraft>> {
        let Some(addressee) = store::clients::client::addressee(db, client).await? else { return Ok(None) };
        let Some(template) = store::system::email_templates::find(db, template, &addressee.language).await? else {
            return Ok(None);
        };
        MailDraft::to_client_from_template(db, template, client, addressee, now).await
    }

    /// Prepares a mail to a client who need not be stored yet.
    pub async fn to_addressee(
        db: &mut MySqlConnection,
        template: &str,
        addressee: Addressee,
        language: &str,
        now: Moment,
    ) -> Result<Option<MailDraft>> {
        let Some(template) = store::system::email_templates::find(db, template, language).await? else {
            return Ok(None);
        };
        MailDraft::to_addressee_from_template(db, template, addressee, now).await
    }

    /// As [`MailDraft::to_client`], from a template that need not be stored.
    pub async fn to_client_from_template(
        db: &mut MySqlConnection,
        template: Template,
        client: ClientId,
        addressee: Addressee,
        now: Moment,
    ) -> Result<Option<MailDraft>> {
        let Some(mut draft) = MailDraft::to_addressee_from_template(db, template, addressee, now).await? else {
            return Ok(None);
        };
        draft.set_client(client);
        let contacts = store::clients::contacts::addresses(db, client, draft.topic()).await?;
        match store::clients::client::preferences(db, client).await?.wants(draft.topic()) {
            true => draft.cc = contacts,
            false => draft.to = join(contacts.iter().map(String::as_str)),
        }
        Ok(Some(draft).filter(|draft| !draft.to.is_empty()))
    }

    /// As [`MailDraft::to_addressee`], from a template that need not be stored.
    pub async fn to_addressee_from_template(
        db: &mut MySqlConnection,
        template: Template,
        addressee: Addressee,
        now: Moment,
    ) -> Result<Option<MailDraft>> {
        if template.is_disabled || addressee.email.is_empty() {
            return Ok(None);
        }
        let mut draft = MailDraft::with_company_fields(db, template, addressee.email.clone(), now).await?;
        draft.set_addressee(addressee);
        Ok(Some(draft))
    }

    /// Prepares a mail to staff, at these comma-separated addresses.
    pub async fn to_staff(db: &mut MySqlConnection, template: Template, to: String, now: Moment) -> Result<MailDraft> {
        let mut draft = MailDraft::with_company_fields(db, template, to, now).await?;
        let url = format!("{}admin/", draft.text("whmcs_url"));
        draft.set_html("whmcs_admin_link", html::link(&url));
        draft.set("whmcs_admin_url", url);
        Ok(draft)
    }

    /// Creates a mail with the merge fields that all mails have.
    async fn with_company_fields(
        db: &mut MySqlConnection,
        template: Template,
        to: String,
        now: Moment,
    ) -> Result<MailDraft> {
        let company = store::system::configuration::company(db).await?;
        let date_format = company.date_format;
        let mut draft = MailDraft {
            template,
            client: None,
            to,
            cc: Vec::new(),
            fields: Fields::new(),
            date_format,
            token: String::new(),
            reply_to: String::new(),
        };
        draft.set_html("whmcs_link", html::link(&company.system_url));
        draft.set("company_name", company.name);
        draft.set("company_domain", company.domain);
        draft.set("whmcs_url", company.system_url);
        draft.set("signature", company.signature);
        draft.set_date("date", &now.date().to_string());
        draft.set("time", now.local().format("%H:%M").to_string());
        Ok(draft)
    }

    /// The topic, which decides who gets a copy.
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

    /// As [`MailDraft::set`], for a stored date or time.
    pub fn set_date(&mut self, name: &str, stored: &str) {
        self.set(name, to_local_format(stored, &self.date_format));
    }

    /// Sets the merge fields of what the mail is about, as [`merge_fields`] reads them.
    ///
    /// [`merge_fields`]: crate::store::system::merge_fields
    pub fn set_related(&mut self, fields: &[(String, String)]) {
        for (name, value) in fields {
            match name.as_str() {
                name if is_date(name) => self.set_date(name, value),
                name if name.ends_with("_password") => self.set_verbatim(name, value),
                name => self.set(name, value),
            }
        }
    }

    /// Sets the value of a merge field, `{$name}` in the template.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.fields.insert(name.to_owned(), Field::Text(bounded(value.into())));
    }

    /// As [`MailDraft::set`], for a text that is never stored with HTML entities, such as a password.
    pub fn set_verbatim(&mut self, name: &str, value: impl Into<String>) {
        self.fields.insert(name.to_owned(), Field::Verbatim(bounded(value.into())));
    }

    /// As [`MailDraft::set`], for a value in HTML, which must contain no unescaped text.
    pub fn set_html(&mut self, name: &str, value: impl Into<String>) {
        self.fields.insert(name.to_owned(), Field::Html(bounded(value.into())));
    }

    /// Gives the mail a secret of its recipient, such as the token of a link, which is nowhere stored with the message. The
    /// result stands for it in merge fields. A mail has one secret at most.
    pub fn hide(&mut self, token: String) -> &'static str {
        self.token = token;
        HIDDEN_TOKEN
    }

    /// The address of the client area, which ends with a slash or is empty.
    pub fn system_url(&self) -> String {
        self.text("whmcs_url").to_owned()
    }

    /// The value of a merge field; empty if it is unset.
    fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", Field::value)
    }

    /// Adds these comma-separated addresses as recipients of copies.
    pub fn copy_to(&mut self, list: &str) {
        self.cc.extend(addresses(list).map(str::to_owned));
    }

    /// Has answers go to this address, unless the template names a sender, who gets them then.
    pub fn set_reply_to(&mut self, address: &str) {
        if self.template.sender_address.is_empty() {
            address.trim().clone_into(&mut self.reply_to);
        }
    }

    /// Sets the client, if that was not known when the mail was prepared.
    pub fn set_client(&mut self, client: ClientId) {
        self.client = Some(client);
        self.set("client_id", client.to_string());
    }

    /// Sets the link to the ticket whose other fields are set.
    pub fn set_ticket_link(&mut self, links: &Links) {
        let (url, number, code) = (self.text("whmcs_url"), self.text("ticket_id"), self.text("ticket_code"));
        let url = links.ticket(url, number, code);
        self.set_html("ticket_link", html::link(&url));
        self.set("ticket_url", url);
    }

    /// The subject as it is stored. Lists and plans show it, so that it has no passwords.
    pub fn subject(&self) -> String {
        let mut fields = self.fields.clone();
        fields.retain(|_, field| !matches!(field, Field::Verbatim(_)));
        template::render(&self.template.subject, &fields, Form::StoredText)
    }

    /// Whether the message is neither empty nor too long to store.
    pub fn has_valid_message(&self) -> bool {
        let message = self.message();
        !message.trim().is_empty() && message.len() <= TEXT_BYTES
    }

    fn message(&self) -> String {
        let form = if self.template.is_plain { Form::StoredText } else { Form::Html };
        template::render(&self.template.message, &self.fields, form)
    }

    /// Stores the mail, to be delivered after the transaction has been committed. Oversized texts are cut: a mail must
    /// not make a call fail.
    pub async fn send(&self, tx: &mut Writer<'_>) -> Result<()> {
        let template = &self.template;
        let (subject, message) = (self.subject(), self.message());
        let email = NewEmail {
            client: self.client,
            subject: cut(&subject),
            message: cut(&message),
            to: &self.to,
            cc: &join(self.cc.iter().map(String::as_str).chain(addresses(&template.copy_to))),
            bcc: &join(addresses(&template.blind_copy_to)),
            sender_name: &template.sender_name,
            sender_address: &template.sender_address,
            reply_to: &self.reply_to,
            is_plain: template.is_plain,
            token: &self.token,
        };
        Ok(store::system::emails::add(tx, &email).await?)
    }
}

/// Whether a merge field is a stored date or time.
fn is_date(name: &str) -> bool {
    name.ends_with("_date") || name == "ticket_date_opened"
}

/// Cuts an oversized value to just above the limit, so that the mail is still recognized as too long.
fn bounded(mut value: String) -> String {
    value.truncate(value.ceil_char_boundary(TEXT_BYTES + 1));
    value
}

/// Cuts a text to the length of its column.
fn cut(text: &str) -> &str {
    &text[..floor_boundary(text, TEXT_BYTES)]
}

fn addresses(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|address| !address.is_empty())
}

fn join<'a>(addresses: impl Iterator<Item = &'a str>) -> String {
    addresses.collect::<Vec<_>>().join(",")
}
