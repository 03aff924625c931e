-- Orders, and what clients have of products (products.sql), for the tests of what reads and changes them.
SET SESSION sql_mode = '';

INSERT INTO tblpaymentgateways (gateway, setting, value, `order`) VALUES ('paypal', 'name', 'PayPal', 1);

INSERT INTO tblservers (id, name, ipaddress, hostname, password) VALUES (1, 'Saturn', '192.0.2.4', 'saturn.example.com', 'Root');

INSERT INTO tbladdons (id, name) VALUES (1, 'Backups');

INSERT INTO tblpromotions (id, code, type, value, recurring, recurfor, uses) VALUES
  (1, 'TENTH', 'Percentage', 10, 1, 0, 3), (2, 'ONCE', 'Percentage', 50, 0, 0, 1),
  (3, 'TWOMONTHS', 'Fixed Amount', 5, 1, 2, 1), (4, 'SEVEN', 'Price Override', 7, 1, 0, 0);

INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype, qtyminimum, qtymaximum, `order`) VALUES
  (10, 1, 'disk|Disk', '1', 0, 0, 3), (11, 1, 'Addresses', '4', 1, 5, 4), (12, 1, 'Backup', '3', 0, 0, 5), (13, 1, 'Place', '2', 0, 0, 2);
INSERT INTO tblproductconfigoptionssub (id, configid, optionname) VALUES
  (101, 10, 'small|Small Disk'), (102, 10, 'Large Disk'), (111, 11, 'Address'), (121, 12, 'Yes'), (131, 13, 'Here'), (132, 13, 'There');
INSERT INTO tblpricing (type, currency, relid, monthly, quarterly, annually) VALUES
  ('configoptions', 1, 102, 4, -1, 40), ('configoptions', 1, 111, 1.5, -1, 15), ('configoptions', 1, 121, 2, -1, 20),
  ('configoptions', 2, 102, 3, -1, 30);

-- 1 waits, 2 is active, 3 is cancelled, 4 is a fraud, 5 is of a state of the operator's own and has nothing in it.
INSERT INTO tblorders (id, ordernum, userid, contactid, requestor_id, admin_requestor_id, date, nameservers, renewals, promocode, promotype, promovalue, orderdata, amount, paymentmethod, invoiceid, status, ipaddress, fraudmodule, fraudoutput, notes) VALUES
  (1, 7858259149, 1, 0, 11, 0, '2026-11-01 13:59:35', 'ns1.example.com,ns2.example.com', '3=2', 'TENTH', 'Percentage', '10.00', '{}', 141.99, 'paypal', 1, 'Pending', '192.0.2.1', 'fraudlabs', '{"score":14}', 'Sample Notes!'),
  (2, 2000000002, 2, 0, 12, 1, '2026-11-02 10:00:00', '', '', '', '', '', '', 60, 'mailin', 2, 'Active', '', '', '', ''),
  (3, 2000000003, 1, 5, 11, 0, '2026-11-03 10:00:00', '', '', 'TENTH', '', '', '', 25.99, 'paypal', 3, 'Cancelled', '', '', '', ''),
  (4, 2000000004, 3, 0, 13, 0, '2026-11-04 10:00:00', '', '', '', '', '', '', 10, 'paypal', 0, 'Fraud', '', '', '', ''),
  (5, 2000000005, 3, 0, 0, 0, '2026-11-05 10:00:00', '', '', '', '', '', '', 0, 'paypal', 0, 'Under Review', '', '', '', '');

INSERT INTO tblinvoices (id, userid, subtotal, total, status, paymentmethod) VALUES
  (1, 1, 141.99, 141.99, 'Unpaid', 'paypal'), (2, 2, 60, 60, 'Paid', 'mailin'), (3, 1, 25.99, 25.99, 'Cancelled', 'paypal');
INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount) VALUES
  (1, 1, 'Hosting', 1, 'Best Hosting Plan', 25.99), (3, 1, 'Hosting', 4, 'Best Hosting Plan', 25.99);

