//! Databases that grew over the years with WHMCS: other character sets, mixed collations, other integer types,
//! additional columns.

use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use whmcs_api::actions::{Access, CATALOGUE};

use crate::openapi::{call, example};
use crate::support::{TestApi, demo_router};

const PRODUCTS: &str = include_str!("../support/fixtures/products.sql");
const TICKETS: &str = include_str!("../support/fixtures/tickets.sql");

/// Creates such a database with these rows.
async fn grown_over_the_years(rows: &[&str]) -> TestApi {
    let api = TestApi::new().await;
    for rows in rows {
        api.sql(rows).await;
    }
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name LIKE 'tbl%' ORDER BY table_name",
    )
    .fetch_all(&api.pool)
    .await
    .unwrap();
    for (number, table) in tables.iter().enumerate() {
        let collation = ["utf8mb3_unicode_ci", "utf8mb3_general_ci", "latin1_swedish_ci"][number % 3];
        let charset = collation.split('_').next().unwrap();
        api.sql(&format!(
            "ALTER TABLE `{table}` CONVERT TO CHARACTER SET {charset} COLLATE {collation}; \
             ALTER TABLE `{table}` MODIFY `id` int unsigned NOT NULL AUTO_INCREMENT, \
             ADD COLUMN added_by_an_addon varchar(10) NOT NULL DEFAULT 'x'"
        ))
        .await;
    }
    api.sql(
        "ALTER TABLE tblclients MODIFY currency bigint unsigned NOT NULL; \
         ALTER TABLE tblinvoices MODIFY userid bigint unsigned NOT NULL; \
         ALTER TABLE tblcredit MODIFY relid int unsigned NOT NULL DEFAULT 0; \
         ALTER TABLE tblpricing MODIFY relid bigint unsigned NOT NULL; \
         ALTER TABLE tblhosting MODIFY userid bigint unsigned NOT NULL, MODIFY packageid bigint unsigned NOT NULL; \
         ALTER TABLE tblorders MODIFY userid bigint unsigned NOT NULL; \
         ALTER TABLE tblpromotions MODIFY uses int unsigned NOT NULL; \
         ALTER TABLE tblproducts MODIFY gid int NOT NULL, MODIFY qty int unsigned NOT NULL DEFAULT 0",
    )
    .await;
    api
}

#[tokio::test]
async fn billing_and_clients_work_on_them() {
    let api = grown_over_the_years(&[PRODUCTS, include_str!("../support/fixtures/people/clients.sql")]).await;
    for request in [
        "AddCredit&clientid=1&description=caf%C3%A9&amount=1",
        "GetCredits&clientid=1",
        "CreateInvoice&userid=3&itemdescription1=x&itemamount1=100&itemtaxed1=1&autoapplycredit=1",
        "GetInvoice&invoiceid=1",
        "GetInvoices&status=Unpaid&orderby=status&include=items&updatedsince=2026-01-01",
        "PaymentData&invoiceid=1",
        "AddCreditApi&userid=2&itemamount=50&paymentmethod=banktransfer",
        "AddInvoicePayment&invoiceid=2&transid=x",
        "GetProducts",
        "GetProducts&module=cpanel&gid=1&pid=1",
        "GetProductsActive",
        "GetProductsGroups",
        "GetPaymentMethods",
        "GetCurrencies",
        "AddProduct&gid=1&name=Caf%C3%A9&pricing[1][monthly]=5&recommendations[0][id]=1",
        "AddBillableItem&clientid=1&description=x&amount=1",
        "AddPromoCode&code=A&type=fixed&value=1&appliesto=1",
        "AddPromoCode&promotionid=1&value=2",
        "AddClient&firstname=Jos%C3%A9&email=j@example.com&password2=x&skipvalidation=1&customfields[1001]=x&groupid=1",
        "GetClientsDetails&email=j@example.com&stats=1",
        "UpdateClient&clientemail=j@example.com&email=k@example.com&customfields[1001]=y&email_preferences[domain]=1",
        "GetClients&search=Jos%C3%A9+x&status=Active&updatedsince=2026-01-01&orderby=email",
        "GetClientGroups",
        "AddContact&clientid=5&email=j@example.com&email_preferences[domain]=1",
        "UpdateContact&contactid=4&email=k@example.com&email_preferences[domain]=0",
        "GetContacts&userid=5&email=k@example.com",
        "DeleteContact&contactid=4",
        "AddClientNote&userid=5&notes=x",
        "ValidateLogin&email=j@example.com&password2=x",
        "CloseClient&clientid=5",
        "DeleteClient&clientid=5&deleteusers=1",
        "DeleteClient&clientid=1&deletetransactions=1",
    ] {
        api.reply(&format!("action={request}")).await;
    }
}

