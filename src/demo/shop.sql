-- A small web host in Lisbon: what it sells and for how much, who works there, and what it writes to clients.
--
-- Columns that are not named get the empty value of their type.
SET SESSION sql_mode = '';

INSERT INTO tblconfiguration (setting, value) VALUES
  ('CompanyName', 'Atlantic Hosting'),
  ('SystemURL', 'https://billing.example.com/'),
  ('Version', '8.13.1-release.1'),
  ('Charset', 'utf-8'),
  ('Language', 'english'),
  ('DateFormat', 'DD/MM/YYYY'),
  ('TaxEnabled', 'on'),
  ('TaxType', 'Exclusive'),
  ('CreateInvoiceDaysBefore', '14'),
  ('AddFundsEnabled', 'on'),
  ('AddFundsMinimum', '10.00'),
  ('AddFundsMaximum', '1000.00'),
  ('Domain', 'https://www.example.com'),
  ('Email', 'office@example.com'),
  ('SystemEmailsFromName', 'Atlantic Hosting'),
  ('SystemEmailsFromEmail', 'no-reply@example.com'),
  ('Signature', 'Atlantic Hosting\nwww.example.com'),
  ('InvoicePayTo', 'Atlantic Hosting\nRua do Cais 12\n1100-118 Lisboa'),
  ('DefaultCountry', 'PT'),
  ('DefaultNameserver1', 'ns1.example.com'),
  ('DefaultNameserver2', 'ns2.example.com');

INSERT INTO tblcurrencies (id, code, prefix, suffix, format, rate, `default`) VALUES
  (1, 'EUR', '€', ' EUR', 1, 1.00000, 1),
  (2, 'USD', '$', ' USD', 2, 1.08500, 0);

INSERT INTO tbltax (id, level, name, state, country, taxrate) VALUES
  (1, 1, 'IVA', '', 'PT', 23.000),
  (2, 1, 'IVA', '', 'ES', 21.000),
  (3, 1, 'MwSt.', '', 'DE', 19.000),
  (4, 1, 'GST', '', 'CA', 5.000),
  (5, 2, 'QST', 'Quebec', 'CA', 9.975);

INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) VALUES
  ('paypal', 'name', 'PayPal', 1),
  ('paypal', 'type', 'Invoices', 1),
  ('paypal', 'visible', 'on', 1),
  ('stripe', 'name', 'Credit/Debit Card', 2),
  ('stripe', 'type', 'CC', 2),
  ('stripe', 'visible', 'on', 2),
  ('banktransfer', 'name', 'Bank Transfer', 3),
  ('banktransfer', 'type', 'Invoices', 3),
  ('banktransfer', 'visible', 'on', 3),
  ('banktransfer', 'instructions', 'Bank: Banco Atlântico\r\nIBAN: PT50 0002 0123 1234 5678 9015 4\r\nReference: your invoice number', 3),
  ('mailin', 'name', 'Mail In Payment', 4),
  ('mailin', 'type', 'Invoices', 4),
  ('mailin', 'visible', 'on', 4),
  ('mailin', 'instructions', 'Send a cheque to Atlantic Hosting, Rua do Cais 12, 1100-118 Lisboa', 4);

-- Staff, who have no password. Some may be there already.
INSERT IGNORE INTO tbladminroles (id, name) VALUES (1, 'Full Administrator'), (2, 'Support Operator');

INSERT IGNORE INTO tbladmins (id, roleid, username, firstname, lastname, email, language, template, disabled, supportdepts, created_at, updated_at) VALUES
  (1, 1, 'admin', 'Beatriz', 'Almeida', 'beatriz@billing.example.com', 'english', 'blend', 0, '1,2,3,4', '2019-01-07 09:00:00', '2019-01-07 09:00:00'),
  (2, 2, 'rui', 'Rui', 'Nunes', 'rui@billing.example.com', 'english', 'blend', 0, '2,4', '2020-03-02 09:00:00', '2020-03-02 09:00:00');

-- What staff have to do, who is here, and who must not log in for a while.
INSERT INTO tbltodolist (id, date, title, description, admin, status, duedate) VALUES
  (1, '2026-11-16', 'Order disks for srv1', 'Two of 8 TB, as last time', 2, 'Pending', '2026-11-19'),
  (2, '2026-11-17', 'Renew the office lease', '', 1, 'In Progress', '2026-12-15'),
  (3, '2026-11-18', 'Answer the tax office', 'The letter is on the desk', 1, 'New', '2026-11-27'),
  (4, '2026-11-09', 'Update the price list', 'Valid from January', 1, 'Completed', '2026-11-13'),
  (5, '2026-10-02', 'Compare coffee machines', '', 0, 'Postponed', '0000-00-00');

INSERT INTO tbladminlog (adminusername, logintime, logouttime, ipaddress, sessionid, lastvisit) VALUES
  ('rui', '2026-11-19 13:58:02', '2026-11-19 18:04:40', '192.0.2.11', '', '2026-11-19 18:04:40'),
  ('admin', '2026-11-20 09:02:11', '0000-00-00 00:00:00', '192.0.2.10', '', '2026-11-20 12:24:40');

INSERT INTO tblbannedips (ip, reason, expires) VALUES
  ('198.51.100.*', 'Guessed passwords of clients', '2026-12-01 00:00:00');

INSERT INTO tblclientgroups (id, groupname, groupcolour, discountpercent, susptermexempt, separateinvoices) VALUES
  (1, 'Long-standing', '#d4edda', 0.00, 'on', ''),
  (2, 'Pays late', '#f8d7da', 0.00, '', ''),
  (3, 'Resellers', '#cce5ff', 10.00, '', 'on');

