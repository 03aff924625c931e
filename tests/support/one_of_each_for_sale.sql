-- One of everything that can be ordered, under ids from 1001.
SET SESSION sql_mode = '';

INSERT INTO tblproducts (id, name, paytype, stockcontrol, qty) VALUES (1001, 'Product', 'recurring', 1, 9);
INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1001, 1001);
INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype) VALUES (1001, 1001, 'Option', '1');
INSERT INTO tblproductconfigoptionssub (id, configid, optionname) VALUES (1001, 1001, 'Choice');
INSERT INTO tblcustomfields (id, type, relid, fieldname) VALUES (1001, 'product', 1001, 'Field');
INSERT INTO tbladdons (id, name, billingcycle) VALUES (1001, 'Addon', 'recurring');
INSERT INTO tbldomainpricing (id, extension, idprotection) VALUES (1001, '.test', 1);
INSERT INTO tblpricing (type, currency, relid, msetupfee, monthly) VALUES
  ('product', 1, 1001, 1, 5), ('configoptions', 1, 1001, 0, 1), ('addon', 1, 1001, 0, 2), ('domainaddons', 1, 0, 1, 0),
  ('domainregister', 1, 1001, 9, 0), ('domainrenew', 1, 1001, 9, 0);
INSERT INTO tblpromotions (id, code, type, value, requires, requiresexisting) VALUES (1001, 'P1001', 'Percentage', 10, '1001', 1);
INSERT INTO tblcontacts (id, userid) VALUES (1001, 1);
INSERT INTO tblhosting (id, userid, packageid, domainstatus, billingcycle) VALUES (1001, 1, 1001, 'Active', 'Monthly');
INSERT INTO tbldomains (id, userid, domain, status) VALUES (1001, 1, 'own.test', 'Active');
INSERT INTO tblemailtemplates (type, name, subject, message) VALUES ('product', 'Order Confirmation', '', ''), ('invoice', 'Invoice Created', '', '');
UPDATE tblclients SET email = 'client@example.com' WHERE id = 1;
