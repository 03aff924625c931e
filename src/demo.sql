-- A small web host in Lisbon: what its database might hold on 20 November 2026. The books are in order: every balance is
-- the sum of its history, and every paid invoice has its payment.
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
  ('AddFundsMaximum', '1000.00');

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

-- Staff, with the password DemoPassword, and the published credential.
INSERT INTO tbladminroles (id, name) VALUES (1, 'Full Administrator');
INSERT INTO tbladminperms (roleid, permid) VALUES (1, 81);
INSERT INTO tbladmins (id, roleid, username, passwordhash, firstname, lastname, email, language, template, disabled, created_at) VALUES
  (1, 1, 'admin', '$argon2id$v=19$m=19456,t=2,p=1$4LKSv2woJc4w1iVzcbgkZQ$QcgzCZjwZzXpMC59jzcxI6Gy2SKVu4t7OwzutO13GkA',
   'Beatriz', 'Almeida', 'beatriz@billing.example.com', 'english', 'blend', 0, '2019-01-07 09:00:00');

INSERT INTO tblapi_roles (id, role, description, permissions, created_at) VALUES
  (1, 'Everything', 'May call every action', '{"*":1}', '2019-01-07 09:05:00');

INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids, description, created_at) VALUES
  ('DemoIdentifier000000000000000001',
   '$argon2id$v=19$m=19456,t=2,p=1$fuZvJ+R3zLheqGM/9X7/bQ$KV+q9HGco6sQPJNgvTzVi7Ce6jTe4XNY78qN2cb572E',
   1, 1, '[1]', 'Demo', '2019-01-07 09:06:00');

INSERT INTO tblclients (id, uuid, firstname, lastname, companyname, email, address1, city, state, postcode, country,
                        phonenumber, tax_id, currency, defaultgateway, credit, taxexempt, datecreated, status, language, created_at) VALUES
  (1, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0001', 'Ana', 'Ferreira', '', 'ana.ferreira@example.com', 'Rua das Flores 21', 'Lisboa', 'Lisboa', '1200-192', 'PT',
   '+351.912345678', '', 1, 'paypal', 111.11, 0, '2019-02-11', 'Active', 'portuguese', '2019-02-11 18:20:05'),
  (2, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0002', 'James', 'Carter', 'Carter Roofing LLC', 'office@carter-roofing.example', '418 Alder Street', 'Portland', 'Oregon', '97205', 'US',
   '+1.5035550142', '', 2, 'stripe', 0.00, 0, '2020-06-30', 'Active', 'english', '2020-06-30 15:02:41'),
  (3, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0003', 'Marie', 'Tremblay', '', 'marie.tremblay@example.org', '77 rue Saint-Jean', 'Quebec', 'Quebec', 'G1R 1N8', 'CA',
   '+1.4185550177', '', 2, 'stripe', 25.00, 0, '2021-03-15', 'Active', 'french', '2021-03-15 12:11:09'),
  (4, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0004', 'Łukasz', 'Żak', 'Müller & Söhne GmbH', 'it@mueller-soehne.example', 'Hafenstraße 3', 'Hamburg', '', '20457', 'DE',
   '+49.405550123', 'DE999999999', 1, 'banktransfer', 0.00, 1, '2021-11-02', 'Active', 'german', '2021-11-02 08:45:30'),
  (5, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0005', 'Inês', 'Costa', 'Padaria Costa', 'ines@padariacosta.example', 'Av. da Liberdade 100', 'Braga', 'Braga', '4710-251', 'PT',
   '+351.253555010', 'PT999999990', 1, 'banktransfer', 0.00, 0, '2022-09-19', 'Inactive', 'portuguese', '2022-09-19 10:30:00'),
  (6, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0006', 'Oliver', 'Brown', '', 'oliver.brown@example.net', '5 Mill Lane', 'Leeds', 'West Yorkshire', 'LS1 4AP', 'GB',
   '+44.1135550199', '', 1, 'paypal', 0.00, 0, '2018-05-04', 'Closed', 'english', '2018-05-04 21:17:54');

INSERT INTO tblproductgroups (id, name, slug, headline, tagline, orderfrmtpl, hidden, `order`) VALUES
  (1, 'Web Hosting - Linux', 'web-hosting-linux', 'Hosting by the sea', 'Fast, and with people who answer', 'standard_cart', 0, 1),
  (2, 'Virtual Servers', 'virtual-servers', 'Your own machine in Lisbon', '', 'standard_cart', 0, 2),
  (3, 'Services', 'services', 'What we do for you', '', 'standard_cart', 0, 3),
  (4, 'Internal', 'internal', '', '', 'standard_cart', 1, 4);