INSERT INTO tblhosting (id, userid, orderid, packageid, server, regdate, domain, paymentmethod, qty, firstpaymentamount, amount, billingcycle, nextduedate, domainstatus, username, password, overideautosuspend, lastupdate, updated_at) VALUES
  (1, 1, 1, 1, 1, '2026-11-01', 'demo.example.com', 'paypal', 1, 25.99, 25.99, 'Monthly', '2026-12-01', 'Pending', 'demo', 'Letmein&Quickly', 1, '2026-11-10 01:02:03', '2026-11-01 13:59:35'),
  (2, 1, 1, 3, 0, '2026-11-01', '', 'paypal', 2, 70.00, 0.00, 'One Time', NULL, 'Pending', '', '', 0, 0, '2026-11-01 13:59:35'),
  (3, 2, 2, 3, 0, '2026-11-02', 'two.example.com', 'mailin', 1, 60.00, 0.00, 'One Time', '0000-00-00', 'Active', 'two', '', 0, 0, '2026-11-15 00:00:00'),
  (4, 1, 3, 1, 0, '2026-11-03', 'gone.example.com', 'paypal', 1, 25.99, 25.99, 'Monthly', '2026-12-03', 'Cancelled', '', '', 0, 0, '2026-11-20 12:00:00'),
  (5, 3, 4, 9, 0, '2026-11-04', '', 'paypal', 1, 10.00, 10.00, 'Annually', '2027-11-04', 'Fraud', '', '', 0, 0, '2026-11-04 00:00:00');

-- The first one is called as the predefined one; the last one is of the time before addons had a client.
INSERT INTO tblhostingaddons (id, orderid, hostingid, addonid, userid, name, qty, firstpaymentamount, setupfee, recurring, billingcycle, tax, status, regdate, nextduedate, nextinvoicedate, paymentmethod, notes, updated_at) VALUES
  (1, 1, 1, 1, 1, '', 1, 20.00, 5.00, 15.00, 'Monthly', 'on', 'Pending', '2026-11-01', '2026-12-01', '2026-12-01', 'paypal', 'Nightly', '2026-11-01 13:59:35'),
  (2, 1, 1, 0, 1, 'In words', 3, 0.00, 0.00, 1.00, 'Monthly', '', 'Active', '2026-11-01', NULL, '2026-12-01', 'stripe', '', '2026-11-15 00:00:00'),
  (3, 2, 4, 1, 0, '', 1, 0.00, 0.00, 0.00, 'Free Account', '', 'Active', '2026-11-02', NULL, '2026-12-01', 'mailin', '', '2026-11-15 00:00:01');

INSERT INTO tbldomains (id, userid, orderid, type, registrationdate, domain, firstpaymentamount, recurringamount, registrar, registrationperiod, expirydate, promoid, status, nextduedate, nextinvoicedate, additionalnotes, paymentmethod, dnsmanagement, donotrenew, updated_at) VALUES
  (1, 1, 1, 'Register', '2026-11-01', 'one.example', 11.00, 12.00, 'enom', 1, '2027-11-01', 0, 'Pending', '2027-11-01', '2027-11-01', 'Mind it', 'paypal', 1, 0, '2026-11-01 13:59:35'),
  (2, 1, 1, 'Transfer', '2026-11-01', 'two.example', 15.00, 12.00, '', 2, NULL, 0, 'Pending Transfer', '2028-11-01', '2028-11-01', '', 'mailin', 0, 1, '2026-11-15 00:00:00'),
  (3, 1, 3, 'Register', '2025-11-01', 'three.example', 9.00, 10.00, 'enom', 1, '2026-11-01', 0, 'Cancelled', '2026-11-01', '2026-11-01', '', 'paypal', 0, 0, '2026-11-20 00:00:00');

INSERT INTO tblupgrades (id, userid, orderid, type, date, relid, originalvalue, newvalue, new_cycle, amount, status) VALUES
  (1, 1, 1, 'package', '2026-11-01', 1, '1', '3,onetime', 'One Time', 8.00, 'Pending'),
  (2, 1, 1, 'configoptions', '2026-11-01', 1, '10=>101', '102', 'Monthly', 4.00, 'Completed'),
  (3, 1, 9, 'package', '2026-11-09', 4, '1', '3,onetime', 'One Time', 8.00, 'Pending');

INSERT INTO tblcustomfields (id, type, relid, fieldname, sortorder) VALUES (10, 'addon', 1, 'Of addons', 0);
INSERT INTO tblcustomfieldsvalues (id, fieldid, relid, value) VALUES
  (1, 2, 1, 'Somebody'), (2, 4, 1, 'Of client 1'), (3, 2, 4, 'Somebody else'), (4, 4, 4, 'Of client 4'), (5, 10, 3, 'Of addon 3'),
  (6, 10, 1, 'Of addon 1');
INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES
  (1, 10, 101, 0), (1, 11, 111, 3), (1, 12, 121, 1), (1, 13, 132, 1), (4, 10, 102, 1);
INSERT INTO tblcancelrequests (relid, reason, type) VALUES (1, 'Too slow', 'Immediate'), (4, 'Too dear', 'Immediate');
INSERT INTO tblmodulequeue (service_type, service_id) VALUES ('service', 1), ('service', 4), ('domain', 4);
