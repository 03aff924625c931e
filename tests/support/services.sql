-- Services of client 1, with and without modules, and a pending order of them.
SET SESSION sql_mode = '';

INSERT INTO tblproducts (id, type, gid, name, servertype, autosetup, welcomeemail, configoption1, configoption2) VALUES
  (501, 'hostingaccount', 1, 'Managed', 'cpanel', 'on', 601, 'plan_a', '10 GB'),
  (502, 'other', 1, 'By hand', '', '', 0, '', ''),
  (503, 'server', 1, 'Elsewhere', 'nowhere', '', 0, '', ''),
  (504, 'hostingaccount', 1, 'Managed, on request', 'cpanel', '', 0, '', '');

INSERT INTO tblemailtemplates (id, type, name, subject, message, language) VALUES
  (601, 'product', 'Managed Welcome', 'Your {$service_product_name}', '{$client_name}: {$service_username} at {$service_domain}', '');

INSERT INTO tblservers (id, name, ipaddress, hostname, username, password, type, port) VALUES
  (701, 'One', '192.0.2.7', 'one.example.com', 'root', 'server password', 'cpanel', 2087);

UPDATE tblclients SET email = 'one@example.com', lastname = 'Client' WHERE id = 1;

INSERT INTO tblorders (id, ordernum, userid, date, amount, paymentmethod, status) VALUES
  (801, 8010000001, 1, '2026-11-19 10:00:00', 20.00, 'paypal', 'Pending'),
  (802, 8020000002, 1, '2026-11-19 10:00:00', 10.00, 'paypal', 'Active'),
  (803, 8030000003, 1, '2026-11-19 10:00:00', 10.00, 'paypal', 'Pending');

INSERT INTO tblhosting (id, userid, orderid, packageid, server, regdate, domain, billingcycle, domainstatus, username, password) VALUES
  (901, 1, 802, 501, 701, '2026-11-19', 'example.com', 'Monthly', 'Active', 'exampleuser', 'old password'),
  (902, 1, 802, 502, 0, '2026-11-19', 'hand.example.com', 'Monthly', 'Active', '', ''),
  (903, 1, 802, 503, 0, '2026-11-19', 'else.example.com', 'Monthly', 'Active', '', ''),
  (911, 1, 801, 501, 0, '2026-11-19', 'new.example.com', 'Monthly', 'Pending', '', ''),
  (912, 1, 801, 502, 0, '2026-11-19', 'new-hand.example.com', 'Monthly', 'Pending', '', ''),
  (913, 1, 803, 504, 0, '2026-11-19', 'asked.example.com', 'Monthly', 'Pending', '', '');
INSERT INTO tblhostingaddons (id, orderid, hostingid, userid, name, status) VALUES (921, 801, 911, 1, 'Back-ups', 'Pending');
INSERT INTO tbldomains (id, userid, orderid, type, domain, status) VALUES (931, 1, 803, 'Register', 'asked.example.com', 'Pending');

INSERT INTO tblcustomfields (id, type, relid, fieldname) VALUES (941, 'product', 501, 'shell|Shell access');
INSERT INTO tblcustomfieldsvalues (fieldid, relid, value) VALUES (941, 901, 'yes');
INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype) VALUES (951, 1, 'disk|Disk space', '1'), (952, 1, 'ips|Addresses', '4');
INSERT INTO tblproductconfigoptionssub (id, configid, optionname) VALUES (961, 951, '20gb|20 GB'), (962, 952, 'Addresses');
INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES (901, 951, 961, 0), (901, 952, 962, 3);
