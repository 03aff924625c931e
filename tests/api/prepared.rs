//! What a writing call needs is prepared when its connection is made, and nothing within its transaction.

use std::sync::Arc;

use sqlx::Row;
use whmcs_api::actions::{Access, CATALOGUE};
use whmcs_api::config::{LoggedCalls, Settings};
use whmcs_api::database::hosts::Hosts;
use whmcs_api::store;

use crate::support::module::Module;
use crate::support::{CREDENTIAL, TestApi, post, router};

/// What is there before, and calls that need all statements of their actions. Each group has a database of its own.
const CALLS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "AddCredit&clientid=1&amount=50&description=x&adminid=1",
            "AddCreditApi&userid=1&itemamount=50&paymentmethod=paypal",
            "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10&autoapplycredit=1&sendinvoice=1",
            "CreateInvoice&userid=2&itemdescription1=x&itemamount1=10&itemtaxed1=1&draft=1",
            "UpdateInvoice&invoiceid=3&publish=1&paymentmethod=mailin&itemdescription[3]=x&itemamount[3]=20&itemtaxed[3]=1&newitemdescription[0]=y&newitemamount[0]=5",
            "UpdateInvoice&invoiceid=3&deletelineids[]=3",
            "AddInvoicePayment&invoiceid=1&gateway=paypal&transid=T1",
            "CreateInvoice&userid=1&itemdescription1=x&itemamount1=10",
            "ApplyCredit&invoiceid=4",
            "AddTransaction&userid=1&paymentmethod=paypal&date=2026-01-01&currencyid=1&transid=T2&credit=1&amountin=1",
            "AddPromoCode&promoaction=create&code=C&type=Percentage&value=10",
            "AddPromoCode&promoaction=update&promotionid=1&code=C&type=Percentage&value=20",
            "AddCredit&clientid=1&amount=50&description=x&idempotencykey=1",
            "AddBillableItem&clientid=1&description=x&amount=1",
        ],
    ),
    (
        "INSERT INTO tblproductgroups (id, name) VALUES (1000, 'x'); \
         INSERT INTO tblproducts (id, gid, name) VALUES (1000, 1000, 'x'); \
         INSERT INTO tblemailtemplates (id, type, name) VALUES (1000, 'product', 'x')",
        &["AddProduct&gid=1000&name=x&welcomeemail=1000&pricing[1][monthly]=5&recommendations[0][id]=1000"],
    ),
    (
        include_str!("../support/services.sql"),
        &[
            "ModuleSuspend&serviceid=901",
            "ModuleUnsuspend&serviceid=901",
            "ModuleChangePw&serviceid=901",
            "ModuleChangePackage&serviceid=901",
            "ModuleTerminate&serviceid=901",
            "ModuleCreate&serviceid=901",
            "AcceptOrder&orderid=801&autosetup=1&sendemail=1&serverid=701",
        ],
    ),
    (
        "INSERT INTO tblorders (id, userid, status, invoiceid, promocode) VALUES (1000, 1, 'Pending', 1000, 'X'); \
         INSERT INTO tblinvoices (id, userid, status) VALUES (1000, 1, 'Unpaid'); \
         INSERT INTO tblservers (id) VALUES (1000); \
         INSERT INTO tblproducts (id, stockcontrol, qty) VALUES (1000, 1, 5); \
         INSERT INTO tblpricing (type, currency, relid) VALUES ('product', 1, 1000); \
         INSERT INTO tblhosting (id, userid, orderid, packageid, billingcycle, domainstatus) \
                VALUES (1000, 1, 1000, 1000, 'Monthly', 'Pending'); \
         INSERT INTO tblcustomfields (id, type, relid) VALUES (1000, 'product', 1000); \
         INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1000, 1000); \
         INSERT INTO tblproductconfigoptions (id, gid, optiontype) VALUES (1000, 1000, '1'); \
         INSERT INTO tblproductconfigoptionssub (id, configid) VALUES (1000, 1000)",
        &[
            "UpdateClientProduct&serviceid=1000&pid=1000&serverid=1000&promoid=0&paymentmethod=paypal&autorecalc=1&customfields[1000]=x&configoptions[1000]=1000",
            "CancelOrder&orderid=1000",
            "PendingOrder&orderid=1000",
            "FraudOrder&orderid=1000",
            "DeleteOrder&orderid=1000",
        ],
    ),
    (
        include_str!("../support/one_of_each_for_sale.sql"),
        &[
            "AddOrder&clientid=1&paymentmethod=paypal&pid[0]=1001&addons[0]=1001&configoptions[0][1001]=1001&customfields[0][1001]=x&domain[0]=a.test&domaintype[0]=register&idprotection[0]=1&promocode=P1001&contactid=1001&nameserver1=ns1.example.com",
            "AddOrder&clientid=1&paymentmethod=paypal&addonid=1001&serviceid=1001&domainrenewals[own.test]=1&noinvoice=1&noemail=1",
        ],
    ),
    (
        "INSERT INTO tblclientgroups (id, groupname) VALUES (1001, 'Friends'); \
         INSERT INTO tblcustomfields (id, type, fieldname) VALUES (1001, 'client', 'Heard of us'); \
         INSERT INTO tblemailtemplates (type, name) VALUES ('general', 'Client Signup Email'); \
         INSERT INTO tblusers (id, email, password) VALUES (1001, 'una@example.com', '$2y$04$abcdefghijklmnopqrstuugglmLNoUUTchQNHFkRvCk8BmwkKbU4m'); \
         INSERT INTO tblclients (id, email) VALUES (1001, 'one@example.com'), (1002, 'two@example.com'); \
         INSERT INTO tblcontacts (id, userid, email, domainemails) VALUES (1001, 1001, 'c@example.com', 1), (1002, 1001, '', 0)",
        &[
            "AddClient&firstname=J&lastname=D&email=j@example.com&address1=x&city=x&state=x&postcode=x&country=US&phonenumber=1&password2=x&groupid=1001&customfields[1001]=Radio",
            "AddClient&owner_user_id=1001&skipvalidation=1&customfields[1001]=Radio",
            "ValidateLogin&email=una@example.com&password2=rasmuslerdorf",
            "UpdateClient&clientid=1001&email=first@example.com&currency=2&groupid=1001&customfields[1001]=x&paymentmethod=paypal&email_preferences[domain]=0&clearcreditcard=1",
            "UpdateClient&clientemail=two@example.com&firstname=x&customfields[1001]=x",
            "AddContact&clientid=1001&firstname=x&email=new@example.com&email_preferences[domain]=1",
            "UpdateContact&contactid=1001&email=other@example.com&email_preferences[domain]=0",
            "DeleteContact&contactid=1002",
            "AddClientNote&userid=1001&notes=x&sticky=1",
            "CloseClient&clientid=1001",
            "DeleteClient&clientid=1001&deleteusers=1",
            "DeleteClient&clientid=1002&deletetransactions=1",
        ],
    ),
    (
        "UPDATE tblclients SET email = 'x@example.com'; \
         INSERT INTO tblticketdepartments (id, name) VALUES (1000, 'Sales'); \
         INSERT INTO tblusers (id) VALUES (1000); INSERT INTO tblusers_clients (auth_user_id, client_id) VALUES (1000, 1); \
         INSERT INTO tblcontacts (id, userid) VALUES (1000, 1); INSERT INTO tblhosting (id, userid) VALUES (1000, 1); \
         INSERT INTO tbldomains (id, userid) VALUES (1000, 1); \
         INSERT INTO tbltickets (id, tid, did, userid) VALUES (1000, 'T1000', 1000, 1); \
         INSERT INTO tblcustomfields (id, type, relid) VALUES (1000, 'support', 1000); \
         INSERT INTO tblemailtemplates (type, name) VALUES ('support', 'Support Ticket Opened'), \
           ('support', 'Support Ticket Opened by Admin'), ('support', 'Support Ticket Reply')",
        &[
            "OpenTicket&clientid=1&userid=1000&deptid=1000&subject=x&message=x&serviceid=1000&domainid=1000&admin=1&customfields[1000]=x",
            "OpenTicket&clientid=1&contactid=1000&deptid=1000&subject=x&message=x",
            "OpenTicket&name=x&email=x@example.com&deptid=1000&subject=x&message=x",
            "AddTicketReply&ticketid=1000&adminusername=alice&message=x&status=Open&customfields[1000]=x",
            "AddTicketReply&ticketid=1000&clientid=1&contactid=1000&message=x",
            "AddTicketNote&ticketnum=T1000&message=x",
            "UpdateTicket&ticketid=1000&deptid=1000&status=Closed&userid=2&flag=2&customfields[1000]=x",
        ],
    ),
    (
        concat!(
            include_str!("../support/mail.sql"),
            "INSERT INTO tblhosting (id, userid, domain) VALUES (1003, 1, 'x'); \
             INSERT INTO tbldomains (id, userid, domain) VALUES (1003, 1, 'x.example'); \
             INSERT INTO tbltickets (id, userid, tid) VALUES (1003, 1, '123456'); \
             INSERT INTO tblaffiliates (id, clientid) VALUES (1003, 1)"
        ),
        &[
            "CreateInvoice&userid=3&itemdescription1=x&itemamount1=10&sendinvoice=1",
            "AddInvoicePayment&invoiceid=1&gateway=paypal&transid=T1",
            "LogActivity&clientid=1&description=x",
            "LogActivity&description=x",
            "SendEmail&messagename=Client+Signup+Email&id=1",
            "SendEmail&messagename=Invoice+Notice&id=1",
            "SendEmail&messagename=Welcome&id=1003",
            "SendEmail&messagename=Domain+Notice&id=1003",
            "SendEmail&messagename=Ticket+Notice&id=1003",
            "SendEmail&messagename=Affiliate+Notice&id=1003",
            "SendAdminEmail&messagename=Staff+Notice&type=support&deptid=1",
        ],
    ),
];

