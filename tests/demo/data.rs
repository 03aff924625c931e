//! The consistency of the demo data: references have targets, and money, prices and times agree.

use whmcs_api::auth::secret;
use whmcs_api::demo::write_attachments;

use crate::demo::Demo;
use crate::support::Scratch;

/// The references of columns: to a row of a table by its id, or by another column of it.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("mod_project.adminid", "tbladmins.id", ""),
    ("mod_project.userid", "tblclients.id", "userid <> 0"),
    ("mod_projectlog.projectid", "mod_project.id", ""),
    ("mod_projectmessages.projectid", "mod_project.id", ""),
    ("mod_projecttasks.projectid", "mod_project.id", ""),
    ("mod_projecttimes.taskid", "mod_projecttasks.id", ""),
    ("tblaccounts.invoiceid", "tblinvoices.id", "invoiceid <> 0"),
    ("tblaccounts.refundid", "tblaccounts.id", "refundid <> 0"),
    ("tblaccounts.userid", "tblclients.id", ""),
    ("tblaccounts.gateway", "tblpaymentgateways.gateway", ""),
    ("tblactivitylog.userid", "tblclients.id", "userid <> 0"),
    ("tblactivitylog.admin_id", "tbladmins.id", "admin_id <> 0"),
    ("tbladdons.welcomeemail", "tblemailtemplates.id", "welcomeemail <> 0"),
    ("tbladmins.roleid", "tbladminroles.id", ""),
    ("tbladminperms.roleid", "tbladminroles.id", ""),
    ("tblaffiliates.clientid", "tblclients.id", ""),
    ("tblbankaccts.pay_method_id", "tblpaymethods.id", ""),
    ("tblaffiliatesaccounts.affiliateid", "tblaffiliates.id", ""),
    ("tblaffiliatesaccounts.relid", "tblhosting.id", ""),
    ("tblaffiliateshistory.affaccid", "tblaffiliatesaccounts.id", ""),
    ("tblaffiliateshistory.affiliateid", "tblaffiliates.id", ""),
    ("tblaffiliateshistory.invoice_id", "tblinvoices.id", ""),
    ("tblaffiliateswithdrawals.affiliateid", "tblaffiliates.id", ""),
    ("tblbillableitems.userid", "tblclients.id", ""),
    ("tblannouncements.parentid", "tblannouncements.id", "parentid <> 0"),
    ("tblcancelrequests.relid", "tblhosting.id", ""),
    ("tblclients.currency", "tblcurrencies.id", ""),
    ("tblclients.defaultgateway", "tblpaymentgateways.gateway", ""),
    ("tblclients.groupid", "tblclientgroups.id", "groupid <> 0"),
    ("tblclientsfiles.userid", "tblclients.id", ""),
    ("tblcontacts.userid", "tblclients.id", ""),
    ("tblcredit.clientid", "tblclients.id", ""),
    ("tblcreditcards.pay_method_id", "tblpaymethods.id", ""),
    ("tblcredit.admin_id", "tbladmins.id", "admin_id <> 0"),
    ("tblcredit.relid", "tblinvoices.id", "relid <> 0"),
    ("tblcustomfields.relid", "tblproducts.id", "type = 'product'"),
    ("tblcustomfieldsvalues.fieldid", "tblcustomfields.id", ""),
    (
        "tblcustomfieldsvalues.relid",
        "tblclients.id",
        "fieldid IN (SELECT id FROM tblcustomfields WHERE type = 'client')",
    ),
    (
        "tblcustomfieldsvalues.relid",
        "tblhosting.id",
        "fieldid IN (SELECT id FROM tblcustomfields WHERE type = 'product')",
    ),
    ("tbldeviceauth.user_id", "tbladmins.id", ""),
    ("tbldomains.orderid", "tblorders.id", "orderid <> 0"),
    ("tbldomains.paymentmethod", "tblpaymentgateways.gateway", ""),
    ("tbldomains.userid", "tblclients.id", ""),
    ("tblemails.userid", "tblclients.id", ""),
    ("tblhosting.orderid", "tblorders.id", ""),
    ("tblhosting.packageid", "tblproducts.id", ""),
    ("tblhosting.paymentmethod", "tblpaymentgateways.gateway", ""),
    ("tblhosting.promoid", "tblpromotions.id", "promoid <> 0"),
    ("tblhosting.server", "tblservers.id", "server <> 0"),
    ("tblhosting.userid", "tblclients.id", ""),
    ("tblhostingaddons.addonid", "tbladdons.id", ""),
    ("tblhostingaddons.hostingid", "tblhosting.id", ""),
    ("tblhostingaddons.orderid", "tblorders.id", ""),
    ("tblhostingaddons.paymentmethod", "tblpaymentgateways.gateway", ""),
    ("tblhostingaddons.userid", "tblclients.id", ""),
    ("tblhostingconfigoptions.configid", "tblproductconfigoptions.id", ""),
    ("tblhostingconfigoptions.optionid", "tblproductconfigoptionssub.id", ""),
    ("tblhostingconfigoptions.relid", "tblhosting.id", ""),
    ("tblinvoiceitems.invoiceid", "tblinvoices.id", ""),
    ("tblinvoiceitems.paymentmethod", "tblpaymentgateways.gateway", ""),
    ("tblinvoiceitems.relid", "tblhosting.id", "type IN ('Hosting', 'PromoHosting')"),
    ("tblinvoiceitems.relid", "tblhostingaddons.id", "type = 'Addon'"),
    ("tblinvoiceitems.relid", "tbldomains.id", "type LIKE 'Domain%'"),
    ("tblinvoiceitems.userid", "tblclients.id", ""),
    ("tblinvoices.paymentmethod", "tblpaymentgateways.gateway", ""),
    ("tblinvoices.userid", "tblclients.id", ""),
    ("tblmodulequeue.service_id", "tblhosting.id", "service_type = 'service'"),
    ("tblnotes.adminid", "tbladmins.id", ""),
    ("tblnotes.userid", "tblclients.id", ""),
    ("tbloauthserver_client_scopes.client_id", "tbloauthserver_clients.id", ""),
    ("tbloauthserver_client_scopes.scope_id", "tbloauthserver_scopes.id", ""),
    ("tblorders.invoiceid", "tblinvoices.id", ""),
    ("tblorders.paymentmethod", "tblpaymentgateways.gateway", ""),
    ("tblorders.promocode", "tblpromotions.code", "promocode <> ''"),
    ("tblorders.requestor_id", "tblusers.id", ""),
    ("tblorders.status", "tblorderstatuses.title", ""),
    ("tblorders.userid", "tblclients.id", ""),
    ("tblpaymethods.contact_id", "tblclients.id", "contact_type = 'Client'"),
    ("tblpaymethods.gateway_name", "tblpaymentgateways.gateway", "gateway_name <> ''"),
    ("tblpaymethods.payment_id", "tblbankaccts.id", "payment_type LIKE '%BankAccount'"),
    ("tblpaymethods.payment_id", "tblcreditcards.id", "payment_type LIKE '%CreditCard'"),
    ("tblpaymethods.userid", "tblclients.id", ""),
    ("tblpricing.currency", "tblcurrencies.id", ""),
    ("tblpricing.relid", "tbladdons.id", "type = 'addon'"),
    ("tblpricing.relid", "tbldomainpricing.id", "type IN ('domainregister', 'domaintransfer', 'domainrenew')"),
    ("tblpricing.relid", "tblproductconfigoptionssub.id", "type = 'configoptions'"),
    ("tblpricing.relid", "tblproducts.id", "type = 'product'"),
    ("tblproductconfiglinks.gid", "tblproductconfiggroups.id", ""),
    ("tblproductconfiglinks.pid", "tblproducts.id", ""),
    ("tblproductconfigoptions.gid", "tblproductconfiggroups.id", ""),
    ("tblproductconfigoptionssub.configid", "tblproductconfigoptions.id", ""),
    ("tblproducts.gid", "tblproductgroups.id", ""),
    ("tblproducts.servergroup", "tblservergroups.id", "servergroup <> 0"),
    ("tblproducts.servertype", "tblservers.type", "servertype <> ''"),
    ("tblproducts.welcomeemail", "tblemailtemplates.id", "welcomeemail <> 0"),
    ("tblproducts_slugs.group_id", "tblproductgroups.id", ""),
    ("tblproducts_slugs.product_id", "tblproducts.id", ""),
    ("tblquoteitems.quoteid", "tblquotes.id", ""),
    ("tblquotes.currency", "tblcurrencies.id", ""),
    ("tblquotes.userid", "tblclients.id", "userid <> 0"),
    ("tblservergroupsrel.groupid", "tblservergroups.id", ""),
    ("tblservergroupsrel.serverid", "tblservers.id", ""),
    ("tbltld_category_pivot.category_id", "tbltld_categories.id", ""),
    ("tbltld_category_pivot.tld_id", "tbltlds.id", ""),
    ("tblticket_watchers.admin_id", "tbladmins.id", ""),
    ("tblticket_watchers.ticket_id", "tbltickets.id", ""),
    ("tblticketlog.tid", "tbltickets.id", ""),
    ("tblticketnotes.ticketid", "tbltickets.id", ""),
    ("tblticketpredefinedcats.parentid", "tblticketpredefinedcats.id", "parentid <> 0"),
    ("tblticketpredefinedreplies.catid", "tblticketpredefinedcats.id", ""),
    ("tblticketreplies.contactid", "tblcontacts.id", "contactid <> 0"),
    ("tblticketreplies.requestor_id", "tblusers.id", "requestor_id <> 0"),
    ("tblticketreplies.tid", "tbltickets.id", ""),
    ("tblticketreplies.userid", "tblclients.id", "userid <> 0"),
    ("tbltickets.contactid", "tblcontacts.id", "contactid <> 0"),
    ("tbltickets.did", "tblticketdepartments.id", ""),
    ("tbltickets.flag", "tbladmins.id", "flag <> 0"),
    ("tbltickets.merged_ticket_id", "tbltickets.id", "merged_ticket_id <> 0"),
    ("tbltickets.requestor_id", "tblusers.id", "requestor_id <> 0"),
    ("tbltickets.status", "tblticketstatuses.title", ""),
    ("tbltickets.userid", "tblclients.id", "userid <> 0"),
    ("tbltickettags.ticketid", "tbltickets.id", ""),
    ("tbltodolist.admin", "tbladmins.id", "admin <> 0"),
    ("tbluser_invites.client_id", "tblclients.id", ""),
    ("tblusers_clients.auth_user_id", "tblusers.id", ""),
    ("tblusers_clients.client_id", "tblclients.id", ""),
];