#[tokio::test]
async fn orders_and_services_work_on_them() {
    let api = grown_over_the_years(&[PRODUCTS, include_str!("../support/fixtures/orders.sql")]).await;
    for request in [
        "GetOrders&status=Pending",
        "GetOrders&userid=x&requestor_id=x",
        "GetOrderStatuses",
        "GetClientsProducts&domain=demo.example.com&username2=demo&updatedsince=2026-01-01",
        "GetClientsDomains&domain=one.example&updatedsince=2026-01-01",
        "GetClientsAddons&clientid=1&serviceid=1,4&updatedsince=2026-01-01",
        "UpdateClientProduct&serviceid=1&domain=caf%C3%A9.example&promoid=1&autorecalc=1&customfields[2]=x&configoptions[10]=102",
        "CancelOrder&orderid=1",
        "PendingOrder&orderid=1",
        "FraudOrder&orderid=1",
        "DeleteOrder&orderid=1",
    ] {
        api.reply(&format!("action={request}")).await;
    }
}

#[tokio::test]
async fn domains_work_on_them() {
    let api = grown_over_the_years(&[include_str!("../support/fixtures/domains.sql")]).await;
    for request in [
        "GetTLDPricing&clientid=3",
        "CreateOrUpdateTLD&extension=.caf%C3%A9&currency_code=EUR&register[1]=1&renew[1]=1&auto_registrar=enom&display_after=.com",
        "CreateOrUpdateTLD&extension=.com&currency_code=USD&register[10]=9&grace_period_fee=1&group=new",
        "UpdateClientDomain&domainid=1&registrar=enom&paymentmethod=paypal&promoid=1&autorecalc=1&notes=caf%C3%A9",
        "AddOrder&clientid=1&paymentmethod=paypal&domaintype=register&domain=a.com&domainfields[0][x]=caf%C3%A9",
        "AddOrder&clientid=1&paymentmethod=paypal&domainrenewals[one.com]=1",
    ] {
        api.reply(&format!("action={request}")).await;
    }
    for (columns, rows, expected) in [
        ("extension, autoreg, `order`", "tbldomainpricing WHERE id > 4", ".caf\u{e9} | enom | 3"),
        ("tld", "tbltlds WHERE id > 2", "caf\u{e9}"),
        (
            "type, currency, msetupfee",
            "tblpricing WHERE relid = 5 AND currency = 1 AND type = 'domainrenew'",
            "domainrenew | 1 | 1.11",
        ),
        (
            "biennially, asetupfee",
            "tblpricing WHERE relid = 1 AND type = 'domainregister' ORDER BY id LIMIT 1",
            "9.00 | 14.00",
        ),
        ("grace_period_fee, `group`", "tbldomainpricing WHERE id = 1", "1.00 | new"),
        (
            "registrar, promoid, recurringamount, additionalnotes",
            "tbldomains WHERE id = 1",
            "enom | 1 | 22.50 | caf\u{e9}",
        ),
        ("domainid, name, value", "tbldomainsadditionalfields", "3 | x | caf\u{e9}"),
        ("domain, firstpaymentamount", "tbldomains WHERE id = 3", "a.com | 11.00"),
        ("type, relid, amount", "tblinvoiceitems ORDER BY id DESC LIMIT 1", "Domain | 1 | 25.00"),
    ] {
        assert_eq!(api.rows(columns, rows).await, [expected], "{rows}");
    }
    api.refuse(
        "action=AddOrder&clientid=1&paymentmethod=paypal&domainrenewals[caf%C3%A9.com]=1",
        "Domain not owned by Client ID provided",
    )
    .await;
}

#[tokio::test]
async fn tickets_work_on_them() {
    let api = grown_over_the_years(&[TICKETS]).await;
    for request in [
        "OpenTicket&clientid=1&deptid=1&subject=caf%C3%A9&message=x&customfields[101]=x&userid=1",
        "AddTicketReply&ticketid=1&adminusername=alice&message=caf%C3%A9",
        "AddTicketNote&ticketnum=100001&message=x",
        "UpdateTicket&ticketid=1&status=Closed&priority=Low&flag=1",
        "GetTicket&ticketnum=100001",
        "GetTickets&status=All+Active+Tickets&subject=caf%C3%A9&email=x",
        "GetTicketCounts&includeCountsByStatus=1",
        "GetSupportDepartments",
    ] {
        api.reply(&format!("action={request}")).await;
    }
}

#[tokio::test]
async fn ordering_works_on_them() {
    let api = grown_over_the_years(&[include_str!("../support/fixtures/one_of_each_for_sale.sql")]).await;
    for request in [
        "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=1001&addons[0]=1001&configoptions[0][1001]=1001&customfields[0][1001]=caf%C3%A9&domain[0]=a.test&domaintype[0]=register&promocode=P1001&contactid=1001",
        "AcceptOrder&orderid=1",
        "GetPromotions&code=P1001",
    ] {
        api.reply(&format!("action={request}")).await;
    }
}

