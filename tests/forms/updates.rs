//! The actions that update a row: which of its fields they empty, and the actions that read it.

use serde_json::Value;

/// An action that updates a row, and the row.
pub struct Update {
    /// The action with the parameters that name the row.
    pub call: &'static str,
    /// Statements that add what belongs to the row, and that fill all its fields; the latter may be repeated.
    pub setup: &'static str,
    pub fill: &'static str,
    pub table: &'static str,
    /// Parameters that empty a field if they are sent empty or as `null`, and what is stored then, by column.
    pub emptied: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    /// The same, for those that only `null` empties.
    pub emptied_by_null: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    /// The call that reads the row, and where it is in the reply.
    pub read: &'static str,
    pub at: &'static str,
    /// Values whose name in replies differs from the parameter's.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Further parameters that a caller makes of the reply.
    pub others: fn(&Value) -> Vec<(&'static str, Value)>,
    /// Columns of the row with any text.
    pub texts: &'static [&'static str],
    /// Values that are rejected as new ones: of rows that were deleted since, or that only another program writes.
    pub dangling: &'static str,
}

impl Update {
    pub fn action(&self) -> &'static str {
        self.call.split('&').next().unwrap()
    }
}

const NOTHING: &[(&str, &[(&str, &str)])] = &[];

pub const UPDATES: &[Update] = &[
    Update {
        call: "UpdateClient&clientid=1",
        setup: concat!(
            include_str!("../support/fixtures/people/clients.sql"),
            "INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) VALUES (1001, 1, 'Radio');"
        ),
        fill: "UPDATE tblclients SET firstname = 'Ana', lastname = 'Alves', companyname = 'Acme', \
                 email = 'ana@example.com', address1 = 'A', address2 = 'B', city = 'C', state = 'D', postcode = 'E', \
                 country = 'PT', phonenumber = '+351.211234567', tax_id = 'T', currency = 1, groupid = 2, \
                 language = 'english', ip = '192.0.2.1', notes = 'N', status = 'Active', defaultgateway = 'paypal', \
                 updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tblclients",
        emptied: &[
            ("companyname", &[("companyname", "")]),
            ("address1", &[("address1", "")]),
            ("address2", &[("address2", "")]),
            ("city", &[("city", "")]),
            ("state", &[("state", "")]),
            ("postcode", &[("postcode", "")]),
            ("phonenumber", &[("phonenumber", "")]),
            ("tax_id", &[("tax_id", "")]),
            ("language", &[("language", "")]),
            ("clientip", &[("ip", "")]),
            ("notes", &[("notes", "")]),
            ("paymentmethod", &[("defaultgateway", "")]),
        ],
        emptied_by_null: &[("groupid", &[("groupid", "0")])],
        read: "GetClientsDetails&clientid=1",
        at: "/client",
        renamed: &[("defaultgateway", "paymentmethod")],
        others: |client| {
            let fields = client["customfields"].as_array().unwrap().iter();
            vec![("customfields", by_id(fields.map(|field| (&field["id"], &field["value"]))))]
        },
        texts: &[
            "companyname",
            "address1",
            "address2",
            "city",
            "state",
            "postcode",
            "tax_id",
            "language",
            "notes",
            "phonenumber",
            "firstname",
            "lastname",
            "country",
            "email",
        ],
        dangling: "currency = 9, groupid = 9, defaultgateway = 'gone', country = 'XX', email = 'root@localhost'",
    },
    Update {
        call: "UpdateContact&contactid=1",
        setup: include_str!("../support/fixtures/people/clients.sql"),
        fill: "UPDATE tblcontacts SET firstname = 'Ana', lastname = 'Alves', companyname = 'Acme', \
                 email = 'ana@example.com', address1 = 'A', address2 = 'B', city = 'C', state = 'D', postcode = 'E', \
                 country = 'PT', phonenumber = '+351.211234567', tax_id = 'T', updated_at = '2026-11-20 12:30:00' \
               WHERE id = 1",
        table: "tblcontacts",
        emptied: &[
            ("companyname", &[("companyname", "")]),
            ("address1", &[("address1", "")]),
            ("address2", &[("address2", "")]),
            ("city", &[("city", "")]),
            ("state", &[("state", "")]),
            ("postcode", &[("postcode", "")]),
            ("phonenumber", &[("phonenumber", "")]),
            ("tax_id", &[("tax_id", "")]),
        ],
        emptied_by_null: NOTHING,
        read: "GetContacts&userid=1",
        at: "/contacts/contact/0",
        renamed: &[],
        others: |contact| {
            let topics = ["general", "product", "domain", "invoice", "support", "affiliate"];
            let preference = |topic: &str| (topic.to_owned(), contact[format!("{topic}emails")].clone());
            vec![("email_preferences", Value::Object(topics.into_iter().map(preference).collect()))]
        },
        texts: &[
            "companyname",
            "address1",
            "address2",
            "city",
            "state",
            "postcode",
            "tax_id",
            "phonenumber",
            "firstname",
            "lastname",
            "country",
            "email",
        ],
        dangling: "country = 'XX', email = 'root@localhost'",
    },
    Update {
        call: "UpdateInvoice&invoiceid=1",
        setup: "INSERT INTO tblinvoices (id, userid, date, duedate) VALUES (1, 2, '2026-01-01', '2026-01-02'); \
                INSERT INTO tblinvoiceitems (id, invoiceid, userid, description, amount, taxed) VALUES \
                  (1, 1, 2, 'One', 10.00, 1), (2, 1, 2, 'Less', -1.00, 0);",
        fill: "UPDATE tblinvoices SET datepaid = '2026-01-03 04:05:06', subtotal = 9.00, tax = 2.30, total = 11.30, \
                 taxrate = 23.000, status = 'Paid', paymentmethod = 'paypal', notes = 'N', \
                 updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tblinvoices",
        emptied: &[("notes", &[("notes", "")])],
        emptied_by_null: &[("datepaid", &[("datepaid", "0000-00-00 00:00:00")])],
        read: "GetInvoice&invoiceid=1",
        at: "",
        renamed: &[],
        others: |invoice| {
            let lines = |field: &str| {
                by_id(invoice["items"]["item"].as_array().unwrap().iter().map(|line| (&line["id"], &line[field])))
            };
            vec![
                ("itemdescription", lines("description")),
                ("itemamount", lines("amount")),
                ("itemtaxed", lines("taxed")),
            ]
        },
        texts: &["notes"],
        dangling: "paymentmethod = 'gone'",
    },
    Update {
        call: "UpdateTicket&ticketid=1",
        setup: include_str!("../support/fixtures/tickets.sql"),
        fill: "UPDATE tbltickets SET cc = 'cc@example.com', flag = 1, updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tbltickets",
        emptied: &[("cc", &[("cc", "")])],
        emptied_by_null: &[("flag", &[("flag", "0")])],
        read: "GetTicket&ticketid=1",
        at: "",
        renamed: &[("date", "created")],
        others: |ticket| vec![("message", ticket["replies"]["reply"][0]["message"].clone())],
        texts: &["title", "message", "cc"],
        dangling: "did = 9, status = 'Gone', flag = 9, email = 'root@localhost', cc = 'root@localhost, x'",
    },
    Update {
        call: "UpdateClientProduct&serviceid=901",
        setup: include_str!("../support/fixtures/services.sql"),
        fill: "UPDATE tblhosting SET paymentmethod = 'paypal', nextduedate = '2026-12-01', \
                 nextinvoicedate = '2026-12-01', termination_date = '2027-01-01', firstpaymentamount = 1.00, \
                 amount = 2.00, regdate = '2026-11-19', domain = 'example.com', server = 701, promoid = 5, \
                 promocount = 0, subscriptionid = 'S', notes = 'N', username = 'u', password = 'p', \
                 overidesuspenduntil = '2027-01-01', ns1 = 'ns1', ns2 = 'ns2', dedicatedip = '192.0.2.1', \
                 assignedips = '192.0.2.2', suspendreason = 'R', diskusage = 1, disklimit = 2, bwusage = 3, \
                 bwlimit = 4, lastupdate = '2026-11-20 12:30:00', updated_at = '2026-11-20 12:30:00' WHERE id = 901",
        table: "tblhosting",
        emptied: NOTHING,
        emptied_by_null: &[
            ("serverid", &[("server", "0")]),
            ("regdate", &[("regdate", "0000-00-00")]),
            ("nextduedate", &[("nextduedate", "0000-00-00"), ("nextinvoicedate", "0000-00-00")]),
            ("terminationdate", &[("termination_date", "0000-00-00")]),
            ("domain", &[("domain", "")]),
            ("subscriptionid", &[("subscriptionid", "")]),
            ("notes", &[("notes", "")]),
            ("serviceusername", &[("username", "")]),
            ("overidesuspenduntil", &[("overidesuspenduntil", "0000-00-00")]),
            ("ns1", &[("ns1", "")]),
            ("ns2", &[("ns2", "")]),
            ("dedicatedip", &[("dedicatedip", "")]),
            ("assignedips", &[("assignedips", "")]),
            ("suspendreason", &[("suspendreason", "")]),
            ("promoid", &[("promoid", "0")]),
        ],
        read: "GetClientsProducts&serviceid=901",
        at: "/products/product/0",
        renamed: &[
            ("suspensionreason", "suspendreason"),
            ("username", "serviceusername"),
            ("password", "servicepassword"),
        ],
        others: |service| {
            let fields = service["customfields"]["customfield"].as_array().unwrap().iter();
            vec![("customfields", by_id(fields.map(|field| (&field["id"], &field["value"]))))]
        },
        texts: &[
            "domain",
            "subscriptionid",
            "notes",
            "username",
            "password",
            "ns1",
            "ns2",
            "dedicatedip",
            "assignedips",
            "suspendreason",
        ],
        dangling: "packageid = 9, server = 9, promoid = 9, paymentmethod = 'gone', billingcycle = 'Sometimes', domainstatus = ''",
    },
    Update {
        call: "AddPromoCode&promoaction=update&promotionid=1",
        setup: concat!(include_str!("../support/fixtures/products.sql"), "INSERT INTO tblpromotions (id) VALUES (1);"),
        fill: "UPDATE tblpromotions SET code = 'C', type = 'Percentage', value = 10.00, cycles = 'Monthly', \
                 appliesto = '1', expirationdate = '2027-01-01', maxuses = 5 WHERE id = 1",
        table: "tblpromotions",
        emptied: &[
            ("cycles", &[("cycles", "")]),
            ("appliesto", &[("appliesto", "")]),
            ("expirationdate", &[("expirationdate", "0000-00-00")]),
            ("maxuses", &[("maxuses", "0")]),
        ],
        emptied_by_null: NOTHING,
        read: "GetPromotions&code=C",
        at: "/promotions/promotion/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &[],
        dangling: "type = 'Free Setup', cycles = 'Fortnightly', appliesto = '1,A2,D.com'",
    },
    Update {
        call: "UpdateClientDomain&domainid=1",
        setup: include_str!("../support/fixtures/domains.sql"),
        fill: "UPDATE tbldomains SET type = 'Register', registrationdate = '2026-01-02', domain = 'one.com', \
                 firstpaymentamount = 11, recurringamount = 25, registrar = 'enom', registrationperiod = 1, \
                 expirydate = '2027-01-02', subscriptionid = 'S-1', promoid = 1, status = 'Active', \
                 nextduedate = '2027-01-02', nextinvoicedate = '2027-01-02', additionalnotes = 'Mind it', \
                 paymentmethod = 'paypal', updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tbldomains",
        emptied: NOTHING,
        emptied_by_null: &[
            ("regdate", &[("registrationdate", "0000-00-00")]),
            ("nextduedate", &[("nextduedate", "0000-00-00"), ("nextinvoicedate", "0000-00-00")]),
            ("expirydate", &[("expirydate", "0000-00-00")]),
            ("registrar", &[("registrar", "")]),
            ("subscriptionid", &[("subscriptionid", "")]),
            ("notes", &[("additionalnotes", "")]),
            ("promoid", &[("promoid", "0")]),
        ],
        read: "GetClientsDomains&domainid=1",
        at: "/domains/domain/0",
        renamed: &[("domainname", "domain"), ("regtype", "type")],
        others: |_| Vec::new(),
        texts: &["domain", "registrar", "subscriptionid", "additionalnotes"],
        dangling: "registrar = 'gone', paymentmethod = 'gone', promoid = 9, status = 'Odd', type = 'Odd', registrationperiod = 0",
    },
    Update {
        // A call must change something, so it has the name that the user has.
        call: "UpdateUser&lastname=Alves&user_id=1",
        setup: include_str!("../support/fixtures/people/clients.sql"),
        fill: "UPDATE tblusers SET first_name = 'Ana', last_name = 'Alves', email = 'ana@example.com', \
                 language = 'english', email_verified_at = '2026-01-02 03:04:05', updated_at = '2026-11-20 12:30:00' \
               WHERE id = 1",
        table: "tblusers",
        emptied: &[("language", &[("language", "")])],
        emptied_by_null: NOTHING,
        read: "GetUsers&limitnum=1",
        at: "/users/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["first_name", "email"],
        dangling: "email = 'root@localhost', language = 'gone'",
    },
    Update {
        call: "UpdateOAuthCredential&credentialId=1",
        setup: "INSERT INTO tblhosting (id, userid, domain) VALUES (7, 1, 'x'); \
                INSERT INTO tbloauthserver_clients (id, identifier) VALUES (1, 'ACME.x'); \
                INSERT INTO tbloauthserver_client_scopes (client_id, scope_id) VALUES (1, 1), (1, 2);",
        fill: "UPDATE tbloauthserver_clients SET grant_types = 'single_sign_on', user_id = '1', service_id = 7, name = 'N', \
                 description = 'D', logo_uri = 'L', redirect_uri = 'https://one.example/ https://two.example/', \
                 updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tbloauthserver_clients",
        emptied: &[("description", &[("description", "")]), ("logoUri", &[("logo_uri", "")])],
        emptied_by_null: NOTHING,
        read: "ListOAuthCredentials",
        at: "/clients/0",
        renamed: &[("grantTypes", "grantType")],
        others: |_| Vec::new(),
        texts: &["name", "description", "logo_uri"],
        dangling: "name = ''",
    },
    Update {
        call: "UpdateToDoItem&itemid=1",
        setup: "INSERT INTO tbltodolist (id, title, status) VALUES (1, 'T', 'New');",
        fill: "UPDATE tbltodolist SET date = '2026-11-01', title = 'T', description = 'D', admin = 1, status = 'Pending', \
                 duedate = '2026-12-01' WHERE id = 1",
        table: "tbltodolist",
        emptied: &[("description", &[("description", "")])],
        emptied_by_null: &[
            ("adminid", &[("admin", "0")]),
            ("date", &[("date", "0000-00-00")]),
            ("duedate", &[("duedate", "0000-00-00")]),
        ],
        read: "GetToDoItems",
        at: "/items/item/0",
        renamed: &[("admin", "adminid")],
        others: |_| Vec::new(),
        texts: &["title", "description"],
        dangling: "title = ''",
    },
    Update {
        call: "UpdateWebhook&webhookid=1",
        setup: crate::actions::webhooks::add_webhook::SETUP,
        fill: "UPDATE mod_whmcs_api_webhooks SET url = 'https://a.example/', events = '*', description = 'D', \
                 updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "mod_whmcs_api_webhooks",
        emptied: &[("description", &[("description", "")])],
        emptied_by_null: NOTHING,
        read: "GetWebhooks",
        at: "/webhooks/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["description"],
        dangling: "description = ''",
    },
    Update {
        call: "UpdateTransaction&transactionid=1",
        setup: "DELETE FROM tblaccounts; INSERT INTO tblaccounts (id) VALUES (1)",
        fill: "UPDATE tblaccounts SET userid = 1, currency = 0, gateway = 'paypal', date = '2026-01-02 10:00:00', \
                 description = 'D', amountin = 5, fees = 0.5, amountout = 0, rate = 1, transid = 'T', invoiceid = 0, \
                 refundid = 0 WHERE id = 1",
        table: "tblaccounts",
        emptied: &[("transid", &[("transid", "")]), ("description", &[("description", "")])],
        emptied_by_null: NOTHING,
        read: "GetTransactions",
        at: "/transactions/transaction/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["transid", "description"],
        dangling: "userid = 99, currency = 9, gateway = 'gone', refundid = 99",
    },
    Update {
        call: "UpdateAdminNotes",
        setup: "",
        fill: "UPDATE tbladmins SET notes = 'N', updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tbladmins",
        emptied: &[("notes", &[("notes", "")])],
        emptied_by_null: NOTHING,
        read: "GetAdminDetails",
        at: "",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &[],
        dangling: "notes = '-'",
    },
    Update {
        // The row is named by the extension; the id at the end is that of its row.
        call: "CreateOrUpdateTLD&extension=.com&id_protection=1",
        setup: include_str!("../support/fixtures/domains.sql"),
        fill: "UPDATE tbldomainpricing SET `group` = 'hot', autoreg = 'enom', updated_at = '2026-11-20 12:30:00' WHERE id = 1; \
               UPDATE tblpricing SET biennially = -1 WHERE type = 'domainrenew'",
        table: "tbldomainpricing",
        emptied: &[("auto_registrar", &[("autoreg", "")]), ("group", &[("group", "none")])],
        emptied_by_null: NOTHING,
        read: "GetTLDPricing",
        at: "/pricing/com",
        renamed: &[],
        others: |_| vec![("currency_code", "USD".into())],
        texts: &[],
        dangling: "autoreg = 'gone'",
    },
    Update {
        call: "UpdateQuote&quoteid=1",
        setup: include_str!("../support/fixtures/quotes.sql"),
        fill: "UPDATE tblquotes SET subject = 'S', stage = 'Draft', validuntil = '2026-12-31', userid = 0, firstname = 'F', \
                 lastname = 'L', companyname = 'C', email = 'a@example.com', address1 = 'A', address2 = 'B', city = 'D', \
                 state = 'E', postcode = 'P', country = 'PT', phonenumber = '5', tax_id = 'T', currency = 2, \
                 subtotal = 200, tax1 = 46, tax2 = 0, total = 246, proposal = 'O', customernotes = 'N', adminnotes = 'M', \
                 datecreated = '2026-11-01', lastmodified = '2026-11-20' WHERE id = 1",
        table: "tblquotes",
        emptied: &[
            ("companyname", &[("companyname", "")]),
            ("address1", &[("address1", "")]),
            ("address2", &[("address2", "")]),
            ("city", &[("city", "")]),
            ("state", &[("state", "")]),
            ("postcode", &[("postcode", "")]),
            ("phonenumber", &[("phonenumber", "")]),
            ("tax_id", &[("tax_id", "")]),
            ("proposal", &[("proposal", "")]),
            ("customernotes", &[("customernotes", "")]),
            ("adminnotes", &[("adminnotes", "")]),
        ],
        // It is for nobody who is a client.
        emptied_by_null: &[("userid", &[])],
        read: "GetQuotes&quoteid=1",
        at: "/quotes/quote/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["subject", "companyname", "address1", "city", "state", "proposal", "customernotes", "adminnotes"],
        dangling: "stage = 'Odd', userid = 99, currency = 9, email = 'root@localhost', country = 'Atlantis'",
    },
    Update {
        // The fee is sent because at least one field must be.
        call: "UpdateClientAddon&setupfee=1.00&id=31",
        setup: include_str!("../support/fixtures/addons.sql"),
        fill: "UPDATE tblhostingaddons SET addonid = 5, name = 'Mine', setupfee = 1, recurring = 5, billingcycle = 'Monthly', \
                 status = 'Active', nextduedate = '2026-12-01', nextinvoicedate = '2026-12-01', \
                 termination_date = '2027-01-01', notes = 'N', updated_at = '2026-11-20 12:30:00' WHERE id = 31",
        table: "tblhostingaddons",
        emptied: &[("name", &[("name", "")]), ("notes", &[("notes", "")])],
        emptied_by_null: &[
            ("nextduedate", &[("nextduedate", "0000-00-00"), ("nextinvoicedate", "0000-00-00")]),
            ("terminationdate", &[("termination_date", "0000-00-00")]),
        ],
        read: "GetClientsAddons&serviceid=11",
        at: "/addons/addon/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["name", "notes"],
        dangling: "addonid = 9, billingcycle = 'Sometimes', status = ''",
    },
    Update {
        call: "UpdateAnnouncement&announcementid=1",
        setup: "INSERT INTO tblannouncements (id, title) VALUES (1, 'x')",
        fill: "UPDATE tblannouncements SET date = '2026-01-02 10:00:00', title = 'News', announcement = '<p>x</p>', \
                 published = 1, updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tblannouncements",
        emptied: NOTHING,
        emptied_by_null: &[("announcement", &[("announcement", "")])],
        read: "GetAnnouncements",
        at: "/announcements/announcement/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["title", "announcement"],
        dangling: "date = '0000-00-00 00:00:00'",
    },
    Update {
        // The message is required.
        call: "UpdateTicketReply&message=Old&replyid=1",
        setup: include_str!("../support/fixtures/tickets.sql"),
        fill: "UPDATE tblticketreplies SET date = '2026-11-01 11:00:00', message = 'Old', editor = 'plain' WHERE id = 1; \
               UPDATE tbltickets SET updated_at = '2026-11-20 12:30:00' WHERE id = 1",
        table: "tblticketreplies",
        emptied: NOTHING,
        emptied_by_null: NOTHING,
        read: "GetTicket&ticketid=1&repliessort=ASC",
        at: "/replies/reply/1",
        renamed: &[("date", "created")],
        others: |_| Vec::new(),
        texts: &[],
        dangling: "date = '0000-00-00 00:00:00'",
    },
    Update {
        call: "UpdateProject&projectid=1",
        setup: include_str!("../support/fixtures/projects.sql"),
        fill: "UPDATE mod_project SET userid = 1, title = 'T', ticketids = '1,2', invoiceids = '3', notes = 'N', adminid = 1, \
                 status = 'Pending', created = '2026-01-02', duedate = '2026-01-03', completed = 1, \
                 lastmodified = '2026-11-20 12:30:00' WHERE id = 1",
        table: "mod_project",
        emptied: &[
            ("ticketids", &[("ticketids", "")]),
            ("invoiceids", &[("invoiceids", "")]),
            ("notes", &[("notes", "")]),
        ],
        emptied_by_null: &[("userid", &[("userid", "0")])],
        read: "GetProjects",
        at: "/projects/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["title", "notes", "status"],
        dangling: "userid = 99, adminid = 3, ticketids = '1, 2;3', invoiceids = 'x', created = '0000-00-00', duedate = '0000-00-00'",
    },
    Update {
        call: "UpdateProjectTask&taskid=1",
        setup: include_str!("../support/fixtures/projects.sql"),
        fill: "UPDATE mod_projecttasks SET projectid = 1, task = 'T', notes = 'N', adminid = 1, duedate = '2026-01-03', \
                 completed = 1, `order` = 0 WHERE id = 1; \
               UPDATE mod_project SET lastmodified = '2026-11-20 12:30:00' WHERE id = 1",
        table: "mod_projecttasks",
        emptied: &[("notes", &[("notes", "")])],
        emptied_by_null: &[("adminid", &[("adminid", "0")])],
        read: "GetProject&projectid=1",
        at: "/tasks/task/0",
        renamed: &[],
        others: |_| Vec::new(),
        texts: &["task", "notes"],
        dangling: "adminid = 3, duedate = '0000-00-00'",
    },
];

/// Returns values by id as an object.
fn by_id<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Value {
    pairs.map(|(id, value)| (id.to_string().trim_matches('"').to_owned(), value.clone())).collect()
}
