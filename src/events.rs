//! What webhooks tell: the events, with the names and parameters that WHMCS documents of its hooks.
//!
//! WHMCS's hooks that can prevent what happens, or change it, are no events: an event is told after it has happened. A parameter
//! that holds a password is never told. Where WHMCS hands over an object of PHP, the event has the ids.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::domain::id::{
    AdminId, AffiliateId, AnnouncementId, ClientId, ContactId, DepartmentId, DomainId, InvoiceId, OrderId, QuoteId,
    ServiceAddonId, ServiceId, TicketId, TicketReplyId, UserId,
};
use crate::domain::money::Money;

/// The kind of thing of [`About::Webhook`].
pub const WEBHOOK: &str = "webhook";

/// What an event is about. Events about the same thing are delivered in the order in which they happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Client(ClientId),
    User(UserId),
    Ticket(TicketId),
    Quote(QuoteId),
    /// An endpoint of webhooks, which alone is told.
    Webhook(i64),
    Nothing,
}

impl About {
    /// What an event about a client is about, if there is a client.
    pub fn client(client: Option<ClientId>) -> About {
        client.map_or(About::Nothing, About::Client)
    }

    /// The name of the kind of thing, and the id.
    pub fn parts(self) -> (&'static str, i64) {
        match self {
            About::Client(id) => ("client", id.0),
            About::User(id) => ("user", id.0),
            About::Ticket(id) => ("ticket", id.0),
            About::Quote(id) => ("quote", id.0),
            About::Webhook(id) => (WEBHOOK, id),
            About::Nothing => ("", 0),
        }
    }
}

/// An event that is documented.
#[derive(Debug, Clone, Copy)]
pub struct Documented {
    pub name: &'static str,
    /// When it is told.
    pub when: &'static str,
    pub parameters: &'static [&'static str],
}

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident { $($parameter:literal $field:ident: $type:ty),* $(,)? })+) => {
        /// An event.
        #[derive(Debug, Clone)]
        pub enum Event<'e> {
            $($(#[doc = $doc])+ $name { $($field: $type),* },)+
        }

        /// All events.
        pub const EVENTS: &[Documented] = &[$(Documented {
            name: stringify!($name),
            when: concat!($($doc),+),
            parameters: &[$($parameter),*],
        }),+];

        impl Event<'_> {
            /// The name of the hook.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Event::$name { .. } => stringify!($name),)+
                }
            }

            /// The parameters of the hook.
            pub fn parameters(&self) -> Map<String, Value> {
                match self {
                    $(Event::$name { $($field),* } => Map::from_iter([$(($parameter.to_owned(), $field.as_value())),*]),)+
                }
            }
        }
    };
}

