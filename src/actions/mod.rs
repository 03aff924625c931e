//! **The catalogue** of actions, and the trait it lists.
//!
//! An action is one file: its parameters, its reply, what it does. Adding one means adding the file and its two lines
//! here; dispatch and permissions follow from the catalogue.

mod paging;
mod product_list;

mod custom_fields;
mod words;

pub mod billing {
    pub mod add_billable_item;
    pub mod add_credit;
    pub mod add_credit_api;
    pub mod add_invoice_payment;
    pub mod add_transaction;
    pub mod apply_credit;
    pub mod create_invoice;
    pub mod get_credits;
    pub mod get_invoice;
    pub mod get_invoices;
    pub mod get_transactions;
    pub mod payment_data;
    pub mod update_invoice;
}

pub mod clients {
    pub mod add_client;
    pub mod add_client_note;
    pub mod add_contact;
    pub mod close_client;
    pub mod delete_client;
    pub mod delete_contact;
    pub mod get_client_groups;
    pub mod get_clients;
    pub mod get_clients_details;
    pub mod get_contacts;
    pub mod get_emails;
    pub mod person;
    pub mod update_client;
    pub mod update_contact;
    pub mod validate_login;
}

pub mod orders {
    pub mod accept_order;
    pub mod add_order;
    pub mod add_promo_code;
    pub mod cancel_order;
    pub mod delete_order;
    pub mod fraud_order;
    pub mod get_order_statuses;
    pub mod get_orders;
    pub mod get_products;
    pub mod get_promotions;
    pub mod pending_order;
}

pub mod products {
    pub mod add_product;
    pub mod get_products_active;
    pub mod get_products_groups;
}

pub mod services {
    pub mod get_clients_addons;
    pub mod get_clients_domains;
    pub mod get_clients_products;
    pub mod module_change_package;
    pub mod module_change_pw;
    pub mod module_command;
    pub mod module_create;
    pub mod module_suspend;
    pub mod module_terminate;
    pub mod module_unsuspend;
    pub mod update_client_product;
}

pub mod support {
    pub mod add_ticket_note;
    pub mod add_ticket_reply;
    pub mod get_support_departments;
    pub mod get_ticket;
    pub mod get_ticket_counts;
    pub mod get_tickets;
    pub mod letter;
    pub mod message;
    pub mod open_ticket;
    pub mod sender;
    pub mod shown;
    pub mod update_ticket;
    pub mod which;
}

pub mod system {
    pub mod get_activity_log;
    pub mod get_admin_details;
    pub mod get_currencies;
    pub mod get_email_templates;
    pub mod get_payment_methods;
    pub mod get_stats;
    pub mod log_activity;
    pub mod send_admin_email;
    pub mod send_email;
    pub mod whmcs_details;
}