INSERT INTO tblproductgroups (id, name, slug, headline, tagline, orderfrmtpl, hidden, `order`) VALUES
  (1, 'Web Hosting - Linux', 'web-hosting-linux', 'Hosting by the sea', 'Fast, and with people who answer', 'standard_cart', 0, 1),
  (2, 'Virtual Servers', 'virtual-servers', 'Your own machine in Lisbon', '', 'standard_cart', 0, 2),
  (3, 'Services', 'services', 'What we do for you', '', 'standard_cart', 0, 3),
  (4, 'Internal', 'internal', '', '', 'standard_cart', 1, 4);

INSERT INTO tblproducts (id, type, gid, name, slug, description, hidden, retired, stockcontrol, qty, paytype, allowqty, servertype, autosetup, tax, is_featured, `order`, welcomeemail, servergroup, created_at, updated_at) VALUES
  (1, 'hostingaccount', 1, 'Starter', 'starter', '10 GB of space\n1 website\nDaily back-ups', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'payment', 1, 0, 1, 6, 1, '2019-01-08 10:00:00', '2019-01-08 10:00:00'),
  (2, 'hostingaccount', 1, 'Business', 'business', '50 GB of space\n10 websites\nDaily back-ups', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'payment', 1, 1, 2, 6, 1, '2019-01-08 10:05:00', '2019-01-08 10:05:00'),
  (3, 'hostingaccount', 1, 'Professional', 'professional', '200 GB of space\nAny number of websites', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'payment', 1, 0, 3, 6, 1, '2019-01-08 10:10:00', '2019-01-08 10:10:00'),
  (4, 'reselleraccount', 1, 'Reseller 50', 'reseller-50', '50 accounts under your own name', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'order', 1, 0, 4, 6, 1, '2019-03-01 09:00:00', '2019-03-01 09:00:00'),
  (5, 'hostingaccount', 1, 'Starter 2016', 'starter-2016', 'No longer sold', 1, 1, 0, 0, 'recurring', 0, 'cpanel', '', 1, 0, 5, 6, 1, '2016-02-01 09:00:00', '2016-02-01 09:00:00'),
  (6, 'server', 2, 'VPS S', 'vps-s', '2 cores, 4 GB of memory, 80 GB of disk', 0, 0, 0, 0, 'recurring', 1, 'proxmox', 'payment', 1, 0, 1, 7, 2, '2020-02-10 09:00:00', '2020-02-10 09:00:00'),
  (7, 'server', 2, 'VPS M', 'vps-m', '4 cores, 8 GB of memory, 160 GB of disk', 0, 0, 0, 0, 'recurring', 1, 'proxmox', 'payment', 1, 1, 2, 7, 2, '2020-02-10 09:05:00', '2020-02-10 09:05:00'),
  (8, 'server', 2, 'Dedicated Ryzen', 'dedicated-ryzen', '16 cores, 128 GB of memory, 2 × 2 TB of disk', 0, 0, 1, 3, 'recurring', 0, '', '', 1, 0, 3, 7, 0, '2022-05-16 09:00:00', '2022-05-16 09:00:00'),
  (9, 'other', 3, 'Site Migration', 'site-migration', 'We move your website to us', 0, 0, 0, 0, 'onetime', 1, '', '', 1, 0, 1, 8, 0, '2019-04-02 09:00:00', '2019-04-02 09:00:00'),
  (10, 'other', 3, 'Domain Parking', 'domain-parking', 'A page for a domain that waits', 0, 0, 0, 0, 'free', 0, '', 'on', 0, 0, 2, 8, 0, '2019-04-02 09:05:00', '2019-04-02 09:05:00'),
  (11, 'other', 3, 'Consulting Hour', 'consulting-hour', 'By invitation', 1, 0, 0, 0, 'onetime', 3, '', '', 1, 0, 3, 0, 0, '2019-04-02 09:10:00', '2019-04-02 09:10:00'),
  (12, 'hostingaccount', 4, 'Staff Hosting', 'staff-hosting', '', 1, 0, 0, 0, 'free', 0, 'cpanel', '', 0, 0, 1, 6, 1, '2019-01-08 11:00:00', '2019-01-08 11:00:00');

-- A domain with it is free for its first year.
UPDATE tblproducts SET freedomain = 'once', freedomainpaymentterms = 'annually,biennially', freedomaintlds = '.com,.pt,.example' WHERE id = 3;

INSERT INTO tblproducts_slugs (product_id, group_id, group_slug, slug, active, created_at, updated_at)
  SELECT p.id, g.id, g.slug, p.slug, 1, p.created_at, p.created_at FROM tblproducts p JOIN tblproductgroups g ON g.id = p.gid ORDER BY p.id;

INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee, ssetupfee, asetupfee, bsetupfee, tsetupfee,
                        monthly, quarterly, semiannually, annually, biennially, triennially) VALUES
  ('product', 1, 1, 0, 0, 0, 0, 0, 0, -1, -1, -1, 40.00, 76.00, -1),
  ('product', 2, 1, 0, 0, 0, 0, 0, 0, -1, -1, -1, 43.00, 82.00, -1),
  ('product', 1, 2, 0, 0, 0, 0, 0, 0, 9.90, 28.50, -1, 99.00, 188.00, -1),
  ('product', 2, 2, 0, 0, 0, 0, 0, 0, 10.90, 31.00, -1, 107.00, 204.00, -1),
  ('product', 1, 3, 0, 0, 0, 0, 0, 0, 19.90, 57.00, -1, 199.00, 378.00, -1),
  ('product', 2, 3, 0, 0, 0, 0, 0, 0, 21.90, 62.00, -1, 216.00, 410.00, -1),
  ('product', 1, 4, 15.00, 0, 0, 0, 0, 0, 29.00, 84.00, -1, 299.00, -1, -1),
  ('product', 2, 4, 16.00, 0, 0, 0, 0, 0, 31.50, 91.00, -1, 324.00, -1, -1),
  ('product', 1, 5, 0, 0, 0, 0, 0, 0, 3.50, -1, -1, 35.00, -1, -1),
  ('product', 1, 6, 0, 0, 0, 0, 0, 0, 8.00, 23.00, 45.00, 86.00, -1, -1),
  ('product', 2, 6, 0, 0, 0, 0, 0, 0, 8.70, 25.00, 49.00, 93.00, -1, -1),
  ('product', 1, 7, 0, 0, 0, 0, 0, 0, 15.00, 43.00, 84.00, 162.00, -1, -1),
  ('product', 2, 7, 0, 0, 0, 0, 0, 0, 16.30, 47.00, 91.00, 176.00, -1, -1),
  ('product', 1, 8, 99.00, 0, 0, 0, 0, 0, 119.00, -1, -1, 1290.00, -1, -1),
  ('product', 2, 8, 107.00, 0, 0, 0, 0, 0, 129.00, -1, -1, 1400.00, -1, -1),
  ('product', 1, 9, 0, 0, 0, 0, 0, 0, 60.00, 0, 0, 0, 0, 0),
  ('product', 2, 9, 0, 0, 0, 0, 0, 0, 65.00, 0, 0, 0, 0, 0),
  ('product', 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  ('product', 2, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  ('product', 1, 11, 0, 0, 0, 0, 0, 0, 90.00, 0, 0, 0, 0, 0),
  ('configoptions', 1, 1, 0, 0, 0, 0, 0, 0, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00),
  ('configoptions', 2, 1, 0, 0, 0, 0, 0, 0, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00),
  ('configoptions', 1, 2, 0, 0, 0, 0, 0, 0, 4.00, 12.00, 24.00, 48.00, 96.00, 144.00),
  ('configoptions', 2, 2, 0, 0, 0, 0, 0, 0, 4.50, 13.50, 27.00, 54.00, 108.00, 162.00),
  ('configoptions', 1, 3, 0, 0, 0, 0, 0, 0, 1.50, 4.50, 9.00, 18.00, 36.00, 54.00),
  ('configoptions', 2, 3, 0, 0, 0, 0, 0, 0, 1.60, 4.80, 9.60, 19.20, 38.40, 57.60),
  ('configoptions', 1, 4, 5.00, 0, 0, 0, 0, 0, 6.00, 18.00, 36.00, 72.00, 144.00, 216.00),
  ('configoptions', 2, 4, 5.50, 0, 0, 0, 0, 0, 6.50, 19.50, 39.00, 78.00, 156.00, 234.00),
  ('addon', 1, 1, 0, 0, 0, 0, 0, 0, 2.00, 6.00, -1, 20.00, -1, -1),
  ('addon', 2, 1, 0, 0, 0, 0, 0, 0, 2.20, 6.60, -1, 22.00, -1, -1),
  ('addon', 1, 2, 0, 0, 0, 0, 0, 0, -1, -1, -1, 25.00, 48.00, -1),
  ('addon', 2, 2, 0, 0, 0, 0, 0, 0, -1, -1, -1, 27.00, 52.00, -1),
  ('addon', 1, 3, 0, 0, 0, 0, 0, 0, 9.00, -1, -1, 97.00, -1, -1),
  ('addon', 2, 3, 0, 0, 0, 0, 0, 0, 9.80, -1, -1, 105.00, -1, -1);

INSERT INTO tbldomainpricing (id, extension, dnsmanagement, emailforwarding, idprotection, eppcode, autoreg, `order`, `group`,
                              grace_period, grace_period_fee, redemption_grace_period, redemption_grace_period_fee, created_at, updated_at) VALUES
  (1, '.com', 1, 1, 1, 1, 'enom', 1, 'hot', 30, 0.00, 30, 80.00, '2019-01-08 12:00:00', '2025-09-01 09:00:00'),
  (2, '.net', 1, 1, 1, 1, 'enom', 2, 'none', 30, 0.00, 30, 80.00, '2019-01-08 12:00:00', '2025-09-01 09:00:00'),
  (3, '.pt', 1, 0, 0, 1, '', 3, 'none', -1, 0.00, -1, -1.00, '2019-01-08 12:00:00', '2025-09-01 09:00:00'),
  (4, '.org', 1, 1, 1, 1, 'enom', 4, 'none', 30, 0.00, 30, 80.00, '2019-01-08 12:00:00', '2025-09-01 09:00:00'),
  (5, '.example', 1, 1, 0, 1, '', 5, 'none', 30, 5.00, 30, 60.00, '2019-01-08 12:00:00', '2019-01-08 12:00:00'),
  (6, '.info', 1, 1, 1, 1, 'enom', 6, 'none', 30, 0.00, 30, 80.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (7, '.biz', 1, 1, 1, 1, 'enom', 7, 'none', 30, 0.00, 30, 80.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (8, '.eu', 1, 1, 0, 1, 'enom', 8, 'none', 0, -1.00, 40, 40.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (9, '.es', 1, 0, 0, 1, '', 9, 'none', -1, 0.00, -1, -1.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (10, '.fr', 1, 0, 0, 1, '', 10, 'none', -1, 0.00, -1, -1.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (11, '.de', 1, 0, 0, 1, '', 11, 'none', -1, 0.00, -1, -1.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (12, '.nl', 1, 0, 0, 1, '', 12, 'none', -1, 0.00, -1, -1.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (13, '.co.uk', 1, 1, 0, 0, 'enom', 13, 'none', 30, 0.00, 60, 60.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (14, '.uk', 1, 1, 0, 0, 'enom', 14, 'none', 30, 0.00, 60, 60.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (15, '.ca', 1, 1, 0, 1, '', 15, 'none', -1, 0.00, -1, -1.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (16, '.us', 1, 1, 0, 1, 'enom', 16, 'none', -1, 0.00, -1, -1.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (17, '.io', 1, 1, 1, 1, 'enom', 17, 'none', 30, 0.00, 30, 110.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (18, '.dev', 1, 1, 1, 1, 'enom', 18, 'new', 30, 0.00, 30, 95.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (19, '.app', 1, 1, 1, 1, 'enom', 19, 'new', 30, 0.00, 30, 95.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (20, '.online', 1, 1, 1, 1, 'enom', 20, 'sale', 30, 0.00, 30, 95.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (21, '.shop', 1, 1, 1, 1, 'enom', 21, 'sale', 30, 0.00, 30, 95.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00'),
  (22, '.xyz', 1, 1, 1, 1, 'enom', 22, 'none', 30, 0.00, 30, 95.00, '2021-05-03 10:00:00', '2025-09-01 09:00:00');

INSERT INTO tbltld_categories (id, category, is_primary, display_order, created_at, updated_at) VALUES
  (1, 'Popular', 1, 1, '2019-01-08 12:00:00', '2019-01-08 12:00:00'),
  (2, 'Europe', 0, 2, '2019-01-08 12:00:00', '2019-01-08 12:00:00'),
  (3, 'North America', 0, 3, '2019-01-08 12:00:00', '2019-01-08 12:00:00'),
  (4, 'Technology', 0, 4, '2019-01-08 12:00:00', '2019-01-08 12:00:00'),
  (5, 'Other', 0, 5, '2019-01-08 12:00:00', '2019-01-08 12:00:00');

INSERT INTO tbltlds (id, tld, created_at, updated_at)
  SELECT id, SUBSTRING(extension, 2), created_at, created_at FROM tbldomainpricing ORDER BY id;

INSERT INTO tbltld_category_pivot (tld_id, category_id, created_at, updated_at)
  SELECT t.id, c.id, t.created_at, t.created_at FROM tbltlds t JOIN tbltld_categories c ON FIND_IN_SET(t.tld, CASE c.category
    WHEN 'Popular' THEN 'com,net,org,info,biz,eu,online,shop'
    WHEN 'Europe' THEN 'pt,eu,es,fr,de,nl,co.uk,uk'
    WHEN 'North America' THEN 'ca,us'
    WHEN 'Technology' THEN 'net,io,dev,app'
    ELSE 'example,xyz' END) ORDER BY t.id, c.id;

INSERT INTO tblregistrars (registrar, setting, value) VALUES ('enom', 'Username', 'demo');

-- For domains, the first five columns are the prices of one to five years, the sixth is a client group, 0 for all, and the next five
-- are the prices of six to ten years. For domain addons, the third is the price of a year of ID protection.
INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee, ssetupfee, asetupfee, bsetupfee, tsetupfee,
                        monthly, quarterly, semiannually, annually, biennially, triennially) VALUES
  ('domainregister', 1, 1, 11.49, 22.98, 34.47, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 1, 12.49, 24.98, 37.47, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 1, 11.49, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 1, 12.49, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 1, 12.99, 25.98, 38.97, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 1, 14.09, 28.18, 42.27, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 2, 12.99, 25.98, 38.97, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 2, 14.09, 28.18, 42.27, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 2, 12.99, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 2, 14.09, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 2, 14.49, 28.98, 43.47, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 2, 15.69, 31.38, 47.07, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 3, 14.90, 29.80, 44.70, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 3, 16.20, 32.40, 48.60, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 3, 14.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 3, 16.20, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 3, 16.90, 33.80, 50.70, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 3, 18.30, 36.60, 54.90, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 4, 12.49, 24.98, 37.47, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 4, 13.59, 27.18, 40.77, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 4, 12.49, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 4, 13.59, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 4, 13.99, 27.98, 41.97, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 4, 15.19, 30.38, 45.57, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 5, 11.99, 23.98, 35.97, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 5, 12.99, 25.98, 38.97, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 5, 11.99, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 5, 12.99, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 5, 11.99, 23.98, 35.97, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 5, 12.99, 25.98, 38.97, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 6, 18.90, 37.80, 56.70, 75.60, 94.50, 0, 113.40, 132.30, 151.20, 170.10, 189.00, 0),
  ('domainregister', 2, 6, 20.51, 41.02, 61.53, 82.04, 102.55, 0, 123.06, 143.57, 164.08, 184.59, 205.10, 0),
  ('domaintransfer', 1, 6, 18.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 6, 20.51, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 6, 21.90, 43.80, 65.70, 87.60, 109.50, 0, 131.40, 153.30, 175.20, 197.10, -1, 0),
  ('domainrenew', 2, 6, 23.76, 47.52, 71.28, 95.04, 118.80, 0, 142.56, 166.32, 190.08, 213.84, -1, 0),
  ('domainregister', 1, 7, 16.90, 33.80, 50.70, 67.60, 84.50, 0, 101.40, 118.30, 135.20, 152.10, 169.00, 0),
  ('domainregister', 2, 7, 18.34, 36.68, 55.02, 73.36, 91.70, 0, 110.04, 128.38, 146.72, 165.06, 183.40, 0),
  ('domaintransfer', 1, 7, 16.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 7, 18.34, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 7, 19.90, 39.80, 59.70, 79.60, 99.50, 0, 119.40, 139.30, 159.20, 179.10, -1, 0),
  ('domainrenew', 2, 7, 21.59, 43.18, 64.77, 86.36, 107.95, 0, 129.54, 151.13, 172.72, 194.31, -1, 0),
  ('domainregister', 1, 8, 7.90, 15.80, 23.70, 31.60, 39.50, 0, 47.40, 55.30, 63.20, 71.10, 79.00, 0),
  ('domainregister', 2, 8, 8.57, 17.14, 25.71, 34.28, 42.85, 0, 51.42, 59.99, 68.56, 77.13, 85.70, 0),
  ('domaintransfer', 1, 8, 7.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 8, 8.57, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 8, 8.90, 17.80, 26.70, 35.60, 44.50, 0, 53.40, 62.30, 71.20, 80.10, -1, 0),
  ('domainrenew', 2, 8, 9.66, 19.32, 28.98, 38.64, 48.30, 0, 57.96, 67.62, 77.28, 86.94, -1, 0),
  ('domainregister', 1, 9, 9.90, 19.80, 29.70, 39.60, 49.50, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 9, 10.74, 21.48, 32.22, 42.96, 53.70, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 9, 0.00, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 9, 0.00, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 9, 10.90, 21.80, 32.70, 43.60, 54.50, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 9, 11.83, 23.66, 35.49, 47.32, 59.15, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 10, 10.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 10, 11.83, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 10, 10.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 10, 11.83, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 10, 11.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 10, 12.91, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 11, 8.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 11, 9.66, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 11, 8.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 11, 9.66, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 11, 8.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 11, 9.66, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 12, 8.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 12, 9.66, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 12, 8.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 12, 9.66, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 12, 9.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 12, 10.74, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 13, 8.90, 17.80, 26.70, 35.60, 44.50, 0, 53.40, 62.30, 71.20, 80.10, 89.00, 0),
  ('domainregister', 2, 13, 9.66, 19.32, 28.98, 38.64, 48.30, 0, 57.96, 67.62, 77.28, 86.94, 96.60, 0),
  ('domaintransfer', 1, 13, 0.00, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 13, 0.00, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 13, 9.90, 19.80, 29.70, 39.60, 49.50, 0, 59.40, 69.30, 79.20, 89.10, -1, 0),
  ('domainrenew', 2, 13, 10.74, 21.48, 32.22, 42.96, 53.70, 0, 64.44, 75.18, 85.92, 96.66, -1, 0),
  ('domainregister', 1, 14, 8.90, 17.80, 26.70, 35.60, 44.50, 0, 53.40, 62.30, 71.20, 80.10, 89.00, 0),
  ('domainregister', 2, 14, 9.66, 19.32, 28.98, 38.64, 48.30, 0, 57.96, 67.62, 77.28, 86.94, 96.60, 0),
  ('domaintransfer', 1, 14, 0.00, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 14, 0.00, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 14, 9.90, 19.80, 29.70, 39.60, 49.50, 0, 59.40, 69.30, 79.20, 89.10, -1, 0),
  ('domainrenew', 2, 14, 10.74, 21.48, 32.22, 42.96, 53.70, 0, 64.44, 75.18, 85.92, 96.66, -1, 0),
  ('domainregister', 1, 15, 14.90, 29.80, 44.70, 59.60, 74.50, 0, 89.40, 104.30, 119.20, 134.10, 149.00, 0),
  ('domainregister', 2, 15, 16.17, 32.34, 48.51, 64.68, 80.85, 0, 97.02, 113.19, 129.36, 145.53, 161.70, 0),
  ('domaintransfer', 1, 15, 14.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 15, 16.17, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 15, 15.90, 31.80, 47.70, 63.60, 79.50, 0, 95.40, 111.30, 127.20, 143.10, -1, 0),
  ('domainrenew', 2, 15, 17.25, 34.50, 51.75, 69.00, 86.25, 0, 103.50, 120.75, 138.00, 155.25, -1, 0),
  ('domainregister', 1, 16, 9.90, 19.80, 29.70, 39.60, 49.50, 0, 59.40, 69.30, 79.20, 89.10, 99.00, 0),
  ('domainregister', 2, 16, 10.74, 21.48, 32.22, 42.96, 53.70, 0, 64.44, 75.18, 85.92, 96.66, 107.40, 0),
  ('domaintransfer', 1, 16, 9.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 16, 10.74, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 16, 10.90, 21.80, 32.70, 43.60, 54.50, 0, 65.40, 76.30, 87.20, 98.10, -1, 0),
  ('domainrenew', 2, 16, 11.83, 23.66, 35.49, 47.32, 59.15, 0, 70.98, 82.81, 94.64, 106.47, -1, 0),
  ('domainregister', 1, 17, 44.90, 89.80, 134.70, 179.60, 224.50, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 17, 48.72, 97.44, 146.16, 194.88, 243.60, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 1, 17, 44.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 17, 48.72, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 17, 49.90, 99.80, 149.70, 199.60, 249.50, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 17, 54.14, 108.28, 162.42, 216.56, 270.70, 0, -1, -1, -1, -1, -1, 0),
  ('domainregister', 1, 18, 14.90, 29.80, 44.70, 59.60, 74.50, 0, 89.40, 104.30, 119.20, 134.10, 149.00, 0),
  ('domainregister', 2, 18, 16.17, 32.34, 48.51, 64.68, 80.85, 0, 97.02, 113.19, 129.36, 145.53, 161.70, 0),
  ('domaintransfer', 1, 18, 14.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 18, 16.17, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 18, 16.90, 33.80, 50.70, 67.60, 84.50, 0, 101.40, 118.30, 135.20, 152.10, -1, 0),
  ('domainrenew', 2, 18, 18.34, 36.68, 55.02, 73.36, 91.70, 0, 110.04, 128.38, 146.72, 165.06, -1, 0),
  ('domainregister', 1, 19, 16.90, 33.80, 50.70, 67.60, 84.50, 0, 101.40, 118.30, 135.20, 152.10, 169.00, 0),
  ('domainregister', 2, 19, 18.34, 36.68, 55.02, 73.36, 91.70, 0, 110.04, 128.38, 146.72, 165.06, 183.40, 0),
  ('domaintransfer', 1, 19, 16.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 19, 18.34, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 19, 18.90, 37.80, 56.70, 75.60, 94.50, 0, 113.40, 132.30, 151.20, 170.10, -1, 0),
  ('domainrenew', 2, 19, 20.51, 41.02, 61.53, 82.04, 102.55, 0, 123.06, 143.57, 164.08, 184.59, -1, 0),
  ('domainregister', 1, 20, 3.90, 7.80, 11.70, 15.60, 19.50, 0, 23.40, 27.30, 31.20, 35.10, 39.00, 0),
  ('domainregister', 2, 20, 4.23, 8.46, 12.69, 16.92, 21.15, 0, 25.38, 29.61, 33.84, 38.07, 42.30, 0),
  ('domaintransfer', 1, 20, 29.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 20, 32.44, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 20, 32.90, 65.80, 98.70, 131.60, 164.50, 0, 197.40, 230.30, 263.20, 296.10, -1, 0),
  ('domainrenew', 2, 20, 35.70, 71.40, 107.10, 142.80, 178.50, 0, 214.20, 249.90, 285.60, 321.30, -1, 0),
  ('domainregister', 1, 21, 2.90, 5.80, 8.70, 11.60, 14.50, 0, 17.40, 20.30, 23.20, 26.10, 29.00, 0),
  ('domainregister', 2, 21, 3.15, 6.30, 9.45, 12.60, 15.75, 0, 18.90, 22.05, 25.20, 28.35, 31.50, 0),
  ('domaintransfer', 1, 21, 29.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 21, 32.44, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 21, 34.90, 69.80, 104.70, 139.60, 174.50, 0, 209.40, 244.30, 279.20, 314.10, -1, 0),
  ('domainrenew', 2, 21, 37.87, 75.74, 113.61, 151.48, 189.35, 0, 227.22, 265.09, 302.96, 340.83, -1, 0),
  ('domainregister', 1, 22, 2.90, 5.80, 8.70, 11.60, 14.50, 0, 17.40, 20.30, 23.20, 26.10, 29.00, 0),
  ('domainregister', 2, 22, 3.15, 6.30, 9.45, 12.60, 15.75, 0, 18.90, 22.05, 25.20, 28.35, 31.50, 0),
  ('domaintransfer', 1, 22, 12.90, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domaintransfer', 2, 22, 14.00, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 22, 13.90, 27.80, 41.70, 55.60, 69.50, 0, 83.40, 97.30, 111.20, 125.10, -1, 0),
  ('domainrenew', 2, 22, 15.08, 30.16, 45.24, 60.32, 75.40, 0, 90.48, 105.56, 120.64, 135.72, -1, 0),
  ('domainregister', 1, 1, 9.99, 19.98, 29.97, -1, -1, 3, -1, -1, -1, -1, -1, 0),
  ('domainregister', 2, 1, 10.89, 21.78, 32.67, -1, -1, 3, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 1, 1, 10.99, 21.98, 32.97, -1, -1, 3, -1, -1, -1, -1, -1, 0),
  ('domainrenew', 2, 1, 11.99, 23.98, 35.97, -1, -1, 3, -1, -1, -1, -1, -1, 0),
  ('domainaddons', 1, 0, 0, 0, 3.00, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  ('domainaddons', 2, 0, 0, 0, 3.25, 0, 0, 0, 0, 0, 0, 0, 0, 0);

INSERT INTO tblcustomfields (id, type, relid, fieldname, fieldtype, description, required, showorder, sortorder) VALUES
  (1, 'client', 0, 'How did you find us?', 'text', '', '', 'on', 1),
  (2, 'product', 1, 'Current Host', 'text', 'Where is your website now?', '', 'on', 1),
  (3, 'product', 6, 'hostname|Host Name', 'text', 'The name of your server', 'on', 'on', 1),
  (4, 'product', 7, 'hostname|Host Name', 'text', 'The name of your server', 'on', 'on', 1),
  (5, 'product', 7, 'Rack Note', 'text', 'For staff', '', '', 2);

INSERT INTO tblproductconfiggroups (id, name, description) VALUES (1, 'Server options', 'For virtual servers');

INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1, 6), (1, 7);

INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype, qtyminimum, qtymaximum, `order`, hidden) VALUES
  (1, 1, 'os|Operating System', '1', 0, 0, 1, 0),
  (2, 1, 'Additional IPv4 Addresses', '4', 0, 8, 2, 0),
  (3, 1, 'Managed Support', '3', 0, 0, 3, 0);

INSERT INTO tblproductconfigoptionssub (id, configid, optionname, sortorder, hidden) VALUES
  (1, 1, 'debian-12|Debian 12', 1, 0),
  (2, 1, 'win-2022|Windows Server 2022', 2, 0),
  (3, 2, 'IPv4 Address', 1, 0),
  (4, 3, 'Yes, please', 1, 0),
  (5, 1, 'centos-6|CentOS 6', 3, 1);

INSERT INTO tblpromotions (id, code, type, recurring, value, cycles, appliesto, startdate, expirationdate, maxuses, uses, notes) VALUES
  (1, 'WELCOME20', 'Percentage', 0, 20.00, '', '1,2,3', '0000-00-00', '0000-00-00', 0, 41, 'On the flyer'),
  (2, 'VPS5', 'Fixed Amount', 1, 5.00, 'Monthly,Annually', '6,7', '2026-01-01', '2027-12-31', 100, 12, ''),
  (3, 'SUMMER2022', 'Percentage', 0, 50.00, 'Annually', '', '2022-06-01', '2022-08-31', 50, 50, 'Over');

-- Where what is sold runs, and what goes with it.
INSERT INTO tblservers (id, name, ipaddress, assignedips, hostname, monthlycost, nameserver1, nameserver1ip, nameserver2, nameserver2ip,
                        maxaccounts, type, username, secure, port, active, disabled) VALUES
  (1, 'cp1', '192.0.2.11', '', 'cp1.example.com', 79.00, 'ns1.example.com', '192.0.2.11', 'ns2.example.com', '192.0.2.12', 250, 'cpanel', 'root', 'on', 2087, 0, 0),
  (2, 'cp2', '192.0.2.12', '', 'cp2.example.com', 79.00, 'ns1.example.com', '192.0.2.11', 'ns2.example.com', '192.0.2.12', 250, 'cpanel', 'root', 'on', 2087, 1, 0),
  (3, 'pve1', '198.51.100.21', '198.51.100.31\n198.51.100.32\n198.51.100.33', 'pve1.example.com', 149.00, 'ns1.example.com', '192.0.2.11', 'ns2.example.com', '192.0.2.12', 60, 'proxmox', 'billing@pve', 'on', 8006, 1, 0);

INSERT INTO tblservergroups (id, name, filltype) VALUES (1, 'Shared Hosting', 1), (2, 'Virtual Servers', 2);

INSERT INTO tblservergroupsrel (groupid, serverid) VALUES (1, 1), (1, 2), (2, 3);

INSERT INTO tbladdons (id, packages, name, description, billingcycle, tax, showorder, autoactivate, welcomeemail, weight, created_at, updated_at) VALUES
  (1, '1,2,3', 'Off-site Back-ups', 'A copy of each day in another city', 'recurring', 1, 1, 'payment', 0, 1, '2019-01-08 13:00:00', '2019-01-08 13:00:00'),
  (2, '1,2,3,4', 'SSL Certificate', 'For one name, with validation of the company', 'recurring', 1, 1, '', 8, 2, '2019-01-08 13:05:00', '2019-01-08 13:05:00'),
  (3, '6,7,8', 'Priority Support', 'An answer within an hour, day and night', 'recurring', 1, 1, 'on', 0, 3, '2020-02-10 09:30:00', '2020-02-10 09:30:00');

INSERT INTO tblorderstatuses (id, title, color, showpending, showactive, showcancelled, sortorder) VALUES
  (1, 'Pending', '#cc0000', 1, 0, 0, 10),
  (2, 'Active', '#779500', 0, 1, 0, 20),
  (3, 'Cancelled', '#888888', 0, 0, 1, 30),
  (4, 'Fraud', '#000000', 0, 0, 0, 40);

INSERT INTO tblticketdepartments (id, name, description, email, clientsonly, piperepliesonly, noautoresponder, hidden, `order`) VALUES
  (1, 'Sales', 'Before you buy', 'sales@example.com', '', '', '', '', 1),
  (2, 'Technical Support', 'When something does not work', 'support@example.com', 'on', '', '', '', 2),
  (3, 'Billing', 'Invoices and payments', 'billing@example.com', 'on', '', '', '', 3),
  (4, 'Abuse', 'Complaints from elsewhere', 'abuse@example.com', '', '', 'on', 'on', 4);

INSERT INTO tblticketstatuses (id, title, color, sortorder, showactive, showawaiting, autoclose) VALUES
  (1, 'Open', '#779500', 1, 1, 1, 0),
  (2, 'Answered', '#000000', 2, 1, 0, 1),
  (3, 'Customer-Reply', '#ff6600', 3, 1, 1, 0),
  (4, 'On Hold', '#224488', 5, 1, 0, 0),
  (5, 'In Progress', '#cc0000', 6, 1, 0, 0),
  (6, 'Closed', '#888888', 10, 0, 0, 0);

-- What mails say.
INSERT INTO tblemailtemplates (id, type, name, subject, message, language, created_at, updated_at) VALUES
  (1, 'general', 'Client Signup Email', 'Welcome to {$company_name}', '<p>Dear {$client_name},</p>\n<p>thank you for joining us. You log in with your address {$client_email} at <a href="{$whmcs_url}">{$whmcs_url}</a>.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (2, 'general', 'Order Confirmation', 'We have your order {$order_number}', '<p>Dear {$client_name},</p>\n<p>thank you for your order {$order_number}:</p>\n<p>{$order_details}</p>\n<p>We set it up as soon as it is paid for, and write to you then.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (3, 'invoice', 'Invoice Created', 'Invoice {$invoice_num} of {$invoice_date_created}', '<p>Dear {$client_name},</p>\n<p>here is your invoice {$invoice_num} over {$invoice_total}, due on {$invoice_date_due}.</p>\n<p>You can see and pay it at <a href="{$whmcs_url}viewinvoice.php?id={$invoice_id}">{$whmcs_url}viewinvoice.php?id={$invoice_id}</a>. Payment is by {$invoice_payment_method}.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (4, 'invoice', 'Invoice Payment Confirmation', 'Thank you for your payment of invoice {$invoice_num}', '<p>Dear {$client_name},</p>\n<p>{$invoice_last_payment_amount} have arrived for invoice {$invoice_num} (transaction {$invoice_last_payment_transid}). Its status is {$invoice_status}, and {$invoice_balance} are left to pay.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (5, 'invoice', 'Invoice Payment Reminder', 'Invoice {$invoice_num} is due on {$invoice_date_due}', '<p>Dear {$client_name},</p>\n<p>{$invoice_balance} of invoice {$invoice_num} are still to pay, and due on {$invoice_date_due}. Has it slipped your mind?</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (21, 'invoice', 'First Invoice Overdue Notice', 'Invoice {$invoice_num} is overdue', '<p>Dear {$client_name},</p>\n<p>invoice {$invoice_num} was due on {$invoice_date_due}, and {$invoice_balance} are still to pay. You can pay it at {$invoice_link}.</p>\n<p>If you have paid it in the last days, thank you, and forget this mail.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (22, 'invoice', 'Second Invoice Overdue Notice', 'Invoice {$invoice_num} is still not paid', '<p>Dear {$client_name},</p>\n<p>{$invoice_balance} of invoice {$invoice_num} are still to pay; they were due on {$invoice_date_due}. Please pay them at {$invoice_link}, or write to us: what it is for is suspended soon.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (23, 'invoice', 'Third Invoice Overdue Notice', 'Invoice {$invoice_num}: our last reminder', '<p>Dear {$client_name},</p>\n<p>this is our last reminder of invoice {$invoice_num}, which was due on {$invoice_date_due}. {$invoice_balance} are still to pay, at {$invoice_link}.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (24, 'domain', 'Upcoming Domain Renewal Notice', '{$domain_name} is due on {$domain_next_due_date}', '<p>Dear {$client_name},</p>\n<p>{$domain_name} is due in {$domain_days_until_nextdue} day(s), on {$domain_next_due_date}. Its renewal costs {$domain_recurring_amount}; its invoice is in your account.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (6, 'product', 'Hosting Account Welcome Email', 'Your hosting for {$service_domain} is ready', '<p>Dear {$client_name},</p>\n<p>{$service_product_name} for {$service_domain} is set up on {$service_server_name} ({$service_server_ip}). Your user name is {$service_username}; you find the password in your account.</p>\n<p>The name servers are {$service_ns1} and {$service_ns2}.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (7, 'product', 'Dedicated/VPS Server Welcome Email', 'Your server {$service_domain} is running', '<p>Dear {$client_name},</p>\n<p>your {$service_product_name} runs as {$service_domain} at {$service_dedicated_ip}. Log in as {$service_username}; you find the password in your account, and should change it.</p>\n<p>{$signature}</p>', '', '2020-02-10 10:00:00', '2020-02-10 10:00:00'),
  (8, 'product', 'Other Product/Service Welcome Email', '{$service_product_name} is ready', '<p>Dear {$client_name},</p>\n<p>{$service_product_name} is active now. It is due again on {$service_next_due_date}.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (9, 'product', 'Service Suspension Notification', '{$service_domain} is suspended', '<p>Dear {$client_name},</p>\n<p>we had to suspend {$service_product_name} for {$service_domain}: {$service_suspension_reason}. It is back as soon as that is settled; nothing is deleted.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (10, 'support', 'Support Ticket Opened', '[Ticket ID: {$ticket_id}] {$ticket_subject}', '<p>Dear {$client_name},</p>\n<p>we have your question, and answer it soon. Its number is {$ticket_id}, its priority {$ticket_priority}.</p>\n<blockquote>{$ticket_message}</blockquote>\n<p><a href="{$ticket_url}">{$ticket_url}</a></p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (11, 'support', 'Support Ticket Opened by Admin', '[Ticket ID: {$ticket_id}] {$ticket_subject}', '<p>Dear {$client_name},</p>\n<p>{$ticket_message}</p>\n<p>You can answer at <a href="{$ticket_url}">{$ticket_url}</a>.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (12, 'support', 'Support Ticket Reply', 'Re: [Ticket ID: {$ticket_id}] {$ticket_subject}', '<p>{$ticket_message}</p>\n<p>Status: {$ticket_status}. You can answer at <a href="{$ticket_url}">{$ticket_url}</a>.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (13, 'general', 'Password Reset Validation', 'A new password for {$company_name}', '<p>Dear {$client_name},</p>\n<p>somebody asked for a new password for {$client_email}. If it was you, choose one at <a href="{$pw_reset_url}">{$pw_reset_url}</a> within two hours; if not, nothing changes.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (14, 'domain', 'Domain Registration Confirmation', '{$domain_name} is yours', '<p>Dear {$client_name},</p>\n<p>{$domain_name} was registered for you on {$domain_reg_date}, for {$domain_reg_period} year(s). It is due again on {$domain_next_due_date}.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (15, 'invoice', 'Invoice Created', 'Fatura {$invoice_num} de {$invoice_date_created}', '<p>Caro(a) {$client_name},</p>\n<p>segue a sua fatura {$invoice_num}, no valor de {$invoice_total}, com vencimento em {$invoice_date_due}.</p>\n<p>Pode consultá-la e pagá-la em <a href="{$whmcs_url}viewinvoice.php?id={$invoice_id}">{$whmcs_url}viewinvoice.php?id={$invoice_id}</a>. Forma de pagamento: {$invoice_payment_method}.</p>\n<p>{$signature}</p>', 'portuguese', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (16, 'general', 'Quote Delivery with PDF', 'Our offer: {$quote_subject}', '<p>Dear {$client_name},</p>\n<p>{$quote_proposal}</p>\n<p>{$quote_html_contents}</p>\n<p>We keep to this until {$quote_valid_until}. Quote {$quote_number} is at {$quote_link}.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00'),
  (17, 'general', 'Quote Accepted', 'You accepted our offer: {$quote_subject}', '<p>Dear {$client_name},</p>\n<p>thank you for accepting quote {$quote_number} over {$quote_total}. Its invoice has the number {$invoice_id}.</p>\n<p>{$signature}</p>', '', '2019-01-07 10:00:00', '2019-01-07 10:00:00');