events! {
    /// An invoice was created.
    InvoiceCreated { "source" source: &'e str, "user" user: String, "invoiceid" invoice: InvoiceId, "status" status: &'e str }
    /// An invoice turned Paid.
    InvoicePaid { "invoiceid" invoice: InvoiceId }
    /// An invoice turned Unpaid.
    InvoiceUnpaid { "invoiceid" invoice: InvoiceId }
    /// An invoice was cancelled.
    InvoiceCancelled { "invoiceid" invoice: InvoiceId }
    /// An invoice turned Refunded.
    InvoiceRefunded { "invoiceid" invoice: InvoiceId }
    /// The total of an invoice changed.
    UpdateInvoiceTotal { "invoiceid" invoice: InvoiceId }
    /// An invoice got a late fee.
    AddInvoiceLateFee { "invoiceid" invoice: InvoiceId }
    /// A payment was added to an invoice.
    AddInvoicePayment { "invoiceid" invoice: InvoiceId }
    /// Another payment method was chosen for an invoice.
    InvoiceChangeGateway { "invoiceid" invoice: InvoiceId, "paymentmethod" gateway: &'e str }
    /// A reminder of an invoice was sent: `reminder`, `firstoverdue`, `secondoverdue` or `thirdoverdue`.
    InvoicePaymentReminder { "invoiceid" invoice: InvoiceId, "type" kind: &'e str }
    /// A transaction was added. The name `invocieid` is WHMCS's spelling; `invoiceid` says the same.
    AddTransaction {
        "id" id: i64, "userid" client: Option<ClientId>, "currency" currency: i64, "gateway" gateway: &'e str,
        "date" date: String, "description" description: &'e str, "amountin" amount_in: Money, "fees" fees: Money,
        "amountout" amount_out: Money, "rate" rate: String, "transid" transaction: &'e str,
        "invoiceid" invoice: Option<InvoiceId>, "invocieid" misspelled_invoice: Option<InvoiceId>, "refundid" refund: i64
    }
    /// A quote was created.
    QuoteCreated { "quoteid" quote: QuoteId, "status" status: &'e str }
    /// A quote got another stage.
    QuoteStatusChange { "quoteid" quote: QuoteId, "status" status: &'e str }
    /// A quote was accepted, and invoiced.
    AcceptQuote { "quoteid" quote: QuoteId, "invoiceid" invoice: InvoiceId }
    /// A client was added.
    ClientAdd {
        "client_id" client: ClientId, "userid" client_by_its_older_name: ClientId, "user_id" user: UserId,
        "firstname" first_name: &'e str, "lastname" last_name: &'e str, "companyname" company: &'e str, "email" email: &'e str,
        "address1" address1: &'e str, "address2" address2: &'e str, "city" city: &'e str, "state" state: &'e str,
        "postcode" postcode: &'e str, "country" country: &'e str, "phonenumber" phone: &'e str
    }
    /// The details of a client were changed; `GetClientsDetails` returns them.
    ClientEdit { "userid" client: ClientId }
    /// A client was closed.
    ClientClose { "userid" client: ClientId }
    /// A client was deleted.
    ClientDelete { "userid" client: ClientId }
    /// A client became an affiliate.
    AffiliateActivation { "affid" affiliate: AffiliateId, "userid" client: ClientId }
    /// A contact was added.
    ContactAdd { "userid" client: ClientId, "contactid" contact: ContactId, "firstname" first_name: &'e str, "lastname" last_name: &'e str, "email" email: &'e str }
    /// A contact was changed.
    ContactEdit { "userid" client: ClientId, "contactid" contact: ContactId }
    /// A contact was deleted.
    ContactDelete { "userid" client: ClientId, "contactid" contact: ContactId }
    /// A user was added.
    UserAdd { "user_id" user: UserId, "firstname" first_name: &'e str, "lastname" last_name: &'e str, "email" email: &'e str }
    /// A user was changed.
    UserEdit { "user_id" user: UserId, "email" email: &'e str }
    /// The password of a user was changed.
    UserChangePassword { "userid" user: UserId }
    /// An order was placed.
    AfterShoppingCartCheckout {
        "OrderID" order: OrderId, "OrderNumber" number: i64, "ServiceIDs" services: Vec<ServiceId>, "AddonIDs" addons: Vec<ServiceAddonId>,
        "DomainIDs" domains: Vec<DomainId>, "PaymentMethod" gateway: &'e str, "InvoiceID" invoice: Option<InvoiceId>, "TotalDue" total: Money
    }
    /// The invoice of an order turned Paid.
    OrderPaid { "orderId" order: OrderId, "userId" client: ClientId, "invoiceId" invoice: InvoiceId }
    /// An order was accepted.
    AcceptOrder { "orderid" order: OrderId }
    /// An order was cancelled.
    CancelOrder { "orderid" order: OrderId }
    /// An order was marked as fraud.
    FraudOrder { "orderid" order: OrderId }
    /// An order was set back to Pending.
    PendingOrder { "orderid" order: OrderId }
    /// An order was deleted.
    DeleteOrder { "orderid" order: OrderId }
    /// An order was checked, and is no fraud.
    FraudCheckPassed { "orderid" order: OrderId }
    /// An order was checked, and is taken for fraud.
    FraudCheckFailed { "orderid" order: OrderId }
    /// A service was changed, by staff or because it ended without a module.
    ServiceEdit { "userid" client: ClientId, "serviceid" service: ServiceId }
    /// An addon was changed.
    AddonEdit { "userid" client: ClientId, "id" addon: ServiceAddonId }
    /// An addon has begun.
    AddonActivated { "id" addon: ServiceAddonId, "userid" client: ClientId, "serviceid" service: ServiceId, "addonid" predefined: i64 }
    /// An addon was suspended.
    AddonSuspended { "id" addon: ServiceAddonId, "userid" client: ClientId, "serviceid" service: ServiceId, "addonid" predefined: i64 }
    /// The suspension of an addon has ended.
    AddonUnsuspended { "id" addon: ServiceAddonId, "userid" client: ClientId, "serviceid" service: ServiceId, "addonid" predefined: i64 }
    /// An addon was terminated.
    AddonTerminated { "id" addon: ServiceAddonId, "userid" client: ClientId, "serviceid" service: ServiceId, "addonid" predefined: i64 }
    /// An addon was cancelled.
    AddonCancelled { "id" addon: ServiceAddonId, "userid" client: ClientId, "serviceid" service: ServiceId, "addonid" predefined: i64 }
    /// An addon was marked as fraud.
    AddonFraud { "id" addon: ServiceAddonId, "userid" client: ClientId, "serviceid" service: ServiceId, "addonid" predefined: i64 }
    /// An addon was deleted, with its order.
    AddonDeleted { "id" addon: ServiceAddonId }
    /// A service was deleted, with its order.
    ServiceDelete { "userid" client: ClientId, "serviceid" service: ServiceId }
    /// A service has got another product or another cycle.
    AfterProductUpgrade { "upgradeid" upgrade: i64 }
    /// A service has got another choice of a configurable option.
    AfterConfigOptionsUpgrade { "upgradeid" upgrade: i64 }
    /// A service has been paid for as many terms as its product has.
    ServiceRecurringCompleted { "serviceid" service: ServiceId }
    /// A client wants a service to end: `Immediate` or `End of Billing Period`.
    CancellationRequest { "userid" client: ClientId, "relid" service: ServiceId, "reason" reason: &'e str, "type" kind: &'e str }
    /// The module has created a service. `params` has `serviceid`, `userid` and `moduletype`.
    AfterModuleCreate { "params" params: Map<String, Value> }
    /// The module has not created a service, and may be asked again.
    AfterModuleCreateFailed { "params" params: Map<String, Value>, "failureResponseMessage" reason: &'e str }
    /// The module has suspended a service. `params` has `serviceid`, `userid` and `moduletype`.
    AfterModuleSuspend { "params" params: Map<String, Value> }
    /// The module has not suspended a service, and may be asked again.
    AfterModuleSuspendFailed { "params" params: Map<String, Value>, "failureResponseMessage" reason: &'e str }
    /// The module has ended the suspension of a service. `params` has `serviceid`, `userid` and `moduletype`.
    AfterModuleUnsuspend { "params" params: Map<String, Value> }
    /// The module has not ended the suspension of a service, and may be asked again.
    AfterModuleUnsuspendFailed { "params" params: Map<String, Value>, "failureResponseMessage" reason: &'e str }
    /// The module has terminated a service. `params` has `serviceid`, `userid` and `moduletype`.
    AfterModuleTerminate { "params" params: Map<String, Value> }
    /// The module has not terminated a service, and may be asked again.
    AfterModuleTerminateFailed { "params" params: Map<String, Value>, "failureResponseMessage" reason: &'e str }
    /// The module has changed the password of a service. `params` has `serviceid`, `userid` and `moduletype`.
    AfterModuleChangePassword { "params" params: Map<String, Value> }
    /// The module has not changed the password of a service, and may be asked again.
    AfterModuleChangePasswordFailed { "params" params: Map<String, Value>, "failureResponseMessage" reason: &'e str }
    /// The module has changed the package of a service. `params` has `serviceid`, `userid` and `moduletype`.
    AfterModuleChangePackage { "params" params: Map<String, Value> }
    /// The module has not changed the package of a service, and may be asked again.
    AfterModuleChangePackageFailed { "params" params: Map<String, Value>, "failureResponseMessage" reason: &'e str }
    /// The module has carried out a function of its own. `params` has `serviceid`, `userid` and `moduletype`.
    AfterModuleCustom { "params" params: Map<String, Value> }
    /// The module has not carried out a function of its own, and may be asked again.
    AfterModuleCustomFailed { "params" params: Map<String, Value>, "failureResponseMessage" reason: &'e str }
    /// A domain was deleted, with its order.
    DomainDelete { "userid" client: ClientId, "domainid" domain: DomainId }
    /// A domain was changed.
    DomainEdit { "userid" client: ClientId, "domainid" domain: DomainId }
    /// A domain was transferred.
    DomainTransferCompleted { "domainId" id: DomainId, "domain" domain: &'e str, "registrationPeriod" years: i64, "expiryDate" expires: &'e str, "registrar" registrar: &'e str }
    /// The transfer of a domain failed.
    DomainTransferFailed { "domainId" id: DomainId, "domain" domain: &'e str, "registrationPeriod" years: i64, "expiryDate" expires: &'e str, "registrar" registrar: &'e str }
    /// A registrar has registered a domain. `params` has `domainid`, `domain`, `userid` and `registrar`.
    AfterRegistrarRegistration { "params" params: Map<String, Value> }
    /// A registrar has not registered a domain, and may be asked again.
    AfterRegistrarRegistrationFailed { "params" params: Map<String, Value>, "error" reason: &'e str }
    /// A registrar has begun to transfer a domain. `params` has `domainid`, `domain`, `userid` and `registrar`.
    AfterRegistrarTransfer { "params" params: Map<String, Value> }
    /// A registrar has not begun to transfer a domain, and may be asked again.
    AfterRegistrarTransferFailed { "params" params: Map<String, Value>, "error" reason: &'e str }
    /// A registrar has renewed a domain. `params` has `domainid`, `domain`, `userid` and `registrar`.
    AfterRegistrarRenewal { "params" params: Map<String, Value> }
    /// A registrar has not renewed a domain, and may be asked again.
    AfterRegistrarRenewalFailed { "params" params: Map<String, Value>, "error" reason: &'e str }
    /// A client or a guest opened a ticket.
    TicketOpen {
        "ticketid" ticket: TicketId, "ticketmask" number: String, "userid" client: Option<ClientId>, "deptid" department: DepartmentId,
        "deptname" department_name: &'e str, "subject" subject: &'e str, "message" message: &'e str, "priority" priority: &'e str
    }
    /// Staff opened a ticket.
    TicketOpenAdmin {
        "ticketid" ticket: TicketId, "ticketmask" number: String, "userid" client: Option<ClientId>, "deptid" department: DepartmentId,
        "deptname" department_name: &'e str, "subject" subject: &'e str, "message" message: &'e str, "priority" priority: &'e str
    }
    /// A client or a guest replied to a ticket.
    TicketUserReply {
        "ticketid" ticket: TicketId, "replyid" reply: i64, "userid" client: Option<ClientId>, "deptid" department: DepartmentId,
        "deptname" department_name: &'e str, "subject" subject: &'e str, "message" message: &'e str, "priority" priority: &'e str,
        "status" status: &'e str
    }
    /// Staff replied to a ticket.
    TicketAdminReply {
        "ticketid" ticket: TicketId, "replyid" reply: i64, "deptid" department: DepartmentId, "deptname" department_name: &'e str,
        "subject" subject: &'e str, "message" message: &'e str, "priority" priority: &'e str, "admin" staff: &'e str, "status" status: &'e str
    }
    /// Staff added a note to a ticket.
    TicketAddNote { "ticketid" ticket: TicketId, "message" message: &'e str, "adminid" staff: AdminId }
    /// A ticket got another status.
    TicketStatusChange { "adminid" staff: AdminId, "status" status: &'e str, "ticketid" ticket: TicketId }
    /// A ticket was closed.
    TicketClose { "ticketid" ticket: TicketId }
    /// A ticket was moved to another department.
    TicketDepartmentChange { "ticketid" ticket: TicketId, "deptid" department: DepartmentId, "deptname" department_name: &'e str }
    /// A ticket got another priority.
    TicketPriorityChange { "ticketid" ticket: TicketId, "adminid" staff: AdminId, "priority" priority: &'e str }
    /// A ticket got another subject.
    TicketSubjectChange { "ticketid" ticket: TicketId, "subject" subject: &'e str }
    /// A ticket was flagged to a member of staff, or to nobody, whose id is 0.
    TicketFlagged { "ticketid" ticket: TicketId, "adminid" member: AdminId, "adminname" name: String }
    /// Tickets were merged into another one.
    TicketMerge { "ticketid" into: TicketId, "mergedticketids" merged: Vec<TicketId> }
    /// A ticket was deleted.
    TicketDelete { "ticketId" ticket: TicketId, "adminId" staff: AdminId }
    /// A reply was deleted.
    TicketDeleteReply { "ticketId" ticket: TicketId, "replyId" reply: TicketReplyId, "adminId" staff: AdminId }
    /// An announcement was added. `date` is in the operator's time zone.
    AnnouncementAdd {
        "announcementid" announcement: AnnouncementId, "date" date: String, "title" title: &'e str, "announcement" text: &'e str,
        "published" is_published: bool
    }
    /// An announcement was changed. The parameters are as it is now.
    AnnouncementEdit {
        "announcementid" announcement: AnnouncementId, "date" date: String, "title" title: &'e str, "announcement" text: &'e str,
        "published" is_published: bool
    }
    /// A line was added to the activity log. `userid` is the client, or 0.
    LogActivity { "description" description: &'e str, "user" user: &'e str, "userid" client: Option<ClientId>, "ipaddress" address: &'e str }
    /// An operator tests an endpoint, which alone is told.
    WebhookTest { "webhookid" webhook: i64 }
}

/// A value of a parameter.
trait Parameter {
    fn as_value(&self) -> Value;
}

macro_rules! ids {
    ($($id:ident),+) => {
        $(impl Parameter for $id {
            fn as_value(&self) -> Value {
                self.0.into()
            }
        })+
    };
}

ids!(
    AdminId,
    AffiliateId,
    AnnouncementId,
    ClientId,
    ContactId,
    DepartmentId,
    DomainId,
    InvoiceId,
    OrderId,
    QuoteId,
    ServiceAddonId,
    ServiceId,
    TicketId,
    TicketReplyId,
    UserId
);

impl<P: Parameter> Parameter for Option<P> {
    /// 0 for none, as WHMCS has it.
    fn as_value(&self) -> Value {
        self.as_ref().map_or(0.into(), Parameter::as_value)
    }
}

impl<P: Parameter> Parameter for Vec<P> {
    fn as_value(&self) -> Value {
        self.iter().map(Parameter::as_value).collect()
    }
}

impl Parameter for i64 {
    fn as_value(&self) -> Value {
        (*self).into()
    }
}

impl Parameter for bool {
    fn as_value(&self) -> Value {
        (*self).into()
    }
}

impl Parameter for &str {
    fn as_value(&self) -> Value {
        (*self).into()
    }
}

impl Parameter for String {
    fn as_value(&self) -> Value {
        self.as_str().into()
    }
}

impl Parameter for Money {
    fn as_value(&self) -> Value {
        self.to_string().into()
    }
}

impl Parameter for Map<String, Value> {
    fn as_value(&self) -> Value {
        self.clone().into()
    }
}

/// Whether a list of patterns, with blanks between them, has one that fits the name of an event: an asterisk at the end of a
/// pattern stands for anything. Names are compared without regard to case.
pub fn is_wanted(patterns: &str, name: &str) -> bool {
    patterns.split_ascii_whitespace().any(|pattern| match pattern.strip_suffix('*') {
        Some(beginning) => name.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning)),
        None => pattern.eq_ignore_ascii_case(name),
    })
}

/// A new id of an event, which never comes again.
pub fn random_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let mut id = "evt_".to_owned();
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_events() {
        for (patterns, name, expected) in [
            ("InvoicePaid", "InvoicePaid", true),
            ("invoicepaid", "InvoicePaid", true),
            ("InvoicePaid", "InvoicePaidPreEmail", false),
            ("ClientAdd Invoice*", "InvoicePaid", true),
            ("Invoice*", "UpdateInvoiceTotal", false),
            ("*", "ClientAdd", true),
            ("", "ClientAdd", false),
        ] {
            assert_eq!(is_wanted(patterns, name), expected, "{patterns} {name}");
        }
    }

    #[test]
    fn parameters_have_the_names_of_the_hook() {
        let event =
            Event::InvoiceCreated { source: "api", user: "3".to_owned(), invoice: InvoiceId(7), status: "Unpaid" };
        assert_eq!(event.name(), "InvoiceCreated");
        let expected = r#"{"invoiceid":7,"source":"api","status":"Unpaid","user":"3"}"#;
        let mut parameters: Vec<_> = event.parameters().into_iter().collect();
        parameters.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(Value::Object(parameters.into_iter().collect()).to_string(), expected);
    }
}