#[tokio::test]
async fn mail_and_the_rest_work_on_them() {
    let api = grown_over_the_years(&[include_str!("../support/fixtures/mail.sql")]).await;
    for request in [
        "SendEmail&messagename=Client+Signup+Email&id=1",
        "SendEmail&customtype=general&customsubject=caf%C3%A9&custommessage=x&id=1",
        "SendAdminEmail&messagename=Staff+Notice&type=support&deptid=1",
        "GetEmails&clientid=1&subject=caf%C3%A9",
        "GetEmailTemplates&type=general",
        "LogActivity&clientid=1&description=caf%C3%A9",
        "GetActivityLog&description=caf%C3%A9&user=alice",
        "GetAdminDetails",
        "GetStats&timeline_days=2",
        "AddUser&firstname=Jos%C3%A9&lastname=x&email=u@example.com&password2=x",
        "GetUsers&search=Jos%C3%A9+x",
        "UpdateUser&user_id=1&lastname=caf%C3%A9&email=v@example.com",
        "ResetPassword&email=v@example.com",
        "CreateClientInvite&client_id=1&email=w@example.com&permissions=tickets",
        "CreateClientInvite&client_id=1&email=w@example.com&permissions=orders",
        "AddBannedIp&ip=192.0.2.*&reason=caf%C3%A9",
        "GetAdminUsers&email=caf%C3%A9&roleid=1",
        "GetStaffOnline",
        "GetToDoItems&status=caf%C3%A9",
        "GetToDoItemStatuses",
        "UpdateAdminNotes&notes=caf%C3%A9",
        "GetConfigurationValue&setting=SystemURL",
        "TriggerNotificationEvent&notification_identifier=x&title=caf%C3%A9&message=x",
        "WhmcsDetails",
    ] {
        api.reply(&format!("action={request}")).await;
    }
    api.sql(
        "ALTER TABLE tbltickets CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci; \
         ALTER TABLE tblticketstatuses CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    )
    .await;
    api.reply("action=GetStats").await;
}

/// The tables whose texts share columns in a statement that reads rows of several tables, and those joined to them.
const READ_TOGETHER: [&str; 28] = [
    "tblaccounts",
    "tbladdons",
    "tbladmins",
    "tblclients",
    "tblconfiguration",
    "tblcontacts",
    "tblcurrencies",
    "tblcustomfields",
    "tblcustomfieldsvalues",
    "tbldomains",
    "tblhosting",
    "tblhostingaddons",
    "tblinvoiceitems",
    "tblinvoices",
    "tblorders",
    "tblorderstatuses",
    "tblpaymentgateways",
    "tblproductconfigoptions",
    "tblproductconfigoptionssub",
    "tblproductgroups",
    "tblproducts",
    "tblticketdepartments",
    "tblticketnotes",
    "tblticketreplies",
    "tbltickets",
    "tblticketstatuses",
    "tblupgrades",
    "tblusers",
];

#[tokio::test]
async fn tables_that_one_statement_reads_may_differ_in_collation() {
    let (database, _folder, router) = demo_router("collations").await;
    let mut owner = MySqlConnection::connect_with(&database.options()).await.unwrap();
    // The tables have zero dates as defaults.
    sqlx::raw_sql("SET SESSION sql_mode = ''").execute(&mut owner).await.unwrap();
    let collations = ["utf8mb4_unicode_ci", "utf8mb4_general_ci"];
    // Of any two tables, the numbers differ in some bit.
    for bit in 0..READ_TOGETHER.len().next_power_of_two().ilog2() {
        for (number, table) in READ_TOGETHER.iter().enumerate() {
            let collation = collations[(number >> bit) & 1];
            let alter = format!("ALTER TABLE `{table}` CONVERT TO CHARACTER SET utf8mb4 COLLATE {collation}");
            sqlx::raw_sql(AssertSqlSafe(alter)).execute(&mut owner).await.unwrap();
        }
        for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Read) {
            let (status, reply) = call(&router, &entry.name, &example(&entry.name)).await;
            assert!(status < 500, "{}, tables by bit {bit}: {reply}", entry.name);
        }
    }
}

#[tokio::test]
async fn characters_that_they_cannot_hold_match_nothing_and_are_not_stored() {
    let api = grown_over_the_years(&[PRODUCTS, TICKETS]).await;
    let emoji = "%F0%9F%98%80";
    api.refuse(&format!("action=GetTicket&ticketnum={emoji}"), "Ticket ID Not Found").await;
    for charset in ["utf8mb3", "latin1"] {
        for table in ["tblcredit", "tblproducts"] {
            api.sql(&format!("ALTER TABLE {table} CONVERT TO CHARACTER SET {charset}")).await;
        }
        assert_eq!(api.reply(&format!("action=GetProducts&module={emoji}")).await["totalresults"], 0, "{charset}");
        let request = format!("action=AddCredit&clientid=1&amount=1&description=x{emoji}");
        match charset {
            "utf8mb3" => drop(api.reply(&request).await),
            // There is no character to stand for one that is lacking.
            _ => {
                let told = "A value is too large, too long or has characters that the database cannot hold";
                api.refuse(&request, told).await;
            }
        }
        let stored = if charset == "utf8mb3" { "x\u{FFFD}" } else { "x" };
        assert_eq!(api.rows("description", "tblcredit ORDER BY id DESC LIMIT 1").await, [stored], "{charset}");
        api.sql("UPDATE tblcredit SET description = 'x'").await;
    }
    let login = crate::support::post(&api.router, &format!("identifier={emoji}&secret=x&action=GetCredits")).await;
    assert_eq!(login.0, 403, "{}", login.1);
}