/// Columns that look like references, but have no target in this data.
const NAME_NOTHING: &[&str] = &[
    "tblaccounts.currency",
    "tblactivitylog.user_id",
    "tbladminlog.sessionid",
    "tbladdons.server_group_id",
    "tblclients.billingcid",
    "tblclients.gatewayid",
    "tblclients.securityqid",
    "tbldomains.promoid",
    "tbldomains.subscriptionid",
    "tblemails.campaign_id",
    "tblhosting.recommendation_source_product_id",
    "tblhosting.subscriptionid",
    "tblhostingaddons.server",
    "tblhostingaddons.subscriptionid",
    "tblinvoices.paymethodid",
    "tbllog_register.namespace_id",
    "tbloauthserver_clients.rsa_key_pair_id",
    "tbloauthserver_clients.service_id",
    "tbloauthserver_clients.user_id",
    "tblorders.admin_requestor_id",
    "tblorders.contactid",
    "tblusers.security_question_id",
    "tblusers_clients.invite_id",
];

#[tokio::test]
async fn what_is_named_is_there() {
    let demo = Demo::new().await;
    names_what_is_there(&demo).await;
    for (column, _, only) in REFERENCES {
        let (table, _) = column.split_once('.').unwrap();
        let rows = format!("FROM {table} t WHERE {}", if only.is_empty() { "TRUE" } else { only });
        assert!(demo.number(&format!("SELECT COUNT(*) {rows}")).await > 0, "{column} has no references {only}");
    }
    for column in NAME_NOTHING {
        let (table, name) = column.split_once('.').unwrap();
        let named = format!("SELECT COUNT(*) FROM {table} WHERE COALESCE({name}, '') NOT IN ('', '0')");
        assert_eq!(demo.number(&named).await, 0, "{column}");
    }
}