INSERT INTO tblproducts (id, type, gid, name, slug, description, hidden, retired, stockcontrol, qty, paytype, allowqty, servertype, autosetup, tax, is_featured, `order`, created_at) VALUES
  (1, 'hostingaccount', 1, 'Starter', 'starter', '10 GB of space\n1 website\nDaily back-ups', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'payment', 1, 0, 1, '2019-01-08 10:00:00'),
  (2, 'hostingaccount', 1, 'Business', 'business', '50 GB of space\n10 websites\nDaily back-ups', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'payment', 1, 1, 2, '2019-01-08 10:05:00'),
  (3, 'hostingaccount', 1, 'Professional', 'professional', '200 GB of space\nAny number of websites', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'payment', 1, 0, 3, '2019-01-08 10:10:00'),
  (4, 'reselleraccount', 1, 'Reseller 50', 'reseller-50', '50 accounts under your own name', 0, 0, 0, 0, 'recurring', 0, 'cpanel', 'order', 1, 0, 4, '2019-03-01 09:00:00'),
  (5, 'hostingaccount', 1, 'Starter 2016', 'starter-2016', 'No longer sold', 1, 1, 0, 0, 'recurring', 0, 'cpanel', '', 1, 0, 5, '2016-02-01 09:00:00'),
  (6, 'server', 2, 'VPS S', 'vps-s', '2 cores, 4 GB of memory, 80 GB of disk', 0, 0, 0, 0, 'recurring', 1, 'proxmox', 'payment', 1, 0, 1, '2020-02-10 09:00:00'),
  (7, 'server', 2, 'VPS M', 'vps-m', '4 cores, 8 GB of memory, 160 GB of disk', 0, 0, 0, 0, 'recurring', 1, 'proxmox', 'payment', 1, 1, 2, '2020-02-10 09:05:00'),
  (8, 'server', 2, 'Dedicated Ryzen', 'dedicated-ryzen', '16 cores, 128 GB of memory, 2 × 2 TB of disk', 0, 0, 1, 3, 'recurring', 0, '', '', 1, 0, 3, '2022-05-16 09:00:00'),
  (9, 'other', 3, 'Site Migration', 'site-migration', 'We move your website to us', 0, 0, 0, 0, 'onetime', 1, '', '', 1, 0, 1, '2019-04-02 09:00:00'),
  (10, 'other', 3, 'Domain Parking', 'domain-parking', 'A page for a domain that waits', 0, 0, 0, 0, 'free', 0, '', 'on', 0, 0, 2, '2019-04-02 09:05:00'),
  (11, 'other', 3, 'Consulting Hour', 'consulting-hour', 'By invitation', 1, 0, 0, 0, 'onetime', 3, '', '', 1, 0, 3, '2019-04-02 09:10:00'),
  (12, 'hostingaccount', 4, 'Staff Hosting', 'staff-hosting', '', 1, 0, 0, 0, 'free', 0, 'cpanel', '', 0, 0, 1, '2019-01-08 11:00:00');

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
  ('configoptions', 2, 4, 5.50, 0, 0, 0, 0, 0, 6.50, 19.50, 39.00, 78.00, 156.00, 234.00);

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

-- One invoice at least in every status.
INSERT INTO tblinvoices (id, userid, invoicenum, date, duedate, datepaid, date_refunded, date_cancelled, subtotal, credit, tax, tax2, total, taxrate, taxrate2, status, paymentmethod, notes, created_at, updated_at) VALUES
  (12, 1, '', '2026-01-05', '2026-01-05', '2026-01-05 19:42:10', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 150.00, 0.00, 0.00, 0.00, 150.00, 0.000, 0.000, 'Paid', 'paypal', '', '2026-01-05 19:40:00', '2026-01-05 19:42:10'),
  (14, 1, '', '2026-02-11', '2026-02-25', '2026-02-11 06:00:12', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 39.75, 48.89, 9.14, 0.00, 0.00, 23.000, 0.000, 'Paid', 'paypal', '', '2026-02-11 06:00:10', '2026-02-11 06:00:12'),
  (31, 2, '', '2026-03-30', '2026-04-13', '2026-04-02 15:20:44', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 176.00, 0.00, 0.00, 0.00, 176.00, 0.000, 0.000, 'Paid', 'stripe', '', '2026-03-30 06:00:08', '2026-04-02 15:20:44'),
  (40, 3, '', '2026-05-15', '2026-05-29', '2026-05-16 11:05:00', '2026-05-20 09:30:00', '0000-00-00 00:00:00', 65.00, 0.00, 3.25, 6.48, 74.73, 5.000, 9.975, 'Refunded', 'stripe', 'Migrated by the client in the end', '2026-05-15 06:00:07', '2026-05-20 09:30:00'),
  (52, 5, '', '2026-06-19', '2026-07-03', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 99.00, 0.00, 22.77, 0.00, 121.77, 23.000, 0.000, 'Collections', 'banktransfer', '', '2026-06-19 06:00:09', '2026-10-01 09:00:00'),
  (66, 1, '', '2026-11-16', '2026-11-30', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 11.99, 0.00, 2.76, 0.00, 14.75, 23.000, 0.000, 'Unpaid', 'banktransfer', '', '2026-11-16 06:00:08', '2026-11-16 06:00:08'),
  (71, 4, '', '2026-11-02', '2026-11-16', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 1290.00, 0.00, 0.00, 0.00, 1290.00, 0.000, 0.000, 'Payment Pending', 'banktransfer', 'Reverse charge', '2026-11-02 06:00:11', '2026-11-12 14:00:00'),
  (80, 6, '', '2024-05-04', '2024-05-18', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '2024-06-01 10:00:00', 40.00, 0.00, 0.00, 0.00, 40.00, 0.000, 0.000, 'Cancelled', 'paypal', '', '2024-05-04 06:00:06', '2024-06-01 10:00:00'),
  (95, 3, '', '2026-11-10', '2026-11-24', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 93.00, 0.00, 4.65, 9.28, 106.93, 5.000, 9.975, 'Unpaid', 'stripe', '', '2026-11-10 06:00:10', '2026-11-14 18:00:00'),
  (128, 2, '', '2026-11-20', '2026-12-04', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 65.00, 0.00, 0.00, 0.00, 65.00, 0.000, 0.000, 'Draft', 'stripe', 'Ask James before sending', '2026-11-20 10:12:13', '2026-11-20 10:12:13');

INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, taxed, duedate, paymentmethod) VALUES
  (12, 1, 'AddFunds', 0, 'Add Credit', 150.00, 0, '2026-01-05', 'paypal'),
  (14, 1, 'Hosting', 1, 'Starter - ferreira.example.com (11/02/2026 - 10/02/2027)', 39.75, 1, '2026-02-25', 'paypal'),
  (31, 2, 'Hosting', 2, 'VPS M - vps1.carter-roofing.example (30/03/2026 - 29/03/2027)', 176.00, 0, '2026-04-13', 'stripe'),
  (40, 3, 'Item', 0, 'Site Migration', 65.00, 1, '2026-05-29', 'stripe'),
  (52, 5, 'Hosting', 4, 'Business - padariacosta.example (19/06/2026 - 18/06/2027)', 99.00, 1, '2026-07-03', 'banktransfer'),
  (66, 1, 'DomainRegister', 37, 'Register Domain - ana-ferreira.example - 1 year (16/11/2026 - 15/11/2027)\n', 11.99, 1, '2026-11-30', 'banktransfer'),
  (71, 4, 'Hosting', 5, 'Dedicated Ryzen - srv1.mueller-soehne.example (02/11/2026 - 01/11/2027)', 1290.00, 0, '2026-11-16', 'banktransfer'),
  (80, 6, 'Hosting', 6, 'Starter - oliverbrown.example (04/05/2024 - 03/05/2025)', 40.00, 0, '2024-05-18', 'paypal'),
  (95, 3, 'Hosting', 3, 'VPS S - tremblay.example (10/11/2026 - 09/11/2027)', 93.00, 1, '2026-11-24', 'stripe'),
  (128, 2, '', 0, 'Site Migration', 65.00, 0, '2026-12-04', 'stripe');

INSERT INTO tblaccounts (userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid) VALUES
  (1, 0, 'paypal', '2026-01-05 19:42:10', 'Invoice Payment', 150.00, 5.45, 0.00, 1.00000, '7XK11223AB4455667', 12, 0),
  (2, 0, 'stripe', '2026-04-02 15:20:44', 'Invoice Payment', 176.00, 5.40, 0.00, 1.08500, 'ch_3NwvDemo0001', 31, 0),
  (3, 0, 'stripe', '2026-05-16 11:05:00', 'Invoice Payment', 74.73, 2.47, 0.00, 1.08500, 'ch_3NwvDemo0002', 40, 0),
  (3, 0, 'stripe', '2026-05-20 09:30:00', 'Refund of Transaction ID ch_3NwvDemo0002', 0.00, 0.00, 74.73, 1.08500, 're_3NwvDemo0002', 40, 3),
  (3, 0, 'stripe', '2026-11-14 18:00:00', 'Invoice Payment', 40.00, 1.46, 0.00, 1.08500, 'ch_3NwvDemo0003', 95, 0);

INSERT INTO tblcredit (clientid, admin_id, date, description, amount, relid) VALUES
  (1, 0, '2026-01-05', 'Add Funds Invoice #12', 150.00, 12),
  (1, 0, '2026-02-11', 'Credit Applied to Invoice #14', -48.89, 0),
  (1, 1, '2026-02-19', 'For the outage of 18 February', 10.00, 0),
  (3, 1, '2026-05-20', 'For the trouble with the migration', 25.00, 0);

INSERT INTO tblactivitylog (date, description, user, userid, admin_id, ipaddr) VALUES
  ('2026-11-20 10:12:13', 'Created Invoice - Invoice ID: 128 - Total: 65.00', 'admin', 2, 1, '192.0.2.10');