/// Every action this server answers.
pub static CATALOGUE: &[Entry] = &[
    Entry::of::<billing::add_billable_item::AddBillableItem>("billing"),
    Entry::of::<billing::add_credit::AddCredit>("billing"),
    Entry::of::<billing::add_credit_api::AddCreditApi>("billing"),
    Entry::of::<billing::add_invoice_payment::AddInvoicePayment>("billing"),
    Entry::of::<billing::add_transaction::AddTransaction>("billing"),
    Entry::of::<billing::apply_credit::ApplyCredit>("billing"),
    Entry::of::<billing::create_invoice::CreateInvoice>("billing"),
    Entry::of::<billing::get_credits::GetCredits>("billing"),
    Entry::of::<billing::get_invoice::GetInvoice>("billing"),
    Entry::of::<billing::get_invoices::GetInvoices>("billing"),
    Entry::of::<billing::get_transactions::GetTransactions>("billing"),
    Entry::of::<billing::payment_data::PaymentData>("billing"),
    Entry::of::<billing::update_invoice::UpdateInvoice>("billing"),
    Entry::of::<clients::add_client::AddClient>("clients"),
    Entry::of::<clients::add_client_note::AddClientNote>("clients"),
    Entry::of::<clients::add_contact::AddContact>("clients"),
    Entry::of::<clients::close_client::CloseClient>("clients"),
    Entry::of::<clients::delete_client::DeleteClient>("clients"),
    Entry::of::<clients::delete_contact::DeleteContact>("clients"),
    Entry::of::<clients::get_client_groups::GetClientGroups>("clients"),
    Entry::of::<clients::get_clients::GetClients>("clients"),
    Entry::of::<clients::get_clients_details::GetClientsDetails>("clients"),
    Entry::of::<clients::get_contacts::GetContacts>("clients"),
    Entry::of::<clients::get_emails::GetEmails>("clients"),
    Entry::of::<clients::update_client::UpdateClient>("clients"),
    Entry::of::<clients::update_contact::UpdateContact>("clients"),
    Entry::of::<clients::validate_login::ValidateLogin>("clients"),
    Entry::of::<orders::accept_order::AcceptOrder>("orders"),
    Entry::of::<orders::add_order::AddOrder>("orders"),
    Entry::of::<orders::add_promo_code::AddPromoCode>("orders"),
    Entry::of::<orders::cancel_order::CancelOrder>("orders"),
    Entry::of::<orders::delete_order::DeleteOrder>("orders"),
    Entry::of::<orders::fraud_order::FraudOrder>("orders"),
    Entry::of::<orders::get_order_statuses::GetOrderStatuses>("orders"),
    Entry::of::<orders::get_orders::GetOrders>("orders"),
    Entry::of::<orders::get_products::GetProducts>("orders"),
    Entry::of::<orders::get_promotions::GetPromotions>("orders"),
    Entry::of::<orders::pending_order::PendingOrder>("orders"),
    Entry::of::<products::add_product::AddProduct>("products"),
    Entry::of::<products::get_products_active::GetProductsActive>("products"),
    Entry::of::<products::get_products_groups::GetProductsGroups>("products"),
    Entry::of::<services::get_clients_addons::GetClientsAddons>("services"),
    Entry::of::<services::get_clients_domains::GetClientsDomains>("services"),
    Entry::of::<services::get_clients_products::GetClientsProducts>("services"),
    Entry::of::<services::module_change_package::ModuleChangePackage>("services"),
    Entry::of::<services::module_change_pw::ModuleChangePw>("services"),
    Entry::of::<services::module_create::ModuleCreate>("services"),
    Entry::of::<services::module_suspend::ModuleSuspend>("services"),
    Entry::of::<services::module_terminate::ModuleTerminate>("services"),
    Entry::of::<services::module_unsuspend::ModuleUnsuspend>("services"),
    Entry::of::<services::update_client_product::UpdateClientProduct>("services"),
    Entry::of::<support::add_ticket_note::AddTicketNote>("support"),
    Entry::of::<support::add_ticket_reply::AddTicketReply>("support"),
    Entry::of::<support::get_support_departments::GetSupportDepartments>("support"),
    Entry::of::<support::get_ticket::GetTicket>("support"),
    Entry::of::<support::get_ticket_counts::GetTicketCounts>("support"),
    Entry::of::<support::get_tickets::GetTickets>("support"),
    Entry::of::<support::open_ticket::OpenTicket>("support"),
    Entry::of::<support::update_ticket::UpdateTicket>("support"),
    Entry::of::<system::get_activity_log::GetActivityLog>("system"),
    Entry::of::<system::get_admin_details::GetAdminDetails>("system"),
    Entry::of::<system::get_currencies::GetCurrencies>("system"),
    Entry::of::<system::get_email_templates::GetEmailTemplates>("system"),
    Entry::of::<system::get_payment_methods::GetPaymentMethods>("system"),
    Entry::of::<system::get_stats::GetStats>("system"),
    Entry::of::<system::log_activity::LogActivity>("system"),
    Entry::of::<system::send_admin_email::SendAdminEmail>("system"),
    Entry::of::<system::send_email::SendEmail>("system"),
    Entry::of::<system::whmcs_details::WhmcsDetails>("system"),
];