pub async fn names_what_is_there(demo: &Demo) {
    for (column, target, only) in REFERENCES {
        let (table, name) = column.split_once('.').unwrap();
        let (target, key) = target.split_once('.').unwrap();
        let rows = format!("FROM {table} t WHERE {}", if only.is_empty() { "TRUE" } else { only });
        let missing = format!(
            "SELECT CAST(t.{name} AS CHAR) {rows} \
             AND NOT EXISTS (SELECT 1 FROM {target} target WHERE target.{key} = t.{name})"
        );
        assert_eq!(demo.texts(&missing).await, [""; 0], "{column} refers to missing rows of {target} {only}");
    }
}

/// Every column of a new table, or of one that the demo starts to fill, must be in one of the lists.
#[tokio::test]
async fn no_reference_is_left_unchecked() {
    let demo = Demo::new().await;
    // A few columns are named like references, but are not.
    let columns = demo
        .texts(
            "SELECT CAST(CONCAT(table_name, '.', column_name) AS CHAR) FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name LIKE 'tbl%' \
               AND (column_name REGEXP '[a-z_]id$' \
                    OR column_name IN ('server', 'gateway', 'paymentmethod', 'defaultgateway', 'currency', \
                                       'welcomeemail', 'servergroup', 'promocode')) \
               AND column_name NOT IN ('uuid', 'transid', 'tax_id', 'paid', 'datepaid', 'lastpaid', 'permid') \
               AND CONCAT(table_name, '.', column_name) NOT IN ('tbltickets.tid', 'tblpaymentgateways.gateway')",
        )
        .await;
    let mut unchecked = Vec::new();
    for column in columns {
        let (table, _) = column.split_once('.').unwrap();
        let is_listed = REFERENCES.iter().any(|(listed, _, _)| *listed == column) || NAME_NOTHING.contains(&&*column);
        if !is_listed && demo.number(&format!("SELECT COUNT(*) FROM {table}")).await > 0 {
            unchecked.push(column);
        }
    }
    assert_eq!(unchecked, [""; 0]);
}

