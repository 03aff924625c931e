//! Texts that choose rows find what is stored with HTML entities and what is stored without, in whichever form they are
//! sent: rows were written by a WHMCS, by this server, or before `compat.entities` was changed.

use std::collections::BTreeSet;

use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::config::{Compat, Entities};
use whmcs_api::domain::entities::encoded;

use super::parameters;
use super::texts::is_text;
use crate::support::{CREDENTIAL, TestApi, post};

const EMAIL: &str = "o'neil&co@example.com";
const TEXT: &str = "Tom & \"Jerry\" O'Neil <x>";
const CLIENTS: &str = include_str!("../support/fixtures/people/clients.sql");
const TICKETS: &str = include_str!("../support/fixtures/tickets.sql");
const MAIL: &str = include_str!("../support/fixtures/mail.sql");
const PROJECTS: &str = include_str!("../support/fixtures/projects.sql");
const SERVICES: &str = include_str!("../support/fixtures/services.sql");
/// Stores an address of one user alone.
const USER: &str =
    "UPDATE tblclients SET email = ''; UPDATE tblusers SET email = ''; UPDATE tblusers SET email = '{}' WHERE id = 1";
const PLACE: &str =
    "firstname=A&lastname=B&address1=C&city=D&state=E&postcode=F&country=US&phonenumber=555&password2=x";

/// Texts of actions that read, which are words that this server or WHMCS defines, or have a form without such
/// characters.
const WORDS: [(&str, &str); 28] = [
    ("DomainWhois", "domain"),
    ("GetActivityLog", "ipaddress"),
    ("GetAutomationLog", "namespace"),
    ("GetAffiliates", "paytype"),
    ("GetClients", "status"),
    ("GetClientsProducts", "status"),
    ("GetConfigurationValue", "setting"),
    ("GetEmailTemplates", "language"),
    ("GetEmailTemplates", "type"),
    ("GetInvoices", "status"),
    ("GetModuleConfigurationParameters", "moduleName"),
    ("GetModuleConfigurationParameters", "moduleType"),
    ("GetModuleQueue", "moduleAction"),
    ("GetModuleQueue", "moduleName"),
    ("GetModuleQueue", "serviceType"),
    ("GetPayMethods", "type"),
    ("GetProducts", "module"),
    ("GetProductsActive", "module"),
    ("GetProjects", "invoiceids"),
    ("GetProjects", "ticketids"),
    ("GetQuotes", "stage"),
    ("GetServers", "fetchStatus"),
    ("GetTicket", "ticketnum"),
    ("GetTicketAttachment", "type"),
    ("GetToDoItems", "status"),
    ("GetWebhookDeliveries", "state"),
    ("ListOAuthCredentials", "grantType"),
    ("ListOAuthCredentials", "sortField"),
];

struct Lookup {
    text: &'static str,
    fixture: &'static str,
    /// A statement that stores the text in place of `{}`.
    stored: &'static str,
    /// The action, and the parameter that the text is sent as.
    action: &'static str,
    parameter: &'static str,
    /// The other parameters.
    others: &'static str,
    /// A part of the reply if the text was found.
    found: &'static str,
}