#[tokio::test]
async fn writing_calls_prepare_nothing() {
    for (setup, calls) in CALLS {
        let api = TestApi::new().await;
        api.sql(setup).await;
        let module = Module::start().await;
        let mut settings = Settings::default();
        settings.modules.insert("cpanel".to_owned(), module.settings());
        let one = Hosts::open(vec![api.database.options()], 1, store::STATEMENTS).await.unwrap();
        let logged = router(Arc::clone(&one), &settings);
        // Of calls that ask modules, the record is written when those have answered.
        settings.api_log.calls = LoggedCalls::Off;
        let unlogged = router(Arc::clone(&one), &settings);
        // What lets callers in comes before the transaction, and so does what prepares for it: it is refused in the end.
        post(&unlogged, &format!("{CREDENTIAL}&action=GetCredits&clientid=1")).await;
        post(&unlogged, &format!("{CREDENTIAL}&action=AddCredit&clientid=0")).await;
        for call in *calls {
            let asks_modules = call.starts_with("Module") || call.starts_with("AcceptOrder");
            let router = if asks_modules { &unlogged } else { &logged };
            let before = prepared(&one).await;
            let (status, body) = post(router, &format!("{CREDENTIAL}&action={call}")).await;
            assert!(status == 200 && body.contains("success"), "{call}: {body}");
            assert_eq!(prepared(&one).await, before, "{call} prepares what no statements! of store lists");
        }
    }
    for entry in CATALOGUE.iter().filter(|entry| entry.access == Access::Write) {
        let called =
            |(_, calls): &(&str, &[&str])| calls.iter().any(|call| call.starts_with(&format!("{}&", entry.name)));
        assert!(CALLS.iter().any(called), "{}", entry.name);
    }
}

/// How many statements were prepared. Where the server prepares one again by itself, MySQL counts it as both.
async fn prepared(hosts: &Hosts) -> u64 {
    let statement = "SHOW SESSION STATUS WHERE Variable_name IN ('Com_stmt_prepare', 'Com_stmt_reprepare')";
    let mut connection = hosts.acquire().await.unwrap().connection;
    let rows = sqlx::raw_sql(statement).fetch_all(&mut *connection).await.unwrap();
    connection.rest();
    let counts: Vec<u64> = rows.iter().map(|row| row.get::<String, _>(1).parse().unwrap()).collect();
    counts[0] - counts[1]
}