/// Rows that belong together belong to the same client. Each rule has a query for rows that break it.
const RULES: &[(&str, &str)] = &[
    (
        "an invoice's lines are its client's",
        "tblinvoiceitems l JOIN tblinvoices i ON i.id = l.invoiceid WHERE i.userid <> l.userid",
    ),
    (
        "a line sells its client's service",
        "tblinvoiceitems l JOIN tblhosting h ON h.id = l.relid WHERE l.type IN ('Hosting', 'PromoHosting') AND \
         h.userid <> l.userid",
    ),
    (
        "a line sells its client's addon",
        "tblinvoiceitems l JOIN tblhostingaddons a ON a.id = l.relid WHERE l.type = 'Addon' AND a.userid <> \
         l.userid",
    ),
    (
        "a line sells its client's domain",
        "tblinvoiceitems l JOIN tbldomains d ON d.id = l.relid WHERE l.type LIKE 'Domain%' AND d.userid <> \
         l.userid",
    ),
    (
        "a service is invoiced at its price",
        "tblinvoiceitems l JOIN tblhosting h ON h.id = l.relid WHERE l.type = 'Hosting' AND l.amount <> \
         IF(h.amount > 0, h.amount, h.firstpaymentamount)",
    ),
    (
        "an addon is invoiced at its price",
        "tblinvoiceitems l JOIN tblhostingaddons a ON a.id = l.relid WHERE l.type = 'Addon' AND l.amount <> \
         a.recurring",
    ),
    (
        "a payment is of the invoice's client",
        "tblaccounts a JOIN tblinvoices i ON i.id = a.invoiceid WHERE a.userid <> i.userid",
    ),
    (
        "an order comes to what its invoice does",
        "tblorders o JOIN tblinvoices i ON i.id = o.invoiceid WHERE o.userid <> i.userid OR o.amount <> i.total \
         + i.credit",
    ),
    (
        "a service is of its order's client",
        "tblhosting h JOIN tblorders o ON o.id = h.orderid WHERE h.userid <> o.userid",
    ),
    (
        "an addon is of its order's client",
        "tblhostingaddons a JOIN tblorders o ON o.id = a.orderid WHERE a.userid <> o.userid",
    ),
    (
        "an addon is of its service's client",
        "tblhostingaddons a JOIN tblhosting h ON h.id = a.hostingid WHERE a.userid <> h.userid",
    ),
    (
        "a domain is of its order's client",
        "tbldomains d JOIN tblorders o ON o.id = d.orderid WHERE d.userid <> o.userid",
    ),
    (
        "an extension is sold in every currency",
        "tbldomainpricing e JOIN tblcurrencies c JOIN (SELECT 'domainregister' AS kind UNION ALL SELECT 'domaintransfer' UNION \
         ALL SELECT 'domainrenew') k WHERE NOT EXISTS (SELECT 1 FROM tblpricing p WHERE p.type = k.kind AND p.relid = e.id \
         AND p.currency = c.id AND p.tsetupfee = 0 AND p.msetupfee >= 0)",
    ),
    (
        "an order has something in it",
        "tblorders WHERE id NOT IN (SELECT orderid FROM tblhosting) AND id NOT IN (SELECT orderid FROM \
         tbldomains)",
    ),
    (
        "who orders may act for the client",
        "tblorders o WHERE NOT EXISTS (SELECT 1 FROM tblusers_clients u WHERE u.auth_user_id = o.requestor_id \
         AND u.client_id = o.userid)",
    ),
    (
        "nothing of a pending order runs",
        "tblhosting h JOIN tblorders o ON o.id = h.orderid WHERE o.status = 'Pending' AND h.domainstatus <> \
         'Pending'",
    ),
    (
        "what runs has a server of its product's module",
        "tblhosting h JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblservers s ON s.id = h.server WHERE \
         h.domainstatus IN ('Active', 'Suspended') AND COALESCE(s.type, '') <> p.servertype",
    ),
    (
        "an addon fits its service's product",
        "tblhostingaddons a JOIN tblhosting h ON h.id = a.hostingid JOIN tbladdons d ON d.id = a.addonid WHERE \
         NOT FIND_IN_SET(h.packageid, d.packages)",
    ),
    (
        "a choice is one of its option",
        "tblhostingconfigoptions o JOIN tblproductconfigoptionssub s ON s.id = o.optionid WHERE s.configid <> \
         o.configid",
    ),
    (
        "an option is one of its service's product",
        "tblhostingconfigoptions o JOIN tblhosting h ON h.id = o.relid JOIN tblproductconfigoptions c ON c.id = \
         o.configid WHERE NOT EXISTS (SELECT 1 FROM tblproductconfiglinks l WHERE l.pid = h.packageid AND l.gid \
         = c.gid)",
    ),
    (
        "a value is for its field's product",
        "tblcustomfieldsvalues v JOIN tblcustomfields f ON f.id = v.fieldid JOIN tblhosting h ON h.id = v.relid \
         WHERE f.type = 'product' AND f.relid <> h.packageid",
    ),
    (
        "a client has one owner",
        "tblclients c WHERE 1 <> (SELECT COUNT(*) FROM tblusers_clients u WHERE u.client_id = c.id AND u.owner \
         = 1)",
    ),
    (
        "a contact of a ticket is the client's",
        "tbltickets t JOIN tblcontacts c ON c.id = t.contactid WHERE c.userid <> t.userid",
    ),
    (
        "a ticket's last reply is its last",
        "tbltickets t WHERE t.lastreply <> COALESCE((SELECT MAX(r.date) FROM tblticketreplies r WHERE r.tid = \
         t.id), t.date)",
    ),
    (
        "a ticket's service is its client's",
        "tbltickets t WHERE t.service LIKE 'S%' AND NOT EXISTS (SELECT 1 FROM tblhosting h WHERE h.userid = \
         t.userid AND CONCAT('S', h.id) = t.service)",
    ),
    (
        "a ticket's domain is its client's",
        "tbltickets t WHERE t.service LIKE 'D%' AND NOT EXISTS (SELECT 1 FROM tbldomains d WHERE d.userid = \
         t.userid AND CONCAT('D', d.id) = t.service)",
    ),
    (
        "staff reply by their names",
        "tblticketreplies r WHERE r.admin <> '' AND r.admin NOT IN (SELECT CONCAT(firstname, ' ', lastname) \
         FROM tbladmins)",
    ),
    (
        "a quote adds up",
        "tblquotes q WHERE q.total <> q.subtotal + q.tax1 + q.tax2 OR q.subtotal <> (SELECT SUM(ROUND(quantity \
         * unitprice * (1 - discount / 100), 2)) FROM tblquoteitems WHERE quoteid = q.id)",
    ),
    (
        "a product is welcomed by a mail about products",
        "tblproducts p JOIN tblemailtemplates t ON t.id = p.welcomeemail WHERE t.type <> 'product'",
    ),
    (
        "a template is there once in a language",
        "(SELECT name FROM tblemailtemplates GROUP BY name, language HAVING COUNT(*) > 1) AS twice",
    ),
    (
        "a product has its slug",
        "tblproducts p WHERE NOT EXISTS (SELECT 1 FROM tblproducts_slugs s WHERE s.product_id = p.id AND s.slug \
         = p.slug AND s.active = 1)",
    ),
];