const fn lookup(
    text: &'static str,
    fixture: &'static str,
    stored: &'static str,
    (action, parameter, others): (&'static str, &'static str, &'static str),
    found: &'static str,
) -> Lookup {
    Lookup { text, fixture, stored, action, parameter, others, found }
}

const ONE: &str = r#""totalresults":1"#;
const SUCCESS: &str = r#""result":"success""#;

#[rustfmt::skip]
const LOOKUPS: &[Lookup] = &[
    lookup(EMAIL, CLIENTS, "UPDATE tblclients SET email = '{}' WHERE id = 1", ("GetClients", "email", ""), ONE),
    lookup(EMAIL, CLIENTS, "UPDATE tblclients SET email = '{}' WHERE id = 1", ("GetClients", "search", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblclients SET lastname = '{}' WHERE id = 1", ("GetClients", "search", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblclients SET companyname = '{}' WHERE id = 1", ("GetClients", "search", ""), ONE),
    lookup("R&D O'Neil", CLIENTS, "UPDATE tblclients SET firstname = 'R&amp;D', lastname = 'O&#039;Neil' WHERE id = 1 AND '{}' <> ''", ("GetClients", "search", ""), ONE),
    lookup(EMAIL, CLIENTS, "UPDATE tblclients SET email = '{}' WHERE id = 1", ("GetClientsDetails", "email", ""), SUCCESS),
    lookup(EMAIL, CLIENTS, "UPDATE tblclients SET email = '{}' WHERE id = 1", ("UpdateClient", "clientemail", "city=X"), SUCCESS),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET firstname = '{}' WHERE id = 1", ("GetContacts", "firstname", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET lastname = '{}' WHERE id = 1", ("GetContacts", "lastname", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET companyname = '{}' WHERE id = 1", ("GetContacts", "companyname", ""), ONE),
    lookup(EMAIL, CLIENTS, "UPDATE tblcontacts SET email = '{}' WHERE id = 1", ("GetContacts", "email", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET address1 = '{}' WHERE id = 1", ("GetContacts", "address1", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET address2 = '{}' WHERE id = 1", ("GetContacts", "address2", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET city = '{}' WHERE id = 1", ("GetContacts", "city", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET state = '{}' WHERE id = 1", ("GetContacts", "state", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET postcode = '{}' WHERE id = 1", ("GetContacts", "postcode", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET country = '{}' WHERE id = 1", ("GetContacts", "country", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblcontacts SET phonenumber = '{}' WHERE id = 1", ("GetContacts", "phonenumber", ""), ONE),
    lookup(EMAIL, CLIENTS, "UPDATE tblusers SET email = '{}' WHERE id = 1", ("ValidateLogin", "email", "password2=TestSecret"), SUCCESS),
    lookup(EMAIL, "", "DELETE FROM tblclients WHERE id > 4; DELETE FROM tblusers; INSERT INTO tblclients (email) VALUES ('{}')", ("AddClient", "email", PLACE), "not available for use"),
    lookup(EMAIL, "", "DELETE FROM tblclients WHERE id > 4; DELETE FROM tblusers; INSERT INTO tblusers (email) VALUES ('{}')", ("AddClient", "email", PLACE), "already exists"),
    lookup(EMAIL, CLIENTS, "UPDATE tblclients SET email = '{}' WHERE id = 1", ("UpdateClient", "email", "clientid=2"), "Duplicate Email Address"),
    lookup(EMAIL, CLIENTS, "UPDATE tblclients SET email = ''; UPDATE tblusers SET email = '{}' WHERE id = 1", ("UpdateClient", "email", "clientid=2&updateowner=1"), "Duplicate Email Address"),
    lookup(EMAIL, CLIENTS, "DELETE FROM tblcontacts WHERE id > 3; UPDATE tblcontacts SET email = '{}' WHERE id = 1", ("AddContact", "email", "clientid=1"), "Duplicate Email Address"),
    lookup(EMAIL, CLIENTS, "DELETE FROM tblcontacts WHERE id > 3; UPDATE tblcontacts SET email = '{}' WHERE id = 1", ("UpdateContact", "email", "contactid=2"), "Duplicate Email Address"),
    lookup(EMAIL, CLIENTS, USER, ("GetUsers", "search", ""), ONE),
    lookup(TEXT, CLIENTS, "UPDATE tblusers SET last_name = '{}' WHERE id = 1", ("GetUsers", "search", ""), ONE),
    lookup(EMAIL, CLIENTS, USER, ("GetClientPassword", "email", ""), SUCCESS),
    lookup(EMAIL, CLIENTS, "UPDATE tblusers SET email = ''; UPDATE tblclients SET email = ''; UPDATE tblclients SET email = '{}' WHERE id = 1", ("GetClientPassword", "email", ""), SUCCESS),
    lookup(EMAIL, CLIENTS, USER, ("AddUser", "email", "firstname=A&lastname=B&password2=x"), "already exists"),
    lookup(EMAIL, CLIENTS, USER, ("UpdateUser", "email", "user_id=2"), "already exists"),
    lookup(EMAIL, CLIENTS, USER, ("ResetPassword", "email", ""), SUCCESS),
    lookup(EMAIL, CLIENTS, "UPDATE tblusers SET email = '{}' WHERE id = 1", ("CreateClientInvite", "email", "client_id=1&permissions=tickets"), "already associated"),
    lookup(EMAIL, CLIENTS, "UPDATE tbladmins SET email = 'y{}' WHERE id = 1", ("GetAdminUsers", "email", ""), r#""count":1"#),
    lookup(TEXT, PROJECTS, "UPDATE mod_project SET title = 'About {}!' WHERE id = 1", ("GetProjects", "title", ""), ONE),
    lookup(TEXT, PROJECTS, "UPDATE mod_project SET notes = 'About {}!' WHERE id = 1", ("GetProjects", "notes", ""), ONE),
    lookup(TEXT, PROJECTS, "UPDATE mod_project SET status = '{}' WHERE id = 1", ("GetProjects", "status", ""), ONE),
    lookup(TEXT, "", "INSERT INTO tblemails (userid, subject) VALUES (1, 'About {}!')", ("GetEmails", "subject", "clientid=1"), ONE),
    lookup(TEXT, "", "INSERT INTO tblquotes (subject) VALUES ('{}')", ("GetQuotes", "subject", ""), ONE),
    lookup(TEXT, "", "INSERT INTO tblorders (userid, status) VALUES (1, '{}')", ("GetOrders", "status", ""), ONE),
    lookup(TEXT, "", "DELETE FROM tblpromotions; INSERT INTO tblpromotions (code) VALUES ('{}')", ("GetPromotions", "code", ""), ONE),
    lookup(TEXT, "", "DELETE FROM tblpromotions; INSERT INTO tblpromotions (code) VALUES ('{}')", ("AddPromoCode", "code", "type=Percentage&value=10"), "already exists"),
    lookup(TEXT, "", "DELETE FROM tblpromotions; INSERT INTO tblpromotions (id, code) VALUES (1, '{}'), (2, 'Two')", ("AddPromoCode", "code", "promotionid=2"), "already exists"),
    lookup(TEXT, "", "DELETE FROM tblaccounts; INSERT INTO tblaccounts (gateway, transid) VALUES ('paypal', '{}')", ("GetTransactions", "transid", ""), ONE),
    lookup(TEXT, "", "DELETE FROM tblaccounts; INSERT INTO tblaccounts (gateway, transid) VALUES ('paypal', '{}')", ("AddTransaction", "transid", "userid=1&paymentmethod=paypal&amountin=1"), "must be Unique"),
    lookup(TEXT, "", "INSERT INTO tblpaymentgateways (gateway, setting, value) VALUES ('{}', 'type', 'CC')", ("CreateInvoice", "paymentmethod", "userid=1&itemdescription1=x&itemamount1=1"), SUCCESS),
    lookup(TEXT, SERVICES, "UPDATE tblhosting SET domain = '{}' WHERE id = 901", ("GetClientsProducts", "domain", ""), ONE),
    lookup(TEXT, SERVICES, "UPDATE tblhosting SET username = '{}' WHERE id = 901", ("GetClientsProducts", "username2", ""), ONE),
    lookup(TEXT, SERVICES, "UPDATE tbldomains SET domain = '{}' WHERE id = 931", ("GetClientsDomains", "domain", ""), ONE),
    lookup(EMAIL, TICKETS, "UPDATE tbltickets SET email = '{}' WHERE id = 4", ("GetTickets", "email", "ignore_dept_assignments=1"), ONE),
    lookup(TEXT, TICKETS, "UPDATE tbltickets SET title = 'About {}!' WHERE id = 1", ("GetTickets", "subject", "ignore_dept_assignments=1"), ONE),
    lookup(TEXT, TICKETS, "UPDATE tbltickets SET status = '{}' WHERE id = 1; INSERT INTO tblticketstatuses (title) VALUES ('{}')", ("GetTickets", "status", "ignore_dept_assignments=1"), ONE),
    lookup(TEXT, TICKETS, "INSERT INTO tblticketstatuses (title) VALUES ('{}')", ("UpdateTicket", "status", "ticketid=1"), SUCCESS),
    lookup(TEXT, TICKETS, "INSERT INTO tblticketstatuses (title) VALUES ('{}')", ("AddTicketReply", "status", "ticketid=1&clientid=1&message=x"), SUCCESS),
    lookup(EMAIL, TICKETS, "UPDATE tbladmins SET email = '{}' WHERE id = 2", ("UpdateTicket", "flag", "ticketid=1"), SUCCESS),
    lookup("o'neil", TICKETS, "UPDATE tbladmins SET username = '{}' WHERE id = 2", ("UpdateTicket", "flag", "ticketid=1"), SUCCESS),
    lookup("Seán O'Neil", TICKETS, "UPDATE tbladmins SET firstname = 'Seán', lastname = SUBSTRING('{}', 6) WHERE id = 2", ("UpdateTicket", "flag", "ticketid=1"), SUCCESS),
    lookup("o'neil", "", "DELETE FROM tblactivitylog; INSERT INTO tblactivitylog (user) VALUES ('{}')", ("GetActivityLog", "user", ""), ONE),
    lookup(EMAIL, CLIENTS, "UPDATE tblclients SET email = '{}' WHERE id = 1; DELETE FROM tblactivitylog; INSERT INTO tblactivitylog (userid) VALUES (1)", ("GetActivityLog", "user", ""), ONE),
    lookup(EMAIL, CLIENTS, "UPDATE tblusers SET email = '{}' WHERE id = 1; DELETE FROM tblactivitylog; INSERT INTO tblactivitylog (user_id) VALUES (1)", ("GetActivityLog", "user", ""), ONE),
    lookup(EMAIL, CLIENTS, "UPDATE tbladmins SET email = '{}' WHERE id = 1; DELETE FROM tblactivitylog; INSERT INTO tblactivitylog (admin_id) VALUES (1)", ("GetActivityLog", "user", ""), ONE),
    lookup("Seán O'Neil", CLIENTS, "UPDATE tbladmins SET firstname = 'Seán', lastname = SUBSTRING('{}', 6) WHERE id = 1; DELETE FROM tblactivitylog; INSERT INTO tblactivitylog (admin_id) VALUES (1)", ("GetActivityLog", "user", ""), ONE),
    lookup(TEXT, "", "DELETE FROM tblactivitylog; INSERT INTO tblactivitylog (description) VALUES ('About {}!')", ("GetActivityLog", "description", ""), ONE),
    lookup(TEXT, MAIL, "DELETE FROM tblemailtemplates; INSERT INTO tblemailtemplates (type, name, subject, message) VALUES ('general', '{}', 'x', 'x')", ("SendEmail", "messagename", "id=1"), SUCCESS),
    lookup(TEXT, MAIL, "DELETE FROM tblemailtemplates; INSERT INTO tblemailtemplates (type, name, subject, message) VALUES ('admin', '{}', 'x', 'x')", ("SendAdminEmail", "messagename", "type=system"), SUCCESS),
];

#[tokio::test]
async fn find_texts_in_each_form() {
    let mut failures = Vec::new();
    for entities in [Entities::Plain, Entities::Encoded] {
        for is_encoded in [false, true] {
            for fixture in LOOKUPS.iter().map(|lookup| lookup.fixture).collect::<BTreeSet<_>>() {
                let api = TestApi::with(Compat { entities, ..Compat::default() }).await;
                api.sql(fixture).await;
                for lookup in LOOKUPS.iter().filter(|lookup| lookup.fixture == fixture) {
                    let stored = if is_encoded { encoded(lookup.text) } else { lookup.text.to_owned() };
                    let unexpected = unexpected_replies(&api, lookup, &stored).await;
                    failures.extend(unexpected.into_iter().map(|reply| format!("{entities:?}: {stored}: {reply}")));
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Stores the text, and returns the replies in which it was not found.
async fn unexpected_replies(api: &TestApi, lookup: &Lookup, stored: &str) -> Vec<String> {
    let Lookup { text, action, parameter, others, found, .. } = lookup;
    api.sql(&lookup.stored.replace("{}", &stored.replace('\'', "''"))).await;
    let mut unexpected = Vec::new();
    // Another text comes first, which a condition that always holds would find.
    for (sent, is_expected) in [(format!("x{text}"), false), (encoded(text), true), ((*text).to_owned(), true)] {
        let sent = serde_urlencoded::to_string([(parameter, sent)]).unwrap();
        let (_, body) = post(&api.router, &format!("{CREDENTIAL}&action={action}&{others}&{sent}")).await;
        if body.replace(r#""totalresults":"1""#, ONE).contains(found) != is_expected {
            unexpected.push(format!("{action} {sent}: {body}"));
        }
    }
    unexpected
}

/// AddOrder says nothing about a code that it does not know.
#[tokio::test]
async fn promotions_are_applied_in_each_form() {
    for (stored, sent) in [(TEXT.to_owned(), encoded(TEXT)), (encoded(TEXT), TEXT.to_owned())] {
        let api = TestApi::new().await;
        api.sql(include_str!("../support/fixtures/shop.sql")).await;
        let code = stored.replace('\'', "''");
        let insert = format!("INSERT INTO tblpromotions (code, type, value) VALUES ('{code}', 'Percentage', 10)");
        api.sql(&insert).await;
        let code = serde_urlencoded::to_string([("promocode", sent)]).unwrap();
        api.reply(&format!("action=AddOrder&clientid=1&paymentmethod=paypal&pid[0]=3&{code}")).await;
        assert_eq!(api.rows("promotype, amount", "tblorders").await, ["Percentage | 45.00"], "{stored}");
    }
}

#[test]
fn all_texts_of_actions_that_read_are_in_the_table() {
    let tested = LOOKUPS.iter().map(|lookup| (lookup.action, lookup.parameter));
    let known: BTreeSet<(&str, &str)> = tested.chain(WORDS).collect();
    let reading = CATALOGUE.iter().filter(|entry| entry.access == Access::Read);
    let texts = reading.flat_map(|entry| parameters(&entry.name, is_text).into_iter().map(|name| (&*entry.name, name)));
    let missing: Vec<_> = texts.filter(|(action, name)| !known.contains(&(*action, &**name))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
