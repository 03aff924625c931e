//! The methods that are served, and the reference of all that FOSSBilling has.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::methods::{
    cart, client, currency, gateway, guest_ticket, invoice, invoice_writes, order, order_changes, order_writes,
    product, profile, servicedomain, support, system, transaction,
};
use super::missing::Missing;
use super::sent::Sent;
use super::wire::{self, CallPath};
use crate::actions::{Access, ActionEntry, ForeignMethod, ForeignTraits};
use crate::auth::permission::Audience;
use crate::error::Error;

/// The group of all methods.
const GROUP: &str = "fossbilling";

const PLAIN: ForeignTraits = ForeignTraits {
    runs_modules: false,
    runs_registrars: false,
    hashes_passwords: false,
    asks_outside: false,
    reply_has_secrets: false,
};
const RUNS_MODULES: ForeignTraits = ForeignTraits { runs_modules: true, runs_registrars: true, ..PLAIN };
const SECRET: ForeignTraits = ForeignTraits { reply_has_secrets: true, ..PLAIN };
const HASHES: ForeignTraits = ForeignTraits { hashes_passwords: true, ..PLAIN };
const ASKS: ForeignTraits = ForeignTraits { asks_outside: true, ..PLAIN };
// Without the password, no stored reply must say who logged in.
const LOG_IN: ForeignTraits = ForeignTraits { reply_has_secrets: true, ..HASHES };

macro_rules! methods {
    ($($access:ident $path:literal $(as $permission:literal)? $(with $traits:ident)? => $run:path;)+) => {
        &[$(ForeignMethod {
            name: $path,
            access: Access::$access,
            audience: audience($path),
            permission: methods!(@permission $($permission)?),
            traits: methods!(@traits $($traits)?),
            run: |parameters, encoder, call| Box::pin(async move {
                let sent = Sent::of(parameters);
                check_required($path, &sent)?;
                wire::encode(encoder, &$run(call, &sent).await?)
            }),
        }),+]
    };
    (@permission $permission:literal) => { Some($permission) };
    (@permission) => { None };
    (@traits $traits:ident) => { $traits };
    (@traits) => { PLAIN };
}

