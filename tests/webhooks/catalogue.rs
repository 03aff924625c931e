//! Every event is raised by what causes it, with the documented parameters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::Connection;
use sqlx::mysql::MySqlPool;
use whmcs_api::config::{Amount, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::domain::Author;
use whmcs_api::domain::id::{AdminId, DomainId};
use whmcs_api::domain::money::Money;
use whmcs_api::domain::time::{Clock, parse_date_time};
use whmcs_api::events::EVENTS;
use whmcs_api::operations::domains::registration::synchronization::{Synchronization, synchronize};
use whmcs_api::outbox::registrars::Registrars;
use whmcs_api::outbox::webhooks::relay;

use super::walk;
use crate::automation::{run, run_task};
use crate::support::module::{Module, ScriptedResponse};
use crate::support::{NOW, TestApi, demo, documented_calls, router, settings_with_keys};

/// Events that no documented call on the demo data causes: those that the next tests cause, and the one that operators do.
const ELSEWHERE: &[&str] = &[
    "InvoiceUnpaid",
    "InvoiceRefunded",
    "UpdateInvoiceTotal",
    "AddInvoiceLateFee",
    "InvoiceChangeGateway",
    "InvoicePaymentReminder",
    "UserChangePassword",
    "OrderPaid",
    "FraudCheckFailed",
    "AddonActivated",
    "AddonSuspended",
    "AddonUnsuspended",
    "AddonTerminated",
    "AddonCancelled",
    "AddonFraud",
    "AddonDeleted",
    "AfterConfigOptionsUpgrade",
    "ServiceRecurringCompleted",
    "AfterModuleCreateFailed",
    "AfterModuleSuspendFailed",
    "AfterModuleUnsuspendFailed",
    "AfterModuleTerminateFailed",
    "AfterModuleChangePasswordFailed",
    "AfterModuleChangePackageFailed",
    "AfterModuleCustomFailed",
    "DomainDelete",
    "DomainTransferCompleted",
    "DomainTransferFailed",
    "AfterRegistrarRegistrationFailed",
    "AfterRegistrarTransferFailed",
    "AfterRegistrarRenewalFailed",
    "TicketOpenAdmin",
    "TicketAdminReply",
    "TicketClose",
    "TicketDepartmentChange",
    "TicketPriorityChange",
    "TicketFlagged",
    "WebhookTest",
];

/// A reader of everything.
const READER: &str = "INSERT INTO mod_whmcs_api_webhooks (id, kind, url, events, secret, previous_secret, created_at, updated_at) \
     VALUES (1000, 'pull', '', '*', '', '', '2026-11-20', '2026-11-20')";

#[tokio::test]
async fn the_documented_calls_raise_events_with_their_parameters() {
    let (database, _folder, settings) = demo("events").await;
    let pool = MySqlPool::connect_with(database.options()).await.unwrap();
    let hosts = Hosts::open(vec![database.options()], 4).await.unwrap();
    sqlx::raw_sql(READER).execute(&pool).await.unwrap();
    relay::read_listeners(&hosts).await.unwrap();
    let router = router(hosts, &settings);
    walk::begin(&pool).await;
    documented_calls(&router).await;
    walk::check(&walk::untold(&pool).await);
    let raised: Vec<(String, String)> =
        sqlx::query_as("SELECT name, data FROM mod_whmcs_api_events").fetch_all(&pool).await.unwrap();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, data) in raised {
        let data: Value = serde_json::from_str(&data).unwrap();
        let parameters: BTreeSet<String> = data.as_object().unwrap().keys().cloned().collect();
        names.entry(name).or_default().extend(parameters);
    }
    let mut missing = Vec::new();
    for event in EVENTS {
        let expected: BTreeSet<String> = event.parameters.iter().map(|name| (*name).to_owned()).collect();
        match names.get(event.name) {
            Some(parameters) => assert_eq!(*parameters, expected, "{}", event.name),
            None => missing.push(event.name),
        }
    }
    assert_eq!(missing, ELSEWHERE);
}

/// An API with a reader of everything.
struct Listening {
    api: TestApi,
    /// The last event that was seen.
    seen: i64,
}

impl Listening {
    async fn start(settings: Settings, rows: &[&str]) -> Listening {
        let api = TestApi::with_settings(settings).await;
        for rows in rows {
            api.sql(rows).await;
        }
        api.sql(READER).await;
        walk::begin(&api.pool).await;
        Listening { api, seen: 0 }
    }

    /// Makes a call, which may be rejected, and returns the events that it raised.
    async fn call(&mut self, call: &str) -> BTreeMap<String, Value> {
        relay::read_listeners(&self.api.hosts).await.unwrap();
        self.api.send(&format!("action={call}")).await;
        self.raised().await
    }

