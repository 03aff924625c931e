-- What is for sale, for the tests of orders. A column of 'monthly' prices is that of one-time payments, too.
SET SESSION sql_mode = '';

INSERT INTO tblproductgroups (id, name) VALUES (1, 'All');
INSERT INTO tblproducts (id, type, gid, name, hidden, retired, stockcontrol, qty, paytype, allowqty, tax, proratabilling) VALUES
  (1, 'hostingaccount', 1, 'Web Hosting', 0, 0, 0, 0, 'recurring', 1, 1, 0),
  (2, 'hostingaccount', 1, 'Free Plan', 1, 1, 0, 0, 'free', 0, 1, 0),
  (3, 'other', 1, 'Logo', 0, 0, 0, 0, 'onetime', 0, 0, 0),
  (4, 'other', 1, 'Licence', 0, 0, 0, 0, 'recurring', 3, 1, 0),
  (5, 'server', 1, 'Last Servers', 0, 0, 1, 5, 'onetime', 3, 0, 0),
  (6, 'other', 1, 'Pro Rata', 0, 0, 0, 0, 'recurring', 0, 0, 1),
  (7, 'other', 1, 'Unpriced', 0, 0, 0, 0, 'recurring', 0, 0, 0),
  (8, 'other', 1, 'Dear', 0, 0, 0, 0, 'onetime', 3, 1, 0);

INSERT INTO tblpricing (type, currency, relid, msetupfee, monthly, quarterly, semiannually, annually, biennially, triennially) VALUES
  ('product', 1, 1, 5, 10, -1, 55, 100, -1, -1), ('product', 2, 1, 4, 9, -1, -1, -1, -1, -1),
  ('product', 1, 3, 0, 50, 0, 0, 0, 0, 0), ('product', 1, 4, 1, 7, 20, -1, -1, -1, -1),
  ('product', 1, 5, 0, 80, 0, 0, 0, 0, 0), ('product', 1, 6, 0, 30, -1, -1, -1, -1, -1),
  ('product', 1, 8, 0, 99999999999999.99, 0, 0, 0, 0, 0),
  ('configoptions', 1, 10, 0, 1, 0, 6, 0, 0, 0), ('configoptions', 1, 11, 2, 3.50, 0, 20, 0, 0, 0),
  ('configoptions', 1, 20, 0, 2, 0, 0, 0, 0, 0), ('configoptions', 1, 30, 0, 0.25, 0, 0, 0, 0, 0),
  ('addon', 1, 1, 1, 2, -1, -1, 20, -1, -1), ('addon', 1, 2, 0, 3, 0, 0, 0, 0, 0);

-- Of product 1: memory is a drop-down list, a backup yes or no, addresses a quantity.
INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1, 1);
INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype, qtyminimum, qtymaximum, `order`, hidden) VALUES
  (1, 1, 'ram|Memory', '1', 0, 0, 1, 0), (2, 1, 'Backup', '3', 0, 0, 2, 0), (3, 1, 'Addresses', '4', 1, 4, 3, 0);
INSERT INTO tblproductconfigoptionssub (id, configid, optionname, sortorder, hidden) VALUES
  (10, 1, '1|1 GB', 1, 0), (11, 1, '2|2 GB', 2, 0), (20, 2, 'Daily', 1, 0), (30, 3, 'IPv4', 1, 0);

INSERT INTO tblcustomfields (id, type, relid, fieldname) VALUES (1, 'product', 1, 'Note'), (2, 'client', 0, 'Other');

INSERT INTO tbladdons (id, packages, name, billingcycle, allowqty, tax) VALUES
  (1, '1', 'Monitoring', 'recurring', 0, 1), (2, '1', 'Support', 'Monthly', 3, 0), (3, '1', 'Newsletter', 'free', 0, 0);

INSERT INTO tbldomainpricing (id, extension, dnsmanagement, emailforwarding, idprotection) VALUES
  (1, '.com', 1, 1, 1), (2, '.co.uk', 0, 0, 0);
-- The columns are one to ten years: msetupfee to bsetupfee, monthly to biennially.
INSERT INTO tblpricing (type, currency, relid, msetupfee, qsetupfee, ssetupfee, asetupfee, bsetupfee, tsetupfee, monthly, quarterly, semiannually, annually, biennially) VALUES
  ('domainregister', 1, 1, 12, 22, -1, -1, 50, 0, 60, -1, -1, -1, 99), ('domaintransfer', 1, 1, 9, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1),
  ('domainrenew', 1, 1, 13, 24, -1, -1, -1, 0, -1, -1, -1, -1, -1), ('domainregister', 1, 1, 8, -1, -1, -1, -1, 7, -1, -1, -1, -1, -1),
  ('domainregister', 1, 2, 6, -1, -1, -1, -1, 0, -1, -1, -1, -1, -1), ('domainaddons', 1, 0, 3, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0);

INSERT INTO tblclientgroups (id, groupname, discountpercent, separateinvoices) VALUES (7, 'Friends', 10, '');
UPDATE tblclients SET email = CONCAT('client', id, '@example.com'), status = 'Active';

INSERT INTO tblemailtemplates (type, name, subject, message, plaintext) VALUES
  ('product', 'Order Confirmation', 'Order {$order_number}', 'Order {$order_id}: {$order_details}', 1),
  ('invoice', 'Invoice Created', 'Invoice {$invoice_num}', '{$invoice_id} of {$invoice_date_created}: {$invoice_total} until {$invoice_date_due}', 1);