#[tokio::test]
async fn what_clients_have_fits_together() {
    fits_together(&Demo::new().await).await;
}

pub async fn fits_together(demo: &Demo) {
    for (rule, wrong) in RULES {
        assert_eq!(demo.number(&format!("SELECT COUNT(*) FROM {wrong}")).await, 0, "{rule}");
    }
}

/// Amounts are in the client's currency, for the cycle or the years that are billed.
#[tokio::test]
async fn everything_costs_what_it_is_sold_for() {
    costs_what_it_is_sold_for(&Demo::new().await).await;
}

pub async fn costs_what_it_is_sold_for(demo: &Demo) {
    let price = |kind: &str, id: &str, cycle: &str| {
        format!(
            "(SELECT CASE {cycle} WHEN 'Monthly' THEN p.monthly WHEN 'Quarterly' THEN p.quarterly \
                     WHEN 'Annually' THEN p.annually WHEN 'Biennially' THEN p.biennially WHEN 'One Time' THEN 0 END \
              FROM tblpricing p WHERE p.type = '{kind}' AND p.relid = {id} AND p.currency = c.currency)"
        )
    };
    let domain_price = |kind: &str, years: &str| {
        format!(
            "(SELECT CASE {years} WHEN 1 THEN p.msetupfee WHEN 2 THEN p.qsetupfee WHEN 3 THEN p.ssetupfee END \
              FROM tblpricing p JOIN tbldomainpricing e ON e.id = p.relid \
              WHERE p.type = {kind} AND e.extension = SUBSTRING(d.domain, LOCATE('.', d.domain)) \
                AND p.currency = c.currency AND p.tsetupfee IN (0, c.groupid) ORDER BY p.tsetupfee DESC LIMIT 1)"
        )
    };
    // The price of a yes-or-no option and of a quantity is that of one unit.
    let options = format!(
        "COALESCE((SELECT SUM({} * IF(n.optiontype IN ('3', '4'), o.qty, 1)) FROM tblhostingconfigoptions o \
                   JOIN tblproductconfigoptions n ON n.id = o.configid WHERE o.relid = h.id), 0)",
        price("configoptions", "o.optionid", "h.billingcycle")
    );
    let product = price("product", "h.packageid", "h.billingcycle");
    let addon = price("addon", "a.addonid", "a.billingcycle");
    let first = domain_price("CONCAT('domain', LOWER(d.type))", "1");
    let renewal = domain_price("'domainrenew'", "d.registrationperiod");
    for (table, amount, price) in [
        ("tblhosting h JOIN tblclients c ON c.id = h.userid", "h.amount", format!("{product} + {options}")),
        ("tblhostingaddons a JOIN tblclients c ON c.id = a.userid", "a.recurring", addon),
        ("tbldomains d JOIN tblclients c ON c.id = d.userid", "d.firstpaymentamount", first),
        ("tbldomains d JOIN tblclients c ON c.id = d.userid", "d.recurringamount", renewal),
    ] {
        let wrong = format!("SELECT COUNT(*) FROM {table} WHERE COALESCE({amount} <> {price}, TRUE)");
        assert_eq!(demo.number(&wrong).await, 0, "{amount}");
    }
}