    async fn automate(&mut self, task: &str, date: &str) -> BTreeMap<String, Value> {
        relay::read_listeners(&self.api.hosts).await.unwrap();
        run_task(&self.api, task, date).await;
        self.raised().await
    }

    /// Runs all tasks of a day.
    async fn day(&mut self, date: &str) -> BTreeMap<String, Value> {
        relay::read_listeners(&self.api.hosts).await.unwrap();
        run(&self.api, date).await;
        self.raised().await
    }

    /// Returns the events since the last call of this function by their names, which have the documented parameters. Whatever has
    /// changed is told.
    async fn raised(&mut self) -> BTreeMap<String, Value> {
        walk::check(&walk::untold(&self.api.pool).await);
        let since = "SELECT CAST(id AS SIGNED), name, data FROM mod_whmcs_api_events WHERE id > ? ORDER BY id";
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as(since).bind(self.seen).fetch_all(&self.api.pool).await.unwrap();
        self.seen = rows.last().map_or(self.seen, |(id, ..)| *id);
        let read = |(_, name, data): (i64, String, String)| {
            let data: Value = serde_json::from_str(&data).unwrap();
            let event = EVENTS.iter().find(|event| event.name == name).unwrap();
            let expected: BTreeSet<&str> = event.parameters.iter().copied().collect();
            let parameters: BTreeSet<&str> = data.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(parameters, expected, "{name}");
            (name, data)
        };
        rows.into_iter().map(read).filter(|(name, _)| name != "LogActivity").collect()
    }
}

#[track_caller]
fn check(raised: &BTreeMap<String, Value>, names: &str, cause: &str) {
    let missing: Vec<&str> = names.split(' ').filter(|name| !raised.contains_key(*name)).collect();
    assert!(missing.is_empty(), "{cause} raised {:?}, without {missing:?}", raised.keys());
}

const MORE_ROWS: &str = "\
    INSERT INTO tblinvoices (id, userid, date, duedate, subtotal, total, status, paymentmethod) VALUES \
      (1, 1, '2026-11-01', '2026-11-13', 50, 50, 'Unpaid', 'paypal'), (2, 1, '2026-11-01', '2026-11-23', 50, 50, 'Unpaid', 'paypal'), \
      (3, 1, '2026-11-01', '2026-12-23', 50, 50, 'Unpaid', 'paypal'), (4, 1, '2026-11-01', '2026-12-23', 50, 50, 'Unpaid', 'paypal'), \
      (5, 1, '2026-11-01', '2026-12-23', 10, 10, 'Cancelled', 'paypal'); \
    INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, duedate) \
      SELECT id, userid, '', 0, 'x', total, duedate FROM tblinvoices; \
    INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount) VALUES (5, 1, 'Hosting', 902, 'x', 10); \
    INSERT INTO tblorders (id, userid, status, invoiceid) VALUES (804, 1, 'Active', 3); \
    INSERT INTO tblticketdepartments (id, name) VALUES (1001, 'Support'); \
    INSERT INTO tblemailtemplates (type, name, subject, message) VALUES ('invoice', 'Invoice Payment Reminder', 'Soon', 'x'); \
    UPDATE tblproducts SET recurringcycles = 1 WHERE id = 502; \
    UPDATE tblhosting SET amount = 10, nextduedate = '2026-11-20', nextinvoicedate = '2026-11-20' WHERE id IN (901, 902);";