use std::pin::Pin;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
pub use crate::database::Access;
use crate::error::{Error, Result};
use crate::wire::{Encoded, Encoder, Parameters};

/// One action of the API. The type itself holds the parameters, whose documentation is that of the fields; from both, the
/// API's description is made.
pub trait Action: DeserializeOwned + JsonSchema + Send + 'static {
    /// As documented; clients may write it in any case.
    const NAME: &'static str;
    /// One that reads has no transaction; one that writes runs whole in one, and again from the start when the database rolled
    /// that back.
    const ACCESS: Access;
    /// Whether it has modules do something once it is committed, and answers with what they say.
    const ASKS_MODULES: bool = false;
    /// Whether it hashes a password: then it waits for its turn before it has a database connection.
    const HASHES: bool = false;
    /// Whether WHMCS has it too.
    const IS_DOCUMENTED: bool = true;
    /// The parameters without which it is refused.
    const REQUIRED: &[&str] = &[];
    type Reply: Serialize + JsonSchema + Send;

    /// Does it. Checks come in the order of the documented errors, and all reading comes before the first write.
    fn run(self, call: Call<'_>) -> impl Future<Output = Result<Self::Reply>> + Send;
}

type Run =
    for<'c> fn(&'c Parameters, &'c Encoder, Call<'c>) -> Pin<Box<dyn Future<Output = Result<Encoded>> + Send + 'c>>;

/// An action in the catalogue.
pub struct Entry {
    pub name: &'static str,
    /// The group that the documentation lists it in, in lower case: the name of its folder.
    pub group: &'static str,
    pub access: Access,
    /// Whether WHMCS has it too.
    pub is_documented: bool,
    /// The parameters without which it is refused.
    pub required: &'static [&'static str],
    pub(crate) asks_modules: bool,
    pub(crate) hashes: bool,
    /// Decodes the parameters, runs the action and encodes its reply.
    pub(crate) run: Run,
    /// What it takes, and what it replies.
    pub(crate) request: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) reply: fn(&mut SchemaGenerator) -> Schema,
}

impl Entry {
    const fn of<A: Action>(group: &'static str) -> Entry {
        Entry {
            name: A::NAME,
            group,
            access: A::ACCESS,
            is_documented: A::IS_DOCUMENTED,
            required: A::REQUIRED,
            asks_modules: A::ASKS_MODULES,
            hashes: A::HASHES,
            run: |parameters, encoder, call| Box::pin(run::<A>(parameters, encoder, call)),
            request: SchemaGenerator::root_schema_for::<A>,
            reply: SchemaGenerator::root_schema_for::<A::Reply>,
        }
    }

    /// `whmcs`, or `addition` for what WHMCS lacks.
    pub fn origin(&self) -> &'static str {
        if self.is_documented { "whmcs" } else { "addition" }
    }

    /// The action of this name, in any case.
    pub fn find(name: &str) -> Option<&'static Entry> {
        CATALOGUE.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
    }
}

async fn run<A: Action>(parameters: &Parameters, encoder: &Encoder, call: Call<'_>) -> Result<Encoded> {
    let not_decoded = |error| Error::Internal(format!("decoding {}: {error}", A::NAME).into());
    let action = A::deserialize(&parameters.values).map_err(not_decoded)?;
    let reply = action.run(call).await?;
    let not_encoded = |error| Error::Internal(format!("encoding the reply of {}: {error}", A::NAME).into());
    encoder.success(reply).map_err(not_encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_in_any_case() {
        for (index, entry) in CATALOGUE.iter().enumerate() {
            assert!(Entry::find(&entry.name.to_uppercase()).is_some());
            assert!(
                CATALOGUE[..index].iter().all(|earlier| !earlier.name.eq_ignore_ascii_case(entry.name)),
                "{}",
                entry.name
            );
        }
    }
}