/// No row was changed before its creation, nor after the date of the data.
#[tokio::test]
async fn times_follow_each_other() {
    has_times_in_order(&Demo::new().await).await;
}

pub async fn has_times_in_order(demo: &Demo) {
    let tables = demo
        .texts(
            "SELECT CAST(table_name AS CHAR) FROM information_schema.columns WHERE table_schema = DATABASE() \
             AND table_name LIKE 'tbl%' AND column_name IN ('created_at', 'updated_at') \
             GROUP BY table_name HAVING COUNT(*) = 2",
        )
        .await;
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables {
        let wrong = format!(
            "SELECT COUNT(*) FROM {table} WHERE updated_at > '2026-11-20 12:30:00' \
             OR (updated_at < created_at AND CAST(updated_at AS CHAR) NOT LIKE '0000%')"
        );
        assert_eq!(demo.number(&wrong).await, 0, "{table}");
    }
}

#[tokio::test]
async fn users_log_in_with_the_published_password() {
    let demo = Demo::new().await;
    let hashes = demo.texts("SELECT DISTINCT password FROM tblusers").await;
    assert!(!hashes.is_empty() && hashes.iter().all(|hash| secret::matches(hash, "DemoPassword")));
}

/// Each file that a ticket, a reply or a note names is written with the data.
#[tokio::test]
async fn attached_files_are_there() {
    let (demo, folder) = (Demo::new().await, Scratch::new("demo-attachments"));
    write_attachments(&folder).unwrap();
    let named = demo
        .texts(
            "SELECT attachment FROM tbltickets WHERE attachment <> '' \
             UNION ALL SELECT attachment FROM tblticketreplies WHERE attachment <> '' \
             UNION ALL SELECT attachments FROM tblticketnotes WHERE attachments <> ''",
        )
        .await;
    assert!(!named.is_empty());
    for name in named.iter().flat_map(|names| names.split('|')) {
        assert!(folder.join(name).is_file(), "{name}");
    }
}