/// **The catalogue**: every method that is served, with the function that answers it. Of the methods of staff, each says which
/// action's permission allows it.
pub static METHODS: &[ForeignMethod] = methods! {
    Read "guest/cart/get" => cart::get;
    Read "guest/cart/get_currency" => cart::get_currency;
    Write "guest/cart/set_currency" => cart::set_currency;
    Write "guest/cart/add_item" => cart::add_item;
    Write "guest/cart/remove_item" => cart::remove_item;
    Write "guest/cart/apply_promo" => cart::apply_promo;
    Write "guest/cart/remove_promo" => cart::remove_promo;
    Write "guest/cart/reset" => cart::reset;
    Write "client/cart/checkout" => cart::checkout;

    Read "admin/client/get" as "GetClientsDetails" => client::admin_get;
    Read "admin/client/get_list" as "GetClients" => client::admin_list;
    Write "admin/client/create" as "AddClient" with HASHES => client::admin_create;
    Write "admin/client/update" as "UpdateClient" => client::admin_update;
    Write "admin/client/delete" as "DeleteClient" => client::admin_delete;
    Write "admin/client/balance_add_funds" as "AddCredit" => client::balance_add_funds;
    Read "admin/client/balance_get_list" as "GetCredits" => client::admin_balance;
    Write "admin/client/change_password" as "UpdateUser" with HASHES => client::admin_change_password;
    Read "admin/client/get_pairs" as "GetClients" => client::pairs;
    Read "client/client/balance_get_list" => client::own_balance;
    Read "client/client/balance_get_total" => client::balance_get_total;
    Read "client/client/is_taxable" => client::is_taxable;
    Write "guest/client/create" with HASHES => client::guest_create;
    Write "guest/client/login" with LOG_IN => client::guest_login;
    Write "guest/client/reset_password" => client::reset_password;

    Read "guest/currency/get" => currency::get;
    Read "guest/currency/get_pairs" => currency::get_pairs;

    Read "admin/invoice/get" as "GetInvoice" => invoice::admin_get;
    Read "admin/invoice/get_list" as "GetInvoices" => invoice::admin_list;
    Write "admin/invoice/prepare" as "CreateInvoice" => invoice_writes::prepare;
    Write "admin/invoice/update" as "UpdateInvoice" => invoice_writes::update;
    Write "admin/invoice/approve" as "UpdateInvoice" => invoice_writes::approve;
    Write "admin/invoice/mark_as_paid" as "AddInvoicePayment" with RUNS_MODULES => invoice_writes::mark_as_paid;
    Read "admin/invoice/gateway_get_list" as "GetPaymentMethods" => gateway::admin_list;
    Read "admin/invoice/gateway_get_pairs" as "GetPaymentMethods" => gateway::pairs;
    Write "admin/invoice/refund" as "RefundPayment" => transaction::refund;
    Write "admin/invoice/delete" as "DeleteInvoice" => invoice_writes::delete;
    Write "admin/invoice/item_delete" as "UpdateInvoice" => invoice_writes::item_delete;
    Write "admin/invoice/pay_with_credits" as "ApplyCredit" with RUNS_MODULES => invoice_writes::pay_with_credits;
    Read "admin/invoice/transaction_get" as "GetTransactions" => transaction::get;
    Read "admin/invoice/transaction_get_list" as "GetTransactions" => transaction::list;
    Write "admin/invoice/transaction_create" as "AddTransaction" with RUNS_MODULES => transaction::create;
    Write "admin/invoice/transaction_update" as "UpdateTransaction" with RUNS_MODULES => transaction::update;
    Read "client/invoice/get" => invoice::client_get;
    Read "client/invoice/get_list" => invoice::client_list;
    Write "client/invoice/funds_invoice" => invoice_writes::funds_invoice;
    Read "client/invoice/transaction_get_list" => transaction::client_list;
    Read "guest/invoice/gateways" => gateway::guest_list;
    Read "guest/invoice/get" => invoice::guest_get;

    Read "admin/order/get" as "GetClientsProducts" => order::admin_get;
    Read "admin/order/get_list" as "GetClientsProducts" => order::admin_list;
    Write "admin/order/create" as "AddOrder" => order_writes::create;
    Write "admin/order/activate" as "AcceptOrder" with RUNS_MODULES => order_writes::activate;
    Write "admin/order/suspend" as "ModuleSuspend" with RUNS_MODULES => order_writes::suspend;
    Write "admin/order/unsuspend" as "ModuleUnsuspend" with RUNS_MODULES => order_writes::unsuspend;
    Write "admin/order/cancel" as "ModuleTerminate" with RUNS_MODULES => order_writes::cancel;
    Write "admin/order/update" as "UpdateClientProduct" => order_changes::update;
    Write "admin/order/renew" as "UpdateClientProduct" with RUNS_MODULES => order_changes::renew;
    Write "admin/order/delete" as "DeleteOrder" => order_changes::delete;
    Read "client/order/get" => order::client_get;
    Read "client/order/get_list" => order::client_list;
    Write "client/order/delete" => order_changes::client_delete;

    Read "admin/product/get" as "GetProducts" => product::admin_get;
    Read "admin/product/get_list" as "GetProducts" => product::admin_list;
    Read "admin/product/get_pairs" as "GetProducts" => product::admin_pairs;
    Read "admin/product/category_get" as "GetProducts" => product::admin_category;
    Read "admin/product/category_get_pairs" as "GetProducts" => product::admin_category_pairs;
    Read "guest/product/category_get_list" => product::category_list;
    Read "guest/product/category_get_pairs" => product::category_pairs;
    Read "guest/product/get" => product::guest_get;
    Read "guest/product/get_list" => product::guest_list;
    Read "guest/product/get_pairs" => product::guest_pairs;

    Read "client/profile/get" => profile::get;
    Read "client/profile/api_key_get" => profile::api_key_get;
    Write "client/profile/api_key_reset" with SECRET => profile::api_key_reset;
    Write "client/profile/logout" => profile::logout;
    Write "client/profile/change_password" with HASHES => client::own_change_password;
    Write "client/profile/update" => profile::update;

    Read "guest/servicedomain/tlds" => servicedomain::tlds;
    Read "guest/servicedomain/pricing" => servicedomain::pricing;
    Read "guest/servicedomain/check" with ASKS => servicedomain::check;
    Read "guest/servicedomain/can_be_transferred" with ASKS => servicedomain::can_be_transferred;

    Read "admin/support/ticket_get" as "GetTicket" => support::admin_get;
    Read "admin/support/ticket_get_list" as "GetTickets" => support::admin_list;
    Write "admin/support/ticket_reply" as "AddTicketReply" => support::admin_reply;
    Write "admin/support/ticket_close" as "UpdateTicket" => support::admin_close;
    Read "client/support/helpdesk_get_pairs" => support::helpdesk_get_pairs;
    Read "client/support/ticket_get" => support::client_get;
    Read "client/support/ticket_get_list" => support::client_list;
    Write "client/support/ticket_create" => support::ticket_create;
    Write "client/support/ticket_reply" => support::client_reply;
    Write "client/support/ticket_close" => support::client_close;
    Read "guest/support/guest_tickets_enabled" => guest_ticket::is_enabled;
    Read "guest/support/public_tickets_enabled" => guest_ticket::is_enabled;
    Read "guest/support/helpdesk_get_pairs" => guest_ticket::helpdesk_pairs;
    Read "guest/support/ticket_get" => guest_ticket::get;
    Write "guest/support/ticket_create" => guest_ticket::create;
    Write "guest/support/ticket_reply" => guest_ticket::reply;
    Write "guest/support/ticket_close" => guest_ticket::close_ticket;

    Read "guest/system/company" => system::company;
};

