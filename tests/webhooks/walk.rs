//! A walk over changes: triggers note every change of a row that an event tells, whatever causes it, and each must have raised its event.

use std::fmt::Write;

use sqlx::mysql::MySqlPool;

/// When a change is one that is told.
enum Condition {
    /// In SQL.
    Sql(&'static str),
    /// A column gets this value.
    Becomes(&'static str, &'static str),
}

impl Condition {
    fn sql(&self) -> String {
        match self {
            Condition::Sql(sql) => (*sql).to_owned(),
            Condition::Becomes(column, value) => format!("NEW.{column} <> OLD.{column} AND NEW.{column} = '{value}'"),
        }
    }
}

/// Events that may tell a change, the parameter that has an id, and that id in SQL.
type By = (&'static str, &'static str, &'static str);

/// A change that is told.
struct Told {
    table: &'static str,
    /// `INSERT`, `UPDATE` or `DELETE`.
    change: &'static str,
    condition: Condition,
    /// What must tell it, each time.
    by: &'static [By],
}

const fn told(table: &'static str, change: &'static str, condition: &'static str, by: &'static [By]) -> Told {
    Told { table, change, condition: Condition::Sql(condition), by }
}

const fn becomes(table: &'static str, column: &'static str, value: &'static str, by: &'static [By]) -> Told {
    Told { table, change: "UPDATE", condition: Condition::Becomes(column, value), by }
}

const ALL: &[Told] = &[
    told("tblinvoices", "INSERT", "TRUE", &[("InvoiceCreated", "invoiceid", "NEW.id")]),
    becomes("tblinvoices", "status", "Paid", &[("InvoicePaid", "invoiceid", "NEW.id")]),
    becomes("tblinvoices", "status", "Unpaid", &[("InvoiceUnpaid", "invoiceid", "NEW.id")]),
    becomes("tblinvoices", "status", "Cancelled", &[("InvoiceCancelled", "invoiceid", "NEW.id")]),
    becomes("tblinvoices", "status", "Refunded", &[("InvoiceRefunded", "invoiceid", "NEW.id")]),
    told(
        "tblinvoices",
        "UPDATE",
        "NEW.paymentmethod <> OLD.paymentmethod",
        &[("InvoiceChangeGateway", "invoiceid", "NEW.id")],
    ),
    told("tblinvoices", "UPDATE", "NEW.subtotal <> OLD.subtotal", &[("UpdateInvoiceTotal", "invoiceid", "NEW.id")]),
    told("tblaccounts", "INSERT", "TRUE", &[("AddTransaction", "id", "NEW.id")]),
    told("tblclients", "INSERT", "TRUE", &[("ClientAdd", "userid", "NEW.id")]),
    told("tblclients", "UPDATE", "NEW.status <> OLD.status", &[("ClientClose,ClientEdit", "userid", "NEW.id")]),
    told(
        "tblclients",
        "UPDATE",
        "CONCAT_WS('|', NEW.firstname, NEW.lastname, NEW.companyname, NEW.email, NEW.address1, NEW.city, NEW.country) <> \
         CONCAT_WS('|', OLD.firstname, OLD.lastname, OLD.companyname, OLD.email, OLD.address1, OLD.city, OLD.country)",
        &[("ClientEdit", "userid", "NEW.id")],
    ),
    told("tblclients", "DELETE", "TRUE", &[("ClientDelete", "userid", "OLD.id")]),
    told("tblaffiliates", "INSERT", "TRUE", &[("AffiliateActivation", "affid", "NEW.id")]),
    told("tblcontacts", "INSERT", "TRUE", &[("ContactAdd", "contactid", "NEW.id")]),
    told(
        "tblcontacts",
        "DELETE",
        "TRUE",
        &[("ContactDelete", "contactid", "OLD.id"), ("ClientDelete", "userid", "OLD.userid")],
    ),
    told("tblusers", "INSERT", "TRUE", &[("UserAdd", "user_id", "NEW.id")]),
    told(
        "tblusers",
        "UPDATE",
        "NEW.email <> OLD.email OR NEW.first_name <> OLD.first_name",
        &[("UserEdit", "user_id", "NEW.id")],
    ),
    told("tblusers", "UPDATE", "NEW.password <> OLD.password", &[("UserChangePassword", "userid", "NEW.id")]),
    told("tblannouncements", "INSERT", "TRUE", &[("AnnouncementAdd", "announcementid", "NEW.id")]),
    told(
        "tblannouncements",
        "UPDATE",
        "CONCAT_WS('|', NEW.title, NEW.announcement, NEW.published, NEW.date) <> \
         CONCAT_WS('|', OLD.title, OLD.announcement, OLD.published, OLD.date)",
        &[("AnnouncementEdit", "announcementid", "NEW.id")],
    ),
    told("tblorders", "INSERT", "TRUE", &[("AfterShoppingCartCheckout", "OrderID", "NEW.id")]),
    becomes("tblorders", "status", "Active", &[("AcceptOrder", "orderid", "NEW.id")]),
    becomes("tblorders", "status", "Cancelled", &[("CancelOrder", "orderid", "NEW.id")]),
    becomes("tblorders", "status", "Fraud", &[("FraudOrder", "orderid", "NEW.id")]),
    becomes("tblorders", "status", "Pending", &[("PendingOrder", "orderid", "NEW.id")]),
    told(
        "tblorders",
        "DELETE",
        "TRUE",
        &[("DeleteOrder", "orderid", "OLD.id"), ("ClientDelete", "userid", "OLD.userid")],
    ),
    told(
        "tblhosting",
        "DELETE",
        "TRUE",
        &[("ServiceDelete", "serviceid", "OLD.id"), ("ClientDelete", "userid", "OLD.userid")],
    ),
    told(
        "tblhosting",
        "UPDATE",
        "NEW.domainstatus <> OLD.domainstatus",
        &[
            ("ServiceEdit,ServiceRecurringCompleted", "serviceid", "NEW.id"),
            (
                "AfterModuleCreate,AfterModuleSuspend,AfterModuleUnsuspend,AfterModuleTerminate",
                "params.serviceid",
                "NEW.id",
            ),
            ("AcceptOrder,CancelOrder,FraudOrder,PendingOrder", "orderid", "NEW.orderid"),
            ("ClientClose", "userid", "NEW.userid"),
        ],
    ),
    becomes("tblhosting", "domainstatus", "Completed", &[("ServiceRecurringCompleted", "serviceid", "NEW.id")]),
    told("tblcancelrequests", "INSERT", "TRUE", &[("CancellationRequest", "relid", "NEW.relid")]),
    becomes("tblhostingaddons", "status", "Active", &[("AddonActivated,AddonUnsuspended", "id", "NEW.id")]),
    becomes("tblhostingaddons", "status", "Suspended", &[("AddonSuspended", "id", "NEW.id")]),
    becomes("tblhostingaddons", "status", "Terminated", &[("AddonTerminated", "id", "NEW.id")]),
    becomes("tblhostingaddons", "status", "Cancelled", &[("AddonCancelled", "id", "NEW.id")]),
    becomes("tblhostingaddons", "status", "Fraud", &[("AddonFraud", "id", "NEW.id")]),
    told("tblhostingaddons", "DELETE", "OLD.userid = 0", &[("AddonDeleted", "id", "OLD.id")]),
    told(
        "tbldomains",
        "DELETE",
        "TRUE",
        &[("DomainDelete", "domainid", "OLD.id"), ("ClientDelete", "userid", "OLD.userid")],
    ),
    told(
        "tbldomains",
        "UPDATE",
        "NEW.status <> OLD.status",
        &[
            ("DomainEdit", "domainid", "NEW.id"),
            ("DomainTransferCompleted,DomainTransferFailed", "domainId", "NEW.id"),
            ("AfterRegistrarRegistration,AfterRegistrarTransfer,AfterRegistrarRenewal", "params.domainid", "NEW.id"),
            ("AcceptOrder,CancelOrder,FraudOrder,PendingOrder", "orderid", "NEW.orderid"),
            ("ClientClose", "userid", "NEW.userid"),
        ],
    ),
    becomes(
        "tblupgrades",
        "status",
        "Completed",
        &[("AfterProductUpgrade,AfterConfigOptionsUpgrade", "upgradeid", "NEW.id")],
    ),
    told("tbltickets", "INSERT", "TRUE", &[("TicketOpen,TicketOpenAdmin", "ticketid", "NEW.id")]),
    told(
        "tbltickets",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.merged_ticket_id = OLD.merged_ticket_id",
        &[("TicketStatusChange", "ticketid", "NEW.id")],
    ),
    told(
        "tbltickets",
        "UPDATE",
        "NEW.status <> OLD.status AND NEW.status = 'Closed' AND NEW.merged_ticket_id = OLD.merged_ticket_id",
        &[("TicketClose", "ticketid", "NEW.id")],
    ),
    told("tbltickets", "UPDATE", "NEW.did <> OLD.did", &[("TicketDepartmentChange", "ticketid", "NEW.id")]),
    told("tbltickets", "UPDATE", "NEW.urgency <> OLD.urgency", &[("TicketPriorityChange", "ticketid", "NEW.id")]),
    told(
        "tbltickets",
        "UPDATE",
        "NEW.title <> OLD.title",
        &[("TicketSubjectChange,TicketMerge", "ticketid", "NEW.id")],
    ),
    told("tbltickets", "UPDATE", "NEW.flag <> OLD.flag", &[("TicketFlagged", "ticketid", "NEW.id")]),
    told("tblticketnotes", "INSERT", "TRUE", &[("TicketAddNote", "ticketid", "NEW.ticketid")]),
    told("tblquotes", "INSERT", "TRUE", &[("QuoteCreated", "quoteid", "NEW.id")]),
    told("tblquotes", "UPDATE", "NEW.stage <> OLD.stage", &[("QuoteStatusChange,AcceptQuote", "quoteid", "NEW.id")]),
];

/// Notes from now on what changes.
pub async fn begin(pool: &MySqlPool) {
    let mut sql =
        "CREATE TABLE walk (what VARCHAR(200), changed INT, events VARCHAR(200), parameter VARCHAR(50), id INT) \
                   DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;"
            .to_owned();
    let mut triggers: Vec<(&str, &str)> = ALL.iter().map(|told| (told.table, told.change)).collect();
    triggers.sort_unstable();
    triggers.dedup();
    for (table, change) in triggers {
        let _ = write!(sql, "CREATE TRIGGER walk_{table}_{change} AFTER {change} ON {table} FOR EACH ROW BEGIN ");
        for told in ALL.iter().filter(|told| (told.table, told.change) == (table, change)) {
            let condition = told.condition.sql();
            let what = format!("{change} of {table}: {}", condition.replace('\'', ""));
            let what: String = what.chars().take(200).collect();
            let row = if change == "DELETE" { "OLD.id" } else { "NEW.id" };
            let noted = |(events, parameter, id): &By| format!("('{what}', {row}, '{events}', '{parameter}', {id})");
            let noted: Vec<String> = told.by.iter().map(noted).collect();
            let _ = write!(sql, "IF {condition} THEN INSERT INTO walk VALUES {}; END IF; ", noted.join(", "));
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

/// Returns the changes that have happened more often than events tell.
pub async fn untold(pool: &MySqlPool) -> Vec<String> {
    // An order of an upgrade was in no cart: its upgrade is told.
    let untold = "SELECT CONCAT(what, ', ', changed, ': ', MAX(changes), ' times, but ', SUM(told), ' of ', GROUP_CONCAT(events)) \
        FROM (SELECT w.what, w.changed, w.events, COUNT(*) AS changes, \
                     (SELECT COUNT(*) FROM mod_whmcs_api_events e WHERE FIND_IN_SET(e.name, w.events) \
                         AND JSON_UNQUOTE(JSON_EXTRACT(e.data, CONCAT('$.', w.parameter))) = w.id) AS told \
              FROM walk w WHERE NOT (w.events = 'AfterShoppingCartCheckout' \
                                     AND EXISTS(SELECT 1 FROM tblupgrades u WHERE u.orderid = w.id)) \
              GROUP BY w.what, w.changed, w.events, w.parameter, w.id) AS each_of \
        GROUP BY what, changed HAVING MAX(changes) > SUM(told)";
    sqlx::query_scalar(untold).fetch_all(pool).await.unwrap()
}