#[tokio::test]
async fn calls_and_the_automation_raise_the_events_of_invoices_services_and_tickets() {
    const REFUSAL: &str = r#"{"result":"error","message":"No"}"#;
    let module = Module::start().await;
    let mut settings = settings_with_keys();
    settings.modules.insert("cpanel".to_owned(), module.settings());
    settings.fraud.insert("maxmind".to_owned(), module.settings());
    settings.automation.late_fee_days = 7;
    settings.automation.late_fee = Amount(Money::parse("2.00").unwrap());
    let (services, ticket) =
        (include_str!("../support/fixtures/services.sql"), include_str!("../support/fixtures/one_ticket.sql"));
    let mut listening = Listening::start(settings, &[services, ticket, MORE_ROWS]).await;
    for (call, names, answer) in [
        ("ModuleSuspend&serviceid=901", "AfterModuleSuspendFailed", REFUSAL),
        ("ModuleUnsuspend&serviceid=901", "AfterModuleUnsuspendFailed", REFUSAL),
        ("ModuleChangePw&serviceid=901", "AfterModuleChangePasswordFailed", REFUSAL),
        ("ModuleChangePackage&serviceid=901", "AfterModuleChangePackageFailed", REFUSAL),
        ("ModuleCustom&serviceid=901&func_name=reboot", "AfterModuleCustomFailed", REFUSAL),
        ("ModuleTerminate&serviceid=901", "AfterModuleTerminateFailed", REFUSAL),
        ("ModuleCreate&serviceid=911", "AfterModuleCreateFailed", REFUSAL),
        ("OrderFraudCheck&orderid=802", "FraudCheckFailed", r#"{"fraud":true}"#),
    ] {
        module.respond_with([ScriptedResponse::Json(answer)]);
        check(&listening.call(call).await, names, call);
    }
    for (call, names) in [
        (
            "UpdateInvoice&invoiceid=4&newitemdescription[0]=x&newitemamount[0]=5&newitemtaxed[0]=0",
            "UpdateInvoiceTotal",
        ),
        ("UpdateInvoice&invoiceid=4&paymentmethod=stripe", "InvoiceChangeGateway"),
        ("UpdateInvoice&invoiceid=4&status=Cancelled", "InvoiceCancelled"),
        ("UpdateInvoice&invoiceid=4&status=Unpaid", "InvoiceUnpaid"),
        (
            "AddInvoicePayment&invoiceid=3&transid=t1&gateway=paypal",
            "AddInvoicePayment AddTransaction InvoicePaid OrderPaid",
        ),
        ("UpdateInvoice&invoiceid=3&status=Refunded", "InvoiceRefunded"),
        ("OpenTicket&clientid=1&deptid=1000&subject=x&message=x&admin=1", "TicketOpenAdmin"),
        ("AddTicketReply&ticketid=1000&message=x&adminusername=alice", "TicketAdminReply TicketStatusChange"),
        (
            "UpdateTicket&ticketid=1000&deptid=1001&status=Closed&flag=2&priority=High&subject=new",
            "TicketStatusChange TicketClose TicketDepartmentChange TicketPriorityChange TicketFlagged TicketSubjectChange",
        ),
    ] {
        check(&listening.call(call).await, names, call);
    }
    // What happens by itself is told as well.
    let raised = listening.automate("late_fees", "2026-11-20").await;
    check(&raised, "AddInvoiceLateFee UpdateInvoiceTotal", "late_fees");
    let raised = listening.automate("reminders", "2026-11-20").await;
    check(&raised, "InvoicePaymentReminder", "reminders");
    assert_eq!(raised["InvoicePaymentReminder"]["type"], "reminder");
    let raised = listening.automate("invoices", "2026-11-20").await;
    check(&raised, "InvoiceCreated ServiceRecurringCompleted", "invoices");
    let created = &raised["InvoiceCreated"];
    assert_eq!((&created["source"], &created["user"]), (&"autogen".into(), &"system".into()));
}

#[tokio::test]
async fn registrars_raise_the_events_of_domains() {
    let registrar = Module::start().await;
    let mut settings = settings_with_keys();
    settings.registrars.insert("enom".to_owned(), registrar.registrar());
    let domains = include_str!("../support/fixtures/registered_domains.sql");
    let mut listening = Listening::start(settings, &[domains]).await;
    for (call, names) in [
        ("DomainRegister&domainid=942", "AfterRegistrarRegistrationFailed"),
        ("DomainTransfer&domainid=943", "AfterRegistrarTransferFailed"),
        ("DomainRenew&domainid=941", "AfterRegistrarRenewalFailed"),
    ] {
        registrar.will_say_what_is_usual();
        registrar.respond_with([ScriptedResponse::Json(r#"{"error":"No"}"#)]);
        check(&listening.call(call).await, names, call);
    }
    let registrars = Registrars::new(&[("enom".to_owned(), registrar.registrar())].into()).unwrap();
    let mut db = sqlx::MySqlConnection::connect_with(&listening.api.database.options()).await.unwrap();
    let author = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
    let now = Clock::fixed(parse_date_time(NOW).unwrap()).now();
    for (answer, name) in [
        (r#"{"completed":true,"expirydate":"2028-03-01"}"#, "DomainTransferCompleted"),
        (r#"{"failed":true,"reason":"x"}"#, "DomainTransferFailed"),
    ] {
        // What the test changes is told by nobody.
        let pending = "UPDATE tbldomains SET status = 'Pending Transfer' WHERE id = 941; DELETE FROM walk";
        listening.api.sql(pending).await;
        registrar.will_say_what_is_usual();
        registrar.respond_with([ScriptedResponse::Json(answer)]);
        let how = Synchronization {
            domain: Some(DomainId(941)),
            limit: 1,
            is_dry_run: false,
            due_days_before: None,
            failed_transfer_status: "Cancelled".to_owned(),
        };
        synchronize(&mut db, &registrars, &how, &author, now).await.unwrap();
        check(&listening.raised().await, name, answer);
    }
}

/// Addons, what a client wants to end, with an unpaid invoice for nothing else, and an upgrade that is to be paid for.
const ENDING: &str = "\
    SET SESSION sql_mode = ''; \
    INSERT INTO tblorders (id, userid, status, invoiceid) VALUES (805, 1, 'Pending', 10); \
    INSERT INTO tblupgrades (id, userid, orderid, type, date, relid, originalvalue, newvalue, status, paid) VALUES \
      (7, 1, 805, 'configoptions', '2026-11-19', 901, '951=>961', '961', 'Pending', 'N'); \
    INSERT INTO tblinvoices (id, userid, date, duedate, subtotal, total, status, paymentmethod) VALUES \
      (10, 1, '2026-11-19', '2026-12-23', 5, 5, 'Unpaid', 'paypal'); \
    INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount) VALUES (10, 1, 'Upgrade', 7, 'x', 5); \
    INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, counts) \
      VALUES ('2026-11-19', 'day', '2026-11-19', '2026-11-19', '{}'); \
    INSERT INTO tblhostingaddons (id, hostingid, userid, name, status) VALUES (922, 901, 1, 'Backup', 'Active'), (923, 902, 1, 'x', 'Active'); \
    INSERT INTO tblcancelrequests (date, relid, reason, type) VALUES ('2026-11-19', 902, '', 'Immediate'); \
    INSERT INTO tblinvoices (id, userid, date, duedate, subtotal, total, status, paymentmethod) VALUES \
      (9, 1, '2026-11-01', '2026-12-13', 10, 10, 'Unpaid', 'paypal'); \
    INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount) VALUES (9, 1, 'Hosting', 902, 'x', 10);";

#[tokio::test]
async fn what_ends_together_is_told_of_each() {
    let services = include_str!("../support/fixtures/services.sql");
    let mut settings = settings_with_keys();
    let automation = &mut settings.automation;
    (automation.cancel_invoice_days, automation.terminate_days, automation.close_ticket_hours) = (40, 30, 24);
    (automation.client_status, automation.accept_paid_orders) = (true, true);
    let mut listening = Listening::start(settings, &[services, MORE_ROWS, ENDING]).await;
    let raised = listening.automate("cancellations", "2026-11-20").await;
    check(&raised, "ServiceEdit InvoiceCancelled AddonCancelled", "cancellations");
    assert_eq!(raised["InvoiceCancelled"]["invoiceid"], 9);
    assert_eq!(raised["AddonCancelled"], serde_json::json!({"id": 923, "userid": 1, "serviceid": 902, "addonid": 0}));
    for (call, names) in [
        ("CancelOrder&orderid=801", "CancelOrder AddonCancelled"),
        ("PendingOrder&orderid=801", "PendingOrder"),
        ("AcceptOrder&orderid=801&autosetup=0&sendemail=0", "AcceptOrder AddonActivated"),
        ("FraudOrder&orderid=801", "FraudOrder AddonFraud"),
        ("DeleteOrder&orderid=801", "DeleteOrder ServiceDelete AddonDeleted"),
        ("CancelOrder&orderid=803", "CancelOrder"),
        ("DeleteOrder&orderid=803", "DeleteOrder ServiceDelete DomainDelete"),
        ("UpdateClientAddon&id=922&status=Suspended", "AddonEdit AddonSuspended"),
        ("UpdateClientAddon&id=922&status=Active", "AddonEdit AddonUnsuspended"),
        ("UpdateClientAddon&id=922&status=Terminated", "AddonEdit AddonTerminated"),
        ("UpdateClientAddon&id=922&status=Active", "AddonEdit AddonActivated"),
        ("DeactivateModule&moduleType=gateway&moduleName=paypal&newGateway=stripe", "InvoiceChangeGateway"),
        ("AffiliateActivate&userid=1", "AffiliateActivation"),
        ("AddInvoicePayment&invoiceid=3&transid=t2&gateway=stripe", "InvoicePaid OrderPaid"),
        ("AddInvoicePayment&invoiceid=10&transid=t3&gateway=stripe", "InvoicePaid AfterConfigOptionsUpgrade"),
    ] {
        check(&listening.call(call).await, names, call);
    }
    // Whole days, in which invoices become overdue and are cancelled.
    for date in ["2026-12-20", "2026-12-21", "2027-01-14"] {
        listening.day(date).await;
    }
    check(&listening.day("2027-01-15").await, "InvoiceCancelled", "the automation");
    for (call, names) in [
        ("CreateInvoice&userid=1&status=Unpaid&itemdescription1=x&itemamount1=10", "InvoiceCreated"),
        ("UpdateClientAddon&id=922&status=Active", "AddonEdit"),
        ("CloseClient&clientid=1", "ClientClose InvoiceCancelled AddonCancelled"),
        ("DeleteClient&clientid=1", "ClientDelete"),
    ] {
        check(&listening.call(call).await, names, call);
    }
}