const fn audience(path: &str) -> Audience {
    match path.as_bytes() {
        [b'a', ..] => Audience::Staff,
        [b'c', ..] => Audience::Clients,
        _ => Audience::Everybody,
    }
}

/// A method of FOSSBilling.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Role, module and method.
    pub path: String,
    /// The number of the error with which it is answered because nothing here corresponds to it.
    pub refused: Option<u16>,
    /// The type of the result, of methods that are served: `paged` is a page of a list, and `map` an object by ids.
    pub returns: Option<String>,
    /// Name, type and text of each parameter without which it is rejected.
    #[serde(default)]
    pub required: Vec<(String, String, Option<String>)>,
    /// Name and type of each other parameter.
    #[serde(default)]
    pub optional: Vec<(String, String)>,
}

impl Reference {
    pub fn module(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }
}

/// Every method of FOSSBilling, sorted by module, role and name.
pub static REFERENCE: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let lines = include_str!("methods.jsonl").lines();
    // A test reads them all.
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
});

static BY_PATH: LazyLock<HashMap<&'static str, &'static Reference>> =
    LazyLock::new(|| REFERENCE.iter().map(|method| (method.path.as_str(), method)).collect());

fn check_required(path: &str, sent: &Sent<'_>) -> Result<(), Error> {
    let Some(reference) = BY_PATH.get(path) else { return Ok(()) };
    let required: Vec<(&str, &str)> =
        reference.required.iter().filter_map(|(name, _, text)| Some((name.as_str(), text.as_deref()?))).collect();
    Ok(sent.require(&required)?)
}

/// The methods of a running server.
pub struct Catalogue(HashMap<&'static str, Arc<ActionEntry>>);

impl Default for Catalogue {
    fn default() -> Catalogue {
        let entry = |method: &ForeignMethod| (method.name, Arc::new(ActionEntry::foreign(GROUP, *method)));
        Catalogue(METHODS.iter().map(entry).collect())
    }
}

impl Catalogue {
    /// Finds the method of a path.
    pub fn find(&self, path: &CallPath) -> Result<Arc<ActionEntry>, Missing> {
        let name = path.name();
        if let Some(entry) = self.0.get(&*name) {
            return Ok(Arc::clone(entry));
        }
        Err(match BY_PATH.get(&*name).map(|method| method.refused) {
            Some(Some(403)) => Missing::forbidden(),
            Some(Some(715)) => Missing::module(path),
            Some(_) => Missing::method(path),
            None if is_module(&path.module) => Missing::method(path),
            None => Missing::module(path),
        })
    }
}

/// Whether FOSSBilling has a module that is here: one whose methods are not all refused as those of a missing module.
fn is_module(name: &str) -> bool {
    REFERENCE.iter().any(|method| method.module() == name && method.refused != Some(715))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_reference_is_read_and_each_method_is_in_it() {
        assert_eq!(REFERENCE.len(), include_str!("methods.jsonl").lines().count());
        for method in METHODS {
            let reference = BY_PATH.get(method.name).unwrap_or_else(|| panic!("{} is unknown", method.name));
            assert!(reference.refused.is_none(), "{} is refused by the reference", method.name);
        }
        for entry in Catalogue::default().0.values() {
            let is_of_staff = entry.name.starts_with("admin/");
            assert!(!is_of_staff || entry.target().name != entry.name, "{} needs a permission that exists", entry.name);
        }
    }

    #[test]
    fn what_is_not_served_says_so() {
        let catalogue = Catalogue::default();
        for (path, said) in [
            ("guest/client/nosuch", "740 Guest API call nosuch does not exist in module client"),
            ("guest/nosuch/get", "715 FOSSBilling module nosuch is not installed/activated"),
            ("guest/profile/get", "740 Guest API call get does not exist in module profile"),
            ("admin/massmailer/get_list", "715 FOSSBilling module massmailer is not installed/activated"),
            ("admin/currency/create", "403 You do not have permission to perform this action"),
        ] {
            let missing = catalogue.find(&CallPath::parse(path).unwrap()).err().unwrap();
            assert_eq!(missing.to_string(), said);
        }
    }
}
