//! A walk over changes: triggers note every change of a row that an event tells, whatever causes it, and each must have raised its event.

use std::fmt::Write;

use sqlx::mysql::MySqlPool;

/// A change that is told.
struct Told {
    table: &'static str,
    /// `INSERT`, `UPDATE` or `DELETE`.
    change: &'static str,
    /// When the change is one that is told, in SQL.
    condition: &'static str,
    /// The events of which one must tell it.
    events: &'static str,
    /// The parameter that has the id of the row, and that id in SQL.
    id: (&'static str, &'static str),
}

const fn told(
    table: &'static str,
    change: &'static str,
    condition: &'static str,
    events: &'static str,
    id: (&'static str, &'static str),
) -> Told {
    Told { table, change, condition, events, id }
}

const INVOICE: (&str, &str) = ("invoiceid", "NEW.id");
const TICKET: (&str, &str) = ("ticketid", "NEW.id");
const ORDER: (&str, &str) = ("orderid", "NEW.id");
const ADDON: (&str, &str) = ("id", "NEW.id");

const ALL: &[Told] = &[
    told("tblinvoices", "INSERT", "TRUE", "InvoiceCreated", INVOICE),
    told("tblinvoices", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Paid'", "InvoicePaid", INVOICE),
    told("tblinvoices", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Unpaid'", "InvoiceUnpaid", INVOICE),
    told("tblinvoices", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Cancelled'", "InvoiceCancelled", INVOICE),
    told("tblinvoices", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Refunded'", "InvoiceRefunded", INVOICE),
    told("tblinvoices", "UPDATE", "NEW.paymentmethod <> OLD.paymentmethod", "InvoiceChangeGateway", INVOICE),
    told("tblinvoices", "UPDATE", "NEW.subtotal <> OLD.subtotal", "UpdateInvoiceTotal", INVOICE),
    told("tblaccounts", "INSERT", "TRUE", "AddTransaction", ("id", "NEW.id")),
    told("tblclients", "INSERT", "TRUE", "ClientAdd", ("userid", "NEW.id")),
    told("tblclients", "UPDATE", "NEW.status <> OLD.status", "ClientClose,ClientEdit", ("userid", "NEW.id")),
    told(
        "tblclients",
        "UPDATE",
        "CONCAT_WS('|', NEW.firstname, NEW.lastname, NEW.companyname, NEW.email, NEW.address1, NEW.city, NEW.country) <> \
         CONCAT_WS('|', OLD.firstname, OLD.lastname, OLD.companyname, OLD.email, OLD.address1, OLD.city, OLD.country)",
        "ClientEdit",
        ("userid", "NEW.id"),
    ),
    told("tblclients", "DELETE", "TRUE", "ClientDelete", ("userid", "OLD.id")),
    told("tblaffiliates", "INSERT", "TRUE", "AffiliateActivation", ("affid", "NEW.id")),
    told("tblcontacts", "INSERT", "TRUE", "ContactAdd", ("contactid", "NEW.id")),
    told("tblcontacts", "DELETE", "TRUE", "ContactDelete,ClientDelete", ("userid", "OLD.userid")),
    told("tblusers", "INSERT", "TRUE", "UserAdd", ("user_id", "NEW.id")),
    told(
        "tblusers",
        "UPDATE",
        "NEW.email <> OLD.email OR NEW.first_name <> OLD.first_name",
        "UserEdit",
        ("user_id", "NEW.id"),
    ),
    told("tblorders", "INSERT", "TRUE", "AfterShoppingCartCheckout", ("OrderID", "NEW.id")),
    told("tblorders", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Active'", "AcceptOrder", ORDER),
    told("tblorders", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Cancelled'", "CancelOrder", ORDER),
    told("tblorders", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Fraud'", "FraudOrder", ORDER),
    told("tblorders", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Pending'", "PendingOrder", ORDER),
    told(
        "tblorders",
        "DELETE",
        "TRUE",
        "DeleteOrder,ClientDelete",
        ("orderid|userid", "CONCAT(OLD.id, '|', OLD.userid)"),
    ),
    told("tblhosting", "DELETE", "TRUE", "ServiceDelete,ClientDelete", ("userid", "OLD.userid")),
    told(
        "tblhosting",
        "UPDATE",
        "NEW.domainstatus <> OLD.domainstatus AND NEW.domainstatus = 'Completed'",
        "ServiceRecurringCompleted",
        ("serviceid", "NEW.id"),
    ),
    told("tblcancelrequests", "INSERT", "TRUE", "CancellationRequest", ("relid", "NEW.relid")),
    told("tblhostingaddons", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Active'", "AddonActivated", ADDON),
    told(
        "tblhostingaddons",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.status = 'Suspended'",
        "AddonSuspended",
        ADDON,
    ),
    told(
        "tblhostingaddons",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.status = 'Terminated'",
        "AddonTerminated",
        ADDON,
    ),
    told(
        "tblhostingaddons",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.status = 'Cancelled'",
        "AddonCancelled",
        ADDON,
    ),
    told("tblhostingaddons", "UPDATE", "NEW.status <> OLD.status AND NEW.status = 'Fraud'", "AddonFraud", ADDON),
    told("tblhostingaddons", "DELETE", "OLD.userid = 0", "AddonDeleted", ("id", "OLD.id")),
    told("tbldomains", "DELETE", "TRUE", "DomainDelete,ClientDelete", ("userid", "OLD.userid")),
    told(
        "tblupgrades",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.status = 'Completed'",
        "AfterProductUpgrade,AfterConfigOptionsUpgrade",
        ("upgradeid", "NEW.id"),
    ),
    told("tbltickets", "INSERT", "TRUE", "TicketOpen,TicketOpenAdmin", TICKET),
    told(
        "tbltickets",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.merged_ticket_id = OLD.merged_ticket_id",
        "TicketStatusChange",
        TICKET,
    ),
    told(
        "tbltickets",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.status = 'Closed' AND NEW.merged_ticket_id = OLD.merged_ticket_id",
        "TicketClose",
        TICKET,
    ),
    told("tbltickets", "UPDATE", "NEW.did <> OLD.did", "TicketDepartmentChange", TICKET),
    told("tbltickets", "UPDATE", "NEW.urgency <> OLD.urgency", "TicketPriorityChange", TICKET),
    told("tbltickets", "UPDATE", "NEW.title <> OLD.title", "TicketSubjectChange,TicketMerge", TICKET),
    told("tbltickets", "UPDATE", "NEW.flag <> OLD.flag", "TicketFlagged", TICKET),
    told("tblticketnotes", "INSERT", "TRUE", "TicketAddNote", ("ticketid", "NEW.ticketid")),
    told("tblquotes", "INSERT", "TRUE", "QuoteCreated", ("quoteid", "NEW.id")),
    told("tblquotes", "UPDATE", "NEW.stage <> OLD.stage", "QuoteStatusChange,AcceptQuote", ("quoteid", "NEW.id")),
];

/// Notes from now on what changes.
pub async fn begin(pool: &MySqlPool) {
    let mut sql = "CREATE TABLE walk (what VARCHAR(200), events VARCHAR(200), parameter VARCHAR(50), id VARCHAR(50)) \
                   DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;"
        .to_owned();
    let mut triggers: Vec<(&str, &str)> = ALL.iter().map(|told| (told.table, told.change)).collect();
    triggers.sort_unstable();
    triggers.dedup();
    for (table, change) in triggers {
        let _ = write!(sql, "CREATE TRIGGER walk_{table}_{change} AFTER {change} ON {table} FOR EACH ROW BEGIN ");
        for told in ALL.iter().filter(|told| (told.table, told.change) == (table, change)) {
            let Told { condition, events, id: (parameter, id), .. } = told;
            let what = format!("{change} of {table}: {}", condition.replace('\'', ""));
            let what: String = what.chars().take(200).collect();
            let _ = write!(
                sql,
                "IF {condition} THEN INSERT INTO walk VALUES ('{what}', '{events}', '{parameter}', {id}); END IF; "
            );
        }
        sql.push_str("END;");
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

/// Checks that everything that has changed was told.
#[track_caller]
pub fn check(untold: &[String]) {
    assert!(untold.is_empty(), "changes without their events: {untold:#?}");
}

/// Returns the changes that no event tells.
pub async fn untold(pool: &MySqlPool) -> Vec<String> {
    // A parameter may be one of two, with an id for each. An order of an upgrade was in no cart: its upgrade is told.
    let untold = "SELECT DISTINCT CONCAT(w.what, ', ', w.id, ': no ', w.events) FROM walk w WHERE \
        NOT (w.events = 'AfterShoppingCartCheckout' AND EXISTS(SELECT 1 FROM tblupgrades u WHERE u.orderid = w.id)) AND NOT EXISTS \
        (SELECT 1 FROM mod_whmcs_api_events e WHERE FIND_IN_SET(e.name, w.events) \
           AND (JSON_UNQUOTE(JSON_EXTRACT(e.data, CONCAT('$.', SUBSTRING_INDEX(w.parameter, '|', 1)))) = SUBSTRING_INDEX(w.id, '|', 1) \
             OR JSON_UNQUOTE(JSON_EXTRACT(e.data, CONCAT('$.', SUBSTRING_INDEX(w.parameter, '|', -1)))) = SUBSTRING_INDEX(w.id, '|', -1)))";
    sqlx::query_scalar(untold).fetch_all(pool).await.unwrap()
}
